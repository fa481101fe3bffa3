"""Calendars that the tests share, and short ways to write instants and facts."""

from datetime import date, datetime
from functools import cache

from slas.engine import Calendar, CalendarSpec, Fact, FactKind, Limit, Rules, TargetPolicy, Unit
from slas.policies import public_holidays

NINE_TO_SIX = ((32_400, 64_800),)
OFFICE_WEEK = (NINE_TO_SIX,) * 5 + ((), ())
ALWAYS = (((0, 86_400),),) * 7


@cache
def french() -> Calendar:
    """Mon-Fri 09:00-18:00 in Paris, French public holidays."""
    return Calendar(CalendarSpec("Europe/Paris", OFFICE_WEEK, public_holidays("FR")))


def office(zone: str = "Europe/Paris", *closed: str) -> Calendar:
    """Mon-Fri 09:00-18:00 somewhere, with some holidays."""
    return Calendar(CalendarSpec(zone, OFFICE_WEEK, frozenset(map(date.fromisoformat, closed))))


def at(text: str) -> datetime:
    """An instant: ``2026-05-05 10:17`` on the clock of Paris, or any ISO text with its own offset."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=french().zone) if instant.tzinfo is None else instant


def limit(amount: int, unit: str, rules: str = "mega", *, day_after: bool = False) -> Limit:
    return Limit(amount, Unit(unit), Rules(rules), day_after=day_after, clause="HSA-1")


def policy(limits: dict[str, Limit | None], *, pausing: bool = True, **more: object) -> TargetPolicy:
    return TargetPolicy("response", french(), limits, pausing=pausing, **more)  # type: ignore[arg-type]


def started(when: str, severity: str = "critical") -> Fact:
    return Fact(FactKind.STARTED, at(when), severity=severity)


def fact(kind: str, when: str, severity: str | None = None, reason: str | None = None) -> Fact:
    return Fact(FactKind(kind), at(when), severity=severity, reason=reason)
