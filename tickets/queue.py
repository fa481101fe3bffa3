"""Lists of tickets: what they leave out, in which order they stand, page by page, and how many there would be.

Each question is one statement, whatever the number of tickets, and begins with the one predicate of its actor.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy, RawSQL
from django.utils.translation import gettext as _

from accounts.errors import Invalid
from accounts.tenancy import Actor
from tickets.models import Ticket
from tickets.states import OPEN_STATES, State

PAGE_LIMIT = 100
MOST_FOUND: Final = 2_000
"""Tickets that a search looks at: those changed last. Another word brings the others."""
COUNTED: Final = 999
"""Up to here lists are counted; beyond it the exact number helps nobody and costs."""
STATE_FILTERS: dict[str, frozenset[State] | None] = {
    "open": OPEN_STATES,
    "new": frozenset({State.NEW}),
    "in_progress": frozenset({State.IN_PROGRESS}),
    "waiting_customer": frozenset({State.WAITING_CUSTOMER}),
    "resolved": frozenset({State.RESOLVED}),
    "closed": frozenset({State.CLOSED}),
    "all": None,
}
HOLDERS: Final = frozenset({"", "mine", "unassigned"})


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: its columns before the key, and whether it runs from the greatest. ``NULL`` comes last."""

    columns: tuple[str, ...]
    descending: bool = False
    has_gaps: bool = False


