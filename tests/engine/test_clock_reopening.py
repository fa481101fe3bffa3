"""A reopening where nothing was left to count: the target is due at the reopening, never before it."""

import pytest

from slas.engine import AlertThreshold, Fact, Status, alert_instants, explain, fold
from slas.engine.policy import BREACH
from tests.engine.worlds import at, fact, limit, policy, started

BREACHED = AlertThreshold(BREACH, 100, ("support_manager",))
HOURS = policy({"critical": limit(4, "business_hours", "opening")}, alerts=(BREACHED,))
DAYS = policy({"critical": limit(2, "business_days")}, alerts=(BREACHED,))
FILED = "2026-05-04 09:00"  # due 13:00 the same day, or in two business days: Wed 6 May 24:00


def _life(met: str, reopened: str) -> list[Fact]:
    return [started(FILED), fact("met", met), fact("reopened", reopened)]


@pytest.mark.parametrize(
    ("using", "met"),
    [
        (HOURS, "2026-05-04 13:00"),
        (DAYS, "2026-05-06 18:00"),
        (DAYS, "2026-05-06 23:00"),
        (DAYS, "2026-05-07 00:00"),
    ],
)
def test_met_at_the_last_moment_and_reopened_it_is_due_at_the_reopening(using, met) -> None:
    facts = _life(met, "2026-05-11 10:00")
    on_time = fold(using, facts, at("2026-05-11 10:00"))
    assert (on_time.status, on_time.due_at, on_time.met_at) == (Status.RUNNING, at("2026-05-11 10:00"), None)
    assert (on_time.next_action, on_time.next_action_at) == (BREACH, at("2026-05-11 10:00:01"))
    late = fold(using, facts, at("2026-05-11 10:00:01"))
    assert (late.status, late.breached_at) == (Status.BREACHED, at("2026-05-11 10:00"))
    assert alert_instants(using, facts, at("2026-06-01 10:00")) == ((BREACH, at("2026-05-11 10:00")),)
    assert explain(using, facts, at("2026-05-11 10:00"))[-1].at == at("2026-05-11 10:00")


def test_met_again_in_that_very_second_it_is_met_and_can_be_reopened_again() -> None:
    facts = [*_life("2026-05-04 13:00", "2026-05-11 10:00"), fact("met", "2026-05-11 10:00")]
    assert fold(HOURS, facts, at("2026-05-12 10:00")).status == Status.MET
    again = fold(HOURS, [*facts, fact("reopened", "2026-05-12 11:00")], at("2026-05-12 11:00"))
    assert (again.status, again.due_at) == (Status.RUNNING, at("2026-05-12 11:00"))


def test_a_second_before_the_last_moment_that_second_is_left() -> None:
    found = fold(HOURS, _life("2026-05-04 12:59:59", "2026-05-11 10:00"), at("2026-05-11 10:00"))
    assert (found.status, found.due_at) == (Status.RUNNING, at("2026-05-11 10:00:01"))


def test_a_target_met_late_is_not_given_time_by_its_reopening() -> None:
    found = fold(HOURS, _life("2026-05-04 13:00:01", "2026-05-11 10:00"), at("2026-05-11 10:00"))
    assert (found.status, found.due_at, found.met_at) == (Status.BREACHED, at("2026-05-04 13:00"), None)
