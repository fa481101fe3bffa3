"""How allauth signs people on through their provider's own identity provider: by its rules for the protocol, and ours
for who may come in."""

from typing import Any, Final

import jwt
import requests
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import sign_on
from accounts.actors import SIGN_ON_KEY
from accounts.errors import Refused
from accounts.models import User
from accounts.outgoing import OutgoingSession
from web.redirects import SeeOther

ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})


class SignOnOAuth2Adapter(OpenIDConnectOAuth2Adapter):
    """The identity provider's addresses, and its word about who came, which is checked by its published keys."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the issuer publishes about itself; it has to name itself as it was set up."""
        config: dict[str, Any] = super().openid_config
        provider: SignOnProvider = self.get_provider()  # type: ignore[no-untyped-call]
        if str(config.get("issuer", "")).rstrip("/") != provider.app.settings["issuer"]:
            raise OAuth2Error("the identity provider goes by another name")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """One address for each identity provider, so that none can answer in another's place."""
        return callback_url(request, app.provider_id)

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(id_token).get("alg") not in ALGORITHMS:
            raise OAuth2Error("unexpected algorithm")
        config = self.openid_config
        told: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=config["jwks_uri"],
            issuer=config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return told


def callback_url(request: HttpRequest, key: str) -> str:
    """Where an identity provider sends people back to; it has to be registered there."""
    provider_id, _mark, sign_on_id = key.partition(":")
    return request.build_absolute_uri(reverse("sign_on_callback", args=[provider_id, sign_on_id]))


class SignOnProvider(OpenIDConnectProvider):
    """Asks for the identity alone, and keeps nothing but it."""

    oauth2_adapter_class = SignOnOAuth2Adapter

    def get_default_scope(self) -> list[str]:
        """Neither name nor address: who somebody is here was settled when he was invited."""
        return ["openid"]

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing."""
        return {}


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Passed to allauth by the setting SOCIALACCOUNT_ADAPTER."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: Any = None) -> list[SocialApp]:
        """The identity provider with this key, where it is switched on."""
        found = sign_on.sign_on_by_key(provider or "")
        if found is None:
            return []
        app = SocialApp(provider="openid_connect", provider_id=found.key, name=found.name, client_id=found.client_id)
        app.secret = found.secret
        app.settings = {
            "server_url": found.issuer,
            "issuer": found.issuer,
            "fetch_userinfo": False,
            "oauth_pkce_enabled": True,
        }
        return [app]

    def get_provider(self, request: HttpRequest, provider: str, client_id: Any = None) -> SignOnProvider:
        """The protocol for one identity provider. Raises ``SocialApp.DoesNotExist``."""
        return SignOnProvider(request, app=self.get_app(request, provider))

    def get_requests_session(self) -> requests.Session:
        """Every call to an identity provider goes through here."""
        return OutgoingSession(anywhere=settings.SIGN_ON_LOCAL)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Accounts are made by invitations alone."""
        return False

    def authenticate_by_email(self, login: SocialLogin) -> None:
        """An address that an identity provider tells opens no account."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Connect the account that is signed in, or let a known identity go on; nobody else."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_connected(request, sociallogin))
        user = sociallogin.user
        if user is None or not sociallogin.is_existing or not user.is_active:
            raise ImmediateHttpResponse(
                dead(request, _("This identity is connected to no account here. Sign in with your password once, then "
                                "connect it in your preferences."), 403)
            )  # fmt: skip

    def on_authentication_error(self, request: HttpRequest, *args: Any, **options: Any) -> None:
        """Whatever went wrong between us and the identity provider."""
        raise ImmediateHttpResponse(dead(request, _("The identity provider did not confirm who you are. Try again.")))


def _connected(request: HttpRequest, sociallogin: SocialLogin) -> Any:
    user = request.user
    key = sociallogin.account.provider
    if not isinstance(user, User) or SIGN_ON_KEY in request.session:
        return dead(request, _("Sign in with your password first."), 403)
    if sign_on.tenant_of(key) not in {str(row.provider_id) for row, _linked in sign_on.sign_ons_for(user)}:
        return dead(request, _("You have no place with this provider."), 403)
    try:
        sign_on.link(user=user, at=request.at, key=key, subject=sociallogin.account.uid)  # type: ignore[attr-defined]
    except Refused as refused:
        return dead(request, refused.message, 409)
    return SeeOther(reverse("sign_on_settings"))


def dead(request: HttpRequest, reason: str, status: int = 400) -> Any:
    """A page that says why nobody came in."""
    request.denied = "sign_in_failed"  # type: ignore[attr-defined]
    return render(request, "account/sign_on_dead.html", {"reason": reason}, status=status)


def bind_session(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Once somebody is in: a session without his password is good only for the provider whose word opened it."""
    records = get_authentication_records(request, user)
    keys = [record["provider"] for record in records if record.get("method") == "socialaccount"]
    if keys and not any(record.get("method") == "password" for record in records):
        request.session[SIGN_ON_KEY] = sign_on.tenant_of(keys[-1])
