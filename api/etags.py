"""Versions of tickets as HTTP says them: ``ETag`` on what is read, ``If-Match`` on what is changed (RFC 9110)."""

import re
from typing import Final

from rest_framework.request import Request

from accounts.errors import Stale
from accounts.tenancy import Actor
from api.problems import Problem, Unfit, Violation
from lifecycle.services import version_for
from tickets.models import Ticket

_TAGS: Final = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*)*')
_OURS: Final = re.compile(r'(?<!W/)"([0-9]{1,9})"')


def etag(actor: Actor, ticket: Ticket) -> str:
    """The version of a ticket as ``actor`` counts it: a private note leaves no trace in what a customer reads."""
    return f'"{version_for(actor, ticket)}"'


def expected_version(request: Request, actor: Actor, ticket: Ticket) -> int:
    """The version on which the caller decided.

    Raises ``Problem`` (``precondition_required``) where he does not say, ``Unfit`` where it cannot be read, and
    ``Stale`` for what is no version of this ticket. Whether it is too old, the service finds out under lock.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        raise Problem("precondition_required")
    if len(header) > 400 or not _TAGS.fullmatch(header):
        raise Unfit([Violation("header", "If-Match", "invalid", str(Problem("precondition_required").advice))])
    current = version_for(actor, ticket)
    known = [int(text) for text in _OURS.findall(header) if int(text) <= current]
    if not known:
        raise Stale
    return max(known)
