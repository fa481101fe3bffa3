"""Forms of the administrator's pages. The rules are in the services; here is what a field can hold at all."""

from collections.abc import Sequence
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.audit import Act
from accounts.models import LANGUAGES
from accounts.teams import LEVELS, Draft
from web.forms.contracts import DayField
from web.forms.fields import LineField, PickField

Choices = Sequence[tuple[str, str]]


class CustomerForm(forms.Form):
    """An organisation that the provider serves."""

    name = LineField(label=_("Name"), max_length=160)
    country = LineField(label=_("Country (two letters)"), max_length=2, initial="FR")


class PersonForm(forms.Form):
    """Name and role of somebody who is in already."""

    display_name = LineField(label=_("Name"), max_length=120)
    role = PickField(label=_("Role"))

    def __init__(self, *args: object, roles: Choices, **options: object):
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


class InvitationForm(forms.Form):
    """Whom to let in, where, and as what."""

    email = LineField(label=_("E-mail address"), max_length=254)
    display_name = LineField(label=_("Name"), max_length=120)
    customer = PickField(label=_("Organisation"), required=False)
    role = PickField(label=_("Role"))
    language = PickField(label=_("Language of the invitation"), choices=LANGUAGES)

    def __init__(self, *args: object, customers: Choices, roles: Choices, **options: object):
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["customer"].choices = customers  # type: ignore[attr-defined]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        self.fields["email"].widget.input_type = "email"


class TeamForm(forms.Form):
    """A team of the desk: its name, its level, its people."""

    name = LineField(label=_("Name"), max_length=60)
    level = PickField(label=_("Level"), required=False)
    members = forms.MultipleChoiceField(label=_("People"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, people: Choices, **options: object):
        super().__init__(*args, **options)  # type: ignore[arg-type]
        levels = [(str(level), _("Level %(level)d") % {"level": level}) for level in LEVELS]
        self.fields["level"].choices = [("", _("None: no part in escalation")), *levels]  # type: ignore[attr-defined]
        self.fields["members"].choices = people  # type: ignore[attr-defined]
        self.fields["members"].error_messages["invalid_choice"] = _("Choose people of the desk.")

    def draft(self) -> Draft:
        """What was sent, for the service."""
        given = self.cleaned_data
        level = int(given["level"]) if given["level"] else None
        return Draft(given["name"], level, [UUID(key) for key in given["members"]])


class ContactForm(forms.Form):
    """Somebody who may contact support from today on."""

    membership = PickField(label=_("Person"))
    trained_on = DayField(label=_("Trained on"), required=False)
    agreement = LineField(label=_("How the customer agreed"), max_length=200, required=False)

    def __init__(self, *args: object, people: Choices, both_sides: bool, **options: object):
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["membership"].choices = people  # type: ignore[attr-defined]
        if not both_sides:
            del self.fields["agreement"]


class TrainingForm(forms.Form):
    """The day on which a contact was trained."""

    trained_on = DayField(label=_("Trained on"))


class TrailForm(forms.Form):
    """What of the audit trail to show."""

    act = PickField(label=_("Act"), required=False)
    customer = PickField(label=_("Customer"), required=False)
    first_day = DayField(label=_("From"), required=False)
    last_day = DayField(label=_("To"), required=False)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, customers: Choices, **options: object):
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.fields["act"].choices = [("", _("All acts")), *Act.choices]  # type: ignore[attr-defined]
        self.fields["customer"].choices = customers  # type: ignore[attr-defined]
