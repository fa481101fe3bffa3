"""How often a caller may ask: counted in PostgreSQL in one statement, so that parallel processes count together.

The table is unlogged: counting costs no write to the disk, and after a crash of the server everybody begins anew.
"""

import hashlib
import math
from dataclasses import dataclass

from django.db import connection
from django.http import HttpResponseBase

WINDOW_SECONDS = 60
_COUNT = """
INSERT INTO accounts_ratewindow AS w (key, started_at, count) VALUES (%(key)s, clock_timestamp(), 1)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN w.started_at > clock_timestamp() - %(window)s * interval '1 second' THEN w.count + 1 ELSE 1 END,
  started_at = CASE WHEN w.started_at > clock_timestamp() - %(window)s * interval '1 second' THEN w.started_at
                    ELSE clock_timestamp() END
RETURNING count, %(window)s - extract(epoch FROM clock_timestamp() - started_at), xmax = 0
"""
_FORGET = """
DELETE FROM accounts_ratewindow WHERE key IN (
  SELECT key FROM accounts_ratewindow WHERE started_at < clock_timestamp() - interval '1 hour'
  LIMIT 100 FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller in the present window; ``count`` includes the present call."""

    limit: int
    count: int
    reset_seconds: int

    @property
    def is_spent(self) -> bool:
        return self.count > self.limit

    @property
    def is_just_spent(self) -> bool:
        """Whether this is the first call too many: later ones of the window are not told again."""
        return self.count == self.limit + 1

    def tell(self, response: HttpResponseBase) -> None:
        """The headers by which a program can slow down before it is refused."""
        response["RateLimit-Limit"] = str(self.limit)
        response["RateLimit-Remaining"] = str(max(self.limit - self.count, 0))
        response["RateLimit-Reset"] = str(self.reset_seconds)
        if self.is_spent:
            response["Retry-After"] = str(self.reset_seconds)


def count_call(caller: str, limit: int) -> Allowance:
    """Count one call of ``caller`` in its window of a minute, which begins with its first call.

    Callers are kept as digests. Windows long past are removed a few at a time, whenever a new caller comes.
    """
    key = hashlib.sha256(caller.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": key, "window": WINDOW_SECONDS})
        count, left, is_new = cursor.fetchone()
        if is_new:
            cursor.execute(_FORGET)
    return Allowance(limit, count, max(math.ceil(left), 1))
