"""Days that a calendar gains also reach clocks that did not run then and count again later (R19), and none is lost."""

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.errors import Refused
from accounts.tenancy import Actor, acting_as
from contracts.models import CalendarChange, DatedCalendarChange
from contracts.publishing import DATA
from contracts.selectors import terms_of
from lifecycle import calendars, contests, services, timers
from lifecycle.contests import Proposal
from notifications.models import OutboxEntry
from slas import clocks
from slas.amendments import tickets_to_recompute
from slas.models import Clock
from slas.receipt import clock_receipt
from slas.replay import Alternative, replay
from tests.lifecycle.scenes import do, journal, kinds
from tests.worlds import World, as_system, build_world, paris
from tickets.events import Kind
from tickets.models import Event, Ticket

FILED = paris("2026-05-04 10:00")
ANNOUNCED = paris("2026-05-04 11:00")
AFTERWARDS = paris("2026-05-06 09:30")
DUE, MOVED = paris("2026-05-06 16:00"), paris("2026-05-07 16:00")
"""When a blocking request filed on that Monday is to be resolved, without the closed Tuesday and with it."""
TUESDAY = {"calendar": "fr", "reference": "N-7", "closures": [{"start": "2026-05-05", "end": "2026-05-05"}]}
THURSDAY = {"calendar": "fr", "reference": "N-8", "closures": [{"start": "2026-05-07", "end": "2026-05-07"}]}


@pytest.fixture
def world(worker_db: None) -> Iterator[World]:
    """Octipas: nothing is to be resolved by a given time where a request is minor; a reopening goes on counting."""
    made = build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml")
    yield made
    told = StringIO()
    call_command("rebuild_clocks", "--check", stdout=told, stderr=StringIO())
    assert ", 0 differ" in told.getvalue()


def file(world: World, severity: str = "blocking", at: datetime = FILED) -> Ticket:
    ticket = world.file(at, severity=severity)
    act(world.staff["engineer"], services.take_ticket, ticket, at + timedelta(minutes=5))
    return ticket


def act(actor: Actor, service: Callable[..., Any], ticket: Ticket, at: datetime, **given: Any) -> None:
    with acting_as(actor):
        service(actor=actor, at=at, reference=ticket.reference, **given)


def to_severity(world: World, ticket: Ticket, severity: str, at: datetime = AFTERWARDS) -> None:
    reason = terms_of(ticket).severity_change_reasons[0].code
    do(world, world.staff["engineer"], "severity", fresh(world, ticket), at, severity=severity, reason_code=reason)


def exclude(world: World, ticket: Ticket, at: datetime) -> None:
    reason = terms_of(ticket).exclusion_reasons[0].code
    act(world.staff["manager"], contests.exclude_ticket, ticket, at, reason_code=reason, evidence="A log.")


def fresh(world: World, ticket: Ticket) -> Ticket:
    with as_system(world):
        return Ticket.objects.get(pk=ticket.pk)


def announce(world: World, days: dict[str, Any] = TUESDAY, at: datetime = ANNOUNCED) -> DatedCalendarChange:
    manager, code = world.staff["manager"], world.terms.code
    with acting_as(manager):
        told = {"name": "Works", "days": days, "late_reason": "A strike."}
        return calendars.add_closure(actor=manager, at=at, terms_code=code, **told)


def carried(world: World, days: dict[str, Any] = TUESDAY, at: datetime = ANNOUNCED) -> DatedCalendarChange:
    change = announce(world, days, at)
    calendars.recompute(at=at)
    return change


def resolution(world: World, ticket: Ticket) -> Clock:
    with as_system(world):
        return Clock.objects.get(ticket=ticket, target="resolution")


def figures(world: World, ticket: Ticket) -> tuple[str, datetime | None]:
    row = resolution(world, ticket)
    return row.status, row.due_at


def last_told(world: World, ticket: Ticket) -> Event:
    return next(event for event in reversed(journal(world, ticket)) if event.kind == Kind.CALENDAR_CHANGED)


# Clocks that did not run then -----------------------------------------------------------------------------------------
def test_a_severity_that_had_no_target_then_counts_with_the_days(world):
    raised, always = file(world, "minor"), file(world)
    carried(world)
    event = last_told(world, raised)
    assert (event.data["targets"], event.data["recomputed"]) == (["resolution"], [])
    with as_system(world):
        assert not OutboxEntry.objects.filter(event=event).exists()
    to_severity(world, raised, "blocking")
    assert figures(world, raised) == figures(world, always) == ("running", MOVED)
    manager = world.staff["manager"]
    with acting_as(manager):
        receipt = clock_receipt(manager, Ticket.objects.get(pk=raised.pk), "resolution", at=AFTERWARDS)
    assert [one.code for one in receipt.changes] == ["calendar_changed", "severity_changed"]
    assert [one.reference for one in receipt.overrides] == ["N-7"]


