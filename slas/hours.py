"""Whether support is in its hours, until when, and which days ahead depart from the week, for one contract."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Literal

from contracts.terms import TargetTerms, Terms, TermsError
from slas.engine import Calendar, EngineError, NoOpenTime
from slas.policies import calendar_for, policy_for

LONGEST_OPENING = timedelta(days=31)
"""An opening that lasts longer than this is told as one without an end."""

DAYS_AHEAD = 200
"""How far ahead departures are looked for: past the longest stretch that France has without a public holiday."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Days in a row that are not as the week has them: closed for the same reason, or with other hours.

    ``spans`` are seconds after midnight on the calendar's clock; none where it is closed.
    """

    first: date
    last: date
    kind: Literal["holiday", "closed", "special"]
    spans: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class SupportHours:
    """One calendar of a contract, the severities that count on it, and how it stands at an instant.

    ``changes_at`` is when it closes or opens next; None where it never does.
    """

    calendar: str
    zone: str
    severities: Sequence[str]
    is_open: bool
    changes_at: datetime | None
    departures: Sequence[Departure]


def support_hours(terms: Terms, overrides: Mapping[str, Any], at: datetime) -> list[SupportHours]:
    """The hours in which a contract is served, one entry for each calendar on which a severity counts.

    Severities are those that have a figure on it. A calendar that the contract has left open is left out.
    """
    found: dict[tuple[str, str], tuple[Calendar, list[str]]] = {}
    for code, calendar, severities in _counted(terms, overrides):
        _, known = found.setdefault((code, calendar.spec.digest), (calendar, []))
        known += [severity for severity in severities if severity not in known]
    order = [severity.code for severity in terms.severities]
    return [
        _standing(code, calendar, sorted(severities, key=order.index), at)
        for (code, _), (calendar, severities) in found.items()
    ]


def _counted(terms: Terms, overrides: Mapping[str, Any]) -> Iterator[tuple[str, Calendar, list[str]]]:
    for target in terms.targets:
        counted = _of_target(terms, target, overrides)
        if counted and counted[1]:
            yield target.calendar, *counted
    if not terms.targets:
        yield terms.calendars[0].code, calendar_for(terms, terms.calendars[0].code, overrides=overrides), []


def _of_target(terms: Terms, target: TargetTerms, overrides: Mapping[str, Any]) -> tuple[Calendar, list[str]] | None:
    where = next(iter(target.environments), None)
    try:
        policy = policy_for(terms, target.code, overrides=overrides, environment=where)
    except (TermsError, EngineError):
        return None
    return policy.calendar, [code for code, limit in policy.limits.items() if limit is not None]


def _standing(code: str, calendar: Calendar, severities: Sequence[str], at: datetime) -> SupportHours:
    is_open = calendar.is_open(at)
    changes_at = _closing(calendar, at) if is_open else _opening(calendar, at)
    ahead = departures(calendar, at.astimezone(calendar.zone).date())
    return SupportHours(code, calendar.tz, severities, is_open, changes_at, list(islice(ahead, 4)))


def _closing(calendar: Calendar, at: datetime) -> datetime | None:
    """When the opening of ``at`` ends. A table of years may cut one in two, so what follows at once belongs to it."""
    end = at
    while end - at <= LONGEST_OPENING:
        opening = calendar.opening_at(end)
        if opening is None:
            return end
        end = opening.ends_at
    return None


def _opening(calendar: Calendar, at: datetime) -> datetime | None:
    try:
        return calendar.next_opening(at)
    except NoOpenTime:
        return None


def departures(calendar: Calendar, today: date) -> Iterator[Departure]:
    """The days from ``today`` on that depart from the hours of the week, those alike in a row together."""
    held: Departure | None = None
    for offset in range(DAYS_AHEAD):
        one = _departure(calendar, today + timedelta(offset))
        if held and one and _continues(held, one):
            held = Departure(held.first, one.last, held.kind, held.spans)
            continue
        if held:
            yield held
        held = one
    if held:
        yield held


def _continues(held: Departure, one: Departure) -> bool:
    follows = one.first - held.last == timedelta(1)
    return follows and held.kind == one.kind == "closed"


def _departure(calendar: Calendar, day: date) -> Departure | None:
    """How a day departs from its weekday; None for one that is as every week, weekends closed as ever included."""
    spec = calendar.spec
    usual, spans = spec.weekly[day.weekday()], spec.hours_on(day)
    if usual == spans:
        return None
    if spans:
        return Departure(day, day, "special", spans)
    return Departure(day, day, "holiday" if day in spec.holidays else "closed")
