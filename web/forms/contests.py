"""Forms of exclusions and contests."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from web.forms.acts import MAX_REASON, Choices
from web.forms.fields import BlockField, PickField

LOCAL = "%Y-%m-%dT%H:%M"
_CHOOSE = ("", _("Choose…"))


class InstantField(forms.DateTimeField):
    """A date and a time of day on the reader's clock; one that his clocks skip or show twice is refused."""

    def __init__(self, **options: Any):
        widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})
        super().__init__(required=False, widget=widget, **options)


class ContestForm(forms.Form):
    """What every contest has: what it is about, and why."""

    about = forms.CharField(max_length=10, widget=forms.HiddenInput)
    reason = BlockField(label=_("Why, as both sides read it"), max_length=MAX_REASON, rows=3)
    blank: ClassVar[list[Any]] = [_CHOOSE]
    field_order = ("about",)

    def __init__(self, *args: Any, entries: Choices = (), severities: Choices = (), **options: Any):
        super().__init__(*args, **options)
        entry = self.fields.get("entry")
        if isinstance(entry, PickField):
            entry.choices = [*self.blank, *entries]
        if "severity" in self.fields:
            self.fields["severity"].choices = [_CHOOSE, *severities]  # type: ignore[attr-defined]
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])


class ContestPauseForm(ContestForm):
    """A wait that was recorded, to be taken out or given other bounds; or one that is missing."""

    blank: ClassVar[list[Any]] = [("", _("One that is not recorded"))]
    entry = PickField(label=_("Which wait"), required=False)
    starts_at = InstantField(label=_("It should begin"))
    ends_at = InstantField(label=_("It should end"))


class ContestSeverityForm(ContestForm):
    """A severity that was set, and the one that it should have been."""

    entry = PickField(label=_("Which severity"))
    severity = PickField(label=_("What it should be"))


class ContestExclusionForm(ContestForm):
    """The exclusion that holds, to be taken back as if it had never been."""

    entry = forms.UUIDField(widget=forms.HiddenInput)


class AcceptContestForm(forms.Form):
    """Agreement to a contest of the other side."""

    contest = forms.UUIDField(widget=forms.HiddenInput)


class DeclineContestForm(forms.Form):
    """Why a contest of the other side is not agreed to."""

    contest = forms.UUIDField(widget=forms.HiddenInput)
    reason = BlockField(label=_("Why you do not agree"), max_length=MAX_REASON, rows=3)


class ExcludeForm(forms.Form):
    """Out of the service-level figures, for one of the contract's reasons and with the evidence."""

    reason_code = PickField(label=_("Reason of the contract"))
    evidence = BlockField(label=_("Evidence, as both sides read it"), max_length=MAX_REASON, rows=3)

    def __init__(self, *args: Any, reasons: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["reason_code"].choices = [_CHOOSE, *reasons]  # type: ignore[attr-defined]


class ReinstateForm(forms.Form):
    """Into the service-level figures again."""

    reason = BlockField(label=_("Why it counts again"), max_length=MAX_REASON, rows=3)
