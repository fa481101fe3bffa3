"""How a ticket stood right after an event: kept in the event, so that whoever is told late is told what was so then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tickets.models import Event, Ticket

KEY = "ticket"
"""Key of ``Event.data``. It makes no form stale: it says how things stood, not what changed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``due_at`` is the earliest instant that was still owed; None where nothing was, or a clock was paused."""

    severity: str
    due_at: datetime | None
    assignee_id: UUID | None
    assignee_name: str

    @classmethod
    def of(cls, ticket: Ticket) -> "Standing":
        """As the ticket is now, in memory."""
        return cls(ticket.severity, ticket.due_at, ticket.assignee_id, ticket.assignee_name)

    @classmethod
    def after(cls, event: Event, ticket: Ticket) -> "Standing":
        """As ``ticket`` was when the event had happened.

        An event from before this was kept tells no more than what itself did. The rest is what ``ticket`` is now where
        nothing came after it, else unknown: an empty severity, no due time. Who has it is always told, as of now:
        somebody is to be called.
        """
        kept = event.data.get(KEY)
        if kept is None:
            return cls._reconstructed(event, ticket)
        return cls(
            severity=kept["severity"],
            due_at=datetime.fromisoformat(kept["due_at"]) if kept["due_at"] else None,
            assignee_id=UUID(kept["assignee_id"]) if kept["assignee_id"] else None,
            assignee_name=kept["assignee_name"],
        )

    @classmethod
    def _reconstructed(cls, event: Event, ticket: Ticket) -> "Standing":
        now = cls.of(ticket)
        is_last = event.seq == ticket.version
        return cls(
            severity=_told(event, "severity") or (now.severity if is_last else ""),
            due_at=now.due_at if is_last else None,
            assignee_id=now.assignee_id,
            assignee_name=_told(event, "assignee") or now.assignee_name,
        )

    def keep_in(self, event: Event) -> None:
        """Write it into an event that is not saved yet."""
        event.data[KEY] = {
            "severity": self.severity,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "assignee_id": str(self.assignee_id) if self.assignee_id else None,
            "assignee_name": self.assignee_name,
        }


def _told(event: Event, field: str) -> str:
    """What the event itself set a field to; empty where it did not."""
    told = event.data.get(field)
    return str(told.get("new") or "") if isinstance(told, Mapping) else ""
