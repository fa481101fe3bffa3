"""The doorbell: of many that ring at once one is heard, and after the relay has begun to look it rings again."""

from collections.abc import Iterator

import pytest
from celery import current_app
from redis import Redis
from redis.exceptions import ConnectionError as Unreachable

from helpdesk.embedded.valkey import ValkeyServer
from notifications import wakeup
from notifications.tasks import relay


@pytest.fixture
def rung(monkeypatch) -> list[str]:
    """The tasks that were sent."""
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: sent.append(name))
    return sent


@pytest.fixture
def bell(valkey: ValkeyServer, settings) -> Iterator[Redis]:
    settings.CELERY_BROKER_URL = valkey.url
    wakeup._bell.cache_clear()
    found = wakeup._bell()
    found.flushdb()
    yield found
    found.flushdb()
    wakeup._bell.cache_clear()


def test_of_many_that_ring_before_anybody_hears_one_is_heard(bell, rung):
    for _ in range(5):
        wakeup.ring()
    assert rung == ["notifications.tasks.relay"]


def test_a_bell_that_nobody_hears_falls_silent_by_itself(bell, rung):
    wakeup.ring()
    assert 0 < bell.ttl("helpdesk:relay:rung") <= 3


def test_what_rings_while_the_relay_looks_is_heard_again(bell, rung, worker_db, monkeypatch):
    monkeypatch.setattr("notifications.tasks.relay_messages", lambda at: wakeup.ring())
    monkeypatch.setattr("notifications.tasks.post_letters", lambda at: None)
    wakeup.ring()
    relay()
    assert rung == ["notifications.tasks.relay"] * 2


def test_without_a_broker_nobody_fails(rung, settings, caplog):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    wakeup._bell.cache_clear()
    try:
        wakeup.ring()
        wakeup.hear()
        with pytest.raises(Unreachable):
            wakeup._bell().ping()
    finally:
        wakeup._bell.cache_clear()
    assert rung == []
    assert "the relay could not be nudged" in caplog.text
