"""Forms that propose an amendment of a contract and that announce days of its calendars. Both are looked at before they
are sent off: what was looked at is what is proposed, word for word.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contracts.amendments import MAX_NAME, MAX_REASON, MAX_REFERENCE
from web.forms.contracts import DayField
from web.forms.fields import BlockField, LineField, PickField
from web.forms.redraft_hours import hours_problem, spans_of
from web.forms.redrafts import Document, Group, redrafted

Choices = Sequence[tuple[str, str]]
MOST_OPENINGS: Final = 31
"""Days of an exceptional opening that one announcement may name."""
MARK: Final = 64


def mark_of(told: Any) -> str:
    """A digest by which a form knows what was looked at. It is no secret: the services check everything again.

    >>> mark_of({"b": 1, "a": date(2026, 1, 1)}) == mark_of({"a": date(2026, 1, 1), "b": 1})
    True
    """
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


class LookedAt(forms.Form):
    """A form with the mark of what its sender has looked at."""

    looked_at = forms.CharField(required=False, max_length=MARK, widget=forms.HiddenInput)

    def mark(self) -> str:
        """The mark of what the form says now. Only once it is valid."""
        return mark_of({name: value for name, value in self.cleaned_data.items() if name not in {"looked_at", "seen"}})

    def was_looked_at(self) -> bool:
        return bool(self.cleaned_data.get("looked_at") == self.mark())


class AmendmentForm(LookedAt):
    """What an amendment changes, from when, by which paper, and why. Fields of the parts hold what is in force on
    ``base_day``; ``seen`` is the mark of that, so that nobody writes over what was agreed meanwhile.
    """

    reference = LineField(label=_("Reference of the amendment"), max_length=MAX_REFERENCE)
    in_force_from = DayField(label=_("In force from"))
    in_force_until = DayField(label=_("Last day, if it has one"), required=False)
    reason = BlockField(label=_("Why, as both sides read it"), max_length=MAX_REASON, rows=3)
    terms = PickField(label=_("Version of the terms"), required=False)
    base_day = DayField(required=False)
    seen = forms.CharField(required=False, max_length=MARK, widget=forms.HiddenInput)

    def __init__(
        self, data: Any, *, groups: Sequence[Group], versions: Choices, seen: str, initial: dict[str, Any]
    ) -> None:
        held = {name: value for group in groups for part in group.parts for name, value in part.initial().items()}
        super().__init__(data, initial=held | {"seen": seen} | initial)
        self.groups, self._now = groups, seen
        self.fields["base_day"].widget = forms.HiddenInput()
        self.fields["terms"].choices = [("", gettext("stays as it is")), *versions]  # type: ignore[attr-defined]
        for part in self._parts():
            self.fields.update(part.fields())

    def _parts(self) -> list[Any]:
        return [part for group in self.groups for part in group.parts]

    def shown(self) -> list[tuple[Group, list[tuple[Any, list[forms.BoundField]]]]]:
        """The groups with their parts and the fields of each."""
        return [(one, [(part, [self[name] for name in part.names]) for part in one.parts]) for one in self.groups]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for part in self._parts():
            if not any(name in self.errors for name in part.names):
                self._look(part, given)
        if given.get("seen") and given["seen"] != self._now:
            self.add_error(None, gettext("Another amendment was agreed meanwhile. Look again at what holds now."))
        return given

    def _look(self, part: Any, given: dict[str, Any]) -> None:
        try:
            part.check(given)
        except ValidationError as error:
            self.add_error(None, error)

    def overrides(self, base: Document) -> Document:
        """``base`` with what was changed in the fields; each change has the amendment's reference."""
        return redrafted(self._parts(), self.cleaned_data, base, self.cleaned_data["reference"])

    def show_again(self, seen: str) -> None:
        """Let the form carry what holds now: whoever sends it again has seen it."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = seen
        self.data = data


class DaysForm(LookedAt):
    """Days on which support is closed, or open at other hours, for one contract or for all under its terms."""

    CLOSED, OPEN = "closed", "open"
    THIS, ALL = "this", "all"

    scope = forms.ChoiceField(label=_("For whom"), widget=forms.RadioSelect)
    calendar = PickField(label=_("Calendar"))
    what = forms.ChoiceField(
        label=_("What happens"),
        choices=[(CLOSED, _("Support is closed")), (OPEN, _("Support is open at these hours"))],
        widget=forms.RadioSelect,
    )
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day, if there are several"), required=False)
    hours = LineField(label=_("Hours of each of these days"), max_length=120, required=False)
    name = LineField(label=_("What these days are called"), max_length=MAX_NAME)
    reference = LineField(label=_("Reference of the decision"), max_length=MAX_REFERENCE)
    late_reason = BlockField(
        label=_("Why it is announced late, if it is"), max_length=MAX_REASON, rows=3, required=False
    )

    def __init__(self, *args: Any, scopes: Choices, calendars: Choices, **options: Any):
        super().__init__(*args, **options)
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]
        self.fields["calendar"].choices = calendars  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", gettext("It would end before it begins."))
        if given.get("what") == self.OPEN:
            self._look_at_openings(first, last, given)
        elif given.get("what") == self.CLOSED and given.get("hours"):
            self.add_error("hours", gettext("Leave the hours empty for days that are closed."))
        return given

    def _look_at_openings(self, first: date | None, last: date | None, given: dict[str, Any]) -> None:
        if "hours" not in self.errors and (problem := hours_problem(given.get("hours") or "")):
            self.add_error("hours", problem)
        if first and last and (last - first).days >= MOST_OPENINGS:
            self.add_error("last_day", gettext("At most %(n)d days at once.") % {"n": MOST_OPENINGS})

    @property
    def days(self) -> Document:
        """The days in the form of a calendar override. Only once the form is valid."""
        given = self.cleaned_data
        first, last = given["first_day"], given["last_day"] or given["first_day"]
        common = {"calendar": given["calendar"], "reference": given["reference"]}
        if given["what"] == self.CLOSED:
            return common | {"closures": [{"start": first.isoformat(), "end": last.isoformat()}]}
        dates = [first + timedelta(offset) for offset in range((last - first).days + 1)]
        hours = spans_of(given["hours"])
        return common | {"special_days": [{"date": day.isoformat(), "hours": hours} for day in dates]}
