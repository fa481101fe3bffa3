"""Views of the queue that people keep and share, and how each likes it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import for_staff
from accounts.errors import Forbidden, Invalid, NotFound
from accounts.requests import ActingRequest
from tickets.saved_views import Kept, Look, change_view, forget_view, keep_view, may_change, memory, prefer
from web.forms.acts import show_errors
from web.forms.queue import PreferenceForm, ViewForm
from web.methods import only
from web.presenters import queue as words
from web.redirects import SeeOther
from web.views.queue import Desk


@for_staff
@only("GET", "POST")
def queue_views(request: ActingRequest) -> HttpResponse:
    """GET /queue/views/: one's views and how one likes the queue. POST: the latter."""
    known = memory(request.actor)
    views = [(view.code, view.name) for view in words.views(known)]
    options: dict[str, Any] = {"offered": words.COLUMNS.items(), "views": views}
    if request.method == "POST":
        form = PreferenceForm(request.POST, **options)
        if form.is_valid():
            opens = form.cleaned_data["opens_with"]
            prefer(actor=request.actor, at=request.at, columns=form.columns(), opens_with=opens)
            messages.success(request, _("The queue now looks as you chose."))
            return SeeOther(reverse("queue"))
    else:
        chosen = words.known_columns(known.columns)
        form = PreferenceForm(chosen=chosen, initial={"opens_with": words.opening_view(known).code}, **options)
    kept = [(view, may_change(request.actor, view)) for view in (*known.own, *known.shared)]
    context = {"form": form, "kept": kept}
    return render(request, "queue/views.html", context, status=422 if form.errors else 200)


@for_staff
@only("GET", "POST")
def queue_view_new(request: ActingRequest) -> HttpResponse:
    """GET /queue/views/new/?<filters of the queue>: a form for them. POST: keeps them under a name."""
    if request.method == "GET":
        desk = Desk(request, request.GET)
        filters = urlencode(desk.form.asked())
        return _form_page(request, _form(chosen=desk.columns, initial={"filters": filters}), None)
    form = _form(request.POST)

    def keep(look: Look) -> UUID:
        return keep_view(actor=request.actor, at=request.at, look=look, is_shared=form.cleaned_data["is_shared"])

    return _save(request, form, None, keep)


@for_staff
@only("GET", "POST")
def queue_view(request: ActingRequest, view_id: UUID) -> HttpResponse:
    """GET /queue/views/<id>/: name, columns and filters of a view. POST: changes them."""
    kept = memory(request.actor).view(str(view_id))
    if kept is None:
        raise NotFound
    if not may_change(request.actor, kept):
        raise Forbidden
    if request.method == "GET":
        initial = {"name": kept.name, "filters": urlencode(kept.filters), "is_shared": kept.is_shared}
        return _form_page(request, _form(chosen=words.known_columns(kept.columns), initial=initial), kept)

    def change(look: Look) -> UUID:
        change_view(actor=request.actor, at=request.at, view_id=view_id, look=look)
        return view_id

    return _save(request, _form(request.POST), kept, change)


@for_staff
@only("POST")
def queue_view_delete(request: ActingRequest, view_id: UUID) -> HttpResponse:
    """POST /queue/views/<id>/delete/"""
    forget_view(actor=request.actor, view_id=view_id)
    messages.success(request, _("The view was deleted."))
    return SeeOther(reverse("queue_views"))


def _form(*args: Any, **options: Any) -> ViewForm:
    return ViewForm(*args, offered=words.COLUMNS.items(), **options)


def _save(request: ActingRequest, form: ViewForm, kept: Kept | None, do: Callable[[Look], UUID]) -> HttpResponse:
    if not form.is_valid():
        return _form_page(request, form, kept)
    filters = Desk(request, QueryDict(form.cleaned_data["filters"])).form.asked()
    look = Look(form.cleaned_data["name"], filters, words.known_columns(form.columns()))
    try:
        with transaction.atomic():
            made = do(look)
    except Invalid as refused:
        show_errors(form, refused)
        return _form_page(request, form, kept)
    messages.success(request, _("The view was kept."))
    return SeeOther(words.view_url(str(made)))


def _form_page(request: ActingRequest, form: ViewForm, kept: Kept | None) -> HttpResponse:
    context = {"form": form, "kept": kept, "may_share": request.actor.may("queue.share") and kept is None}
    return render(request, "queue/view_form.html", context, status=422 if form.errors else 200)
