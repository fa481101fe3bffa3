"""The sweep: what is due now is acted upon, whatever happened to the worker in between.

It costs what is due, not what is open: one question across tenants, then per provider batches of locked tickets, each
folded again from its journal under lock. A batch that fails is halved until the one row that raises is alone; that one
is set aside and reported, and stops nobody.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

from accounts.rounds import each_provider, providers
from accounts.tenancy import Actor, acting_as
from lifecycle import pipeline
from slas.clocks import FOLD_ERRORS
from slas.models import Clock, SweepFailure, TicketDuty

BATCH = 200
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did: alerts written, tickets set aside."""

    alerts: int
    set_aside: int


def sweep(*, at: datetime, batch: int = BATCH) -> SweepResult:
    """Write every alert that is due at ``at``. Safe to run twice, and twice at once."""
    results = each_provider(
        providers("providers_with_due_clocks", at),
        lambda provider_id: _sweep_provider(provider_id, at, batch),
        what="the sweep",
    )
    return SweepResult(sum(alerts for alerts, _ in results), sum(set_aside for _, set_aside in results))


def _sweep_provider(provider_id: UUID, at: datetime, batch: int) -> tuple[int, int]:
    """Batches until nothing is left to lock. A ticket that comes back although it was settled ends the sweep: whatever
    is wrong with it, the next providers have their turn."""
    alerts = set_aside = 0
    seen: set[UUID] = set()
    while True:
        with acting_as(Actor.system(provider_id)):
            tickets = pipeline.lock_due(at, batch, provider_id)
            if not tickets:
                return alerts, set_aside
            if seen.issuperset(tickets):
                log.error("tickets of provider %s stay due after their sweep: %s", provider_id, tickets[:5])
                return alerts, set_aside
            seen.update(tickets)
            done, failed = _settle(provider_id, tickets, at)
        alerts += done
        set_aside += failed


def _settle(provider_id: UUID, tickets: Sequence[UUID], at: datetime) -> tuple[int, int]:
    try:
        with transaction.atomic():
            return pipeline.settle_due(tickets, at), 0
    except (*FOLD_ERRORS, DatabaseError) as error:
        if _is_transient(error) and not (_took_too_long(error) and len(tickets) > 1):
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


def _took_too_long(error: BaseException) -> bool:
    """Whether the statement timeout ended it: a smaller batch may pass."""
    return getattr(error.__cause__, "sqlstate", None) == "57014"


def _set_aside(provider_id: UUID, ticket_id: UUID, at: datetime, error: Exception) -> None:
    log.error("clock set aside: ticket %s: %r", ticket_id, error)
    told: dict[str, Any] = {"provider_id": provider_id, "at": at, "error": repr(error)[:2000]}
    due = {"ticket_id": ticket_id, "next_action_at__lte": at, "set_aside_at__isnull": True}
    clocks, duties = Clock.objects.filter(**due), TicketDuty.objects.filter(**due)
    SweepFailure.objects.bulk_create(
        [*(SweepFailure(clock=row, **told) for row in clocks), *(SweepFailure(duty=row, **told) for row in duties)]
    )
    clocks.update(set_aside_at=at)
    duties.update(set_aside_at=at)
