"""Secrets that travel in a mail and open something once: an invitation, a new password.

The secret is made while the mail is being sent and is kept nowhere; the database has its SHA-256 (see
``accounts.tokens`` for why that is enough).
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from accounts.models import Letter

BACKOFF_SECONDS = (10, 60, 300, 1800, 7200)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """256 random bits as 43 characters that can stand in an address."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What the database knows of ``secret``; empty for a text that cannot be one, so that it matches nothing."""
    return hashlib.sha256(secret.encode()).hexdigest() if _SECRET.fullmatch(secret) else ""


def queue(letter: Letter, at: datetime, lasts: timedelta) -> None:
    """Let the mail go out, again if need be: a link sent before opens nothing from now on. The caller saves."""
    letter.digest = letter.sent_at = None
    letter.next_attempt_at, letter.attempts, letter.error = at, 0, ""
    letter.expires_at = at + lasts


def note_sent(letter: Letter, at: datetime) -> None:
    """The mail was taken over by the mail server."""
    letter.attempts += 1
    letter.sent_at, letter.next_attempt_at, letter.error = at, None, ""


def note_failure(letter: Letter, at: datetime, reason: str) -> None:
    """Wait longer each time, up to a limit; then the administrator sees that it could not be sent."""
    letter.attempts += 1
    letter.error = reason[:500]
    is_over = letter.attempts > len(BACKOFF_SECONDS)
    letter.next_attempt_at = None if is_over else at + timedelta(seconds=BACKOFF_SECONDS[letter.attempts - 1])
