"""Limits and pauses: what is refused, where rounding and waiting meet, and what is not counted twice."""

from datetime import date

import pytest

from slas.engine import UNITS, BadAmount, BadPause, BadUnit, Calendar, CalendarSpec, OutsideCalendar, Rules, Unit
from slas.engine.limits import Limit, due, latest, presented, window
from slas.engine.pauses import EverySecond, add, due_at, elapsed, merged, pause
from tests.engine.worlds import OFFICE_WEEK, at, french, limit

HALF_PAST = (((30_600, 63_000),),) * 5 + ((), ())  # 08:30 to 17:30


def half_past() -> Calendar:
    return Calendar(CalendarSpec("Europe/Paris", HALF_PAST))


def ends(calendar: Calendar, what: Limit, event: str, *pauses: tuple[str, str | None]) -> str:
    breaks = [pause(at(start), None if end is None else at(end)) for start, end in pauses]
    found = due(what, calendar, at(event), breaks)
    instant = due_at(found)
    return f"{found.left} left" if instant is None else instant.astimezone(calendar.zone).strftime("%d %H:%M:%S")


@pytest.mark.parametrize("amount", [True, 1.5, "4", None, 4.0])
def test_an_amount_is_a_whole_number(amount: object) -> None:
    with pytest.raises(BadAmount, match="an amount of time is a whole number"):
        Limit(amount, Unit.DAYS, Rules.MEGA)  # type: ignore[arg-type]


def test_an_amount_is_neither_negative_nor_absurd() -> None:
    with pytest.raises(BadAmount, match="cannot be negative"):
        limit(-1, "days")
    with pytest.raises(BadAmount, match="at most 1000000"):
        limit(1_000_001, "days")
    assert limit(1_000_000, "days").amount == 1_000_000


@pytest.mark.parametrize("rules", list(Rules))
@pytest.mark.parametrize("unit", list(Unit))
def test_only_the_units_of_the_rules_are_taken(rules: Rules, unit: Unit) -> None:
    if unit in UNITS[rules]:
        assert Limit(1, unit, rules).unit is unit
    else:
        with pytest.raises(BadUnit, match=f"{unit} is not a unit of the rules {rules}: use "):
            Limit(1, unit, rules)


def test_units_are_those_of_the_contracts() -> None:
    by_rules = {rules: " ".join(units) for rules, units in UNITS.items()}
    assert by_rules == {
        Rules.MEGA: "hours business_hours business_days days weeks months",
        Rules.OPENING: "minutes business_minutes business_hours business_days",
        Rules.TIMER: "minutes hours days business_days months",
    }


def test_minutes_count_to_the_second_by_the_clock_or_in_opening_time() -> None:
    assert ends(french(), limit(15, "minutes", "opening"), "2026-05-04 17:50:10") == "04 18:05:10"
    assert ends(french(), limit(15, "minutes", "timer"), "2026-05-04 17:50:10") == "04 18:05:10"
    assert ends(french(), limit(15, "business_minutes", "opening"), "2026-05-04 17:50:10") == "05 09:05:10"
    event = int(at("2026-05-05 09:05:10").timestamp())
    assert latest(limit(15, "minutes", "timer"), french(), event) == event - 900
    assert latest(limit(15, "business_minutes", "opening"), french(), event) == event - 15 * 3600 - 900


def test_a_registered_letter_counts_from_the_date_of_its_first_presentation() -> None:
    letter = presented(date(2026, 5, 12), french())
    assert letter == at("2026-05-12 00:00")
    assert due_at(due(limit(2, "days"), french(), letter)) == at("2026-05-16 00:00")
    last = due_at(due(limit(2, "months"), french(), at("2026-07-12 10:00"), backwards=True))
    assert [day for day in (11, 12, 13) if presented(date(2026, 5, day), french()) < last] == [11, 12]


def test_hours_end_with_the_clock_hour_where_opening_is_at_half_past() -> None:
    assert ends(half_past(), limit(1, "business_hours"), "2026-05-04 07:15") == "04 10:00:00"
    assert ends(half_past(), limit(1, "business_hours"), "2026-05-04 08:10") == "04 10:00:00"
    assert ends(half_past(), limit(9, "business_hours"), "2026-05-04 07:15") == "04 18:00:00"


def test_the_window_tells_what_was_rounded() -> None:
    event = int(at("2026-05-04 07:15").timestamp())
    laid = window(limit(1, "business_hours"), half_past(), event)
    assert (laid.event, laid.base - laid.start, laid.unrounded) == (event, 7200, laid.base - 1800)
    assert window(limit(1, "business_hours"), french(), event).unrounded is None


def test_rounding_comes_before_the_pause_is_added() -> None:
    rounded = limit(1, "business_hours")
    assert ends(half_past(), rounded, "2026-05-04 07:15", ("2026-05-04 09:00", "2026-05-04 09:10")) == "04 10:10:00"
    assert ends(half_past(), rounded, "2026-05-04 07:15", ("2026-05-04 09:40", "2026-05-04 09:50")) == "04 10:10:00"
    all_day = limit(9, "business_hours")
    assert ends(half_past(), all_day, "2026-05-04 07:15", ("2026-05-04 12:00", "2026-05-04 12:10")) == "05 08:40:00"


