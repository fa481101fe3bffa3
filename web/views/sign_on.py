"""Coming in through one's provider's own identity provider, and connecting one's account to it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import jwt
from allauth.core import ratelimit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from requests import RequestException

from accounts import sign_on
from accounts.access import enrolling, public
from accounts.actors import SIGN_ON_KEY
from accounts.errors import Invalid, Refused
from accounts.middleware import unit_of
from accounts.models import User
from accounts.requests import ActingRequest, TenantRequest
from accounts.sign_on import SignOn
from web.errors import RETRY_SECONDS
from web.forms.acts import show_errors
from web.forms.sign_on import CompanyForm, ConnectForm
from web.methods import only
from web.redirects import SeeOther
from web.sign_on_adapter import SignOnAdapter, SignOnOAuth2Adapter, dead

HOME = "/settings/sign-on/"
_BROKEN = (OAuth2Error, RequestException, jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError)


@public(transaction=False)
@only("GET", "POST")
def company_sign_in(request: TenantRequest) -> HttpResponseBase:
    """GET and POST /sign-in/company/ with `provider`, the vendor's short name: on to its identity provider."""
    form = CompanyForm(
        request.POST if request.method == "POST" else None, initial={"provider": request.GET.get("provider")}
    )
    if form.is_bound and form.is_valid():
        if not ratelimit.consume(request, action="login"):
            return _too_many(request, form)
        found = sign_on.sign_on_called(form.cleaned_data["provider"])
        if found:
            return _leaving(request, found, _way_out(request, found, AuthProcess.LOGIN, "/"))
        form.add_error("provider", _("Nobody of this name offers single sign-on here."))
    return render(request, "account/company.html", {"form": form}, status=422 if form.is_bound else 200)


def _too_many(request: TenantRequest, form: CompanyForm) -> HttpResponse:
    """Each attempt makes this house call another one, so attempts are counted like those with a password."""
    form.add_error("provider", _("Too many attempts. Wait five minutes, then try again."))
    response = render(request, "account/company.html", {"form": form}, status=429)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _way_out(request: TenantRequest, found: SignOn, process: str, target: str) -> str:
    """The address of the identity provider's own page; empty where it cannot be asked. Not called in a transaction."""
    try:
        provider = SignOnAdapter(request).get_provider(request, found.key)
        answer = provider.redirect(request, process, next_url=target)
    except (SocialApp.DoesNotExist, *_BROKEN):
        return ""
    return str(answer.get("Location", ""))


def _leaving(request: TenantRequest, found: SignOn, address: str) -> HttpResponse:
    """A page that leads on: our forms may not lead to other houses, but a page of ours may."""
    if not address:
        reason = _("The identity provider cannot be reached just now. Sign in with your password.")
        unreached: HttpResponse = dead(request, reason, 503)
        return unreached
    return render(request, "account/leaving.html", {"address": address, "name": found.name})


@public(transaction=False)
@only("GET")
def sign_on_callback(request: TenantRequest, provider_id: UUID, sign_on_id: UUID) -> HttpResponseBase:
    """GET /sign-in/company/<provider>/<id>/: the identity provider sends somebody back, with a code for his identity.

    Good only for the browser that left from here, once; everybody else gets the same page.
    """
    adapter = SignOnOAuth2Adapter(request, sign_on.key_of(provider_id, sign_on_id))
    try:
        come_back: Callable[..., HttpResponseBase] = OAuth2CallbackView.adapter_view(adapter)  # type: ignore[no-untyped-call]
        return come_back(request)
    except (SocialApp.DoesNotExist, ImproperlyConfigured, *_BROKEN):
        return dead(request, _("The identity provider did not confirm who you are. Try again."))


@enrolling(transaction=False)
@only("GET", "POST")
@sensitive_post_parameters("password")
def sign_on_settings(request: ActingRequest) -> HttpResponseBase:
    """GET and POST /settings/sign-on/ with `key`, `password` and `act` (connect or disconnect).

    The identity provider is asked between two units, so that no transaction waits for another house.
    """
    way: dict[str, SignOn] = {}
    answer = unit_of(sign_on_settings, request, lambda: _asked(request, way))
    if "out" not in way:
        return answer
    address = _way_out(request, way["out"], AuthProcess.CONNECT, HOME)
    return unit_of(sign_on_settings, request, lambda: _leaving(request, way["out"], address))


def _asked(request: ActingRequest, way: dict[str, SignOn]) -> HttpResponseBase:
    """The page, or what came of its form; ``way["out"]`` is set where somebody is to be sent on."""
    way.clear()
    user = request.user
    assert isinstance(user, User)  # somebody who acts has signed in
    form = ConnectForm(request.POST if request.method == "POST" else None)
    rows = sign_on.sign_ons_for(user)
    if form.is_bound and form.is_valid() and _may(request, form):
        return _carry_out(request, user, form, rows, way)
    return _settings_page(request, form, rows)


def _may(request: TenantRequest, form: ConnectForm) -> bool:
    """Guesses at the password are counted; a session of somebody else's word connects nothing."""
    from_outside = SIGN_ON_KEY in request.session
    if from_outside:
        form.add_error(None, _("Sign in with your password first."))
    elif not ratelimit.consume(request, action="reauthenticate", user=request.user):
        form.add_error(None, _("Too many attempts. Wait five minutes, then try again."))
    return not form.errors


def _carry_out(
    request: TenantRequest,
    user: User,
    form: ConnectForm,
    rows: list[tuple[SignOn, bool]],
    way: dict[str, SignOn],
) -> HttpResponseBase:
    given: dict[str, Any] = form.cleaned_data
    found = next((one for one, _linked in rows if one.key == given["key"]), None)
    try:
        if found is None:
            raise Refused(_("You have no place with this provider."))
        if request.POST.get("act") == "disconnect":
            sign_on.unlink(user=user, at=request.at, key=found.key, password=given["password"])
            return SeeOther(HOME)
        sign_on.require_password(user, given["password"])
        way["out"] = found
        return HttpResponse(status=204)
    except Invalid as wrong:
        show_errors(form, wrong)
    except Refused as refused:
        form.add_error(None, refused.message)
    return _settings_page(request, form, rows)


def _settings_page(request: TenantRequest, form: ConnectForm, rows: list[tuple[SignOn, bool]]) -> HttpResponse:
    context = {"rows": rows, "form": form}
    response = render(request, "account/sign_on.html", context, status=422 if form.errors else 200)
    # Nothing was changed, but a guess at the password is to be counted, which a rolled-back unit would forget.
    response.keep = True  # type: ignore[attr-defined]
    return response
