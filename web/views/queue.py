"""The desk's queue: what is owed, in the view that somebody chose, as a page, as a file, and whether it is fresh."""

import re
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from accounts.access import for_staff
from accounts.errors import Invalid, NotFound
from accounts.requests import ActingRequest
from accounts.tenancy import Actor
from notifications.watching import watched_by
from slas.selectors import clocks_of
from tickets import queue as lists
from tickets import selectors
from tickets.models import Ticket
from tickets.saved_views import Memory, may_change, memory
from web.forms.fields import presentable
from web.forms.filters import MAX_SEARCH, QueueFilter
from web.methods import only
from web.moments import zone_label
from web.presenters import queue as words
from web.presenters.duties import queue_flags
from web.presenters.queue import Offered, QueueRow, View
from web.presenters.vocabulary import state_choices
from web.spreadsheet import csv_file

PAGE = 50
MOST_CUSTOMERS: Final = 200
"""Customers that the filter offers at once; beyond that a part of the name narrows them."""
MOST_EXPORTED: Final = 10_000
"""Tickets of one file: more are fetched in parts, by narrower filters."""
RELATED: Final = ("customer", "contract", "environment", "team")
DESK_ACTS: Final = ("take", "assign", "team", "severity", "reply", "resolve", "close")
NARROWING: Final = ("severity", "customer", "customer_name", "assignee", "team", "contract", "environment", "watched")
"""Filters of the panel, which offer what the database holds."""
OF_VIEWS: Final = frozenset({("team", "mine"), ("watched", "mine")})
"""What the product's own views ask of the panel: it stays closed for them."""
_SEEN: Final = re.compile(r"[A-Z0-9-]{1,24}:\d{1,10}")


@dataclass
class Desk:
    """What a request asks of the queue: a view, and filters that go before those of the view."""

    request: ActingRequest
    query: QueryDict

    @property
    def actor(self) -> Actor:
        return self.request.actor

    @cached_property
    def memory(self) -> Memory:
        return memory(self.actor)

    @cached_property
    def view(self) -> View:
        """The view that is named; else the one with which this person's queue opens, unless filters are given."""
        code = self.query.get("view", "")
        if not code:
            return words.BUILT_IN[0] if self.query else words.opening_view(self.memory)
        found = words.view_of(self.memory, code)
        if found is None:
            raise NotFound
        return found

    @cached_property
    def asked(self) -> QueryDict:
        """The filters of the view and, before them, those of the address."""
        asked = QueryDict(mutable=True)
        for name, value in self.view.filters.items():
            asked[name] = value
        for name in QueueFilter.base_fields:
            if name in self.query:
                asked[name] = self.query.get(name, "")
        return asked

    @property
    def is_wide(self) -> bool:
        """Whether the panel with the filters that need a question is open."""
        chosen = [(name, self.asked[name]) for name in NARROWING if self.asked.get(name)]
        return bool(self.query.get("more")) or any(one not in OF_VIEWS for one in chosen)

    @cached_property
    def offered(self) -> Offered:
        if not self.is_wide:
            return Offered()
        part = presentable(self.asked.get("customer_name", ""))[:MAX_SEARCH].strip()
        wanted, team = (self.asked.get(name, "") for name in ("customer", "team"))
        return words.offered(self.actor, part=part, wanted=wanted, team=team, at_most=MOST_CUSTOMERS)

    @cached_property
    def form(self) -> QueueFilter:
        """The filters as a form. What a kept view asked for and nobody offers any more is left out of it."""
        form = self._form()
        gone = [name for name in form.errors if name not in self.query]
        for name in gone:
            self.asked.pop(name, None)
        return self._form() if gone else form

    def _form(self) -> QueueFilter:
        found = self.offered
        return QueueFilter(
            self.asked,
            states=state_choices(),
            severities=found.severities,
            customers=found.customers,
            people=found.people,
            teams=found.teams,
        )

    @cached_property
    def filters(self) -> lists.Filters:
        return self.form.filters(self.request.at, zone(), watched_by(self.actor))

    @property
    def order(self) -> str:
        return self.form.sorting()

    @property
    def after(self) -> str:
        return str(self.form.chosen()["after"])

    @cached_property
    def columns(self) -> tuple[str, ...]:
        return words.known_columns(self.view.columns or self.memory.columns)

    def page(self) -> lists.QueuePage:
        return lists.page_of(self.actor, self.filters, self.order, self.after, PAGE, RELATED)

    @property
    def is_narrowed(self) -> bool:
        """Whether the address asks for something else than the view does."""
        return self.form.asked() != dict(self.view.filters)

    @cached_property
    def told(self) -> QueryDict:
        """The address as it is asked for; with the view, where a person's queue opened with it by itself."""
        told = self.query.copy()
        if not self.query and self.view is not words.BUILT_IN[0]:
            told["view"] = self.view.code
        return told

    def address(self, **given: str) -> str:
        """The queue as it is asked for now, from its first page on unless told otherwise."""
        told = self.told.copy()
        told.pop("after", None)
        told.update(given)
        return f"{reverse('queue')}?{told.urlencode()}" if told else reverse("queue")


def zone() -> tzinfo:
    """The reader's zone."""
    return get_current_timezone()


def _query(values: Any) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(values)
    return query


