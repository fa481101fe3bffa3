"""A new password by a link. Whether an address has an account is told by nothing: neither words nor status nor time."""

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import passwords
from accounts.access import public
from accounts.errors import Invalid, Refused
from accounts.requests import TenantRequest
from notifications.letters import post_soon
from web.errors import RETRY_SECONDS
from web.forms.account import ForgottenForm, NewPasswordForm
from web.forms.acts import show_errors
from web.methods import only
from web.redirects import SeeOther

GONE = 410


@public(transaction=False)
@only("GET", "POST")
def forgotten_password(request: TenantRequest) -> HttpResponse:
    """GET and POST /password/forgotten/ with `email`. Runs outside the request's transaction, so that limits count."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "account/forgotten.html", {"form": form}, status=status)
    email = form.cleaned_data["email"].lower()
    if not ratelimit.consume(request, action="reset_password", key=email):
        form.add_error(None, _("Too many attempts. Wait five minutes, then try again."))
        response = render(request, "account/forgotten.html", {"form": form}, status=429)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response
    passwords.ask_for_reset(email=email, at=request.at)
    post_soon()
    return render(request, "account/forgotten_sent.html")


@public(transaction=False)
@only("GET", "POST")
@sensitive_post_parameters("password", "reset")
def new_password(request: TenantRequest) -> HttpResponse:
    """GET and POST /password/new/ with `reset`, the secret of the link. Only a POST with a good password uses it up."""
    secret = request.POST.get("reset") or request.GET.get("reset", "")
    if not passwords.is_good(secret, request.at):
        return render(request, "account/reset_dead.html", status=GONE)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            passwords.replace_password(secret=secret, at=request.at, password=form.cleaned_data["password"])
        except Invalid as wrong:
            show_errors(form, wrong)
        except Refused:
            return render(request, "account/reset_dead.html", status=GONE)
        else:
            messages.success(request, _("Your new password holds. Sign in with it. Your API tokens have ended."))
            return SeeOther("/sign-in/")
    status = 422 if form.is_bound else 200
    return render(request, "account/new_password.html", {"form": form, "secret": secret}, status=status)
