"""Acts on a contract that people hear of: an amendment is proposed, approved or declined (R16, R17, JAL-30), an end is
set or withdrawn (HSA-20).

Each is done by ``contracts.amendments`` or ``contracts.endings`` and queued to be told in the same transaction; nobody
is told of what was not done, and nothing is done that nobody is told of. The caller holds a context of the actor.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.tenancy import Actor
from contracts import amendments as contracts
from contracts import endings
from contracts.models import CalendarChange, ContractAmendment, ContractChange, TermsVersion
from contracts.services import Check
from notifications import outbox, wakeup

Kind = ContractChange.Kind


def propose_amendment(
    *,
    actor: Actor,
    at: datetime,
    contract_id: UUID,
    reference: str,
    in_force_from: date,
    in_force_until: date | None = None,
    terms: TermsVersion | None = None,
    overrides: Mapping[str, Any] | None = None,
    reason: str = "",
    check: Check | None = None,
) -> ContractAmendment:
    """As ``contracts.amendments.propose_amendment``; those who may approve it hear of it."""
    with transaction.atomic():
        made = contracts.propose_amendment(
            actor=actor,
            at=at,
            contract_id=contract_id,
            reference=reference,
            in_force_from=in_force_from,
            in_force_until=in_force_until,
            terms=terms,
            overrides=overrides,
            reason=reason,
            check=check,
        )
        _tell(actor, made, Kind.PROPOSED)
    return made


def approve_amendment(
    *, actor: Actor, at: datetime, amendment_id: UUID, check: Check | None = None
) -> ContractAmendment:
    """As ``contracts.amendments.approve_amendment``; both sides hear of it."""
    with transaction.atomic():
        found = contracts.approve_amendment(actor=actor, at=at, amendment_id=amendment_id, check=check)
        _tell(actor, found, Kind.APPROVED)
    return found


def decline_amendment(*, actor: Actor, at: datetime, amendment_id: UUID, reason: str) -> ContractAmendment:
    """As ``contracts.amendments.decline_amendment``; both sides hear of it, with the reason."""
    with transaction.atomic():
        found = contracts.decline_amendment(actor=actor, at=at, amendment_id=amendment_id, reason=reason)
        _tell(actor, found, Kind.DECLINED)
    return found


def end_contract(*, actor: Actor, at: datetime, contract_id: UUID, draft: endings.Draft) -> ContractChange:
    """As ``contracts.endings.end_contract``; both sides hear of it, with the day and the reason."""
    with transaction.atomic():
        done = endings.end_contract(actor=actor, at=at, contract_id=contract_id, draft=draft)
        _queue(done)
    return done


def withdraw_ending(*, actor: Actor, at: datetime, contract_id: UUID, reason: str) -> ContractChange:
    """As ``contracts.endings.withdraw_ending``; both sides hear of it."""
    with transaction.atomic():
        done = endings.withdraw_ending(actor=actor, at=at, contract_id=contract_id, reason=reason)
        _queue(done)
    return done


def tell_of_days(change: CalendarChange | ContractChange) -> None:
    """Queue that days were announced: those of one contract by their entry in its log, those of all by themselves."""
    if isinstance(change, ContractChange):
        _queue(change)
        return
    outbox.add_calendar_change(change)
    transaction.on_commit(wakeup.ring, robust=True)


def _tell(actor: Actor, amendment: ContractAmendment, kind: str) -> None:
    entries = ContractChange.objects.filter(amendment=amendment, kind=kind, actor_side=actor.side)
    _queue(entries.get())


def _queue(change: ContractChange) -> None:
    outbox.add_contract_change(change)
    transaction.on_commit(wakeup.ring, robust=True)
