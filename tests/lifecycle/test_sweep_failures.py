"""A ticket whose clock cannot be folded, whatever is raised: set aside, counted, and in nobody's way."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from lifecycle.timers import SweepResult, sweep
from slas import clocks
from slas.engine import EngineError
from slas.models import Clock, SweepFailure
from tests.lifecycle.scenes import DUE, MONDAY, journal, kinds
from tests.worlds import World, as_system, build_world
from tickets.models import Ticket

NOTICED = DUE + timedelta(seconds=1)
ALERTED = ["filed", "clock_approaching", "clock_breached"]
MISTAKES = [
    AssertionError("laid is not None"),
    EngineError("facts that cannot be"),
    RecursionError("maximum recursion depth exceeded"),
    ZeroDivisionError("division by zero"),
    KeyError("severity"),
    AttributeError("no such attribute"),
    TypeError("an instant is not a number"),
    OverflowError("date value out of range"),
    NotImplementedError("no such unit"),
]


@pytest.fixture
def world(worker_db) -> World:
    """As the worker, who alone may ask which providers have something due."""
    return build_world()


@pytest.fixture
def tickets(world) -> Iterator[list[Ticket]]:
    """Seven tickets, all overdue when the sweep comes."""
    return [world.file(MONDAY, of=number % 2) for number in range(7)]


def _break(monkeypatch, world: World, ticket: Ticket, mistake: Exception) -> None:
    """Let the fold of this one ticket fail as a mistake of the engine would."""
    own, fold = str(journal(world, ticket)[0].pk), clocks.fold

    def failing(policy, facts, at):
        if any(fact.event_id == own for fact in facts):
            raise mistake
        return fold(policy, facts, at)

    monkeypatch.setattr(clocks, "fold", failing)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: type(mistake).__name__)
def test_a_clock_that_cannot_be_folded_is_set_aside_and_counted(world, tickets, monkeypatch, mistake):
    _break(monkeypatch, world, tickets[3], mistake)
    assert sweep(at=NOTICED) == SweepResult(12, 1)
    for number, ticket in enumerate(tickets):
        assert kinds(world, ticket) == (["filed"] if number == 3 else ALERTED)
    with as_system(world):
        failure = SweepFailure.objects.get()
        assert (failure.clock.ticket_id, failure.at, failure.error) == (tickets[3].pk, NOTICED, repr(mistake))
        assert Clock.objects.get(ticket=tickets[3]).set_aside_at == NOTICED
    assert sweep(at=NOTICED + timedelta(hours=4)) == SweepResult(0, 0)
    monkeypatch.undo()
    call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
    assert sweep(at=NOTICED + timedelta(hours=4)) == SweepResult(2, 0)
    assert kinds(world, tickets[3]) == ALERTED


def test_a_check_of_all_clocks_tells_of_it_and_goes_on(world, tickets, monkeypatch):
    _break(monkeypatch, world, tickets[2], MISTAKES[0])
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("rebuild_clocks", "--check", stdout=told, stderr=StringIO())
    assert told.getvalue() == (
        f"{tickets[2].reference}: the journal cannot be folded: AssertionError('laid is not None')\n"
        "7 tickets folded, 1 differ\n"
    )