def test_rounding_is_only_for_the_rules_that_say_it() -> None:
    opening = limit(1, "business_hours", "opening")
    assert ends(half_past(), opening, "2026-05-04 09:10:20") == "04 10:10:20"


def test_counting_from_the_next_day_leaves_nothing_else_out() -> None:
    assert ends(french(), limit(4, "business_hours", day_after=True), "2026-05-04 10:00") == "05 13:00:00"
    assert ends(french(), limit(1, "business_days", day_after=True), "2026-05-04 10:00") == "06 00:00:00"
    assert ends(french(), limit(24, "hours", day_after=True), "2026-05-04 10:00") == "06 00:00:00"
    assert ends(french(), limit(4, "business_hours", "opening", day_after=True), "2026-05-04 10:00") == "05 13:00:00"


def test_an_open_pause_leaves_what_remains() -> None:
    four = limit(4, "business_hours")
    assert ends(french(), four, "2026-05-04 08:10", ("2026-05-04 11:00", None)) == "7200 left"
    assert ends(french(), four, "2026-05-04 08:10", ("2026-05-04 08:20", None)) == "14400 left"
    assert ends(french(), four, "2026-05-04 08:10", ("2026-05-04 13:00", None)) == "04 13:00:00"
    one_day = limit(1, "business_days")
    assert ends(french(), one_day, "2026-05-04 08:10", ("2026-05-05 17:59:59", None)) == "1 left"
    assert ends(french(), one_day, "2026-05-04 08:10", ("2026-05-05 18:00", None)) == "06 00:00:00"


def test_an_open_pause_after_a_closed_one_counts_from_the_moved_due_time() -> None:
    breaks = (("2026-05-05 10:00", "2026-05-05 12:30"), ("2026-05-06 10:00", None))
    assert ends(french(), limit(1, "business_days"), "2026-05-04 10:00", *breaks) == "5400 left"
    breaks = (("2026-05-05 10:00", "2026-05-05 12:30"), ("2026-05-06 11:30", None))
    assert ends(french(), limit(1, "business_days"), "2026-05-04 10:00", *breaks) == "06 11:30:00"


def test_an_open_pause_swallows_the_later_ones() -> None:
    breaks = (("2026-05-04 11:00", None), ("2026-05-04 12:00", "2026-05-04 12:30"))
    assert ends(french(), limit(4, "business_hours"), "2026-05-04 08:10", *breaks) == "7200 left"
    assert merged([(0, None), (5, 9)]) == [(0, None)]
    assert merged([(0, 7), (5, None)]) == [(0, None)]


def test_a_pause_before_the_event_deducts_nothing() -> None:
    breaks = (("2026-05-01 11:00", "2026-05-04 07:00"),)
    assert ends(french(), limit(4, "business_hours"), "2026-05-04 08:10", *breaks) == "04 13:00:00"


def test_a_pause_across_the_event_counts_from_where_counting_starts() -> None:
    breaks = (("2026-05-04 07:00", "2026-05-04 10:00"),)
    assert ends(french(), limit(4, "business_hours"), "2026-05-04 08:10", *breaks) == "04 14:00:00"


def test_hours_day_and_night_are_paused_by_the_clock() -> None:
    breaks = (("2026-05-09 02:00", "2026-05-09 03:00:01"),)
    assert ends(french(), limit(24, "hours"), "2026-05-08 10:10", *breaks) == "09 12:00:01"
    assert EverySecond().elapsed_s(5, 3) == 0
    assert EverySecond().elapsed_s(3, 5) == 2


def test_calendar_days_owe_the_opening_time_that_was_paused() -> None:
    breaks = (("2026-05-05 10:00", "2026-05-05 12:30"),)
    assert ends(french(), limit(1, "days"), "2026-05-04 10:00", *breaks) == "06 11:30:00"
    assert ends(french(), limit(1, "days", "timer"), "2026-05-04 10:00", *breaks) == "06 11:30:00"


def test_deductions_name_each_pause_and_what_it_took() -> None:
    breaks = [
        pause(at("2026-05-04 08:30"), at("2026-05-04 09:30")),
        pause(at("2026-05-04 20:00"), at("2026-05-04 21:00")),
    ]
    found = due(limit(12, "business_hours", "opening"), french(), at("2026-05-04 08:00"), breaks)
    assert [(ends_at - begins, seconds) for begins, ends_at, seconds in found.deductions if ends_at] == [(3600, 1800)]


def test_an_open_pause_has_taken_nothing_yet() -> None:
    begins = at("2026-05-04 09:00")
    found = due(limit(4, "business_hours", "opening"), french(), at("2026-05-04 08:00"), [pause(begins, None)])
    assert found.deductions == ((int(begins.timestamp()), None, 0),)


