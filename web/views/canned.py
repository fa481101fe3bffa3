"""Canned replies: their list and form, and their way into a message."""

import re
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import for_staff
from accounts.errors import Forbidden, Invalid, NotFound, Refused, Stale
from accounts.requests import ActingRequest
from lifecycle.selectors import acts_offered
from tickets import canned, selectors
from tickets.models import CannedReply, Ticket
from web.forms.acts import show_errors
from web.forms.canned import CannedForm, CannedSearch
from web.forms.uploads import receive_uploads
from web.methods import only
from web.presenters import canned as words
from web.presenters.vocabulary import Vocabulary
from web.redirects import SeeOther
from web.views.drafts import keep_draft
from web.views.ticket_page import Failure, build_form, draft_key, step_choices, ticket_page

_CHOSEN: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(fr|en)", re.ASCII)


# Their list and form --------------------------------------------------------------------------------------------------
@for_staff
@only("GET")
def canned_replies(request: ActingRequest) -> HttpResponse:
    """GET /canned/ with ``search``, and ``archived=1`` for those that are no longer offered."""
    form = CannedSearch(request.GET, auto_id="canned_%s")
    search = form.cleaned_data["search"] if form.is_valid() else ""
    is_archived = request.GET.get("archived") == "1"
    rows = canned.canned_replies(request.actor, search=search, is_archived=is_archived) if form.is_valid() else []
    told = [
        {"row": row, "may_change": canned.may_change(request.actor, row), "texts": words.languages_of(row)}
        for row in rows
    ]
    context = {"rows": told, "form": form, "search": search, "is_archived": is_archived, "tabs": _tabs(is_archived)}
    context["may_keep"] = request.actor.may("canned.keep")
    return render(request, "canned/list.html", context, status=400 if form.errors else 200)


def _tabs(is_archived: bool) -> list[dict[str, Any]]:
    address = reverse("canned_replies")
    tabs = (
        (pgettext("canned replies", "Offered"), address, not is_archived),
        (pgettext("canned replies", "Archived"), f"{address}?archived=1", is_archived),
    )
    return [{"label": label, "url": url, "current": current, "count": None} for label, url, current in tabs]


@for_staff
@only("GET", "POST")
def canned_reply_new(request: ActingRequest) -> HttpResponse:
    """GET /canned/new/, with ``from`` for a copy of another one. POST: keeps it; ``act=preview`` only shows it."""
    request.actor.require("canned.keep")
    may_share = request.actor.may("canned.curate")
    if request.method != "POST":
        return _form_page(request, CannedForm(initial=_copied(request), may_share=may_share), None)
    form = CannedForm(request.POST, may_share=may_share)

    def keep() -> None:
        shared = form.cleaned_data.get("is_shared", False)
        canned.create_canned_reply(actor=request.actor, at=request.at, wording=form.wording(), is_shared=shared)

    return _save(request, form, None, keep)


def _copied(request: ActingRequest) -> dict[str, Any]:
    """What a new reply begins with: nothing, or what another one says."""
    try:
        found = canned.canned_reply(request.actor, UUID(request.GET["from"]))
    except (KeyError, ValueError):
        return {}
    return _initial(found) | {"title": "", "version": ""}


def _initial(row: CannedReply) -> dict[str, Any]:
    given = ("title", "use", "body_fr", "body_en", "version")
    return {name: getattr(row, name) for name in given}


@for_staff
@only("GET", "POST")
def canned_reply(request: ActingRequest, reply_id: UUID) -> HttpResponse:
    """GET /canned/<id>/: what it says. POST: changes it; ``act=preview`` only shows it."""
    row = canned.canned_reply(request.actor, reply_id)
    if request.method != "POST":
        return _form_page(request, CannedForm(initial=_initial(row)), row)
    if not canned.may_change(request.actor, row):
        raise Forbidden
    form = CannedForm(request.POST)

    def change() -> None:
        version = form.cleaned_data["version"] or 0
        told: dict[str, Any] = {"actor": request.actor, "at": request.at, "reply_id": reply_id}
        canned.change_canned_reply(**told, version=version, wording=form.wording())

    return _save(request, form, row, change)


@for_staff
@only("POST")
def canned_reply_archive(request: ActingRequest, reply_id: UUID) -> HttpResponse:
    """POST /canned/<id>/archive/: it is offered no longer; ``act=restore``: it is again."""
    told: dict[str, Any] = {"actor": request.actor, "at": request.at, "reply_id": reply_id}
    if request.POST.get("act") != "restore":
        canned.archive_canned_reply(**told)
        messages.success(request, _("It was archived and is no longer offered."))
        return SeeOther(reverse("canned_replies"))
    try:
        with transaction.atomic():
            canned.restore_canned_reply(**told)
    except Invalid as refused:
        raise Refused(" ".join(refused.errors["title"])) from refused
    messages.success(request, _("It is offered again."))
    return SeeOther(reverse("canned_replies"))


def _save(request: ActingRequest, form: CannedForm, row: CannedReply | None, do: Any) -> HttpResponse:
    if not form.is_valid():
        return _form_page(request, form, row)
    if request.POST.get("act") == "preview":
        return _form_page(request, form, row, is_preview=True)
    try:
        with transaction.atomic():
            do()
    except Invalid as refused:
        show_errors(form, refused)
        return _form_page(request, form, row)
    except Stale as stale:
        assert row is not None
        return _stale_page(request, form, row.id, stale.message)
    messages.success(request, _("The canned reply was kept."))
    return SeeOther(reverse("canned_replies"))