def test_an_excluded_ticket_has_the_days_when_it_is_reinstated(world):
    excluded, always = file(world), file(world)
    exclude(world, excluded, FILED + timedelta(minutes=30))
    carried(world)
    assert last_told(world, excluded).data["recomputed"] == []
    act(world.staff["manager"], contests.reinstate_ticket, excluded, AFTERWARDS, reason="It was ours.")
    assert figures(world, excluded) == figures(world, always) == ("running", MOVED)


def test_what_was_late_counts_with_the_days_under_a_lower_severity(world):
    late, always = file(world), file(world, "major")
    timers.sweep(at=paris("2026-05-06 17:00"))
    carried(world, THURSDAY, paris("2026-05-06 17:30"))
    assert figures(world, late) == ("breached", DUE)
    to_severity(world, late, "major", paris("2026-05-11 09:30"))
    assert figures(world, late) == figures(world, always)
    assert resolution(world, late).status == "running"


def test_what_was_late_on_a_day_closed_afterwards_stays_late_and_is_told_once(world):
    late, always = file(world), file(world, "major")
    timers.sweep(at=paris("2026-05-06 17:00"))
    today = {"calendar": "fr", "reference": "N-9", "closures": [{"start": "2026-05-06", "end": "2026-05-06"}]}
    carried(world, today, paris("2026-05-06 17:30"))
    assert figures(world, late) == ("breached", DUE)
    # Thursday 16:00 is when the former severity would be due with the day, had it not been late before.
    to_severity(world, late, "major", paris("2026-05-07 17:00"))
    assert figures(world, late) == figures(world, always)
    breaches = [event for event in journal(world, late) if event.kind == Kind.CLOCK_BREACHED]
    assert [(event.at, event.data["severity_at"]) for event in breaches] == [(DUE, "blocking")]


def test_what_was_late_under_the_new_severity_too_stays_late(world):
    late = file(world, "major")
    before = resolution(world, late).due_at
    timers.sweep(at=before + timedelta(hours=1))
    day = before.date().isoformat()
    days = {"calendar": "fr", "reference": "N-9", "closures": [{"start": day, "end": day}]}
    carried(world, days, before + timedelta(hours=1))
    to_severity(world, late, "blocking", before + timedelta(hours=2))
    assert figures(world, late) == ("breached", DUE)


def test_what_was_met_stays_as_it_was_until_it_is_reopened(world):
    met = file(world)
    kind = terms_of(met).resolution_types[0].code
    at = paris("2026-05-04 10:30")
    do(world, world.staff["engineer"], "resolve", fresh(world, met), at=at, resolution_type=kind)
    carried(world)
    assert last_told(world, met).data["recomputed"] == []
    assert figures(world, met) == ("met", DUE)
    do(world, world.customers[0].contact, "reopen", fresh(world, met), at=paris("2026-05-04 11:30"))
    # An hour was resolved, and Tuesday is closed.
    assert figures(world, met) == ("running", MOVED + timedelta(hours=1))


def test_a_severity_corrected_by_agreement_counts_with_the_days(world):
    contested, always = file(world), file(world, "major")
    timers.sweep(at=paris("2026-05-06 17:00"))
    carried(world, THURSDAY, paris("2026-05-06 17:30"))
    filed = journal(world, contested)[0].id
    at = paris("2026-05-11 09:30")
    proposal = Proposal("severity", filed, severity="major")
    act(world.staff["manager"], contests.contest, contested, at, proposal=proposal, reason="It was major.")
    contest_id = journal(world, contested)[-1].id
    contact = world.customers[0].contact
    act(contact, contests.accept_contest, contested, at + timedelta(minutes=5), contest_id=contest_id)
    assert figures(world, contested) == figures(world, always)
    assert resolution(world, contested).status == "running"


def test_a_replay_counts_with_the_days_that_came_while_a_clock_did_not_run(world):
    raised = file(world, "minor")
    carried(world)
    to_severity(world, raised, "blocking")
    manager, at = world.staff["manager"], paris("2026-05-06 12:00")
    what_if = Alternative(severities={"blocking": "major"})
    with acting_as(manager):
        found = replay(manager, first_day=date(2026, 5, 1), last_day=date(2026, 5, 31), at=at, alternative=what_if)
    assert found.failed == 0
    (line,) = [one for one in found.differences if one.target == "resolution"]
    assert line.before.due_at == MOVED


# None is lost ---------------------------------------------------------------------------------------------------------
def test_a_worker_that_stood_still_over_the_day_carries_it_all_the_same_and_once(world):
    ticket = file(world)
    announce(world)
    morning = paris("2026-05-06 08:00")
    assert (calendars.recompute(at=morning), calendars.recompute(at=morning)) == (1, 0)
    assert figures(world, ticket) == ("running", MOVED)
    assert kinds(world, ticket).count(Kind.CALENDAR_CHANGED) == 1


