"""What the provider owes on a ticket beside its deadlines: somebody in charge, an action plan, word every business day.

Which duties there are, for which severities and what fulfils them is told by the terms (``duties``, HOP-5). All of it
is read from the journal; the rows are a cache by which the queue shows a lack and the sweep finds the end of a day.

A duty is owed while the ticket is open under one of its severities and support is not on hold. Word every business day
is owed from the business day that begins after that on: its own day belongs to the response (R2). The day is kept by a
message of a person of the provider that both sides read, on that day and by closing time. Waiting for the customer
suspends nothing: the clause does not say so.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from accounts.batches import Rows
from accounts.identifiers import uuid7
from contracts.selectors import terms_of
from contracts.terms import Duty, Escalation, Terms
from slas.announced import Announced, CalendarInTime, announced_in
from slas.engine.closings import BusinessDay
from slas.models import TicketDuty
from slas.rows import Cache, as_of
from tickets.events import CONTACT, Kind
from tickets.models import Event, Ticket
from tickets.states import OPEN_STATES

ASSIGNEE, ACTION_PLAN, PUBLIC_UPDATE = "assignee", "action_plan", "public_update"
DERIVED = ("since", "lacking_since", "due_at", "next_action_at")
ROWS = Cache(TicketDuty, "code", DERIVED, ("provider_id", "ticket_id", "code"))
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class OwedDay:
    """A business day on which word was owed, and the first message that gave it."""

    of: BusinessDay
    update: Event | None

    def is_missed(self, at: datetime) -> bool:
        """Whether it closed without word; in the very second of closing nothing is missed yet."""
        return self.update is None and self.of.closes_at < at


@dataclass(frozen=True, slots=True)
class DutyState:
    """One duty of one ticket at an instant. ``since`` is None while it is not owed.

    ``lacking_since``: what is owed is not there, since then. ``due_at``: by when the next word is expected.
    ``met_by``: the entry of the journal that fulfilled it. ``days``: every day on which word was owed, with today's.
    """

    duty: Duty
    since: datetime | None = None
    lacking_since: datetime | None = None
    due_at: datetime | None = None
    met_by: Event | None = None
    days: tuple[OwedDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """A business day that closed without word."""

    duty: Duty
    day: date
    closed_at: datetime

    @property
    def dedupe_key(self) -> str:
        """A day lacks once, whoever notices it first."""
        return f"duty:{self.duty.code}:{self.day.isoformat()}"


# What is owed ---------------------------------------------------------------------------------------------------------
def followed(terms: Terms) -> tuple[Duty, ...]:
    """The duties of the terms that are followed in the life of a ticket."""
    return tuple(duty for duty in terms.duties if duty.met_by is not None)


def knows_action_plans(terms: Terms) -> bool:
    """Whether an action plan means something under the terms."""
    return any(duty.met_by == ACTION_PLAN for duty in terms.duties)


def counting_days_of(terms: Terms, calendar: str) -> list[str]:
    """The duties, by code, that ask for word on the business days of a calendar."""
    return [duty.code for duty in followed(terms) if duty.calendar == calendar]


def follow(
    ticket: Ticket, events: Iterable[Event], at: datetime, announced: Sequence[Announced] = ()
) -> list[DutyState]:
    """Every duty of the ticket's terms as the journal has it at ``at``, in the order of the terms.

    ``announced`` are days that calendars gained by then, of which the journal may not tell yet.
    """
    duties = followed(terms_of(ticket))
    if not duties:
        return []
    journal = [event for event in events if event.at <= at]
    return [_STATES[str(duty.met_by)](_Asked(ticket, duty, journal, at, announced)) for duty in duties]


def owes_days_of(ticket: Ticket, events: Iterable[Event], calendar: str, at: datetime) -> bool:
    """Whether word is owed just now on the business days of a calendar."""
    return any(state.since and state.duty.calendar == calendar for state in follow(ticket, events, at))


def turns(ticket: Ticket, events: Iterable[Event], event: Event) -> bool:
    """Whether a duty of word on business days begins or ends with ``event``, which comes after ``events``."""
    counting = [duty for duty in followed(terms_of(ticket)) if duty.calendar]
    before = _Situation()
    for one in events if counting else ():
        before = before.after(one)
    return any(before.owes(duty) != before.after(event).owes(duty) for duty in counting)


def not_told(ticket: Ticket, events: Iterable[Event], announced: Iterable[Announced]) -> list[Announced]:
    """Of what was announced, the days on which a duty counts and that neither the ticket nor its journal has."""
    calendars = {duty.calendar for duty in followed(terms_of(ticket))}
    own = (ticket.details.get("overrides") or {}).get("calendars", ())
    told = [*own, *(one.days for one in announced_in(events))]
    return [one for one in announced if one.days["calendar"] in calendars and one.days not in told]


@dataclass(frozen=True, slots=True)
class _Asked:
    """How one duty of a ticket stands at an instant: what its answer is made of."""

    ticket: Ticket
    duty: Duty
    journal: Sequence[Event]
    at: datetime
    announced: Sequence[Announced]


@dataclass(frozen=True, slots=True)
class _Situation:
    """What decides whether a duty is owed. ``set_by`` is the entry that set the severity."""

    severity: str = ""
    set_by: str = ""
    is_open: bool = False
    is_held: bool = False

    def owes(self, duty: Duty) -> bool:
        return self.is_open and not self.is_held and (not duty.severities or self.severity in duty.severities)

    def after(self, event: Event) -> "_Situation":
        if event.kind == Kind.FILED:
            return _Situation(event.data["severity"]["new"], str(event.id), is_open=True)
        now = self
        if event.kind == Kind.SEVERITY_CHANGED:
            now = replace(now, severity=event.data["severity"]["new"], set_by=str(event.id))
        if event.kind == Kind.CONTEST_ACCEPTED and event.data["correction"].get("event") == self.set_by:
            now = replace(now, severity=event.data["correction"].get("severity") or now.severity)
        if event.kind in {Kind.HELD, Kind.RELEASED}:
            now = replace(now, is_held=event.kind == Kind.HELD)
        state = event.data.get("state")
        return replace(now, is_open=state["new"] in OPEN_STATES) if isinstance(state, Mapping) else now


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time during which a duty is owed; without ``end`` it still is."""

    start: datetime
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


