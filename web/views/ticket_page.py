"""The page of a ticket, drawn by the view that shows it and by every act that fails or succeeds on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.errors import Change, Invalid
from accounts.tenancy import Actor
from lifecycle.selectors import resolving_steps
from tickets.composing import Beginning, begin
from tickets.models import Ticket
from web.forms.acts import (
    AcceptWorkaroundForm,
    AssignForm,
    CallForm,
    CloseForm,
    DeclineWorkaroundForm,
    HoldForm,
    MessageForm,
    PlanForm,
    ReleaseForm,
    ReopenForm,
    ResolveForm,
    SeverityForm,
    StepForm,
    TeamForm,
    WorkaroundForm,
)
from web.forms.contests import (
    AcceptContestForm,
    ContestExclusionForm,
    ContestForm,
    ContestPauseForm,
    ContestSeverityForm,
    DeclineContestForm,
    ExcludeForm,
    ReinstateForm,
)
from web.forms.uploads import FilesForm, recall_uploads
from web.presenters.canned import Group, composer_groups
from web.presenters.duties import present_duties
from web.presenters.severities import SeverityDue, present_severity_change
from web.presenters.teams import Desk, desk_of
from web.presenters.tickets import TicketView, present_files, present_ticket
from web.presenters.timeline import event_words
from web.presenters.vocabulary import Vocabulary, side_words
from web.presenters.watching import present_watchers

WRITTEN: Final[tuple[str, ...]] = (
    "reply", "note", "ask", "call", "workaround", "decline_workaround", "resolve", "reopen", "severity", "hold",
    "release", "plan",
)  # fmt: skip
"""Acts with text that is worth a draft."""
DISPUTED: Final[tuple[str, ...]] = (
    "contest_pause", "contest_severity", "contest_exclusion", "decline_contest", "exclude", "reinstate",
)  # fmt: skip
"""Acts about the figures with text that is worth a draft."""
DRAFTED: Final = frozenset({*WRITTEN, *DISPUTED})
COMPOSED: Final[tuple[str, ...]] = ("reply", "ask", "note", "call", "workaround", "resolve")
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


def build_form(
    act: str,
    words: Vocabulary,
    desk: Desk | None = None,
    steps: Sequence[tuple[str, str]] = (),
    **options: Any,
) -> forms.Form:
    """The form of an act. Its ids begin with the act's name, because several forms share the page."""
    options["auto_id"] = f"{act}_%s"
    if act in {"reply", "note", "ask"}:
        return MessageForm(**options)
    if act == "resolve":
        return ResolveForm(resolution_types=words.resolution_choices(), steps=steps, **options)
    if act == "workaround":
        return WorkaroundForm(resolution_types=words.resolution_choices(), **options)
    if act == "severity":
        return SeverityForm(severities=words.severity_choices(), reasons=words.reason_choices(), **options)
    if act == "hold":
        return HoldForm(reasons=words.hold_choices(), **options)
    if act in {"assign", "team"}:
        known = desk or Desk()
        return AssignForm(people=known.people, **options) if act == "assign" else TeamForm(teams=known.teams, **options)
    return _PLAIN[act](**options)


_PLAIN: Final[dict[str, type[forms.Form]]] = {
    "call": CallForm,
    "plan": PlanForm,
    "accept_workaround": AcceptWorkaroundForm,
    "decline_workaround": DeclineWorkaroundForm,
    "move": StepForm,
    "reopen": ReopenForm,
    "close": CloseForm,
    "release": ReleaseForm,
}


def step_choices(actor: Actor, ticket: Ticket, words: Vocabulary) -> list[tuple[str, str]]:
    """The contract's ways of resolving from where the ticket stands."""
    return [(step.code, step.label.text(words.language)) for step in resolving_steps(actor, ticket)]


