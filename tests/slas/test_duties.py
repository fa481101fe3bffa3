"""Duties folded from a journal: when they are owed, which days ask for word, what gives it (HOP-5)."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.publishing import DATA
from contracts.terms import load_terms
from slas import duties
from slas.announced import KNOWN_DAYS, Announced
from slas.duties import DutyState, follow, missed_days
from tests.worlds import paris
from tickets.models import Event, Ticket

SECOND = timedelta(seconds=1)
MONDAY = paris("2026-05-04 08:05")
TERMS = load_terms(DATA / "hopex-saas.yaml")


@pytest.fixture
def ticket(monkeypatch: pytest.MonkeyPatch) -> Ticket:
    """A ticket under the HOPEX SaaS terms, in no database."""
    monkeypatch.setattr(duties, "terms_of", lambda about: TERMS)
    return Ticket(id=uuid4(), reference="MEGA-1", details={})


def event(at: str, kind: str, side: str = "provider", **data: Any) -> Event:
    """An entry of the journal."""
    return Event(id=uuid4(), kind=kind, at=paris(at), actor_side=side, actor_name="Somebody", data=data)


def filed(at: str, severity: str = "critical") -> Event:
    return event(at, "filed", "customer", severity={"new": severity})


def raised(at: str, severity: str, old: str = "moderate") -> Event:
    return event(at, "severity_changed", severity={"old": old, "new": severity})


def state(ticket: Ticket, journal: Sequence[Event], at: str, code: str = "daily_update") -> DutyState:
    return next(one for one in follow(ticket, journal, paris(at)) if one.duty.code == code)


def missed(ticket: Ticket, journal: Sequence[Event], at: str) -> list[str]:
    """The days without word, as ``05-06 18:00``."""
    when = paris(at)
    return [
        f"{one.closed_at.astimezone(when.tzinfo):%m-%d %H:%M}"
        for one in missed_days(follow(ticket, journal, when), when)
    ]


# Which days -----------------------------------------------------------------------------------------------------------
def test_word_is_owed_from_the_business_day_after_until_its_closing_time(ticket):
    journal = [filed("2026-05-04 08:05")]
    assert missed(ticket, journal, "2026-05-05 18:00") == [], "in the second of closing nothing is missed yet"
    assert missed(ticket, journal, "2026-05-05 18:00:01") == ["05-05 18:00"]
    assert state(ticket, journal, "2026-05-04 09:00").due_at == paris("2026-05-05 18:00")
    assert state(ticket, journal, "2026-05-05 18:00:01").due_at == paris("2026-05-06 18:00")


def test_a_day_that_begins_with_the_duty_is_owed(ticket):
    assert missed(ticket, [filed("2026-05-05 00:00")], "2026-05-05 19:00") == ["05-05 18:00"]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-05-15 19:30", "2026-05-19 08:00", ["05-18 18:00"]),  # a Friday evening: Monday
        ("2026-05-16 11:00", "2026-05-18 18:00:01", ["05-18 18:00"]),  # a Saturday
        ("2026-05-07 10:00", "2026-05-12 08:00", ["05-11 18:00"]),  # Friday the 8th is a holiday
        ("2026-03-27 10:00", "2026-03-31 08:00", ["03-30 18:00"]),  # over the night in which the clocks change
        ("2026-10-23 10:00", "2026-10-27 08:00", ["10-26 18:00"]),
    ],
)
def test_weekends_holidays_and_the_change_of_clocks(ticket, since, until, expected):
    assert missed(ticket, [filed(since)], until) == expected


def test_days_off_of_the_contract_and_those_announced_later_ask_for_nothing(ticket):
    ticket.details = {"overrides": {"calendars": [{"calendar": "fr", "reference": "A", "days_off": ["2026-05-05"]}]}}
    days = {"calendar": "fr", "reference": "B", "days_off": ["2026-05-06"]}
    other = {"calendar": "availability", "reference": "C", "days_off": ["2026-05-07"]}
    journal = [
        filed("2026-05-04 08:05"),
        event("2026-05-05 10:00", "calendar_changed", "system", days=days),
        event("2026-05-05 10:00", "calendar_changed", "system", days=other),
    ]
    assert missed(ticket, journal, "2026-05-07 19:00") == ["05-07 18:00"]


def test_a_day_announced_after_it_closed_stays_what_it_was(ticket):
    days = {"calendar": "fr", "reference": "B", "days_off": ["2026-05-05", "2026-05-06"]}
    journal = [filed("2026-05-04 08:05"), event("2026-05-05 18:30", "calendar_changed", "system", days=days)]
    assert missed(ticket, journal, "2026-05-07 12:00") == ["05-05 18:00"]


def test_a_day_announced_in_time_asks_for_nothing_however_late_it_is_carried(ticket):
    days = {"calendar": "fr", "reference": "B", "days_off": ["2026-05-05"]}
    said = paris("2026-05-04 12:00")
    filing = filed("2026-05-04 08:05")
    carried = event(
        "2026-05-06 09:00", "calendar_changed", "system", days=days, announced_at=said.astimezone(UTC).isoformat()
    )
    known = raised("2026-05-06 09:00", "moderate", "critical")
    known.data[KNOWN_DAYS] = [Announced(said, days).told()]
    assert missed(ticket, [filing], "2026-05-06 12:00") == ["05-05 18:00"]
    assert missed(ticket, [filing, carried], "2026-05-06 12:00") == []
    assert missed(ticket, [filing, known], "2026-05-06 12:00") == []
    at = paris("2026-05-06 12:00")
    assert missed_days(follow(ticket, [filing], at, [Announced(said, days)]), at) == []
    assert duties.not_told(ticket, [filing], [Announced(said, days)]) == [Announced(said, days)]
    assert duties.not_told(ticket, [filing, carried], [Announced(said, days)]) == []


@pytest.mark.parametrize("said", ["2026-05-05 18:00:01", "2026-05-06 08:00"])
def test_what_was_said_after_the_day_closed_excuses_nothing(ticket, said):
    days = {"calendar": "fr", "reference": "B", "days_off": ["2026-05-05"]}
    carried = event("2026-05-06 09:00", "calendar_changed", "system", days=days, announced_at=paris(said).isoformat())
    assert missed(ticket, [filed("2026-05-04 08:05"), carried], "2026-05-06 12:00") == ["05-05 18:00"]


# While it is owed -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("severity", ["no_access", "moderate", "minor"])
def test_other_severities_owe_none_of_it(ticket, severity):
    journal = [filed("2026-05-04 08:05", severity)]
    assert missed(ticket, journal, "2026-05-12 08:00") == []
    assert {one.since for one in follow(ticket, journal, MONDAY)} == {None}


def test_raising_starts_it_and_lowering_ends_it(ticket):
    journal = [
        filed("2026-05-04 08:05", "moderate"),
        raised("2026-05-05 10:00", "critical"),
        raised("2026-05-07 17:59", "moderate", "critical"),
    ]
    assert missed(ticket, journal, "2026-05-20 08:00") == ["05-06 18:00"]
    assert state(ticket, journal, "2026-05-06 10:00").since == paris("2026-05-05 10:00")
    ended = state(ticket, journal, "2026-05-08 10:00")
    assert (ended.since, ended.lacking_since, ended.due_at) == (None, None, None)


@pytest.mark.parametrize(("lowered", "expected"), [("18:00", []), ("18:00:01", ["05-05 18:00"])])
def test_a_day_in_which_it_ends_is_owed_only_if_it_had_closed_before(ticket, lowered, expected):
    journal = [filed("2026-05-04 08:05"), raised(f"2026-05-05 {lowered}", "moderate", "critical")]
    assert missed(ticket, journal, "2026-05-20 08:00") == expected


@pytest.mark.parametrize(
    ("lowered", "raised_again", "expected"),
    [
        ("05-05 16:00", "05-05 16:05", ["05-05 18:00"]),
        ("05-05 17:59", "05-05 18:00", ["05-05 18:00"]),
        ("05-05 17:59", "05-05 18:00:01", []),
        ("05-05 18:00:01", "05-05 19:00", ["05-05 18:00"]),
        ("05-05 00:00", "05-05 09:00", []),
        ("05-04 16:00", "05-05 09:00", []),
        ("05-04 16:00", "05-04 16:05", ["05-05 18:00"]),
    ],
)
def test_a_day_is_owed_when_the_duty_is_owed_at_its_start_and_at_its_closing(ticket, lowered, raised_again, expected):
    journal = [
        filed("2026-05-04 08:05"),
        raised(f"2026-{lowered}", "moderate", "critical"),
        raised(f"2026-{raised_again}", "critical"),
    ]
    assert missed(ticket, journal, "2026-05-06 08:00") == expected
    assert state(ticket, journal, "2026-05-06 08:00").since == journal[-1].at


def test_raising_again_on_the_same_day_asks_for_word_that_day_and_ends_no_lack(ticket):
    journal = [
        filed("2026-05-04 08:05"),
        raised("2026-05-06 16:00", "moderate", "critical"),
        raised("2026-05-06 16:05", "critical"),
    ]
    again = state(ticket, journal, "2026-05-06 16:05")
    assert (again.due_at, again.lacking_since) == (paris("2026-05-06 18:00"), paris("2026-05-05 18:00"))
    assert state(ticket, journal[:2], "2026-05-06 16:01").days[-1].of.day == date(2026, 5, 5)


def test_resolving_ends_it_and_reopening_begins_it_again(ticket):
    resolved = {"state": {"old": "in_progress", "new": "resolved"}}
    reopened = {"state": {"old": "resolved", "new": "in_progress"}}
    journal = [
        filed("2026-05-04 08:05"),
        event("2026-05-05 17:00", "resolved", **resolved),
        event("2026-05-11 10:00", "reopened", "customer", **reopened),
    ]
    assert missed(ticket, journal, "2026-05-13 08:00") == ["05-12 18:00"]


def test_a_hold_suspends_it_and_waiting_for_the_customer_does_not(ticket):
    waits = {"state": {"old": "in_progress", "new": "waiting_customer"}}
    journal = [filed("2026-05-04 08:05"), event("2026-05-05 10:00", "information_requested", **waits)]
    assert missed(ticket, journal, "2026-05-06 19:00") == ["05-06 18:00"]
    held = [*journal[:1], event("2026-05-05 10:00", "held", hold={"old": "", "new": "unpaid"})]
    assert missed(ticket, held, "2026-05-20 19:00") == []
    goes_on = [*held, event("2026-05-11 10:00", "released", hold={"old": "unpaid", "new": ""})]
    assert missed(ticket, goes_on, "2026-05-12 19:00") == ["05-12 18:00"]


def test_a_severity_corrected_by_agreement_counts_from_the_agreement(ticket):
    change = raised("2026-05-05 10:00", "critical")
    agreed = {"about": "severity", "event": str(change.id), "severity": "moderate", "kind": ""}
    journal = [
        filed("2026-05-04 08:05", "moderate"),
        change,
        event("2026-05-06 10:00", "contest_accepted", correction=agreed),
    ]
    assert state(ticket, journal, "2026-05-05 11:00").since == change.at
    assert state(ticket, journal, "2026-05-06 11:00").since is None
    other = event("2026-05-06 10:00", "contest_accepted", correction=agreed | {"event": str(uuid4())})
    assert state(ticket, [*journal[:2], other], "2026-05-06 11:00").since == change.at


# What gives word ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "kind", ["replied", "information_requested", "call_logged", "action_plan", "workaround_offered"]
)
def test_a_public_message_of_the_provider_keeps_the_day(ticket, kind):
    journal = [filed("2026-05-04 08:05"), event("2026-05-05 18:00", kind, action_plan={"new": 1})]
    assert missed(ticket, journal, "2026-05-06 08:00") == []
    assert state(ticket, journal, "2026-05-05 18:00").due_at == paris("2026-05-06 18:00")


@pytest.mark.parametrize(
    ("at", "kind", "side"),
    [
        ("2026-05-05 18:00:01", "replied", "provider"),  # that evening
        ("2026-05-04 23:59:59", "replied", "provider"),  # the day before
        ("2026-05-05 10:00", "commented", "customer"),
        ("2026-05-05 10:00", "replied", "system"),
        ("2026-05-05 10:00", "noted", "provider"),
        ("2026-05-05 10:00", "taken", "provider"),
        ("2026-05-05 10:00", "moved", "provider"),  # a step without a message
    ],
)
def test_nothing_else_does(ticket, at, kind, side):
    journal = [filed("2026-05-04 08:05"), event(at, kind, side)]
    assert missed(ticket, journal, "2026-05-06 08:00") == ["05-05 18:00"]


def test_a_step_with_a_message_keeps_the_day(ticket):
    step = event("2026-05-05 10:00", "moved")
    step.comment_id = uuid4()
    assert missed(ticket, [filed("2026-05-04 08:05"), step], "2026-05-06 08:00") == []


def test_the_next_word_ends_the_lack_and_the_day_stays_missed(ticket):
    journal = [filed("2026-05-04 08:05")]
    assert state(ticket, journal, "2026-05-05 18:00").lacking_since is None
    assert state(ticket, journal, "2026-05-07 09:00").lacking_since == paris("2026-05-05 18:00")
    journal.append(event("2026-05-07 10:00", "replied"))
    after = state(ticket, journal, "2026-05-07 10:00")
    assert (after.lacking_since, after.due_at) == (None, paris("2026-05-11 18:00"))
    assert missed(ticket, journal, "2026-05-07 19:00") == ["05-05 18:00", "05-06 18:00"]
    assert [(day.of.day, day.update is not None) for day in after.days] == [
        (date(2026, 5, 5), False),
        (date(2026, 5, 6), False),
        (date(2026, 5, 7), True),
    ]


# Somebody in charge, a plan -------------------------------------------------------------------------------------------
def test_somebody_in_charge_is_owed_at_once(ticket):
    journal = [filed("2026-05-04 08:05")]
    lacks = state(ticket, journal, "2026-05-04 08:05", "assign_at_once")
    assert (lacks.since, lacks.lacking_since, lacks.met_by) == (MONDAY, MONDAY, None)
    journal.append(event("2026-05-04 09:00", "taken", assignee={"old": "", "new": "Ann"}))
    met = state(ticket, journal, "2026-05-04 09:00", "assign_at_once")
    assert (met.lacking_since, met.met_by) == (None, journal[1])
    journal.append(event("2026-05-04 10:00", "team_changed", assignee={"old": "Ann", "new": ""}))
    assert state(ticket, journal, "2026-05-04 11:00", "assign_at_once").lacking_since == MONDAY


def test_a_plan_is_owed_until_one_is_written(ticket):
    journal = [filed("2026-05-04 08:05"), event("2026-05-04 09:00", "replied")]
    assert state(ticket, journal, "2026-05-04 10:00", "action_plan").lacking_since == MONDAY
    journal += [event(f"2026-05-04 1{hour}:00", "action_plan", action_plan={"new": hour}) for hour in (1, 2)]
    met = state(ticket, journal, "2026-05-04 13:00", "action_plan")
    assert (met.lacking_since, met.met_by) == (None, journal[-1])


# Escalation -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "severity", "begins"),
    [
        ("", "critical", True),
        ("moderate", "critical", True),
        ("no_access", "critical", True),
        ("critical", "critical", False),
        ("", "moderate", False),
        ("critical", "moderate", False),
    ],
)
def test_the_escalation_begins_with_the_severity(before, severity, begins):
    found = duties.escalation_at(TERMS, before, severity)
    assert (found is not None) is begins
    if found:
        assert duties.escalation_data(found) == {
            "code": "critical_incident",
            "levels": ["support", "support_management", "product_managers"],
            "recipients": ["engineers", "support_manager", "product_manager"],
        }


def test_terms_without_such_duties_follow_nothing(monkeypatch, ticket):
    monkeypatch.setattr(duties, "terms_of", lambda about: load_terms(DATA / "octipas.yaml"))
    assert follow(ticket, [filed("2026-05-04 08:05")], MONDAY) == []
