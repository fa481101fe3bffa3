"""The reckoning line by line: which steps, in which order, with which clauses, summing to the second."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slas.engine import (
    Calendar,
    CalendarSpec,
    Clauses,
    Fact,
    FactKind,
    Limit,
    MonthRollover,
    Rules,
    Status,
    Step,
    TargetPolicy,
    Unit,
    explain,
    fold,
)
from tests.engine.worlds import OFFICE_WEEK, at, fact, french, limit, policy, started

CLAUSES = Clauses(
    computation="HSA-24", day_after="HSA-8", pausing="HSA-17", holding="GEN-8", reopening="OCT-2", no_target="HSA-1",
    calendar="R14",
)  # fmt: skip


def under(what: Limit | None, *, pausing: bool = True, calendar: Calendar | None = None) -> TargetPolicy:
    made = policy({"critical": what, "minor": limit(2, "business_days")}, pausing=pausing, clauses=CLAUSES)
    return replace(made, calendar=calendar or french())


def steps(what: TargetPolicy, *facts: Fact, when: str = "2026-05-30 00:00") -> list[Step]:
    return list(explain(what, facts, at(when)))


def outline(found: list[Step]) -> list[tuple[str, str]]:
    return [(step.message, step.clause) for step in found]


def one(found: list[Step], message: str) -> Step:
    (step,) = [step for step in found if step.message == message]
    return step


def test_a_response_in_business_hours_is_explained_from_the_next_day() -> None:
    found = steps(
        under(limit(4, "business_hours", day_after=True)), started("2026-05-07 09:30"), when="2026-05-07 10:00"
    )
    assert found == [
        Step(at("2026-05-07 09:30"), "event", {"severity": "critical", "event": at("2026-05-07 09:30")}, "R6"),
        Step(None, "target", {"target": "response", "amount": 4, "unit": "business_hours"}, "HSA-1"),
        Step(at("2026-05-08 00:00"), "next_day", {"start": at("2026-05-08 00:00")}, "HSA-8"),
        Step(at("2026-05-11 09:00"), "opens", {"start": at("2026-05-11 09:00")}, "R14"),
        Step(None, "closed_days", {"days": (date(2026, 5, 8),), "count": 1}, "R14"),
        Step(
            at("2026-05-11 09:00"),
            "counted",
            {"start": at("2026-05-11 09:00"), "end": at("2026-05-11 13:00"), "seconds": 14_400, "total": 14_400},
            "R14",
        ),
        Step(at("2026-05-11 13:00"), "due", {"due": at("2026-05-11 13:00")}, "HSA-1"),
    ]


def test_the_hour_of_the_event_is_left_out_under_the_rules_that_say_so() -> None:
    found = steps(under(limit(4, "business_hours")), started("2026-05-04 16:20"), when="2026-05-04 17:00")
    assert outline(found) == [
        ("event", "R6"),
        ("target", "HSA-1"),
        ("event_hour_left_out", "HSA-24"),
        ("counted", "R14"),
        ("counted", "R14"),
        ("due", "HSA-1"),
    ]
    assert [step.params["total"] for step in found if step.message == "counted"] == [3600, 14_400]
    assert one(found, "event_hour_left_out").at == at("2026-05-04 17:00")


def test_opening_time_counts_at_once() -> None:
    found = steps(under(limit(1, "business_hours", "opening")), started("2026-05-04 16:20"), when="2026-05-04 17:00")
    assert outline(found) == [
        ("event", "R6"), ("target", "HSA-1"), ("at_once", "R8"), ("counted", "R14"), ("due", "HSA-1"),
    ]  # fmt: skip


def test_nothing_to_count_waits_for_no_opening_and_skips_no_day() -> None:
    found = steps(under(limit(0, "business_hours", "opening")), started("2026-05-08 10:00"), when="2026-05-08 10:00")
    assert outline(found) == [("event", "R6"), ("target", "HSA-1"), ("at_once", "R8"), ("due", "HSA-1")]


def test_support_days_are_explained_as_hours() -> None:
    found = steps(under(limit(2, "business_days", "opening")), started("2026-05-04 09:00"), when="2026-05-04 09:00")
    assert one(found, "days_as_hours") == Step(None, "days_as_hours", {"day": 32_400, "seconds": 64_800}, "R9")


def test_business_days_name_the_last_one_and_the_holidays_on_the_way() -> None:
    found = steps(under(limit(1, "business_days")), started("2026-05-07 11:00"), when="2026-05-07 12:00")
    assert outline(found) == [
        ("event", "R6"),
        ("target", "HSA-1"),
        ("event_day_left_out", "HSA-24"),
        ("closed_days", "R14"),
        ("reaches_business_days", "HSA-24"),
        ("due", "R1"),
    ]
    assert one(found, "reaches_business_days").params == {
        "day": date(2026, 5, 11), "amount": 1, "unit": "business_days",
    }  # fmt: skip
    assert one(found, "due").at == at("2026-05-12 00:00")


def test_a_roll_over_is_a_step_of_its_own() -> None:
    found = steps(under(limit(1, "weeks")), started("2026-05-07 11:00"), when="2026-05-07 12:00")
    assert one(found, "reaches_weeks").params["day"] == date(2026, 5, 14)
    expected = {"day": date(2026, 5, 14), "last": date(2026, 5, 15)}
    assert one(found, "rolled_over") == Step(None, "rolled_over", expected, "HSA-24")


def test_a_month_without_the_day_says_to_which_day_it_runs() -> None:
    found = steps(under(limit(3, "months")), started("2026-01-31 11:00"), when="2026-02-01 12:00")
    assert one(found, "month_rolled_over").params == {"day": date(2026, 4, 30), "last": date(2026, 5, 2)}
    assert one(found, "month_rolled_over").clause == "R5"
    by_weekday = Limit(3, Unit.MONTHS, Rules.MEGA, month_rollover=MonthRollover.OUVRE)
    rolled = steps(under(by_weekday), started("2026-01-31 11:00"), when="2026-02-01 12:00")
    assert one(rolled, "month_rolled_over").params["last"] == date(2026, 5, 4)


def test_timers_name_their_own_rule() -> None:
    found = steps(under(limit(30, "days", "timer")), started("2026-03-31 14:00"), when="2026-03-31 15:00")
    assert outline(found)[2:] == [
        ("event_day_left_out", "R10"), ("reaches_days", "R10"), ("due", "R1"),
    ]  # fmt: skip


def test_hours_day_and_night_are_one_step() -> None:
    found = steps(under(limit(24, "hours")), started("2026-05-08 10:10"), when="2026-05-08 11:00")
    assert outline(found)[2:] == [("event_hour_left_out", "HSA-24"), ("day_and_night", "R7"), ("due", "HSA-1")]
    assert one(found, "day_and_night").params == {"start": at("2026-05-08 11:00"), "end": at("2026-05-09 11:00")}
    paused = steps(
        under(limit(24, "hours")), started("2026-05-08 10:10"), fact("paused", "2026-05-08 12:00"),
        fact("resumed", "2026-05-08 13:00"), when="2026-05-08 14:00",
    )  # fmt: skip
    assert outline(paused)[2:] == [
        ("event_hour_left_out", "HSA-24"), ("day_and_night", "R7"), ("paused", "HSA-17"), ("due", "HSA-1"),
    ]  # fmt: skip


def test_rounding_to_the_hour_is_said() -> None:
    half_past = Calendar(CalendarSpec("Europe/Paris", (((30_600, 63_000),),) * 5 + ((), ())))
    found = steps(
        under(limit(1, "business_hours"), calendar=half_past), started("2026-05-04 07:15"), when="2026-05-04 07:30"
    )
    expected = {"start": at("2026-05-04 09:30"), "end": at("2026-05-04 10:00")}
    assert one(found, "rounded") == Step(at("2026-05-04 10:00"), "rounded", expected, "HSA-24")
    assert one(found, "counted").params["end"] == at("2026-05-04 09:30")


def test_pauses_stand_in_the_ledger_between_what_counted() -> None:
    found = steps(
        under(limit(4, "business_hours", day_after=True)),
        started("2026-05-05 10:17"),
        fact("paused", "2026-05-06 10:00"),
        fact("resumed", "2026-05-06 11:00"),
        when="2026-05-06 11:00",
    )
    ledger = [(step.message, step.params["seconds"], step.params["total"]) for step in found if "total" in step.params]
    assert ledger == [("counted", 3600, 3600), ("paused", 3600, 3600), ("counted", 10_800, 14_400)]
    assert one(found, "paused").clause == "HSA-17"
    assert one(found, "due").at == at("2026-05-06 14:00")


def test_an_open_pause_ends_the_ledger_with_what_remains() -> None:
    found = steps(
        under(limit(4, "business_hours", day_after=True)),
        started("2026-05-05 10:17"),
        fact("paused", "2026-05-06 10:00"),
        when="2026-05-06 11:00",
    )
    assert outline(found)[3:] == [("opens", "R14"), ("counted", "R14"), ("waiting", "R12")]
    assert one(found, "waiting").params == {"seconds": 10_800}
    assert one(found, "counted").params["end"] == at("2026-05-06 10:00")


def test_time_owed_after_the_last_day_is_said() -> None:
    found = steps(
        under(limit(1, "business_days")),
        started("2026-05-04 10:00"),
        fact("paused", "2026-05-05 10:00"),
        fact("resumed", "2026-05-05 12:30"),
        when="2026-05-05 13:00",
    )
    assert outline(found)[2:] == [
        ("event_day_left_out", "HSA-24"),
        ("reaches_business_days", "HSA-24"),
        ("paused", "HSA-17"),
        ("extended", "HSA-17"),
        ("due", "HSA-1"),
    ]
    expected = {"end": at("2026-05-06 00:00"), "seconds": 9000}
    assert one(found, "extended") == Step(at("2026-05-06 11:30"), "extended", expected, "HSA-17")


def test_time_owed_is_not_said_while_it_still_grows() -> None:
    found = steps(
        under(limit(1, "business_days")),
        started("2026-05-04 10:00"),
        fact("paused", "2026-05-05 10:00"),
        fact("resumed", "2026-05-05 12:30"),
        fact("paused", "2026-05-06 09:30"),
        when="2026-05-06 10:00",
    )
    assert outline(found)[3:] == [("reaches_business_days", "HSA-24"), ("paused", "HSA-17"), ("waiting", "R12")]
    assert found[-1].params == {"seconds": 7200}


def test_holds_stand_in_the_ledger_apart_from_the_pauses() -> None:
    facts = [
        started("2026-05-05 10:17"),
        fact("paused", "2026-05-06 10:00"),
        fact("held", "2026-05-06 10:30"),
        fact("resumed", "2026-05-06 11:00"),
        fact("released", "2026-05-06 12:00"),
        fact("held", "2026-05-06 17:30"),
        fact("released", "2026-05-06 19:00"),
    ]
    what = under(limit(8, "business_hours", day_after=True))
    found = steps(what, *facts, when="2026-05-06 20:00")
    ledger = [(step.message, step.params["seconds"], step.params["total"]) for step in found if "total" in step.params]
    assert ledger == [
        ("counted", 3600, 3600),
        ("paused", 1800, 3600),
        ("held", 5400, 3600),
        ("counted", 19_800, 23_400),
        ("held", 1800, 23_400),
        ("counted", 5400, 28_800),
    ]
    assert {step.clause for step in found if step.message == "held"} == {"GEN-8"}
    assert one(found, "paused").clause == "HSA-17"
    assert one(found, "due").at == at("2026-05-07 10:30")


def test_what_goes_on_after_a_hold_is_waiting_again() -> None:
    facts = [
        started("2026-05-05 10:17"),
        fact("held", "2026-05-06 10:00"),
        fact("paused", "2026-05-06 10:30"),
        fact("released", "2026-05-06 11:00"),
        fact("resumed", "2026-05-06 13:00"),
    ]
    found = steps(under(limit(8, "business_hours", day_after=True)), *facts, when="2026-05-06 14:00")
    stops = [(step.message, step.params["seconds"]) for step in found if step.message in ("held", "paused")]
    assert stops == [("held", 3600), ("paused", 7200)]


def test_a_hold_outside_opening_hours_joined_with_a_pause_is_no_line() -> None:
    facts = [
        started("2026-05-05 10:17"),
        fact("paused", "2026-05-06 17:00"),
        fact("held", "2026-05-06 18:00"),
        fact("resumed", "2026-05-06 18:30"),
        fact("released", "2026-05-06 20:00"),
    ]
    for what in (limit(9, "business_hours", day_after=True), limit(1, "business_days")):
        found = steps(under(what), *facts, when="2026-05-06 21:00")
        assert one(found, "paused").params["seconds"] == 3600
        assert "held" not in [step.message for step in found]


def test_a_held_clock_says_what_remains() -> None:
    facts = [started("2026-05-05 10:17"), fact("held", "2026-05-06 10:00")]
    found = steps(under(limit(4, "business_hours", day_after=True), pausing=False), *facts, when="2026-05-06 11:00")
    assert found[-1] == Step(None, "on_hold", {"seconds": 10_800}, "GEN-8")


def test_a_hold_day_and_night_is_told_too() -> None:
    facts = [started("2026-05-08 10:10"), fact("held", "2026-05-08 12:00"), fact("released", "2026-05-08 13:00")]
    found = steps(under(limit(24, "hours")), *facts, when="2026-05-08 14:00")
    assert one(found, "held") == Step(
        at("2026-05-08 12:00"),
        "held",
        {"start": at("2026-05-08 12:00"), "end": at("2026-05-08 13:00"), "seconds": 3600},
        "GEN-8",
    )


def test_time_in_which_the_case_was_resolved_is_told_when_it_is_reopened() -> None:
    facts = [started("2026-05-05 10:17"), fact("met", "2026-05-06 10:00"), fact("reopened", "2026-05-06 12:00")]
    found = steps(under(limit(4, "business_hours", day_after=True)), *facts, when="2026-05-06 12:00")
    step = one(found, "resolved_meanwhile")
    assert (step.params["seconds"], step.clause) == (7200, "OCT-2")
    assert one(found, "due").at == at("2026-05-06 15:00")


def test_waiting_that_does_not_count_is_said_and_only_then() -> None:
    quiet = under(limit(4, "business_hours"), pausing=False)
    waited = [started("2026-05-04 08:10"), fact("paused", "2026-05-04 10:00")]
    assert one(steps(quiet, *waited, when="2026-05-04 10:00"), "pauses_do_not_count").clause == "R13"
    assert "pauses_do_not_count" not in [step.message for step in steps(quiet, *waited, when="2026-05-04 09:59")]
    assert "pauses_do_not_count" not in [step.message for step in steps(quiet, waited[0])]


def test_an_override_is_named() -> None:
    changed = Limit(2, Unit.BUSINESS_HOURS, Rules.MEGA, clause="HSA-1", reference="Amendment 7")
    found = steps(under(changed), started("2026-05-04 08:10"), when="2026-05-04 08:10")
    assert one(found, "override") == Step(None, "override", {"reference": "Amendment 7"}, "R17")


def test_each_change_of_severity_is_named_and_counted_from_the_event() -> None:
    facts = [started("2026-05-04 08:10", "minor"), fact("severity_changed", "2026-05-04 09:00", "critical")]
    found = steps(under(limit(4, "business_hours")), *facts, when="2026-05-04 10:00")
    assert found[1] == Step(
        at("2026-05-04 09:00"),
        "severity_changed",
        {"severity": "critical", "event": at("2026-05-04 08:10")},
        "R18",
    )
    assert one(found, "due").at == at("2026-05-04 13:00")


def test_no_target_is_said() -> None:
    found = steps(under(None), started("2026-05-04 08:10"))
    assert outline(found) == [("event", "R6"), ("no_target", "HSA-1")]
    met = steps(under(None), started("2026-05-04 08:10"), fact("met", "2026-05-04 09:00"))
    assert outline(met)[2:] == [("met", "R6c")]


def test_a_clock_not_started_says_so() -> None:
    assert steps(under(None)) == [Step(None, "not_started")]


@pytest.mark.parametrize(
    ("kinds", "ending"),
    [
        (["met"], [("met", "R6c")]),
        (["cancelled"], [("cancelled", "")]),
        (["excluded"], [("excluded", "")]),
        (["excluded", "reinstated"], []),
    ],
)
def test_the_end_of_a_clock_is_the_last_step(kinds: list[str], ending: list[tuple[str, str]]) -> None:
    facts = [fact(kind, "2026-05-04 09:00") for kind in kinds]
    found = steps(under(limit(4, "business_hours")), started("2026-05-04 08:10"), *facts, when="2026-05-04 10:00")
    assert outline(found)[5:] == ending


def test_a_breach_and_a_late_answer_are_said() -> None:
    facts = [started("2026-05-04 08:10"), fact("met", "2026-05-04 14:00")]
    found = steps(under(limit(4, "business_hours")), *facts)
    assert found[-2:] == [
        Step(at("2026-05-04 13:00"), "breached", {"due": at("2026-05-04 13:00")}, "HSA-1"),
        Step(at("2026-05-04 14:00"), "met_late", {"met": at("2026-05-04 14:00")}, "R6c"),
    ]


def test_a_long_ledger_is_summed_up_in_its_middle() -> None:
    found = steps(
        under(limit(9 * 20, "business_hours", "opening")), started("2026-06-01 09:00"), when="2026-06-01 09:00"
    )
    counted = [step for step in found if step.message in ("counted", "counted_more")]
    assert [step.message for step in counted] == ["counted"] * 3 + ["counted_more"] + ["counted"] * 3
    more = one(found, "counted_more")
    assert (more.params["count"], more.params["seconds"]) == (14, 14 * 32_400)
    assert (more.params["start"], more.params["end"]) == (at("2026-06-04 09:00"), at("2026-06-23 18:00"))
    assert more.params["total"] == 17 * 32_400
    assert counted[-1].params["total"] == 20 * 32_400
    assert more.at == at("2026-06-04 09:00")


def test_as_many_lines_as_are_allowed_are_all_shown() -> None:
    calendar = Calendar(CalendarSpec("Europe/Paris", OFFICE_WEEK))
    for days, shown in ((12, 12), (13, 7)):
        what = under(limit(days, "business_days", "opening"), calendar=calendar)
        found = steps(what, started("2026-06-01 09:00"), when="2026-06-01 09:00")
        assert sum(step.message.startswith("counted") for step in found) == shown


def test_holidays_shown_are_few_and_counted_all() -> None:
    found = steps(under(limit(490, "business_days", "timer")), started("2026-01-01 09:00"), when="2026-01-01 09:00")
    closed = one(found, "closed_days")
    assert isinstance(closed.params["days"], tuple)
    assert (len(closed.params["days"]), closed.params["count"]) == (12, 15)


def test_a_holiday_on_a_day_that_never_opens_is_not_mentioned() -> None:
    saturday = Calendar(CalendarSpec("Europe/Paris", OFFICE_WEEK, frozenset({date(2026, 5, 9), date(2026, 5, 12)})))
    found = steps(
        under(limit(2, "business_days"), calendar=saturday), started("2026-05-08 09:00"), when="2026-05-08 10:00"
    )
    assert one(found, "closed_days").params["days"] == (date(2026, 5, 12),)


def test_a_holiday_that_opens_after_all_is_not_mentioned() -> None:
    day = date(2026, 5, 8)
    spec = CalendarSpec("Europe/Paris", OFFICE_WEEK, frozenset({day}), special_days=((day, ((32_400, 36_000),)),))
    found = steps(under(limit(1, "business_days"), calendar=Calendar(spec)), started("2026-05-07 09:00"))
    assert "closed_days" not in [step.message for step in found]


def test_holidays_on_the_first_and_the_last_day_are_mentioned() -> None:
    found = steps(under(limit(1, "business_hours", day_after=True)), started("2026-05-13 09:00"))
    assert one(found, "closed_days").params["days"] == (date(2026, 5, 14),)
    none = steps(under(limit(2, "business_days")), started("2026-05-11 09:00"), when="2026-05-11 09:00")
    assert "closed_days" not in [step.message for step in none]  # ends as Thu 14 May, a holiday, begins
    days = steps(under(limit(5, "days")), started("2026-05-11 09:00"), when="2026-05-11 09:00")
    assert "closed_days" not in [step.message for step in days]  # every day counts, worked or not


@st.composite
def waits(draw: st.DrawFn) -> list[Fact]:
    facts = [
        Fact(FactKind.STARTED, at("2026-05-04 09:00") + timedelta(seconds=draw(st.integers(0, 400_000))), "critical")
    ]
    when = facts[0].at
    for _ in range(draw(st.integers(0, 4))):
        for kind in (FactKind.PAUSED, FactKind.RESUMED):
            when += timedelta(seconds=draw(st.integers(1, 150_000)))
            facts.append(Fact(kind, when))
    return facts[: len(facts) - draw(st.integers(0, 1))] if len(facts) > 1 else facts


@given(waits(), st.integers(1, 40), st.sampled_from(["mega", "opening"]))
def test_the_ledger_sums_to_the_target_and_leads_to_the_due_time(facts: list[Fact], amount: int, rules: str) -> None:
    what = under(limit(amount, "business_hours", rules))
    when = max(one.at for one in facts)
    state = fold(what, facts, when)
    found = list(explain(what, facts, when))
    totals = [step.params["total"] for step in found if step.message in ("counted", "counted_more")]
    counted = sum(int(str(step.params["seconds"])) for step in found if step.message in ("counted", "counted_more"))
    left = state.remaining_seconds or 0
    assert counted + left == amount * 3600
    assert totals[-1:] == ([counted] if totals else [])
    due = [step.at for step in found if step.message == "due"]
    assert due == ([] if state.status == Status.PAUSED else [state.due_at])
    ends = [step.params["end"] for step in found if step.message == "counted"]
    if state.status != Status.PAUSED:
        assert isinstance(ends[-1], datetime)
        assert ends[-1] == state.due_at
