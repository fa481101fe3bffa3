"""Lists of tickets: what they leave out, in which order they stand, page by page, and how many there would be.

Each question is one statement, whatever the number of tickets, and begins with the one predicate of its actor.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, F, Lookup, QuerySet
from django.db.models.expressions import OrderBy, RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext as _

from accounts.errors import Invalid
from accounts.models import TeamMember
from accounts.tenancy import Actor
from tickets import team_order
from tickets.models import Ticket
from tickets.states import OPEN_STATES, State

PAGE_LIMIT = 100
MOST_FOUND: Final = 500
"""Tickets with the words that a search looks at: of those in its states and of its customer, the ones changed last."""
NAMED_BY: Final = {"customer": "name", "contract": "reference", "environment": "name", "team": "name"}
"""What a list shows of what a ticket is related to; the rest of those rows stays in the database."""
LISTED: Final = (
    "customer", "contract", "terms", "environment", "team", "number", "reference", "state", "contract_state", "title",
    "severity", "severity_kind", "severity_rank", "workaround", "author_name", "assignee", "assignee_name", "opened_at",
    "updated_at", "public_updated_at", "due_at", "version", "public_version",
)  # fmt: skip
"""What lists show or go by; the rest of a ticket stays in the database until somebody asks for it."""
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
TEAMS: Final = frozenset({"", "mine", "none"})


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: its columns before the key, and whether it runs from the greatest. ``NULL`` comes last.

    ``is_by_team``: the first column stands for the name of a team (see ``tickets.team_order``); for staff only.
    """

    columns: tuple[str, ...]
    descending: bool = False
    has_gaps: bool = False
    is_by_team: bool = False


