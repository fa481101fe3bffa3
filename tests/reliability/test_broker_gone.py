"""Valkey is a doorbell: emptied, then absent, it takes no deadline, no session and no write with it."""

import time

import pytest
import redis
from django.db.models import Q

from helpdesk.embedded.processes import wait_until
from notifications.models import Delivery, OutboxEntry
from slas.models import Clock
from tests.lifecycle.scenes import MONDAY, journal
from tests.reliability.visitors import LONG, Visitor
from tests.worlds import as_system, build_world, paris

pytestmark = pytest.mark.processes
TICKETS, ABSENT_SECONDS = (500, 60) if LONG else (12, 4)


def waiting(world) -> int:
    with as_system(world):
        due = Clock.objects.filter(next_action_at__isnull=False).count()
        unrouted = OutboxEntry.objects.filter(routed_at__isnull=True, failed_at__isnull=True).count()
        return due + unrouted + Delivery.objects.filter(next_attempt_at__isnull=False).count()


def test_no_deadline_session_or_write_is_lost_with_the_broker(committed_db, valkey, start_celery, start_web):
    world = build_world()
    contact, engineer = Visitor.sign_in(world.customers[0].contact), Visitor.sign_in(world.staff["engineer"])
    web = start_web(committed_db, redis_url=valkey.url)
    tickets = [world.file(MONDAY, severity="moderate") for _ in range(TICKETS)]
    with redis.Redis.from_url(valkey.url) as broker:
        assert (
            engineer.post(web.base_url, f"/tickets/{tickets[0].reference}/note/", body="rings the bell").status == 303
        )
        assert wait_until(lambda: broker.llen("celery") > 0, seconds=5)
        broker.flushall()
    worker = start_celery("worker", "--concurrency=2")
    worker.wait_for("ready.")
    valkey.stop()
    began = time.monotonic()
    number = 0
    while time.monotonic() - began < ABSENT_SECONDS:
        number += 1
        path = f"/tickets/{tickets[number % TICKETS].reference}/"
        assert contact.get(web.base_url, path).status == 200
        assert contact.post(web.base_url, f"{path}reply/", body=f"while it is away {number}").status == 303
    assert number >= 3
    valkey.start()
    start_celery("beat")
    assert wait_until(lambda: waiting(world) == 0, seconds=90, every=0.5)
    for ticket in tickets:
        alerts = [(event.kind, event.at) for event in journal(world, ticket) if event.kind.startswith("clock_")]
        assert [kind for kind, _ in alerts] == ["clock_approaching", "clock_breached"]
        assert alerts[1][1] == paris("2026-05-06 00:00")
    with as_system(world):
        assert not OutboxEntry.objects.filter(~Q(error="")).exists()
        assert Delivery.objects.filter(kind="commented", channel="mail").count() == 2 * number
    assert contact.get(web.base_url, "/cases/").status == 200