def _stretches(duty: Duty, journal: Iterable[Event]) -> list[_Stretch]:
    situation, found = _Situation(), list[_Stretch]()
    for event in journal:
        situation = situation.after(event)
        runs = bool(found) and found[-1].end is None
        if situation.owes(duty) and not runs:
            found.append(_Stretch(event.at))
        elif runs and not situation.owes(duty):
            found[-1] = replace(found[-1], end=event.at)
    return found


def _since(stretches: Sequence[_Stretch]) -> datetime | None:
    return stretches[-1].start if stretches and stretches[-1].end is None else None


# Somebody in charge, an action plan -----------------------------------------------------------------------------------
def _assigned(asked: _Asked) -> DutyState:
    told = [event for event in asked.journal if isinstance(event.data.get("assignee"), Mapping)]
    named = told[-1] if told and told[-1].data["assignee"]["new"] else None
    return _once(asked.duty, asked.journal, named)


def _planned(asked: _Asked) -> DutyState:
    """The plan of an earlier time still is one: it can be replaced, and need not be."""
    plans = [event for event in asked.journal if event.kind == Kind.ACTION_PLAN]
    return _once(asked.duty, asked.journal, plans[-1] if plans else None)


def _once(duty: Duty, journal: Sequence[Event], met_by: Event | None) -> DutyState:
    since = _since(_stretches(duty, journal))
    return DutyState(duty, since, lacking_since=None if met_by else since, met_by=met_by)


# Word every business day ----------------------------------------------------------------------------------------------
def is_update(event: Event) -> bool:
    """A person of the provider told the customer where things stand."""
    speaks = event.kind in CONTACT or (event.kind == Kind.MOVED and event.comment_id is not None)
    return speaks and event.actor_side == "provider"


def _updated(asked: _Asked) -> DutyState:
    duty, at = asked.duty, asked.at
    stretches = _stretches(duty, asked.journal)
    if not stretches:
        return DutyState(duty)
    updates = [event for event in asked.journal if is_update(event)]
    calendar = _calendar(asked)
    joined = _joined(stretches, calendar)
    days = [day for one in joined for day in _owed_days(one, calendar, updates, at)]
    since, counted_since = _since(stretches), _since(joined)
    return DutyState(
        duty,
        since,
        lacking_since=_lacking_since(days, updates, counted_since, at) if counted_since else None,
        due_at=_next_due(days, calendar, counted_since, at) if counted_since else None,
        met_by=next((event for event in reversed(updates) if since and event.at >= since), None),
        days=tuple({day.of.day: day for day in days}.values()),
    )


def _calendar(asked: _Asked) -> CalendarInTime:
    assert asked.duty.calendar is not None
    announced = [*announced_in(asked.journal), *asked.announced]
    own = asked.ticket.details.get("overrides")
    return CalendarInTime(terms_of(asked.ticket), asked.duty.calendar, own, announced)


def _joined(stretches: Iterable[_Stretch], calendar: CalendarInTime) -> list[_Stretch]:
    """The stretches, without the gaps within one business day: a day is owed when the duty is owed both when the day
    begins and when it closes."""
    found: list[_Stretch] = []
    for one in stretches:
        if found and _is_within_a_day(found[-1], one, calendar):
            found[-1] = replace(found[-1], end=one.end)
        else:
            found.append(one)
    return found