@for_staff
@only("GET")
def queue(request: ActingRequest) -> HttpResponse:
    """GET /queue/: a view, narrowed by the address; a value that no filter offers is a bad request."""
    desk = Desk(request, request.GET)
    page = desk.page()
    context = {
        "desk": desk,
        "form": desk.form,
        "rows": _rows(request, page.rows),
        "columns": words.columns(desk.columns, desk.order, desk.address),
        "column_codes": ",".join(desk.columns),
        "tabs": words.tabs(desk.memory, desk.view.code),
        "is_filtered": desk.is_narrowed,
        "names_customers": desk.offered.is_cut or bool(request.GET.get("customer_name")),
        "most_customers": MOST_CUSTOMERS,
        "most_exported": MOST_EXPORTED,
        "bulk_acts": [act for act in DESK_ACTS if desk.actor.may(f"ticket.{act}")],
        "here": request.get_full_path(),
        "query": desk.address().partition("?")[2],
        "live_query": desk.told.urlencode(),
        "kept_query": urlencode(desk.form.asked()),
        "clear_url": words.view_url(desk.view.code),
        "more_url": desk.address(more="1"),
        "may_keep": desk.actor.may("queue.keep"),
        "may_change": bool(desk.view.kept and may_change(desk.actor, desk.view.kept)),
        "next_url": desk.address(after=page.next_cursor) if page.next_cursor else "",
        "first_url": desk.address() if desk.after else "",
        "cut": words.cut_search() if page.is_cut else "",
    }
    return render(request, "queue/queue.html", context)


@for_staff
@only("GET")
def queue_counts(request: ActingRequest) -> HttpResponse:
    """GET /queue/counts/: the views again, with how many tickets each has. Searches are not counted."""
    desk = Desk(request, request.GET)
    known: dict[str, lists.Filters] = {}
    for view in words.views(desk.memory):
        filters = _filters_of(desk, view)
        if filters is not None and not filters.search:
            known[view.code] = filters
    numbers = dict(zip(known, lists.counts(desk.actor, list(known.values())), strict=True))
    context = {"tabs": words.tabs(desk.memory, desk.view.code, numbers)}
    return render(request, "queue/_views.html", context)


def _filters_of(desk: Desk, view: View) -> lists.Filters | None:
    """What a view asks for; None where something of it is no longer offered. Keys are taken as they were kept."""
    values = _query(view.filters)
    choices = {name: [(values.get(name, ""), "")] for name in ("severity", "customer", "assignee", "team")}
    form = QueueFilter(
        values,
        states=state_choices(),
        severities=choices["severity"],
        customers=choices["customer"],
        people=choices["assignee"],
        teams=choices["team"],
    )
    return form.filters(desk.request.at, zone(), watched_by(desk.actor)) if form.is_valid() else None


@for_staff
@only("GET")
def queue_live(request: ActingRequest) -> HttpResponse:
    """GET /queue/live/?…&seen=MEGA-1:4,…: 204 while the page is fresh, else how many came, changed and went."""
    seen = _seen(request.GET.get("seen", ""))
    query = request.GET.copy()
    query.pop("seen", None)
    desk = Desk(request, query)
    now = lists.versions_of_page(desk.actor, desk.filters, order=desk.order, after=desk.after, size=PAGE)
    news = {
        "fresh": len(now.keys() - seen.keys()),
        "changed": sum(now[reference] != seen[reference] for reference in now.keys() & seen.keys()),
        "gone": len(seen.keys() - now.keys()),
    }
    if not any(news.values()):
        return HttpResponse(status=204)
    address = reverse("queue")
    return render(request, "queue/_news.html", {"news": news, "url": f"{address}?{query.urlencode()}"})


def _seen(text: str) -> dict[str, int]:
    """The rows of an open page, as its script tells them: references with the versions that it shows."""
    parts = [part for part in text.split(",") if part]
    if len(parts) > 2 * PAGE or not all(_SEEN.fullmatch(part) for part in parts):
        raise Invalid({"seen": [_("This is not what a page shows.")]})
    return {part.partition(":")[0]: int(part.partition(":")[2]) for part in parts}


@for_staff
@only("GET")
def queue_file(request: ActingRequest) -> HttpResponse:
    """GET /queue/file/: all tickets of the view, not of the page only, as a file for spreadsheet programs."""
    desk = Desk(request, request.GET)
    rows = lists.ordered(lists.matching(desk.actor, desk.filters), desk.order)
    found = lists.first_of(rows, desk.order, MOST_EXPORTED + 1, RELATED)
    lines = words.sheet(found[:MOST_EXPORTED], desk.columns, zone(), zone_label(zone()))
    if len(found) > MOST_EXPORTED:
        lines.append([_("Only the first %(n)d tickets. Narrow the filters for the others.") % {"n": MOST_EXPORTED}])
    if lists.Cut(desk.filters).asked():
        lines.append([words.cut_search()])
    day = request.at.astimezone(zone()).date().isoformat()
    return csv_file(f"{_('queue')}-{day}.csv", lines)


def queue_row(request: HttpRequest, reference: str, *, notice: str, status: int) -> HttpResponse:
    """One row of the queue after somebody tried to take it, with the columns of the page that sent it."""
    ticket = selectors.ticket(request.actor, reference)  # type: ignore[attr-defined]
    codes = words.known_columns(request.POST.get("columns", "").split(","))
    context = {
        "rows": _rows(request, [ticket]),
        "columns": words.columns(codes, ""),
        "column_codes": ",".join(codes),
        "bulk_acts": [act for act in DESK_ACTS if request.actor.may(f"ticket.{act}")],  # type: ignore[attr-defined]
        "notice": notice,
        "was_taken": not notice,
    }
    return render(request, "queue/_row.html", context, status=status)


def _rows(request: HttpRequest, tickets: list[Ticket]) -> list[QueueRow]:
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    flags = queue_flags(actor, tickets)
    return words.queue_rows(tickets, clocks_of(actor, tickets), at, may_take=actor.may("ticket.take"), flags=flags)
