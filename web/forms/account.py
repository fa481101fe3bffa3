"""Forms of people who come in: taking up an invitation, asking for a new password and choosing it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.passwords import LONGEST
from web.forms.fields import LineField


class NewPasswordField(forms.CharField):
    """A password that is being chosen; one refused is never shown again."""

    def __init__(self, **options: Any):
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(strip=False, max_length=LONGEST, widget=widget, **options)


class JoinForm(forms.Form):
    """Name and password of a new account."""

    display_name = LineField(label=_("Your name"), max_length=120)
    password = NewPasswordField(label=_("Password"))


class ForgottenForm(forms.Form):
    """The address of an account."""

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class NewPasswordForm(forms.Form):
    """A new password."""

    password = NewPasswordField(label=_("New password"))
