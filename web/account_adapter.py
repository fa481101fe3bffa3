"""How allauth behaves here: closed sign-up, one answer for every failed sign-in, targets inside this site only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import encryption
from web.redirects import is_inside
from web.sign_on_adapter import bind_session


class AccountAdapter(DefaultAccountAdapter):
    """Passed to allauth by the setting ACCOUNT_ADAPTER."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "This address and password do not open an account. Check both; "
            "if you have no account, ask your administrator."
        ),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by administrators."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only a path of this site; not another host, even if it is one of ours."""
        return is_inside(url)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The active user with these credentials.

        A disabled user fails like a wrong password, with the same work and the same count against the limit.
        Raises ValidationError `too_many_login_attempts` beyond the limit.
        """
        self.pre_authenticate(request, **credentials)
        user = authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()
        if user is None:
            self.authentication_failed(request, **credentials)
        else:
            self._rollback_login_failed_rl_usage()
        return user

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Open the session, and say in it what it is good for."""
        super().login(request, user)
        bind_session(request, user)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """allauth's own messages are not shown: the pages say what happened."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Passed to allauth by the setting MFA_ADAPTER."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong or was used already. Wait for the next one and type it."),
    }

    def encrypt(self, text: str) -> str:
        """Secrets are not readable in the database."""
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart of ``encrypt``."""
        return encryption.decrypt(encrypted_text)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """What happens to an account is told by the audit trail, not by allauth's own mails."""
