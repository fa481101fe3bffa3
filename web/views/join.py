"""Taking up an invitation. Opening its link changes nothing, so that programs which look at mails use nothing up."""

from allauth.account.internal import flows
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import invitations
from accounts.access import public
from accounts.actors import SESSION_KEY, SIGN_ON_KEY
from accounts.errors import Invalid, Refused
from accounts.invitations import Offer, Standing
from accounts.models import User
from accounts.requests import TenantRequest
from web.forms.account import JoinForm
from web.forms.acts import show_errors
from web.methods import only
from web.redirects import SeeOther

GONE = 410


@public(transaction=False)
@only("GET", "POST")
@sensitive_post_parameters("password", "invitation")
def join(request: TenantRequest) -> HttpResponseBase:
    """GET and POST /join/ with `invitation`, the secret of the link. Only a POST takes the place up."""
    secret = request.POST.get("invitation") or request.GET.get("invitation", "")
    offer = invitations.offer_of(secret, request.at)
    if offer is None or offer.standing != Standing.OPEN:
        return _dead(request, _reason(offer))
    form = JoinForm(request.POST or None, initial={"display_name": offer.invitation.display_name})
    if request.method != "POST":
        return _page(request, offer, form, secret)
    try:
        return _take_up_as(request, secret) if offer.has_account else _take_up(request, offer, form, secret)
    except Refused as refused:
        return _dead(request, refused.message, 409)


def _reason(offer: Offer | None) -> str:
    reasons = {
        Standing.ACCEPTED: _("This invitation was taken up already. Sign in with your address and password."),
        Standing.REVOKED: _("This invitation was revoked. Ask whoever sent it."),
        Standing.EXPIRED: _("This invitation has expired. Ask for a new one."),
    }
    unknown = _("This link is not valid. It may be incomplete, or a newer one was sent to you.")
    return reasons.get(offer.standing, unknown) if offer else unknown


def _dead(request: TenantRequest, reason: str, status: int = GONE) -> HttpResponse:
    return render(request, "account/join_dead.html", {"reason": reason}, status=status)


def _page(request: TenantRequest, offer: Offer, form: JoinForm, secret: str, status: int = 200) -> HttpResponse:
    address = request.user.email if isinstance(request.user, User) else ""
    context = {
        "offer": offer,
        "form": form,
        "secret": secret,
        "signed_in_as": address,
        "is_the_one": address == offer.invitation.email,
    }
    return render(request, "account/join.html", context, status=status)


def _take_up(request: TenantRequest, offer: Offer, form: JoinForm, secret: str) -> HttpResponseBase:
    """With a new account, which is signed in at once."""
    if not form.is_valid():
        return _page(request, offer, form, secret, 422)
    try:
        language = get_language() or offer.invitation.language
        user = invitations.accept(secret=secret, at=request.at, language=language, **form.cleaned_data)
    except Invalid as wrong:
        show_errors(form, wrong)
        return _page(request, offer, form, secret, 422)
    if request.user.is_authenticated:
        flows.logout.logout(request, show_message=False)
    messages.success(request, _("Welcome. Your account is ready."))
    return flows.login.perform_login(request, Login(user=user, email=user.email, redirect_url="/"))


def _take_up_as(request: TenantRequest, secret: str) -> HttpResponse:
    """With the account that is signed in."""
    if not isinstance(request.user, User):
        raise Refused(_("Sign in first, then open the link again."))
    member = invitations.accept_as(secret=secret, at=request.at, user=request.user)
    if SIGN_ON_KEY not in request.session:
        request.session[SESSION_KEY] = str(member.id)
    messages.success(request, _("Welcome. You can change between your organisations in the account menu."))
    return SeeOther("/")
