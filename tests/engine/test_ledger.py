"""The account of a clock: no gap, no overlap, and sums that are those of the engine, to the second."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slas.engine import (
    BadFacts,
    Calendar,
    CalendarSpec,
    Clauses,
    Fact,
    FactKind,
    Limit,
    NaiveInstant,
    Rules,
    Status,
    TargetPolicy,
    Unit,
    fold,
)
from slas.engine.ledger import DEDUCTED, Interval, IntervalKind, Ledger, by_day, by_week, ledger
from slas.engine.limits import CLOCK_SECONDS, EVERY_SECOND, window
from slas.engine.pauses import elapsed
from slas.policies import public_holidays
from tests.engine import naive
from tests.engine.test_walk import RULES, compiled, instants, utc, weeks
from tests.engine.worlds import OFFICE_WEEK, at, fact, french, limit, policy, started

CLAUSES = Clauses(computation="HSA-24", day_after="HSA-8", pausing="HSA-17", no_target="HSA-1", calendar="R14")
K = IntervalKind
PAUSING = {"paused": True, "resumed": False}
HOLDING = {"held": True, "released": False}
"""Kinds of facts that stop a clock, and those that let it go on."""


def account(what: Limit | None, *facts: Fact, when: str, **more: Any) -> Ledger:
    limits = {"critical": what, "minor": limit(2, "business_days"), "cosmetic": None}
    return ledger(policy(limits, clauses=CLAUSES, **more), facts, at(when))


def rows(found: Ledger) -> list[tuple[str, str, str, int]]:
    """Kind, start and end on the clock of Paris, seconds counted."""

    def shown(instant: datetime) -> str:
        return f"{instant.astimezone(french().zone):%d %H:%M}"

    return [
        (item.kind.value, shown(item.starts_at), shown(item.ends_at), item.seconds) for item in found.intervals
    ]  # fmt: skip


def require_chain(found: Ledger) -> None:
    """No gap, no overlap, from the event to the end; sums that are those of the heading."""
    assert found.intervals[0].starts_at == found.started_at
    assert found.intervals[-1].ends_at == found.ends_at
    assert all(item.starts_at < item.ends_at for item in found.intervals)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found.intervals))
    past = [item for item in found.intervals if not item.forecast]
    assert all(item.ends_at <= found.at for item in past)
    assert sum(item.seconds for item in past) == found.elapsed_seconds
    assert found.elapsed_seconds + found.remaining_seconds == found.total_seconds
    for item in found.intervals:
        assert item.seconds == (item.measured if item.kind in (K.COUNTED, K.ROUNDING) else 0)
        assert 0 <= item.measured <= (item.ends_at - item.starts_at).total_seconds()


# Worked examples -----------------------------------------------------------------------------------------------------


def test_business_hours_from_the_next_day_over_a_holiday_and_a_weekend() -> None:
    four = limit(4, "business_hours", day_after=True)
    found = account(four, started("2026-05-07 09:30"), when="2026-05-11 10:00")
    assert rows(found) == [
        ("event_day", "07 09:30", "08 00:00", 0),
        ("holiday", "08 00:00", "09 00:00", 0),
        ("closed", "09 00:00", "11 00:00", 0),
        ("after_hours", "11 00:00", "11 09:00", 0),
        ("counted", "11 09:00", "11 10:00", 3600),
        ("counted", "11 10:00", "11 13:00", 10_800),
    ]
    assert [item.clause for item in found.intervals] == ["HSA-8", "R14", "R14", "R14", "R14", "R14"]
    assert [item.forecast for item in found.intervals] == [False] * 5 + [True]
    assert (found.total_seconds, found.elapsed_seconds, found.remaining_seconds) == (14_400, 3600, 10_800)
    assert (found.due_at, found.ends_at, found.status) == (at("2026-05-11 13:00"),) * 2 + (Status.RUNNING,)
    require_chain(found)


def test_the_hour_of_the_event_is_left_out_and_the_last_hour_filled() -> None:
    odd = Calendar(CalendarSpec("Europe/Paris", (((30_600, 63_000),),) * 5 + ((), ())))
    what = replace(policy({"critical": limit(2, "business_hours")}, clauses=CLAUSES), calendar=odd)
    found = ledger(what, [started("2026-05-04 16:20")], at("2026-05-04 16:30"))
    assert rows(found) == [
        ("event_hour", "04 16:20", "04 16:30", 0),
        ("event_hour", "04 16:30", "04 17:00", 0),
        ("counted", "04 17:00", "04 17:30", 1800),
        ("after_hours", "04 17:30", "05 08:30", 0),
        ("counted", "05 08:30", "05 10:00", 5400),
    ]
    assert {item.clause for item in found.intervals if item.kind == K.EVENT_HOUR} == {"HSA-24"}
    later = ledger(what, [started("2026-05-04 10:20")], at("2026-05-04 10:30"))
    assert rows(later)[-1] == ("counted", "04 11:00", "04 13:00", 7200)
    rounded = ledger(what, [started("2026-05-04 19:20")], at("2026-05-04 19:30"))
    assert rows(rounded)[-2:] == [("counted", "05 08:30", "05 10:30", 7200), ("rounding", "05 10:30", "05 11:00", 1800)]
    assert (rounded.total_seconds, rounded.intervals[-1].clause) == (9000, "HSA-24")


def test_hours_day_and_night_count_every_second_over_the_change_of_clocks() -> None:
    found = account(limit(24, "hours"), started("2026-10-24 09:10"), when="2026-10-26 00:00")
    assert rows(found)[:2] == [("event_hour", "24 09:10", "24 10:00", 0), ("counted", "24 10:00", "25 09:00", 86_400)]
    assert found.intervals[1].clause == "R7"
    assert (found.status, found.late_seconds, rows(found)[2][:3]) == (
        Status.BREACHED, 54_000, ("late", "25 09:00", "26 00:00"),
    )  # fmt: skip
    assert found.elapsed_seconds == found.total_seconds == 86_400


def test_a_day_limit_leaves_out_the_day_of_the_event_and_ends_at_midnight() -> None:
    found = account(limit(1, "business_days"), started("2026-05-04 10:00"), when="2026-05-04 12:00")
    assert rows(found) == [
        ("event_day", "04 10:00", "04 12:00", 0),
        ("event_day", "04 12:00", "05 00:00", 0),
        ("after_hours", "05 00:00", "05 09:00", 0),
        ("counted", "05 09:00", "05 18:00", 32_400),
        ("after_hours", "05 18:00", "06 00:00", 0),
    ]
    assert found.intervals[0].clause == "HSA-24"
    timer = account(limit(1, "days", "timer"), started("2026-05-04 10:00"), when="2026-05-04 12:00")
    assert timer.intervals[0].clause == "R10"


def test_a_pause_is_one_line_where_it_would_have_counted_and_moves_the_end() -> None:
    facts = [
        Fact(FactKind.STARTED, at("2026-05-04 10:00"), severity="critical", event_id="filed"),
        Fact(FactKind.PAUSED, at("2026-05-04 17:00"), reason="customer", event_id="asked"),
        Fact(FactKind.RESUMED, at("2026-05-05 12:30"), reason="customer", event_id="answered"),
    ]
    found = account(limit(1, "business_days"), *facts, when="2026-05-30 00:00")
    assert rows(found)[:6] == [
        ("event_day", "04 10:00", "05 00:00", 0),
        ("after_hours", "05 00:00", "05 09:00", 0),
        ("paused", "05 09:00", "05 12:30", 0),
        ("counted", "05 12:30", "05 18:00", 19_800),
        ("after_hours", "05 18:00", "06 09:00", 0),
        ("counted", "06 09:00", "06 12:30", 12_600),
    ]
    paused = found.intervals[2]
    assert (paused.measured, paused.event_id, paused.clause) == (12_600, "asked", "HSA-17")
    assert (found.deducted_seconds, found.due_at) == (12_600, at("2026-05-06 12:30"))


def test_a_clock_that_stands_still_shows_what_remains_and_no_forecast() -> None:
    facts = [started("2026-05-04 10:00"), fact("paused", "2026-05-04 12:00")]
    found = account(limit(4, "business_hours", "opening"), *facts, when="2026-05-05 10:00")
    assert rows(found) == [
        ("counted", "04 10:00", "04 12:00", 7200),
        ("paused", "04 12:00", "04 18:00", 0),
        ("after_hours", "04 18:00", "05 09:00", 0),
        ("paused", "05 09:00", "05 10:00", 0),
    ]
    assert (found.status, found.due_at, found.remaining_seconds) == (Status.PAUSED, None, 7200)
    assert not any(item.forecast for item in found.intervals)


def test_waiting_that_the_contract_does_not_deduct_is_counted() -> None:
    facts = [started("2026-05-04 10:00"), fact("paused", "2026-05-04 12:00")]
    found = account(limit(4, "business_hours", "opening"), *facts, when="2026-05-04 13:00", pausing=False)
    assert rows(found) == [("counted", "04 10:00", "04 13:00", 10_800), ("counted", "04 13:00", "04 14:00", 3600)]


def test_a_hold_stops_what_waiting_would_not_and_is_told_apart() -> None:
    facts = [
        started("2026-05-04 10:00"),
        fact("paused", "2026-05-04 11:00"),
        fact("held", "2026-05-04 12:00"),
        fact("released", "2026-05-04 13:00"),
    ]
    more = {"clauses": replace(CLAUSES, holding="GEN-8")}
    made = policy({"critical": limit(4, "business_hours", "opening")}, pausing=False, **more)
    found = ledger(made, facts, at("2026-05-04 14:00"))
    assert rows(found)[:2] == [("counted", "04 10:00", "04 12:00", 7200), ("held", "04 12:00", "04 13:00", 0)]
    assert (found.intervals[1].clause, found.due_at) == ("GEN-8", at("2026-05-04 15:00"))
    waiting = ledger(replace(made, pausing=True), facts, at("2026-05-04 14:00"))
    assert [item.kind for item in waiting.intervals] == [K.COUNTED, K.PAUSED, K.HELD, K.PAUSED]


def test_a_reopening_deducts_the_time_since_it_was_met() -> None:
    facts = [
        Fact(FactKind.STARTED, at("2026-05-04 10:00"), severity="critical", event_id="1"),
        Fact(FactKind.MET, at("2026-05-04 12:00"), event_id="2"),
        Fact(FactKind.REOPENED, at("2026-05-04 15:00"), event_id="3"),
    ]
    made = policy({"critical": limit(4, "business_hours", "opening")}, clauses=replace(CLAUSES, reopening="GEN-9"))
    found = ledger(made, facts, at("2026-05-04 16:00"))
    assert rows(found) == [
        ("counted", "04 10:00", "04 12:00", 7200),
        ("resolved_meanwhile", "04 12:00", "04 15:00", 0),
        ("counted", "04 15:00", "04 16:00", 3600),
        ("counted", "04 16:00", "04 17:00", 3600),
    ]
    assert (found.intervals[1].event_id, found.intervals[1].clause) == ("2", "GEN-9")
    assert (found.deducted_seconds, found.due_at) == (10_800, at("2026-05-04 17:00"))


def test_reopened_with_nothing_left_to_count_it_is_due_at_once_and_nothing_counts_twice() -> None:
    facts = [started("2026-05-04 10:00"), fact("met", "2026-05-05 20:00"), fact("reopened", "2026-05-06 11:00")]
    found = account(limit(1, "business_days"), *facts, when="2026-05-06 12:00")
    assert rows(found)[-3:] == [
        ("after_hours", "05 18:00", "06 09:00", 0),
        ("resolved_meanwhile", "06 09:00", "06 11:00", 0),
        ("late", "06 11:00", "06 12:00", 0),
    ]
    assert (found.due_at, found.elapsed_seconds, found.late_seconds) == (at("2026-05-06 11:00"), 32_400, 3600)
    require_chain(found)


def test_a_clock_that_was_met_ends_there() -> None:
    early = account(limit(1, "business_days"), started("2026-05-04 10:00"), fact("met", "2026-05-04 11:00"),
                    when="2026-05-30 00:00")  # fmt: skip
    assert rows(early) == [("event_day", "04 10:00", "04 11:00", 0)]
    assert (early.elapsed_seconds, early.remaining_seconds) == (0, 32_400)
    at_once = account(limit(1, "business_days"), started("2026-05-04 10:00"), fact("met", "2026-05-04 10:00"),
                      when="2026-05-30 00:00")  # fmt: skip
    assert (at_once.intervals, at_once.ends_at, at_once.elapsed_seconds) == ((), at("2026-05-04 10:00"), 0)


def test_a_late_answer_shows_by_how_much() -> None:
    facts = [started("2026-05-04 17:00"), fact("met", "2026-05-05 11:30")]
    found = account(limit(2, "business_hours", "opening"), *facts, when="2026-05-30 00:00")
    assert rows(found)[-2:] == [("counted", "05 09:00", "05 10:00", 3600), ("late", "05 10:00", "05 11:30", 0)]
    assert (found.late_seconds, found.intervals[-1].clause, found.status) == (5400, "HSA-1", Status.BREACHED)


def test_a_case_that_was_closed_late_without_being_met_is_late_until_then() -> None:
    facts = [started("2026-05-04 10:00"), fact("cancelled", "2026-05-04 14:00")]
    found = account(limit(2, "business_hours", "opening"), *facts, when="2026-06-30 00:00")
    assert (found.status, found.ends_at, found.late_seconds) == (Status.BREACHED, at("2026-05-04 14:00"), 7200)


def test_an_exclusion_marks_the_time_and_stops_nothing() -> None:
    facts = [started("2026-05-04 10:00"), fact("excluded", "2026-05-04 11:00"), fact("reinstated", "2026-05-04 12:00")]
    found = account(limit(4, "business_hours", "opening"), *facts, when="2026-05-04 13:00")
    assert rows(found)[:3] == [
        ("counted", "04 10:00", "04 11:00", 3600),
        ("counted", "04 11:00", "04 12:00", 3600),
        ("counted", "04 12:00", "04 13:00", 3600),
    ]
    assert [item.excluded for item in found.intervals] == [False, True, False, False]
    still = account(limit(4, "business_hours", "opening"), *facts[:2], when="2026-05-04 11:30")
    assert (still.status, [item.excluded for item in still.intervals]) == (Status.EXCLUDED, [False, True, True])


def test_a_change_of_severity_keeps_both_reckonings() -> None:
    facts = [
        started("2026-05-04 10:00"),
        fact("severity_changed", "2026-05-04 11:00", "minor"),
        fact("severity_changed", "2026-05-04 11:30", "cosmetic"),
        fact("severity_changed", "2026-05-04 12:00", "critical"),
    ]
    found = account(limit(4, "business_hours", "opening"), *facts, when="2026-05-04 13:00")
    assert [(one.severity, one.due_at, one.total_seconds) for one in found.phases] == [
        ("critical", at("2026-05-04 14:00"), 14_400),
        ("minor", at("2026-05-07 00:00"), 64_800),
        ("cosmetic", None, None),
        ("critical", at("2026-05-04 14:00"), 14_400),
    ]
    assert [one.until for one in found.phases] == [*(one.since for one in found.phases[1:]), None]
    assert rows(found)[0] == ("counted", "04 10:00", "04 13:00", 10_800)


def test_a_change_in_the_very_second_of_a_pause_takes_the_facts_in_their_order() -> None:
    noon = "2026-05-04 12:00"
    facts = [started("2026-05-04 10:00"), fact("paused", noon), fact("severity_changed", noon, "minor")]
    four = limit(4, "business_hours", "opening")
    assert account(four, *facts, when="2026-05-04 13:00").phases[0].due_at is None
    swapped = account(four, facts[0], facts[2], facts[1], when="2026-05-04 13:00")
    assert swapped.phases[0].due_at == at("2026-05-04 14:00")


def test_a_severity_without_a_target_has_no_account() -> None:
    found = account(None, started("2026-05-04 10:00"), when="2026-05-05 10:00")
    assert (found.status, found.intervals, found.total_seconds, found.elapsed_seconds) == (Status.NONE, (), None, None)
    assert len(found.phases) == 1


def test_before_the_event_there_is_nothing_to_account_for() -> None:
    found = account(limit(1, "hours"), started("2026-05-04 10:00"), when="2026-05-04 09:59")
    assert (found.status, found.intervals, found.started_at, found.phases) == (Status.PENDING, (), None, ())


def test_what_closes_a_day_is_told_apart() -> None:
    spec = CalendarSpec(
        "Europe/Paris",
        OFFICE_WEEK,
        holidays=frozenset({date(2026, 5, 5), date(2026, 5, 6)}),
        days_off=frozenset({date(2026, 5, 7)}),
        closures=frozenset({date(2026, 5, 8), date(2026, 5, 9)}),
        special_days=((date(2026, 5, 11), ()), (date(2026, 5, 12), ((32_400, 43_200),))),
    )
    what = replace(policy({"critical": limit(6, "business_hours", "opening")}), calendar=Calendar(spec))
    found = ledger(what, [started("2026-05-04 17:00")], at("2026-05-04 17:00"))
    assert [(kind, start, end) for kind, start, end, _ in rows(found)] == [
        ("counted", "04 17:00", "04 18:00"),
        ("after_hours", "04 18:00", "05 00:00"),
        ("holiday", "05 00:00", "06 00:00"),
        ("holiday", "06 00:00", "07 00:00"),
        ("day_off", "07 00:00", "08 00:00"),
        ("closure", "08 00:00", "09 00:00"),
        ("closed", "09 00:00", "12 00:00"),
        ("after_hours", "12 00:00", "12 09:00"),
        ("counted", "12 09:00", "12 12:00"),
        ("after_hours", "12 12:00", "13 09:00"),
        ("counted", "13 09:00", "13 11:00"),
    ]


def test_facts_that_cannot_be_are_refused_as_the_fold_refuses_them() -> None:
    with pytest.raises(BadFacts, match="starts once"):
        account(limit(1, "hours"), started("2026-05-04 10:00"), started("2026-05-04 11:00"), when="2026-05-04 12:00")
    with pytest.raises(NaiveInstant):
        ledger(policy({"critical": limit(1, "hours")}), [started("2026-05-04 10:00")], datetime(2026, 5, 4))  # noqa: DTZ001


def test_a_long_wait_folds_into_days_and_weeks_that_add_up() -> None:
    facts = [started("2026-05-04 10:00"), fact("paused", "2026-05-04 16:00"), fact("resumed", "2026-06-05 16:00")]
    what = policy({"critical": limit(12, "business_hours", "opening")})
    found = ledger(what, facts, at("2026-06-05 17:00"))
    days, weeks_ = by_day(found, french()), by_week(found, french())
    assert len(days) > len(weeks_) == 7  # this week is there twice: what was, and what is to come
    for fold_ in (days, weeks_):
        assert sum(item.counted for item in fold_) == 12 * 3600 == fold_[-1].through
        assert sum(item.deducted for item in fold_) == found.deducted_seconds
    assert (days[0].first_day, days[0].counted, days[0].deducted) == (date(2026, 5, 4), 21_600, 7200)
    assert days[0].kinds == (K.COUNTED, K.PAUSED, K.AFTER_HOURS)
    assert [item.forecast for item in weeks_][-3:] == [False, True, True]
    assert (weeks_[0].first_day, weeks_[0].last_day) == (date(2026, 5, 4), date(2026, 5, 10))


# Whatever happens ----------------------------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> tuple[naive.Week, TargetPolicy, list[Fact], int, int]:
    """A week, a policy of two severities, facts in some order of time, the event and the instant asked for."""
    week, event = draw(weeks()), draw(instants())
    assume(sum(b - a for day in week.minutes for a, b in day) >= 600)
    limits: dict[str, Limit | None] = {}
    for severity in ("high", "low"):
        rules, unit = draw(RULES)
        most = {"hours": 60, "business_hours": 40, "weeks": 2, "months": 2}.get(unit, 8)
        limits[severity] = Limit(draw(st.integers(0, most)), Unit(unit), Rules(rules), day_after=draw(st.booleans()))
    what = TargetPolicy("resolution", compiled(week), limits, pausing=draw(st.booleans()))
    facts = [Fact(FactKind.STARTED, utc(event), severity=draw(st.sampled_from(["high", "low"])), event_id="0")]
    now = event
    for number in range(draw(st.integers(0, 7))):
        now += draw(st.integers(0, 4 * 86_400)) // draw(st.sampled_from([1, 3600])) * draw(st.sampled_from([1, 1800]))
        kind = draw(
            st.sampled_from(["paused", "paused", "resumed", "resumed", "severity_changed", "met", "excluded",
                             "reinstated", "cancelled", "held", "released", "reopened"])
        )  # fmt: skip
        severity = draw(st.sampled_from(["high", "low"])) if kind == "severity_changed" else None
        reason = draw(st.sampled_from(["customer", "editor", None])) if kind in PAUSING | HOLDING else None
        facts.append(Fact(FactKind(kind), utc(now), severity=severity, reason=reason, event_id=str(number + 1)))
    return week, what, facts, event, event + draw(st.integers(0, 21 * 86_400))


def _stopped(facts: list[Fact], until: int, kinds: dict[str, bool]) -> list[tuple[int, int | None]]:
    """The stretches in which some reason to stop was open, reckoned apart from the engine."""
    open_: set[str | None] = set()
    found: list[tuple[int, int | None]] = []
    since: int | None = None
    for one in facts:
        now = int(one.at.timestamp())
        if now > until:
            break
        if kinds.get(one.kind) is True:
            open_.add(one.reason)
            since = now if since is None else since
        elif kinds.get(one.kind) is False and since is not None:
            open_ = set() if one.reason is None else open_ - {one.reason}
            if not open_:
                found.append((since, now))
                since = None
    return found if since is None else [*found, (since, None)]


def _resolved(facts: list[Fact], until: int) -> list[tuple[int, int | None]]:
    """The stretches between a resolution and the reopening that took it back."""
    found: list[tuple[int, int | None]] = []
    met: int | None = None
    for one in facts:
        now = int(one.at.timestamp())
        if now <= until and one.kind == FactKind.MET:
            met = now if met is None else met
        elif now <= until and one.kind == FactKind.REOPENED and met is not None:
            found.append((met, now))
            met = None
    return found


@given(histories())
def test_an_account_is_a_chain_whose_sums_are_those_of_the_engine(
    case: tuple[naive.Week, TargetPolicy, list[Fact], int, int],
) -> None:
    _, what, facts, event, now = case
    state, found = fold(what, facts, utc(now)), ledger(what, facts, utc(now))
    assert (found.status, found.severity, found.due_at) == (state.status, state.severity, state.due_at)
    if found.intervals:
        require_chain(found)
    laid = window(what.limits[state.severity], what.calendar, event)  # type: ignore[arg-type]
    assert found.total_seconds == laid.meter.elapsed_s(laid.start, laid.base)
    assert found.elapsed_seconds is not None
    ended = state.met_at or (state.due_at if state.breached_at else None)
    if state.remaining_seconds is not None:
        assert found.remaining_seconds == state.remaining_seconds
    elif state.due_at is not None and not ended:
        assert state.status in (Status.RUNNING, Status.EXCLUDED)
        assert sum(item.seconds for item in found.intervals) == found.total_seconds
        assert found.ends_at == max(state.due_at, utc(now))
    if state.breached_at:
        assert found.remaining_seconds == 0


@given(histories())
def test_what_counted_is_the_time_of_the_engine_less_the_pauses(
    case: tuple[naive.Week, TargetPolicy, list[Fact], int, int],
) -> None:
    _, what, facts, event, now = case
    state, found = fold(what, facts, utc(now)), ledger(what, facts, utc(now))
    assume(state.status in (Status.RUNNING, Status.PAUSED, Status.MET))
    laid = window(what.limits[state.severity], what.calendar, event)  # type: ignore[arg-type]
    until = min([now, *(int(one.timestamp()) for one in (state.met_at, state.due_at) if one)])
    known = int(state.met_at.timestamp()) if state.met_at else now
    breaks = (
        _resolved(facts, known)
        + _stopped(facts, known, HOLDING)
        + (_stopped(facts, known, PAUSING) if what.pausing else [])
    )
    if laid.meter is EVERY_SECOND:
        everything = Calendar(CalendarSpec("UTC", (((0, 86_400),),) * 7))
        expected = elapsed(everything, utc(laid.start), utc(until), breaks)
    else:
        expected = elapsed(what.calendar, utc(laid.start), utc(until), breaks)
    assert found.elapsed_seconds == expected


@given(histories())
def test_each_stretch_is_what_the_wall_clock_says(
    case: tuple[naive.Week, TargetPolicy, list[Fact], int, int],
) -> None:
    week, what, facts, _, now = case
    found = ledger(what, facts, utc(now))
    limit_ = what.limits[found.severity]
    assume(limit_ is not None and limit_.unit not in CLOCK_SECONDS)
    for item in found.intervals:
        start, end = (int(edge.timestamp()) for edge in (item.starts_at, item.ends_at))
        if item.kind in (K.EVENT_DAY, K.EVENT_HOUR) or (item.kind == K.RESOLVED_MEANWHILE and item.measured == 0):
            assert item.seconds == item.measured == 0
        else:
            assert item.measured == naive.elapsed(week, start, end)
        if item.kind == K.HOLIDAY:
            assert week.local(start).date() in week.closed


@given(histories())
def test_folding_by_day_or_week_loses_no_second(
    case: tuple[naive.Week, TargetPolicy, list[Fact], int, int],
) -> None:
    _, what, facts, _, now = case
    found = ledger(what, facts, utc(now))
    for folded in (by_day(found, what.calendar), by_week(found, what.calendar)):
        assert sum(item.counted for item in folded) == sum(item.seconds for item in found.intervals)
        assert sum(item.counted for item in folded if not item.forecast) == (found.elapsed_seconds or 0)
        assert sum(item.deducted for item in folded) == found.deducted_seconds
        assert sum(item.late for item in folded) == found.late_seconds
        assert all(one.first_day <= other.first_day for one, other in pairwise(folded))


def test_the_account_names_the_entry_that_began_each_pause() -> None:
    facts = [
        Fact(FactKind.STARTED, at("2026-05-04 10:00"), severity="critical", event_id="1"),
        Fact(FactKind.PAUSED, at("2026-05-04 11:00"), reason="customer", event_id="2"),
        Fact(FactKind.PAUSED, at("2026-05-04 12:00"), reason="editor", event_id="3"),
        Fact(FactKind.RESUMED, at("2026-05-04 13:00"), reason="customer", event_id="4"),
        Fact(FactKind.RESUMED, at("2026-05-04 14:00"), reason="editor", event_id="5"),
    ]
    found = account(limit(4, "business_hours", "opening"), *facts, when="2026-05-04 15:00")
    stopped = [(item.event_id, item.measured) for item in found.intervals if item.kind in DEDUCTED]
    assert stopped == [("2", 7200), ("3", 3600)]


def test_a_year_of_waiting_is_still_an_account() -> None:
    facts = [started("2025-01-06 10:00"), fact("paused", "2025-01-06 11:00")]
    what = policy({"critical": limit(40, "business_hours", "opening")})
    found = ledger(what, facts, at("2026-01-06 10:00"))
    require_chain(found)
    assert found.remaining_seconds == 39 * 3600
    assert len(by_week(found, french())) == 53
    assert public_holidays("FR") >= {date(2025, 5, 1)}
    assert sum(item.kind == K.HOLIDAY for item in found.intervals) == 10
    assert max((item.ends_at - item.starts_at for item in found.intervals), default=timedelta()) <= timedelta(hours=49)


def _never_empty(items: tuple[Interval, ...]) -> bool:
    return all(item.starts_at.tzinfo is UTC for item in items)


def test_instants_are_in_utc() -> None:
    assert _never_empty(account(limit(4, "hours"), started("2026-05-04 10:00"), when="2026-05-04 11:00").intervals)