def _stale_page(request: ActingRequest, form: CannedForm, reply_id: UUID, message: str) -> HttpResponse:
    """What was typed beside what it says now, on the present version: saving again is a decision taken knowingly."""
    now = canned.canned_reply(request.actor, reply_id)
    data = request.POST.copy()
    data["version"] = str(now.version)
    form.data = data
    return _form_page(request, form, now, stale=message)


def _form_page(
    request: ActingRequest, form: CannedForm, row: CannedReply | None, *, is_preview: bool = False, stale: str = ""
) -> HttpResponse:
    shown = _preview(request, form) if is_preview else []
    context = {
        "form": form,
        "reply": row,
        "may_change": row is None or canned.may_change(request.actor, row),
        "may_keep": request.actor.may("canned.keep"),
        "variables": words.variable_list(),
        "shown": shown,
        "stale": stale,
        "now": row.texts.items() if row and stale else (),
    }
    status = 409 if stale else 422 if form.errors else 200
    return render(request, "canned/form.html", context, status=status)


def _preview(request: ActingRequest, form: CannedForm) -> list[words.Shown]:
    """The texts with their values, those of the ticket that is named or of a sample."""
    given, about = form.cleaned_data, None
    if given["ticket"]:
        try:
            about = selectors.ticket(request.actor, given["ticket"].upper())
        except NotFound:
            form.add_error("ticket", _("There is no such ticket among those that you see."))
            return []
    return words.previews(request.actor, {"fr": given["body_fr"], "en": given["body_en"]}, about, request.at)


# Their way into a message ---------------------------------------------------------------------------------------------
@for_staff
@only("POST")
def ticket_canned(request: ActingRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/canned/: the text of ``canned`` with its values, for the message of ``act``.

    A script gets the text alone and inserts it where one writes. Anybody else gets the ticket's page with the text
    after what he had typed; all of it is kept as his draft, so that nothing is lost whatever comes of it.
    """
    request.actor.require("canned.keep")
    ticket, act = selectors.ticket(request.actor, reference), request.POST.get("act", "")
    is_script = request.headers.get("X-Requested-With") == "fetch"
    if act not in words.COMPOSED:
        raise Invalid({"act": [_("No canned reply goes there.")]})
    try:
        if act not in acts_offered(request.actor, ticket):
            raise Refused(_("The present state does not offer this act any more."))
        text = _text(request, ticket, act)
    except Refused as refused:
        return _plain(refused.message, 409) if is_script else _not_inserted(request, ticket, act, refused.message)
    return _plain(text, 200) if is_script else _inserted(request, ticket, act, text)


def _text(request: ActingRequest, ticket: Ticket, act: str) -> str:
    """The text with its values. Raises ``Refused`` where it is not there, or where a variable has no value."""
    chosen = _CHOSEN.fullmatch(request.POST.get("canned", ""))
    if chosen is None:
        raise Refused(_("Choose a canned reply first."))
    key, language = UUID(chosen[1]), chosen[2]
    try:
        text = canned.text_for(request.actor, key, language, canned.visibility_of(act))
    except NotFound:
        raise Refused(_("This canned reply is no longer offered. Choose another one.")) from None
    return words.worded(request.actor, ticket, text, language, request.at)


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _inserted(request: ActingRequest, ticket: Ticket, act: str, text: str) -> HttpResponse:
    typed = request.POST.get("body", "").rstrip()
    failed = _keep(request, ticket, act, body=f"{typed}\n\n{text}" if typed else text)
    if failed is not None:
        return failed
    if getattr(request, "htmx", False):
        return ticket_page(request, ticket, opened=act)
    return SeeOther(f"{reverse('ticket', args=[ticket.reference])}?write={act}#composer")


def _not_inserted(request: ActingRequest, ticket: Ticket, act: str, message: str) -> HttpResponse:
    if act not in acts_offered(request.actor, ticket):
        return ticket_page(request, ticket, Failure(act, _typed(request, ticket, act), 409, message))
    return _keep(request, ticket, act) or ticket_page(request, ticket, Failure(act, None, 409, message))


def _keep(request: ActingRequest, ticket: Ticket, act: str, **changed: str) -> HttpResponse | None:
    """Keep what was typed as the draft of the act, with its files. The page as typed where it cannot be kept."""
    uploads = receive_uploads(request) if request.FILES or request.POST.get("attachments") else None
    for message in uploads.errors if uploads else ():
        messages.error(request, message)
    try:
        with transaction.atomic():
            ids = [str(key) for key in uploads.ids] if uploads else []
            keep_draft(request, draft_key(act, ticket.reference), ids, changed)
    except Invalid:
        form = _typed(request, ticket, act)
        form.is_valid()
        return ticket_page(request, ticket, Failure(act, form, 422))
    return None


def _typed(request: ActingRequest, ticket: Ticket, act: str) -> forms.Form:
    """The form of the act as it was sent."""
    vocabulary = Vocabulary.of(ticket)
    steps = step_choices(request.actor, ticket, vocabulary) if act == "resolve" else []
    return build_form(act, vocabulary, None, steps, data=request.POST)
