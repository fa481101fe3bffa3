"""The account of a clock where two things fall into one second, happen twice, or happen while nothing is counted."""

from datetime import date

from slas.engine import Clauses, Fact, FactKind, Limit, Status
from slas.engine.ledger import Interval, IntervalKind, Ledger, Phase, Summary, by_day, by_week, ledger
from tests.engine.worlds import at, fact, french, limit, policy, started

K = IntervalKind
TWO, FOUR, SIX = (limit(amount, "business_hours", "opening") for amount in (2, 4, 6))
CLAUSES = Clauses(computation="HSA-24", pausing="HSA-17", reopening="GEN-9", holding="GEN-8", calendar="R14")


def account(facts: list[Fact], when: str, critical: Limit | None = FOUR, **more: object) -> Ledger:
    """The limits of three severities, in opening hours of Paris: 4 (or another one), 6 and none."""
    limits = {"critical": critical, "minor": SIX, "cosmetic": None}
    return ledger(policy(limits, clauses=CLAUSES, **more), facts, at(when))  # type: ignore[arg-type]


def noted(kind: str, when: str, event_id: str, *, severity: str | None = None, reason: str | None = None) -> Fact:
    return Fact(FactKind(kind), at(when), severity=severity, reason=reason, event_id=event_id)


def pieces(found: Ledger) -> list[tuple[str, str, str, int, str | None]]:
    """Kind, start and end on the clock of Paris, seconds of the meter, and the entry of the journal."""
    return [
        (
            item.kind.value,
            f"{item.starts_at.astimezone(french().zone):%d %H:%M}",
            f"{item.ends_at.astimezone(french().zone):%d %H:%M}",
            item.measured,
            item.event_id,
        )
        for item in found.intervals
    ]


# Nothing said ---------------------------------------------------------------------------------------------------------


def test_a_stretch_of_which_nothing_more_is_said_has_been_and_is_in_the_figures() -> None:
    plain = Interval(at("2026-05-04 10:00"), at("2026-05-04 11:00"), K.COUNTED, 3600, 3600, "R14")
    assert (plain.event_id, plain.excluded, plain.forecast) == (None, False, False)


def test_a_clock_that_counts_nothing_has_deducted_nothing_and_is_not_late() -> None:
    facts = [started("2026-05-04 10:00", "cosmetic"), fact("paused", "2026-05-04 11:00")]
    pending, without = account(facts, "2026-05-04 09:00"), account(facts, "2026-05-05 10:00")
    assert (pending.status, pending.deducted_seconds, pending.late_seconds) == (Status.PENDING, 0, 0)
    assert (without.status, without.deducted_seconds, without.late_seconds) == (Status.NONE, 0, 0)
    assert (without.started_at, without.total_seconds, without.due_at) == (at("2026-05-04 10:00"), None, None)


# The very second ------------------------------------------------------------------------------------------------------


def test_a_case_closed_in_the_second_in_which_a_new_severity_made_it_late_stays_late() -> None:
    """Late since 12:00 and closed at 16:00; the severity of that second is due at 16:00 and was not closed after it."""
    facts = [
        started("2026-05-04 10:00", "critical"),
        fact("cancelled", "2026-05-04 16:00"),
        fact("severity_changed", "2026-05-04 16:00", "minor"),
    ]
    found = account(facts, "2026-05-04 17:00", TWO)
    assert (found.status, found.due_at) == (Status.BREACHED, at("2026-05-04 16:00"))
    assert (found.ends_at, found.late_seconds) == (at("2026-05-04 17:00"), 3600)


def test_an_exclusion_in_the_very_second_asked_for_marks_what_is_to_come() -> None:
    facts = [started("2026-05-04 10:00"), fact("excluded", "2026-05-04 11:00"), fact("reinstated", "2026-05-04 12:00")]
    begun, ended = account(facts, "2026-05-04 11:00"), account(facts, "2026-05-04 12:00")
    assert [(item.excluded, item.forecast) for item in begun.intervals] == [(False, False), (True, True)]
    assert [(item.excluded, item.forecast) for item in ended.intervals] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip


