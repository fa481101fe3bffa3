"""The columns of many tickets that every event moves, written in one short statement."""

import json
from collections.abc import Sequence
from typing import Final

from django.db import connection

from tickets.models import Ticket

# bulk_update would make a branch per ticket and column: the statement then takes longer to write than to run. The keys
# are said twice, so that the rows are found by them however many tickets there are.
_WRITE: Final = """
UPDATE tickets_ticket SET version = given.version, public_version = given.public_version,
  updated_at = given.updated_at, public_updated_at = given.public_updated_at, due_at = given.due_at
FROM json_to_recordset(%s) AS given (id uuid, version integer, public_version integer, updated_at timestamptz,
  public_updated_at timestamptz, due_at timestamptz)
WHERE tickets_ticket.id = given.id AND tickets_ticket.id = ANY (%s)
"""


def write(rows: Sequence[Ticket]) -> None:
    """Store both versions, both instants of change and the due time of tickets that the caller has locked."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [json.dumps([_told(row) for row in rows]), [row.id for row in rows]])


def _told(row: Ticket) -> dict[str, object]:
    return {
        "id": row.id.hex,
        "version": row.version,
        "public_version": row.public_version,
        "updated_at": row.updated_at.isoformat(),
        "public_updated_at": row.public_updated_at.isoformat(),
        "due_at": row.due_at.isoformat() if row.due_at else None,
    }
