"""The second factor: setting it up and giving it up, and the second step of signing in."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from allauth.account.stages import LoginStageController
from allauth.core import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.stages import AuthenticateStage
from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import second_factor as service
from accounts.access import enrolling, public
from accounts.actors import SIGN_ON_KEY
from accounts.encryption import Unreadable
from accounts.errors import Invalid, Refused
from accounts.models import User
from accounts.requests import ActingRequest, TenantRequest
from web.errors import RETRY_SECONDS
from web.forms.acts import show_errors
from web.forms.second_factor import AddAppForm, CodeForm, PasswordForm
from web.methods import only
from web.qr import qr_code
from web.redirects import SeeOther

Result = TypeVar("Result")
HOME: Final = "/settings/second-factor/"
LIMITED: Final = "too_many_login_attempts"
_SALT: Final = "second factor being set up"
_SETTING_UP_SECONDS: Final = 1800


@enrolling
@only("GET", "POST")
@sensitive_post_parameters("password", "code", "ticket")
def second_factor(request: ActingRequest) -> HttpResponse:
    """GET and POST /settings/second-factor/: what is set up; or a new secret, and the code that proves it was taken.

    The secret travels in the form, signed for the reader: looking at the page stores nothing.
    """
    user = _person(request)
    if request.method == "GET" or service.factors_of(user).is_set_up:
        return _page(request, AddAppForm(), service.new_secret())
    secret = _secret_of(request.POST.get("ticket", ""), user)
    if not secret:
        messages.error(request, _("This took too long. Take the new code below."))
        return SeeOther(HOME)
    form = AddAppForm(request.POST)
    codes = _tried(request, form, lambda given: service.add_app(user=user, at=request.at, secret=secret, **given))
    if codes is None:
        return _failed(_page(request, form, secret), form)
    return render(request, "account/recovery_codes.html", {"codes": codes, "is_new": True})


@enrolling
@only("POST")
@sensitive_post_parameters("password")
def renew_codes(request: ActingRequest) -> HttpResponse:
    """POST /settings/second-factor/codes/ with `password`."""
    form, user = PasswordForm(request.POST, auto_id="codes_%s"), _person(request)
    codes = _tried(request, form, lambda given: service.renew_codes(user=user, at=request.at, **given))
    if codes is None:
        return _failed(_page(request, AddAppForm(), service.new_secret(), codes_form=form), form)
    return render(request, "account/recovery_codes.html", {"codes": codes, "is_new": False})


@enrolling
@only("POST")
@sensitive_post_parameters("password")
def remove_second_factor(request: ActingRequest) -> HttpResponse:
    """POST /settings/second-factor/remove/ with `password`."""
    form, user = PasswordForm(request.POST, auto_id="remove_%s"), _person(request)
    if _tried(request, form, lambda given: service.remove_app(user=user, at=request.at, **given)) is None:
        return _failed(_page(request, AddAppForm(), service.new_secret(), remove_form=form), form)
    messages.success(request, _("The second factor is removed: from now on the password alone opens the account."))
    return SeeOther(HOME)


def _person(request: ActingRequest) -> User:
    assert isinstance(request.user, User)  # somebody who acts has signed in
    return request.user


def _secret_of(ticket: str, user: User) -> str:
    """The secret that an earlier page showed to this very person; empty where there is none, or it is too old."""
    try:
        told = signing.loads(ticket, salt=_SALT, max_age=_SETTING_UP_SECONDS)
    except signing.BadSignature:
        return ""
    return str(told["secret"]) if told["user"] == str(user.pk) else ""


def _page(request: ActingRequest, form: AddAppForm, secret: str, **others: forms.Form) -> HttpResponse:
    user = _person(request)
    factors = service.factors_of(user)
    context: dict[str, Any] = {
        "factors": factors,
        "form": form,
        "codes_form": others.get("codes_form") or PasswordForm(auto_id="codes_%s"),
        "remove_form": others.get("remove_form") or PasswordForm(auto_id="remove_%s"),
        "is_demanded": request.lacks_second_factor,
        "is_from_outside": SIGN_ON_KEY in request.session,
    }
    if not factors.is_set_up:
        context |= {
            "ticket": signing.dumps({"user": str(user.pk), "secret": secret}, salt=_SALT),
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
            "qr": qr_code(get_adapter().build_totp_url(user, secret)),
        }
    return render(request, "account/second_factor.html", context)


def _tried(request: ActingRequest, form: forms.Form, work: Callable[[dict[str, Any]], Result]) -> Result | None:
    """What the service made of a valid form; None with the reasons in the form. Guesses at the password are counted.

    A session that a single sign-on opened changes nothing of the account, which is not its provider's alone.
    """
    if not form.is_valid():
        return None
    if SIGN_ON_KEY in request.session:
        form.add_error(None, _("Sign in with your password first."))
        return None
    if not ratelimit.consume(request, action="reauthenticate", user=_person(request)):
        form.add_error(None, forms.ValidationError(_("Too many attempts. Wait five minutes, then try again."), LIMITED))
        return None
    try:
        return work(form.cleaned_data)
    except Invalid as wrong:
        show_errors(form, wrong)
    except Refused as refused:
        form.add_error(None, refused.message)
    return None


def _failed(response: HttpResponse, form: forms.Form) -> HttpResponse:
    """Nothing was changed, but the attempt is to be counted, which a rolled-back unit would forget."""
    is_limited = any(error.code == LIMITED for error in form.non_field_errors().as_data())
    response.status_code = 429 if is_limited else 422
    response.keep = True  # type: ignore[attr-defined]
    if is_limited:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


@public(transaction=False)
@only("GET", "POST")
@sensitive_post_parameters("code")
def sign_in_code(request: TenantRequest) -> HttpResponseBase:
    """GET and POST /sign-in/code/: after the password, a code of the app or a recovery code. Attempts are limited."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None:
        return redirect("sign_in")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, "account/sign_in_code.html", {"form": form})
    check = _right_code(form, stage.login.user) if form.is_valid() else None
    if check:
        check.save()
        answer: HttpResponseBase = stage.exit()
        return answer
    request.denied = "sign_in_failed"
    return _code_refused(request, form)


def _right_code(form: CodeForm, user: Any) -> AuthenticateForm | None:
    """The proof; None with the reasons in the form. Against a secret that cannot be read no code is right."""
    check = AuthenticateForm({"code": form.cleaned_data["code"].replace(" ", "")}, user=user)
    try:
        if check.is_valid():
            return check
        errors = check.errors.as_data().get("code", [])
    except Unreadable:
        errors = [get_adapter().validation_error("incorrect_code")]
    for error in errors:
        form.add_error(None if error.code == LIMITED else "code", error)
    return None


def _code_refused(request: TenantRequest, form: CodeForm) -> HttpResponse:
    is_limited = form.has_error("__all__", LIMITED)
    response = render(request, "account/sign_in_code.html", {"form": form}, status=429 if is_limited else 400)
    if is_limited:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
