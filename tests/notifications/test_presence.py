"""Who looks at a ticket just now: kept for some seconds where there is a Valkey, and nothing without one."""

from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.utils.translation import override

from accounts.roles import Role
from accounts.tenancy import Actor
from notifications.presence import LASTS_SECONDS, LEFT, Present, tell
from tests.lifecycle.scenes import MONDAY
from web.presenters.watching import presence_words

PROVIDER, OTHER, TICKET = uuid4(), uuid4(), uuid4()


def engineer(name: str, provider=PROVIDER) -> Actor:
    return Actor(provider_id=provider, role=Role.ENGINEER_N1, membership_id=uuid4(), name=name)


ANNA, PAUL, THEIRS = engineer("Anna"), engineer("Paul"), engineer("Octo", OTHER)


@pytest.fixture
def server(valkey, settings):
    settings.REDIS_URL = valkey.url
    return valkey


def say(actor: Actor, does: str = "reads", seconds: int = 0, ticket=TICKET) -> list[Present]:
    return tell(actor=actor, at=MONDAY + timedelta(seconds=seconds), ticket_id=ticket, does=does)


def test_the_others_are_seen_until_they_leave_or_fall_silent(server):
    assert say(ANNA) == []
    assert say(PAUL, "writes") == [Present("Anna", "reads")]
    assert say(ANNA) == [Present("Paul", "writes")]
    assert say(engineer("Zoé")) == [Present("Anna", "reads"), Present("Paul", "writes")]
    assert say(PAUL, LEFT) == [Present("Anna", "reads"), Present("Zoé", "reads")]
    assert say(ANNA, seconds=LASTS_SECONDS - 1) == [Present("Zoé", "reads")]
    assert say(PAUL, seconds=LASTS_SECONDS) == [Present("Anna", "reads")]
    assert say(PAUL, ticket=uuid4()) == []
    assert say(THEIRS) == []


def test_a_valkey_that_is_gone_shows_nobody_and_comes_back_empty_or_not(server):
    say(PAUL)
    server.stop()
    assert say(ANNA) == []
    server.start()
    assert say(ANNA) in ([], [Present("Paul", "reads")])
    assert say(PAUL) == [Present("Anna", "reads")]


def test_without_a_valkey_nobody_is_seen(settings):
    settings.REDIS_URL = ""
    assert say(PAUL) == say(ANNA) == []


NO_ENTRIES = (
    b"",
    b"no json",
    b"\xff\xfe",
    b"{}",
    b"null",
    b"7",
    b'["Zoe"]',
    b'["Zoe", "reads", "soon"]',
    b'["Zoe", "reads", null]',
    b'["Zoe", "sleeps", 9999999999]',
    b'["Zoe", ["reads"], 9999999999]',
    b'[{"name": "Zoe"}, "reads", 9999999999]',
    b'["Zoe", "reads", 1%s]' % (b"0" * 400),
    b"[" * 100_000,
)


@pytest.mark.parametrize("entry", NO_ENTRIES, ids=range(len(NO_ENTRIES)))
def test_what_is_no_entry_of_ours_is_passed_over(server, entry):
    say(PAUL)
    with redis.Redis.from_url(server.url) as raw:
        raw.hset(f"presence:{PROVIDER}:{TICKET}", "\u00e9".encode("latin-1"), entry)
    assert say(ANNA) == [Present("Paul", "reads")]


def test_what_cannot_be_said_of_somebody_is_not_said():
    others = [Present("Anna", "reads"), Present("Paul", "sleeps"), Present("Zoe", "writes")]
    with override("en"):
        assert presence_words(others) == ["Anna is reading this", "Zoe is writing"]
