"""The acts on a ticket, one function each. Every face calls these; all of them go through the pipeline.

Each takes ``actor`` and ``at`` (the instant of the act, read once per request), returns the ticket as it now is, and
raises the errors of :mod:`accounts.errors`. A refused act has written, journaled and queued nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Forbidden, Invalid, Refused
from accounts.models import Membership
from accounts.roles import PERMISSIONS
from accounts.tenancy import Actor
from contracts import selectors as contracts
from contracts.models import Contract, Environment
from contracts.terms import Terms
from lifecycle import guards, numbering, pipeline
from lifecycle.pipeline import Act, Message
from slas.countable import uncountable
from slas.engine import EngineError
from tickets.attachments import MAX_FILES, unbound_uploads
from tickets.events import Kind
from tickets.models import Attachment, Event, Ticket, Visibility, Workaround, WorkaroundKind
from tickets.states import State
from tickets.text import bounded, clean_line, clean_text

MAX_TITLE = 160
MAX_BODY = 50_000
MAX_DETAIL = 20_000


def version_for(actor: Actor, ticket: Ticket) -> int:
    """The version that a form of ``actor`` carries: customers never count private entries."""
    return ticket.version if actor.sees_private else ticket.public_version


def file_ticket(
    *,
    actor: Actor,
    at: datetime,
    contract_id: UUID,
    environment_id: UUID | None,
    title: str,
    description: str,
    severity: str,
    severity_kind: str = "",
    details: dict[str, str] | None = None,
    attachment_ids: Sequence[UUID] = (),
) -> Ticket:
    """File a ticket under a contract (HOP-7). Its clocks start at ``at`` (HOP-4, R2).

    It falls under the version of the terms and the overrides that hold then (R16, R17). Refused, with the clause, where
    the contract does not let the actor file (HOP-9); also where its deadlines cannot be counted.
    """
    actor.require("ticket.file")
    contract = contracts.contract(actor, contract_id)
    holding = contracts.effective(contract, at)
    terms = holding.terms
    _require_filing_right(actor, contract, at, terms)
    guards.require_severity(terms, severity, severity_kind)
    environment = _environment(actor, contract, environment_id)
    ticket = Ticket(
        provider_id=contract.provider_id,
        customer_id=contract.customer_id,
        contract_id=contract.id,
        terms_id=holding.terms_id,
        environment_id=environment.id if environment else None,
        state=State(terms.workflow.phase(terms.workflow.initial)),
        contract_state=terms.workflow.initial,
        title=bounded(clean_line(title, field="title"), field="title", maximum=MAX_TITLE),
        description=_body(description, field="description"),
        details=_details(terms, details or {}, severity, holding.overrides, environment),
        severity=severity,
        severity_kind=severity_kind,
        author_id=actor.person,
        author_name=actor.name,
        opened_at=at,
        updated_at=at,
        public_updated_at=at,
    )
    files = _files(actor, attachment_ids)
    ticket.number, ticket.reference = numbering.next_number(actor)
    told = {"old": None, "new": severity, "kind": severity_kind}
    try:
        return pipeline.file(actor=actor, at=at, ticket=ticket, attachments=files, severity=told)
    except EngineError as error:
        raise uncountable() from error


def take_ticket(*, actor: Actor, at: datetime, reference: str) -> Ticket:
    """Become the assignee of a ticket that nobody has. Of two who try, one wins and the other is told who has it."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        guards.require_untaken(ticket, actor)
        return Act(
            Kind.TAKEN,
            transition=_if_known("take", ticket, actor),
            changes={"assignee_id": actor.membership_id, "assignee_name": actor.name},
            data={"assignee": {"old": "", "new": actor.name}},
        )

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.take", decide=decide)


