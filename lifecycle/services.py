"""The acts on a ticket, one function each. Every face calls these; all of them go through the pipeline.

Each takes ``actor`` and ``at`` (the instant of the act, read once per request), returns the ticket as it now is, and
raises the errors of :mod:`accounts.errors`. A refused act has written, journaled and queued nothing.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Invalid, Refused
from accounts.models import Membership
from accounts.roles import PERMISSIONS
from accounts.tenancy import Actor
from contracts import selectors as contracts
from lifecycle import guards, pipeline
from lifecycle.acts import Act, Message
from lifecycle.filing import file_ticket
from lifecycle.inputs import MAX_BODY, MAX_DETAIL, MAX_TITLE, body_of
from lifecycle.messages import add_note, log_call, reply, request_information
from lifecycle.ways import begun_by, if_known
from lifecycle.workarounds import accept_workaround, decline_workaround, offer_workaround
from tickets.events import Kind
from tickets.models import Ticket
from tickets.text import bounded, clean_text

__all__ = [
    "MAX_BODY",
    "MAX_DETAIL",
    "MAX_TITLE",
    "accept_workaround",
    "add_note",
    "assign_ticket",
    "begun_by",
    "change_severity",
    "close_ticket",
    "decline_workaround",
    "file_ticket",
    "log_call",
    "move_ticket",
    "offer_workaround",
    "reopen_ticket",
    "reply",
    "request_information",
    "resolve_ticket",
    "take_ticket",
    "version_for",
]


def version_for(actor: Actor, ticket: Ticket) -> int:
    """The version that a form of ``actor`` carries: customers never count private entries."""
    return ticket.version if actor.sees_private else ticket.public_version


def take_ticket(*, actor: Actor, at: datetime, reference: str) -> Ticket:
    """Become the assignee of a ticket that nobody has. Of two who try, one wins and the other is told who has it."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        guards.require_untaken(ticket, actor)
        return Act(
            Kind.TAKEN,
            transition=if_known("take", ticket, actor),
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
            transition=if_known("take", ticket, actor),
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
            message=Message(body_of(body)),
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
        return Act(Kind.MOVED, transition=step, message=Message(body_of(body)) if body.strip() else None)

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.move",
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
        return Act(Kind.REOPENED, transition="reopen", changes=changes, data=data, message=Message(body_of(body)))

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


def _assignee(actor: Actor, assignee_id: UUID) -> Membership:
    found: Membership | None = (
        Membership.objects.visible_to(actor).filter(pk=assignee_id, is_active=True, user__is_active=True).first()
    )
    if found is None or found.role not in PERMISSIONS["ticket.be_assigned"]:
        raise Invalid({"assignee": [_("Choose somebody of the support team.")]})
    return found
