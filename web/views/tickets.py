"""A ticket, one address for both sides, and the reckoning of its deadlines."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from accounts.access import for_staff, signed_in
from accounts.errors import Invalid
from lifecycle.services import version_for
from slas import receipt as receipts
from tickets import selectors
from tickets.models import Ticket, Visibility
from web.forms.fields import SeenForm
from web.methods import only
from web.moments import format_deadline, reader_language
from web.presenters.receipts import changes, stretches
from web.presenters.severities import present_severity_change
from web.presenters.tickets import present_ticket
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
def ticket_print(request: HttpRequest, reference: str) -> HttpResponse:
    """GET /tickets/<reference>/print/: the whole ticket on paper. ``notes=no`` leaves out what is staff's alone."""
    actor = request.actor  # type: ignore[attr-defined]
    found = selectors.ticket(actor, reference)
    view = present_ticket(actor, found)
    has_notes = actor.sees_private and request.GET.get("notes") != "no"
    shown = {Visibility.PUBLIC, Visibility.PRIVATE} if has_notes else {Visibility.PUBLIC}
    context = {
        "view": view,
        "ticket": found,
        "words": view.words,
        "comments": [row for row in view.comments if row["visibility"] in shown],
        "events": [row for row in reversed(view.events) if row["visibility"] in shown],
        "has_notes": has_notes,
        "is_paper": True,
        "clauses_url": reverse("contract_clauses", args=[found.contract_id]),
    }
    return render(request, "tickets/print.html", context)


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


@for_staff
@only("GET")
def severity_due(request: HttpRequest, reference: str) -> HttpResponse:
    """GET /tickets/<reference>/severity/due/?severity=…: what the deadlines would become; a part of the page."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    actor.require("ticket.severity")
    found = selectors.ticket(actor, reference)
    chosen = request.GET.get("severity", "")
    context = {
        "severity_due": present_severity_change(actor, found, chosen, at) if chosen else None,
        "clauses_url": reverse("contract_clauses", args=[found.contract_id]),
    }
    return render(request, "tickets/_severity_due.html", context)


def _kind_of(severity: str, found: Ticket) -> str:
    """A target met before the severity changed was counted by the former one, whose kind the ticket no longer says."""
    return found.severity_kind if severity == found.severity else ""


def _due_words(due: datetime | None, zone: ZoneInfo) -> str:
    return format_deadline(due, zone, get_current_timezone()) if due else ""


def _reader_zone() -> ZoneInfo:
    return ZoneInfo(str(get_current_timezone()))
