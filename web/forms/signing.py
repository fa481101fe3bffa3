"""The form by which a contract is signed: looked at before it is sent off, as amendments are."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contracts.models import Environment
from contracts.services import MAX_REFERENCE
from contracts.signing import NAME_LENGTH, RELEASE_LENGTH, SIGNED_BY_LENGTH, Draft, Platform
from contracts.terms import Terms
from web.forms.amendments import LookedAt
from web.forms.contracts import DayField
from web.forms.fields import LineField, PickField
from web.forms.redrafts import Document, Group, redrafted
from web.zones import zone_choices

Choices = Sequence[tuple[str, str]]
COUNTRY: Final = 2


class SigningForm(LookedAt):
    """What is signed under one version of the terms, and the parts of them that this contract has otherwise (R17)."""

    reference = LineField(label=_("Reference of the contract"), max_length=MAX_REFERENCE)
    package = PickField(label=_("Package"))
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day, if it has one"), required=False)
    signed_by = LineField(label=_("Subsidiary that signs"), max_length=SIGNED_BY_LENGTH, required=False)
    zone = PickField(label=_("Time zone of that subsidiary"), required=False)
    holidays = LineField(label=_("Country of its public holidays (two letters)"), max_length=COUNTRY, required=False)
    follows_terms = forms.BooleanField(
        label=_("New versions of the terms apply by themselves once they are in force"), required=False
    )
    contacts = forms.MultipleChoiceField(label=_("Contacts"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any, *, terms: Terms, groups: Sequence[Group], people: Choices, language: str) -> None:
        held = {name: value for group in groups for part in group.parts for name, value in part.initial().items()}
        super().__init__(data, initial=held)
        self.groups = groups
        self._offer(terms, people, language)
        for kind in Environment.Kind:
            self.fields[f"platform_{kind}"] = LineField(label=kind.label, max_length=NAME_LENGTH, required=False)
            self.fields[f"release_{kind}"] = LineField(label=_("Release"), max_length=RELEASE_LENGTH, required=False)
        for part in self._parts():
            self.fields.update(part.fields())

    def _offer(self, terms: Terms, people: Choices, language: str) -> None:
        packages = [(row.code, row.label.text(language)) for row in terms.packages]
        self.fields["package"].choices = [("", gettext("Choose…")), *packages]  # type: ignore[attr-defined]
        if not packages:
            del self.fields["package"]
        zones = [("", gettext("as in the terms")), *zone_choices("UTC")]
        self.fields["zone"].choices = zones  # type: ignore[attr-defined]
        if not any(row.from_subsidiary for row in terms.calendars):
            del self.fields["zone"], self.fields["holidays"]
        self.fields["contacts"].choices = people  # type: ignore[attr-defined]
        self.fields["contacts"].error_messages["invalid_choice"] = _("Choose people of this customer.")

    def _parts(self) -> list[Any]:
        return [part for group in self.groups for part in group.parts]

    def shown(self) -> list[tuple[Group, list[tuple[Any, list[forms.BoundField]]]]]:
        """The groups with their parts and the fields of each."""
        return [(one, [(part, [self[name] for name in part.names]) for part in one.parts]) for one in self.groups]

    def platforms(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of each kind of environment: its name, its release."""
        return [(self[f"platform_{kind}"], self[f"release_{kind}"]) for kind in Environment.Kind]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for part in self._parts():
            if not any(name in self.errors for name in part.names):
                self._look(part, given)
        if given.get("zone") and not given.get("signed_by"):
            self.add_error("signed_by", gettext("Say which subsidiary signs."))
        if given.get("holidays") and not given.get("zone"):
            self.add_error("zone", gettext("Choose its time zone too."))
        return given

    def _look(self, part: Any, given: dict[str, Any]) -> None:
        try:
            part.check(given)
        except ValidationError as error:
            self.add_error(None, error)

    def draft(self, customer_id: UUID, terms_id: UUID) -> Draft:
        """What was sent, for the service. Only once the form is valid."""
        given = self.cleaned_data
        starts_on: date = given["starts_on"]
        return Draft(
            customer_id=customer_id,
            terms_id=terms_id,
            reference=given["reference"],
            starts_on=starts_on,
            ends_on=given["ends_on"],
            package=given.get("package", ""),
            signed_by=given["signed_by"],
            follows_terms=given["follows_terms"],
            overrides=self._overrides(),
            platforms=self._platforms(),
            contacts=[UUID(key) for key in given["contacts"]],
        )

    def _overrides(self) -> Document:
        """What the contract has otherwise; each change refers to the contract itself."""
        given = self.cleaned_data
        found = redrafted(self._parts(), given, {}, given["reference"])
        if given.get("zone"):
            own: Document = {"name": given["signed_by"], "zone": given["zone"], "reference": given["reference"]}
            country = given["holidays"].upper()
            found["subsidiary"] = own | ({"holidays": {"country": country}} if country else {})
        return found

    def _platforms(self) -> list[Platform]:
        given = self.cleaned_data
        named = [(kind, given[f"platform_{kind}"], given[f"release_{kind}"]) for kind in Environment.Kind.values]
        return [Platform(kind, name, release) for kind, name, release in named if name]
