"""Limits: an amount, a unit and the rules by which a contract counts (CLAUSES of computation, R1 to R10)."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from slas.engine.calendar import Calendar
from slas.engine.errors import BadAmount, BadUnit, OutsideCalendar
from slas.engine.instants import HOUR, MINUTE, from_seconds, hour_end, rounded_up_to_hour, to_seconds
from slas.engine.pauses import Due, EverySecond, Meter, Pause, moved

MAX_AMOUNT = 1_000_000


class Rules(StrEnum):
    """How a contract counts: MEGA's computation clause, opening time to the second (R8, R9), or timers (R10)."""

    MEGA = "mega"
    OPENING = "opening"
    TIMER = "timer"


class Unit(StrEnum):
    HOURS = "hours"
    BUSINESS_HOURS = "business_hours"
    BUSINESS_DAYS = "business_days"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    MINUTES = "minutes"
    BUSINESS_MINUTES = "business_minutes"


class MonthRollover(StrEnum):
    """On which day a limit ends whose month lacks the day number (R5)."""

    OUVRABLE = "ouvrable"
    OUVRE = "ouvre"


UNITS: dict[Rules, tuple[Unit, ...]] = {
    Rules.MEGA: (Unit.HOURS, Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS, Unit.DAYS, Unit.WEEKS, Unit.MONTHS),
    Rules.OPENING: (Unit.MINUTES, Unit.BUSINESS_MINUTES, Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS),
    Rules.TIMER: (Unit.MINUTES, Unit.HOURS, Unit.DAYS, Unit.BUSINESS_DAYS, Unit.MONTHS),
}
CLOCK_SECONDS = {Unit.MINUTES: MINUTE, Unit.HOURS: HOUR}
"""Units that count day and night, in seconds."""
OPENING_SECONDS = {Unit.BUSINESS_MINUTES: MINUTE, Unit.BUSINESS_HOURS: HOUR}
"""Units that count opening time, in seconds."""

