"""Calendars: edges of opening time, days, years in and out of reach."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from slas.engine import BadAmount, Calendar, CalendarSpec, NaiveInstant, NoOpenTime, Opening, OutsideCalendar
from slas.engine.instants import (
    day_end,
    day_start,
    from_seconds,
    hour_end,
    local_date,
    offset_at,
    rounded_up_to_hour,
    to_seconds,
)
from slas.engine.spec import zone_named
from slas.engine.table import compile_table, stretches
from tests.engine.worlds import ALWAYS, NINE_TO_SIX, OFFICE_WEEK, at, french, office

DAYS = {"mon": 4, "tue": 5, "wed": 6, "thu": 7, "fri": 8, "sat": 9, "sun": 10}


def test_add_of_nothing_is_where_one_stands() -> None:
    assert french().add(at("2026-05-09 03:00"), 0) == at("2026-05-09 03:00")
    assert french().subtract(at("2026-05-09 03:00"), 0) == at("2026-05-09 03:00")


def test_add_ends_at_closing_and_not_at_the_next_opening() -> None:
    assert french().add(at("2026-05-04 09:00"), 9 * 3600) == at("2026-05-04 18:00")
    assert french().add(at("2026-05-04 09:00"), 9 * 3600 + 1) == at("2026-05-05 09:00:01")


def test_subtract_ends_at_opening_and_not_at_the_closing_before() -> None:
    assert french().subtract(at("2026-05-05 18:00"), 9 * 3600) == at("2026-05-05 09:00")
    assert french().subtract(at("2026-05-05 18:00"), 9 * 3600 + 1) == at("2026-05-04 17:59:59")


def test_add_from_a_closed_hour_counts_from_the_next_opening() -> None:
    assert french().add(at("2026-05-07 18:00"), 60) == at("2026-05-11 09:01")


def test_answers_are_in_utc() -> None:
    assert french().add(at("2026-05-04 09:00"), 60).tzinfo is UTC


def test_elapsed_between_reversed_instants_is_nothing() -> None:
    assert french().elapsed(at("2026-05-05 12:00"), at("2026-05-04 12:00")) == 0
    assert french().elapsed(at("2026-05-04 12:00"), at("2026-05-04 12:00")) == 0
    assert french().elapsed(at("2026-05-04 12:00"), at("2026-05-05 12:00")) == 9 * 3600


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-05-04 08:59:59", False),
        ("2026-05-04 09:00", True),
        ("2026-05-04 17:59:59", True),
        ("2026-05-04 18:00", False),
        ("2026-05-08 12:00", False),
        ("1900-01-01 00:00+00:00", False),
    ],
)
def test_opening_hours_hold_their_first_second_and_not_their_last(instant: str, is_open: bool) -> None:
    calendar = office("UTC" if instant.startswith("1900") else "Europe/Paris", "2026-05-08")
    assert calendar.is_open(at(instant)) is is_open


def test_opening_at_gives_the_stretch_around_an_instant() -> None:
    found = french().opening_at(at("2026-05-04 12:00"))
    assert found == Opening(at("2026-05-04 09:00"), at("2026-05-04 18:00"))
    assert french().opening_at(at("2026-05-04 20:00")) is None


def test_next_opening_is_now_where_it_is_open() -> None:
    assert french().next_opening(at("2026-05-04 12:00")) == at("2026-05-04 12:00")
    assert french().next_opening(at("2026-05-07 18:00")) == at("2026-05-11 09:00")
    assert french().next_opening(at("2026-12-31 18:00")) == at("2027-01-04 09:00")


def test_openings_are_cut_at_both_ends() -> None:
    start, end = to_seconds(at("2026-05-04 17:00")), to_seconds(at("2026-05-05 10:00"))
    found = [(later - start, last - start) for later, last in french().openings_s(start, end)]
    assert found == [(0, 3600), (16 * 3600, 17 * 3600)]


def test_openings_leave_out_stretches_that_only_touch() -> None:
    start, end = to_seconds(at("2026-05-04 18:00")), to_seconds(at("2026-05-05 09:00"))
    assert french().openings_s(start, end) == []


def test_working_days_leave_out_holidays_and_weekends() -> None:
    calendar = french()
    assert calendar.working_day_after(date(2026, 5, 7), 1) == date(2026, 5, 11)
    assert calendar.working_day_before(date(2026, 5, 11), 1) == date(2026, 5, 7)
    assert calendar.working_day_after(date(2026, 5, 9), 0) == date(2026, 5, 9)
    assert calendar.working_day_before(date(2026, 5, 9), 0) == date(2026, 5, 9)
    assert not calendar.is_working_day(date(2026, 5, 8))
    assert calendar.is_working_day(date(2026, 5, 7))


def test_working_days_reach_into_years_not_yet_compiled() -> None:
    calendar = office()
    assert calendar.working_day_after(date(2026, 12, 31), 262) == date(2028, 1, 3)
    assert calendar.working_day_before(date(2026, 1, 1), 262) == date(2024, 12, 31)


def test_jours_ouvrables_are_monday_to_saturday_without_holidays() -> None:
    answers = [french().is_ouvrable(date(2026, 5, day)) for day in DAYS.values()]
    assert answers == [True, True, True, True, False, True, False]


def test_closures_are_not_holidays_for_jours_ouvrables() -> None:
    closed = Calendar(CalendarSpec("Europe/Paris", OFFICE_WEEK, closures=frozenset({date(2026, 5, 4)})))
    assert closed.is_ouvrable(date(2026, 5, 4))
    assert not closed.is_working_day(date(2026, 5, 4))


def test_a_day_of_23_hours_and_one_of_25() -> None:
    always = Calendar(CalendarSpec("Europe/Paris", ALWAYS))
    assert always.elapsed(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 23 * 3600
    assert always.elapsed(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 25 * 3600


def test_hours_that_the_clock_skips_do_not_open() -> None:
    night = Calendar(CalendarSpec("Europe/Paris", ((), (), (), (), (), (), ((7200, 12_600),))))
    assert night.elapsed(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 1800
    assert night.elapsed(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 9000
    assert night.next_opening(at("2026-03-29 00:00")) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_hours_that_the_clock_skips_whole_are_no_opening() -> None:
    skipped = Calendar(CalendarSpec("Europe/Paris", ((), (), (), (), (), (), ((7200, 10_800),))))
    assert skipped.next_opening(at("2026-03-28 00:00")) == at("2026-04-05 02:00")
    assert skipped.opening_at(datetime(2026, 3, 29, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati", "UTC"])
def test_a_year_is_whole_on_both_sides_of_the_date_line(zone: str) -> None:
    table = compile_table(CalendarSpec(zone, ALWAYS), 2026, 2026)
    assert table.through == [365 * 86_400]
    assert (table.opens, table.closes) == ([table.first], [table.last])


def test_a_table_holds_no_more_openings_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = CalendarSpec("UTC", (((0, 60), (120, 180)),) * 7, also_open=(CalendarSpec("UTC", (((240, 300),),) * 7),))
    monkeypatch.setattr("slas.engine.table.MOST_INTERVALS", 3 * 365)
    assert len(compile_table(spec, 2026, 2026).opens) == 3 * 365
    with pytest.raises(OutsideCalendar, match="2026 to 2027"):
        compile_table(spec, 2026, 2027)


def test_a_change_of_clocks_at_midnight_moves_the_start_of_the_day() -> None:
    tehran = zone_named("Asia/Tehran")
    assert day_start(date(2016, 3, 21), tehran) == to_seconds(at("2016-03-21T01:00+04:30"))
    assert day_end(date(2016, 3, 20), tehran) == day_start(date(2016, 3, 21), tehran)


def test_special_days_come_before_holidays_and_hours() -> None:
    half_day = (date(2026, 12, 24), ((32_400, 43_200),))
    sunday = (date(2026, 5, 10), ((36_000, 39_600),))
    holiday = (date(2026, 5, 8), NINE_TO_SIX)
    shut = (date(2026, 5, 4), ())
    spec = CalendarSpec(
        "Europe/Paris", OFFICE_WEEK, frozenset({date(2026, 5, 8)}), special_days=(sunday, half_day, holiday, shut)
    )
    calendar = Calendar(spec)
    assert calendar.elapsed(at("2026-12-24 00:00"), at("2026-12-25 00:00")) == 3 * 3600
    assert calendar.elapsed(at("2026-05-10 00:00"), at("2026-05-11 00:00")) == 3600
    assert calendar.elapsed(at("2026-05-08 00:00"), at("2026-05-09 00:00")) == 9 * 3600
    assert calendar.elapsed(at("2026-05-04 00:00"), at("2026-05-05 00:00")) == 0
    assert calendar.is_working_day(date(2026, 5, 10))


def test_closed_days_of_every_kind_close() -> None:
    days = [date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)]
    kinds = [frozenset({day}) for day in days]
    calendar = Calendar(CalendarSpec("Europe/Paris", OFFICE_WEEK, kinds[0], kinds[1], kinds[2]))
    assert [calendar.is_working_day(day) for day in [*days, date(2026, 5, 7)]] == [False, False, False, True]


def test_follow_the_sun_adds_hours_and_no_working_days() -> None:
    new_york = CalendarSpec("America/New_York", OFFICE_WEEK)
    spec = CalendarSpec("Europe/Paris", OFFICE_WEEK, frozenset({date(2026, 5, 8)}), also_open=(new_york,))
    calendar = Calendar(spec)
    assert calendar.elapsed(at("2026-05-04 00:00"), at("2026-05-05 00:00")) == 15 * 3600
    assert calendar.opening_at(at("2026-05-04 17:00")) == Opening(at("2026-05-04 09:00"), at("2026-05-05 00:00"))
    assert calendar.is_open(at("2026-05-08 20:00"))
    assert not calendar.is_working_day(date(2026, 5, 8))


def test_hours_within_the_hours_of_another_zone_add_nothing() -> None:
    lunch = CalendarSpec("Europe/Paris", (((43_200, 50_400),),) * 7)
    calendar = Calendar(CalendarSpec("Europe/Paris", OFFICE_WEEK, also_open=(lunch,)))
    assert calendar.elapsed(at("2026-05-04 00:00"), at("2026-05-08 00:00")) == 4 * 9 * 3600
    assert calendar.elapsed(at("2026-05-09 00:00"), at("2026-05-11 00:00")) == 2 * 2 * 3600


def test_a_calendar_grows_in_both_directions_and_keeps_its_answers() -> None:
    calendar, fresh = office(), office()
    middle = calendar.elapsed(at("2026-01-01 00:00"), at("2026-02-01 00:00"))
    first, last = date(2001, 6, 1), date(2047, 6, 1)
    weekdays = sum(date.fromordinal(day).weekday() < 5 for day in range(first.toordinal(), last.toordinal()))
    assert calendar.elapsed(at("2001-06-01 00:00"), at("2047-06-01 00:00")) == weekdays * 9 * 3600
    assert calendar.elapsed(at("2026-01-01 00:00"), at("2026-02-01 00:00")) == middle
    assert fresh.add(at("2026-05-04 09:00"), 9 * 3600 * 2610) == at("2036-05-02 18:00")
    assert fresh.subtract(at("2026-05-04 09:00"), 9 * 3600 * 2610) == at("2016-05-02 09:00")


def test_a_table_is_compiled_once() -> None:
    calendar, seconds = office(), to_seconds(at("2026-05-04 09:00"))
    table = calendar.covering(seconds, seconds)
    assert calendar.working_day_after(date(2026, 5, 4), 1) == date(2026, 5, 5)
    assert calendar.covering(seconds - 86_400, seconds) is table


def test_a_table_grows_to_twice_its_years_at_a_time() -> None:
    calendar, seconds = office(), to_seconds(at("2026-12-31 17:00"))
    grown = []
    for hours in (2, 9 * 262, 9 * 260 * 3):
        calendar.add(at("2026-12-31 17:00"), hours * 3600)
        table = calendar.covering(seconds, seconds)
        grown.append((table.first_year, table.last_year))
    assert grown == [(2026, 2027), (2026, 2029), (2026, 2029)]
    for hours in (9 * 262 * 2, 9 * 255 * 5):
        calendar.subtract(at("2026-12-31 17:00"), hours * 3600)
        table = calendar.covering(seconds, seconds)
        grown.append((table.first_year, table.last_year))
    assert grown[3:] == [(2022, 2029), (2022, 2029)]


def test_the_turn_of_the_year_belongs_to_the_new_one() -> None:
    calendar = Calendar(CalendarSpec("Europe/Paris", ALWAYS))
    assert calendar.is_open(at("2026-06-01 00:00"))
    assert calendar.is_open(at("2027-01-01 00:00"))
    assert calendar.is_open(at("2026-01-01 00:00"))
    assert calendar.is_open(at("2025-12-31 23:59:59"))


def test_time_without_end_is_refused_and_not_searched_for() -> None:
    spec = CalendarSpec("Europe/Paris", OFFICE_WEEK, first_year=1990, last_year=2060)
    for seconds in (9 * 3600 * 261 * 60, 10**30):
        with pytest.raises(NoOpenTime, match="not open long enough before the end of 2060"):
            Calendar(spec).add(at("2026-05-04 09:00"), seconds)
    with pytest.raises(NoOpenTime, match="after the start of 1990"):
        Calendar(spec).subtract(at("2026-05-04 09:00"), 9 * 3600 * 261 * 60)


def test_a_calendar_that_never_opens_says_so() -> None:
    never = Calendar(CalendarSpec("UTC", ((),) * 7))
    assert never.elapsed(at("2026-05-04T09:00Z"), at("2026-06-04T09:00Z")) == 0
    for question in (never.next_opening, lambda when: never.add(when, 1), lambda when: never.subtract(when, 1)):
        with pytest.raises(NoOpenTime, match="this calendar never opens"):
            question(at("2026-05-04T09:00Z"))
    with pytest.raises(NoOpenTime, match="never opens"):
        never.working_day_after(date(2026, 5, 4), 1)
    seconds = to_seconds(at("2026-05-04T09:00Z"))
    table = never.covering(seconds, seconds)
    assert (table.first_year, table.last_year) == (2026, 2026)


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(BadAmount, match="cannot be negative"):
        french().add(at("2026-05-04 09:00"), -1)
    with pytest.raises(BadAmount, match="cannot be negative"):
        french().subtract(at("2026-05-04 09:00"), -1)


def test_instants_without_zone_are_refused() -> None:
    naive = datetime(2026, 5, 4, 9)  # noqa: DTZ001
    for question in (french().is_open, french().next_opening, lambda when: french().add(when, 0)):
        with pytest.raises(NaiveInstant, match="2026-05-04T09:00:00 has no time zone"):
            question(naive)
    with pytest.raises(NaiveInstant):
        french().elapsed(at("2026-05-04 09:00"), naive)


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "1969-12-31T12:00Z"])
def test_instants_that_the_calendar_does_not_know_are_refused(instant: str) -> None:
    spec = CalendarSpec("Europe/Paris", OFFICE_WEEK, first_year=1970, last_year=2099)
    for question in (Calendar(spec).is_open, lambda when: Calendar(spec).add(when, 60)):
        with pytest.raises(OutsideCalendar, match="outside this calendar, which knows the years 1970 to 2099"):
            question(at(instant))
    with pytest.raises(OutsideCalendar):
        Calendar(spec).elapsed(at(instant), at("2026-05-04 09:00"))
    with pytest.raises(OutsideCalendar):
        Calendar(spec).elapsed(at("2026-05-04 09:00"), at(instant))


def test_the_first_and_the_last_second_of_a_calendar_are_known() -> None:
    calendar = Calendar(CalendarSpec("Europe/Paris", ALWAYS, first_year=1970, last_year=2099))
    assert calendar.is_open(at("1970-01-01 00:00"))
    assert calendar.is_open(at("2099-12-31 23:59:59"))
    with pytest.raises(OutsideCalendar, match="in the year 2100"):
        calendar.is_open(at("2100-01-01 00:00"))
    with pytest.raises(OutsideCalendar, match="in the year 1969"):
        calendar.is_open(at("1969-12-31 23:59:59"))
    assert calendar.add(at("2099-12-31 23:59:58"), 2) == at("2100-01-01 00:00")
    with pytest.raises(NoOpenTime):
        calendar.add(at("2099-12-31 23:59:58"), 3)
    assert calendar.subtract(at("1970-01-01 00:00:02"), 2) == at("1970-01-01 00:00")
    with pytest.raises(NoOpenTime):
        calendar.subtract(at("1970-01-01 00:00:02"), 3)


def test_dates_outside_the_engine_are_refused() -> None:
    for question in (french().start_of, french().end_of, french().is_working_day, french().is_ouvrable):
        assert question(date(1900, 1, 1)) is not None
        assert question(date(2199, 12, 31)) is not None
        with pytest.raises(OutsideCalendar, match="2200-01-01 is outside the years 1900 to 2199"):
            question(date(2200, 1, 1))
        with pytest.raises(OutsideCalendar):
            question(date(1899, 12, 31))
    with pytest.raises(OutsideCalendar, match="1950-01-01 is outside this calendar"):
        Calendar(CalendarSpec("UTC", OFFICE_WEEK, first_year=1970)).working_day_after(date(1950, 1, 1), 1)
    with pytest.raises(OutsideCalendar, match="2100-01-01 is outside this calendar"):
        Calendar(CalendarSpec("UTC", OFFICE_WEEK, last_year=2099)).working_day_after(date(2100, 1, 1), 1)


def test_working_days_stop_at_the_years_of_the_calendar() -> None:
    calendar = Calendar(CalendarSpec("UTC", OFFICE_WEEK, first_year=2026, last_year=2026))
    with pytest.raises(NoOpenTime, match="not open long enough before the end of 2026"):
        calendar.working_day_after(date(2026, 12, 30), 3)
    with pytest.raises(NoOpenTime, match="after the start of 2026"):
        calendar.working_day_before(date(2026, 1, 2), 2)
    assert calendar.working_day_before(date(2026, 1, 2), 1) == date(2026, 1, 1)


def test_fractions_of_a_second_are_dropped() -> None:
    assert french().add(at("2026-05-04 09:00:00.999999"), 1) == at("2026-05-04 09:00:01")
    before_1970 = datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)
    assert to_seconds(before_1970) == -1
    assert to_seconds(before_1970.astimezone(timezone(timedelta(hours=5)))) == -1


def test_seconds_that_no_date_can_hold_are_refused() -> None:
    assert from_seconds(-1) == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)
    for seconds in (10**12, 10**15):
        with pytest.raises(OutsideCalendar, match="the result is after the year 2199"):
            from_seconds(seconds)


def test_the_clock_hour_is_that_of_the_zone() -> None:
    event = to_seconds(at("2026-05-04T10:00:00Z"))
    kathmandu, paris = zone_named("Asia/Kathmandu"), zone_named("Europe/Paris")
    assert hour_end(event, paris) == event + 3600
    assert hour_end(event + 3599, paris) == event + 3600
    assert hour_end(event, kathmandu) == event + 900
    assert rounded_up_to_hour(event, paris) == event
    assert rounded_up_to_hour(event + 1, paris) == event + 3600
    assert rounded_up_to_hour(event, kathmandu) == event + 900
    assert offset_at(event, kathmandu) == 20_700
    assert offset_at(event, zone_named("America/New_York")) == -4 * 3600
    assert local_date(event + 9 * 3600, kathmandu) == date(2026, 5, 5)


def test_a_compiled_table_holds_whole_years_and_running_totals() -> None:
    table = compile_table(CalendarSpec("Europe/Paris", OFFICE_WEEK), 2026, 2026)
    assert (table.first, table.last) == (to_seconds(at("2026-01-01 00:00")), to_seconds(at("2027-01-01 00:00")))
    assert len(table.opens) == len(table.working) == 261
    assert table.through[-1] == 261 * 9 * 3600
    assert table.before[:2] == [0, 9 * 3600]
    assert (table.first_year, table.last_year) == (2026, 2026)
    assert table.count(table.first) == 0
    assert table.count(table.last) == table.through[-1]
    assert table.first_reaching(table.through[-1] + 1) is None
    assert table.last_holding(-1) is None
    assert table.last_holding(0) == table.opens[0]


@pytest.mark.parametrize(
    ("zone", "year", "changes"),
    [
        ("Europe/Paris", 2020, 14),
        ("Australia/Lord_Howe", 2020, 14),
        ("Europe/Paris", 1907, 1),  # the clocks went back by 9 minutes and 21 seconds
        ("Africa/Monrovia", 1967, 1),  # by 44 minutes and 30 seconds
        ("America/Cancun", 1922, 1),
        ("America/Los_Angeles", 1943, 3),  # in August 1945, for the peace, at 16:00
    ],
)
def test_time_is_cut_at_the_very_second_at_which_the_clocks_change(zone: str, year: int, changes: int) -> None:
    where = zone_named(zone)
    first, last = day_start(date(year, 1, 1), where), day_start(date(year + 7, 1, 1), where)
    found = list(stretches(where, first, last))
    assert len(found) == changes + 1
    assert [start for start, _, _ in found[1:]] == [end for _, end, _ in found[:-1]]
    for start, end, offset in found:
        assert offset_at(start, where) == offset_at(end - 1, where) == offset
        assert end == last or offset_at(end, where) != offset


def test_a_calendar_names_its_zone_and_shows_its_digest() -> None:
    assert french().tz == "Europe/Paris"
    assert repr(french()) == f"Calendar(Europe/Paris, {french().spec.digest[:12]})"
