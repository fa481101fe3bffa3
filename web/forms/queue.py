"""Forms around the queue: views that are kept, columns, and what a bulk act needs to know."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from lifecycle.bulk import Chosen
from lifecycle.inputs import MAX_BODY
from tickets.saved_views import MAX_NAME
from web.forms.acts import MAX_REASON
from web.forms.fields import LARGEST_VERSION, BlockField, LineField, PickField

PLACES: Final = 8
"""Columns that somebody may choose: more do not fit on a screen."""
MAX_QUERY: Final = 2_000
_CHOSEN: Final = re.compile(r"([A-Z0-9-]{1,24}):(\d{1,10})")
Choices = Iterable[tuple[str, Any]]


class ColumnsForm(forms.Form):
    """Columns in their order: one list for each place, so that the order needs no dragging."""

    def __init__(self, *args: Any, offered: Choices = (), chosen: Sequence[str] = (), **options: Any):
        super().__init__(*args, **options)
        choices = [("", _("Nothing")), *offered]
        for place in range(1, PLACES + 1):
            label = _("Column %(n)d") % {"n": place}
            initial = chosen[place - 1] if place <= len(chosen) else ""
            self.fields[f"column_{place}"] = PickField(label=label, choices=choices, required=False, initial=initial)

    @property
    def places(self) -> list[forms.BoundField]:
        return [self[f"column_{place}"] for place in range(1, PLACES + 1)]

    def columns(self) -> list[str]:
        """What was chosen, in order, each once."""
        found = (self.cleaned_data[f"column_{place}"] for place in range(1, PLACES + 1))
        return list(dict.fromkeys(code for code in found if code))


class PreferenceForm(ColumnsForm):
    """How somebody likes the queue."""

    opens_with = PickField(label=_("The queue opens with"))

    def __init__(self, *args: Any, views: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["opens_with"].choices = list(views)  # type: ignore[attr-defined]


class ViewForm(ColumnsForm):
    """A view: its name, its filters as the address of the queue tells them, its columns, and whose it is."""

    name = LineField(label=_("Name of the view"), max_length=MAX_NAME)
    filters = forms.CharField(required=False, max_length=MAX_QUERY, widget=forms.HiddenInput)
    is_shared = forms.BooleanField(label=_("Share it with everybody of the desk"), required=False)


class AssignEachForm(forms.Form):
    """Who gets them."""

    assignee = PickField(label=_("Assign to"))

    def __init__(self, *args: Any, people: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["assignee"].choices = [("", _("Choose…")), *people]  # type: ignore[attr-defined]


class TeamEachForm(forms.Form):
    """Which team gets them, or who of it."""

    team = PickField(label=_("Give to a team"))

    def __init__(self, *args: Any, teams: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["team"].choices = [("", _("Choose…")), *teams]  # type: ignore[attr-defined]


class SeverityEachForm(forms.Form):
    """The severity that they get, and why (R18)."""

    severity = PickField(label=_("New severity"))
    reason_code = PickField(label=_("Reason"))
    reason = BlockField(label=_("Explanation, as both sides read it"), max_length=MAX_REASON, rows=3)

    def __init__(self, *args: Any, severities: Choices = (), reasons: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["severity"].choices = [("", _("Choose…")), *severities]  # type: ignore[attr-defined]
        self.fields["reason_code"].choices = [("", _("Choose…")), *reasons]  # type: ignore[attr-defined]


class ResolveEachForm(forms.Form):
    """One resolution for all of them."""

    resolution_type = PickField(label=_("Kind of resolution"))
    body = BlockField(label=_("Resolution, as the customer reads it"), max_length=MAX_BODY)

    def __init__(self, *args: Any, resolution_types: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["resolution_type"].choices = [("", _("Choose…")), *resolution_types]  # type: ignore[attr-defined]


def read_chosen(values: Iterable[str]) -> list[Chosen] | None:
    """The rows that were chosen, each once; None where something is not what a row sends."""
    found: dict[str, Chosen] = {}
    for value in values:
        match = _CHOSEN.fullmatch(value)
        if match is None or int(match[2]) > LARGEST_VERSION:
            return None
        found[match[1]] = Chosen(match[1], int(match[2]))
    return list(found.values())
