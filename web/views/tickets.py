"""A ticket, one address for both sides, and the reckoning of its deadlines."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from accounts.access import signed_in
from accounts.errors import Invalid
from lifecycle.services import version_for
from slas import receipt as receipts
from tickets import selectors
from tickets.models import Ticket
from web.forms.fields import SeenForm
from web.methods import only
from web.moments import format_deadline, reader_language
from web.presenters.receipts import changes, stretches
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
def ticket_live(request: HttpRequest, reference: str) -> HttpResponse:
    """GET /tickets/<reference>/live/?version=…: 204 while nothing happened since then, else an offer to show it.

    The version is the reader's own, so a private note makes nothing move on the customer's page.
    """
    found = selectors.ticket(request.actor, reference)  # type: ignore[attr-defined]
    form = SeenForm(request.GET)
    if not form.is_valid():
        raise Invalid({"version": [_("This is not a version of the page.")]})
    if version_for(request.actor, found) <= form.cleaned_data["version"]:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return render(request, "tickets/_news.html", {"ticket": found})


@signed_in
@only("GET")
def clock_receipt(request: HttpRequest, reference: str, target: str) -> HttpResponse:
    """GET /tickets/<reference>/clocks/<target>/: why this deadline, to the second; the steps alone for htmx."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    found = selectors.ticket(actor, reference)
    told = receipts.clock_receipt(actor, found, target, at=at)
    words = Vocabulary.of(found)
    state = told.reckoning.state
    document = receipts.receipt_document(told, reader_language(), _reader_zone())
    context = {
        "ticket": found,
        "receipt": document,
        "state": state,
        "zone": told.zone.key,
        "target_label": words.target(target),
        "met_by": words.met_by(target),
        "severity": words.severity(state.severity, _kind_of(state.severity, found)),
        "steps": [{"text": step["text"], "clause": step["clause"]} for step in document["steps"]],
        "stretches": stretches(document),
        "changes": changes(document["changes"], target, words),
        "may_contest": actor.may("ticket.contest"),
        "due_words": _due_words(state.due_at or state.breached_at, told.zone),
        "clauses_url": reverse("contract_clauses", args=[found.contract_id]),
    }
    name = "tickets/_receipt.html" if getattr(request, "htmx", False) else "tickets/receipt.html"
    return render(request, name, context)


def _kind_of(severity: str, found: Ticket) -> str:
    """A target met before the severity changed was counted by the former one, whose kind the ticket no longer says."""
    return found.severity_kind if severity == found.severity else ""


def _due_words(due: datetime | None, zone: ZoneInfo) -> str:
    return format_deadline(due, zone, get_current_timezone()) if due else ""


def _reader_zone() -> ZoneInfo:
    return ZoneInfo(str(get_current_timezone()))
