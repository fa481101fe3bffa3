"""Signing in and out, and the sessions that are open."""

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.internal import flows
from allauth.account.models import Login
from allauth.core import ratelimit
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import demo_only, public, signed_in
from accounts.actors import SIGN_ON_KEY
from accounts.demo import demo_accounts
from accounts.errors import NotFound, Refused
from accounts.models import User
from accounts.requests import ActingRequest, TenantRequest
from accounts.roles import Role
from web.devices import device_words, is_phone
from web.errors import RETRY_SECONDS
from web.methods import only
from web.redirects import next_of

PASSWORD_LENGTH = 1024
LIMITED = "too_many_login_attempts"


class SignInForm(forms.Form):
    """Address and password. `user` is set once the form is valid."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    user: User

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        """One message for every pair that opens no account; raises a limit under the code `LIMITED`."""
        data = super().clean() or {}
        if self.errors:
            return data
        adapter = get_adapter()
        if not ratelimit.consume(self.request, action="login"):
            raise adapter.validation_error(LIMITED)
        user = adapter.authenticate(self.request, email=data["email"].lower(), password=data["password"])
        if user is None:
            raise adapter.validation_error("email_password_mismatch")
        self.user = cast(User, user)
        return data

    @property
    def is_limited(self) -> bool:
        """Whether this attempt was one too many."""
        return any(error.code == LIMITED for error in self.non_field_errors().as_data())


@public(transaction=False)
@only("GET", "POST")
@sensitive_post_parameters("password")
def sign_in(request: TenantRequest) -> HttpResponse:
    """GET and POST /sign-in/. Runs outside the request's transaction, so that the limits count what failed."""
    target = next_of(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_bound and form.is_valid():
        login = Login(user=form.user, email=form.cleaned_data["email"], redirect_url=target)
        return flows.login.perform_password_login(request, {"email": login.email}, login)
    return _sign_in_page(request, form, target)


def _sign_in_page(request: TenantRequest, form: SignInForm, target: str) -> HttpResponse:
    status = 200
    if form.is_bound:
        status = 429 if form.is_limited else 400
        request.denied = "sign_in_failed"
    context = {"form": form, "next": target, "sides": _demo_sides()}
    response = render(request, "account/sign_in.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _demo_sides() -> list[dict[str, Any]]:
    """The demo accounts by organisation, in their own order; nothing outside demo mode."""
    sides: dict[str, dict[str, Any]] = {}
    for account in demo_accounts() if settings.DEMO_MODE else []:
        is_provider = account.organisation == account.provider_name
        side = sides.setdefault(
            account.organisation,
            {"organisation": account.organisation, "provider": account.provider_name, "is_provider": is_provider,
             "is_partner": account.role == Role.PARTNER, "accounts": []},
        )  # fmt: skip
        side["accounts"].append(account)
    return list(sides.values())


@demo_only(transaction=False)
@only("POST")
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """POST /demo/sign-in/ with `account`: one click, demo accounts only."""
    wanted = request.POST.get("account", "")
    account = next((row for row in demo_accounts() if str(row.user_id) == wanted and row.user.is_active), None)
    if account is None:
        messages.error(request, gettext("This demo account is gone. Choose another one."))
        return redirect("sign_in")
    if request.user.is_authenticated:
        flows.logout.logout(request, show_message=False)
    login = Login(user=account.user, email=account.user.email, redirect_url=next_of(request))
    return flows.login.perform_login(request, login)


@public(transaction=False)
@only("POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    """POST /sign-out/: ends this session and tells the browser to forget what it kept."""
    if request.user.is_authenticated:
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        flows.logout.logout(request, show_message=False)
    messages.success(request, gettext("You are signed out."))
    response = HttpResponseRedirect("/sign-in/")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _open_sessions(request: ActingRequest) -> list[UserSession]:
    """The user's sessions that still open the door, this one first; one of a single sign-on knows itself alone."""
    rows = UserSession.objects.filter(user=cast(User, request.user)).order_by("-last_seen_at", "-id")
    if SIGN_ON_KEY in request.session:
        rows = rows.filter(session_key=request.session.session_key)
    mine = list(rows)
    keys = [row.session_key for row in mine]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=request.at).values_list("session_key", flat=True)
    )
    current = request.session.session_key
    return sorted((row for row in mine if row.session_key in alive), key=lambda row: row.session_key != current)


@signed_in
@only("GET")
def sessions(request: ActingRequest) -> HttpResponse:
    """GET /sessions/: where this account is signed in."""
    current = request.session.session_key
    rows = [
        {
            "id": row.pk,
            "device": device_words(row.user_agent),
            "icon": "device-mobile" if is_phone(row.user_agent) else "device-laptop",
            "ip": row.ip,
            "since": row.created_at,
            "seen": row.last_seen_at,
            "current": row.session_key == current,
        }
        for row in _open_sessions(request)
    ]
    context = {
        "rows": rows,
        "others": any(not row["current"] for row in rows),
        "is_from_outside": SIGN_ON_KEY in request.session,
    }
    return render(request, "account/sessions.html", context)


@signed_in
@only("POST")
def end_session(request: ActingRequest) -> HttpResponse:
    """POST /sessions/end/ with `session` (a number) or `others`. Somebody else's session does not exist.

    Raises ``Refused`` in a session of a single sign-on: its provider has no say over the rest of the account.
    """
    if SIGN_ON_KEY in request.session:
        raise Refused(gettext("Single sign-on opened this session. Sign in with your password to end others."))
    others = [row for row in _open_sessions(request) if row.session_key != request.session.session_key]
    if request.POST.get("session") != "others":
        others = [row for row in others if str(row.pk) == request.POST.get("session")]
        if not others:
            raise NotFound
    for row in others:
        row.end()
    messages.success(request, gettext("Ended. Those devices must sign in again."))
    return redirect("sessions")
