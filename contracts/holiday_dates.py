"""Public holidays as the library lists them, and those on which published terms close, kept as they were then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import holidays

from contracts.terms import Terms

FIRST_YEAR, LAST_YEAR = 1970, 2099
"""Years for which public holidays are asked; some countries are known for fewer."""

Record = dict[str, Any]


class UnknownPlace(LookupError):
    """A country or subdivision of which the library knows no holidays."""


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str | None = None) -> frozenset[date]:
    """The public holidays of a country, in every year that is known. Raises UnknownPlace."""
    try:
        known = holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:  # how the library says that it does not know a place
        raise UnknownPlace(_place(country, subdivision)) from error
    years = range(max(FIRST_YEAR, known.start_year), min(LAST_YEAR, known.end_year) + 1)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=years))


@lru_cache(maxsize=256)
def holiday_years(country: str) -> tuple[int, int]:
    """The first and last year for which a country's holidays are known here."""
    known = holidays.country_holidays(country)
    return max(FIRST_YEAR, known.start_year), min(LAST_YEAR, known.end_year)


@dataclass(frozen=True, slots=True)
class HolidayDrift:
    """A place whose holidays the installed library lists differently from the day of publishing: ISO dates."""

    place: str
    library: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    def __str__(self) -> str:
        parts = [
            f"{what} {_some(days)}"
            for what, days in (("now a holiday:", self.gained), ("no longer a holiday:", self.lost))
            if days
        ]
        return f"{self.place} (published with holidays {self.library}): {'; '.join(parts)}"


def record_holidays(terms: Terms) -> Record:
    """The holidays of every calendar of some terms, by place and year, and the version of the library."""
    places = {_place(own.country, own.subdivision) for own in (row.holidays for row in terms.calendars) if own}
    return {"library": version("holidays"), "places": {place: _dates(place) for place in sorted(places)}}


def drift(record: Mapping[str, Any]) -> list[HolidayDrift]:
    """Where the installed library differs from a record, in the years that both know; nothing where it agrees."""
    found = []
    for place, then in record.get("places", {}).items():
        now = _dates(place)
        years = then.keys() & now.keys()
        before, after = _days(then, years), _days(now, years)
        if before != after:
            gained, lost = tuple(sorted(after - before)), tuple(sorted(before - after))
            found.append(HolidayDrift(place, record["library"], gained, lost))
    return found


def _place(country: str, subdivision: str | None) -> str:
    return f"{country}-{subdivision}" if subdivision else country


@lru_cache(maxsize=64)
def _dates(place: str) -> dict[str, str]:
    """Year → month and day of each holiday. A place that the library has dropped has none."""
    country, _, subdivision = place.partition("-")
    try:
        known = public_holidays(country, subdivision or None)
    except UnknownPlace:
        return {}
    first, last = holiday_years(country)
    found: dict[str, list[str]] = {str(year): [] for year in range(first, last + 1)}
    for day in sorted(known):
        found.setdefault(str(day.year), []).append(f"{day:%m-%d}")
    return {year: " ".join(days) for year, days in found.items()}


def _days(dates: Mapping[str, str], years: Iterable[str]) -> set[str]:
    return {f"{year}-{day}" for year in years for day in dates[year].split()}


def _some(days: tuple[str, ...]) -> str:
    shown = ", ".join(days[:6])
    return shown if len(days) <= 6 else f"{shown} and {len(days) - 6} more"
