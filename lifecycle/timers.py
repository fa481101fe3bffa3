"""The sweep: what is due now is acted upon, whatever happened to the worker in between.

It costs what is due, not what is open: one question across tenants, then per provider batches of locked tickets, each
folded again from its journal under lock. A batch that fails is halved until the one row that raises is alone; that one
is set aside and reported, and stops nobody.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from accounts.tenancy import Actor, acting_as
from lifecycle import pipeline
from slas.models import Clock, SweepFailure

BATCH = 200
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did: alerts written, tickets set aside."""

    alerts: int
    set_aside: int


def sweep(*, at: datetime, batch: int = BATCH) -> SweepResult:
    """Write every alert that is due at ``at``. Safe to run twice, and twice at once."""
    alerts = set_aside = 0
    for provider_id in _providers_with_due_clocks(at):
        while True:
            done, failed = _sweep_batch(provider_id, at, batch)
            if done is None:
                break
            alerts += done
            set_aside += failed
    return SweepResult(alerts, set_aside)


def _providers_with_due_clocks(at: datetime) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM providers_with_due_clocks(%s)", [at])
        return [row[0] for row in cursor.fetchall()]


def _sweep_batch(provider_id: UUID, at: datetime, limit: int) -> tuple[int | None, int]:
    """One transaction over up to ``limit`` tickets; ``(None, 0)`` where nothing is left to lock."""
    with acting_as(Actor.system(provider_id)):
        tickets = pipeline.lock_due(at, limit, provider_id)
        if not tickets:
            return None, 0
        return _settle(provider_id, tickets, at)


def _settle(provider_id: UUID, tickets: Sequence[UUID], at: datetime) -> tuple[int, int]:
    try:
        with transaction.atomic():
            return pipeline.settle_due(tickets, at), 0
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, DatabaseError) as error:
        if _is_transient(error):
            raise
        if len(tickets) == 1:
            _set_aside(provider_id, tickets[0], at, error)
            return 0, 1
    middle = len(tickets) // 2
    left = _settle(provider_id, tickets[:middle], at)
    right = _settle(provider_id, tickets[middle:], at)
    return left[0] + right[0], left[1] + right[1]


def _is_transient(error: BaseException) -> bool:
    """A lost connection, deadlock or serialisation failure says nothing about the row: the next sweep tries again."""
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, DatabaseError) and (state is None or state[:2] in {"08", "40", "53", "55", "57"})


def _set_aside(provider_id: UUID, ticket_id: UUID, at: datetime, error: Exception) -> None:
    log.error("clock set aside: ticket %s: %r", ticket_id, error)
    rows = Clock.objects.filter(ticket_id=ticket_id, next_action_at__lte=at, set_aside_at__isnull=True)
    SweepFailure.objects.bulk_create(
        [SweepFailure(provider_id=provider_id, clock=row, at=at, error=repr(error)[:2000]) for row in rows]
    )
    rows.update(set_aside_at=at)