def test_a_change_is_looked_at_until_no_filing_can_be_under_way(world):
    file(world)
    change = carried(world)
    assert carried_at(world, change) is None
    unaware = file(world)
    assert calendars.recompute(at=ANNOUNCED + timedelta(minutes=59)) == 1
    assert last_told(world, unaware).data["targets"] == ["resolution"]
    done = ANNOUNCED + calendars.UNDER_WAY
    assert calendars.recompute(at=done) == 0
    assert carried_at(world, change) == done
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert calendars.recompute(at=done + timedelta(days=1)) == 0
    assert not any("tickets_ticket" in query["sql"] for query in asked)
    assert carried_at(world, change) == done


def carried_at(world: World, change: DatedCalendarChange) -> datetime | None:
    with as_system(world):
        return CalendarChange.objects.get(pk=change.pk).carried_at


def test_tickets_that_cannot_be_folded_hide_no_other_and_are_not_forgotten(world, caplog):
    broken = [file(world) for _ in range(3)]
    sound = file(world)
    with as_system(world):
        whole = Ticket.objects.get(pk=broken[0].pk).details
        Ticket.objects.filter(pk__in=[one.pk for one in broken]).update(details={"overrides": {"figures": "nonsense"}})
    change = announce(world)
    late = ANNOUNCED + timedelta(hours=2)
    assert calendars.recompute(at=late, batch=1) == 1
    assert figures(world, sound) == ("running", MOVED)
    assert carried_at(world, change) is None
    with as_system(world):
        Ticket.objects.filter(pk__in=[one.pk for one in broken]).update(details=whole)
    assert calendars.recompute(at=late) == 3
    assert carried_at(world, change) == late


def test_which_tickets_wait_is_asked_by_the_key_of_each(world):
    file(world)
    change = announce(world)
    with as_system(world), CaptureQueriesContext(connection) as asked:
        tickets_to_recompute(change)
    (question,) = [query["sql"] for query in asked if "dedupe_key" in query["sql"]]
    assert "IN (SELECT" not in question
    assert 'U0."ticket_id" = ("tickets_ticket"."id")' in question


def test_what_was_met_for_good_is_journaled_for_its_duties_and_a_closed_ticket_is_not(worker_db):
    """The response stays met; word of every business day is owed on other days than before (HOP-5)."""
    world = build_world()
    engineer = world.staff["engineer"]
    met, closed = world.file(FILED), world.file(FILED)
    do(world, engineer, "reply", met)
    for one in ("reply", "resolve", "close"):
        closed = do(world, engineer, one, fresh(world, closed))
    change = announce(world, at=paris("2026-05-04 12:00"))
    with as_system(world):
        assert tickets_to_recompute(change) == [met.pk]
    assert calendars.recompute(at=paris("2026-05-04 12:00")) == 1
    told = journal(world, met)[-1].data
    assert (told["targets"], told["recomputed"]) == ([], [])
    assert clocks.terms_of(met).target_terms("response").reopening == "stays_met"


# In the database ------------------------------------------------------------------------------------------------------
def test_the_worker_says_once_that_a_change_is_carried_and_changes_nothing_else(world):
    change = announce(world)
    row = CalendarChange.objects.filter(pk=change.pk)
    with as_system(world):
        for others in ({"name": "Other"}, {"name": "Other", "carried_at": ANNOUNCED}):
            refused(lambda values=others: row.update(**values))
        assert row.update(carried_at=ANNOUNCED) == 1
        refused(lambda: row.update(carried_at=None))
        refused(lambda: row.update(carried_at=AFTERWARDS))
        refused(lambda: row._raw_delete(row.db))


def test_the_website_does_not_say_that_a_change_is_carried(db):
    world = build_world()
    change = announce(world)
    with acting_as(world.staff["manager"]):
        refused(lambda: CalendarChange.objects.filter(pk=change.pk).update(carried_at=ANNOUNCED))


def refused(work: Callable[[], object]) -> None:
    with pytest.raises(ProgrammingError) as refusal, transaction.atomic():
        work()
    assert refusal.value.__cause__.sqlstate == "42501"


def test_of_two_who_announce_the_same_days_at_once_the_second_is_refused(committed_db):
    world = build_world()
    made, release = threading.Event(), threading.Event()
    answers: list[str] = []

    def first() -> None:
        with transaction.atomic():
            announce(world)
            made.set()
            release.wait(20)

    def second() -> None:
        try:
            announce(world)
        except Refused as error:
            answers.append(error.code)

    holder = elsewhere(first)
    assert made.wait(10)
    waiter = elsewhere(second)
    waiter.join(0.5)
    assert waiter.is_alive()
    release.set()
    holder.join(20)
    waiter.join(20)
    assert answers == ["days_already_announced"]
    with as_system(world):
        assert CalendarChange.objects.count() == 1


def elsewhere(work: Callable[[], None]) -> threading.Thread:
    """``work`` on a thread and a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
