"""Questions about clocks: their state, and the reckoning behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.errors import NotFound
from accounts.questions import question
from accounts.tenancy import Actor
from contracts.selectors import terms_of
from slas.clocks import Reckoning, reckon
from slas.engine import explain
from slas.models import Clock, TicketDuty
from slas.wording import render_step
from tickets.events import CLOCK_FACTS
from tickets.models import Event, Ticket


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One step of the reckoning: an instant where the step has one, a sentence, the clause that says so."""

    at: datetime | None
    text: str
    clause: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a deadline came about, in the reader's language, in the contract's time zone."""

    target: str
    status: str
    severity: str
    due_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    remaining_seconds: int | None
    zone: str
    terms_label: str
    lines: list[ReceiptLine]


def clocks(actor: Actor, about: Ticket) -> list[Clock]:
    """The clock rows of a ticket that the actor may see."""
    return _clocks(actor, about.id)


@question
def _clocks(actor: Actor, ticket_id: UUID) -> QuerySet[Clock]:
    return Clock.objects.visible_to(actor).filter(ticket_id=ticket_id).order_by("target")


def clocks_of(actor: Actor, about: Sequence[Ticket]) -> dict[UUID, list[Clock]]:
    """The clock rows of the tickets of a list, by ticket: one question for the whole page."""
    found: dict[UUID, list[Clock]] = {row.id: [] for row in about}
    for clock in _clocks_of_list(actor, list(found)) if found else ():
        found[clock.ticket_id].append(clock)
    return found


@question
def _clocks_of_list(actor: Actor, ticket_ids: list[UUID]) -> QuerySet[Clock]:
    return Clock.objects.visible_to(actor).filter(ticket__among=ticket_ids).order_by("target")


def receipt(actor: Actor, about: Ticket, target: str, *, language: str, at: datetime) -> Receipt:
    """The reckoning of one target, folded from the journal now. Raises ``NotFound`` for a target it does not have.

    The facts of a clock are public events only, so both sides read the same reckoning.
    """
    rows = Event.objects.visible_to(actor).filter(ticket=about, kind__in=sorted(CLOCK_FACTS))
    found = next((one for one in reckon(about, rows, at) if one.target == target), None)
    if found is None or found.state.status == "none":
        raise NotFound
    return receipt_of(about, found, language=language, at=at)


def receipt_of(about: Ticket, found: Reckoning, *, language: str, at: datetime) -> Receipt:
    """The receipt of a reckoning already made."""
    zone = ZoneInfo(found.policy.calendar.tz)
    terms = terms_of(about)
    steps = explain(found.policy, found.facts, at)
    case = terms.word("ticket", language)
    state = found.state
    return Receipt(
        target=found.target,
        status=state.status,
        severity=state.severity,
        due_at=state.due_at,
        met_at=state.met_at,
        breached_at=state.breached_at,
        remaining_seconds=state.remaining_seconds,
        zone=found.policy.calendar.tz,
        terms_label=f"{terms.code} {terms.version}",
        lines=[
            ReceiptLine(step.at, render_step(step, language=language, zone=zone, case=case), step.clause)
            for step in steps
        ],
    )


def lacking_of(actor: Actor, about: Sequence[Ticket]) -> dict[UUID, list[str]]:
    """The duties that lack now on the tickets of a list, by ticket (HOP-5): one question for the whole page."""
    found: dict[UUID, list[str]] = {}
    for ticket_id, code in _lacking_of_list(actor, [row.id for row in about]) if about else ():
        found.setdefault(ticket_id, []).append(code)
    return found


@question
def _lacking_of_list(actor: Actor, ticket_ids: list[UUID]) -> QuerySet[TicketDuty, tuple[UUID, str]]:
    rows = TicketDuty.objects.visible_to(actor).filter(ticket__among=ticket_ids, lacking_since__isnull=False)
    return rows.values_list("ticket_id", "code")