def ticket_page(
    request: HttpRequest,
    ticket: Ticket,
    failure: Failure | None = None,
    severity_asked: Mapping[str, Any] | None = None,
    opened: str = "",
) -> HttpResponse:
    """The whole page, or its changing part where htmx asks; ``failure`` sets the status and comes back as typed.

    ``severity_asked``: what was typed into the form of the severity by somebody who only asks what it would do.
    ``opened``: the act whose tab of the composer stands open; also asked for by ``?write=``.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    view = present_ticket(actor, ticket)
    drafts, beginning = _begin(actor, view)
    if severity_asked is not None:
        drafts["severity"] = dict(severity_asked)
    built = _forms(actor, ticket, view, failure, drafts)
    disputes = _disputes(view, failure, drafts)
    shown = built | disputes
    context = {
        "view": view,
        "ticket": ticket,
        "words": view.words,
        "forms": built,
        "failure": failure,
        "changes": _changes(failure, view.words),
        "has_form": failure is not None and failure.act in shown and failure.form is not None,
        "unsent": _unsent(failure, shown),
        "disputes": disputes,
        "contest_rows": [(one, disputes.get(f"decline_contest_{one.id}")) for one in view.contests.contests],
        "clauses_url": reverse("contract_clauses", args=[ticket.contract_id]),
        "composer": _composer(
            view, built, failure, opened or request.GET.get("write", ""), composer_groups(actor, beginning)
        ),
        "copies": _copies(ticket),
        "watchers": present_watchers(actor, ticket),
        "duties": present_duties(ticket, view.journal, view.words, request.at),  # type: ignore[attr-defined]
        "plan": view.plan,
        "severity_asked": severity_asked is not None,
        "severity_due": _severity_due(request, ticket, built),
    }
    name = "tickets/_ticket.html" if getattr(request, "htmx", False) else "tickets/ticket.html"
    response = render(request, name, context, status=failure.status if failure else 200)
    # What was uploaded or typed with a form that failed is kept for the next try.
    response.keep = True  # type: ignore[attr-defined]
    return response


def _copies(ticket: Ticket) -> list[dict[str, str]]:
    """What people copy to speak of the ticket elsewhere."""
    link = settings.PUBLIC_URL + reverse("ticket", args=[ticket.reference])
    return [
        {"label": _("Number"), "text": ticket.reference, "button": _("Copy the number")},
        {"label": _("Link"), "text": link, "button": _("Copy the link")},
    ]


def _severity_due(request: HttpRequest, ticket: Ticket, built: Mapping[str, forms.Form]) -> SeverityDue | None:
    """What the severity that stands in the form would do; None where there is none or none of the contract's."""
    chosen = str(built["severity"]["severity"].value() or "") if "severity" in built else ""
    if not chosen:
        return None
    try:
        return present_severity_change(request.actor, ticket, chosen, request.at)  # type: ignore[attr-defined]
    except Invalid:
        return None


def _composer(
    view: TicketView,
    built: dict[str, forms.Form],
    failure: Failure | None,
    opened: str,
    canned: Mapping[str, list[Group]],
) -> list[dict[str, Any]]:
    """The tabs of the composer. Each has a form of its own, so that no note can leave by the door of an answer."""
    acts = [act for act in COMPOSED if act in view.acts]
    wanted = failure.act if failure else opened
    chosen = wanted if wanted in acts else next(iter(acts), "")
    looks = _tab_looks(view)
    return [
        {
            "act": act,
            "form": built[act],
            "url": reverse(f"ticket_{act}", args=[view.ticket.reference]),
            "draft": draft_key(act, view.ticket.reference),
            "is_open": act == chosen,
            "is_private": act == "note",
            "canned": canned.get(act),
            **dict(zip(("label", "icon", "submit", "hint"), looks[act], strict=True)),
            **_held_back(act, failure),
        }
        for act in acts
    ]


def _held_back(act: str, failure: Failure | None) -> dict[str, str]:
    """A message that waited because somebody else wrote first is sent by a button that says so."""
    is_held = failure is not None and failure.act == act and bool(failure.changes) and act in {"reply", "ask"}
    return {"submit": _("Send it all the same")} if is_held else {}


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
            _("Both sides read the summary. A call with the customer meets the response target.")
            if view.words.has_response
            else _("Both sides read the summary."),
        ),
        "workaround": (
            _("Offer a workaround"),
            "bolt",
            _("Send the workaround"),
            _("The customer accepts or declines it. The severity stays as it is."),
        ),
        "resolve": (
            _("Resolve"),
            "circle-check",
            _("Send the resolution"),
            _("The customer accepts it, or reopens."),
        ),
    }


def _begin(actor: Actor, view: TicketView) -> tuple[dict[str, dict[str, str]], Beginning]:
    """What the reader has begun to write about this ticket and may still send, by act, and the canned replies that he
    may take; one question for all of it."""
    acts = [act for act in WRITTEN if act in view.acts] + list(_offered_disputes(view))
    acts += ["decline_contest"] if view.contests.to_decide else []
    keys = {draft_key(act, view.ticket.reference): act for act in acts if act in DRAFTED}
    found = begin(actor, view.ticket, list(keys))
    return {keys[key]: draft for key, draft in found.drafts.items()}, found


def _forms(
    actor: Actor, ticket: Ticket, view: TicketView, failure: Failure | None, drafts: Mapping[str, dict[str, str]]
) -> dict[str, forms.Form]:
    offered = [act for act in ("assign", "team", "close", "move", "accept_workaround", *WRITTEN) if act in view.acts]
    desk = desk_of(actor, ticket) if {"assign", "team"} & set(offered) else Desk()
    if not desk.teams and "team" in offered:
        offered.remove("team")
    built: dict[str, forms.Form] = {}
    for act in offered:
        if failure and failure.act == act and failure.form is not None:
            built[act] = _current(failure.form, view.version, view.plan.version if view.plan else 0)
            continue
        draft = drafts.get(act, {})
        steps = step_choices(actor, ticket, view.words) if act == "resolve" else []
        known: dict[str, int | str] = {"expected_version": view.version, "seen": view.version}
        if act == "plan":
            known, draft = {"expected_plan": _plan_seen(view, draft)}, _plan_begun(view, draft)
        form = build_form(act, view.words, desk, steps, initial={**draft, **known})
        if isinstance(form, FilesForm):
            form.uploads.kept = recall_uploads(actor, draft.get("attachments", "").split()).kept
        built[act] = form
    for form in built.values():
        if isinstance(form, FilesForm):
            form.kept_files = present_files(form.uploads.kept)  # type: ignore[attr-defined]
    return built


