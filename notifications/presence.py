"""Who of the staff looks at a ticket just now: kept in Valkey for some seconds and nowhere else.

Losing it loses nothing. Where there is no Valkey, nobody is seen and nobody waits for it.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from accounts.tenancy import Actor

LASTS_SECONDS: Final = 45
"""How long somebody is seen after his page last told so; it tells so more than twice as often."""
DOES: Final = frozenset({"reads", "writes"})
LEFT: Final = "left"
_PATIENCE_SECONDS: Final = 0.3
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has the page open. ``does`` is one of ``DOES``."""

    name: str
    does: str


def tell(*, actor: Actor, at: datetime, ticket_id: UUID, does: str) -> list[Present]:
    """Note what the actor does (``DOES`` or ``LEFT``) and answer with the others, by name.

    Never raises: a server that does not answer shows nobody, and an entry that is none of ours is passed over.
    """
    server = _server(settings.REDIS_URL)
    if server is None:
        return []
    key = f"presence:{actor.provider_id}:{ticket_id}"
    try:
        found = _exchange(server, key, str(actor.person), _entry(actor, at, does))
    except (RedisError, OSError) as error:
        log.info("presence is not shown: %s", error)
        return []
    return _others(found, str(actor.person), at)


def _exchange(server: Redis, key: str, person: str, entry: str) -> Mapping[bytes, bytes]:
    """One round trip; the whole ticket is forgotten once nobody has looked at it for a while."""
    with server.pipeline() as batch:
        if entry:
            batch.hset(key, person, entry)
            batch.expire(key, LASTS_SECONDS)
        else:
            batch.hdel(key, person)
        batch.hgetall(key)
        found: Mapping[bytes, bytes] = batch.execute()[-1]
    return found


def _entry(actor: Actor, at: datetime, does: str) -> str:
    return json.dumps([actor.name, does, at.timestamp()]) if does in DOES else ""


def _others(found: Mapping[bytes, bytes], person: str, at: datetime) -> list[Present]:
    rows = [_present(entry, at) for key, entry in found.items() if key != person.encode()]
    return sorted(filter(None, rows), key=lambda one: one.name.casefold())


def _present(entry: bytes, at: datetime) -> Present | None:
    """Somebody who told so a moment ago; None for one who fell silent, and for what is no entry of ours."""
    try:
        name, does, told = json.loads(entry)
        is_fresh = at.timestamp() - told < LASTS_SECONDS
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    is_ours = isinstance(name, str) and isinstance(does, str) and does in DOES
    return Present(name, does) if is_fresh and is_ours else None


@lru_cache(maxsize=2)
def _server(url: str) -> Redis | None:
    """The connections of this process; None where no Valkey is configured."""
    if not url:
        return None
    waits = {"socket_connect_timeout": _PATIENCE_SECONDS, "socket_timeout": _PATIENCE_SECONDS}
    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), **waits)