def test_what_is_not_said_of_a_limit_is_the_plain_choice() -> None:
    plain = Limit(1, Unit.DAYS, Rules.MEGA)
    assert (plain.day_after, plain.month_rollover, plain.clause, plain.reference) == (False, "ouvrable", "", "")


def test_backward_hours_before_the_years_of_a_calendar_are_refused() -> None:
    early = Calendar(CalendarSpec("UTC", OFFICE_WEEK, first_year=2026))
    with pytest.raises(OutsideCalendar):
        due(limit(1, "hours"), early, at("2025-12-31T10:00Z"), backwards=True)


def test_amounts_that_leave_every_calendar_are_refused() -> None:
    for amount, unit in [(1_000_000, "days"), (1_000_000, "weeks"), (1_000_000, "months"), (3000, "months")]:
        with pytest.raises(OutsideCalendar):
            due(limit(amount, unit), french(), at("2026-05-04 10:00"))
        with pytest.raises(OutsideCalendar):
            due(limit(amount, unit), french(), at("2026-05-04 10:00"), backwards=True)


def test_months_cross_the_end_of_a_year_both_ways() -> None:
    assert due_at(due(limit(1, "months"), french(), at("2026-12-15 10:00"))) == at("2027-01-16 00:00")
    assert due_at(due(limit(11, "months"), french(), at("2026-01-15 10:00"))) == at("2026-12-16 00:00")
    back = due(limit(1, "months"), french(), at("2026-01-15 10:00"), backwards=True)
    assert due_at(back) == at("2025-12-16 00:00")
    assert back.left is None


def test_a_month_that_has_the_day_does_not_roll_over() -> None:
    assert due_at(due(limit(1, "months"), french(), at("2026-04-10 10:00"))) == at("2026-05-11 00:00")


def test_the_first_of_may_is_no_jour_ouvrable() -> None:
    laid = window(limit(3, "months"), french(), int(at("2026-01-31 10:00").timestamp()))
    assert (laid.nominal_day, laid.last_day) == (date(2026, 4, 30), date(2026, 5, 2))


def test_the_window_names_the_day_before_a_roll_over_only_where_there_is_one() -> None:
    event = int(at("2026-05-13 10:00").timestamp())
    assert window(limit(1, "days"), french(), event).nominal_day == date(2026, 5, 14)
    assert window(limit(2, "days"), french(), event).nominal_day is None
    assert window(limit(1, "days", "timer"), french(), event).last_day == date(2026, 5, 14)


def test_latest_counts_support_days_as_opening_time() -> None:
    event = int(at("2026-05-05 12:00").timestamp())
    assert latest(limit(1, "business_days", "opening"), french(), event) == event - 24 * 3600


def test_a_pause_ends_after_it_starts() -> None:
    with pytest.raises(BadPause, match="before it starts"):
        pause(at("2026-05-04 10:00"), at("2026-05-04 09:59:59"))
    with pytest.raises(BadPause, match="before it starts"):
        merged([(10, 9)])
    assert pause(at("2026-05-04 10:00"), at("2026-05-04 10:00")) == (1777881600, 1777881600)
    assert merged([(10, 10)]) == [(10, 10)]


def test_elapsed_leaves_out_what_was_paused() -> None:
    start, end = at("2026-05-04 10:00"), at("2026-05-04 14:00")
    assert elapsed(french(), start, end) == 4 * 3600
    assert elapsed(french(), start, end, [pause(at("2026-05-04 09:00"), at("2026-05-04 11:00"))]) == 3 * 3600
    assert elapsed(french(), start, end, [pause(at("2026-05-04 13:00"), None)]) == 3 * 3600
    assert elapsed(french(), start, end, [pause(at("2026-05-04 13:00"), at("2026-05-04 20:00"))]) == 3 * 3600
    assert elapsed(french(), start, end, [pause(at("2026-05-04 15:00"), at("2026-05-04 16:00"))]) == 4 * 3600
    assert elapsed(french(), start, end, [pause(at("2026-05-04 15:00"), None)]) == 4 * 3600
    assert elapsed(french(), end, start, [pause(at("2026-05-04 11:00"), at("2026-05-04 12:00"))]) == 0
    overlapping = [pause(start, at("2026-05-04 12:00")), pause(at("2026-05-04 11:00"), at("2026-05-04 13:00"))]
    assert elapsed(french(), start, end, overlapping) == 3600


def test_add_with_pauses_ends_later_or_not_yet() -> None:
    start = at("2026-05-04 10:00")
    assert due_at(add(french(), start, 3600)) == at("2026-05-04 11:00")
    assert due_at(add(french(), start, 0, [pause(start, None)])) == start
    assert due_at(add(french(), start, 3600, [pause(at("2026-05-04 10:30"), at("2026-05-04 12:00"))])) == at(
        "2026-05-04 12:30"
    )
    paused = add(french(), start, 3600, [pause(at("2026-05-04 10:30"), None)])
    assert (due_at(paused), paused.left) == (None, 1800)
