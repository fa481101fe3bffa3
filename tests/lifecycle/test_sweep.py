"""The sweep: every alert once, dated when it was due, whatever runs late, twice, at once, or raises."""

import threading
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.errors import Refused
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from contracts.services import name_contact
from lifecycle.timers import SweepResult, sweep
from notifications.models import OutboxEntry
from slas.models import Clock, SweepFailure
from tests.lifecycle.scenes import DUE, MONDAY, bring_to, clock, do, journal, kinds, told
from tests.worlds import START, World, as_system, build_world, paris, person
from tickets.models import Event, Ticket
from tickets.states import State

WARNED = paris("2026-05-05 12:00")
"""Three of the four hours have passed (75 %)."""

SECOND = timedelta(seconds=1)


@pytest.fixture
def world(worker_db) -> World:
    """As the worker, who alone may ask which providers have something due."""
    return build_world()


def _alerts(world: World, ticket: Ticket) -> list[tuple]:
    rows = [event for event in journal(world, ticket) if event.kind.startswith("clock_")]
    return [(event.data["code"], event.at, event.recorded_at) for event in rows]


def test_an_alert_is_written_once_and_dated_when_it_was_due(world):
    ticket = world.file(MONDAY)
    assert sweep(at=WARNED - SECOND) == SweepResult(0, 0)
    assert sweep(at=WARNED) == SweepResult(1, 0)
    noticed = DUE + timedelta(minutes=7)
    assert sweep(at=noticed) == SweepResult(1, 0)
    assert _alerts(world, ticket) == [("approaching:75", WARNED, WARNED), ("breach", DUE, noticed)]
    for at in (noticed, noticed + SECOND, noticed + timedelta(hours=4)):
        assert sweep(at=at) == SweepResult(0, 0)
    assert kinds(world, ticket) == ["filed", "clock_approaching", "clock_breached"]


def test_in_the_very_second_that_is_due_nothing_is_late_yet(world):
    ticket = world.file(MONDAY)
    sweep(at=DUE)
    assert [alert[0] for alert in _alerts(world, ticket)] == ["approaching:75"]
    sweep(at=DUE + SECOND)
    assert _alerts(world, ticket)[1:] == [("breach", DUE, DUE + SECOND)]


def test_an_alert_names_target_due_time_and_recipients(world):
    ticket = world.file(MONDAY)
    sweep(at=DUE + SECOND)
    warning, breach = journal(world, ticket)[1:]
    assert told(warning) == {
        "target": "response",
        "code": "approaching:75",
        "due_at": "2026-05-05T11:00:00+00:00",
        "severity_at": "critical",
        "recipients": ["assignee", "engineers"],
    }
    assert told(breach) == told(warning) | {
        "code": "breach",
        "recipients": ["assignee", "support_manager", "account_manager"],
    }
    assert (warning.visibility, breach.visibility) == ("private", "public")
    assert {(event.actor_id, event.actor_side) for event in (warning, breach)} == {(None, "system")}


def test_the_rows_say_what_the_journal_says_after_each_sweep(world):
    ticket = world.file(MONDAY)
    row = clock(world, ticket)
    assert (row.status, row.next_action_at, row.next_action) == ("running", WARNED, "approaching:75")
    sweep(at=WARNED)
    row = clock(world, ticket)
    assert (row.status, row.next_action_at, row.next_action) == ("running", DUE + SECOND, "breach")
    sweep(at=DUE + SECOND)
    row = clock(world, ticket)
    assert (row.status, row.next_action_at, row.next_action, row.breached_at) == ("breached", None, "", DUE)
    with as_system(world):
        stored = Ticket.objects.get()
    assert (stored.version, stored.public_version, stored.due_at) == (3, 2, DUE)
    assert (stored.updated_at, stored.public_updated_at) == (DUE + SECOND, DUE + SECOND)


def test_a_warning_that_comes_with_its_breach_is_history_and_not_told(world):
    late, early = world.file(MONDAY), world.file(MONDAY)
    sweep(at=WARNED)
    with as_system(world):
        assert OutboxEntry.objects.filter(event__kind="clock_approaching").count() == 2
    third = world.file(MONDAY)
    sweep(at=DUE + SECOND)
    with as_system(world):
        told = OutboxEntry.objects.filter(event__kind__startswith="clock_")
        assert sorted(told.values_list("ticket_id", "event__kind")) == sorted(
            [(row.pk, kind) for row in (late, early) for kind in ("clock_approaching", "clock_breached")]
            + [(third.pk, "clock_breached")]
        )
    assert kinds(world, third) == ["filed", "clock_approaching", "clock_breached"]


def test_what_is_answered_is_left_alone(world):
    ticket = bring_to(world, State.IN_PROGRESS, severity="moderate")
    assert sweep(at=DUE + timedelta(days=400)) == SweepResult(0, 0)
    assert kinds(world, ticket) == ["filed", "replied"]


