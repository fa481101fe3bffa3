"""Watching a ticket, whom a message can mention, and who looks at it just now."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts.access import for_staff, signed_in
from accounts.errors import Invalid, Refused
from accounts.requests import ActingRequest
from notifications import presence as presences
from notifications import watching
from tickets import selectors
from tickets.mentions import addressed
from tickets.models import Ticket
from web.methods import only
from web.presenters.vocabulary import Vocabulary
from web.presenters.watching import nobody_mentioned, presence_words, present_colleagues, present_watchers
from web.redirects import SeeOther, next_of


@signed_in
@only("POST")
def watch(request: ActingRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/watch/ with ``watch``, on or off: oneself. htmx gets the card of the page again."""
    wanted = request.POST.get("watch", "")
    if wanted not in {"on", "off"}:
        raise Invalid({"watch": [_("Choose one of those offered.")]})
    told: dict[str, Any] = {"actor": request.actor, "reference": reference, "membership_id": request.actor.person}
    try:
        ticket = watching.add(**told, at=request.at) if wanted == "on" else watching.remove(**told)
    except Refused as refused:
        if not getattr(request, "htmx", False):
            raise
        return _card(request, selectors.ticket(request.actor, reference), refused.message, 409)
    if getattr(request, "htmx", False):
        return _card(request, ticket)
    return SeeOther(reverse("ticket", args=[ticket.reference]) + "#ticket-watchers")


def _card(request: ActingRequest, ticket: Ticket, notice: str = "", status: int = 200) -> HttpResponse:
    context = {"ticket": ticket, "watchers": present_watchers(request.actor, ticket), "watch_notice": notice}
    return render(request, "tickets/_watchers.html", context, status=status)


@signed_in
@only("GET", "POST")
def watchers(request: ActingRequest, reference: str) -> HttpResponse:
    """GET, POST /tickets/<reference>/watchers/: who watches; ``act`` add or remove, of ``membership``."""
    ticket = selectors.ticket(request.actor, reference)
    if request.method == "POST":
        return _change(request, ticket)
    return _page(request, ticket)


def _page(request: ActingRequest, ticket: Ticket, error: str = "", status: int = 200) -> HttpResponse:
    actor = request.actor
    may_add = actor.may("ticket.watch")
    context = {
        "ticket": ticket,
        "words": Vocabulary.of(ticket),
        "watchers": present_watchers(actor, ticket),
        "candidates": watching.candidates(actor, ticket, request.at) if may_add else [],
        "error": error,
    }
    return render(request, "tickets/watchers.html", context, status=status)


def _change(request: ActingRequest, ticket: Ticket) -> HttpResponse:
    act = request.POST.get("act", "")
    told: dict[str, Any] = {"actor": request.actor, "reference": ticket.reference}
    if act not in {"add", "remove"}:
        raise Invalid({"act": [_("Choose one of those offered.")]})
    request.actor.require("ticket.watch")
    key = _key(request.POST.get("membership", ""))
    if key is None:
        return _page(request, ticket, _("Choose one of those offered."), 422)
    try:
        if act == "add":
            watching.add(**told, at=request.at, membership_id=key)
        else:
            watching.remove(**told, membership_id=key)
    except Invalid as refused:
        return _page(request, ticket, refused.errors["membership"][0], 422)
    except Refused as refused:
        return _page(request, ticket, refused.message, 409)
    return SeeOther(reverse("ticket_watchers", args=[ticket.reference]))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@for_staff
@only("GET")
def colleagues(request: ActingRequest, reference: str) -> HttpResponse:
    """GET /tickets/<reference>/colleagues/: whom a message about it can mention; a part of the page."""
    selectors.ticket(request.actor, reference)
    offered = present_colleagues(list(people.colleagues(request.actor)))
    return render(request, "tickets/_colleagues.html", {"colleagues": offered})


@for_staff
@only("POST")
def presence(request: ActingRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/presence/ with ``does``, reads, writes or left: who else works on it here. Somebody who
    only reads by his office is neither seen nor shown the others."""
    request.actor.require("ticket.watch")
    does = request.POST.get("does", "")
    if does not in presences.DOES | {presences.LEFT}:
        raise Invalid({"does": [_("Choose one of those offered.")]})
    ticket = selectors.ticket(request.actor, reference)
    others = presences.tell(actor=request.actor, at=request.at, ticket_id=ticket.pk, does=does)
    return render(request, "tickets/_present.html", {"others": presence_words(others)})


@signed_in
@only("POST")
def set_watching(request: ActingRequest) -> HttpResponse:
    """POST /settings/watching/ with ``mails``: on or off."""
    wanted = request.POST.get("mails", "")
    if wanted not in {"on", "off"}:
        raise Invalid({"mails": [_("Choose one of those offered.")]})
    watching.choose_mails(actor=request.actor, at=request.at, wanted=wanted == "on")
    on, off = _("Mails of what you watch come again."), _("What you watch is told in the portal only.")
    messages.success(request, on if wanted == "on" else off)
    return SeeOther(next_of(request, "/settings/"))


def warn_of_unknown(request: HttpRequest, body: str) -> None:
    """Say which mentions of a message that was sent reached nobody."""
    unknown = addressed(request.actor, body).unknown  # type: ignore[attr-defined]
    if unknown:
        messages.warning(request, nobody_mentioned(unknown))