ORDERS: Final[dict[str, Sort]] = {
    "due": Sort(("due_at",), has_gaps=True),
    "severity": Sort(("severity_rank", "opened_at")),
    "updated": Sort(("updated_at",), descending=True),
    "opened": Sort(("opened_at",), descending=True),
    "told": Sort(("public_updated_at",), descending=True),
}
"""Deadline: soonest first. Severity: gravest first, among them the oldest. The others: last first."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list leaves out. ``holder`` is empty, ``mine`` or ``unassigned``; ``environment`` a kind of environment;
    ``contract`` a reference. A deadline lies in ``[due_from, due_before)``; ``is_undated``: there is none.
    """

    state: str = "open"
    holder: str = ""
    assignee_id: UUID | None = None
    severity: str = ""
    customer_id: UUID | None = None
    contract: str = ""
    environment: str = ""
    due_from: datetime | None = None
    due_before: datetime | None = None
    is_undated: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a list. ``next_cursor`` is opaque and empty on the last page."""

    rows: list[Ticket]
    next_cursor: str


def matching(actor: Actor, filters: Filters) -> QuerySet[Ticket]:
    """The tickets of a list, in no order. Raises ``Invalid`` for a filter that is not offered."""
    rows = _by_state(Ticket.objects.visible_to(actor), filters.state)
    rows = _by_holder(rows, actor, filters)
    rows = _by_due(rows, filters)
    if filters.severity:
        rows = rows.filter(severity=filters.severity)
    if filters.customer_id:
        rows = rows.filter(customer_id=filters.customer_id)
    if filters.contract:
        rows = rows.filter(contract__reference__iexact=filters.contract)
    if filters.environment:
        rows = rows.filter(environment__kind=filters.environment)
    if filters.search:
        # Under the policies of the table no trigram index can be used; the function applies them by itself.
        found = RawSQL("SELECT tickets_found(%s, %s)", [filters.search, MOST_FOUND])
        rows = rows.filter(pk__in=found)
    return rows


def queue(actor: Actor, *, order: str = "due", after: str = "", size: int = 50, **wanted: Any) -> QueuePage:
    """A page of tickets in the order asked for; ``wanted`` are fields of ``Filters``.

    Raises ``Invalid`` for a filter, order or cursor that is not offered.
    """
    return page_of(matching(actor, Filters(**wanted)), order, after, min(max(size, 1), PAGE_LIMIT), ("customer",))


def page_of(rows: QuerySet[Ticket], order: str, after: str, size: int, related: Sequence[str]) -> QueuePage:
    """A page that begins behind ``after``: no row comes twice or is passed over while others come and go."""
    found = first_of(_behind(ordered(rows, order), order, after), order, size + 1, related)
    more = len(found) > size
    return QueuePage(list(found[:size]), _encoded(found[size - 1], ORDERS[order]) if more else "")


def first_of(rows: QuerySet[Ticket], order: str, number: int, related: Sequence[str]) -> list[Ticket]:
    """The first rows of an ordered list with what they are related to.

    They are cut off before anything is joined: the planner would otherwise join all of them first.
    """
    chosen = Ticket.objects.filter(pk__in=rows.values("pk")[:number]).select_related(*related)
    return list(ordered(chosen, order))


def versions_of_page(
    actor: Actor, filters: Filters, *, order: str = "due", after: str = "", size: int = 50
) -> dict[str, int]:
    """Which tickets a page would show now, by reference, with their versions: enough to tell whether it is fresh."""
    rows = _behind(ordered(matching(actor, filters), order), order, after)
    return dict(rows.values_list("reference", "version")[: min(size, PAGE_LIMIT)])


def counts(actor: Actor, lists: Sequence[Filters]) -> list[int]:
    """How many tickets each list has, in one statement; one more than ``COUNTED`` stands for any number beyond it."""
    if not lists:
        return []
    parts: list[str] = []
    params: list[Any] = []
    for filters in lists:
        rows = matching(actor, filters).order_by().values("pk")[: COUNTED + 1]
        sql, given = rows.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")
        params += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return list(cursor.fetchone())


def ordered(rows: QuerySet[Ticket], order: str) -> QuerySet[Ticket]:
    """The rows in an order that leaves no two of them level. Raises ``Invalid`` for one that is not offered."""
    if order not in ORDERS:
        raise Invalid({"order": [_("This order is not offered.")]})
    sort = ORDERS[order]
    return rows.order_by(*(_direction(column, sort) for column in sort.columns), "-id" if sort.descending else "id")


def _direction(column: str, sort: Sort) -> OrderBy:
    if sort.descending:
        return F(column).desc()
    return F(column).asc(nulls_last=True) if sort.has_gaps else F(column).asc()


def _by_state(rows: QuerySet[Ticket], state: str) -> QuerySet[Ticket]:
    if state not in STATE_FILTERS:
        raise Invalid({"state": [_("This state is not offered.")]})
    states = STATE_FILTERS[state]
    return rows if states is None else rows.filter(state__in=sorted(states))


def _by_holder(rows: QuerySet[Ticket], actor: Actor, filters: Filters) -> QuerySet[Ticket]:
    if filters.holder not in HOLDERS:
        raise Invalid({"holder": [_("This filter is not offered.")]})
    if filters.holder == "mine":
        rows = rows.filter(assignee_id=actor.membership_id)
    if filters.holder == "unassigned":
        rows = rows.filter(assignee__isnull=True)
    return rows.filter(assignee_id=filters.assignee_id) if filters.assignee_id else rows


def _by_due(rows: QuerySet[Ticket], filters: Filters) -> QuerySet[Ticket]:
    if filters.is_undated:
        rows = rows.filter(due_at__isnull=True)
    if filters.due_from:
        rows = rows.filter(due_at__gte=filters.due_from)
    if filters.due_before:
        rows = rows.filter(due_at__lt=filters.due_before)
    return rows


# Where a page begins --------------------------------------------------------------------------------------------------
def _behind(rows: QuerySet[Ticket], order: str, after: str) -> QuerySet[Ticket]:
    if not after:
        return rows
    sort = ORDERS[order]
    values = _decoded(after, sort)
    if sort.has_gaps:
        return rows.filter(_beyond_gaps(sort.columns[0], *values))
    side = "lt" if sort.descending else "gt"
    columns = (*sort.columns, "id")
    # The first column alone bounds the index; the rest decides among those that are level.
    bound = Q(**{f"{columns[0]}__{side}e": values[0]})
    return rows.filter(bound & _beyond(columns, values, side))


def _beyond(columns: Sequence[str], values: Sequence[Any], side: str) -> Q:
    """What comes behind ``values``, column by column."""
    further = Q(**{f"{columns[0]}__{side}": values[0]})
    if len(columns) == 1:
        return further
    return further | (Q(**{columns[0]: values[0]}) & _beyond(columns[1:], values[1:], side))


def _beyond_gaps(column: str, value: datetime | None, key: UUID) -> Q:
    if value is None:
        return Q(**{f"{column}__isnull": True, "id__gt": key})
    later = Q(**{f"{column}__gt": value}) | Q(**{column: value, "id__gt": key})
    return later | Q(**{f"{column}__isnull": True})


def _encoded(row: Ticket, sort: Sort) -> str:
    values = [getattr(row, column) for column in sort.columns]
    told = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([*told, str(row.id)]).encode()).decode()


def _decoded(cursor: str, sort: Sort) -> tuple[Any, ...]:
    try:
        *values, key = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii", "strict")))
        told = [_value(column, value, sort) for column, value in zip(sort.columns, values, strict=True)]
        return (*told, UUID(key))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError, OverflowError) as error:
        raise Invalid({"after": [_("This page link is not valid. Start again from the first page.")]}) from error


def _value(column: str, value: Any, sort: Sort) -> Any:
    """A value of a cursor, checked: PostgreSQL refuses numbers and displacements that Python takes."""
    if value is None and sort.has_gaps:
        return None
    if column == "severity_rank":
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**15:
            raise ValueError("rank")
        return value
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("naive")
    return moment.astimezone(UTC)