# Met and reopened -----------------------------------------------------------------------------------------------------


def test_between_a_late_answer_and_its_reopening_it_is_neither_late_nor_deducted() -> None:
    """Due at 12:00, met at 13:00, reopened at 15:00: late for one hour before and for one hour after."""
    facts = [
        noted("started", "2026-05-04 10:00", "1", severity="critical"),
        noted("met", "2026-05-04 13:00", "2"),
        noted("reopened", "2026-05-04 15:00", "3"),
    ]
    found = account(facts, "2026-05-04 16:00", TWO)
    assert pieces(found) == [
        ("counted", "04 10:00", "04 12:00", 7200, None),
        ("late", "04 12:00", "04 13:00", 3600, None),
        ("resolved_meanwhile", "04 13:00", "04 15:00", 0, None),
        ("late", "04 15:00", "04 16:00", 3600, None),
    ]
    assert (found.deducted_seconds, found.late_seconds, found.due_at) == (0, 7200, at("2026-05-04 12:00"))
    assert by_day(found, french()) == (
        Summary(
            first_day=date(2026, 5, 4), last_day=date(2026, 5, 4), counted=7200, deducted=0, late=7200, through=7200,
            kinds=(K.COUNTED, K.LATE, K.RESOLVED_MEANWHILE), forecast=False,
        ),
    )  # fmt: skip


def test_of_two_answers_the_first_is_the_one_that_was_taken_back() -> None:
    facts = [
        noted("started", "2026-05-04 10:00", "1", severity="critical"),
        noted("met", "2026-05-04 11:00", "2"),
        noted("met", "2026-05-04 12:00", "3"),
        noted("reopened", "2026-05-04 13:00", "4"),
        noted("reopened", "2026-05-04 13:30", "5"),
        noted("met", "2026-05-04 14:00", "6"),
        noted("reopened", "2026-05-04 15:00", "7"),
    ]
    found = account(facts, "2026-05-04 16:00")
    assert pieces(found) == [
        ("counted", "04 10:00", "04 11:00", 3600, None),
        ("resolved_meanwhile", "04 11:00", "04 13:00", 7200, "2"),
        ("counted", "04 13:00", "04 14:00", 3600, None),
        ("resolved_meanwhile", "04 14:00", "04 15:00", 3600, "6"),
        ("counted", "04 15:00", "04 16:00", 3600, None),
        ("counted", "04 16:00", "04 17:00", 3600, None),
    ]
    assert (found.deducted_seconds, found.due_at) == (10_800, at("2026-05-04 17:00"))


def test_a_reopening_of_what_was_never_met_changes_nothing() -> None:
    facts = [started("2026-05-04 10:00"), fact("reopened", "2026-05-04 11:00")]
    assert pieces(account(facts, "2026-05-04 14:00")) == [("counted", "04 10:00", "04 14:00", 14_400, None)]


# One on top of another ------------------------------------------------------------------------------------------------


def test_what_was_resolved_goes_before_waiting_and_a_hold_goes_before_both() -> None:
    facts = [
        noted("started", "2026-05-04 10:00", "1", severity="critical"),
        noted("paused", "2026-05-04 11:00", "2", reason="customer"),
        noted("met", "2026-05-04 12:00", "3"),
        noted("held", "2026-05-04 13:00", "4"),
        noted("reopened", "2026-05-04 14:00", "5"),
        noted("released", "2026-05-04 15:00", "6"),
        noted("resumed", "2026-05-04 16:00", "7", reason="customer"),
    ]
    found = account(facts, "2026-05-04 17:00")
    assert pieces(found)[:6] == [
        ("counted", "04 10:00", "04 11:00", 3600, None),
        ("paused", "04 11:00", "04 12:00", 3600, "2"),
        ("resolved_meanwhile", "04 12:00", "04 13:00", 3600, "3"),
        ("held", "04 13:00", "04 15:00", 7200, "4"),
        ("paused", "04 15:00", "04 16:00", 3600, "2"),
        ("counted", "04 16:00", "04 17:00", 3600, None),
    ]
    assert [item.clause for item in found.intervals[:5]] == ["R14", "HSA-17", "GEN-9", "GEN-8", "HSA-17"]
    assert (found.deducted_seconds, found.due_at) == (18_000, at("2026-05-05 10:00"))


