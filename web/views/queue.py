"""The desk's queue: what is owed, soonest first."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts.access import for_staff
from accounts.selectors import customers
from accounts.tenancy import Actor
from contracts.selectors import contracts
from slas.selectors import clocks_of
from tickets import selectors
from tickets.models import Ticket
from web.forms.fields import presentable
from web.forms.filters import MAX_SEARCH, QueueFilter
from web.methods import only
from web.presenters.cases import Row, present_rows
from web.presenters.vocabulary import Vocabulary, severity_filters, state_choices

PAGE = 50
MOST_CUSTOMERS: Final = 200
"""Customers that the filter offers at once; beyond that a part of the name narrows them."""


@for_staff
@only("GET")
def queue(request: HttpRequest) -> HttpResponse:
    """GET /queue/: filtered by the address; a value that no filter offers is a bad request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    offered = _offered(request.GET, actor)
    form = QueueFilter(request.GET, states=state_choices(), severities=_severities(actor), customers=offered.choices)
    chosen = form.chosen()
    page = selectors.queue(actor, **chosen, size=PAGE)
    context = {
        "form": form,
        "rows": _rows(request, page.rows),
        "order": chosen["order"],
        "is_filtered": any(chosen[name] for name in ("search", "holder", "severity", "customer_id")),
        "names_customers": offered.is_cut or bool(request.GET.get("customer_name")),
        "is_cut": offered.is_cut,
        "most_customers": MOST_CUSTOMERS,
        "tabs": _tabs(request, chosen),
        "next_url": _beyond(request, page.next_cursor) if page.next_cursor else "",
        "first_url": _beyond(request, "") if chosen["after"] else "",
    }
    return render(request, "queue/queue.html", context)


def queue_row(request: HttpRequest, reference: str, *, notice: str, status: int) -> HttpResponse:
    """One row of the queue after somebody tried to take it."""
    ticket = selectors.ticket(request.actor, reference)  # type: ignore[attr-defined]
    context = {"row": _rows(request, [ticket])[0], "notice": notice, "was_taken": not notice}
    return render(request, "queue/_row.html", context, status=status)


def _rows(request: HttpRequest, tickets: list[Ticket]) -> list[Row]:
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    may_take = actor.may("ticket.take")
    return present_rows(tickets, clocks_of(actor, tickets), at, side="provider", may_take=may_take)


@dataclass(frozen=True, slots=True)
class Offered:
    """The customers of the filter; ``is_cut`` where there are more than it shows."""

    choices: list[tuple[str, str]]
    is_cut: bool


def _offered(query: QueryDict, actor: Actor) -> Offered:
    """Customers by name, those with the part that was typed; the chosen one is among them whatever was typed."""
    known, part = customers(actor), presentable(query.get("customer_name", ""))[:MAX_SEARCH].strip()
    rows = list((known.filter(name__icontains=part) if part else known)[: MOST_CUSTOMERS + 1])
    choices = {str(row.id): row.name for row in rows[:MOST_CUSTOMERS]}
    wanted = query.get("customer", "")
    if wanted and wanted not in choices:
        choices = {str(row.id): row.name for row in known.filter(pk__in=_keys(wanted))} | choices
    return Offered(list(choices.items()), len(rows) > MOST_CUSTOMERS)


def _keys(text: str) -> list[UUID]:
    """The identifier that was asked for; none for what cannot be one."""
    try:
        return [UUID(text)]
    except ValueError:
        return []


@dataclass(frozen=True, slots=True)
class _Pinned:
    terms_id: UUID


def _severities(actor: Actor) -> list[tuple[str, str]]:
    """The severities of all terms under which the desk serves somebody."""
    pinned = contracts(actor).order_by("terms_id").values_list("terms_id", flat=True).distinct()
    return severity_filters([Vocabulary.of(_Pinned(key)) for key in pinned])


def _tabs(request: HttpRequest, chosen: dict[str, object]) -> list[dict[str, object]]:
    """The states as tabs; the other filters stay."""
    tabs = []
    for value, label in state_choices():
        query = request.GET.copy()
        query.pop("after", None)
        query["state"] = value
        tabs.append(
            {"label": label, "url": f"{reverse('queue')}?{query.urlencode()}", "current": value == chosen["state"]}
        )
    return tabs


def _beyond(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if cursor:
        query["after"] = cursor
    return f"{reverse('queue')}?{query.urlencode()}" if cursor or query else reverse("queue")
