"""Whether support is open, until when, for which severities, and which days ahead depart from the week."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.publishing import DATA
from contracts.terms import Terms, load_terms, parse_terms
from slas.engine import Calendar, CalendarSpec
from slas.hours import Departure, departures, support_hours
from slas.policies import calendar_for
from tests.worlds import paris

EVERY_HOUR = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CLOSURE = {
    "calendars": [{"calendar": "fr", "reference": "N-1", "closures": [{"start": "2026-05-06", "end": "2026-05-07"}]}]
}


@pytest.fixture(scope="module")
def saas() -> Terms:
    return load_terms(DATA / "hopex-saas.yaml")


@pytest.mark.parametrize(
    ("now", "is_open", "changes_at"),
    [
        ("2026-05-04 08:59", False, "2026-05-04 09:00"),
        ("2026-05-04 09:00", True, "2026-05-04 18:00"),
        ("2026-05-04 17:59", True, "2026-05-04 18:00"),
        ("2026-05-04 18:00", False, "2026-05-05 09:00"),
        ("2026-05-07 18:00", False, "2026-05-11 09:00"),
        ("2026-12-31 18:00", False, "2027-01-04 09:00"),
    ],
)
def test_support_opens_and_closes_by_the_calendar(saas: Terms, now: str, is_open: bool, changes_at: str):
    (one,) = support_hours(saas, {}, paris(now))
    assert (one.calendar, one.zone) == ("fr", "Europe/Paris")
    assert (one.is_open, one.changes_at) == (is_open, paris(changes_at))


def test_one_calendar_serves_every_severity_that_has_a_deadline(saas: Terms):
    (one,) = support_hours(saas, {}, paris("2026-05-04 10:00"))
    assert one.severities == ["no_access", "critical", "moderate", "minor"]


def test_days_announced_for_the_contract_close_it(saas: Terms):
    (one,) = support_hours(saas, CLOSURE, paris("2026-05-05 19:00"))
    assert one.changes_at == paris("2026-05-11 09:00")
    assert one.departures[:2] == [
        Departure(date(2026, 5, 6), date(2026, 5, 7), "closed"),
        Departure(date(2026, 5, 8), date(2026, 5, 8), "holiday"),
    ]


def with_second_calendar(terms: Terms) -> Terms:
    """The gravest severity has a deadline of its own, which counts at every hour."""
    document = terms.to_document()
    calendar = {**document["calendars"][0], "code": "always", "weekly": EVERY_HOUR, "holidays": None}
    calendar.pop("standard_day_hours", None)
    response = document["targets"][0]
    own = {**response, "code": "rescue", "calendar": "always", "figures": rescued(response["figures"])}
    rest = {**response, "figures": [blank(row, only="no_access") for row in response["figures"]]}
    return parse_terms(
        {**document, "calendars": [*document["calendars"], calendar], "targets": [rest, own]}, stored=True
    )


def rescued(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row if row["severity"] == "no_access" else blank(row) for row in figures]


def blank(row: dict[str, Any], only: str = "") -> dict[str, Any]:
    return row if only and row["severity"] != only else {**row, "amount": None, "unit": None}


def test_severities_with_other_hours_are_told_apart(saas: Terms):
    office, always = support_hours(with_second_calendar(saas), {}, paris("2026-05-09 10:00"))
    assert (office.severities, office.is_open) == (["critical", "moderate", "minor"], False)
    assert (always.severities, always.is_open, always.changes_at) == (["no_access"], True, None)


@pytest.mark.parametrize("now", ["2026-05-09 10:00", "2026-12-31 23:59"])
def test_hours_without_an_end_have_no_closing_across_years(saas: Terms, now: str):
    _, always = support_hours(with_second_calendar(saas), {}, paris(now))
    assert (always.is_open, always.changes_at, always.departures) == (True, None, [])


def test_hours_that_the_contract_has_not_given_are_left_out():
    assert support_hours(load_terms(DATA / "generix.yaml"), {}, paris("2026-05-04 10:00")) == []


def test_a_calendar_of_another_zone_is_asked_by_its_own_clock():
    week = ((((9 * 3600, 18 * 3600),),) * 5) + ((), ())
    tokyo = Calendar(CalendarSpec("Asia/Tokyo", week, holidays=frozenset({date(2026, 5, 5)})))
    found = list(departures(tokyo, datetime(2026, 5, 4, tzinfo=ZoneInfo("Asia/Tokyo")).date()))
    assert found == [Departure(date(2026, 5, 5), date(2026, 5, 5), "holiday")]


def test_a_holiday_on_a_day_that_is_closed_anyway_is_no_departure(saas: Terms):
    # 8 May 2027 is a Saturday, 1 May too.
    found = list(departures(calendar_for(saas, "fr"), date(2027, 4, 20)))
    assert [row.first for row in found][:2] == [date(2027, 5, 6), date(2027, 5, 17)]


def test_other_hours_of_one_day_are_told_with_them(saas: Terms):
    special = {"date": "2026-12-24", "hours": ["09:00-12:00"]}
    own = {"calendars": [{"calendar": "fr", "reference": "N-2", "special_days": [special]}]}
    (one,) = support_hours(saas, own, paris("2026-12-20 10:00"))
    assert one.departures[0] == Departure(date(2026, 12, 24), date(2026, 12, 24), "special", ((32400, 43200),))
