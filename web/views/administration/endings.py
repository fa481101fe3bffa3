"""The end of a contract: looked at first, then set; withdrawn until its last day is over (HSA-20)."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import for_staff
from accounts.requests import ActingRequest
from contracts import endings
from contracts.models import Contract
from contracts.selectors import terms_at, zone_of
from lifecycle import agreements
from web.forms.endings import EndingForm, WithdrawalForm
from web.methods import only
from web.moments import format_date, reader_language
from web.presenters.endings import EndView, present_end
from web.redirects import SeeOther
from web.views.administration.attempts import REFUSED, carried_out, done

END: Final = "end"


@for_staff
@only("GET", "POST")
def end_contract(request: ActingRequest, contract_id: UUID) -> HttpResponse:
    """GET, POST /administration/contracts/<id>/end/ with ``action``: preview shows what it does, end does it."""
    row = endings.contract_to_end(request.actor, contract_id)
    form = _form(request, row, request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, row, form)
    told: dict[str, Any] = {"actor": request.actor, "at": request.at, "contract_id": contract_id}
    if not carried_out(form, lambda given: _checked(told, form)):
        return _page(request, row, form, status=REFUSED)
    if request.POST.get("action") == END and form.was_looked_at():
        return _ended(request, row, form, told)
    return _page(request, row, form, _preview(request, row, form))


def _form(request: ActingRequest, row: Contract, data: QueryDict | None = None) -> EndingForm:
    today = request.at.astimezone(zone_of(row)).date()
    return EndingForm(data, now=row.ends_on, initial={"noticed_on": today})


def _checked(told: dict[str, Any], form: EndingForm) -> bool:
    endings.check_ending(**told, draft=form.draft())
    return True


def _ended(request: ActingRequest, row: Contract, form: EndingForm, told: dict[str, Any]) -> HttpResponse:
    if carried_out(form, lambda given: agreements.end_contract(**told, draft=form.draft())) is None:
        return _page(request, row, form, status=REFUSED)
    words = {"reference": row.reference, "day": format_date(form.cleaned_data["last_day"])}
    return done(
        request, _("%(reference)s ends on %(day)s. Both sides are told.") % words, reverse("contract", args=[row.pk])
    )


def _preview(request: ActingRequest, row: Contract, form: EndingForm) -> dict[str, Any]:
    end: EndView = present_end(request.actor, row, request.at, form.cleaned_data["last_day"])
    return {
        "end": end,
        "looked_at": form.mark(),
        "is_first_look": request.POST.get("action") == END,
    }


@for_staff
@only("POST")
def withdraw_ending(request: ActingRequest, contract_id: UUID) -> HttpResponse:
    """POST /administration/contracts/<id>/end/withdraw/ with ``reason``: it runs to its term after all."""
    row = endings.contract_to_end(request.actor, contract_id)
    form = WithdrawalForm(request.POST)
    told: dict[str, Any] = {"actor": request.actor, "at": request.at, "contract_id": contract_id}
    if not carried_out(form, lambda given: agreements.withdraw_ending(**told, reason=given["reason"])):
        return _page(request, row, _form(request, row), withdrawal=form, status=REFUSED)
    messages.success(
        request, _("%(reference)s does not end early. Both sides are told.") % {"reference": row.reference}
    )
    return SeeOther(reverse("contract", args=[row.pk]))


def _page(
    request: ActingRequest,
    row: Contract,
    form: EndingForm,
    preview: dict[str, Any] | None = None,
    withdrawal: WithdrawalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    terms = terms_at(row, request.at)
    letters = terms.computation.registered_letters
    context = {
        "contract": row,
        "terms_name": terms.name.text(reader_language()),
        "ticket_word": terms.word("ticket", reader_language()),
        "clauses_url": reverse("contract_clauses", args=[row.pk]),
        "ending": endings.ending_of(request.actor, row),
        "is_over": endings.is_over(row, request.at),
        "end_clause": terms.period.end_clause or "",
        "letters": terms.computation.clauses if letters else (),
        "form": form,
        "withdrawal": withdrawal or WithdrawalForm(),
        "preview": preview,
    }
    return render(request, "administration/contract_end.html", context, status=status)
