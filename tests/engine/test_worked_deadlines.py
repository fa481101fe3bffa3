"""The worked deadlines of the contracts: what a person reckoned by hand, on the clock of Paris."""

from datetime import UTC, datetime

import pytest

from contracts.terms import load_terms
from slas.engine import Fact, FactKind, MonthRollover, fold
from slas.engine.limits import Limit, Rules, Unit, due
from slas.engine.pauses import Pause, due_at, pause
from slas.management.commands.sla_compute import DATA
from slas.policies import policy_for
from tests.engine.worlds import at, french, limit


def ends(amount: int, unit: str, event: str, rules: str = "mega", *, back: bool = False, pauses: tuple = ()) -> str:
    """The due time on the clock of Paris; midnight as 24:00 of the day before."""
    breaks: list[Pause] = [pause(at(start), at(end)) for start, end in pauses]
    found = due_at(due(limit(amount, unit, rules), french(), at(event), breaks, backwards=back))
    assert found is not None
    return found.astimezone(french().zone).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("severity", "event", "expected"),
    [
        ("critical", "2026-05-05 10:17", "2026-05-06 13:00"),
        ("critical", "2026-05-06 16:40", "2026-05-07 13:00"),
        ("critical", "2026-05-07 09:30", "2026-05-11 13:00"),
        ("moderate", "2026-05-22 11:00", "2026-05-27 00:00"),
        ("minor", "2026-05-02 11:00", "2026-05-06 00:00"),
        ("no_access", "2026-05-04 08:05", "2026-05-05 10:00"),
    ],
)
def test_hopex_saas_response_is_due_when_a_person_reckons(severity: str, event: str, expected: str) -> None:
    terms = load_terms(DATA / "hopex-saas.yaml")
    facts = [Fact(FactKind.STARTED, at(event), severity=severity)]
    state = fold(policy_for(terms, "response", environment="production"), facts, at(event))
    assert state.due_at == at(expected).astimezone(UTC)


def test_restore_leaves_out_the_hour_of_the_event() -> None:
    assert ends(4, "business_hours", "2026-05-04 16:20") == "2026-05-05 12:00:00"


def test_interruption_counts_from_the_moment_of_the_declaration() -> None:
    assert ends(3, "business_hours", "2026-05-04 16:20", "opening") == "2026-05-05 10:20:00"


@pytest.mark.parametrize(
    ("amount", "unit", "event", "expected"),
    [
        (5, "days", "2026-05-13 10:00", "2026-05-19 00:00:00"),
        (2, "days", "2026-05-12 10:00", "2026-05-16 00:00:00"),
        (1, "weeks", "2026-05-07 10:00", "2026-05-16 00:00:00"),
        (3, "months", "2025-11-30 10:00", "2026-03-03 00:00:00"),
        (3, "months", "2024-11-29 10:00", "2025-03-02 00:00:00"),
        (2, "months", "2026-01-31 10:00", "2026-04-01 00:00:00"),
        (24, "hours", "2026-03-28 10:00:00", "2026-03-29 12:00:00"),
        (1, "hours", "2026-05-04 10:00:00", "2026-05-04 12:00:00"),
        (9, "business_hours", "2026-05-04 08:59:59", "2026-05-04 18:00:00"),
        (0, "days", "2026-05-09 10:00", "2026-05-12 00:00:00"),
        (0, "business_days", "2026-05-09 10:00", "2026-05-10 00:00:00"),
    ],
)
def test_mega_rules(amount: int, unit: str, event: str, expected: str) -> None:
    assert ends(amount, unit, event) == expected


def test_months_roll_over_to_a_working_day_where_the_terms_say_so() -> None:
    by_weekday = Limit(3, Unit.MONTHS, Rules.MEGA, month_rollover=MonthRollover.OUVRE)
    found = due_at(due(by_weekday, french(), at("2024-11-29 10:00")))
    assert found == datetime(2025, 3, 3, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "event", "expected"),
    [
        (2, "2026-05-04 17:30:30", "2026-05-05 10:30:30"),
        (24, "2026-05-04 10:00", "2026-05-06 16:00:00"),
        (63, "2026-04-30 15:00", "2026-05-13 15:00:00"),
    ],
)
def test_opening_time_counts_to_the_second(amount: int, event: str, expected: str) -> None:
    assert ends(amount, "business_hours", event, "opening") == expected


