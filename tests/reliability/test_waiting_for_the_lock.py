"""Whoever waited for a ticket acts after what was written meanwhile: the order of the journal is that of time."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connections, transaction

from accounts.tenancy import Actor
from lifecycle.timers import sweep
from tests.lifecycle.scenes import DUE, MONDAY, bring_to, do, journal
from tests.worlds import World, as_system, build_world
from tickets.models import Comment, Ticket
from tickets.states import State

EARLY, LATE = MONDAY + timedelta(minutes=30), MONDAY + timedelta(minutes=40)


def _in_thread(work) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _act_while_held(world: World, ticket: Ticket, actor: Actor, act: str) -> Ticket:
    """``act`` is asked for at EARLY while somebody holds the ticket, who then replies at LATE and commits."""
    locked, release, done = threading.Event(), threading.Event(), []

    def hold() -> None:
        with transaction.atomic():
            do(world, world.staff["second"], "reply", ticket, at=LATE)
            locked.set()
            release.wait(20)

    holder = _in_thread(hold)
    assert locked.wait(10)
    waiter = _in_thread(lambda: done.append(do(world, actor, act, ticket, at=EARLY)))
    waiter.join(0.5)
    assert waiter.is_alive()
    release.set()
    holder.join()
    waiter.join()
    return done[0]


@pytest.mark.parametrize(
    ("state", "who", "act", "column"),
    [
        (State.IN_PROGRESS, "engineer", "resolve", "resolved_at"),
        (State.RESOLVED, "contact", "close", "closed_at"),
        (State.IN_PROGRESS, "contact", "reply", ""),
        (State.IN_PROGRESS, "engineer", "severity", ""),
    ],
)
def test_an_act_that_waited_is_dated_after_what_it_waited_for(committed_db, state, who, act, column):
    world = build_world()
    ticket = bring_to(world, state)
    after = _act_while_held(world, ticket, (world.staff | world.customers[0].people)[who], act)
    events = journal(world, after)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(one.at <= next_.at and one.recorded_at <= next_.recorded_at for one, next_ in pairwise(events))
    assert (events[-2].kind, events[-2].at, events[-1].at) == ("replied", LATE, LATE)
    assert after.updated_at == LATE
    if column:
        assert getattr(after, column) == LATE
    with as_system(world):
        stored = Ticket.objects.get(pk=ticket.pk)
        said = Comment.objects.filter(ticket=ticket).order_by("at", "id")
        assert stored.updated_at == LATE
        assert [comment.kind for comment in said if comment.at >= LATE][0] == "replied"


def test_an_act_with_a_clock_that_went_back_is_dated_by_the_journal(committed_db):
    """As when two machines disagree: without any waiting."""
    world = build_world()
    ticket = do(world, world.staff["engineer"], "reply", world.file(MONDAY), at=LATE)
    ticket = do(world, world.staff["engineer"], "resolve", ticket, at=EARLY)
    assert (ticket.resolved_at, ticket.updated_at) == (LATE, LATE)
    ticket = do(world, world.customers[0].contact, "close", ticket, at=EARLY)
    assert (ticket.resolved_at, ticket.closed_at) == (LATE, LATE)
    assert [event.at for event in journal(world, ticket)] == [MONDAY, LATE, LATE, LATE]


def test_an_answer_that_waited_behind_the_sweep_is_not_dated_before_the_breach_it_saw(committed_db, database_login):
    """The breach stands in the journal, so the answer is late, whatever the clock of the request said."""
    world = build_world()
    ticket = world.file(MONDAY)
    with database_login("worker"):
        assert sweep(at=DUE + timedelta(seconds=1)).alerts == 2
    ticket = do(world, world.staff["engineer"], "reply", ticket, at=DUE - timedelta(seconds=1))
    replied = journal(world, ticket)[-1]
    assert replied.at == DUE + timedelta(seconds=1)
    assert replied.data["clocks"][0]["status"] == "breached"


def test_the_times_of_a_state_are_those_of_the_act(committed_db):
    """Resolved, reopened, resolved again, closed: the columns follow the journal."""
    world = build_world()
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    ticket = bring_to(world, State.RESOLVED)
    first = ticket.resolved_at
    assert first == journal(world, ticket)[-1].at
    ticket = do(world, contact, "reply", ticket)
    assert (ticket.resolved_at, ticket.closed_at) == (first, None)
    ticket = do(world, contact, "reopen", ticket)
    assert (ticket.resolved_at, ticket.closed_at) == (None, None)
    ticket = do(world, engineer, "resolve", ticket)
    again = ticket.resolved_at
    assert again == journal(world, ticket)[-1].at > first
    ticket = do(world, contact, "close", ticket)
    assert (ticket.resolved_at, ticket.closed_at) == (again, journal(world, ticket)[-1].at)
    assert isinstance(ticket.closed_at, datetime) and ticket.closed_at.tzinfo == UTC
