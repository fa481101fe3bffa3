"""The sentences of an explanation, by message id, in the reader's language and the contract's time zone."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.utils import translation
from django.utils.translation import get_language, gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from slas.engine import Step

DAY_PATTERN = "EEE d MMM y"
"""How every room writes a date: in receipts, mails and pages alike."""

MESSAGES = {
    "not_started": _("The clock has not started yet."),
    "event": _("It starts with the event of {event}."),
    "severity_changed": _("The severity changed; the time is counted again from the event of {event}."),
    "no_target": _("The contract sets no time for this severity."),
    "target": _("The contract gives {amount}."),
    "override": _("This figure was agreed for this contract: {reference}."),
    "days_as_hours": _("A day of support is {day} of opening time: {seconds} in all."),
    "next_day": _("Counting starts the day after the event: {start}."),
    "event_day_left_out": _("The day of the event does not count: counting starts {start}."),
    "event_hour_left_out": _("The hour of the event does not count: counting starts {start}."),
    "at_once": _("Counting starts with the event, to the second: {start}."),
    "opens": _("Support is closed then and opens next {start}."),
    "closed_days": _("Not worked in between: {days}."),
    "counted": _("From {start} to {end}: {seconds} counted, {total} so far."),
    "counted_more": _("{count} more stretches of opening time until {end}: {seconds} counted, {total} so far."),
    "paused": _("From {start} to {end} the answer of the customer was awaited: {seconds} deducted."),
    "held": _("From {start} to {end} support was on hold: {seconds} not counted."),
    "resolved_meanwhile": _("From {start} to {end} the {case} was resolved: {seconds} not counted."),
    "day_and_night": _("Hours count day and night, from {start} to {end}."),
    "rounded": _("A time in hours ends with the clock hour: {end} instead of {start}."),
    "reaches_business_days": _("The last business day counted is {day}."),
    "reaches_days": _("The last day counted is {day}."),
    "reaches_weeks": _("Weeks are seven days each: the last day is {day}."),
    "reaches_months": _("The same day of the month, or the last one where it is missing: {day}."),
    "rolled_over": _("{day} is not worked: the time runs on to the end of the next working day, {last}."),
    "month_rolled_over": _("That month has no such day: the time runs on to the end of {last}."),
    "extended": _("The {seconds} of waiting are added as opening time after {end}."),
    "pauses_do_not_count": _("Under this contract waiting for the customer does not stop the clock."),
    "waiting": _("The answer of the customer is awaited: there is no due time, and {seconds} remain."),
    "on_hold": _("Support is on hold: there is no due time, and {seconds} remain."),
    "due": _("Due {due}."),
    "met": _("Met {met}."),
    "met_late": _("Met late, {met}."),
    "breached": _("The time passed {due} without being met."),
    "cancelled": _("The clock was stopped {event}."),
    "excluded": _("The {case} is excluded from the service-level figures."),
}
"""Message id of ``slas.engine.explain`` → English sentence, which is also the key of its translation."""

ENDS = frozenset({"due", "end"})
"""Parameters that close a stretch of time: midnight is shown as 24:00 of the day before (R1)."""

DURATIONS = frozenset({"seconds", "total", "day"})


def render_step(step: Step, *, language: str, zone: ZoneInfo, case: str = "") -> str:
    """A step as a sentence in a language, with its instants on the clock of the contract's zone, named where due.

    ``case`` is what the contract calls a ticket; apart from any contract it has the product's own word.
    """
    with translation.override(language):
        values = {name: _value(name, value, step, zone) for name, value in step.params.items()}
        values["case"] = case or gettext("ticket")
        if step.message == "target":
            values["amount"] = amount_text(step.params)
        return str(MESSAGES[step.message]).format_map(values)


def amount_text(params: Mapping[str, object]) -> str:
    """An amount of time in the active language: ``4 business hours``."""
    amount = params["amount"]
    assert isinstance(amount, int)
    return UNITS[str(params["unit"])](amount)


UNITS: dict[str, Callable[[int], str]] = {
    "minutes": lambda n: ngettext("{n} minute, day and night", "{n} minutes, day and night", n).format(n=n),
    "business_minutes": lambda n: ngettext("{n} business minute", "{n} business minutes", n).format(n=n),
    "hours": lambda n: ngettext("{n} hour, day and night", "{n} hours, day and night", n).format(n=n),
    "business_hours": lambda n: ngettext("{n} business hour", "{n} business hours", n).format(n=n),
    "business_days": lambda n: ngettext("{n} business day", "{n} business days", n).format(n=n),
    "days": lambda n: ngettext("{n} day", "{n} days", n).format(n=n),
    "weeks": lambda n: ngettext("{n} week", "{n} weeks", n).format(n=n),
    "months": lambda n: ngettext("{n} month", "{n} months", n).format(n=n),
}


def instant_text(at: datetime, zone: ZoneInfo, *, ends: bool = False, named: bool = False) -> str:
    """An instant on the clock of a zone in the active language: ``Thu 12 Nov 2026, 13:00``.

    ``ends`` shows midnight as 24:00 of the day that it closes (R1); ``named`` adds the zone.
    """
    day = shown_day(at, zone, ends=ends)
    clock = clock_text(at, zone, ends=ends)
    text = pgettext("a day and a time of day", "{day}, {clock}").format(day=day_text(day), clock=clock)
    return f"{text} ({zone.key})" if named else text


def clock_text(at: datetime, zone: ZoneInfo, *, ends: bool = False) -> str:
    """The time of day on the clock of a zone: ``13:00``, with seconds where there are some; 24:00 for an end."""
    local = at.astimezone(zone)
    if ends and local.time() == time(0):
        return "24:00"
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def shown_day(at: datetime, zone: ZoneInfo, *, ends: bool = False) -> date:
    """The day to which an instant belongs: for an end at midnight, the day that it closes."""
    local = at.astimezone(zone)
    return local.date() - timedelta(ends and local.time() == time(0))


def _same_day(start: object, end: datetime, zone: ZoneInfo) -> bool:
    """Whether a stretch ends on the day on which it starts, so that its end needs no date."""
    return isinstance(start, datetime) and shown_day(start, zone) == shown_day(end, zone, ends=True)


def first_in_french(text: str, day: date, language: str) -> str:
    """A written date as French writes the first of a month.

    >>> first_in_french("ven. 1 mai 2026", date(2026, 5, 1), "fr")
    'ven. 1er mai 2026'
    """
    return text.replace("1 ", "1er ", 1) if day.day == 1 and language == "fr" else text


def day_text(day: date) -> str:
    """A date in the active language: ``Thu 12 Nov 2026``, ``jeu. 12 nov. 2026``."""
    language = "fr" if (get_language() or "").startswith("fr") else "en"
    return first_in_french(str(format_date(day, DAY_PATTERN, locale=language)), day, language)


def duration_text(seconds: int) -> str:
    """An amount of counted time: ``2 h 30 min``."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(hours, gettext("h")), (minutes, gettext("min")), (rest, gettext("s"))]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or gettext("no time")


def _value(name: str, value: object, step: Step, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        if name == "end" and _same_day(step.params.get("start"), value, zone):
            return clock_text(value, zone, ends=True)
        named = step.message in ("event", "due") and name == step.message
        return instant_text(value, zone, ends=name in ENDS, named=named)
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, tuple):
        shown = ", ".join(day_text(day) for day in value)
        return f"{shown} …" if len(value) < int(str(step.params.get("count", 0))) else shown
    if isinstance(value, int) and name in DURATIONS:
        return duration_text(value)
    return str(value)
