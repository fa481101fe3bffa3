"""Checks of a calendar: a zone and holidays that exist, hours in order, and some opening in every year."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from contracts.terms.errors import Path, Problem
from contracts.terms.model import CalendarTerms, Closure, Day, PublicHolidays, SpecialDay, Week

MOST_HOURS = 8
"""Opening hours that one day may have; the computation takes no more either."""
LONGEST_CLOSURE = 366
"""Days; longer ones would be another calendar."""


def calendar_problems(calendar: CalendarTerms, path: Path) -> Iterator[Problem]:
    """What is wrong with a calendar by itself."""
    yield from zone_problems(calendar.zone, (*path, "zone"))
    if calendar.holidays is not None:
        yield from place_problems(calendar.holidays, (*path, "holidays"))
    yield from week_problems(calendar.weekly, (*path, "weekly"))
    if calendar.from_contract:
        if opens(calendar.weekly):
            yield Problem((*path, "weekly"), "has hours although from_contract leaves them to the contract: keep one")
    elif not opens(calendar.weekly):
        yield Problem((*path, "weekly"), "never opens: give the hours of at least one day")
    days = list(day_problems(calendar.closures, calendar.special_days, path))
    yield from days
    if not days and opens(calendar.weekly):
        yield from _shut_years(calendar, path)


def zone_problems(zone: str, path: Path) -> Iterator[Problem]:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, LookupError):
        yield Problem(path, f"unknown time zone {zone!r}: use an IANA name such as Europe/Paris")


def place_problems(whose: PublicHolidays, path: Path) -> Iterator[Problem]:
    """A country, and a part of it, must be one whose public holidays are known."""
    supported = _supported()
    if whose.country not in supported:
        yield Problem((*path, "country"), f"no holidays are known for {whose.country}: use an ISO code such as FR")
    elif whose.subdivision is not None and whose.subdivision not in supported[whose.country]:
        allowed = ", ".join(supported[whose.country]) or "none"
        message = f"{whose.subdivision} is no part of {whose.country} whose holidays are known: use {allowed}"
        yield Problem((*path, "subdivision"), message)


@cache
def _supported() -> dict[str, list[str]]:
    return holidays.list_supported_countries()


def opens(week: Week) -> bool:
    """Whether a week has any opening hours."""
    return any(getattr(week, field.name) for field in fields(week))


def week_problems(week: Week, path: Path) -> Iterator[Problem]:
    for field in fields(week):
        yield from _hours(getattr(week, field.name), (*path, field.name))


def day_problems(closures: Sequence[Closure], special_days: Sequence[SpecialDay], path: Path) -> Iterator[Problem]:
    """What is wrong with the days that depart from the week."""
    seen: set[Day] = set()
    for index, special in enumerate(special_days):
        place = (*path, "special_days", index)
        yield from _hours(special.hours, (*place, "hours"))
        if special.date in seen:
            yield Problem((*place, "date"), f"{special.date} stands here twice")
        seen.add(special.date)
    for index, closure in enumerate(closures):
        start, end = date.fromisoformat(closure.start), date.fromisoformat(closure.end)
        if end < start:
            yield Problem((*path, "closures", index), "ends before it starts")
        elif (end - start).days >= LONGEST_CLOSURE:
            yield Problem((*path, "closures", index), f"lasts longer than {LONGEST_CLOSURE} days")


def _hours(hours: Sequence[str], path: Path) -> Iterator[Problem]:
    if len(hours) > MOST_HOURS:
        yield Problem((*path, MOST_HOURS), f"a day has at most {MOST_HOURS} opening hours, not {len(hours)}")
    previous = ""
    for index, span in enumerate(hours):
        start, end = span.split("-")
        if end <= start:
            yield Problem((*path, index), f"{span} ends before it starts")
        if start < previous:
            yield Problem((*path, index), f"{span} begins before the hours in front of it end")
        previous = end


def _shut_years(calendar: CalendarTerms, path: Path) -> Iterator[Problem]:
    """Years in which the closures of the calendar itself leave no day open."""
    closed = {date.fromisoformat(day) for day in calendar.days_off}
    for closure in calendar.closures:
        start, end = date.fromisoformat(closure.start), date.fromisoformat(closure.end)
        closed.update(start + timedelta(days) for days in range((end - start).days + 1))
    special = {date.fromisoformat(day.date): bool(day.hours) for day in calendar.special_days}
    week = [bool(getattr(calendar.weekly, field.name)) for field in fields(calendar.weekly)]
    for year in sorted({day.year for day in closed}):
        days = (date(year, 1, 1) + timedelta(offset) for offset in range(date(year, 12, 31).timetuple().tm_yday))
        if not any(special.get(day, week[day.weekday()] and day not in closed) for day in days):
            yield Problem((*path, "closures"), f"never opens in {year}: its closures and days off leave no day open")
