"""The desk's queue: what is owed, soonest first."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts.access import for_staff
from accounts.tenancy import Actor
from contracts.selectors import contracts
from slas.selectors import clocks_of
from tickets import selectors
from tickets.models import Ticket
from web.forms.filters import QueueFilter
from web.methods import only
from web.presenters.cases import Row, present_rows
from web.presenters.vocabulary import Vocabulary, severity_filters, state_choices

PAGE = 50


@for_staff
@only("GET")
def queue(request: HttpRequest) -> HttpResponse:
    """GET /queue/: filtered by the address; a value that no filter offers is a bad request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = _filters(request.GET, actor)
    chosen = form.chosen()
    page = selectors.queue(actor, **chosen, size=PAGE)
    context = {
        "form": form,
        "rows": _rows(request, page.rows),
        "order": chosen["order"],
        "is_filtered": any(chosen[name] for name in ("search", "holder", "severity", "customer_id")),
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


def _filters(query: QueryDict, actor: Actor) -> QueueFilter:
    """Customers and severities of the contracts that the desk serves: one question for both."""
    served = list(contracts(actor))
    by_terms = {row.terms_id: row for row in served}
    return QueueFilter(
        query,
        states=state_choices(),
        severities=severity_filters([Vocabulary.of(row) for row in by_terms.values()]),
        customers=list({str(row.customer_id): row.customer.name for row in served}.items()),
    )


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
