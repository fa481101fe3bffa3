"""What the deadlines of a ticket would become under another severity, in words, before anybody changes it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.utils.timezone import get_current_timezone

from accounts.errors import Refused
from accounts.tenancy import Actor
from lifecycle.severities import severity_preview
from slas.clocks import OWED
from slas.engine import ClockState
from slas.preview import SeverityPreview
from tickets.models import Ticket
from web.forms.acts import split_severity
from web.moments import format_deadline, reader_language, zone_named
from web.presenters.cases import without_instants
from web.presenters.vocabulary import Vocabulary

Outcome = Literal["moves", "stays", "late", "late_already", "paused", "none", "met", "aside"]


@dataclass(frozen=True, slots=True)
class ChangedDue:
    """One target: what becomes of it, its due time then and now where it has one, and why. Seconds of counted time."""

    name: str
    outcome: Outcome
    by: str = ""
    now: str = ""
    remaining: int | None = None
    steps: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SeverityDue:
    """The statement beside the new severity. ``refusal`` says why it could not be changed to that one."""

    severity: str
    dues: list[ChangedDue] = field(default_factory=list)
    refusal: str = ""
    clause: str = ""


def present_severity_change(actor: Actor, ticket: Ticket, chosen: str, at: datetime) -> SeverityDue:
    """What ``chosen`` (a choice of the form) would do at ``at``. Raises ``Forbidden`` and ``Invalid``."""
    severity, kind = split_severity(chosen)
    words = Vocabulary.of(ticket)
    try:
        found = severity_preview(
            actor=actor, at=at, ticket=ticket, severity=severity, severity_kind=kind, language=reader_language()
        )
    except Refused as refused:
        return SeverityDue(words.severity(severity, kind).full, refusal=refused.message, clause=refused.clause)
    return SeverityDue(words.severity(severity, kind).full, [_changed(one, words) for one in found])


def _changed(one: SeverityPreview, words: Vocabulary) -> ChangedDue:
    after = one.after.state
    return ChangedDue(
        name=words.target(one.after.target),
        outcome=_outcome(one.before.state, after),
        by=_deadline(after.due_at, one, words),
        now=_deadline(one.before.state.due_at, one, words),
        remaining=after.remaining_seconds,
        steps=without_instants(one.receipt.lines),
    )


def _outcome(before: ClockState, after: ClockState) -> Outcome:
    if after.met_at is not None:
        return "met"
    if after.status == "none":
        return "none"
    if after.status == "breached":
        return "late_already" if after.due_at == before.due_at else "late"
    if after.status not in OWED:
        return "aside"
    if after.due_at is None:
        return "paused"
    return "stays" if after.due_at == before.due_at else "moves"


def _deadline(due: datetime | None, one: SeverityPreview, words: Vocabulary) -> str:
    zone = zone_named(one.receipt.zone, words.zone())
    return format_deadline(due, zone, get_current_timezone()) if due else ""
