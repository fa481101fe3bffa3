"""The customer's pages: his cases, and filing a new one."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import for_customers
from accounts.errors import Invalid, NotFound, Refused
from accounts.tenancy import Actor
from contracts.models import Contract
from contracts.selectors import FilingRight, filing_contracts
from lifecycle import services
from slas.preview import preview_due
from slas.selectors import clocks_of
from tickets import selectors
from tickets.drafts import discard_draft, load_draft
from web.forms.acts import show_errors, split_severity
from web.forms.cases import RENAMED, CaseForm
from web.forms.filters import CasesFilter
from web.forms.uploads import Uploads, recall_uploads, receive_uploads
from web.methods import only
from web.moments import reader_language
from web.presenters.cases import CaseShape, DuePreview, Row, case_shape, present_preview, present_rows
from web.presenters.queue import cut_search
from web.presenters.tickets import present_files
from web.presenters.vocabulary import Vocabulary
from web.redirects import SeeOther
from web.views.drafts import keep_draft

PAGE: Final = 50
DRAFT: Final = "new-case"
TYPED: Final = frozenset({"title", "description"})
"""Fields that every filing form has and that take text; the contract's own begin with ``detail_``."""


@for_customers
@only("GET")
def cases(request: HttpRequest) -> HttpResponse:
    """GET /cases/: first what waits for the reader, then the rest."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = CasesFilter(request.GET, states=_state_choices())
    chosen = form.chosen()
    page = selectors.customer_cases(actor, **chosen, size=PAGE)
    is_start = chosen["state"] == "open" and not chosen["after"] and not chosen["search"]
    turn, more_wait = selectors.waiting_for_customer(actor, size=PAGE) if is_start else ([], False)
    others = [row for row in page.rows if row not in turn]
    told = {row.reference: row for row in _rows(request, [*turn, *others])}
    context = {
        "form": form,
        "waiting": [told[row.reference] for row in turn],
        "more_wait": more_wait,
        "rows": [told[row.reference] for row in others],
        "is_start": is_start,
        "state": chosen["state"],
        "is_filtered": bool(chosen["search"]),
        "cut": cut_search() if page.is_cut else "",
        "tabs": _tabs(request.GET, chosen["state"]),
        "next_url": _page_url(request.GET, page.next_cursor) if page.next_cursor else "",
        "first_url": _page_url(request.GET, "") if chosen["after"] else "",
        "may_file": actor.may("ticket.file"),
        "names_customers": len(actor.customer_ids) > 1,
    }
    return render(request, "cases/list.html", context)


def _state_choices() -> list[tuple[str, str]]:
    return [("open", _("Open")), ("resolved", _("Resolved")), ("closed", _("Closed")), ("all", _("All"))]


def _rows(request: HttpRequest, tickets: Sequence[Any]) -> list[Row]:
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    return present_rows(tickets, clocks_of(actor, tickets), at, side="customer")


def _tabs(query: QueryDict, current: str) -> list[dict[str, object]]:
    tabs = []
    for value, label in _state_choices():
        changed = query.copy()
        changed.pop("after", None)
        changed["state"] = value
        tabs.append({"label": label, "url": f"{reverse('cases')}?{changed.urlencode()}", "current": value == current})
    return tabs


def _page_url(query: QueryDict, cursor: str) -> str:
    changed = query.copy()
    changed.pop("after", None)
    if cursor:
        changed["after"] = cursor
    return f"{reverse('cases')}?{changed.urlencode()}" if cursor or changed else reverse("cases")


@for_customers
@only("GET", "POST")
def new_case(request: HttpRequest) -> HttpResponse:
    """GET and POST /cases/new/. ``act=refresh`` draws the form again as typed, ``act=draft`` keeps it for later."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rights = filing_contracts(actor, request.at)  # type: ignore[attr-defined]
    granted = [right for right in rights if right.allowed]
    allowed = [right.contract for right in granted]
    if not granted:
        return _not_allowed(request, rights)
    if request.method != "POST":
        return _opened(request, allowed)
    uploads = receive_uploads(request)
    act = request.POST.get("act", "")
    if act == "refresh":
        return _drawn(request, _unsent(request.POST.dict(), allowed, uploads), allowed)
    if act == "draft":
        return _kept_for_later(request, uploads)
    return _filed(request, granted, uploads)


def _not_allowed(request: HttpRequest, rights: Sequence[FilingRight]) -> HttpResponse:
    if request.method != "POST":
        return render(request, "cases/not_allowed.html", {"rights": rights})
    context = {"rights": rights, "is_kept": _kept_although_refused(request, rights)}
    response = render(request, "cases/not_allowed.html", context, status=403)
    response.keep = True  # type: ignore[attr-defined]
    return response


