"""The public holidays of every country, and of its subdivisions, make calendars that compile and answer."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from babel.core import get_global

from contracts.holiday_dates import holiday_years
from slas.engine import Calendar, CalendarSpec
from slas.policies import public_holidays
from tests.engine.conftest import PROFILE
from tests.engine.worlds import OFFICE_WEEK

COUNTRIES = holidays.list_supported_countries(include_aliases=False)
ZONES = {country: zone for zone, country in sorted(get_global("zone_territories").items(), reverse=True)}
"""Country → one of its time zones."""


def places(country: str) -> list[str | None]:
    """A country as a whole and its subdivisions: all of them at night, else the first."""
    subdivisions = COUNTRIES[country] if PROFILE == "nightly" else COUNTRIES[country][:1]
    return [None, *subdivisions]


def test_many_countries_are_known() -> None:
    assert len(COUNTRIES) >= 200
    assert {"FR", "US", "DE", "SG", "BR", "AU", "IN", "CA", "GB"} <= COUNTRIES.keys()


@pytest.mark.filterwarnings("ignore:Requested Holidays are available only")
@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_a_year_has_the_opening_time_of_its_working_days(country: str) -> None:
    first, last = holiday_years(country)
    year, zone = min(2026, last), ZONES.get(country, "UTC")
    start, end = (datetime(number, 1, 1, tzinfo=ZoneInfo(zone)) for number in (year, year + 1))
    for subdivision in places(country):
        closed = public_holidays(country, subdivision)
        calendar = Calendar(CalendarSpec(zone, OFFICE_WEEK, closed, first_year=first, last_year=last + 1))
        days = [start.date() + timedelta(offset) for offset in range((end.date() - start.date()).days)]
        worked = [day for day in days if day.weekday() < 5 and day not in closed]
        assert calendar.elapsed(start, end) == len(worked) * 9 * 3600
        assert calendar.add(start, len(worked) * 9 * 3600).astimezone(UTC) == _closing(worked[-1], zone)


def _closing(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=ZoneInfo(zone))
