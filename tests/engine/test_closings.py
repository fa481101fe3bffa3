"""Business days: which there are, when they begin and when they close."""

from datetime import date

import pytest

from slas.engine import Calendar, CalendarSpec
from slas.engine.closings import business_day
from tests.engine.worlds import ALWAYS, at, french, office

BROKEN = (((32_400, 43_200), (50_400, 64_800)),) * 5 + (((36_000, 43_200),), ())
"""With a noon break, and Saturday mornings."""


@pytest.mark.parametrize("day", ["2026-05-09", "2026-05-10", "2026-05-08", "2026-12-25"])
def test_weekends_and_holidays_are_none(day: str) -> None:
    assert business_day(french(), date.fromisoformat(day)) is None


def test_a_day_closes_with_its_last_opening_hours() -> None:
    calendar = Calendar(CalendarSpec("Europe/Paris", BROKEN, frozenset()))
    friday, saturday = (business_day(calendar, date(2026, 5, day)) for day in (8, 9))
    assert friday is not None and saturday is not None
    assert (friday.day, friday.starts_at, friday.closes_at) == (
        date(2026, 5, 8),
        at("2026-05-08 00:00"),
        at("2026-05-08 18:00"),
    )
    assert saturday.closes_at == at("2026-05-09 12:00")


def test_a_day_that_never_closes_ends_at_midnight_also_when_clocks_change() -> None:
    calendar = Calendar(CalendarSpec("Europe/Paris", ALWAYS, frozenset()))
    for day, hours in ((28, 24), (29, 23)):
        found = business_day(calendar, date(2026, 3, day))
        assert found is not None
        assert found.closes_at == at(f"2026-03-{day + 1} 00:00")
        assert (found.closes_at - found.starts_at).total_seconds() == hours * 3600


def test_a_day_is_that_of_the_calendar_s_own_zone() -> None:
    found = business_day(office("America/New_York"), date(2026, 5, 4))
    assert found is not None
    assert (found.starts_at, found.closes_at) == (at("2026-05-04T00:00-04:00"), at("2026-05-04T18:00-04:00"))


@pytest.mark.parametrize(
    ("instant", "held"),
    [
        ("2026-05-03 23:59:59", False),
        ("2026-05-04 00:00", True),
        ("2026-05-04 12:00", True),
        ("2026-05-04 18:00", True),
        ("2026-05-04 18:00:01", False),
        ("2026-05-05 00:00", False),
    ],
)
def test_word_counts_from_midnight_to_closing(instant: str, held: bool) -> None:
    found = business_day(french(), date(2026, 5, 4))
    assert found is not None
    assert found.holds(at(instant)) is held
