"""Queueing what is to be told, in the transaction of the act. Only the write paths of tickets and contracts may."""

from collections.abc import Sequence

from accounts.batches import Rows
from accounts.identifiers import uuid7
from contracts.models import CalendarChange, ContractChange
from notifications.models import OutboxEntry
from tickets.models import Event


def rows(events: Sequence[Event]) -> Rows:
    """One outbox row per event, to be written in the transaction of the event: plain inserts, for the writer may not
    read them back."""
    return Rows(OutboxEntry, [_row(event) for event in events])


def _row(event: Event) -> dict[str, object]:
    return {
        "id": uuid7(),
        "provider_id": event.provider_id,
        "customer_id": event.customer_id,
        "ticket_id": event.ticket_id,
        "event_id": event.id,
        "created_at": event.recorded_at,
        "error": "",
    }


def add_contract_change(change: ContractChange) -> None:
    """One row for an act on a contract."""
    row = OutboxEntry(
        provider_id=change.provider_id,
        customer_id=change.customer_id,
        contract_id=change.contract_id,
        contract_change=change,
        created_at=change.at,
    )
    OutboxEntry.objects.bulk_create([row])


def add_calendar_change(change: CalendarChange) -> None:
    """One row for days that are announced to every contract under some terms; they are of no single customer."""
    row = OutboxEntry(provider_id=change.provider_id, calendar_change=change, created_at=change.at)
    OutboxEntry.objects.bulk_create([row])
