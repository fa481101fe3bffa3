"""Tickets, messages, events and files as every answer writes them. Nothing is added to what the selectors gave."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.urls import reverse

from accounts.tenancy import Actor
from api.base import instant
from api.etags import etag
from contracts.selectors import terms_of
from contracts.terms import Terms, UnknownTerm
from slas.clocks import Reckoning
from slas.duties import DutyState
from tickets.models import Attachment, Comment, Event, Ticket

Card = dict[str, Any]

SNAPSHOTS: Final = frozenset({"environment_kind", "overrides"})
"""Keys of ``Ticket.details`` that are not answers to the contract's questions."""

TOLD: Final = frozenset(
    {
        "title",
        "severity",
        "state",
        "contract_state",
        "step",
        "assignee",
        "team",
        "resolution_type",
        "workaround",
        "clocks",
    }
    | {"reason_code", "reason", "exclusion", "contest", "correction", "figures", "hold"}
    | {"action_plan", "duty", "day", "escalation"}
    | {"target", "code", "due_at", "severity_at", "name", "announced_at", "days", "targets", "recomputed"}
)
"""Keys of ``Event.data`` that the pages tell too; the others are the product's own notes."""


def named(code: str, label: Callable[[], str]) -> Card:
    """A code with its word; a code of former times stands for itself."""
    try:
        return {"code": code, "label": label()}
    except UnknownTerm:
        return {"code": code, "label": code}


def severity_card(terms: Terms, code: str, kind: str, language: str) -> Card:
    """A severity, with its variety where it has one."""
    return {**named(code, lambda: terms.severity(code).label.text(language)), "kind": kind or None}


def ticket_card(actor: Actor, ticket: Ticket, language: str) -> Card:
    """A ticket as lists show it. Private work moves nothing that a customer reads."""
    terms = terms_of(ticket)
    state = ticket.contract_state
    return {
        "reference": ticket.reference,
        "url": reverse("api_ticket", kwargs={"reference": ticket.reference}),
        "etag": etag(actor, ticket),
        "title": ticket.title,
        "state": ticket.state,
        "contract_state": named(state, lambda: terms.state(state).label.text(language)),
        "severity": severity_card(terms, ticket.severity, ticket.severity_kind, language),
        "customer": {"id": str(ticket.customer_id), "name": ticket.customer.name},
        "contract": ticket.contract.reference,
        "environment": _environment(ticket),
        "author": ticket.author_name,
        "assignee": _assignee(actor, ticket),
        "team": _team(ticket),
        "resolution_type": _resolution(terms, ticket.resolution_type, language),
        "workaround": ticket.workaround or None,
        "opened_at": instant(ticket.opened_at),
        "updated_at": instant(ticket.updated_at if actor.sees_private else ticket.public_updated_at),
        "due_at": instant(ticket.due_at),
        "resolved_at": instant(ticket.resolved_at),
        "closed_at": instant(ticket.closed_at),
    }


def _environment(ticket: Ticket) -> Card | None:
    found = ticket.environment
    return {"id": str(found.id), "kind": found.kind, "name": found.name} if found else None


def _assignee(actor: Actor, ticket: Ticket) -> Card | None:
    """Customers know the name; the identifier is of use to the desk alone."""
    if ticket.assignee_id is None:
        return None
    return {"id": str(ticket.assignee_id) if actor.is_staff else None, "name": ticket.assignee_name}


def _team(ticket: Ticket) -> Card | None:
    """Which team has it. Customers read its name in the history alone, like that of whoever was given it."""
    found = ticket.team
    return {"id": str(found.id), "name": found.name, "level": found.level} if found else None


def _resolution(terms: Terms, code: str, language: str) -> Card | None:
    return named(code, lambda: terms.resolution_type(code).label.text(language)) if code else None


def answers(ticket: Ticket, language: str) -> list[Card]:
    """What was answered to the contract's questions, in its order."""
    terms = terms_of(ticket)
    given = {code: value for code, value in ticket.details.items() if code not in SNAPSHOTS}
    labels = {field.code: field.label.text(language) for field in terms.filing}
    order = [code for code in labels if code in given] + sorted(given.keys() - labels.keys())
    return [{"code": code, "label": labels.get(code, code), "value": str(given[code])} for code in order]


def clock_card(ticket: Ticket, one: Reckoning, language: str) -> Card:
    """A deadline in short; its steps are at ``clocks``."""
    state, terms = one.state, terms_of(ticket)
    return {
        "target": one.target,
        "label": terms.target_terms(one.target).label.text(language),
        "severity": state.severity,
        "status": state.status,
        "due_at": instant(state.due_at),
        "met_at": instant(state.met_at),
        "breached_at": instant(state.breached_at),
        "remaining_seconds": state.remaining_seconds,
    }


def duty_card(state: DutyState, language: str) -> Card:
    """A duty that is owed now."""
    return {
        "code": state.duty.code,
        "label": state.duty.label.text(language),
        "clause": state.duty.clauses[0],
        "since": instant(state.since),
        "lacking_since": instant(state.lacking_since),
        "due_at": instant(state.due_at),
    }


def file_card(row: Attachment) -> Card:
    """A file and where it can be fetched."""
    return {
        "id": str(row.id),
        "filename": row.filename,
        "size": row.size,
        "content_type": row.content_type,
        "sha256": row.sha256,
        "uploaded_at": instant(row.uploaded_at),
        "visibility": row.visibility,
        "comment": str(row.comment_id) if row.comment_id else None,
        "url": reverse("api_attachment", kwargs={"attachment_id": row.id}),
    }


def comment_card(row: Comment, files: Iterable[Attachment] | None = None) -> Card:
    """A message, as it was written."""
    return {
        "id": str(row.id),
        "at": instant(row.at),
        "kind": row.kind,
        "visibility": row.visibility,
        "author": {"name": row.author_name, "side": row.author_side},
        "body": row.body,
        "attachments": [file_card(one) for one in (row.attachments.all() if files is None else files)],
    }


def event_card(actor: Actor, row: Event) -> Card:
    """An entry of the journal, as far as the actor may know it."""
    told = {name: value for name, value in row.data.items() if name in TOLD}
    if isinstance(told.get("team"), Mapping) and not actor.is_staff:
        told["team"] = {name: value for name, value in told["team"].items() if name != "id"}
    return {
        "id": str(row.id),
        "kind": row.kind,
        "at": instant(row.at),
        "recorded_at": instant(row.recorded_at),
        "visibility": row.visibility,
        "actor": {"name": row.actor_name, "side": row.actor_side},
        "comment": str(row.comment_id) if row.comment_id else None,
        "data": told,
    }
