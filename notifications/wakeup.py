"""The doorbell: a nudge to the relay after a commit. If it is lost, beat finds the rows within seconds.

Of many that ring at once one is heard: whoever finds the bell rung already is served by the same look into the outbox,
which comes after its commit. The relay says so before it looks.
"""

import logging
from functools import lru_cache
from typing import Final

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

_RUNG: Final = "helpdesk:relay:rung"
_RINGS_FOR: Final = 3
"""Seconds after which a bell that nobody heard may be rung again."""
_PATIENCE: Final = 1.0
"""Seconds that a request waits for Valkey."""
log = logging.getLogger(__name__)


def ring() -> None:
    """Ask a worker to look into the outbox now. Never retries and never fails the request that rings."""
    try:
        if _bell().set(_RUNG, "1", nx=True, ex=_RINGS_FOR):
            current_app.send_task("notifications.tasks.relay", retry=False, expires=60)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("the relay could not be nudged, beat will find the message: %s", error)


def hear() -> None:
    """Let the bell be rung again: called by the relay before it looks into the outbox."""
    try:
        _bell().delete(_RUNG)
    except (RedisError, OSError) as error:
        log.warning("the bell could not be quieted, it falls silent by itself: %s", error)


@lru_cache(maxsize=1)
def _bell() -> Redis:
    given = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": Retry(NoBackoff(), 0)}
    return Redis.from_url(settings.CELERY_BROKER_URL, **given)
