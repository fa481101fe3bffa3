"""Where an amendment is drawn up and days are announced: first looked at, then sent off."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import for_staff, signed_in
from accounts.errors import Invalid, Refused
from accounts.requests import ActingRequest
from contracts import selectors
from contracts.amendments import check_proposal, require_proposer
from contracts.comparisons import compare_proposed, differences_or_none
from contracts.models import Contract, TermsVersion
from lifecycle.agreements import propose_amendment
from lifecycle.calendars import add_closure, check_closure
from slas.amendments import open_tickets, preview_amendment, preview_days
from slas.countable import require_countable
from tickets.models import Ticket
from web.forms.acts import show_errors
from web.forms.amendments import AmendmentForm, DaysForm, mark_of
from web.forms.redrafts import groups_of
from web.methods import only
from web.moments import reader_language
from web.presenters.agreements import change_views, version_rows
from web.presenters.clock_previews import MOST_TICKETS, ClockPreviews, present_amended, present_moved
from web.presenters.vocabulary import Vocabulary
from web.redirects import SeeOther

PROPOSE: Final = "propose"
ANNOUNCE: Final = "announce"


# An amendment ---------------------------------------------------------------------------------------------------------
@signed_in
@only("GET", "POST")
def propose(request: ActingRequest, contract_id: UUID) -> HttpResponse:
    """GET, POST /contracts/<id>/amendments/new/: a proposal is drawn up, looked at, and made (JAL-30)."""
    signed = selectors.contract(request.actor, contract_id)
    require_proposer(request.actor, request.at, signed)
    form, versions = _amendment_form(request, signed)
    if request.method != "POST":
        return _propose_page(request, signed, form)
    if not form.is_valid():
        return _propose_page(request, signed, form, status=422)
    given = _proposal(form, signed, request, versions)
    try:
        if request.POST.get("action") == PROPOSE and form.was_looked_at():
            made = propose_amendment(actor=request.actor, at=request.at, check=require_countable, **given)
            messages.success(request, _("The amendment is proposed. Those who may approve it are told."))
            return SeeOther(f"{reverse('contract', args=[signed.pk])}#amendment-{made.id}")
        return _previewed(request, signed, form, given)
    except Invalid as refused:
        show_errors(form, refused)
        return _propose_page(request, signed, form, status=422)
    except Refused as refused:
        form.add_error(None, refused.message)
        return _propose_page(request, signed, form, status=409)


def _amendment_form(request: ActingRequest, signed: Contract) -> tuple[AmendmentForm, dict[str, TermsVersion]]:
    """The form over what holds on the day on which it was opened, and the versions of the terms to choose from."""
    today = request.at.astimezone(selectors.zone_of(signed)).date()
    base = compare_proposed(signed, request.at, _day(request.POST.get("base_day")) or today).before
    seen = mark_of([base.overrides, str(base.terms_id)])
    rows = {str(row.id): row for row in version_rows(request.actor, signed) if row.id != base.terms_id}
    offered = {key: row for key, row in rows.items() if row.in_force and not row.in_force.isempty}
    form = AmendmentForm(
        request.POST if request.method == "POST" else None,
        groups=groups_of(base.terms, base.overrides, reader_language()),
        versions=[(key, row.version) for key, row in offered.items()],
        seen=seen,
        initial={"base_day": today, "in_force_from": today + timedelta(days=1)},
    )
    if request.method == "POST":
        form.full_clean()
        form.show_again(seen)
    return form, offered


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _proposal(
    form: AmendmentForm, signed: Contract, request: ActingRequest, versions: Mapping[str, TermsVersion]
) -> dict[str, Any]:
    """What the form proposes, over what will hold on its first day: only what was typed differs from that."""
    given = form.cleaned_data
    base = compare_proposed(signed, request.at, given["in_force_from"]).before
    overrides = form.overrides(base.overrides)
    terms = versions.get(given["terms"])
    return {
        "contract_id": signed.pk,
        "reference": given["reference"],
        "in_force_from": given["in_force_from"],
        "in_force_until": given["in_force_until"],
        "reason": given["reason"],
        "terms": terms,
        "overrides": overrides if overrides != base.overrides else None,
    }


def _previewed(request: ActingRequest, signed: Contract, form: AmendmentForm, given: dict[str, Any]) -> HttpResponse:
    """The page with what the proposal changes and what it does to deadlines; raises what proposing would raise."""
    check_proposal(actor=request.actor, at=request.at, check=require_countable, **given)
    compared = compare_proposed(signed, request.at, given["in_force_from"], given["terms"], given["overrides"])
    shown = {
        "changes": change_views(differences_or_none(compared)),
        "clocks": _amended_clocks(request, signed, given),
        "looked_at": form.mark(),
        "is_first_look": request.POST.get("action") == PROPOSE,
    }
    return _propose_page(request, signed, form, shown)


def _amended_clocks(request: ActingRequest, signed: Contract, given: dict[str, Any]) -> ClockPreviews:
    rows, is_partial = _open(request, contract_id=signed.pk)
    draft = selectors.terms_by_id(given["terms"].id) if given["terms"] else None
    found = preview_amendment(rows, request.at, terms=draft, overrides=given["overrides"])
    return present_amended(found, Vocabulary.of(selectors.as_in_force(signed, request.at)), is_partial)


def _open(request: ActingRequest, **which: Any) -> tuple[list[Ticket], bool]:
    """Open tickets that the reader may see, and whether there are more than are counted."""
    rows: Any = open_tickets(request.actor.provider_id, **which)
    found = list(rows.visible_to(request.actor)[: MOST_TICKETS + 1])
    return found[:MOST_TICKETS], len(found) > MOST_TICKETS


def _propose_page(
    request: ActingRequest,
    signed: Contract,
    form: AmendmentForm,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"contract": signed, "form": form, "preview": preview, **_frame(signed, request)}
    return render(request, "contracts/propose.html", context, status=status)


def _frame(signed: Contract, request: ActingRequest) -> dict[str, Any]:
    words = Vocabulary.of(selectors.as_in_force(signed, request.at))
    return {
        "terms_name": words.terms.name.text(words.language),
        "clauses_url": reverse("contract_clauses", args=[signed.pk]),
        "ticket_word": words.terms.word("ticket", words.language),
    }


# Days -----------------------------------------------------------------------------------------------------------------
@for_staff
@only("GET", "POST")
def announce(request: ActingRequest, contract_id: UUID) -> HttpResponse:
    """GET, POST /contracts/<id>/days/new/: days are drawn up, looked at with what they move, and announced (R19)."""
    signed = selectors.contract(request.actor, contract_id)
    request.actor.require("calendar.change")
    form = _days_form(request, signed)
    if request.method != "POST":
        return _days_page(request, signed, form)
    if not form.is_valid():
        return _days_page(request, signed, form, status=422)
    given = _announcement(form, signed)
    try:
        if request.POST.get("action") == ANNOUNCE and form.was_looked_at():
            add_closure(actor=request.actor, at=request.at, **given)
            messages.success(request, _("The days are announced. Deadlines that run are counted again at once."))
            return SeeOther(f"{reverse('contract', args=[signed.pk])}#announced")
        return _days_previewed(request, signed, form, given)
    except Invalid as refused:
        show_errors(form, refused, {"days": "first_day"})
        return _days_page(request, signed, form, status=422)
    except Refused as refused:
        form.add_error(None, refused.message)
        return _days_page(request, signed, form, status=409)


def _days_form(request: ActingRequest, signed: Contract) -> DaysForm:
    terms, language = selectors.terms_at(signed, request.at), reader_language()
    number = selectors.contracts(request.actor).filter(terms__code=terms.code).count()
    everybody = ngettext(
        "%(n)d contract: every one under these terms", "%(n)d contracts: all under these terms", number
    )
    options = {
        "scopes": [
            (DaysForm.THIS, _("This contract alone: %(reference)s") % {"reference": signed.reference}),
            (DaysForm.ALL, everybody % {"n": number}),
        ],
        "calendars": [(row.code, row.label.text(language)) for row in terms.calendars],
    }
    if request.method == "POST":
        return DaysForm(request.POST, **options)
    return DaysForm(initial={"scope": DaysForm.THIS, "what": DaysForm.CLOSED}, **options)


def _announcement(form: DaysForm, signed: Contract) -> dict[str, Any]:
    given = form.cleaned_data
    code = selectors.terms_of(signed).code
    whose = {"contract_id": signed.pk} if given["scope"] == DaysForm.THIS else {"terms_code": code}
    return {"name": given["name"], "days": form.days, "late_reason": given["late_reason"], **whose}


def _days_previewed(request: ActingRequest, signed: Contract, form: DaysForm, given: dict[str, Any]) -> HttpResponse:
    check_closure(actor=request.actor, at=request.at, **given)
    which = {key: given[key] for key in ("contract_id", "terms_code") if key in given}
    rows, is_partial = _open(request, **which)
    words = Vocabulary.of(selectors.as_in_force(signed, request.at))
    shown = {
        "clocks": present_moved(preview_days(rows, given["days"], request.at), words, is_partial),
        "looked_at": form.mark(),
        "is_first_look": request.POST.get("action") == ANNOUNCE,
    }
    return _days_page(request, signed, form, shown)


def _days_page(
    request: ActingRequest,
    signed: Contract,
    form: DaysForm,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"contract": signed, "form": form, "preview": preview, **_frame(signed, request)}
    return render(request, "contracts/announce.html", context, status=status)