def _is_within_a_day(before: _Stretch, after: _Stretch, calendar: CalendarInTime) -> bool:
    assert before.end is not None
    day = calendar.day(before.end.astimezone(calendar.zone).date())
    if day is None or after.start.astimezone(calendar.zone).date() != day.day:
        return False
    return before.end > day.starts_at and (before.holds(day.closes_at) or after.start <= day.closes_at)


def _owed_days(
    stretch: _Stretch, calendar: CalendarInTime, updates: Sequence[Event], at: datetime
) -> Iterator[OwedDay]:
    """The business days that begin after the duty does and close while it is owed, up to today's."""
    for day in calendar.days_after(stretch.start):
        if day.starts_at > at or (stretch.end is not None and stretch.end <= day.closes_at):
            return
        yield OwedDay(day, next((event for event in updates if day.holds(event.at)), None))


def _lacking_since(days: Sequence[OwedDay], updates: Sequence[Event], since: datetime, at: datetime) -> datetime | None:
    """Since which closing nothing was said: the next word ends the lack, the day stays missed."""
    last = max((event.at for event in updates), default=since)
    missed = (day.of.closes_at for day in days if day.is_missed(at) and day.of.starts_at >= since)
    return next((closed for closed in missed if closed > last), None)


def _next_due(days: Sequence[OwedDay], calendar: CalendarInTime, since: datetime, at: datetime) -> datetime | None:
    """The closing by which the next word is expected: that of today, or of the next business day."""
    given = {day.of.day for day in days if day.update is not None}
    coming = calendar.days_after(max(since, _midnight(at, calendar)))
    return next((day.closes_at for day in coming if day.closes_at >= at and day.day not in given), None)


def _midnight(at: datetime, calendar: CalendarInTime) -> datetime:
    return at.astimezone(calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0)


_STATES = {ASSIGNEE: _assigned, ACTION_PLAN: _planned, PUBLIC_UPDATE: _updated}
"""``met_by`` of a duty → how it stands. A new value adds its reader here."""


def missed_days(states: Iterable[DutyState], at: datetime) -> list[Missed]:
    """The days that closed without word, in order."""
    return [
        Missed(state.duty, day.of.day, day.of.closes_at) for state in states for day in state.days if day.is_missed(at)
    ]


# Escalation -----------------------------------------------------------------------------------------------------------
def escalation_at(terms: Terms, before: str, severity: str) -> Escalation | None:
    """The escalation that begins by itself when a ticket is opened under a severity, or comes to it (HOP-5).

    ``before`` is the severity until then, empty for a ticket that is filed.
    """
    return next((one for one in terms.escalations if severity in one.severities and before not in one.severities), None)


def escalation_data(escalation: Escalation) -> dict[str, Any]:
    """As the journal keeps it: which levels, and the roles that are told."""
    roles = dict.fromkeys(role for level in escalation.levels for role in level.recipients)
    levels = [level.code for level in escalation.levels]
    return {"code": escalation.code, "levels": levels, "recipients": list(roles)}


# Rows -----------------------------------------------------------------------------------------------------------------
def stands_alike(before: Iterable[TicketDuty], after: Iterable[TicketDuty]) -> bool:
    """Whether two sets of rows of one ticket say the same."""
    first, second = ({row.code: [getattr(row, one) for one in DERIVED] for row in rows} for rows in (before, after))
    return first == second


def build_rows(ticket: Ticket, events: Iterable[Event], at: datetime) -> list[TicketDuty]:
    """The rows of what is owed on ``ticket`` at ``at``, not saved."""
    return rows_of(ticket, follow(ticket, events, at), at)


def rows_of(ticket: Ticket, states: Iterable[DutyState], at: datetime) -> list[TicketDuty]:
    """The rows of duties as they stand at ``at``, not saved."""
    return [
        TicketDuty(
            id=uuid7(),
            provider_id=ticket.provider_id,
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            code=state.duty.code,
            since=state.since,
            lacking_since=state.lacking_since,
            due_at=state.due_at,
            next_action_at=state.due_at + SECOND if state.due_at else None,
            synced_at=at,
        )
        for state in states
        if state.since is not None
    ]


def replacing(tickets: Iterable[Ticket], rows: Sequence[TicketDuty]) -> Rows:
    """``rows`` as the rows of ``tickets``, to be written under the lock of the tickets; what is no longer owed loses
    its row. Tickets under terms without such duties cost nothing."""
    return ROWS.replacing([ticket.pk for ticket in tickets if followed(terms_of(ticket))], rows)


def differences(ticket: Ticket, events: Sequence[Event], rows: Collection[TicketDuty]) -> list[str]:
    """What a fresh fold of the journal says differently from the stored rows."""
    at = as_of(rows, ticket.updated_at)
    return ROWS.differences(ticket.reference, rows, build_rows(ticket, events, at))
