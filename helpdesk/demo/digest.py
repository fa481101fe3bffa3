"""One number for everything that was played, so that two loads can be compared."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from accounts.tenancy import Actor, acting_as
from slas.clocks import DERIVED
from slas.models import Clock
from tickets.models import Event, Ticket

_IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def journal_digest(providers: Iterable[UUID]) -> str:
    """A sha256 of the journals and clocks of these providers, in order.

    It holds what was said and done, by whom, when, seen by whom, and what the clocks make of it; no identifiers, and
    nothing that depends on the hour, the machine or the language of the load.
    """
    total = sha256()
    for provider_id in providers:
        with acting_as(Actor.system(provider_id)):
            for ticket in Ticket.objects.filter(provider_id=provider_id).order_by("number"):
                for line in _lines(ticket):
                    total.update(json.dumps(line, sort_keys=True, ensure_ascii=True, default=_plain).encode() + b"\n")
    return total.hexdigest()


def _lines(ticket: Ticket) -> Iterable[list[Any]]:
    yield [ticket.reference, ticket.state, ticket.title, ticket.description, ticket.severity, ticket.severity_kind]
    yield [ticket.details, ticket.resolution_type, ticket.assignee_name, ticket.due_at, ticket.version]
    for event in Event.objects.filter(ticket=ticket).select_related("comment").order_by("seq"):
        said = event.comment.body if event.comment else None
        data = _without_identifiers(event.data)
        yield [event.seq, event.kind, event.at, event.recorded_at, event.actor_name, event.visibility, data, said]
    for clock in Clock.objects.filter(ticket=ticket).order_by("target"):
        yield [clock.target, *(getattr(clock, name) for name in DERIVED)]
    yield sorted(ticket.attachments.values_list("filename", flat=True))


def _without_identifiers(value: Any) -> Any:
    """What an event tells, with a mark where it refers to a row: keys are new in every load."""
    if isinstance(value, dict):
        return {key: _without_identifiers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_identifiers(inner) for inner in value]
    return "#" if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else value


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{value!r} has no place in the digest")