def test_a_support_day_is_a_standard_day_of_opening_time() -> None:
    assert ends(7, "business_days", "2026-04-30 15:00", "opening") == "2026-05-13 15:00:00"


def test_a_pause_on_the_day_of_the_event_deducts_nothing() -> None:
    breaks = (("2026-05-04 11:00", "2026-05-04 12:00"),)
    assert ends(1, "business_days", "2026-05-04 10:00", pauses=breaks) == "2026-05-06 00:00:00"


def test_a_pause_on_a_counted_day_is_owed_after_its_end() -> None:
    breaks = (("2026-05-05 10:00", "2026-05-05 12:30"),)
    assert ends(1, "business_days", "2026-05-04 10:00", pauses=breaks) == "2026-05-06 11:30:00"


def test_a_whole_day_paused_is_due_at_closing_time() -> None:
    breaks = (("2026-05-05 08:00", "2026-05-05 23:00"),)
    assert ends(1, "business_days", "2026-05-04 10:00", pauses=breaks) == "2026-05-06 18:00:00"


def test_a_pause_in_the_time_that_a_pause_added_is_deducted_too() -> None:
    breaks = (("2026-05-05 10:00", "2026-05-05 12:30"), ("2026-05-06 10:00", "2026-05-06 11:00"))
    assert ends(1, "business_days", "2026-05-04 10:00", pauses=breaks) == "2026-05-06 12:30:00"


def test_a_pause_at_the_moved_due_time_deducts_nothing() -> None:
    breaks = (("2026-05-05 10:00", "2026-05-05 12:30"), ("2026-05-06 11:30", "2026-05-06 12:00"))
    assert ends(1, "business_days", "2026-05-04 10:00", pauses=breaks) == "2026-05-06 11:30:00"


def test_a_pause_in_the_hour_of_the_event_deducts_nothing() -> None:
    breaks = (("2026-05-04 10:20", "2026-05-04 10:50"),)
    assert ends(2, "business_hours", "2026-05-04 10:15", pauses=breaks) == "2026-05-04 13:00:00"


def test_jalios_timer_runs_to_the_end_of_its_last_day() -> None:
    assert ends(30, "days", "2026-03-31 14:00", "timer") == "2026-05-01 00:00:00"


@pytest.mark.parametrize(
    ("amount", "unit", "event", "expected"),
    [
        (2, "months", "2026-12-31 00:00", "2026-11-01 00:00:00"),
        (1, "months", "2026-03-31 12:00", "2026-03-01 00:00:00"),
        (1, "business_days", "2026-05-18 20:00", "2026-05-16 00:00:00"),
        (7, "days", "2026-05-18 20:00", "2026-05-12 00:00:00"),
        (1, "weeks", "2026-05-18 20:00", "2026-05-12 00:00:00"),
        (24, "hours", "2026-05-18 20:00:01", "2026-05-17 20:00:01"),
        (4, "business_hours", "2026-05-18 11:00", "2026-05-15 16:00:00"),
        (9, "business_hours", "2026-05-18 18:00", "2026-05-18 09:00:00"),
        (0, "business_days", "2026-05-17 11:00", "2026-05-18 00:00:00"),
    ],
)
def test_backward_limits(amount: int, unit: str, event: str, expected: str) -> None:
    assert ends(amount, unit, event, back=True) == expected


def test_backward_support_days_are_opening_time() -> None:
    assert ends(1, "business_days", "2026-05-18 11:00", "opening", back=True) == "2026-05-15 11:00:00"


def test_backward_timer_days() -> None:
    assert ends(7, "days", "2026-05-18 20:00", "timer", back=True) == "2026-05-12 00:00:00"
    assert ends(1, "business_days", "2026-05-18 20:00", "timer", back=True) == "2026-05-16 00:00:00"


def test_a_timer_of_months_ends_on_the_last_day_of_a_short_month() -> None:
    assert ends(1, "months", "2026-01-31 20:00", "timer") == "2026-03-01 00:00:00"
    assert ends(18, "months", "2026-01-31 20:00", "timer") == "2027-08-01 00:00:00"
