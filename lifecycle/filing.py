"""Filing a ticket: who may, what the contract asks, and what the clocks will need to know of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Invalid, Refused
from accounts.tenancy import Actor
from contracts import selectors as contracts
from contracts.models import Contract, Environment
from contracts.selectors import FilingRight
from contracts.terms import Terms
from lifecycle import guards, pipeline
from lifecycle.inputs import MAX_DETAIL, MAX_TITLE, body_of, files_of
from slas.countable import uncountable
from slas.engine import EngineError
from tickets.models import Ticket
from tickets.states import State
from tickets.text import bounded, clean_line, clean_text


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
    environment_kind: str = "",
    right: FilingRight | None = None,
) -> Ticket:
    """File a ticket under a contract (HOP-7). Its clocks start at ``at`` (HOP-4, R2).

    It falls under the version of the terms and the overrides that hold then (R16, R17). ``environment_kind`` is one of
    the terms' environments, for a contract that lists no platform although its targets depend on one (GEN-7). Refused,
    with the clause, where the contract does not let the actor file (HOP-9); also where its deadlines cannot be counted.

    ``right`` is the actor's right as of ``at``, where the caller has just looked it up in the same transaction.
    """
    actor.require("ticket.file")
    contract, holding = _holding(actor, contract_id, at, right)
    terms = holding.terms
    guards.require_severity(terms, severity, severity_kind)
    environment, kind = _environment(contract, terms, environment_id, environment_kind)
    ticket = Ticket(
        provider_id=contract.provider_id,
        customer_id=contract.customer_id,
        contract_id=contract.id,
        terms_id=holding.terms_id,
        environment_id=environment.id if environment else None,
        state=State(terms.workflow.phase(terms.workflow.initial)),
        contract_state=terms.workflow.initial,
        title=bounded(clean_line(title, field="title"), field="title", maximum=MAX_TITLE),
        description=body_of(description, field="description"),
        details=_details(terms, details or {}, severity) | {"environment_kind": kind, "overrides": holding.overrides},
        severity=severity,
        severity_kind=severity_kind,
        author_id=actor.person,
        author_name=actor.name,
        opened_at=at,
        updated_at=at,
        public_updated_at=at,
    )
    files = files_of(actor, attachment_ids)
    told = {"old": None, "new": severity, "kind": severity_kind}
    try:
        return pipeline.file(actor=actor, at=at, ticket=ticket, attachments=files, severity=told)
    except EngineError as error:
        raise uncountable() from error


def _holding(
    actor: Actor, contract_id: UUID, at: datetime, right: FilingRight | None
) -> tuple[Contract, contracts.Effective]:
    """The contract under which the actor may file, and what holds under it then."""
    if right is None or right.contract.id != contract_id:
        right = contracts.filing_right(actor, contracts.contract(actor, contract_id), at)
    if not right.allowed:
        raise Refused(right.reason, code="may_not_file", clause=right.clause)
    return right.contract, right.holding


def environments_asked(terms: Terms, platforms: Iterable[Environment]) -> tuple[str, ...]:
    """The environments of the terms among which a filing has to choose where the contract lists no platform.

    Empty where it does, and where no target depends on the environment: without one such a target would silently have
    no clock (GEN-7).
    """
    depends = any(target.environments for target in terms.targets)
    return tuple(item.code for item in terms.environments) if depends and not list(platforms) else ()


def _environment(
    contract: Contract, terms: Terms, environment_id: UUID | None, kind: str
) -> tuple[Environment | None, str]:
    """The platform concerned, if the contract lists any, and which environment of the terms it is."""
    rows = contracts.platforms_of(contract)
    if rows or environment_id is not None:
        found = _platform(rows, environment_id)
        return found, found.kind
    asked = environments_asked(terms, rows)
    if asked and not kind:
        raise _no_environment(terms)
    if kind and kind not in asked:
        raise Invalid({"environment": [_("Choose one of the environments of the contract.")]})
    return None, kind


def _platform(rows: Sequence[Environment], environment_id: UUID | None) -> Environment:
    if environment_id is None:
        raise Invalid({"environment": [_("Choose the environment that is concerned.")]})
    found = next((row for row in rows if row.pk == environment_id), None)
    if found is None:
        raise Invalid({"environment": [_("Choose one of the environments of the contract.")]})
    return found


def _no_environment(terms: Terms) -> Invalid:
    """The clause is that of the environments on which the deadlines depend."""
    clause = terms.environments[0].clauses[0]
    message = _("Choose the environment that is concerned: the deadlines of this contract depend on it (%(clause)s).")
    return Invalid({"environment": [message % {"clause": clause}]})


def _details(terms: Terms, given: dict[str, str], severity: str) -> dict[str, Any]:
    """What the contract wants to know (HOP-2, HOP-11)."""
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
    return details