def test_each_severity_has_its_own_instants(world):
    due = {
        "no_access": paris("2026-05-05 10:00"),
        "critical": DUE,
        "moderate": paris("2026-05-06 00:00"),
        "minor": paris("2026-05-07 00:00"),
    }
    tickets = {
        code: world.file(MONDAY, severity=code, severity_kind="platform_down" if code == "no_access" else "")
        for code in due
    }
    three_days_without_word = 3
    assert sweep(at=paris("2026-05-08 00:00")).alerts == 8 + three_days_without_word
    for code, ticket in tickets.items():
        assert _alerts(world, ticket)[1][:2] == ("breach", due[code])


def test_a_severity_change_moves_the_alerts(world):
    engineer = world.staff["engineer"]
    raised = world.file(MONDAY, severity="minor")
    lowered = world.file(MONDAY)
    at = paris("2026-05-05 11:00")
    do(world, engineer, "severity", raised, at=at, severity="critical")
    do(world, engineer, "severity", lowered, at=at, severity="minor")
    sweep(at=paris("2026-05-08 09:00"))
    assert _alerts(world, raised)[-1][:2] == ("breach", DUE)
    assert _alerts(world, lowered)[-1][:2] == ("breach", paris("2026-05-07 00:00"))


def test_a_severity_that_makes_the_past_late_is_a_breach_at_the_former_instant(world):
    """Written with the change itself: the row has nothing left for a sweep to find."""
    ticket = world.file(MONDAY, severity="minor")
    changed = DUE + timedelta(hours=3)
    ticket = do(world, world.staff["engineer"], "severity", ticket, at=changed, severity="critical")
    assert kinds(world, ticket) == ["filed", "severity_changed", "clock_breached"]
    assert _alerts(world, ticket) == [("breach", DUE, changed)]
    row = clock(world, ticket)
    assert (row.status, row.breached_at, row.next_action_at) == ("breached", DUE, None)
    assert (ticket.version, ticket.public_version, ticket.due_at) == (3, 3, DUE)
    with as_system(world):
        assert OutboxEntry.objects.count() == 3
    assert sweep(at=changed + timedelta(hours=9)) == SweepResult(0, 0)
    ticket = do(world, world.staff["engineer"], "reply", ticket)
    assert kinds(world, ticket) == ["filed", "severity_changed", "clock_breached", "replied"]


def test_every_provider_is_swept_under_its_own_context(world):
    other = build_world("octipas", "Octipas", "OCTI")
    one, two = world.file(MONDAY), other.file(MONDAY, of=1)
    assert sweep(at=DUE + SECOND) == SweepResult(4, 0)
    for owner, ticket in ((world, one), (other, two)):
        assert kinds(owner, ticket) == ["filed", "clock_approaching", "clock_breached"]
        assert {event.customer_id for event in journal(owner, ticket)} == {ticket.customer_id}


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_the_size_of_a_batch_changes_nothing(world, batch):
    tickets = [world.file(MONDAY) for _ in range(5)]
    assert sweep(at=DUE + SECOND, batch=batch) == SweepResult(10, 0)
    assert {tuple(kinds(world, ticket)) for ticket in tickets} == {("filed", "clock_approaching", "clock_breached")}


# What it costs --------------------------------------------------------------------------------------------------------
def test_a_sweep_with_nothing_due_asks_one_question(world, django_assert_num_queries):
    for _ in range(3):
        world.file(MONDAY)
    with django_assert_num_queries(1):
        assert sweep(at=MONDAY) == SweepResult(0, 0)


def test_a_sweep_costs_the_same_for_one_and_for_five(world):
    def cost(tickets: int, at: datetime) -> int:
        for _ in range(tickets):
            world.file(at, severity="moderate")
        with CaptureQueriesContext(connection) as queries:
            assert sweep(at=at + timedelta(days=3)) == SweepResult(2 * tickets, 0)
        return len(queries)

    assert cost(1, MONDAY) == cost(5, MONDAY + timedelta(days=7))


def test_a_batch_of_the_sweep_is_written_in_two_statements(world):
    for number in range(3):
        world.file(MONDAY, of=number % 2)
    with CaptureQueriesContext(connection) as queries:
        assert sweep(at=DUE + SECOND) == SweepResult(6, 0)
    written = [one["sql"] for one in queries if "INSERT INTO" in one["sql"] or "UPDATE tickets_ticket" in one["sql"]]
    assert len(written) == 2
    assert [table in written[0] for table in ("tickets_event", "slas_clock", "notifications_outboxentry")] == [True] * 3


# A row that raises ----------------------------------------------------------------------------------------------------
def _poison(world: World, ticket: Ticket) -> None:
    """Make a ticket that cannot be folded: an override that the terms do not know."""
    with as_system(world):
        Ticket.objects.filter(pk=ticket.pk).update(details={"overrides": {"figures": [{"target": "?"}]}})


