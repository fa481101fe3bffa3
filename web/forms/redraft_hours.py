"""The hours of a calendar as an amendment changes them, and hours as people type them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from contracts.terms import CalendarTerms
from contracts.terms.calendars import opens, week_problems
from contracts.terms.diff_words import DAYS as DAY_WORDS
from contracts.terms.model import Label, Week
from contracts.terms.overrides import Overrides
from web.forms.fields import LineField

Document = dict[str, Any]
Given = Mapping[str, Any]
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)")


class HoursPart:
    """The opening hours of a calendar, day by day, and whether it stays open on public holidays."""

    def __init__(self, calendar: CalendarTerms, own: Overrides, language: str):
        self.calendar = calendar
        self.title = calendar.label.text(language)
        self.now = ""
        self._week = own.weekly(calendar.code) or calendar.weekly
        self._open = any(item.open_on_holidays for item in own.calendars if item.calendar == calendar.code)
        self._language = language
        self._stem = f"hours_{calendar.code}"

    @property
    def names(self) -> list[str]:
        return [*self._days, *([self._holidays] if self.calendar.holidays else [])]

    @property
    def _days(self) -> list[str]:
        return [f"{self._stem}_{day}" for day in DAYS]

    @property
    def _holidays(self) -> str:
        return f"holidays_{self.calendar.code}"

    def fields(self) -> dict[str, forms.Field]:
        found: dict[str, forms.Field] = {
            name: LineField(label=self._day(day), max_length=120, required=False) for name, day in self._pairs()
        }
        if self.calendar.holidays:
            found[self._holidays] = forms.BooleanField(label=gettext("Open on public holidays too"), required=False)
        return found

    def _day(self, day: str) -> str:
        text = Label(*DAY_WORDS[day]).text(self._language)
        return text[:1].upper() + text[1:]

    def initial(self) -> dict[str, Any]:
        found: dict[str, Any] = {name: ", ".join(getattr(self._week, day)) for name, day in self._pairs()}
        return found | ({self._holidays: self._open} if self.calendar.holidays else {})

    def _pairs(self) -> list[tuple[str, str]]:
        return list(zip(self._days, DAYS, strict=True))

    def check(self, given: Given) -> None:
        errors = {}
        for name in self._days:
            typed = given.get(name) or ""
            if typed.strip() and (problem := hours_problem(typed)):
                errors[name] = problem
        if not errors and not opens(self._typed(given)):
            errors[self._days[0]] = gettext("Give the hours of at least one day.")
        if errors:
            raise ValidationError(errors)

    def _typed(self, given: Given) -> Week:
        return Week(**{day: tuple(spans_of(given.get(name) or "")) for name, day in self._pairs()})

    def put(self, given: Given, draft: Document, reference: str) -> None:
        """The days that the calendar gained stay; only its week and its holidays are written anew."""
        rows = [
            _without_hours(row) if row["calendar"] == self.calendar.code else row for row in draft.get("calendars", ())
        ]
        kept = [row for row in rows if row.keys() - {"calendar", "reference"}]
        week = self._typed(given)
        fresh: Document = {}
        if week != self.calendar.weekly:
            fresh["weekly"] = {day: list(getattr(week, day)) for day in DAYS if getattr(week, day)}
        if given.get(self._holidays):
            fresh["open_on_holidays"] = True
        if fresh:
            kept.append({"calendar": self.calendar.code, "reference": reference} | fresh)
        place(draft, "calendars", kept)


def hours_problem(text: str) -> str:
    """What is wrong with the hours of a day as somebody typed them; empty where nothing is."""
    spans = spans_of(text)
    if not spans or not all(map(_SPAN.fullmatch, spans)):
        return gettext("Write hours as 09:00-18:00, with a comma between two; leave empty where closed.")
    if list(week_problems(Week(mon=tuple(spans)), ())):
        return gettext("These hours are too many, overlap, or end before they start.")
    return ""


def spans_of(text: str) -> list[str]:
    """``09:00–12:00, 14:00-18:00`` as the terms write it."""
    tidy = re.sub(r"\s*[-–]\s*", "-", text)
    return [span for span in re.split(r"[,;\s]+", tidy.strip()) if span]


def _without_hours(row: Document) -> Document:
    return {key: value for key, value in row.items() if key not in {"weekly", "open_on_holidays"}}


def place(draft: Document, section: str, rows: list[Document]) -> None:
    """A section of the set with these entries; one without any is left out."""
    if rows:
        draft[section] = rows
    else:
        draft.pop(section, None)
