"""Questions about tickets, each answered for one actor through the one predicate."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, When
from django.utils.translation import gettext as _

from accounts.errors import Invalid, NotFound
from accounts.tenancy import Actor
from tickets.models import Attachment, Comment, Event, Ticket
from tickets.states import OPEN_STATES, State

PAGE_LIMIT = 100
ORDERS = {"due": "due_at", "updated": "updated_at", "opened": "opened_at", "told": "public_updated_at"}
STATE_FILTERS: dict[str, frozenset[State] | None] = {
    "open": OPEN_STATES,
    "new": frozenset({State.NEW}),
    "in_progress": frozenset({State.IN_PROGRESS}),
    "waiting_customer": frozenset({State.WAITING_CUSTOMER}),
    "resolved": frozenset({State.RESOLVED}),
    "closed": frozenset({State.CLOSED}),
    "all": None,
}


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a list. ``next_cursor`` is opaque and empty on the last page."""

    rows: list[Ticket]
    next_cursor: str


def tickets(actor: Actor) -> QuerySet[Ticket]:
    """Every ticket that the actor may see."""
    return Ticket.objects.visible_to(actor)


def ticket(actor: Actor, reference: str) -> Ticket:
    """One ticket with its customer, contract and environment; raises ``NotFound``."""
    rows = tickets(actor).select_related("customer", "contract", "environment")
    found = rows.filter(reference=reference).first()
    if found is None:
        raise NotFound
    return found


def conversation(actor: Actor, about: Ticket) -> list[Comment]:
    """The messages that the actor may read, oldest first, with their files."""
    rows = Comment.objects.visible_to(actor).filter(ticket=about)
    return list(rows.prefetch_related("attachments"))


def timeline(actor: Actor, about: Ticket) -> list[Event]:
    """The journal entries that the actor may read, in order."""
    return list(Event.objects.visible_to(actor).filter(ticket=about))


def filed_files(actor: Actor, about: Ticket) -> list[Attachment]:
    """The files that came with the ticket itself, not with a later message."""
    return list(Attachment.objects.visible_to(actor).filter(ticket=about, comment__isnull=True))


def queue(
    actor: Actor,
    *,
    state: str = "open",
    holder: str = "",
    severity: str = "",
    customer_id: UUID | None = None,
    search: str = "",
    order: str = "due",
    after: str = "",
    size: int = 50,
) -> QueuePage:
    """A page of tickets in the order asked for. ``holder`` is ``""``, ``mine`` or ``unassigned``.

    Raises ``Invalid`` for a filter, order or cursor that is not offered.
    """
    rows = _filtered(tickets(actor), actor, state, holder, severity, customer_id)
    if search:
        rows = rows.filter(Q(reference__iexact=search) | Q(title__icontains=search))
    if order not in ORDERS:
        raise Invalid({"order": [_("This order is not offered.")]})
    return _page(rows.select_related("customer"), order, after, min(max(size, 1), PAGE_LIMIT))


def customer_cases(
    actor: Actor, *, state: str = "open", search: str = "", after: str = "", size: int = 50
) -> QueuePage:
    """A page of what a customer sees, last public change first: private work moves nothing.

    Raises ``Invalid`` for a state or cursor that is not offered.
    """
    return queue(actor, state=state, search=search, order="told", after=after, size=size)


CUSTOMER_TURN = frozenset({State.WAITING_CUSTOMER, State.RESOLVED})
"""States in which the customer is to act: to answer a question, to accept a resolution or to reopen."""


def waiting_for_customer(actor: Actor, *, size: int = 50) -> tuple[list[Ticket], bool]:
    """The tickets in which it is the customer's turn, and whether there are more: questions before resolutions, last
    public change first, however many other tickets there are."""
    asked_first = Case(When(state=State.WAITING_CUSTOMER, then=0), default=1)
    rows = tickets(actor).filter(state__in=sorted(CUSTOMER_TURN)).select_related("customer")
    found = list(rows.order_by(asked_first, "-public_updated_at", "-id")[: size + 1])
    return found[:size], len(found) > size


def _filtered(
    rows: QuerySet[Ticket], actor: Actor, state: str, holder: str, severity: str, customer_id: UUID | None
) -> QuerySet[Ticket]:
    if state not in STATE_FILTERS:
        raise Invalid({"state": [_("This state is not offered.")]})
    if holder not in {"", "mine", "unassigned"}:
        raise Invalid({"holder": [_("This filter is not offered.")]})
    states = STATE_FILTERS[state]
    if states is not None:
        rows = rows.filter(state__in=sorted(states))
    if holder == "mine":
        rows = rows.filter(assignee_id=actor.membership_id)
    if holder == "unassigned":
        rows = rows.filter(assignee__isnull=True)
    if severity:
        rows = rows.filter(severity=severity)
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    return rows


def _page(rows: QuerySet[Ticket], order: str, after: str, size: int) -> QueuePage:
    """Keyset paging. By due date: soonest first, tickets without a running deadline last, in the order of filing."""
    column = ORDERS[order]
    soonest_first = (F(column).asc(nulls_last=True), "id")
    rows = rows.order_by(*(soonest_first if order == "due" else (f"-{column}", "-id")))
    if after:
        rows = rows.filter(_beyond(column, order, *_decoded(after, order)))
    found: Sequence[Ticket] = list(rows[: size + 1])
    more = len(found) > size
    return QueuePage(list(found[:size]), _encoded(found[size - 1], column) if more else "")


def _beyond(column: str, order: str, value: datetime | None, key: UUID) -> Q:
    if order != "due":
        return Q(**{f"{column}__lt": value}) | Q(**{column: value, "id__lt": key})
    if value is None:
        return Q(**{f"{column}__isnull": True, "id__gt": key})
    later = Q(**{f"{column}__gt": value}) | Q(**{column: value, "id__gt": key})
    return later | Q(**{f"{column}__isnull": True})


def _encoded(row: Ticket, column: str) -> str:
    value = getattr(row, column)
    raw = json.dumps([value.isoformat() if value else None, str(row.id)])
    return base64.urlsafe_b64encode(raw.encode()).decode()


def _decoded(cursor: str, order: str) -> tuple[datetime | None, UUID]:
    try:
        parts: Any = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii", "strict")))
        value, key = parts
        moment = None if value is None and order == "due" else datetime.fromisoformat(value)
        if moment is not None:
            if moment.tzinfo is None:
                raise ValueError("naive")
            # PostgreSQL refuses displacements that Python takes.
            moment = moment.astimezone(UTC)
        return moment, UUID(key)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError, OverflowError) as error:
        raise Invalid({"after": [_("This page link is not valid. Start again from the first page.")]}) from error
