"""The columns of many tickets that every event moves, written in one short statement."""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from tickets.models import Ticket

# bulk_update would make a branch per ticket and column: the statement then takes longer to write than to run.
_WRITE: Final = """
UPDATE tickets_ticket SET version = given.version, public_version = given.public_version,
  updated_at = given.updated_at, public_updated_at = given.public_updated_at, due_at = given.due_at
FROM unnest(%s::uuid[], %s::integer[], %s::integer[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
  AS given (id, version, public_version, updated_at, public_updated_at, due_at)
WHERE tickets_ticket.id = given.id
"""


def write(rows: Sequence[Ticket]) -> None:
    """Store both versions, both instants of change and the due time of tickets that the caller has locked."""
    if not rows:
        return
    columns = (
        [row.id for row in rows],
        [row.version for row in rows],
        [row.public_version for row in rows],
        [row.updated_at for row in rows],
        [row.public_updated_at for row in rows],
        [row.due_at for row in rows],
    )
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, columns)
