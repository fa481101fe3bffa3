"""How the people of a provider sign in: the second factor of its staff, and its single sign-on."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import selectors
from accounts import sign_on as sign_on_service
from accounts.access import for_staff
from accounts.requests import ActingRequest
from accounts.second_factor import demand_of_staff
from web.forms.sign_on import SignOnForm
from web.methods import only
from web.sign_on_adapter import callback_url
from web.views.administration.attempts import REFUSED, carried_out, done

HOME = "/administration/security/"


@for_staff
@only("GET")
def security(request: ActingRequest) -> HttpResponse:
    """GET /administration/security/."""
    return _page(request)


def _page(request: ActingRequest, form: SignOnForm | None = None) -> HttpResponse:
    row = sign_on_service.configured(request.actor)
    present = {"name": row.name, "issuer": row.issuer, "client_id": row.client_id} if row else {}
    context = {
        "provider": selectors.provider_of(request.actor),
        "sign_on": row,
        "form": form or SignOnForm(initial=present),
        "callback": callback_url(request, sign_on_service.key_of(row.provider_id, row.id)) if row else "",
    }
    return render(request, "administration/security.html", context, status=REFUSED if form else 200)


@for_staff
@only("POST")
def second_factor_rule(request: ActingRequest) -> HttpResponse:
    """POST /administration/security/second-factor/ with `demanded` (1 or 0)."""
    is_demanded = request.POST.get("demanded") == "1"
    demand_of_staff(actor=request.actor, at=request.at, is_demanded=is_demanded)
    told = _("Your staff need a second factor from their next page on.") if is_demanded else _("It is up to each.")
    return done(request, told, HOME)


@for_staff
@only("POST")
def sign_on(request: ActingRequest) -> HttpResponse:
    """POST /administration/security/sign-on/: set up, or change."""
    request.actor.require("people.manage")
    form = SignOnForm(request.POST)
    told: dict[str, Any] = {"actor": request.actor, "at": request.at}
    if carried_out(form, lambda given: sign_on_service.configure(**told, **given)) is None:
        return _page(request, form)
    return done(request, _("The single sign-on is set up. Each person connects an account under Single sign-on."), HOME)


@for_staff
@only("POST")
def sign_on_off(request: ActingRequest) -> HttpResponse:
    """POST /administration/security/sign-on/off/: passwords alone from now on."""
    sign_on_service.switch_off(actor=request.actor, at=request.at)
    return done(request, _("The single sign-on is switched off."), HOME)
