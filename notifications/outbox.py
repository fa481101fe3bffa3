"""Queueing what is to be told. Only ``lifecycle.pipeline`` may import this module."""

from collections.abc import Sequence

from notifications.models import OutboxEntry
from tickets.models import Event


def add(events: Sequence[Event]) -> None:
    """One outbox row per event, in the transaction of the event. Plain inserts: the writer may not read them back."""
    OutboxEntry.objects.bulk_create(
        [
            OutboxEntry(
                provider_id=event.provider_id,
                customer_id=event.customer_id,
                ticket_id=event.ticket_id,
                event_id=event.id,
                created_at=event.recorded_at,
            )
            for event in events
        ]
    )
