"""How a ticket stood right after an event: kept in the event, so that whoever is told late is told what was so then."""

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
    def after(cls, event: Event) -> "Standing":
        """As the ticket was when the event had happened. Raises ``KeyError`` for an event that does not say."""
        kept = event.data[KEY]
        return cls(
            severity=kept["severity"],
            due_at=datetime.fromisoformat(kept["due_at"]) if kept["due_at"] else None,
            assignee_id=UUID(kept["assignee_id"]) if kept["assignee_id"] else None,
            assignee_name=kept["assignee_name"],
        )

    def keep_in(self, event: Event) -> None:
        """Write it into an event that is not saved yet."""
        event.data[KEY] = {
            "severity": self.severity,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "assignee_id": str(self.assignee_id) if self.assignee_id else None,
            "assignee_name": self.assignee_name,
        }
