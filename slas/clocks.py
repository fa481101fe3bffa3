"""Clock rows: folded from the journal, written as a cache."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from accounts.batches import Rows
from accounts.identifiers import uuid7
from contracts.selectors import terms_of
from contracts.terms import Terms
from slas.corrections import corrected_at
from slas.days import overrides_of
from slas.engine import BREACH, Alert, ClockState, Fact, FactKind, TargetPolicy, fold
from slas.facts import facts_of
from slas.models import Clock
from slas.policies import policy_for
from slas.rows import Cache, as_of
from tickets.models import Event, Ticket

DERIVED = (
    "status",
    "severity",
    "started_at",
    "due_at",
    "remaining_seconds",
    "met_at",
    "breached_at",
    "next_action_at",
    "next_action",
)
ROWS = Cache(Clock, "target", DERIVED, ("ticket_id", "target"))
OWED = frozenset({"pending", "running", "paused"})
FOLD_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a journal or terms that cannot be folded may raise, mistakes of the engine included: it stops that one only."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One target of one ticket, folded at an instant, with what it was folded from."""

    target: str
    policy: TargetPolicy
    facts: Sequence[Fact]
    state: ClockState
    corrected_at: datetime | None = None

    @property
    def is_owed(self) -> bool:
        """Whether the target is still to be met: running or paused, or breached and not met since."""
        return self.state.status in OWED or (self.state.status == "breached" and self.state.met_at is None)


@lru_cache(maxsize=1024)
def _policy(terms_id: UUID, target: str, environment: str, terms: Terms) -> TargetPolicy:
    return policy_for(terms, target, environment=environment or None)


def policy_of(ticket: Ticket, target: str, events: Iterable[Event] = ()) -> TargetPolicy:
    """The policy that the ticket's own version of the terms sets for a target (R16), with the contract's overrides and
    with the days that calendars gained while the clock ran (R19)."""
    terms = terms_of(ticket)
    overrides = overrides_of(terms, target, events, ticket.details)
    kind = ticket.details.get("environment_kind", "")
    if overrides:
        return policy_for(terms, target, overrides=overrides, environment=kind or None)
    return _policy(ticket.terms_id, target, kind, terms)


def reckon(ticket: Ticket, events: Iterable[Event], at: datetime) -> list[Reckoning]:
    """Every target of the ticket as the journal has it at ``at``."""
    events = [event for event in events if event.at <= at]
    return [_reckon_one(ticket, target, events, at) for target in terms_of(ticket).target_names]


def _reckon_one(ticket: Ticket, target: str, events: Sequence[Event], at: datetime) -> Reckoning:
    policy = policy_of(ticket, target, events)
    facts = facts_of(terms_of(ticket), target, events)
    return Reckoning(target, policy, facts, fold(policy, facts, at), corrected_at(events))


def due_alerts(reckoning: Reckoning) -> list[Alert]:
    """Alerts (``approaching:75``, ``breach``) whose instant had come when it was folded, in order.

    After a correction nobody is warned of what would have come near before it; a breach is told all the same.
    """
    since = reckoning.corrected_at
    return [one for one in reckoning.state.alerts if since is None or one.at > since or one.code == BREACH]


FIGURES = ("status", "severity", "due_at", "remaining_seconds", "met_at", "breached_at")


def compared(before: Iterable[Reckoning], after: Iterable[Reckoning]) -> dict[str, dict[str, dict[str, object]]]:
    """What each target's clock said before and after, as the journal keeps it (instants as ISO text)."""
    former = {one.target: one.state for one in before}
    return {one.target: {"before": _figures(former[one.target]), "after": _figures(one.state)} for one in after}


def _figures(state: ClockState) -> dict[str, object]:
    values = {name: getattr(state, name) for name in FIGURES}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def earliest_due(reckonings: Iterable[Reckoning]) -> datetime | None:
    """The soonest instant that is still owed: what the queue sorts by."""
    instants = [one.state.due_at for one in reckonings if one.is_owed and one.state.due_at]
    return min(instants, default=None)


def row_values(state: ClockState) -> dict[str, object]:
    """The derived columns of a clock row."""
    return {name: getattr(state, name) for name in DERIVED if name != "next_action"} | {
        "next_action": state.next_action or ""
    }


def build_rows(ticket: Ticket, reckonings: Iterable[Reckoning], at: datetime) -> list[Clock]:
    """Clock rows for ``ticket``, not saved; a target that the severity does not have gets no row."""
    return [
        Clock(
            id=uuid7(),
            provider_id=ticket.provider_id,
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            terms_id=ticket.terms_id,
            target=one.target,
            synced_at=at,
            **row_values(one.state),
        )
        for one in reckonings
        if one.state.status != "none"
    ]


def replacing(tickets: Iterable[Ticket], rows: Sequence[Clock]) -> Rows:
    """``rows`` as the clock rows of ``tickets``, to be written under the lock of the tickets."""
    return ROWS.replacing([ticket.pk for ticket in tickets], rows)


def differences(ticket: Ticket, events: Sequence[Event], rows: Collection[Clock]) -> list[str]:
    """What a fresh fold of the journal says differently from the stored rows and the ticket's own ``due_at``."""
    at = as_of(rows, ticket.updated_at)
    reckonings = reckon(ticket, events, at)
    found = ROWS.differences(ticket.reference, rows, build_rows(ticket, reckonings, at))
    if earliest_due(reckonings) != ticket.due_at:
        found.append(f"{ticket.reference}: due_at is {ticket.due_at}, the journal gives {earliest_due(reckonings)}")
    return found


def met_by(reckonings: Iterable[Reckoning], event: Event) -> list[dict[str, str]]:
    """The targets that ``event`` met, in time or late: told on the event itself, which is the one entry of the act."""
    return [
        {"target": one.target, "status": one.state.status, "at": event.at.isoformat()}
        for one in reckonings
        if one.state.status != "none" and one.state.met_at is not None and _meeting_event(one) == str(event.id)
    ]


def _meeting_event(one: Reckoning) -> str | None:
    """The first one that met it since it was last reopened."""
    found: str | None = None
    for fact in one.facts:
        if fact.kind == FactKind.REOPENED:
            found = None
        elif fact.kind == FactKind.MET:
            found = found or fact.event_id
    return found


def recipients_of(policy: TargetPolicy, code: str) -> tuple[str, ...]:
    """The roles that the terms name for an alert."""
    return next((alert.recipients for alert in policy.alerts if alert.code == code), ())