def test_a_row_that_raises_is_set_aside_and_stops_nobody(world):
    tickets = [world.file(MONDAY) for _ in range(7)]
    _poison(world, tickets[3])
    assert sweep(at=DUE + SECOND) == SweepResult(12, 1)
    for number, ticket in enumerate(tickets):
        expected = ["filed"] if number == 3 else ["filed", "clock_approaching", "clock_breached"]
        assert kinds(world, ticket) == expected
    with as_system(world):
        failure = SweepFailure.objects.get()
        assert (failure.clock.ticket_id, failure.at) == (tickets[3].pk, DUE + SECOND)
        assert "Error" in failure.error or "Unknown" in failure.error
        assert Clock.objects.get(ticket=tickets[3]).set_aside_at == DUE + SECOND
    assert sweep(at=DUE + timedelta(hours=1)) == SweepResult(0, 0)


def test_only_poison_sets_all_aside_and_ends(world):
    for _ in range(4):
        _poison(world, world.file(MONDAY))
    assert sweep(at=DUE + SECOND, batch=2) == SweepResult(0, 4)
    with as_system(world):
        assert SweepFailure.objects.count() == 4
        assert not Event.objects.exclude(kind="filed").exists()


# Real commits: two sweeps at once, and people who hold a ticket -------------------------------------------------------
def _run(work) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_two_sweeps_at_once_write_every_alert_once(committed_db, database_login):
    world = build_world()
    tickets = [world.file(MONDAY, of=number % 2) for number in range(14)]
    barrier, results = threading.Barrier(3), []

    def work() -> None:
        barrier.wait()
        results.append(sweep(at=DUE + SECOND, batch=3))

    with database_login("worker"):
        threads = [_run(work) for _ in range(3)]
        for thread in threads:
            thread.join()
        rest = sweep(at=DUE + SECOND)
    assert sum(result.alerts for result in results) + rest.alerts == 28
    assert {tuple(kinds(world, ticket)) for ticket in tickets} == {("filed", "clock_approaching", "clock_breached")}
    with as_system(world):
        assert OutboxEntry.objects.filter(event__kind="clock_breached").count() == 14
        assert not Clock.objects.filter(next_action_at__isnull=False).exists()


def test_a_ticket_that_somebody_holds_is_passed_over_and_found_again(committed_db, database_login):
    world = build_world()
    held, free = world.file(MONDAY), world.file(MONDAY)
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        with acting_as(world.staff["engineer"]):
            list(Ticket.objects.select_for_update(no_key=True).filter(pk=held.pk))
            locked.set()
            release.wait(20)

    with database_login("worker"):
        thread = _run(hold)
        assert locked.wait(10)
        assert sweep(at=DUE + SECOND) == SweepResult(2, 0)
        assert (len(kinds(world, free)), len(kinds(world, held))) == (3, 1)
        release.set()
        thread.join()
        assert sweep(at=DUE + SECOND) == SweepResult(2, 0)
    assert kinds(world, held) == ["filed", "clock_approaching", "clock_breached"]


def test_a_reply_in_time_and_a_sweep_race_to_one_history(committed_db, database_login):
    """Whoever comes first, the reply was in time and there is no breach."""
    world = build_world()
    tickets = [world.file(MONDAY) for _ in range(6)]
    barrier = threading.Barrier(2)

    def answer() -> None:
        barrier.wait()
        for ticket in tickets:
            do(world, world.staff["engineer"], "reply", ticket, at=DUE)

    with database_login("worker"):
        thread = _run(answer)
        barrier.wait()
        for _ in range(4):
            sweep(at=DUE)
        thread.join()
        sweep(at=DUE + timedelta(days=1))
    for ticket in tickets:
        assert sorted(kinds(world, ticket)) in (["clock_approaching", "filed", "replied"], ["filed", "replied"])
        assert clock(world, ticket).status == "met"


def test_of_two_who_name_the_last_contact_one_is_refused(committed_db):
    """The contacts are counted under the contract's lock."""
    world = build_world()
    customer, barrier, outcomes = world.customers[0], threading.Barrier(2), []
    with as_system(world):
        people = [
            person(world.provider, f"new{number}@mega.example", Role.CONTACT, f"New {number}", customer.customer)
            for number in range(2)
        ]

    def name(actor: Actor) -> None:
        day = START.date()
        barrier.wait()
        try:
            with acting_as(world.system):
                name_contact(contract=customer.contract, membership_id=actor.person, named_on=day, trained_on=day)
        except Refused as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("named")

    for thread in [_run(partial(name, actor)) for actor in people]:
        thread.join()
    assert sorted(outcomes) == ["named", "too_many_contacts"]
