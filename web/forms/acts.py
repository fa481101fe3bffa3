"""Forms of the acts on a ticket. Names of fields are those of the services; limits are told before they are met."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from lifecycle.services import MAX_BODY
from tickets.models import WorkaroundKind
from web.forms.fields import BlockField, PickField, VersionField
from web.forms.uploads import FilesForm

MAX_REASON: Final = 2_000
Choices = Iterable[tuple[str, str]]


class MessageForm(FilesForm):
    """A message with files: an answer, a private note, a question to the customer. ``seen`` is the version of the
    ticket that its writer has before him."""

    body = BlockField(label=_("Message"), max_length=MAX_BODY)
    seen = VersionField()


class CallForm(forms.Form):
    """What was said on the telephone; both sides read it."""

    body = BlockField(label=_("Summary of the call"), max_length=MAX_BODY)


class PlanForm(forms.Form):
    """The action plan, and the version of the one that its writer saw."""

    body = BlockField(label=_("Action plan, as both sides read it"), max_length=MAX_BODY, rows=10)
    expected_plan = VersionField()


class ResolveForm(forms.Form):
    """A resolution of one of the contract's types, what it is, and how it goes on if the contract has several ways."""

    step = PickField(label=_("How it goes on"))
    resolution_type = PickField(label=_("Kind of resolution"))
    body = BlockField(label=_("Resolution, as the customer reads it"), max_length=MAX_BODY)
    expected_version = VersionField()

    def __init__(self, *args: Any, resolution_types: Choices = (), steps: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["resolution_type"].choices = [("", _("Choose…")), *resolution_types]  # type: ignore[attr-defined]
        ways = list(steps)
        self.fields["step"].choices = [("", _("Choose…")), *ways]  # type: ignore[attr-defined]
        if len(ways) < 2:
            del self.fields["step"]


class WorkaroundForm(MessageForm):
    """A workaround that the customer can accept or decline; a final one says what kind of resolution it will be."""

    seen = None  # type: ignore[assignment]
    kind = PickField(label=_("Final or provisional?"), choices=[("", _("Choose…")), *WorkaroundKind.choices])
    resolution_type = PickField(label=_("Kind of resolution, for a final one"), required=False)

    def __init__(self, *args: Any, resolution_types: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["resolution_type"].choices = [("", _("Choose…")), *resolution_types]  # type: ignore[attr-defined]


class AcceptWorkaroundForm(forms.Form):
    """The workaround on offer is accepted."""

    expected_version = VersionField()


class DeclineWorkaroundForm(forms.Form):
    """Why the workaround on offer is not enough."""

    body = BlockField(label=_("Why is it not enough?"), max_length=MAX_BODY, rows=4)
    expected_version = VersionField()


class StepForm(forms.Form):
    """A step of the contract's own workflow. Which ones there are, the service knows."""

    step = forms.SlugField(max_length=40, widget=forms.HiddenInput)
    expected_version = VersionField()


class ReopenForm(forms.Form):
    """Why the resolution does not hold."""

    body = BlockField(label=_("What is still wrong?"), max_length=MAX_BODY, rows=4)
    expected_version = VersionField()


class CloseForm(forms.Form):
    """The resolution is accepted."""

    expected_version = VersionField()


class AssignForm(forms.Form):
    """Somebody of the desk."""

    assignee = PickField(label=_("Assign to"))
    expected_version = VersionField()

    def __init__(self, *args: Any, people: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["assignee"].choices = [("", _("Choose…")), *people]  # type: ignore[attr-defined]


class TeamForm(forms.Form):
    """A team, or somebody of one."""

    team = PickField(label=_("Give to a team"))
    expected_version = VersionField()

    def __init__(self, *args: Any, teams: Sequence[tuple[str, Any]] = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["team"].choices = [("", _("Choose…")), *teams]  # type: ignore[attr-defined]


class SeverityForm(forms.Form):
    """A severity change and its reason (R18)."""

    severity = PickField(label=_("New severity"))
    reason_code = PickField(label=_("Reason"))
    reason = BlockField(label=_("Explanation, as both sides read it"), max_length=MAX_REASON, rows=3)
    expected_version = VersionField()

    def __init__(self, *args: Any, severities: Choices = (), reasons: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["severity"].choices = [("", _("Choose…")), *severities]  # type: ignore[attr-defined]
        self.fields["reason_code"].choices = [("", _("Choose…")), *reasons]  # type: ignore[attr-defined]


class HoldForm(forms.Form):
    """Support withheld, for one of the contract's reasons (GEN-8)."""

    reason_code = PickField(label=_("Reason of the contract"))
    reason = BlockField(label=_("Explanation, as both sides read it"), max_length=MAX_REASON, rows=3)
    expected_version = VersionField()

    def __init__(self, *args: Any, reasons: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.fields["reason_code"].choices = [("", _("Choose…")), *reasons]  # type: ignore[attr-defined]


class ReleaseForm(forms.Form):
    """Support given again."""

    reason = BlockField(label=_("Why support goes on, as both sides read it"), max_length=MAX_REASON, rows=3)
    expected_version = VersionField()


def split_severity(value: str) -> tuple[str, str]:
    """``no_access:platform_down`` → severity and kind.

    >>> split_severity("no_access:platform_down"), split_severity("critical")
    (('no_access', 'platform_down'), ('critical', ''))
    """
    severity, _colon, kind = value.partition(":")
    return severity, kind


def join_severity(severity: str, kind: str) -> str:
    """The inverse of :func:`split_severity`."""
    return f"{severity}:{kind}" if kind else severity


def show_errors(form: forms.Form, refused: Invalid, renamed: Mapping[str, str] | None = None) -> None:
    """Put the errors of a service beside the fields of the form; what has no visible field stands above it."""
    visible = {bound.name for bound in form.visible_fields()}
    for name, messages in refused.errors.items():
        place = (renamed or {}).get(name, name)
        _add(form, place if place in visible else None, messages)


def _add(form: forms.Form, place: str | None, messages: Sequence[str]) -> None:
    known = set(form.errors.get(place or NON_FIELD_ERRORS, ()))
    for message in messages:
        if message not in known:
            form.add_error(place, message)
