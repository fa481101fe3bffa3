"""Days that calendars gain (R19): announced, then carried to every clock that runs, in batches."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.rounds import each_provider, providers
from accounts.tenancy import Actor, acting_as
from contracts import amendments as contracts
from contracts.models import CalendarChange, ContractCalendarChange, ContractChange, DatedCalendarChange
from lifecycle import agreements, pipeline
from slas import amendments
from slas.clocks import FOLD_ERRORS
from slas.notices import require_notice

BATCH = 200
UNDER_WAY = timedelta(hours=1)
"""How long after an announcement a filing that does not know of it yet may still be under way; far longer than any."""
log = logging.getLogger(__name__)


def add_closure(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    days: Mapping[str, Any],
    terms_code: str = "",
    contract_id: UUID | None = None,
    late_reason: str = "",
) -> DatedCalendarChange:
    """Announce a holiday, a closure or other hours; the worker carries it to the clocks that run within seconds.

    As ``contracts.amendments.announce_days``, which says what ``days`` hold and what is refused; and a closure needs
    the notice that the terms ask for (HSA-5, GEN-17), or the reason why it could not be given. Both sides hear of it.
    """
    with transaction.atomic():
        change = contracts.announce_days(
            actor=actor,
            at=at,
            name=name,
            days=days,
            terms_code=terms_code,
            contract_id=contract_id,
            late_reason=late_reason,
            check=_notice(at, late_reason),
        )
        agreements.tell_of_days(_told(change))
    return change


def check_closure(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    days: Mapping[str, Any],
    terms_code: str = "",
    contract_id: UUID | None = None,
    late_reason: str = "",
) -> None:
    """All that ``add_closure`` would refuse, and nothing written."""
    contracts.check_announcement(
        actor=actor,
        at=at,
        name=name,
        days=days,
        terms_code=terms_code,
        contract_id=contract_id,
        late_reason=late_reason,
        check=_notice(at, late_reason),
    )


def _notice(at: datetime, late_reason: str) -> contracts.DaysCheck:
    return lambda terms, days: require_notice(terms, days, at, late_reason)


def _told(change: DatedCalendarChange) -> CalendarChange | ContractChange:
    """What is told of: days of one contract are an act on it, and stand in its log."""
    if isinstance(change, CalendarChange):
        return change
    return ContractChange.objects.get(kind=ContractChange.Kind.CALENDAR_CHANGED, data__change=str(change.id))


def recompute(*, at: datetime, batch: int = BATCH) -> int:
    """Carry every announced change to the clocks that it has not reached, in every provider; how many tickets it wrote.

    Needs the worker's login. Safe to run twice, and twice at once; a provider that fails does not stop the others.
    """
    return sum(
        each_provider(
            providers(),
            lambda provider_id: recompute_provider(provider_id, at=at, batch=batch),
            what="days announced",
        )
    )


def recompute_provider(provider_id: UUID, *, at: datetime, batch: int = BATCH) -> int:
    """``recompute`` for one provider, each batch in a transaction of its own."""
    with acting_as(Actor.system(provider_id)):
        changes = list(_changes(at))
    return sum(_carry(change, at, batch) for change in changes)


def _changes(at: datetime) -> Iterator[DatedCalendarChange]:
    """Changes that are not carried yet, in the order in which they were announced, however long ago their days were: a
    worker that stood still for days carries them all the same."""
    yield from CalendarChange.objects.filter(at__lte=at, carried_at__isnull=True)
    yield from ContractCalendarChange.objects.filter(at__lte=at, carried_at__isnull=True)


def _carry(change: DatedCalendarChange, at: datetime, batch: int) -> int:
    """One pass over the tickets in the order of their keys, so that one which cannot be folded hides no other.

    A pass that leaves none behind is the last, once every filing that did not know of the change is over.
    """
    written = 0
    failed: list[UUID] = []
    last: UUID | None = None
    while True:
        with acting_as(Actor.system(change.provider_id)):
            waiting = amendments.tickets_to_recompute(change, after=last, limit=batch)
            if not waiting:
                if not failed and at >= change.at + UNDER_WAY:
                    contracts.mark_carried(change, at)
                return written
            last = waiting[-1]
            written += _batch(waiting, change, at, failed)


def _batch(waiting: Sequence[UUID], change: DatedCalendarChange, at: datetime, failed: list[UUID]) -> int:
    """One batch; where a ticket cannot be folded the others are done one by one, and that one is reported."""
    try:
        with transaction.atomic():
            return pipeline.recompute(waiting, change, at)
    except FOLD_ERRORS as error:
        if len(waiting) == 1:
            log.error("ticket %s does not follow %s: %r", waiting[0], change.id, error)
            failed.append(waiting[0])
            return 0
    return sum(_batch([ticket], change, at, failed) for ticket in waiting)
