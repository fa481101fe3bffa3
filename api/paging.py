"""Pages of lists: how many rows, and from where. A cursor is opaque to callers and good for one order only."""

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter

from api.problems import Unfit, Violation

PAGE: Final = 50
MOST: Final = 100
_LONGEST: Final = 300
SIZE: Final = OpenApiParameter(
    "size",
    {"type": "integer", "minimum": 1, "maximum": MOST},
    description=gettext_lazy("How many at a time."),
)
AFTER: Final = OpenApiParameter(
    "after", str, description=gettext_lazy("Go on after the page before: what it called next.")
)


def wrong(parameter: str, code: str, sentence: str) -> Unfit:
    """A parameter in the address that is not as it should be."""
    return Unfit([Violation("parameter", parameter, code, sentence)])


def size_of(text: str | None, default: int = PAGE) -> int:
    """How many rows a page has; raises ``Unfit``."""
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= MOST:
        raise wrong("size", "invalid", _("A whole number from 1 to %(most)d.") % {"most": MOST})
    return int(text)


def key_of(text: str | None) -> UUID | None:
    """The identifier after which a list goes on; None from the beginning. Raises ``Unfit``."""
    if text is None:
        return None
    try:
        return UUID(base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii"))
    except ValueError as error:
        raise bad_cursor() from error


def key_cursor(key: UUID) -> str:
    """The inverse of ``key_of``."""
    return base64.urlsafe_b64encode(str(key).encode()).decode()


def bad_cursor() -> Unfit:
    """A cursor that no page gave, or that belongs to another order."""
    return wrong("after", "invalid", _("Use what the page before called next, or begin anew."))


def cursor(order: str, value: datetime | None, key: UUID) -> str:
    """Where a page of ``order`` ended."""
    raw = json.dumps([order, value.isoformat() if value else None, str(key)])
    return base64.urlsafe_b64encode(raw.encode()).decode()


def position(text: str, order: str) -> tuple[datetime | None, UUID]:
    """What ``cursor`` was made of; raises ``Unfit``."""
    if len(text) > _LONGEST:
        raise bad_cursor()
    try:
        parts: Any = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        made_for, value, key = parts
        moment = None if value is None else aware(value)
        found = UUID(key)
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise bad_cursor() from error
    if made_for != order or (moment is None and order != "due"):
        raise bad_cursor()
    return moment, found


def aware(text: str) -> datetime:
    """An instant with its zone, in UTC; raises ``ValueError``, ``OverflowError`` or ``TypeError``.

    >>> aware("2026-05-04T10:00:00+02:00").isoformat()
    '2026-05-04T08:00:00+00:00'
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant without a zone")
    return found.astimezone(UTC)