def assign_ticket(
    *, actor: Actor, at: datetime, reference: str, assignee_id: UUID, expected_version: int | None
) -> Ticket:
    """Give the ticket to somebody of the desk; refused where that person may not have tickets."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        assignee = _assignee(actor, assignee_id)
        if assignee.id == ticket.assignee_id:
            raise Refused(_("%(name)s already has it.") % {"name": assignee.display_name}, code="same_assignee")
        return Act(
            Kind.ASSIGNED,
            transition=_if_known("take", ticket, actor),
            changes={"assignee_id": assignee.id, "assignee_name": assignee.display_name},
            data={"assignee": {"old": ticket.assignee_name, "new": assignee.display_name}},
        )

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.assign",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def reply(*, actor: Actor, at: datetime, reference: str, body: str, attachment_ids: Sequence[UUID] = ()) -> Ticket:
    """Say something that both sides read. From the provider it is a contact (R6c); from the customer, an answer where
    one was asked for. Never stale: a reply overwrites nothing."""

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        message = Message(_body(body), attachments=_files(actor, attachment_ids))
        if actor.is_staff:
            return Act(Kind.REPLIED, transition=_if_known("take", ticket, actor), message=message)
        answer = _if_known("answer", ticket, actor)
        return Act(Kind.ANSWERED if answer else Kind.COMMENTED, transition=answer, message=message)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.reply", decide=decide)


def add_note(*, actor: Actor, at: datetime, reference: str, body: str, attachment_ids: Sequence[UUID] = ()) -> Ticket:
    """Write a private note, for staff only. It meets no target and leaves no trace on the customer's side."""

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        message = Message(_body(body), Visibility.PRIVATE, _files(actor, attachment_ids))
        return Act(Kind.NOTED, message=message, visibility=Visibility.PRIVATE)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.note", decide=decide)


def request_information(
    *, actor: Actor, at: datetime, reference: str, body: str, attachment_ids: Sequence[UUID] = ()
) -> Ticket:
    """Ask the customer; the ticket waits for the answer. It is a contact (R6c)."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        waits = ticket.state == State.WAITING_CUSTOMER
        message = Message(_body(body), attachments=_files(actor, attachment_ids))
        return Act(Kind.INFORMATION_REQUESTED, transition="" if waits else "ask", message=message)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.ask", decide=decide)


def log_call(*, actor: Actor, at: datetime, reference: str, body: str) -> Ticket:
    """Record a telephone call with the customer; both sides read the summary. It is a contact (R6c, HOP-7), and where
    an answer was awaited the call is that answer: work goes on."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        moves = _if_known("take", ticket, actor) or _if_known("resume", ticket, actor)
        return Act(Kind.CALL_LOGGED, transition=moves, message=Message(_body(body)))

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.call", decide=decide)


