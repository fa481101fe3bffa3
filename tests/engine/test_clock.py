"""Clocks folded from facts: what they say, when they say it, and that looking changes nothing."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slas.engine import (
    BREACH,
    Alert,
    AlertThreshold,
    BadAmount,
    BadFacts,
    ClockState,
    Fact,
    FactKind,
    Status,
    TargetPolicy,
    UnknownSeverity,
    alert_instants,
    alerts_reached,
    fold,
)
from slas.engine.clock import run_of, run_with
from slas.engine.pauses import pause
from tests.engine.worlds import at, fact, limit, policy, started

LIMITS = {
    "critical": limit(4, "business_hours", day_after=True),
    "minor": limit(2, "business_days", day_after=True),
    "none": None,
}
ALERTS = (
    AlertThreshold("approaching:75", 75, ("assignee",)),
    AlertThreshold("approaching:50", 50, ("assignee",)),
    AlertThreshold(BREACH, 100, ("support_manager",)),
)
POLICY = policy(LIMITS, alerts=ALERTS)
FILED = "2026-05-05 10:17"  # due Wed 6 May 13:00, half at 11:00, three quarters at 12:00
DUE = at("2026-05-06 13:00")


def state(facts: list[Fact], when: str, using: TargetPolicy = POLICY) -> ClockState:
    return fold(using, facts, at(when))


def alerts(facts: list[Fact], when: str, using: TargetPolicy = POLICY) -> list[tuple[str, datetime]]:
    return list(alert_instants(using, facts, at(when)))


def test_a_clock_without_facts_is_pending() -> None:
    assert state([], FILED) == ClockState(Status.PENDING, "")
    assert alerts([], FILED) == []


def test_facts_that_are_still_to_come_are_left_out() -> None:
    assert state([started(FILED)], "2026-05-05 10:16:59").status == Status.PENDING


def test_a_started_clock_runs_and_names_what_comes_next() -> None:
    assert state([started(FILED)], FILED) == ClockState(
        Status.RUNNING,
        "critical",
        started_at=at(FILED),
        due_at=DUE,
        next_action_at=at("2026-05-06 11:00"),
        next_action="approaching:50",
    )


@pytest.mark.parametrize(
    ("when", "upcoming", "action"),
    [
        ("2026-05-06 10:59:59", "2026-05-06 11:00", "approaching:50"),
        ("2026-05-06 11:00", "2026-05-06 12:00", "approaching:75"),
        ("2026-05-06 12:00", "2026-05-06 13:00:01", "breach"),
        ("2026-05-06 13:00", "2026-05-06 13:00:01", "breach"),
    ],
)
def test_the_next_action_is_strictly_later(when: str, upcoming: str, action: str) -> None:
    found = state([started(FILED)], when)
    assert (found.status, found.next_action_at, found.next_action) == (Status.RUNNING, at(upcoming), action)


def test_a_target_is_breached_from_the_second_after_it_was_due() -> None:
    found = state([started(FILED)], "2026-05-06 13:00:01")
    assert found == ClockState(Status.BREACHED, "critical", at(FILED), DUE, breached_at=DUE)


def test_a_breach_noticed_late_has_the_instant_that_was_due() -> None:
    assert state([started(FILED)], "2026-09-06 13:00:01").breached_at == DUE


def test_a_target_met_in_the_second_it_was_due_is_met() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 13:00:00.9")]
    assert state(facts, "2026-05-07 10:00") == ClockState(Status.MET, "critical", at(FILED), DUE, met_at=DUE)


def test_a_target_met_one_second_late_is_breached_and_says_when_it_was_met() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 13:00:01")]
    found = state(facts, "2026-05-06 13:00:01")
    assert (found.status, found.breached_at, found.met_at) == (Status.BREACHED, DUE, at("2026-05-06 13:00:01"))
    assert (found.next_action_at, found.next_action, found.due_at) == (None, None, DUE)


def test_a_target_is_met_once() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 10:00"), fact("met", "2026-05-06 14:00")]
    assert state(facts, "2026-05-07 10:00").met_at == at("2026-05-06 10:00")


def test_what_was_met_stays_met_whatever_follows() -> None:
    facts = [
        started(FILED),
        fact("met", "2026-05-06 10:00"),
        fact("severity_changed", "2026-05-06 11:00", "minor"),
        fact("paused", "2026-05-06 11:30"),
        fact("resumed", "2026-05-06 12:00"),
        fact("cancelled", "2026-05-06 12:30"),
    ]
    expected = ClockState(Status.MET, "critical", at(FILED), DUE, met_at=at("2026-05-06 10:00"))
    assert state(facts, "2026-05-08 10:00") == expected


def test_a_raised_severity_counts_from_the_original_event() -> None:
    facts = [started(FILED, "minor"), fact("severity_changed", "2026-05-06 09:30", "critical")]
    assert state(facts, "2026-05-06 09:29:59").due_at == at("2026-05-08 00:00")
    found = state(facts, "2026-05-06 09:30")
    assert (found.status, found.severity, found.due_at) == (Status.RUNNING, "critical", DUE)


def test_a_severity_raised_after_the_new_due_time_breaches_at_that_time() -> None:
    facts = [started(FILED, "minor"), fact("severity_changed", "2026-05-06 15:00", "critical")]
    assert state(facts, "2026-05-06 14:59:59").status == Status.RUNNING
    found = state(facts, "2026-05-06 15:00")
    assert (found.status, found.breached_at, found.due_at) == (Status.BREACHED, DUE, DUE)
    assert alerts(facts, "2026-05-06 15:00") == [("breach", DUE)]


def test_raising_and_answering_in_one_second_does_not_save_a_passed_time() -> None:
    for order in ([1, 2], [2, 1]):
        acts = {1: fact("severity_changed", "2026-05-06 13:00:01", "critical"), 2: fact("met", "2026-05-06 13:00:01")}
        found = state([started(FILED, "minor"), *(acts[which] for which in order)], "2026-05-06 14:00")
        expected = Status.BREACHED if order == [1, 2] else Status.MET
        assert (found.status, found.met_at) == (expected, at("2026-05-06 13:00:01"))


def test_a_lowered_severity_gives_more_time_while_there_still_is_some() -> None:
    facts = [started(FILED), fact("severity_changed", "2026-05-06 13:00", "minor")]
    found = state(facts, "2026-05-06 16:00")
    assert (found.status, found.severity, found.due_at) == (Status.RUNNING, "minor", at("2026-05-08 00:00"))


def test_a_late_target_that_is_not_met_counts_again_under_the_new_severity() -> None:
    facts = [started(FILED), fact("severity_changed", "2026-05-06 13:00:01", "minor")]
    found = state(facts, "2026-05-06 16:00")
    assert (found.status, found.severity, found.breached_at) == (Status.RUNNING, "minor", None)
    assert found.due_at == at("2026-05-08 00:00")
    told = [("approaching:50", at("2026-05-06 11:00")), ("approaching:75", at("2026-05-06 12:00")), ("breach", DUE)]
    assert alerts(facts, "2026-05-06 16:00")[:3] == told
    late = state(facts, "2026-05-08 00:00:01")
    assert (late.status, late.breached_at) == (Status.BREACHED, at("2026-05-08 00:00"))
    assert alerts(facts, "2026-05-08 00:00:01")[-1] == ("breach", at("2026-05-08 00:00"))


def test_a_severity_that_comes_back_brings_no_second_breach() -> None:
    facts = [
        started(FILED),
        fact("severity_changed", "2026-05-06 13:30", "minor"),
        fact("severity_changed", "2026-05-06 14:00", "critical"),
    ]
    assert state(facts, "2026-05-06 16:00").breached_at == DUE
    assert [one for one in alerts(facts, "2026-05-06 16:00") if one[0] == "breach"] == [("breach", DUE)]


def test_what_was_met_late_stays_late_whatever_severity_follows() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 13:00:01"), fact("severity_changed", "2026-05-06 14:00", "minor")]
    found = state(facts, "2026-05-06 16:00")
    assert (found.status, found.severity, found.breached_at) == (Status.BREACHED, "critical", DUE)


def test_waiting_after_a_breach_is_known_when_a_later_severity_counts_again() -> None:
    waiting = [started(FILED), fact("paused", "2026-05-06 13:30")]
    assert state(waiting, "2026-05-06 16:00").status == Status.BREACHED
    lowered = [*waiting, fact("severity_changed", "2026-05-06 14:00", "minor")]
    assert state(lowered, "2026-05-06 16:00").status == Status.PAUSED
    resumed = [*waiting, fact("resumed", "2026-05-06 14:30"), fact("severity_changed", "2026-05-06 15:00", "minor")]
    assert state(resumed, "2026-05-06 16:00").due_at == at("2026-05-11 10:00")


def test_a_severity_without_target_has_none() -> None:
    found = state([started(FILED, "none")], "2026-06-06 16:00")
    assert found == ClockState(Status.NONE, "none", at(FILED))
    facts = [started(FILED, "none"), fact("severity_changed", "2026-05-06 10:00", "critical")]
    assert state(facts, "2026-05-06 10:00").due_at == DUE
    lowered = [started(FILED), fact("severity_changed", "2026-05-06 10:00", "none")]
    assert state(lowered, "2026-05-08 10:00").status == Status.NONE
    answered = [*lowered, fact("met", "2026-05-06 11:00"), fact("severity_changed", "2026-05-09 10:00", "critical")]
    assert state(answered, "2026-05-09 10:00").status == Status.NONE


def test_a_paused_clock_shows_what_remains_and_no_due_time() -> None:
    facts = [started(FILED), fact("paused", "2026-05-06 11:30")]
    found = state(facts, "2026-05-09 10:00")
    assert found == ClockState(Status.PAUSED, "critical", at(FILED), remaining_seconds=5400)


def test_a_resumed_clock_is_due_later_by_the_opening_time_it_waited() -> None:
    facts = [started(FILED), fact("paused", "2026-05-06 11:30"), fact("resumed", "2026-05-07 09:15")]
    found = state(facts, "2026-05-07 09:15")
    assert (found.status, found.due_at, found.remaining_seconds) == (Status.RUNNING, at("2026-05-07 10:45"), None)


def test_waiting_does_not_count_where_the_terms_do_not_pause() -> None:
    facts = [started(FILED), fact("paused", "2026-05-06 11:30")]
    assert state(facts, "2026-05-06 12:00", policy(LIMITS, pausing=False)).due_at == DUE


def test_a_day_whose_last_opening_minute_has_passed_cannot_be_paused() -> None:
    one_day = policy({"critical": limit(1, "business_days")})
    facts = [started(FILED), fact("paused", "2026-05-06 18:00")]
    assert state(facts, "2026-05-06 20:00", one_day).due_at == at("2026-05-07 00:00")
    assert state(facts, "2026-05-07 00:00:01", one_day).status == Status.BREACHED


def test_pauses_for_several_reasons_end_when_each_has_ended() -> None:
    facts = [
        started(FILED),
        fact("paused", "2026-05-06 10:00", reason="customer"),
        fact("paused", "2026-05-06 10:30", reason="supplier"),
        fact("resumed", "2026-05-06 11:00", reason="customer"),
    ]
    assert state(facts, "2026-05-06 11:30").status == Status.PAUSED
    over = [*facts, fact("resumed", "2026-05-06 12:00", reason="supplier")]
    assert state(over, "2026-05-06 12:00").due_at == at("2026-05-06 15:00")
    at_once = [*facts, fact("resumed", "2026-05-06 11:15")]
    assert state(at_once, "2026-05-06 12:00").due_at == at("2026-05-06 14:15")
    other = [*facts, fact("resumed", "2026-05-06 11:15", reason="nobody")]
    assert state(other, "2026-05-06 12:00").status == Status.PAUSED


def test_a_second_pause_for_the_same_reason_changes_nothing() -> None:
    facts = [
        started(FILED),
        fact("paused", "2026-05-06 10:00"),
        fact("paused", "2026-05-06 10:30"),
        fact("resumed", "2026-05-06 11:00"),
        fact("resumed", "2026-05-06 11:30"),
    ]
    assert state(facts, "2026-05-06 11:30").due_at == at("2026-05-06 14:00")


def test_a_pause_before_the_start_is_taken_from_the_start() -> None:
    facts = [fact("paused", "2026-05-04 10:00"), started(FILED)]
    assert state(facts, "2026-05-06 10:00") == ClockState(
        Status.PAUSED, "critical", at(FILED), remaining_seconds=4 * 3600
    )
    assert state(facts, "2026-05-04 11:00").status == Status.PENDING


@pytest.mark.parametrize("pausing", [True, False])
def test_a_hold_stops_the_clock_whether_waiting_pauses_it_or_not(pausing: bool) -> None:
    using = policy(LIMITS, pausing=pausing)
    facts = [started(FILED), fact("held", "2026-05-06 11:30", reason="invoices")]
    expected = ClockState(Status.PAUSED, "critical", at(FILED), remaining_seconds=5400)
    assert state(facts, "2026-05-09 10:00", using) == expected
    released = [*facts, fact("released", "2026-05-07 09:15", reason="invoices")]
    found = state(released, "2026-05-07 09:15", using)
    assert (found.status, found.due_at, found.remaining_seconds) == (Status.RUNNING, at("2026-05-07 10:45"), None)


def test_holds_for_several_reasons_end_when_each_has_ended() -> None:
    facts = [
        started(FILED),
        fact("held", "2026-05-06 10:00", reason="invoices"),
        fact("held", "2026-05-06 10:30", reason="version"),
        fact("released", "2026-05-06 11:00", reason="invoices"),
    ]
    assert state(facts, "2026-05-06 11:30").status == Status.PAUSED
    assert state([*facts, fact("released", "2026-05-06 12:00")], "2026-05-06 12:00").due_at == at("2026-05-06 15:00")


def test_a_hold_and_a_pause_at_once_count_once_and_end_apart() -> None:
    facts = [
        started(FILED),
        fact("paused", "2026-05-06 10:00"),
        fact("held", "2026-05-06 11:00"),
        fact("resumed", "2026-05-06 12:00"),
    ]
    assert state(facts, "2026-05-06 12:30").status == Status.PAUSED
    released = [*facts, fact("released", "2026-05-06 14:00")]
    assert state(released, "2026-05-06 14:00").due_at == at("2026-05-06 17:00")
    without_pauses = state(released, "2026-05-06 14:00", policy(LIMITS, pausing=False))
    assert without_pauses.due_at == at("2026-05-06 16:00")


def test_a_release_without_a_hold_changes_nothing() -> None:
    assert state([started(FILED), fact("released", "2026-05-06 10:00")], "2026-05-06 10:00").due_at == DUE
    twice = [started(FILED), fact("held", "2026-05-06 10:00"), fact("released", "2026-05-06 11:00")]
    assert state([*twice, fact("released", "2026-05-06 12:00")], "2026-05-06 12:00").due_at == at("2026-05-06 14:00")


def test_a_reopened_target_runs_on_without_the_time_in_which_it_was_met() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 11:30"), fact("reopened", "2026-05-07 09:15")]
    assert state(facts, "2026-05-07 09:14:59").status == Status.MET
    found = state(facts, "2026-05-07 09:15", policy(LIMITS, pausing=False))
    assert (found.status, found.due_at, found.met_at) == (Status.RUNNING, at("2026-05-07 10:45"), None)
    assert state([*facts, fact("met", "2026-05-07 10:45")], "2026-05-08 10:00").met_at == at("2026-05-07 10:45")
    assert state(facts, "2026-05-07 10:45:01").breached_at == at("2026-05-07 10:45")


def test_a_target_may_be_reopened_again_and_only_when_it_was_met() -> None:
    facts = [started(FILED), fact("reopened", "2026-05-06 10:00")]
    assert state(facts, "2026-05-06 10:00").due_at == DUE
    twice = [
        started(FILED),
        fact("met", "2026-05-06 10:00"),
        fact("reopened", "2026-05-06 11:00"),
        fact("met", "2026-05-06 12:00"),
        fact("reopened", "2026-05-06 14:00"),
    ]
    assert state(twice, "2026-05-06 14:00").due_at == at("2026-05-06 16:00")


def test_a_target_met_in_its_last_second_and_reopened_is_due_at_once() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 13:00"), fact("reopened", "2026-05-07 09:15")]
    assert state(facts, "2026-05-07 09:15").due_at == at("2026-05-07 09:15")
    assert state(facts, "2026-05-07 09:15:01").breached_at == at("2026-05-07 09:15")
    after_closing = [started(FILED, "minor"), fact("met", "2026-05-07 20:00"), fact("reopened", "2026-05-11 10:00")]
    assert state(after_closing, "2026-05-11 10:00").due_at == at("2026-05-11 10:00")
    same_evening = [*after_closing[:2], fact("reopened", "2026-05-07 21:00")]
    assert state(same_evening, "2026-05-07 21:00").due_at == at("2026-05-08 00:00")


def test_a_target_met_late_and_reopened_is_late_and_owed() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 14:00"), fact("reopened", "2026-05-06 15:00")]
    found = state(facts, "2026-05-06 16:00")
    assert (found.status, found.due_at, found.breached_at, found.met_at) == (Status.BREACHED, DUE, DUE, None)


def test_what_changed_while_a_target_was_met_holds_from_its_reopening_on() -> None:
    met = [started(FILED), fact("paused", "2026-05-06 10:30"), fact("met", "2026-05-06 11:30")]
    meanwhile = [
        *met,
        fact("severity_changed", "2026-05-06 12:00", "minor"),
        fact("resumed", "2026-05-06 12:30"),
        fact("held", "2026-05-06 12:45"),
    ]
    assert state(meanwhile, "2026-05-06 13:00").severity == "critical"
    found = state([*meanwhile, fact("reopened", "2026-05-06 13:00")], "2026-05-06 13:00")
    assert (found.status, found.severity) == (Status.PAUSED, "minor")
    released = [*meanwhile, fact("reopened", "2026-05-06 13:00"), fact("released", "2026-05-06 14:30")]
    # Two days and the four hours from 10:30 to 14:30, none of them twice.
    assert state(released, "2026-05-06 14:30").due_at == at("2026-05-11 13:00")
    again = [*released, fact("met", "2026-05-06 15:00"), fact("reopened", "2026-05-06 16:00")]
    assert state(again, "2026-05-06 16:00").due_at == at("2026-05-11 14:00")


def test_a_clock_met_while_paused_had_no_due_time() -> None:
    facts = [
        started(FILED),
        fact("paused", "2026-05-06 10:00"),
        fact("met", "2026-05-20 10:00"),
        fact("resumed", "2026-05-20 11:00"),
    ]
    found = state(facts, "2026-05-21 10:00")
    assert found == ClockState(Status.MET, "critical", at(FILED), met_at=at("2026-05-20 10:00"))


def test_a_cancelled_clock_stops_and_does_nothing_more() -> None:
    facts = [started(FILED), fact("cancelled", "2026-05-06 12:30"), fact("met", "2026-05-06 12:45")]
    assert state(facts, "2026-05-08 10:00") == ClockState(Status.CANCELLED, "critical", at(FILED))
    assert alerts(facts, "2026-05-08 10:00") == [
        ("approaching:50", at("2026-05-06 11:00")),
        ("approaching:75", at("2026-05-06 12:00")),
    ]
    assert state([fact("cancelled", "2026-05-06 12:30")], "2026-05-08 10:00").status == Status.CANCELLED


def test_a_breach_is_not_cancelled() -> None:
    facts = [started(FILED), fact("cancelled", "2026-05-06 13:00:01")]
    assert state(facts, "2026-05-08 10:00").status == Status.BREACHED
    in_time = [started(FILED), fact("cancelled", "2026-05-06 13:00")]
    assert state(in_time, "2026-05-08 10:00").status == Status.CANCELLED


def test_an_exclusion_covers_the_state_and_keeps_it() -> None:
    facts = [started(FILED), fact("excluded", "2026-05-06 12:30")]
    running = state(facts, "2026-05-06 12:45")
    assert (running.status, running.due_at, running.next_action) == (Status.EXCLUDED, DUE, None)
    later = state(facts, "2026-05-08 10:00")
    assert (later.status, later.breached_at) == (Status.EXCLUDED, DUE)
    back = [*facts, fact("reinstated", "2026-05-08 09:00")]
    assert state(back, "2026-05-08 10:00").status == Status.BREACHED


def test_alerts_are_reached_in_order_and_once() -> None:
    expected = [
        ("approaching:50", at("2026-05-06 11:00")),
        ("approaching:75", at("2026-05-06 12:00")),
        ("breach", DUE),
    ]
    assert alerts([started(FILED)], "2026-05-06 10:59:59") == []
    assert alerts([started(FILED)], "2026-05-06 11:00") == expected[:1]
    assert alerts([started(FILED)], "2026-05-06 13:00") == expected[:2]
    assert alerts([started(FILED)], "2026-05-06 13:00:01") == expected
    assert alerts([started(FILED)], "2027-05-06 13:00:01") == expected


def test_an_alert_in_the_second_of_the_answer_is_not_sent() -> None:
    facts = [started(FILED), fact("met", "2026-05-06 11:00")]
    assert alerts(facts, "2026-05-08 11:00") == []
    facts = [started(FILED), fact("met", "2026-05-06 11:00:01")]
    assert alerts(facts, "2026-05-08 11:00") == [("approaching:50", at("2026-05-06 11:00"))]


def test_alerts_wait_while_the_clock_is_paused() -> None:
    facts = [started(FILED), fact("paused", "2026-05-06 10:30"), fact("resumed", "2026-05-06 11:30")]
    assert alerts(facts, "2026-05-06 11:29") == []
    assert alerts(facts, "2026-05-06 13:30") == [
        ("approaching:50", at("2026-05-06 12:00")),
        ("approaching:75", at("2026-05-06 13:00")),
    ]
    assert state(facts, "2026-05-06 11:30").next_action_at == at("2026-05-06 12:00")


def test_an_alert_due_when_the_pause_began_is_reached_when_it_ends() -> None:
    facts = [started(FILED), fact("paused", "2026-05-06 11:00"), fact("resumed", "2026-05-06 11:30")]
    assert alerts(facts, "2026-05-06 11:30") == [("approaching:50", at("2026-05-06 11:30"))]


def test_alerts_of_excluded_time_are_reached_at_the_reinstatement() -> None:
    facts = [started(FILED), fact("excluded", "2026-05-06 10:00"), fact("reinstated", "2026-05-06 12:30")]
    assert alerts(facts, "2026-05-06 12:29") == []
    assert alerts(facts, "2026-05-06 12:30") == [
        ("approaching:50", at("2026-05-06 12:30")),
        ("approaching:75", at("2026-05-06 12:30")),
    ]
    just_in_time = [started(FILED), fact("excluded", "2026-05-06 10:00"), fact("reinstated", "2026-05-06 13:00")]
    assert [code for code, when in alerts(just_in_time, "2026-05-06 13:00") if when == DUE] == [
        "approaching:50", "approaching:75",
    ]  # fmt: skip
    late = [started(FILED), fact("excluded", "2026-05-06 10:00"), fact("reinstated", "2026-05-06 15:00")]
    assert alerts(late, "2026-05-06 14:00") == []
    assert alerts(late, "2026-05-06 15:00") == [("breach", DUE)]


def test_a_breach_told_before_an_exclusion_is_not_told_again() -> None:
    facts = [started(FILED), fact("excluded", "2026-05-06 15:00"), fact("reinstated", "2026-05-06 16:00")]
    assert [code for code, _ in alerts(facts, "2026-05-07 10:00")].count("breach") == 1


def test_alerts_begin_again_under_another_severity() -> None:
    facts = [started(FILED), fact("severity_changed", "2026-05-06 11:30", "minor")]
    assert alerts(facts, "2026-05-12 10:00") == [
        ("approaching:50", at("2026-05-06 11:00")),
        ("approaching:50", at("2026-05-06 18:00")),
        ("approaching:75", at("2026-05-07 13:30")),
        ("breach", at("2026-05-08 00:00")),
    ]


def test_an_alert_tells_what_was_due_under_which_severity() -> None:
    facts = [started(FILED), fact("severity_changed", "2026-05-06 11:30", "minor")]
    assert alerts_reached(POLICY, facts, at("2026-05-06 18:00")) == (
        Alert("approaching:50", at("2026-05-06 11:00"), DUE, "critical"),
        Alert("approaching:50", at("2026-05-06 18:00"), at("2026-05-08 00:00"), "minor"),
    )
    assert alerts_reached(POLICY, facts, at("2026-05-09 18:00"))[-1] == Alert(
        BREACH, at("2026-05-08 00:00"), at("2026-05-08 00:00"), "minor"
    )


@pytest.mark.parametrize("until", ["2026-05-06 10:30", "2026-05-06 11:20", "2026-05-07 13:30", "2026-05-09 18:00"])
def test_a_state_brings_the_alerts_reached_until_then(until) -> None:
    facts = [started(FILED), fact("severity_changed", "2026-05-06 11:30", "minor")]
    assert state(facts, until).alerts == alerts_reached(POLICY, facts, at(until))


def test_naming_the_same_severity_again_changes_nothing() -> None:
    facts = [started(FILED), fact("severity_changed", "2026-05-06 11:30", "critical")]
    assert alerts(facts, "2026-05-06 11:45") == [("approaching:50", at("2026-05-06 11:00"))]
    assert len(run_of(POLICY, facts, at("2026-06-01 00:00")).changes) == 1


def test_alerts_without_opening_time_share_the_time_itself() -> None:
    weekend = policy({"critical": limit(1, "days", "timer")}, alerts=ALERTS)
    facts = [started("2026-05-08 10:00")]  # a holiday; the limit is Saturday
    assert alerts(facts, "2026-05-10 00:00", weekend) == [
        ("approaching:50", at("2026-05-09 12:00")),
        ("approaching:75", at("2026-05-09 18:00")),
    ]


def test_an_alert_is_not_before_the_due_time_when_there_is_no_time() -> None:
    at_once = policy({"critical": limit(0, "business_hours", "opening")}, alerts=ALERTS)
    facts = [started("2026-05-05 10:00")]
    assert state(facts, "2026-05-05 10:00", at_once).next_action == "breach"
    assert alerts(facts, "2026-05-05 10:00:01", at_once) == [("breach", at("2026-05-05 10:00"))]


def test_shares_are_rounded_up_to_the_second() -> None:
    odd = policy({"critical": limit(1, "business_hours", "opening")}, alerts=(AlertThreshold("approaching:33", 33),))
    assert alerts([started("2026-05-05 10:00:01")], "2026-05-05 10:30", odd) == [
        ("approaching:33", at("2026-05-05 10:19:49"))
    ]
    third = policy({"critical": limit(1, "business_hours", "opening")}, alerts=(AlertThreshold("approaching:1", 1),))
    assert alerts([started("2026-05-05 10:00")], "2026-05-05 10:30", third) == [
        ("approaching:1", at("2026-05-05 10:00:36"))
    ]


@pytest.mark.parametrize(("code", "percent"), [("approaching:0", 0), ("x", 101), ("x", 100), (BREACH, 75)])
def test_an_alert_that_cannot_be_is_refused(code: str, percent: int) -> None:
    with pytest.raises(BadAmount, match="an alert stands between 1 and 99 per cent, and the breach at 100"):
        AlertThreshold(code, percent)


def test_a_policy_puts_its_alerts_in_order_and_cannot_be_changed() -> None:
    assert [alert.percent for alert in POLICY.alerts] == [50, 75, 100]
    with pytest.raises(TypeError):
        POLICY.limits["critical"] = None  # type: ignore[index]


def test_an_unknown_severity_is_refused_when_it_appears() -> None:
    with pytest.raises(
        UnknownSeverity, match="unknown severity 'huge': the target response knows critical, minor, none"
    ):
        state([started(FILED, "huge")], FILED)
    with pytest.raises(UnknownSeverity):
        state([started(FILED), fact("severity_changed", "2026-05-06 09:00", "huge")], "2026-05-06 09:00")
    met = [started(FILED), fact("met", "2026-05-06 08:00")]
    with pytest.raises(UnknownSeverity):
        state([*met, fact("severity_changed", "2026-05-06 09:00", "huge")], "2026-05-06 09:00")


def test_facts_that_make_no_clock_are_refused() -> None:
    later = "2026-05-06 09:00"
    with pytest.raises(BadFacts, match="start it twice"):
        state([started(FILED), started(later)], later)
    with pytest.raises(BadFacts, match="says with which severity"):
        state([fact("started", FILED)], later)
    with pytest.raises(BadFacts, match="says to which one"):
        state([started(FILED), fact("severity_changed", later)], later)
    with pytest.raises(BadFacts, match="no severity to change"):
        state([fact("severity_changed", FILED, "critical")], later)
    with pytest.raises(BadFacts, match="cannot be met"):
        state([fact("met", FILED)], later)


def test_facts_of_one_second_are_taken_in_their_order() -> None:
    facts = [fact("resumed", FILED), fact("paused", FILED), started(FILED)]
    assert state(facts, FILED).status == Status.PAUSED
    assert state([facts[1], facts[0], facts[2]], FILED).status == Status.RUNNING


def test_facts_out_of_order_are_put_in_order() -> None:
    facts = [fact("met", "2026-05-06 10:00"), started(FILED)]
    assert state(facts, "2026-05-06 10:00").status == Status.MET


def test_a_run_with_known_pauses_is_reckoned_like_its_facts() -> None:
    breaks = [pause(at("2026-05-06 10:00"), at("2026-05-06 11:00")), pause(at("2026-05-06 12:00"), None)]
    found = run_with(POLICY, "critical", at(FILED), breaks).reckoned()
    assert found is not None
    assert (found.due, found.left) == (None, 2 * 3600)
    with pytest.raises(UnknownSeverity):
        run_with(POLICY, "huge", at(FILED), [])


KINDS = st.sampled_from([kind for kind in FactKind if kind != FactKind.STARTED])


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    start = at(FILED)
    facts = [Fact(FactKind.STARTED, start, severity=draw(st.sampled_from(["critical", "minor", "none"])))]
    when = start
    for _ in range(draw(st.integers(0, 8))):
        when += timedelta(seconds=draw(st.sampled_from([0, 1, 3599, 3600, 9000, 36_000, 90_000])))
        kind = draw(KINDS)
        severity = draw(st.sampled_from(["critical", "minor", "none"])) if kind == FactKind.SEVERITY_CHANGED else None
        facts.append(Fact(kind, when, severity=severity))
    return facts


@given(histories(), st.integers(0, 10 * 86_400), st.integers(0, 10 * 86_400))
def test_looking_in_between_changes_nothing(facts: list[Fact], first: int, second: int) -> None:
    early, late = (at(FILED) + timedelta(seconds=offset) for offset in sorted([first, second]))
    known = [one for one in facts if one.at <= early]
    assert fold(POLICY, facts, early) == fold(POLICY, known, early)
    told_early, told_late = alert_instants(POLICY, known, early), alert_instants(POLICY, known, late)
    assert told_late[: len(told_early)] == told_early
    before, after = fold(POLICY, facts, early), fold(POLICY, facts, late)
    between = {one.kind for one in facts if early < one.at <= late}
    if before.breached_at is not None and not between & {FactKind.SEVERITY_CHANGED, FactKind.REOPENED}:
        assert after.breached_at == before.breached_at
    if before.met_at is not None and FactKind.REOPENED not in between:
        assert after.met_at == before.met_at


@given(histories(), st.integers(0, 10 * 86_400))
def test_the_next_action_is_the_next_thing_that_happens(facts: list[Fact], offset: int) -> None:
    now = at(FILED) + timedelta(seconds=offset)
    known = [one for one in facts if one.at <= now]
    found = fold(POLICY, known, now)
    told = alert_instants(POLICY, known, now)
    if found.next_action_at is None:
        assert alert_instants(POLICY, known, now + timedelta(days=400)) == told
        return
    assert found.next_action_at > now
    second_before = found.next_action_at - timedelta(seconds=1)
    assert alert_instants(POLICY, known, second_before) == told
    assert alert_instants(POLICY, known, found.next_action_at)[len(told)][0] == found.next_action


def test_what_is_not_said_of_a_policy_is_the_careful_choice() -> None:
    assert AlertThreshold("approaching:75", 75).reading
    assert not TargetPolicy("response", POLICY.calendar, LIMITS).pausing