EVERY_SECOND = EverySecond()


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time under some rules.

    ``day_after`` lets the counting start at 00:00 of the day after the event (R2); rules that already leave out the
    day of the event do not leave out another one. ``clause`` is where the figure stands, ``reference`` the paper by
    which a contract changed it (R17). Raises BadAmount and BadUnit.
    """

    amount: int
    unit: Unit
    rules: Rules
    day_after: bool = False
    month_rollover: MonthRollover = MonthRollover.OUVRABLE
    clause: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise BadAmount("an amount of time is a whole number")
        if self.amount < 0:
            raise BadAmount("an amount of time cannot be negative")
        if self.amount > MAX_AMOUNT:
            raise BadAmount(f"an amount of time is at most {MAX_AMOUNT}")
        if self.unit not in UNITS[self.rules]:
            allowed = ", ".join(UNITS[self.rules])
            raise BadUnit(f"{self.unit} is not a unit of the rules {self.rules}: use {allowed}")


@dataclass(frozen=True, slots=True)
class Window:
    """A limit laid on a calendar: counted from ``start``, ending at ``base`` when nothing pauses it (seconds).

    ``last_day`` is the day on whose 24:00 a limit in days ends; ``nominal_day`` the one before a roll-over;
    ``unrounded`` the instant before R4, each only where it differs.
    """

    event: int
    start: int
    base: int
    meter: Meter
    last_day: date | None = None
    nominal_day: date | None = None
    unrounded: int | None = None


def window(limit: Limit, calendar: Calendar, event: int) -> Window:
    """Where a limit that starts with an event (seconds since 1970) begins to count, and where it ends."""
    if (one := CLOCK_SECONDS.get(limit.unit)) is not None:
        start = _hours_start(limit, calendar, event)
        return _rounded(limit, calendar, Window(event, start, start + limit.amount * one, EVERY_SECOND))
    if (one := OPENING_SECONDS.get(limit.unit)) is not None:
        start = _hours_start(limit, calendar, event)
        return _rounded(limit, calendar, Window(event, start, calendar.add_s(start, limit.amount * one), calendar))
    if limit.rules == Rules.OPENING:
        start = _hours_start(limit, calendar, event)
        seconds = limit.amount * calendar.spec.standard_seconds
        return Window(event, start, calendar.add_s(start, seconds), calendar)
    event_day = calendar.date_of(event)
    nominal, last = _last_day(limit, calendar, event_day)
    return Window(
        event,
        calendar.end_of(event_day),
        calendar.end_of(last),
        calendar,
        last_day=last,
        nominal_day=nominal if nominal != last else None,
    )


def due(
    limit: Limit, calendar: Calendar, event: datetime, pauses: Sequence[Pause] = (), *, backwards: bool = False
) -> Due:
    """When a limit ends that starts with an event, or by when to act for one that leads to it (R6b).

    Backward limits cannot be paused. Raises every EngineError.
    """
    seconds = to_seconds(event)
    calendar.date_of(seconds)
    if backwards:
        return Due(latest(limit, calendar, seconds), None)
    laid = window(limit, calendar, seconds)
    return moved(laid.meter, laid.start, laid.base, pauses)


def presented(day: date, calendar: Calendar) -> datetime:
    """The event of a registered letter: the first second of the date on which it was first presented.

    What counts is that date, whoever took the letter and when (``HOP-17``, ``HOP-18``). A limit that starts with it
    counts from the day after. A letter that must come in time is in time when this instant lies before the latest one.
    """
    return from_seconds(calendar.start_of(day))


def latest(limit: Limit, calendar: Calendar, event: int) -> int:
    """The last instant in time for an act that must come this much before an event (R6b).

    Hours are exact; opening time counts back to the second; days and longer fall at 24:00 of a day, whatever weekday
    it is, and a month without the day number on its last day.
    """
    if (one := CLOCK_SECONDS.get(limit.unit)) is not None:
        return event - limit.amount * one
    if (one := OPENING_SECONDS.get(limit.unit)) is not None:
        return calendar.subtract_s(event, limit.amount * one)
    if limit.rules == Rules.OPENING:
        return calendar.subtract_s(event, limit.amount * calendar.spec.standard_seconds)
    day = calendar.date_of(event)
    if limit.unit == Unit.BUSINESS_DAYS:
        return calendar.end_of(calendar.working_day_before(day, limit.amount))
    if limit.unit == Unit.MONTHS:
        return calendar.end_of(_month_day(day, -limit.amount)[0])
    return calendar.end_of(_shifted(day, -limit.amount * (7 if limit.unit == Unit.WEEKS else 1)))


def _hours_start(limit: Limit, calendar: Calendar, event: int) -> int:
    """Where counting in hours begins: the next day (R2), after the clock hour of the event, or with the event (R8)."""
    if limit.day_after:
        return calendar.end_of(calendar.date_of(event))
    return hour_end(event, calendar.zone) if limit.rules == Rules.MEGA else event


def _rounded(limit: Limit, calendar: Calendar, laid: Window) -> Window:
    """Under MEGA's rules hours end at the end of the clock hour (R4)."""
    base = rounded_up_to_hour(laid.base, calendar.zone) if limit.rules == Rules.MEGA else laid.base
    if base == laid.base:
        return laid
    return Window(laid.event, laid.start, base, laid.meter, unrounded=laid.base)


def _last_day(limit: Limit, calendar: Calendar, event_day: date) -> tuple[date, date]:
    """The day that the count reaches, and the day on which the limit ends after any roll-over."""
    if limit.unit == Unit.BUSINESS_DAYS:
        day = calendar.working_day_after(event_day, limit.amount)
        return day, day
    if limit.unit == Unit.MONTHS:
        return _last_day_of_months(limit, calendar, event_day)
    day = _shifted(event_day, limit.amount * (7 if limit.unit == Unit.WEEKS else 1))
    if limit.rules == Rules.TIMER or calendar.is_working_day(day):
        return day, day
    return day, calendar.working_day_after(day, 1)


def _last_day_of_months(limit: Limit, calendar: Calendar, event_day: date) -> tuple[date, date]:
    day, has_number = _month_day(event_day, limit.amount)
    if has_number or limit.rules == Rules.TIMER:
        return day, day
    if limit.month_rollover == MonthRollover.OUVRE:
        return day, calendar.working_day_after(day, 1)
    following = _shifted(day, 1)
    while not calendar.is_ouvrable(following):
        following = _shifted(following, 1)
    return day, following


def _month_day(day: date, months: int) -> tuple[date, bool]:
    """The same day number some months away, or the last day of that month and False where it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month0 + 1)[1]
    try:
        return date(year, month0 + 1, min(day.day, last)), day.day <= last
    except ValueError as error:
        raise OutsideCalendar(f"{months} months from {day} is outside every calendar") from error


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days)
    except OverflowError as error:
        raise OutsideCalendar(f"{days} days from {day} is outside every calendar") from error