def _kept_although_refused(request: HttpRequest, rights: Sequence[FilingRight]) -> bool:
    """Keep as a draft what was typed while the right to file ended; nothing typed replaces no earlier draft.

    Only for somebody who files at all, and for a form that was about one of his contracts.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    known = {str(right.contract.id) for right in rights}
    if not actor.may("ticket.file") or request.POST.get("contract", "") not in known:
        return False
    typed = [str(text) for name, text in request.POST.items() if name in TYPED or name.startswith("detail_")]
    if not "".join(typed).strip():
        return False
    try:
        with transaction.atomic():
            uploads = receive_uploads(request)
            keep_draft(request, DRAFT, [str(key) for key in uploads.ids])
    except Invalid:
        return False
    _tell_errors(request, uploads)
    return True


def _tell_errors(request: HttpRequest, uploads: Uploads) -> None:
    for error in uploads.errors:
        messages.error(request, error)


def _chosen(allowed: Sequence[Contract], wanted: str) -> Contract:
    return next((row for row in allowed if str(row.id) == wanted), allowed[0])


def _unsent(typed: dict[str, Any], allowed: Sequence[Contract], uploads: Uploads) -> CaseForm:
    """The form with what was typed so far, not yet judged."""
    shape = case_shape(_chosen(allowed, str(typed.get("contract", ""))), allowed)
    initial = {name: value for name, value in typed.items() if name != "files"}
    initial["contract"] = str(shape.contract.id)
    return _with_shape(CaseForm(initial=initial, uploads=uploads, **shape.form_options()), shape)


def _with_shape(form: CaseForm, shape: CaseShape) -> CaseForm:
    form.shape = shape  # type: ignore[attr-defined]
    return form


def _opened(request: HttpRequest, allowed: Sequence[Contract]) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    draft = load_draft(actor, DRAFT)
    uploads = Uploads(recall_uploads(actor, draft.get("attachments", "").split()).kept)
    wanted = request.GET.get("contract")
    typed = {**draft, "contract": wanted} if wanted else dict(draft)
    return _drawn(request, _unsent(typed, allowed, uploads), allowed, has_draft=bool(draft))


def _filed(request: HttpRequest, granted: Sequence[FilingRight], uploads: Uploads) -> HttpResponse:
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    allowed = [right.contract for right in granted]
    shape = case_shape(_chosen(allowed, request.POST.get("contract", "")), allowed)
    form = CaseForm(request.POST, request.FILES, uploads=uploads, **shape.form_options())
    _with_shape(form, shape)
    if not form.is_valid():
        return _drawn(request, form, allowed, status=422)
    try:
        right = next(right for right in granted if right.contract is shape.contract)
        told = form.to_service() | {"attachment_ids": uploads.ids, "right": right}
        ticket = services.file_ticket(actor=actor, at=at, **told)
    except Invalid as refused:
        show_errors(form, refused, _places(form))
        return _drawn(request, form, allowed, status=422)
    except Refused as refused:
        return _drawn(request, form, allowed, status=409, refusal=refused)
    discard_draft(actor=actor, form=DRAFT)
    messages.success(request, _("Filed as %(reference)s.") % {"reference": ticket.reference})
    return SeeOther(reverse("ticket", args=[ticket.reference]))


def _places(form: CaseForm) -> dict[str, str]:
    return RENAMED | {question.code: question.name for question in form.questions}


def _kept_for_later(request: HttpRequest, uploads: Uploads) -> HttpResponse:
    keep_draft(request, DRAFT, [str(key) for key in uploads.ids])
    _tell_errors(request, uploads)
    messages.success(request, _("Your draft is kept. Nobody else sees it."))
    return SeeOther(reverse("new_case"))


def _drawn(
    request: HttpRequest, form: CaseForm, allowed: Sequence[Contract], *, status: int = 200, **more: Any
) -> HttpResponse:
    shape: CaseShape = form.shape  # type: ignore[attr-defined]
    context = {
        "form": form,
        "shape": shape,
        "several": len(allowed) > 1,
        "chosen_severity": str(form["severity"].value() or ""),
        "due": _due(request, shape, str(form["severity"].value() or ""), _environment_of(form)),
        "kept_files": present_files(form.uploads.kept),
        "clauses_url": reverse("contract_clauses", args=[shape.contract.pk]),
        **more,
    }
    name = "cases/_form.html" if getattr(request, "htmx", False) else "cases/new.html"
    response = render(request, name, context, status=status)
    # Files that came with a form that failed are kept for the next try.
    response.keep = True  # type: ignore[attr-defined]
    return response


def _environment_of(form: CaseForm) -> str:
    return str(form["environment"].value() or "") if "environment" in form.fields else ""


def _due(request: HttpRequest, shape: CaseShape, chosen: str, environment: str) -> DuePreview | None:
    """The statement for a severity that the contract has; None before one is chosen."""
    if chosen not in dict(shape.severity_choices):
        return None
    severity, kind = split_severity(chosen)
    told = preview_due(
        actor=request.actor,  # type: ignore[attr-defined]
        contract=shape.contract,
        severity=severity,
        at=request.at,  # type: ignore[attr-defined]
        language=reader_language(),
        environment_kind=shape.environment_kinds.get(environment, ""),
    )
    return present_preview(told, Vocabulary.of(shape.contract), severity, kind)


@for_customers
@only("GET")
def new_case_due(request: HttpRequest) -> HttpResponse:
    """GET /cases/new/due/?contract=…&environment=…&severity=…: by when an answer would be due if filed now."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rights = filing_contracts(actor, request.at)  # type: ignore[attr-defined]
    allowed = [right.contract for right in rights if right.allowed]
    wanted = _uuid(request.GET.get("contract", ""))
    found = next((row for row in allowed if row.id == wanted), None)
    if found is None:
        raise NotFound
    shape = case_shape(found, allowed)
    chosen = request.GET.get("severity", "")
    if chosen and chosen not in dict(shape.severity_choices):
        raise Invalid({"severity": [_("Choose one of the severities of the contract.")]})
    due = _due(request, shape, chosen, request.GET.get("environment", ""))
    clauses_url = reverse("contract_clauses", args=[found.pk])
    return render(request, "cases/_due.html", {"due": due, "clauses_url": clauses_url})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid({"contract": [_("Choose one of your contracts.")]}) from error
