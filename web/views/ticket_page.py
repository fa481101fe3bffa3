"""The page of a ticket, drawn by the view that shows it and by every act that fails or succeeds on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.errors import Change
from accounts.selectors import assignable
from accounts.tenancy import Actor
from tickets.drafts import load_drafts
from tickets.models import Ticket
from web.forms.acts import AssignForm, CallForm, CloseForm, MessageForm, ReopenForm, ResolveForm, SeverityForm
from web.forms.uploads import FilesForm, recall_uploads
from web.presenters.tickets import TicketView, present_files, present_ticket
from web.presenters.timeline import event_words
from web.presenters.vocabulary import Vocabulary

WRITTEN: Final[tuple[str, ...]] = ("reply", "note", "ask", "call", "resolve", "reopen", "severity")
"""Acts with text that is worth a draft."""
COMPOSED: Final[tuple[str, ...]] = ("reply", "ask", "note", "call", "resolve")
"""Acts of the composer, in the order of its tabs."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An act that was not done: the form as it was sent, and why."""

    act: str
    form: forms.Form | None
    status: int
    message: str = ""
    clause: str = ""
    changes: Sequence[Change] = ()


def draft_key(act: str, reference: str) -> str:
    """The name under which the draft of an act's form is kept."""
    return f"{act}:{reference}"


def build_form(act: str, words: Vocabulary, people: Sequence[tuple[str, str]] = (), **options: Any) -> forms.Form:
    """The form of an act. Its ids begin with the act's name, because several forms share the page."""
    options["auto_id"] = f"{act}_%s"
    if act in {"reply", "note", "ask"}:
        return MessageForm(**options)
    if act == "resolve":
        return ResolveForm(resolution_types=words.resolution_choices(), **options)
    if act == "severity":
        return SeverityForm(severities=words.severity_choices(), reasons=words.reason_choices(), **options)
    if act == "assign":
        return AssignForm(people=people, **options)
    plain: dict[str, type[forms.Form]] = {"call": CallForm, "reopen": ReopenForm, "close": CloseForm}
    return plain[act](**options)


def people_choices(actor: Actor, ticket: Ticket) -> list[tuple[str, str]]:
    """To whom the ticket could be given: everybody of the desk but the one who has it."""
    return [(str(row.id), row.display_name) for row in assignable(actor) if row.id != ticket.assignee_id]


def ticket_page(request: HttpRequest, ticket: Ticket, failure: Failure | None = None) -> HttpResponse:
    """The whole page, or its changing part where htmx asks; ``failure`` sets the status and comes back as typed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    view = present_ticket(actor, ticket)
    built = _forms(actor, ticket, view, failure)
    context = {
        "view": view,
        "ticket": ticket,
        "words": view.words,
        "forms": built,
        "failure": failure,
        "changes": _changes(failure, view.words),
        "has_form": failure is not None and failure.act in built and failure.form is not None,
        "unsent": _unsent(failure, built),
        "composer": _composer(view, built, failure),
    }
    name = "tickets/_ticket.html" if getattr(request, "htmx", False) else "tickets/ticket.html"
    response = render(request, name, context, status=failure.status if failure else 200)
    # What was uploaded or typed with a form that failed is kept for the next try.
    response.keep = True  # type: ignore[attr-defined]
    return response


def _composer(view: TicketView, built: dict[str, forms.Form], failure: Failure | None) -> list[dict[str, Any]]:
    """The tabs of the composer. Each has a form of its own, so that no note can leave by the door of an answer."""
    acts = [act for act in COMPOSED if act in view.acts]
    chosen = failure.act if failure and failure.act in acts else next(iter(acts), "")
    looks = _tab_looks(view)
    return [
        {
            "act": act,
            "form": built[act],
            "url": reverse(f"ticket_{act}", args=[view.ticket.reference]),
            "draft": draft_key(act, view.ticket.reference),
            "is_open": act == chosen,
            "is_private": act == "note",
            **dict(zip(("label", "icon", "submit", "hint"), looks[act], strict=True)),
        }
        for act in acts
    ]


def _tab_looks(view: TicketView) -> dict[str, tuple[str, str, str, str]]:
    """Label, icon, words of the button, and what sending it does."""
    private = _("Only staff reads it. It meets no deadline.")
    return {
        "reply": (_("Answer"), "send", _("Send"), ""),
        "ask": (
            _("Ask for information"),
            "message-question",
            _("Send the question"),
            _("The customer is asked, and the state says that you wait."),
        ),
        "note": (_("Private note"), "lock", _("Keep the private note"), private),
        "call": (
            _("Log a call"),
            "phone",
            _("Record the call"),
            _("Both sides read the summary. A call with the customer meets the response target."),
        ),
        "resolve": (
            _("Resolve"),
            "circle-check",
            _("Send the resolution"),
            _("The customer accepts it, or reopens."),
        ),
    }


def _forms(actor: Actor, ticket: Ticket, view: TicketView, failure: Failure | None) -> dict[str, forms.Form]:
    offered = [act for act in ("assign", "close", *WRITTEN) if act in view.acts]
    keys = {act: draft_key(act, ticket.reference) for act in offered if act in WRITTEN}
    drafts = load_drafts(actor, list(keys.values())) if keys else {}
    people = people_choices(actor, ticket) if "assign" in offered else []
    built: dict[str, forms.Form] = {}
    for act in offered:
        if failure and failure.act == act and failure.form is not None:
            built[act] = _current(failure.form, view.version)
            continue
        draft = drafts.get(keys.get(act, ""), {})
        form = build_form(act, view.words, people, initial={**draft, "expected_version": view.version})
        if isinstance(form, FilesForm):
            form.uploads.kept = recall_uploads(actor, draft.get("attachments", "").split()).kept
        built[act] = form
    for form in built.values():
        if isinstance(form, FilesForm):
            form.kept_files = present_files(form.uploads.kept)  # type: ignore[attr-defined]
    return built


def _current(form: forms.Form, version: int) -> forms.Form:
    """What was typed, now on the version that the page shows: sending it again is a decision taken knowingly."""
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    data["expected_version"] = str(version)
    form.data = data
    return form


def _unsent(failure: Failure | None, built: dict[str, forms.Form]) -> list[dict[str, str]]:
    """What was typed for an act that is no longer offered: without its form it would be lost."""
    if failure is None or failure.form is None or failure.act in built:
        return []
    areas = [field for field in failure.form if isinstance(field.field.widget, forms.Textarea)]
    typed = [{"id": f"unsent_{area.name}", "label": str(area.label), "text": str(area.value() or "")} for area in areas]
    return [area for area in typed if area["text"].strip()]


def _changes(failure: Failure | None, words: Vocabulary) -> list[dict[str, Any]]:
    if failure is None:
        return []
    return [
        {"at": row.at, "actor": row.actor_name or _("The system"), "text": event_words(row.kind, row.data, words)}
        for row in failure.changes
    ]
