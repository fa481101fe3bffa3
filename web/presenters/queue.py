"""The queue in words: its columns, its views, its rows, and the same rows for a spreadsheet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, F, QuerySet, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from accounts.selectors import assignable, customers, open_teams
from accounts.tenancy import Actor
from contracts.selectors import contracts, terms_of
from slas.models import Clock
from tickets.models import Ticket
from tickets.queue import COUNTED, MOST_FOUND
from tickets.saved_views import Kept, Memory
from web.presenters.cases import Row, present_rows
from web.presenters.duties import Flag
from web.presenters.vocabulary import Vocabulary, severity_filters

COLUMNS: Final[dict[str, Any]] = {
    "due": _("Deadline"),
    "ticket": _("Ticket"),
    "customer": _("Customer"),
    "severity": _("Severity"),
    "state": _("State"),
    "assignee": _("In charge"),
    "team": _("Team"),
    "updated": _("Last change"),
    "opened": _("Filed"),
    "contract": _("Contract"),
    "environment": _("Environment"),
    "author": _("Filed by"),
}
USUAL_COLUMNS: Final = ("due", "ticket", "severity", "state", "assignee", "updated")
SORTED_BY: Final[Mapping[str, tuple[str, str]]] = {
    "due": ("due", "ascending"),
    "severity": ("severity", "ascending"),
    "updated": ("updated", "descending"),
    "opened": ("opened", "descending"),
    "team": ("team", "ascending"),
}
"""Column → the order that sorts by it, and how it runs."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the queue. ``sort`` says how the list is sorted by it at present, ``url`` sorts by it."""

    code: str
    label: str
    sort: str = ""
    url: str = ""


def known_columns(codes: Sequence[str]) -> tuple[str, ...]:
    """The columns of those codes that there are, each once. The ticket itself is always among them."""
    found = tuple(dict.fromkeys(code for code in codes if code in COLUMNS))
    if not found:
        return USUAL_COLUMNS
    return found if "ticket" in found else ("ticket", *found)


def columns(codes: Sequence[str], order: str = "", address: Callable[..., str] | None = None) -> list[Column]:
    """Columns with their words, for a list in ``order``; ``address`` makes the address of another order."""
    made = []
    for code in codes:
        by, way = SORTED_BY.get(code, ("", ""))
        url = address(order=by) if address and by else ""
        made.append(Column(code, str(COLUMNS[code]), way if by == order else "", url))
    return made


# Views ----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class View:
    """A view of the queue: one of the product's own, or one that somebody kept or shared."""

    code: str
    name: str | Promise
    filters: Mapping[str, str]
    columns: tuple[str, ...] = ()
    kept: Kept | None = None


BUILT_IN: Final[tuple[View, ...]] = (
    View("open", _("All open"), {}),
    View("mine", _("Mine"), {"holder": "mine"}),
    View("team", _("My teams"), {"team": "mine"}),
    View("watched", _("Watched by me"), {"watched": "mine"}),
    View("unassigned", _("Nobody has them"), {"holder": "unassigned"}),
    View("today", _("Due today"), {"due": "today"}),
    View("overdue", _("Overdue"), {"due": "overdue"}),
    View("waiting", _("Waiting for the customer"), {"state": "waiting_customer"}),
    View("closed", _("Recently closed"), {"state": "closed", "order": "updated"}),
)


def views(memory: Memory) -> list[View]:
    """Every view of a person, in the order of the tabs: the product's, his own, those that are shared."""
    kept = [View(one.code, one.name, one.filters, one.columns, one) for one in (*memory.own, *memory.shared)]
    return [*BUILT_IN, *kept]


def view_of(memory: Memory, code: str) -> View | None:
    """The view of that code; None where this person has none."""
    return next((view for view in views(memory) if view.code == code), None)


def opening_view(memory: Memory) -> View:
    """The view with which a person's queue opens."""
    return view_of(memory, memory.opens_with) or BUILT_IN[0]


def view_url(code: str) -> str:
    """The address of a view without further filters."""
    query = QueryDict(mutable=True)
    query["view"] = code
    return f"{reverse('queue')}?{query.urlencode()}"


