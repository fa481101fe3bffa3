"""Rows that cache what the journals of tickets say, one for each ticket and key: how they are replaced and compared.

Clocks and duties are such rows. What they hold is derived by ``slas.clocks`` and ``slas.duties``.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from django.db import connection

from accounts.batches import Rows
from slas.models import Clock, TicketDuty

Row = TypeVar("Row", Clock, TicketDuty)


@dataclass(frozen=True, slots=True)
class Cache(Generic[Row]):
    """The rows of one table. ``key`` tells the rows of a ticket apart, ``derived`` are the columns folded from its
    journal, ``unique`` those of the constraint by which a row is found again."""

    model: type[Row]
    key: str
    derived: tuple[str, ...]
    unique: tuple[str, ...]

    def replacing(self, tickets: Sequence[UUID], rows: Sequence[Row]) -> Rows:
        """``rows`` as the rows of ``tickets``, to be written under the lock of the tickets.

        A key that is no longer among them loses its row; otherwise the sweep would come back to it for ever. A row that
        the sweep had set aside is back in its sight: it could be folded again.
        """
        return Rows(self.model, rows, self.unique, (*self.derived, "synced_at", "set_aside_at"), "ticket_id", tickets)

    def by_ticket(self, tickets: Collection[UUID]) -> dict[UUID, list[Row]]:
        """The stored rows of each of some tickets; an empty list for one that has none."""
        found: dict[UUID, list[Row]] = defaultdict(list)
        for row in self.model.objects.filter(ticket_id__in=tickets):
            found[row.ticket_id].append(row)
        return found

    def differences(self, reference: str, stored: Iterable[Row], fresh: Iterable[Row]) -> list[str]:
        """What a fresh fold of a journal says differently from the stored rows of the ticket."""
        before = {getattr(row, self.key): row for row in stored}
        after = {getattr(row, self.key): row for row in fresh}
        return [
            line
            for key in sorted(before.keys() | after.keys())
            for line in self._row_differences(f"{reference} {key}", before.get(key), after.get(key))
        ]

    def _row_differences(self, name: str, stored: Row | None, fresh: Row | None) -> list[str]:
        if stored is None or fresh is None:
            return [f"{name}: the row is {'missing' if stored is None else 'not in the journal'}"]
        aside = [f"{name}: the sweep has set the row aside"] if stored.set_aside_at else []
        return aside + [
            f"{name}.{column}: the row has {getattr(stored, column)}, the journal gives {getattr(fresh, column)}"
            for column in self.derived
            if getattr(stored, column) != getattr(fresh, column)
        ]

    def due_ticket_ids(self, provider_id: UUID, at: datetime, limit: int) -> list[UUID]:
        """Tickets with a row that has something due, the longest waiting first. Reads the partial index only."""
        with connection.cursor() as cursor:
            cursor.execute(_DUE.format(self.model._meta.db_table), [provider_id, at, limit])
            return list(dict.fromkeys(key for (key,) in cursor.fetchall()))


_DUE: Final = """
SELECT ticket_id FROM {} WHERE provider_id = %s AND next_action_at <= %s AND set_aside_at IS NULL
ORDER BY next_action_at LIMIT %s
"""


def as_of(rows: Iterable[Clock | TicketDuty], otherwise: datetime) -> datetime:
    """The instant as of which stored rows were folded; ``otherwise`` where there are none."""
    return max((row.synced_at for row in rows), default=otherwise)
