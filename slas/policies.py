"""From a contract's terms to what the engine folds: calendars with their holidays, and target policies."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from contracts import holiday_dates
from contracts.holiday_dates import FIRST_YEAR, LAST_YEAR, UnknownPlace, holiday_years
from contracts.terms import CalendarTerms, Figure, Problem, TargetTerms, Terms, TermsError
from contracts.terms.model import Closure, PublicHolidays, Week
from contracts.terms.overrides import CalendarOverride, FigureOverride, Overrides, SunZone, parse_overrides
from slas.engine import (
    WEEKDAYS,
    AlertThreshold,
    BadSpec,
    Calendar,
    CalendarSpec,
    Clauses,
    Limit,
    MonthRollover,
    Rules,
    TargetPolicy,
    Unit,
)


class Calendars:
    """Calendars compiled once each, the last ``kept`` of them, for as long as whoever holds this.

    What was signed shares ``SHARED``. What a caller makes up is kept with his request and leaves nothing behind.
    """

    def __init__(self, kept: int) -> None:
        self.compiled: Callable[[CalendarSpec], Calendar] = lru_cache(maxsize=kept)(Calendar)
        self._specs = lru_cache(maxsize=kept)(_spec)

    def of_terms(self, terms: Terms, calendar: CalendarTerms, changes: Overrides, follow_the_sun: bool) -> Calendar:
        """A calendar of the terms with what the contract says of it."""
        return self.compiled(self._specs(terms, calendar, changes, follow_the_sun))


def policy_for(
    terms: Terms,
    target: str,
    *,
    overrides: Mapping[str, Any] | None = None,
    environment: str | None = None,
    calendars: Calendars | None = None,
) -> TargetPolicy:
    """The policy of one target under some terms, with what the contract overrides (R17).

    Where the target does not apply to the environment (GEN-7), no severity has a limit. Raises UnknownTerm for a
    target or environment that the terms do not have, TermsError for overrides that are wrong or that lack a figure or
    hours which the terms leave to the contract (GEN-6). ``calendars`` keeps what these overrides make of the calendar;
    overrides that were never signed bring their own.
    """
    target_terms = terms.target_terms(target)
    if environment is not None:
        terms.environment(environment)
    changes = parse_overrides(overrides or {}, terms)
    applies = not target_terms.environments or environment in target_terms.environments
    calendar_terms = terms.calendar(target_terms.calendar)
    return TargetPolicy(
        target=target,
        calendar=_calendar(terms, calendar_terms, changes, calendars, follow_the_sun=target_terms.follow_the_sun),
        limits={
            severity.code: _limit(terms, target_terms, severity.code, changes) if applies else None
            for severity in terms.severities
        },
        pausing=target_terms.pauses if changes.pausing is None else changes.pausing,
        alerts=tuple(
            AlertThreshold(alert.code, alert.percent, alert.recipients, alert.clauses[0], alert.reading)
            for alert in terms.alerts
            if not alert.targets or target in alert.targets
        ),
        clauses=Clauses(
            computation=terms.computation.clauses[0],
            day_after=target_terms.day_after_clause or "R2",
            pausing="R17" if changes.pausing else target_terms.pauses_clause or "R11",
            holding=next((hold.clauses[0] for hold in terms.holds), ""),
            reopening=target_terms.reopening_clause or "",
            no_target=target_terms.clauses[0],
            calendar=calendar_terms.clauses[0],
        ),
    )


def calendar_for(terms: Terms, name: str, *, overrides: Mapping[str, Any] | None = None) -> Calendar:
    """A calendar of the terms, compiled. Equal calendars are compiled once.

    Raises UnknownTerm, and TermsError where the contract does not bring the hours that the terms leave to it.
    """
    return _calendar(terms, terms.calendar(name), parse_overrides(overrides or {}, terms))


def public_holidays(country: str, subdivision: str | None = None) -> frozenset[date]:
    """The public holidays of a country, in every year that is known. Raises BadSpec for an unknown one."""
    try:
        return holiday_dates.public_holidays(country, subdivision)
    except UnknownPlace as error:
        raise BadSpec(f"no public holidays are known for {error}: use an ISO country and subdivision code") from error


def _limit(terms: Terms, target: TargetTerms, severity: str, changes: Overrides) -> Limit | None:
    """The limit of a severity: the contract's own figure where it has one, else that of the terms."""
    figure = target.figure(severity)
    assert figure is not None  # terms give each severity a figure, if only to say that there is no target
    change = changes.figure(target.code, severity)
    chosen: Figure | FigureOverride = change or figure
    if change is None and figure.from_contract:
        path = ("figures", target.code, severity)
        message = "is for the contract to give, and this one does not: give an amount, or null for no target"
        raise TermsError("overrides", [Problem(path, message)])
    if chosen.amount is None:
        return None
    assert chosen.unit is not None
    return Limit(
        amount=chosen.amount,
        unit=Unit(chosen.unit),
        rules=Rules(target.rules),
        day_after=target.day_after if chosen.day_after is None else chosen.day_after,
        month_rollover=MonthRollover(changes.month_rollover or terms.computation.month_rollover),
        clause=figure.clauses[0],
        reference=change.reference if change else "",
    )