def resolve_ticket(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    resolution_type: str,
    body: str,
    expected_version: int | None,
    step: str = "",
) -> Ticket:
    """Give a resolution of one of the contract's types; the customer may accept it (close) or reopen.

    ``step`` names the step of the contract's workflow, where it has several that resolve.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        terms = contracts.terms_of(ticket)
        guards.require_resolution_type(terms, resolution_type)
        if step:
            guards.require_resolving_step(terms, step)
        return Act(
            Kind.RESOLVED,
            transition=step or "resolve",
            changes={"resolution_type": resolution_type},
            data={"resolution_type": resolution_type},
            message=Message(_body(body)),
        )

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.resolve",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def move_ticket(
    *, actor: Actor, at: datetime, reference: str, step: str, expected_version: int | None, body: str = ""
) -> Ticket:
    """Take a step that the contract's workflow names itself, such as a test confirmed (OCT-9), with a word or without.

    Raises ``Invalid`` for a step that the contract does not have, ``Refused`` with its clause where the ticket stands
    elsewhere or the step is the other side's.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        guards.require_step(contracts.terms_of(ticket), step)
        return Act(Kind.MOVED, transition=step, message=Message(_body(body)) if body.strip() else None)

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.move",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def offer_workaround(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    kind: str,
    body: str,
    resolution_type: str = "",
    attachment_ids: Sequence[UUID] = (),
) -> Ticket:
    """Offer a workaround that the customer can accept or decline (OCT-10). It is a contact (R6c).

    A final one names the type of resolution that it will be; the severity stays as it is.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        terms = contracts.terms_of(ticket)
        guards.require_workarounds(terms)
        guards.require_no_open_offer(ticket)
        guards.require_workaround_kind(kind)
        is_final = kind == WorkaroundKind.FINAL
        if is_final:
            guards.require_resolution_type(terms, resolution_type)
        return Act(
            Kind.WORKAROUND_OFFERED,
            transition=_if_known("take", ticket, actor),
            changes={"workaround": Workaround.OFFERED, "workaround_kind": kind},
            data={
                "workaround": {"old": ticket.workaround, "new": Workaround.OFFERED, "kind": kind},
                "resolution_type": resolution_type if is_final else "",
            },
            message=Message(_body(body), attachments=_files(actor, attachment_ids)),
        )

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.workaround", decide=decide)


def accept_workaround(
    *, actor: Actor, at: datetime, reference: str, expected_version: int | None, body: str = ""
) -> Ticket:
    """Accept the workaround on offer: it meets the target of a resolution where the contract says so (OCT-10).

    A final one resolves the ticket, as the provider offered it; a provisional one keeps it open.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        guards.require_open_offer(ticket)
        is_final = ticket.workaround_kind == WorkaroundKind.FINAL
        resolution_type = _offered_type(ticket) if is_final else ""
        return Act(
            Kind.WORKAROUND_ACCEPTED,
            transition=_resolving(ticket) if is_final else "",
            side="provider",
            changes={"workaround": Workaround.ACCEPTED} | ({"resolution_type": resolution_type} if is_final else {}),
            data={
                "workaround": {
                    "old": ticket.workaround,
                    "new": Workaround.ACCEPTED,
                    "kind": ticket.workaround_kind,
                },
                "resolution_type": resolution_type,
            },
            message=Message(_body(body)) if body.strip() else None,
        )

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.accept_workaround",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def decline_workaround(
    *, actor: Actor, at: datetime, reference: str, body: str, expected_version: int | None
) -> Ticket:
    """Decline the workaround on offer, and say why. Nothing is met by it."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        guards.require_open_offer(ticket)
        return Act(
            Kind.WORKAROUND_DECLINED,
            changes={"workaround": Workaround.DECLINED},
            data={
                "workaround": {
                    "old": ticket.workaround,
                    "new": Workaround.DECLINED,
                    "kind": ticket.workaround_kind,
                }
            },
            message=Message(_body(body)),
        )

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.decline_workaround",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def reopen_ticket(*, actor: Actor, at: datetime, reference: str, body: str, expected_version: int | None) -> Ticket:
    """Say that the resolution does not hold. Possible until the ticket is closed."""

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        changes = {"resolution_type": "", "resolved_at": None, "workaround": "", "workaround_kind": ""}
        data = {"resolution_type": {"old": ticket.resolution_type, "new": ""}}
        return Act(Kind.REOPENED, transition="reopen", changes=changes, data=data, message=Message(_body(body)))

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.reopen",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def close_ticket(*, actor: Actor, at: datetime, reference: str, expected_version: int | None) -> Ticket:
    """Accept the resolution: final."""

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        return Act(Kind.CLOSED, transition="close")

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.close",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def change_severity(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    severity: str,
    severity_kind: str = "",
    reason_code: str,
    reason: str,
    expected_version: int | None,
) -> Ticket:
    """Change the severity for a stated reason. Targets not yet met are counted again from the filing (R18, HSA-9)."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        terms = contracts.terms_of(ticket)
        guards.require_severity(terms, severity, severity_kind)
        guards.require_severity_reason(terms, reason_code)
        guards.require_other_severity(ticket, severity, severity_kind)
        told = bounded(clean_text(reason, field="reason"), field="reason", maximum=2_000)
        old = {"old": ticket.severity, "old_kind": ticket.severity_kind}
        return Act(
            Kind.SEVERITY_CHANGED,
            changes={"severity": severity, "severity_kind": severity_kind},
            data={
                "severity": {**old, "new": severity, "kind": severity_kind},
                "reason_code": reason_code,
                "reason": told,
            },
        )

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.severity",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def _require_filing_right(actor: Actor, contract: Contract, at: datetime, terms: Terms) -> None:
    right = contracts.filing_right(actor, contract, at, terms)
    if not right.allowed:
        raise Refused(right.reason, code="may_not_file", clause=right.clause)


