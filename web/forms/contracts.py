"""Forms of contracts: a decision on an amendment, and what to try out on past tickets."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contracts.terms import Terms, TermsError, parse_terms
from contracts.terms.source import MAX_BYTES, read_text
from slas.replay import Alternative
from web.forms.fields import BlockField, PickField

Choices = Sequence[tuple[str, str]]
APPROVE, DECLINE = "approve", "decline"
MOST_DAYS: Final = 400


class DecisionForm(forms.Form):
    """A side's word on an amendment."""

    amendment = forms.UUIDField(widget=forms.HiddenInput)
    action = forms.ChoiceField(choices=[(APPROVE, APPROVE), (DECLINE, DECLINE)], widget=forms.HiddenInput)
    reason = BlockField(label=_("Why you decline"), max_length=2_000, rows=3, required=False)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("action") == DECLINE and not given.get("reason") and "reason" not in self.errors:
            self.add_error("reason", gettext("Say why."))
        return given


class DayField(forms.DateField):
    """A calendar day."""

    def __init__(self, **options: Any):
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **options)


class DocumentInput(forms.FileInput):
    """A file that is read into the text area beside it."""

    def __init__(self) -> None:
        super().__init__(attrs={"accept": ".yaml,.yml,text/yaml"})


class WhatIfForm(forms.Form):
    """A period, and one thing to try out on it: a draft of the terms, closures, or another mapping of severities.

    ``alternative`` is what ``slas.replay`` takes, once the form is valid.
    """

    TERMS, DAYS, SEVERITIES = "terms", "days", "severities"

    first_day = DayField(label=_("From"))
    last_day = DayField(label=_("To"))
    what = forms.ChoiceField(
        label=_("What to try out"),
        choices=[
            (TERMS, _("A draft of the terms")),
            (DAYS, _("Further days on which support is closed")),
            (SEVERITIES, _("Other severities")),
        ],
        widget=forms.RadioSelect,
    )
    file = forms.FileField(label=_("Terms document (YAML)"), required=False, widget=DocumentInput)
    document = BlockField(label=_("or its text"), max_length=MAX_BYTES, rows=8, required=False)
    calendar = PickField(label=_("Calendar"), required=False)
    days = BlockField(label=_("Days, one on each line"), max_length=20_000, rows=4, required=False)
    outcomes_only = forms.BooleanField(label=_("Show only those that end up otherwise"), required=False)
    offset = forms.IntegerField(required=False, min_value=0, max_value=10_000_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, calendars: Choices = (), severities: Choices = (), **options: Any):
        super().__init__(*args, **options)
        self.alternative: Alternative | None = None
        self.problems: list[str] = []
        self.severity_fields = [f"severity_{code}" for code, _label in severities]
        self.fields["calendar"].choices = calendars  # type: ignore[attr-defined]
        for code, label in severities:
            same = [("", gettext("stays as it is")), *((key, text) for key, text in severities if key != code)]
            self.fields[f"severity_{code}"] = PickField(label=label, choices=same, required=False)

    @property
    def mapping(self) -> list[forms.BoundField]:
        """The fields of the severities."""
        return [self[name] for name in self.severity_fields]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        made = {self.TERMS: self._terms, self.DAYS: self._days, self.SEVERITIES: self._severities}
        if given.get("what") in made and not self.errors:
            try:
                self.alternative = made[given["what"]](given)
            except ValidationError as error:
                self.add_error(None, error)
        return given

    def document_text(self) -> str:
        """What was sent as the draft, from the file where there was one."""
        file = self.files.get("file") if self.is_bound else None
        if file is None:
            return str(self.cleaned_data.get("document") or "")
        if (file.size or 0) > MAX_BYTES:
            raise ValidationError({"file": gettext("This file is too large for a terms document.")})
        try:
            file.seek(0)
            return str(file.read().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ValidationError({"file": gettext("This is not a text in UTF-8.")}) from error

    def _terms(self, given: Mapping[str, Any]) -> Alternative:
        text = self.document_text()
        if not text.strip():
            raise ValidationError({"document": gettext("Choose the file of a terms document, or paste its text.")})
        assert isinstance(self.data, QueryDict)
        shown = self.data.copy()
        shown["document"] = text
        self.data = shown
        return Alternative(terms=self._parsed(text))

    def _parsed(self, text: str) -> Terms:
        try:
            document, lines = read_text(text, gettext("draft"))
            return parse_terms(document, gettext("draft"), lines)
        except TermsError as error:
            self.problems = [str(problem) for problem in error.problems]
            message = gettext("The draft is not valid: %(count)d problems.") % {"count": len(self.problems)}
            raise ValidationError({"document": message}) from error

    def _days(self, given: Mapping[str, Any]) -> Alternative:
        if not given.get("calendar"):
            raise ValidationError({"calendar": gettext("Choose a calendar.")})
        closures = [_closure(line) for line in given.get("days", "").splitlines() if line.strip()]
        if not closures:
            raise ValidationError({"days": gettext("Say which days change.")})
        if len(closures) > MOST_DAYS:
            raise ValidationError({"days": gettext("At most %(number)d lines.") % {"number": MOST_DAYS}})
        return Alternative(calendars={given["calendar"]: {"closures": closures}})

    def _severities(self, given: Mapping[str, Any]) -> Alternative:
        chosen = {name.removeprefix("severity_"): given[name] for name in self.severity_fields if given.get(name)}
        if not chosen:
            raise ValidationError({self.severity_fields[0]: gettext("Choose at least one severity that changes.")})
        return Alternative(severities=chosen)


def _closure(line: str) -> dict[str, str]:
    """``2026-12-24`` or ``2026-12-24 2026-12-31`` as a closure."""
    words = line.replace("–", " ").replace("/", " ").split()
    try:
        days = [date.fromisoformat(word) for word in words]
    except ValueError as error:
        raise ValidationError({"days": _wrong(line)}) from error
    if len(days) not in (1, 2) or days[-1] < days[0]:
        raise ValidationError({"days": _wrong(line)})
    return {"start": days[0].isoformat(), "end": days[-1].isoformat()}


def _wrong(line: str) -> str:
    told = {"line": line.strip()[:40]}
    return gettext("“%(line)s” is no day: write 2026-12-24, or 2026-12-24 2026-12-31 for several days.") % told