def test_what_ends_a_wait_ends_no_hold_and_the_other_way_round() -> None:
    facts = [
        noted("started", "2026-05-04 10:00", "1", severity="critical"),
        noted("paused", "2026-05-04 11:00", "2"),
        noted("held", "2026-05-04 12:00", "3"),
        noted("resumed", "2026-05-04 13:00", "4"),
        noted("released", "2026-05-04 14:00", "5"),
    ]
    assert pieces(account(facts, "2026-05-04 17:00")) == [
        ("counted", "04 10:00", "04 11:00", 3600, None),
        ("paused", "04 11:00", "04 12:00", 3600, "2"),
        ("held", "04 12:00", "04 14:00", 7200, "3"),
        ("counted", "04 14:00", "04 17:00", 10_800, None),
    ]


def test_a_wait_that_is_asked_for_twice_begins_with_the_first_and_ends_at_once() -> None:
    facts = [
        noted("started", "2026-05-04 10:00", "1", severity="critical"),
        noted("paused", "2026-05-04 11:00", "2", reason="customer"),
        noted("paused", "2026-05-04 12:00", "3", reason="customer"),
        noted("paused", "2026-05-04 12:30", "4", reason="editor"),
        noted("resumed", "2026-05-04 13:00", "5"),
        noted("paused", "2026-05-04 14:00", "6", reason="editor"),
    ]
    assert pieces(account(facts, "2026-05-04 15:00")) == [
        ("counted", "04 10:00", "04 11:00", 3600, None),
        ("paused", "04 11:00", "04 13:00", 7200, "2"),
        ("counted", "04 13:00", "04 14:00", 3600, None),
        ("paused", "04 14:00", "04 15:00", 3600, "6"),
    ]


# Out of the figures ---------------------------------------------------------------------------------------------------


def test_an_exclusion_said_twice_begins_once_and_a_reinstatement_without_one_is_nothing() -> None:
    facts = [
        started("2026-05-04 10:00"),
        fact("reinstated", "2026-05-04 10:30"),
        fact("excluded", "2026-05-04 11:00"),
        fact("excluded", "2026-05-04 12:00"),
        fact("reinstated", "2026-05-04 13:00"),
        fact("reinstated", "2026-05-04 13:30"),
    ]
    found = account(facts, "2026-05-04 14:00")
    assert [(item.measured, item.excluded) for item in found.intervals] == [
        (3600, False), (7200, True), (3600, False),
    ]  # fmt: skip


# Severities -----------------------------------------------------------------------------------------------------------


def test_a_phase_names_the_entry_that_began_it_and_knows_only_what_came_before_the_next_one() -> None:
    """Of the two pauses each phase knows its own and the earlier one; a change to the same severity begins no phase."""
    facts = [
        noted("started", "2026-05-04 10:00", "1", severity="critical"),
        noted("paused", "2026-05-04 10:30", "2"),
        noted("resumed", "2026-05-04 11:00", "3"),
        noted("severity_changed", "2026-05-04 11:30", "4", severity="critical"),
        noted("severity_changed", "2026-05-04 12:00", "5", severity="minor"),
        noted("paused", "2026-05-04 12:00", "6"),
        noted("resumed", "2026-05-04 13:00", "7"),
        noted("severity_changed", "2026-05-04 13:30", "8", severity="critical"),
        noted("paused", "2026-05-04 14:00", "9"),
        noted("resumed", "2026-05-04 14:30", "10"),
    ]
    assert account(facts, "2026-05-04 15:00").phases == (
        Phase("critical", at("2026-05-04 10:00"), at("2026-05-04 12:00"), FOUR, 14_400, at("2026-05-04 14:30"), "1"),
        Phase("minor", at("2026-05-04 12:00"), at("2026-05-04 13:30"), SIX, 21_600, at("2026-05-04 17:30"), "5"),
        Phase("critical", at("2026-05-04 13:30"), None, FOUR, 14_400, at("2026-05-04 16:00"), "8"),
    )