def _environment(actor: Actor, contract: Contract, environment_id: UUID | None) -> Environment | None:
    rows = Environment.objects.visible_to(actor).filter(contract=contract)
    if environment_id is None:
        if rows.exists():
            raise Invalid({"environment": [_("Choose the environment that is concerned.")]})
        return None
    found: Environment | None = rows.filter(pk=environment_id).first()
    if found is None:
        raise Invalid({"environment": [_("Choose one of the environments of the contract.")]})
    return found


def _details(
    terms: Terms, given: dict[str, str], severity: str, overrides: dict[str, Any], environment: Environment | None
) -> dict[str, Any]:
    """What the contract wants to know (HOP-2, HOP-11), and a snapshot of what the clocks will need (R16)."""
    errors: dict[str, list[str]] = {}
    details: dict[str, Any] = {}
    asked = [field for field in terms.filing if not field.severities or severity in field.severities]
    for field in asked:
        value = clean_text(str(given.get(field.code, "")), field=field.code)
        if field.choices and value and value not in {choice.code for choice in field.choices}:
            errors[field.code] = [_("Choose one of the answers offered.")]
        elif field.required and not value.strip():
            errors[field.code] = [_("The contract asks for this.")]
        elif len(value) > MAX_DETAIL:
            errors[field.code] = [_("At most %(maximum)d characters.") % {"maximum": MAX_DETAIL}]
        elif value.strip():
            details[field.code] = value
    unknown = given.keys() - {field.code for field in terms.filing}
    if unknown:
        errors[""] = [_("The form sent fields that this contract does not ask for. Reload the page.")]
    if errors:
        raise Invalid(errors)
    details["environment_kind"] = environment.kind if environment else ""
    details["overrides"] = overrides
    return details


def _if_known(act: str, ticket: Ticket, actor: Actor) -> str:
    """An act that goes along with another one, where the contract's workflow has it from here; else nothing moves."""
    way = contracts.terms_of(ticket).workflow.way(act, ticket.contract_state, actor.side)
    return way.code if way else ""


def _resolving(ticket: Ticket) -> str:
    """The provider's first way of resolving from where the ticket stands."""
    ways = contracts.terms_of(ticket).workflow.ways("resolve", ticket.contract_state, "provider")
    return ways[0].code if ways else "resolve"


def _offered_type(ticket: Ticket) -> str:
    """The type of resolution that the workaround on offer was said to be."""
    offer = Event.objects.filter(ticket_id=ticket.pk, kind=Kind.WORKAROUND_OFFERED).latest("seq")
    return str(offer.data["resolution_type"])


def _assignee(actor: Actor, assignee_id: UUID) -> Membership:
    found: Membership | None = (
        Membership.objects.visible_to(actor).filter(pk=assignee_id, is_active=True, user__is_active=True).first()
    )
    if found is None or found.role not in PERMISSIONS["ticket.be_assigned"]:
        raise Invalid({"assignee": [_("Choose somebody of the support team.")]})
    return found


def _body(text: str, *, field: str = "body") -> str:
    return bounded(clean_text(text, field=field), field=field, maximum=MAX_BODY)


def _files(actor: Actor, ids: Sequence[UUID]) -> list[Attachment]:
    """The actor's own unbound uploads; an id of anybody else's file is answered like one that does not exist."""
    if not ids:
        return []
    if len(ids) > MAX_FILES:
        raise Invalid({"files": [_("At most %(maximum)d files at once.") % {"maximum": MAX_FILES}]})
    if not actor.may("attachment.upload"):
        raise Forbidden
    found = unbound_uploads(actor, ids)
    if len(found) != len(set(ids)):
        raise Invalid({"files": [_("A file is no longer there. Attach it again.")]})
    return found