def _calendar(
    terms: Terms,
    calendar: CalendarTerms,
    changes: Overrides,
    calendars: Calendars | None = None,
    *,
    follow_the_sun: bool = False,
) -> Calendar:
    if not changes.calendars and changes.subsidiary is None and changes.follow_the_sun is None:
        return SHARED.of_terms(terms, calendar, Overrides(), follow_the_sun)
    return (calendars or SHARED).of_terms(terms, calendar, changes, follow_the_sun)


def _spec(terms: Terms, calendar: CalendarTerms, changes: Overrides, follow_the_sun: bool) -> CalendarSpec:
    """The calendar of the terms with what the contract says of it: hours, days, the subsidiary that signed (R14), and
    for targets that follow the sun the hours that it bought in other zones (R15).
    """
    own = [item for item in changes.calendars if item.calendar == calendar.code]
    zone, whose = calendar.zone, calendar.holidays
    if calendar.from_subsidiary and changes.subsidiary is not None:
        zone, whose = changes.subsidiary.zone, changes.subsidiary.holidays
    if any(item.open_on_holidays for item in own):
        whose = None
    first, last = holiday_years(whose.country) if whose else (FIRST_YEAR, LAST_YEAR)
    also_open = tuple(_spec(terms, terms.calendar(code), changes, False) for code in calendar.also_open)
    if follow_the_sun and changes.follow_the_sun is not None:
        also_open += tuple(_elsewhere(zone) for zone in changes.follow_the_sun.zones)
    return CalendarSpec(
        zone=zone,
        weekly=_weekly(_week(calendar, changes)),
        holidays=_holidays(whose),
        days_off=_days(calendar.days_off, *(item.days_off for item in own)),
        closures=_closed(calendar.closures, *(item.closures for item in own)),
        special_days=_special(calendar, own),
        also_open=also_open,
        standard_day=(calendar.standard_day_hours or 0) * 3600,
        first_year=max([first, *(member.first_year for member in also_open)]),
        last_year=min([last, *(member.last_year for member in also_open)]),
    )


def _elsewhere(place: SunZone) -> CalendarSpec:
    """The opening hours of another zone that joins in."""
    first, last = holiday_years(place.holidays.country) if place.holidays else (FIRST_YEAR, LAST_YEAR)
    return CalendarSpec(
        zone=place.zone,
        weekly=_weekly(place.weekly),
        holidays=_holidays(place.holidays),
        first_year=first,
        last_year=last,
    )


def _week(calendar: CalendarTerms, changes: Overrides) -> Week:
    """The hours of a week: the contract's own where it has some, else those of the terms."""
    week = changes.weekly(calendar.code)
    if week is None and calendar.from_contract:
        path = ("calendars", calendar.code, "weekly")
        message = "is for the contract to give, and this one does not: give the hours of a week"
        raise TermsError("overrides", [Problem(path, message)])
    return week or calendar.weekly


def _weekly(week: Week) -> tuple[tuple[tuple[int, int], ...], ...]:
    return tuple(tuple(span(hours) for hours in getattr(week, day)) for day in WEEKDAYS)


def span(hours: str) -> tuple[int, int]:
    """Opening hours as seconds after midnight.

    >>> span("09:00-24:00")
    (32400, 86400)
    """
    start, end = hours.split("-")
    return _seconds(start), _seconds(end)


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _holidays(whose: PublicHolidays | None) -> frozenset[date]:
    return public_holidays(whose.country, whose.subdivision) if whose else frozenset()


def _days(*groups: Iterable[str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for group in groups for day in group)


def _closed(*groups: Iterable[Closure]) -> frozenset[date]:
    days: set[date] = set()
    for closure in (closure for group in groups for closure in group):
        start, end = date.fromisoformat(closure.start), date.fromisoformat(closure.end)
        days.update(start + timedelta(offset) for offset in range((end - start).days + 1))
    return frozenset(days)


def _special(
    calendar: CalendarTerms, own: Iterable[CalendarOverride]
) -> tuple[tuple[date, tuple[tuple[int, int], ...]], ...]:
    """Special days of the terms and the contract; the contract's hours win."""
    days: dict[date, tuple[tuple[int, int], ...]] = {}
    for special in [*calendar.special_days, *(day for item in own for day in item.special_days)]:
        days[date.fromisoformat(special.date)] = tuple(span(hours) for hours in special.hours)
    return tuple(sorted(days.items()))


SHARED = Calendars(256)
"""The calendars of terms and contracts, for the whole process."""