def test_severities_changed_while_it_was_met_are_each_reckoned_by_their_own_limit() -> None:
    """What came while it was met is taken in when it is reopened, from when on three hours are deducted."""
    facts = [
        noted("started", "2026-05-04 10:00", "1", severity="critical"),
        noted("met", "2026-05-04 12:00", "2"),
        noted("severity_changed", "2026-05-04 13:00", "3", severity="minor"),
        noted("severity_changed", "2026-05-04 13:30", "4", severity="critical"),
        noted("reopened", "2026-05-04 15:00", "5"),
    ]
    found = account(facts, "2026-05-04 16:00")
    assert pieces(found) == [
        ("counted", "04 10:00", "04 12:00", 7200, None),
        ("resolved_meanwhile", "04 12:00", "04 15:00", 10_800, "2"),
        ("counted", "04 15:00", "04 16:00", 3600, None),
        ("counted", "04 16:00", "04 17:00", 3600, None),
    ]
    assert found.phases == (
        Phase("critical", at("2026-05-04 10:00"), at("2026-05-04 13:00"), FOUR, 14_400, at("2026-05-04 14:00"), "1"),
        Phase("minor", at("2026-05-04 13:00"), at("2026-05-04 13:30"), SIX, 21_600, at("2026-05-04 16:00"), "3"),
        Phase("critical", at("2026-05-04 13:30"), None, FOUR, 14_400, at("2026-05-04 17:00"), "4"),
    )


# Days and weeks -------------------------------------------------------------------------------------------------------


def test_a_night_and_a_weekend_fold_into_days_with_what_was_counted_by_their_end() -> None:
    """24 hours day and night from Friday 18:00 on, one hour of them waiting on Saturday: due on Saturday at 19:00."""
    facts = [
        started("2026-06-05 17:10"),
        fact("paused", "2026-06-06 12:00"),
        fact("resumed", "2026-06-06 13:00"),
    ]
    found = account(facts, "2026-06-08 01:00", limit(24, "hours"))
    assert pieces(found)[0] == ("event_hour", "05 17:10", "05 18:00", 0, None)
    friday, saturday, sunday, monday = by_day(found, french())
    assert friday == Summary(
        date(2026, 6, 5), date(2026, 6, 5), 21_600, 0, 0, 21_600, (K.EVENT_HOUR, K.COUNTED), forecast=False
    )
    assert saturday == Summary(
        date(2026, 6, 6), date(2026, 6, 6), 64_800, 3600, 18_000, 86_400, (K.COUNTED, K.PAUSED, K.LATE), forecast=False
    )
    assert sunday == Summary(date(2026, 6, 7), date(2026, 6, 7), 0, 0, 86_400, 86_400, (K.LATE,), forecast=False)
    assert monday == Summary(date(2026, 6, 8), date(2026, 6, 8), 0, 0, 3600, 86_400, (K.LATE,), forecast=False)
    first, second = by_week(found, french())
    assert first == Summary(
        date(2026, 6, 1), date(2026, 6, 7), 86_400, 3600, 104_400, 86_400,
        (K.EVENT_HOUR, K.COUNTED, K.PAUSED, K.LATE), forecast=False,
    )  # fmt: skip
    assert second == Summary(date(2026, 6, 8), date(2026, 6, 8), 0, 0, 3600, 86_400, (K.LATE,), forecast=False)
