"""Forms of single sign-on."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.sign_on import LONGEST_SECRET
from web.forms.fields import LineField
from web.forms.second_factor import PasswordForm


class CompanyForm(forms.Form):
    """Whose single sign-on is wanted."""

    provider = LineField(label=_("Short name of the software vendor"), max_length=40)


class ConnectForm(PasswordForm):
    """Connecting or disconnecting one's account."""

    key = LineField(max_length=80, widget=forms.HiddenInput)


class SignOnForm(forms.Form):
    """A provider's identity provider."""

    name = LineField(label=_("Name shown to people"), max_length=40)
    issuer = LineField(label=_("Address of the issuer"), max_length=200)
    client_id = LineField(label=_("Client id"), max_length=191)
    secret = forms.CharField(
        label=_("Client secret"),
        strip=True,
        required=False,
        max_length=LONGEST_SECRET,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
