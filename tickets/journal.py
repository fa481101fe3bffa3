"""Writing the journal. Only ``lifecycle.pipeline`` may import this module."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.batches import Rows
from accounts.tenancy import Actor
from tickets.models import Comment, Event, Ticket, Visibility
from tickets.standing import Standing


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be journaled. ``dedupe_key`` makes the entry unique for its ticket, whoever writes it first."""

    kind: str
    at: datetime
    recorded_at: datetime
    visibility: str = Visibility.PUBLIC
    data: dict[str, Any] = field(default_factory=dict)
    comment: Comment | None = None
    dedupe_key: str | None = None


def build_event(ticket: Ticket, actor: Actor, entry: Entry) -> Event:
    """The next event of ``ticket`` (not saved); advances the ticket's two versions in memory.

    It keeps how the ticket stands now; a caller who then moves the due time says so again (``Standing.keep_in``).
    """
    ticket.version += 1
    if entry.visibility == Visibility.PUBLIC:
        ticket.public_version += 1
    event = Event(
        provider_id=ticket.provider_id,
        customer_id=ticket.customer_id,
        ticket_id=ticket.id,
        seq=ticket.version,
        kind=entry.kind,
        visibility=entry.visibility,
        at=entry.at,
        recorded_at=entry.recorded_at,
        actor_id=actor.membership_id,
        actor_name=actor.name,
        actor_side=actor.side,
        comment=entry.comment,
        data=dict(entry.data),
        dedupe_key=entry.dedupe_key,
    )
    Standing.of(ticket).keep_in(event)
    return event


def rows(events: Sequence[Event]) -> Rows:
    """The events, to be written. That raises ``IntegrityError`` where one was already written (sequence, key)."""
    return Rows(Event, events)
