"""Comparing clock rows with the journal while people work: a check reads one snapshot and sees no false difference."""

import threading
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections

from slas.management.commands import rebuild_clocks
from slas.models import Clock
from slas.rows import Cache
from tests.lifecycle.scenes import MONDAY, clock, do
from tests.worlds import as_system, build_world


def _elsewhere(work: Callable[[], object]) -> None:
    """Do ``work`` on a connection of its own, to its end."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def _check() -> str:
    told = StringIO()
    call_command("rebuild_clocks", "--check", stdout=told, stderr=StringIO())
    return told.getvalue()


@pytest.mark.parametrize(("room", "moment"), [(rebuild_clocks, "_events"), (Cache, "by_ticket")])
def test_an_act_in_the_middle_of_a_check_is_no_difference(committed_db, database_login, monkeypatch, room, moment):
    world = build_world()
    ticket = world.file(MONDAY)
    read, answered = getattr(room, moment), []

    def answer_first(*given: object) -> object:
        if not answered:
            answered.append(True)
            _elsewhere(lambda: do(world, world.staff["engineer"], "reply", ticket))
        return read(*given)

    monkeypatch.setattr(room, moment, answer_first)
    with database_login("worker"):
        assert _check() == "1 tickets folded, 0 differ\n"
        assert answered
        assert clock(world, ticket).status == "met"
        assert _check() == "1 tickets folded, 0 differ\n"


def test_a_check_reads_and_cannot_write(committed_db, database_login, monkeypatch):
    world = build_world()
    world.file(MONDAY)
    seen: list[tuple] = []
    read = rebuild_clocks._events

    def look(tickets: list) -> object:
        with connection.cursor() as cursor:
            for name in ("transaction_isolation", "transaction_read_only"):
                cursor.execute(f"SHOW {name}")
                seen.append(cursor.fetchone()[0])
        return read(tickets)

    monkeypatch.setattr(rebuild_clocks, "_events", look)
    with database_login("worker"):
        _check()
        assert seen == ["repeatable read", "on"]
        call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
        assert seen[2:] == ["read committed", "off"]


def test_a_true_difference_is_still_found(committed_db, database_login):
    world = build_world()
    world.file(MONDAY)
    with database_login("worker"):
        with as_system(world):
            Clock.objects.update(status="met")
        with pytest.raises(CommandError, match="Run rebuild_clocks without --check"):
            _check()