CONTESTABLE: Final[dict[str, type[ContestForm]]] = {
    "pause": ContestPauseForm,
    "severity": ContestSeverityForm,
    "exclusion": ContestExclusionForm,
}
"""What can be contested, and the form of it."""
_DECISIONS: Final[dict[str, type[forms.Form]]] = {
    "accept_contest": AcceptContestForm,
    "withdraw_contest": AcceptContestForm,
    "decline_contest": DeclineContestForm,
    "reinstate": ReinstateForm,
}


def contest_form(act: str, view: TicketView, **options: Any) -> forms.Form:
    """The form of a contest, of a decision on one, or of an exclusion."""
    options.setdefault("auto_id", f"{act}_%s")
    if act == "exclude":
        return ExcludeForm(reasons=view.contests.exclusion_reasons, **options)
    if act in _DECISIONS:
        return _DECISIONS[act](**options)
    about = act.removeprefix("contest_")
    entries = view.contests.waits if about == "pause" else view.contests.severities
    return CONTESTABLE[about](entries=entries, severities=view.words.severity_choices(), **options)


def _offered_disputes(view: TicketView) -> dict[str, dict[str, Any]]:
    """The contests and exclusions that the reader may send, and what their forms know beforehand."""
    offered: dict[str, dict[str, Any]] = {}
    if view.contests.may_contest:
        offered["contest_severity"] = {"about": "severity"}
        if view.contests.pauses_count:
            offered["contest_pause"] = {"about": "pause"}
        if view.contests.exclusion:
            offered["contest_exclusion"] = {"about": "exclusion", "entry": view.contests.exclusion.event_id}
    if view.contests.may_exclude:
        offered["reinstate" if view.contests.exclusion else "exclude"] = {}
    return offered


def _disputes(view: TicketView, failure: Failure | None, drafts: Mapping[str, dict[str, str]]) -> dict[str, forms.Form]:
    """The forms of contests and exclusions that the reader may send, one of them perhaps as it was sent."""
    built: dict[str, forms.Form] = {}
    for act, given in _offered_disputes(view).items():
        built[act] = _begun(contest_form(act, view, initial=drafts.get(act, {}) | given), drafts.get(act))
    begun = drafts.get("decline_contest", {})
    for one in view.contests.to_decide:
        key, draft = f"decline_contest_{one.id}", begun if begun.get("contest") == str(one.id) else {}
        form = contest_form("decline_contest", view, initial=draft | {"contest": one.id}, auto_id=f"{key}_%s")
        built[key] = _begun(form, draft)
    if failure and failure.form is not None:
        key = _dispute_key(failure)
        if key in built:
            failure.form.auto_id = f"{key}_%s"
            built[key] = failure.form
            built[failure.act] = failure.form
    return built


def _begun(form: forms.Form, draft: Mapping[str, str] | None) -> forms.Form:
    """A form that stands open where somebody has begun to write in it."""
    form.is_begun = bool(draft)  # type: ignore[attr-defined]
    return form


def _dispute_key(failure: Failure) -> str:
    if failure.act != "decline_contest" or failure.form is None:
        return failure.act
    return f"decline_contest_{failure.form.data.get('contest', '')}"


def _plan_begun(view: TicketView, draft: Mapping[str, str]) -> dict[str, str]:
    """The plan is edited from the one that stands, unless somebody has begun to write."""
    return dict(draft) or {"body": view.plan.source if view.plan else ""}


def _plan_seen(view: TicketView, draft: Mapping[str, str]) -> int | str:
    """The version that is replaced: for a plan begun earlier the one that stood then, so that a newer one counts."""
    return draft.get("expected_plan") or (view.plan.version if view.plan else 0)


def _current(form: forms.Form, version: int, plan: int) -> forms.Form:
    """What was typed, now on the version that the page shows: sending it again is a decision taken knowingly."""
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    data["expected_version"] = data["seen"] = str(version)
    data["expected_plan"] = str(plan)
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
        {
            "at": row.at,
            "actor": row.actor_name or _("The system"),
            "side": side_words(row.actor_side) if row.actor_name else "",
            "text": event_words(row.kind, row.data, words, row.actor_side),
        }
        for row in failure.changes
    ]
