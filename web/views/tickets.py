"""A ticket, one address for both sides, and the reckoning of its deadlines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import signed_in
from slas.selectors import Receipt, receipt
from tickets import selectors
from tickets.models import Ticket
from web.methods import only
from web.moments import format_moment, reader_language, zone_named
from web.presenters.cases import without_instants
from web.presenters.vocabulary import Vocabulary
from web.views.ticket_page import ticket_page


@signed_in
@only("GET")
def ticket(request: HttpRequest, reference: str) -> HttpResponse:
    """GET /tickets/<reference>/"""
    found = selectors.ticket(request.actor, reference)  # type: ignore[attr-defined]
    return ticket_page(request, found)


@signed_in
@only("GET")
def clock_receipt(request: HttpRequest, reference: str, target: str) -> HttpResponse:
    """GET /tickets/<reference>/clocks/<target>/: why this deadline, line by line; the lines alone for htmx."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    found = selectors.ticket(actor, reference)
    told = receipt(actor, found, target, language=reader_language(), at=at)
    words = Vocabulary.of(found)
    context = {
        "ticket": found,
        "receipt": told,
        "target_label": words.target(target),
        "severity": words.severity(told.severity, _kind_of(told, found)),
        "steps": without_instants(told.lines),
        "due_words": _due_words(told, words),
    }
    name = "tickets/_receipt.html" if getattr(request, "htmx", False) else "tickets/receipt.html"
    return render(request, name, context)


def _kind_of(told: Receipt, found: Ticket) -> str:
    """A target met before the severity changed was counted by the former one, whose kind the ticket no longer says."""
    return found.severity_kind if told.severity == found.severity else ""


def _due_words(told: Receipt, words: Vocabulary) -> str:
    due = told.due_at or told.breached_at
    zone = zone_named(told.zone, words.zone())
    return format_moment(due, zone, deadline=True) if due else ""
