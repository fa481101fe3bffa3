"""Contracts: what each customer has, and signing another, looked at before it is signed."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import for_staff
from accounts.errors import Invalid, NotFound, Refused
from accounts.models import Customer
from accounts.requests import ActingRequest
from contracts import signing
from contracts.models import Contract, TermsVersion
from contracts.selectors import terms_by_id
from contracts.signing import Draft
from slas.countable import require_countable
from web.forms.acts import show_errors
from web.forms.redrafts import groups_of
from web.forms.signing import SigningForm
from web.methods import only
from web.moments import reader_language
from web.presenters.contracts import ContractView, present_contract
from web.views.administration.attempts import REFUSED, done

SIGN: Final = "sign"


@for_staff
@only("GET")
def contracts(request: ActingRequest) -> HttpResponse:
    """GET /administration/contracts/: each customer with its contracts."""
    return render(request, "administration/contracts.html", {"rows": signing.parties(request.actor)})


@for_staff
@only("GET", "POST")
def sign_contract(request: ActingRequest, customer_id: UUID) -> HttpResponse:
    """GET, POST /administration/customers/<id>/contracts/new/?terms=<version>: drawn up, looked at, signed."""
    customer = signing.party(request.actor, customer_id)
    versions = signing.versions_to_sign(request.actor)
    chosen = _chosen(request, versions)
    if chosen is None:
        rows = [(row, _last_day(row)) for row in versions]
        return render(request, "administration/contract_terms.html", {"customer": customer, "rows": rows})
    form = _form(request, customer, chosen)
    if request.method != "POST":
        return _page(request, customer, chosen, form)
    return _sent(request, customer, chosen, form)


def _chosen(request: ActingRequest, versions: list[TermsVersion]) -> TermsVersion | None:
    """The version of the terms that the form or the address names; raises ``NotFound`` for one that there is not."""
    key = request.POST.get("terms") or request.GET.get("terms", "")
    if not key and request.method == "GET":
        return None
    found = next((row for row in versions if str(row.id) == key), None)
    if found is None:
        raise NotFound
    return found


def _last_day(version: TermsVersion) -> date | None:
    """The last day on which a version is in force; None where that is open."""
    end = version.in_force.upper
    return end - timedelta(days=1) if end else None


def _form(request: ActingRequest, customer: Customer, chosen: TermsVersion) -> SigningForm:
    terms, language = terms_by_id(chosen.id), reader_language()
    people = signing.contacts_to_name(request.actor, customer.id)
    return SigningForm(
        request.POST if request.method == "POST" else None,
        terms=terms,
        groups=groups_of(terms, {}, language),
        people=[(str(row.id), row.display_name) for row in people],
        language=language,
    )


def _sent(request: ActingRequest, customer: Customer, chosen: TermsVersion, form: SigningForm) -> HttpResponse:
    if not form.is_valid():
        return _page(request, customer, chosen, form, status=REFUSED)
    draft = form.draft(customer.id, chosen.id)
    told: dict[str, Any] = {"actor": request.actor, "draft": draft, "check": require_countable}
    try:
        if request.POST.get("action") == SIGN and form.was_looked_at():
            made = signing.sign(at=request.at, **told)
            return done(
                request,
                _("%(reference)s is signed.") % {"reference": made.reference},
                reverse("contract", args=[made.id]),
            )
        signing.check_signature(**told)
    except Invalid as refused:
        show_errors(form, refused)
        return _page(request, customer, chosen, form, status=REFUSED)
    except Refused as refused:
        form.add_error(None, f"{refused.message} ({refused.clause})" if refused.clause else refused.message)
        return _page(request, customer, chosen, form, status=REFUSED)
    return _page(request, customer, chosen, form, _preview(request, customer, form, draft))


def _preview(request: ActingRequest, customer: Customer, form: SigningForm, draft: Draft) -> dict[str, Any]:
    """What would hold under the contract."""
    return {
        "view": _as_signed(customer, draft),
        "looked_at": form.mark(),
        "is_first_look": request.POST.get("action") == SIGN,
    }


def _as_signed(customer: Customer, draft: Draft) -> ContractView:
    row = Contract(customer=customer, terms_id=draft.terms_id, package=draft.package, overrides=dict(draft.overrides))
    return present_contract(row, draft.starts_on)


def _page(
    request: ActingRequest,
    customer: Customer,
    chosen: TermsVersion,
    form: SigningForm,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    terms = terms_by_id(chosen.id)
    context = {
        "customer": customer,
        "chosen": chosen,
        "terms_name": terms.name.text(reader_language()),
        "rule": terms.contact_rules,
        "form": form,
        "preview": preview,
    }
    return render(request, "administration/contract_sign.html", context, status=status)
