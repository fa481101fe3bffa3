"""Forms of the second factor."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.passwords import LONGEST
from web.forms.fields import LineField


class CodeField(LineField):
    """A code of an authenticator app, or a recovery code."""

    def __init__(self, **options: Any):
        super().__init__(max_length=16, **options)
        self.widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


class PasswordForm(forms.Form):
    """The present password, before the account is made weaker or stronger."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class AddAppForm(PasswordForm):
    """The code that the app shows, as a proof that it has the secret."""

    code = CodeField(label=_("Code that the app shows"))
    field_order = ("code", "password")


class CodeForm(forms.Form):
    """The second step of signing in."""

    code = CodeField(label=_("Code"))