ORDERS: Final[dict[str, Sort]] = {
    "due": Sort(("due_at",), has_gaps=True),
    "severity": Sort(("severity_rank", "opened_at")),
    "updated": Sort(("updated_at",), descending=True),
    "opened": Sort(("opened_at",), descending=True),
    "told": Sort(("public_updated_at",), descending=True),
    "team": Sort(team_order.COLUMNS, is_by_team=True),
}
"""Deadline: soonest first. Severity: gravest first, among them the oldest. Team: by name. The others: last first."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list leaves out. ``holder`` is empty, ``mine`` or ``unassigned``; ``environment`` a kind of environment;
    ``contract`` a reference. ``team`` is empty, ``mine`` (a team of the actor's) or ``none``. A deadline lies in
    ``[due_from, due_before)``; ``is_undated``: there is none. ``among``: keys of tickets, asked in the same question.
    """

    state: str = "open"
    holder: str = ""
    assignee_id: UUID | None = None
    team: str = ""
    team_id: UUID | None = None
    severity: str = ""
    customer_id: UUID | None = None
    contract: str = ""
    environment: str = ""
    due_from: datetime | None = None
    due_before: datetime | None = None
    is_undated: bool = False
    search: str = ""
    among: QuerySet[Any, Any] | None = None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a list. ``next_cursor`` is opaque and empty on the last page; ``is_cut``: more tickets have the words
    that were searched for than were looked at."""

    rows: list[Ticket]
    next_cursor: str
    is_cut: bool = False


def matching(actor: Actor, filters: Filters) -> QuerySet[Ticket]:
    """The tickets of a list, in no order. Raises ``Invalid`` for a filter that is not offered."""
    rows = _by_state(Ticket.objects.visible_to(actor), filters.state)
    rows = _by_holder(rows, actor, filters)
    rows = _by_team(rows, actor, filters)
    rows = _by_due(rows, filters)
    if filters.severity:
        rows = rows.filter(severity=filters.severity)
    if filters.customer_id:
        rows = rows.filter(customer_id=filters.customer_id)
    if filters.contract:
        rows = rows.filter(contract__reference__iexact=filters.contract)
    if filters.environment:
        rows = rows.filter(environment__kind=filters.environment)
    if filters.among is not None:
        rows = rows.filter(pk__in=filters.among)
    if filters.search:
        # Under the policies of the table no trigram index can be used; the function applies them by itself.
        rows = rows.filter(pk__in=RawSQL(f"SELECT {_FOUND}", _sought(filters, MOST_FOUND)))
    return rows


_FOUND: Final = "tickets_found(%s, %s, %s::text[], %s::uuid)"


def _sought(filters: Filters, at_most: int) -> list[Any]:
    states = STATE_FILTERS[filters.state]
    return [filters.search, at_most, None if states is None else sorted(states), filters.customer_id]


@dataclass(frozen=True, slots=True)
class Cut:
    """Whether the search of a list left tickets out that have its words too. Asked along with the rows of a page, and
    for itself only where there are none."""

    filters: Filters

    def with_rows(self, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
        """The rows, each of which can tell."""
        return rows.annotate(is_cut=self._question()) if self.filters.search else rows

    def told(self, found: Sequence[Ticket]) -> bool:
        """What the rows of ``with_rows`` tell; without rows it is asked."""
        if found and self.filters.search:
            return bool(found[0].is_cut)  # type: ignore[attr-defined]
        return self.asked()

    def asked(self) -> bool:
        """The same in one statement of its own; in none where nothing is searched for."""
        if not self.filters.search:
            return False
        with connection.cursor() as cursor:
            question = self._question()
            cursor.execute(f"SELECT {question.sql}", question.params)
            return bool(cursor.fetchone()[0])

    def _question(self) -> RawSQL:
        sought = _sought(self.filters, MOST_FOUND + 1)
        return RawSQL(f"(SELECT count(DISTINCT id) > %s FROM {_FOUND} AS id)", [MOST_FOUND, *sought], BooleanField())


def queue(actor: Actor, *, order: str = "due", after: str = "", size: int = 50, **wanted: Any) -> QueuePage:
    """A page of tickets in the order asked for; ``wanted`` are fields of ``Filters``.

    Raises ``Invalid`` for a filter, order or cursor that is not offered.
    """
    return page_of(actor, Filters(**wanted), order, after, min(max(size, 1), PAGE_LIMIT), ("customer",))


def page_of(actor: Actor, filters: Filters, order: str, after: str, size: int, related: Sequence[str]) -> QueuePage:
    """A page that begins behind ``after``: no row comes twice or is passed over while others come and go."""
    cut = Cut(filters)
    rows = _page(actor, filters, order, after, size + 1)
    found = _with(related, cut.with_rows(rows))
    next_cursor = _encoded(found[size - 1], ORDERS[order]) if len(found) > size else ""
    return QueuePage(found[:size], next_cursor, cut.told(found))


def first_of(rows: QuerySet[Ticket], order: str, number: int, related: Sequence[str]) -> list[Ticket]:
    """The first rows of a list, in order, with what they are related to."""
    return _with(related, _of_keys([ordered(rows, order).values("pk")[:number]], order, number))


def _with(related: Sequence[str], rows: QuerySet[Ticket]) -> list[Ticket]:
    """The rows with the names of what they are related to. Fifty tickets of few customers share one of each."""
    found = list(rows.annotate(**_names(tuple(related))).only(*LISTED))
    for name in related:
        _relate(found, name)
    return found


@lru_cache(maxsize=16)
def _names(related: tuple[str, ...]) -> dict[str, F]:
    return {f"{name}_{NAMED_BY[name]}": F(f"{name}__{NAMED_BY[name]}") for name in related}


def _relate(rows: Sequence[Ticket], name: str) -> None:
    """Give rows what they are related to, with its key and its name; the rest of it stays in the database."""
    model: Any = Ticket._meta.get_field(name).related_model
    named = NAMED_BY[name]
    key, label = f"{name}_id", f"{name}_{named}"
    known: dict[UUID | None, Any] = {None: None}
    for row in rows:
        told = row.__dict__
        if told[key] not in known:
            known[told[key]] = model.from_db(row._state.db, ["id", named], [told[key], told[label]])
        row._state.fields_cache[name] = known[told[key]]


def _page(actor: Actor, filters: Filters, order: str, after: str, number: int) -> QuerySet[Ticket]:
    """The first rows of a list behind a place. Each part is cut off before anything is joined: the planner would
    otherwise join all of them first."""
    rows, sort = matching(actor, filters), _sort(order)
    place = _decoded(after, sort) if after else ()
    if sort.is_by_team:
        if actor.is_external:
            raise _not_offered()
        return _of_keys(team_order.first_keys(actor, rows, place, number), order, number)
    parts = _behind(rows, sort, place)
    return _of_keys([ordered(part, order).values("pk")[:number] for part in parts], order, number)


def _of_keys(parts: Sequence[QuerySet[Any, Any]], order: str, number: int) -> QuerySet[Ticket]:
    """The first of the rows that have the keys of these parts, in order."""
    keys, *others = parts
    return ordered(Ticket.objects.filter(pk__in=keys.union(*others, all=True) if others else keys), order)[:number]


def versions_of_page(
    actor: Actor, filters: Filters, *, order: str = "due", after: str = "", size: int = 50
) -> dict[str, int]:
    """Which tickets a page would show now, by reference, with their versions: enough to tell whether it is fresh."""
    rows = _page(actor, filters, order, after, min(size, PAGE_LIMIT))
    return dict(rows.values_list("reference", "version"))


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
    sort = _sort(order)
    if sort.is_by_team:
        return rows.order_by(*team_order.by_team())
    return rows.order_by(*(_direction(column, sort) for column in sort.columns), "-id" if sort.descending else "id")


def _sort(order: str) -> Sort:
    if order not in ORDERS:
        raise _not_offered()
    return ORDERS[order]


def _not_offered() -> Invalid:
    return Invalid({"order": [_("This order is not offered.")]})


def _direction(column: str, sort: Sort) -> OrderBy:
    if sort.descending:
        return F(column).desc()
    return F(column).asc(nulls_last=True) if sort.has_gaps else F(column).asc()


def _by_state(rows: QuerySet[Ticket], state: str) -> QuerySet[Ticket]:
    if state not in STATE_FILTERS:
        raise Invalid({"state": [_("This state is not offered.")]})
    states = STATE_FILTERS[state]
    return rows if states is None else rows.filter(state__one_of=states)


def _by_holder(rows: QuerySet[Ticket], actor: Actor, filters: Filters) -> QuerySet[Ticket]:
    if filters.holder not in HOLDERS:
        raise Invalid({"holder": [_("This filter is not offered.")]})
    if filters.holder == "mine":
        rows = rows.filter(assignee_id=actor.membership_id)
    if filters.holder == "unassigned":
        rows = rows.filter(assignee__isnull=True)
    return rows.filter(assignee_id=filters.assignee_id) if filters.assignee_id else rows


def _by_team(rows: QuerySet[Ticket], actor: Actor, filters: Filters) -> QuerySet[Ticket]:
    if filters.team not in TEAMS:
        raise Invalid({"team": [_("This filter is not offered.")]})
    if filters.team == "mine":
        mine = TeamMember.objects.visible_to(actor).filter(membership_id=actor.person)
        rows = rows.filter(team_id__in=mine.values("team_id"))
    if filters.team == "none":
        rows = rows.filter(team__isnull=True)
    return rows.filter(team_id=filters.team_id) if filters.team_id else rows


def _by_due(rows: QuerySet[Ticket], filters: Filters) -> QuerySet[Ticket]:
    if filters.is_undated:
        rows = rows.filter(due_at__isnull=True)
    if filters.due_from:
        rows = rows.filter(due_at__gte=filters.due_from)
    if filters.due_before:
        rows = rows.filter(due_at__lt=filters.due_before)
    return rows


# Where a page begins --------------------------------------------------------------------------------------------------
def _behind(rows: QuerySet[Ticket], sort: Sort, place: Sequence[Any]) -> list[QuerySet[Ticket]]:
    """What comes behind a place, in parts that each lie together in an index."""
    if not place:
        return [rows]
    if sort.has_gaps:
        return _behind_gaps(rows, sort.columns[0], *place)
    return [rows.filter(_beyond((*sort.columns, "id"), place, sort.descending))]


def _beyond(columns: Sequence[str], values: Sequence[Any], is_descending: bool) -> "Lookup[bool]":
    """What comes behind ``values``: compared as a whole, since then an index leads there."""
    comparison = TupleLessThan if is_descending else TupleGreaterThan
    return comparison(Tuple(*map(F, columns)), tuple(values))


def _behind_gaps(rows: QuerySet[Ticket], column: str, value: datetime | None, key: UUID) -> list[QuerySet[Ticket]]:
    """Behind a value come greater ones and then those that have none."""
    undated = rows.filter(**{f"{column}__isnull": True})
    if value is None:
        return [undated.filter(id__gt=key)]
    return [rows.filter(_beyond((column, "id"), (value, key), is_descending=False)), undated]


def _encoded(row: Ticket, sort: Sort) -> str:
    values = [getattr(row, column) for column in sort.columns]
    told = [value.isoformat() if isinstance(value, datetime) else _plain(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps([*told, str(row.id)]).encode()).decode()


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _decoded(cursor: str, sort: Sort) -> tuple[Any, ...]:
    try:
        *values, key = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii", "strict")))
        told = [_value(column, value, sort) for column, value in zip(sort.columns, values, strict=True)]
        return (*told, UUID(key))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError, OverflowError) as error:
        raise Invalid({"after": [_("This page link is not valid. Start again from the first page.")]}) from error


def _value(column: str, value: Any, sort: Sort) -> Any:
    """A value of a cursor, checked: PostgreSQL refuses numbers and displacements that Python takes."""
    if value is None and (sort.has_gaps or column == "team_id"):
        return None
    if column == "team_id":
        return UUID(value)
    if column == "severity_rank":
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**15:
            raise ValueError("rank")
        return value
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("naive")
    return moment.astimezone(UTC)
