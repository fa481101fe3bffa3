"""PostgreSQL is killed under load: what was acknowledged is there, people see 503 and then go on."""

import os
import signal
import threading
import time
from collections import Counter

import pytest
from django.db import connection

from tests.lifecycle.scenes import MONDAY
from tests.reliability.visitors import LONG, Visitor, crowd
from tests.worlds import as_system, build_world
from tickets.models import Comment, Event, Ticket

pytestmark = pytest.mark.processes
KILLS, WRITERS = (10, 16) if LONG else (2, 6)


class Writer(threading.Thread):
    """Somebody who keeps replying and remembers what was acknowledged."""

    def __init__(self, visitor: Visitor, base_url: str, path: str, halt: threading.Event):
        super().__init__()
        self.visitor, self.base_url, self.path, self.halt = visitor, base_url, path, halt
        self.acknowledged: list[str] = []
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        number = 0
        while not self.halt.is_set():
            number += 1
            body = f"{self.visitor.actor.name} says {number}"
            answer = self.visitor.post(self.base_url, self.path, body=body)
            self.statuses[answer.status] += 1
            if answer.status == 303:
                self.acknowledged.append(body)


def _acknowledged(writers: list[Writer]) -> int:
    return sum(len(writer.acknowledged) for writer in writers)


def _wait_for_more(writers: list[Writer], number: int) -> float:
    """Seconds until ``number`` more writes were acknowledged."""
    began, goal = time.monotonic(), _acknowledged(writers) + number
    while _acknowledged(writers) < goal:
        assert time.monotonic() - began < 45, [writer.statuses for writer in writers]
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_killed_database_loses_no_acknowledged_write(durable_server, durable_database, start_web):
    world = build_world()
    web = start_web(durable_database)
    tickets = [world.file(MONDAY, severity="moderate") for _ in range(3)]
    halt = threading.Event()
    writers = [
        Writer(visitor, web.base_url, f"/tickets/{tickets[number % 3].reference}/reply/", halt)
        for number, visitor in enumerate(crowd(world, WRITERS))
    ]
    for writer in writers:
        writer.start()
    try:
        for _ in range(KILLS):
            _wait_for_more(writers, 2 * WRITERS)
            os.killpg(durable_server.process.pid, signal.SIGKILL)
            durable_server.process.wait()
            time.sleep(1)
            durable_server.start()
        _wait_for_more(writers, 2 * WRITERS)
    finally:
        halt.set()
        for writer in writers:
            writer.join()
    statuses = sum((writer.statuses for writer in writers), Counter())
    assert statuses.keys() == {303, 503}, statuses
    connection.close()
    with as_system(world):
        kept = Counter(Comment.objects.values_list("body", flat=True))
        assert Counter(body for writer in writers for body in writer.acknowledged) - kept == Counter()
        assert max(kept.values()) == 1
        for ticket in Ticket.objects.all():
            events = list(Event.objects.filter(ticket=ticket).order_by("seq"))
            assert [event.seq for event in events] == list(range(1, ticket.version + 1))
            replies = Comment.objects.filter(ticket=ticket).count()
            # Filed long ago: the first reply also wrote the warning and the breach.
            assert Counter(event.kind for event in events) == {
                "filed": 1,
                "clock_approaching": 1,
                "clock_breached": 1,
                "replied": replies,
            }
