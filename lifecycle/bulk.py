"""One act on many tickets: the very services, one transaction for each ticket, and what came of each.

A refusal, a form that is out of date or a ticket that somebody else holds stops none of the others. The caller stands
outside of a transaction; inside of one, each ticket has a savepoint instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError
from django.utils.translation import gettext as _

from accounts.errors import Change, DomainError, Forbidden, Invalid, NotFound, Refused, Stale
from accounts.tenancy import Actor, acting_as
from lifecycle import pipeline, services
from lifecycle.teams import assign_team
from tickets.models import Event, Ticket

MOST: Final = 100
"""Tickets of one request: more would keep its sender waiting without a word."""
_HELD: Final = frozenset({"55P03", "40001", "40P01"})
"""SQLSTATE of a lock that could not be had, and of two that waited for each other."""


class Result(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    STALE = "stale"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A ticket as its row showed it; ``version`` counts all entries of its journal."""

    reference: str
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the act on one ticket. ``message`` says why it was not done, ``clause`` which rule says so."""

    chosen: Chosen
    result: Result
    message: str = ""
    clause: str = ""
    changes: Sequence[Change] = ()

    @property
    def is_done(self) -> bool:
        return self.result == Result.DONE


Do = Callable[..., Ticket]


def take_each(*, actor: Actor, at: datetime, chosen: Sequence[Chosen]) -> list[Outcome]:
    """Become the assignee of each that nobody has."""
    return _each(actor, at, chosen, services.take_ticket, is_edit=False)


def assign_each(*, actor: Actor, at: datetime, chosen: Sequence[Chosen], assignee_id: UUID) -> list[Outcome]:
    """Give each to somebody of the desk."""
    return _each(actor, at, chosen, services.assign_ticket, assignee_id=assignee_id)


def assign_team_of_each(
    *, actor: Actor, at: datetime, chosen: Sequence[Chosen], team_id: UUID, assignee_id: UUID | None = None
) -> list[Outcome]:
    """Give each to a team, or to somebody of it."""
    return _each(actor, at, chosen, assign_team, team_id=team_id, assignee_id=assignee_id)


def change_severity_of_each(
    *,
    actor: Actor,
    at: datetime,
    chosen: Sequence[Chosen],
    severity: str,
    severity_kind: str = "",
    reason_code: str,
    reason: str,
) -> list[Outcome]:
    """Give each another severity for one reason; refused where its own contract knows one of the two not (R18)."""
    told: dict[str, Any] = {"severity": severity, "severity_kind": severity_kind}
    told |= {"reason_code": reason_code, "reason": reason}
    return _each(actor, at, chosen, services.change_severity, **told)


def resolve_each(
    *, actor: Actor, at: datetime, chosen: Sequence[Chosen], resolution_type: str, body: str
) -> list[Outcome]:
    """Give each a resolution of one type in one text; refused where its own contract has no such type, or more than one
    way of resolving, of which somebody has to choose."""
    return _each(actor, at, chosen, _resolve, resolution_type=resolution_type, body=body)


def _resolve(**told: Any) -> Ticket:
    try:
        return services.resolve_ticket(**told)
    except Invalid as error:
        if "step" in error.errors:
            message = _("Its contract has several ways to go on after a resolution. Choose one on its own page.")
            raise Refused(message, code="step_needed") from error
        if "resolution_type" in error.errors:
            raise Refused(_("Its contract knows no resolution of this kind."), code="resolution_type") from error
        raise


def reply_each(
    *, actor: Actor, at: datetime, chosen: Sequence[Chosen], body_of: Callable[[Ticket], str]
) -> list[Outcome]:
    """Answer each in words of its own. ``body_of`` makes them, inside the ticket's transaction, and may refuse; so does
    an answer that was already given since the list was shown, so that none is sent twice."""
    return _each(actor, at, chosen, _reply, body_of=body_of)


def _reply(
    *, actor: Actor, at: datetime, reference: str, expected_version: int, body_of: Callable[[Ticket], str]
) -> Ticket:
    # Locked before it is asked what was written: the same form, sent twice at once, is answered once.
    found = pipeline.lock(actor, reference)
    mine = Event.objects.visible_to(actor).filter(ticket=found, seq__gt=expected_version, actor_id=actor.person)
    if mine.filter(comment__isnull=False).exists():
        raise Refused(_("You have written there since you opened the list."), code="written_since")
    body = body_of(found)
    return services.reply(actor=actor, at=at, reference=reference, body=body, seen=expected_version)


def close_each(*, actor: Actor, at: datetime, chosen: Sequence[Chosen]) -> list[Outcome]:
    """Close each that is resolved; refused where its contract leaves that to the customer."""
    return _each(actor, at, chosen, services.close_ticket)


def _each(
    actor: Actor, at: datetime, chosen: Sequence[Chosen], do: Do, *, is_edit: bool = True, **given: Any
) -> list[Outcome]:
    if len(chosen) > MOST:
        raise Invalid({"chosen": [_("At most %(n)d at once.") % {"n": MOST}]})
    told = {"actor": actor, "at": at, **given}
    return [_one(actor, one, do, told | ({"expected_version": one.version} if is_edit else {})) for one in chosen]


def _one(actor: Actor, one: Chosen, do: Do, told: dict[str, Any]) -> Outcome:
    try:
        with acting_as(actor):
            do(reference=one.reference, **told)
    except Stale as stale:
        return Outcome(one, Result.STALE, stale.message, changes=stale.changes)
    except DomainError as refused:
        return Outcome(one, Result.REFUSED, _why(refused), getattr(refused, "clause", ""))
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) not in _HELD:
            raise
        return Outcome(one, Result.BUSY, _("Somebody else is working on it at this moment. Try again."))
    return Outcome(one, Result.DONE)


def _why(refused: DomainError) -> str:
    if isinstance(refused, NotFound):
        return _("There is no such ticket among those that you may see.")
    if isinstance(refused, Forbidden):
        return _("Your role does not include this.")
    if isinstance(refused, Invalid):
        return " ".join(message for messages in refused.errors.values() for message in messages)
    return refused.message