def tabs(memory: Memory, current: str, counts: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """The views as tabs. Numbers beyond what is counted read "999+"."""
    known = counts or {}
    return [
        {
            "label": view.name,
            "url": view_url(view.code),
            "current": view.code == current,
            "count": counted(known[view.code]) if view.code in known else None,
            "is_shared": bool(view.kept and view.kept.is_shared),
        }
        for view in views(memory)
    ]


def counted(number: int) -> str:
    """How many tickets a list has, as far as they are counted."""
    return f"{COUNTED}+" if number > COUNTED else str(number)


def cut_search() -> str:
    """What is told beside a search that found more than it looks at."""
    told = gettext(
        "More than %(n)d titles have these words. Only the %(n)d changed last are looked at: "
        "add a word or a filter to find the others."
    )
    return told % {"n": MOST_FOUND}


# What the filters offer -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Offered:
    """The choices of the filters that need a question; ``is_cut`` where there are more customers than it shows."""

    customers: Sequence[tuple[str, str]] = ()
    severities: Sequence[tuple[str, str]] = ()
    people: Sequence[tuple[str, str]] = ()
    teams: Sequence[tuple[str, str]] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Pinned:
    terms_id: UUID


def offered(actor: Actor, *, part: str, wanted: str, team: str, at_most: int) -> Offered:
    """What there is to choose from, in one statement: customers by name (those with ``part`` in it, and the one that is
    ``wanted``), the severities of all terms under which the desk serves somebody, the desk itself, and its teams with
    the one asked for, which may be archived."""
    known = customers(actor)
    named = known.filter(name__icontains=part) if part else known
    rows = _choices(named, "customer", "name")[: at_most + 1].union(
        _choices(known.filter(pk__in=_keys(wanted)), "wanted", "name"),
        _choices(assignable(actor), "person", "display_name"),
        _choices(open_teams(actor), "team", "name"),
        _choices(Team.objects.visible_to(actor).filter(pk__in=_keys(team)), "team", "name"),
        _pinned_terms(actor),
        all=True,
    )
    found: dict[str, list[tuple[str, str]]] = {"customer": [], "wanted": [], "person": [], "team": [], "terms": []}
    for kind, key, label in rows:
        found[kind].append((str(key), label))
    shown = sorted(found["customer"], key=lambda one: one[1].casefold())[:at_most]
    terms = [Vocabulary.of(_Pinned(UUID(key))) for key, _label in sorted(found["terms"])]
    return Offered(
        list(dict([*(one for one in found["wanted"] if one not in shown), *shown]).items()),
        severity_filters(terms),
        sorted(found["person"], key=lambda one: one[1].casefold()),
        sorted(dict.fromkeys(found["team"]), key=lambda one: one[1].casefold()),
        len(found["customer"]) > at_most,
    )


def _choices(rows: QuerySet[Any], kind: str, label: str) -> QuerySet[Any, Any]:
    return rows.annotate(kind=Value(kind), label=F(label)).values_list("kind", "pk", "label")


def _pinned_terms(actor: Actor) -> QuerySet[Any, Any]:
    pinned = contracts(actor).order_by().annotate(kind=Value("terms"), label=Value("", output_field=CharField()))
    return pinned.values_list("kind", "terms_id", "label").distinct()


def _keys(text: str) -> list[UUID]:
    """The identifier that was asked for; none for what cannot be one."""
    try:
        return [UUID(text)]
    except ValueError:
        return []


# Rows -----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class QueueRow:
    """One ticket of the queue; ``version`` is the one that an act on the row carries."""

    row: Row
    version: int
    contract: str
    environment: str
    author: str
    team: str
    flags: Sequence[Flag] = ()


def queue_rows(
    tickets: Sequence[Ticket],
    clocks: Mapping[UUID, Sequence[Clock]],
    at: datetime,
    *,
    may_take: bool,
    flags: Mapping[UUID, Sequence[Flag]],
) -> list[QueueRow]:
    """The rows of the queue as the desk reads them at the instant ``at``, with the ``flags`` of duties that lack."""
    rows = present_rows(tickets, clocks, at, side="provider", may_take=may_take)
    return [
        QueueRow(
            row,
            ticket.version,
            ticket.contract.reference,
            ticket.environment.name if ticket.environment else "",
            ticket.author_name,
            ticket.team.name if ticket.team else "",
            flags.get(ticket.id, ()),
        )
        for row, ticket in zip(rows, tickets, strict=True)
    ]


# The same for a spreadsheet -------------------------------------------------------------------------------------------
def sheet(tickets: Sequence[Ticket], codes: Sequence[str], zone: tzinfo, zone_name: str) -> list[list[str]]:
    """The tickets as lines of text under a line of heads, each column of instants with the zone that it is in."""
    pinned = {ticket.terms_id: ticket for ticket in tickets}
    words = {terms_id: Vocabulary(terms_of(ticket)) for terms_id, ticket in pinned.items()}
    return [
        [head for code in codes for head in _heads(code, zone_name)],
        *(
            [cell for code in codes for cell in _CELLS[code](ticket, words[ticket.terms_id], zone)]
            for ticket in tickets
        ),
    ]


def _heads(code: str, zone_name: str) -> list[str]:
    if code == "ticket":
        return [gettext("Reference"), gettext("Title")]
    label = str(COLUMNS[code])
    return [f"{label} ({zone_name})"] if code in {"due", "updated", "opened"} else [label]


def _instant(at: datetime | None, zone: tzinfo) -> str:
    """To the second, as every spreadsheet reads it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""


_CELLS: Final[Mapping[str, Callable[[Ticket, Vocabulary, tzinfo], list[str]]]] = {
    "due": lambda ticket, words, zone: [_instant(ticket.due_at, zone)],
    "ticket": lambda ticket, words, zone: [ticket.reference, ticket.title],
    "customer": lambda ticket, words, zone: [ticket.customer.name],
    "severity": lambda ticket, words, zone: [words.severity(ticket.severity, ticket.severity_kind).full],
    "state": lambda ticket, words, zone: [words.state(ticket.contract_state, "provider")],
    "assignee": lambda ticket, words, zone: [ticket.assignee_name],
    "team": lambda ticket, words, zone: [ticket.team.name if ticket.team else ""],
    "updated": lambda ticket, words, zone: [_instant(ticket.updated_at, zone)],
    "opened": lambda ticket, words, zone: [_instant(ticket.opened_at, zone)],
    "contract": lambda ticket, words, zone: [ticket.contract.reference],
    "environment": lambda ticket, words, zone: [ticket.environment.name if ticket.environment else ""],
    "author": lambda ticket, words, zone: [ticket.author_name],
}
"""Column → its cells, in the words of the ticket's terms."""
