"""Business time the slow way: look at the wall clock, quarter of an hour by quarter of an hour.

Written from the clauses and apart from the engine, of which it uses nothing: a calendar here is a zone, a week of
``(opens, closes)`` minutes and a set of closed dates. It serves zones whose offsets are whole quarters of an hour and
hours that begin and end on one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

GRAIN = 900
FAR = 400 * 86_400
BY_CLOCK = {"hours": 3600, "minutes": 60}
"""Units that run day and night, in seconds."""

Pauses = list[tuple[int, int | None]]


@dataclass(frozen=True)
class Week:
    zone: str
    minutes: tuple[tuple[tuple[int, int], ...], ...]
    closed: frozenset[date]

    def local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(self.zone))

    def is_open(self, at: int) -> bool:
        local = self.local(at)
        minute = local.hour * 60 + local.minute
        hours = () if local.date() in self.closed else self.minutes[local.weekday()]
        return any(opens <= minute < closes for opens, closes in hours)

    def works(self, day: date) -> bool:
        return bool(self.minutes[day.weekday()]) and day not in self.closed

    def midnight(self, day: date) -> int:
        """The first instant of a date, found by walking to it."""
        at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - 86_400
        while self.local(at).date() < day:
            at += GRAIN
        return at


@dataclass(frozen=True)
class Union:
    """Weeks in several zones, open when one of them is; days are those of the first."""

    weeks: tuple[Week, ...]

    def local(self, at: int) -> datetime:
        return self.weeks[0].local(at)

    def is_open(self, at: int) -> bool:
        return any(week.is_open(at) for week in self.weeks)

    def works(self, day: date) -> bool:
        return self.weeks[0].works(day)


def paused_at(pauses: Pauses, at: int) -> bool:
    return any(start <= at and (end is None or at < end) for start, end in pauses)


def pieces(start: int, end: int, pauses: Pauses) -> list[tuple[int, int]]:
    """The time between two instants cut at every quarter of an hour and at every pause."""
    cuts = {start, end, *range(start - start % GRAIN + GRAIN, end, GRAIN)}
    cuts |= {point for pause in pauses for point in pause if point is not None and start < point < end}
    ordered = sorted(cuts)
    return list(zip(ordered, ordered[1:], strict=False))


def elapsed(week: Week | Union, start: int, end: int, pauses: Pauses = ()) -> int:  # type: ignore[assignment]
    return sum(b - a for a, b in pieces(start, end, pauses) if week.is_open(a) and not paused_at(pauses, a))


def paused_opening(week: Week, start: int, end: int, pauses: Pauses) -> int:
    return sum(b - a for a, b in pieces(start, end, pauses) if week.is_open(a) and paused_at(pauses, a))


def add(week: Week | Union, start: int, seconds: int, horizon: int = FAR) -> int | None:
    """Where an amount of opening time ends; None when the horizon comes first."""
    if seconds == 0:
        return start
    at, stop = start, start + horizon
    while at < stop:
        ahead = at - at % GRAIN + GRAIN
        if week.is_open(at):
            if seconds <= ahead - at:
                return at + seconds
            seconds -= ahead - at
        at = ahead
    return None


def subtract(week: Week, end: int, seconds: int, horizon: int = FAR) -> int | None:
    if seconds == 0:
        return end
    at, stop = end, end - horizon
    while at > stop:
        behind = at - (at % GRAIN or GRAIN)
        if week.is_open(behind):
            if seconds <= at - behind:
                return at - seconds
            seconds -= at - behind
        at = behind
    return None


def nth_working_day(week: Week | Union, day: date, count: int, step: int = 1) -> date:
    while count:
        day += timedelta(step)
        count -= week.works(day)
    return day


def same_number(day: date, months: int) -> date | None:
    index = day.year * 12 + day.month - 1 + months
    try:
        return date(index // 12, index % 12 + 1, day.day)
    except ValueError:
        return None


def last_of_month(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months + 1
    return date(index // 12, index % 12 + 1, 1) - timedelta(1)


def end_of_hour(week: Week, at: int) -> int:
    """The next stroke of an hour on the local clock, found by walking to it."""
    at -= at % GRAIN
    while True:
        at += GRAIN
        if week.local(at).minute == 0:
            return at


def limit(
    week: Week, rules: str, unit: str, amount: int, event: int, *, day_after: bool = False, standard: int = 0
) -> tuple[int, int]:
    """Where counting starts and where it ends when nothing pauses it, clause by clause."""
    today = week.local(event).date()
    tomorrow = week.midnight(today + timedelta(1))
    if unit in BY_CLOCK or unit in ("business_hours", "business_minutes") or rules == "opening":
        start = tomorrow if day_after else end_of_hour(week, event) if rules == "mega" else event
        seconds = amount * (standard if unit == "business_days" else 60 if unit.endswith("minutes") else 3600)
        end = start + seconds if unit in BY_CLOCK else add(week, start, seconds)
        assert end is not None
        if rules == "mega" and (week.local(end).minute or week.local(end).second):
            end = end_of_hour(week, end)
        return start, end
    if unit == "business_days":
        last = nth_working_day(week, today, amount)
    elif unit == "months":
        found = same_number(today, amount)
        last = found or last_of_month(today, amount)
        if found is None and rules == "mega":
            last += timedelta(1)
            while last.weekday() == 6 or last in week.closed:
                last += timedelta(1)
    else:
        last = today + timedelta(amount * (7 if unit == "weeks" else 1))
        while rules == "mega" and not week.works(last):
            last += timedelta(1)
    return tomorrow, week.midnight(last + timedelta(1))


def paused_due(week: Week, start: int, end: int, pauses: Pauses, count: Callable[[int, int], int] | None = None) -> int:
    """The due time moved, again and again, by the opening time paused before it as moved so far (R11)."""
    due = end
    while True:
        paused = paused_opening(week, start, due, pauses)
        if paused == 0:
            return end
        # The time up to the base is counted again after it, hour for hour.
        owed = elapsed(week, start, end) + paused
        moved = add(week, start, owed)
        assert moved is not None
        if moved == due:
            return due
        due = moved
