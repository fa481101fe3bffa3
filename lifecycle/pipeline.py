"""The one write path of a ticket.

``apply`` does it all in one transaction: lock the ticket as the actor sees it, authorise, compare versions, settle what
was due before, run the guards and the transition, write one journal event, sync the clocks, queue what is to be told.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django_fsm import InvalidResultState, TransitionNotAllowed, can_proceed

from accounts import batches
from accounts.batches import Rows
from accounts.errors import Change, NotFound, Stale
from accounts.questions import question
from accounts.tenancy import Actor, tenant_context
from contracts.models import DatedCalendarChange
from contracts.selectors import terms_of
from lifecycle import alerts, guards, numbering, stamps
from lifecycle.acts import Act, Decide
from lifecycle.conversation import bind, with_mentions, write_comment
from lifecycle.models import ACTS, ENDS_WHERE_TOLD, TicketProcess
from notifications import outbox, wakeup, watching
from slas import amendments, clocks, duties
from slas.announced import KNOWN_DAYS, announced_for
from slas.countable import uncountable
from slas.engine import EngineError
from tickets import journal
from tickets.events import ALERTS, CLOCK_FACTS, DUTY_FACTS, EDITED_FIELDS, Kind
from tickets.models import Attachment, Event, Ticket, Visibility, severity_rank
from tickets.standing import Standing
from tickets.states import OPEN_STATES, State

_LOCK: Final = "SELECT id FROM tickets_ticket WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
SETTLED = CLOCK_FACTS | DUTY_FACTS | ALERTS | {Kind.DUTY_MISSED}
REACHED_AT = {State.RESOLVED: ("resolved_at",), State.CLOSED: ("resolved_at", "closed_at")}
"""State → columns that say since when. The pipeline fills them: only here is the instant of the act certain."""


def apply(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    permission: str,
    decide: Decide,
    is_edit: bool = False,
    expected_version: int | None = None,
) -> Ticket:
    """Do one act on one ticket; everything or nothing.

    ``decide`` looks at the locked ticket and answers with an ``Act``, or raises ``Refused`` or ``Invalid``. Raises
    ``NotFound`` for a ticket the actor may not see, ``Forbidden``, ``Stale`` for an edit of an outdated form, and
    ``Refused`` where the clocks could not be counted after the act.
    """
    at = at.astimezone(UTC)
    with transaction.atomic(), _countable():
        ticket = lock(actor, reference)
        actor.require(permission)
        if is_edit:
            _require_fresh(actor, ticket, expected_version)
        events = _clock_events(ticket)
        # Whoever waited for the lock acts after what was written meanwhile: the journal's order is that of time.
        at = max([at, ticket.updated_at, *(event.at for event in events)])
        events += _settle(actor, ticket, events, at)
        act = decide(ticket)
        _carry_out(actor, at, ticket, events, act)
    return ticket


@contextmanager
def _countable() -> Iterator[None]:
    """Refuse what would need a calendar that does not reach so far or never opens that long, such as a severity whose
    figure an older contract can never hold."""
    try:
        yield
    except EngineError as error:
        raise uncountable() from error


def file(
    *, actor: Actor, at: datetime, ticket: Ticket, attachments: Sequence[Attachment], severity: dict[str, Any]
) -> Ticket:
    """Number a new ticket and insert it with its first event, its clocks and its outbox row.

    The service has checked the rest. Raises ``EngineError`` where its deadlines cannot be counted.
    """
    at = at.astimezone(UTC)
    process = TicketProcess(**_columns(ticket))
    process.severity_rank = severity_rank(process)
    event = journal.build_event(process, actor, journal.Entry(Kind.FILED, at, at, data=_filed(ticket, severity)))
    reckonings = clocks.reckon(process, [event], at)
    process.due_at = clocks.earliest_due(reckonings)
    Standing.of(process).keep_in(event)
    _stamp(process, at, event.visibility)
    clock_rows = clocks.replacing([], clocks.build_rows(process, reckonings, at))
    duty_rows = duties.replacing([], duties.build_rows(process, [event], at))
    # Until here nothing is written, and from here only a file that somebody else sent meanwhile can refuse.
    with transaction.atomic(savepoint=bool(attachments)):
        process.number, process.reference = numbering.next_number(actor)
        batches.write(Rows(TicketProcess, [process]), journal.rows([event]), clock_rows, duty_rows, _told([event]))
        bind(attachments, process, None, Visibility.PUBLIC)
    return process


def _filed(ticket: Ticket, severity: dict[str, Any]) -> dict[str, Any]:
    return {"severity": severity, "title": ticket.title} | _escalated(ticket, "")


def _escalated(ticket: Ticket, before: str) -> dict[str, Any]:
    """The escalation that begins with the severity that the ticket now has, told on the event of the act itself:
    whoever is named by its levels hears of it once."""
    escalation = duties.escalation_at(terms_of(ticket), before, ticket.severity)
    return {"escalation": duties.escalation_data(escalation)} if escalation else {}


def settle_due(tickets: Sequence[UUID], at: datetime) -> int:
    """For the sweep: write the alerts that are due on these tickets, already locked by the caller. Returns how many."""
    rows = list(TicketProcess.objects.filter(pk__in=tickets).order_by("pk"))
    by_ticket: dict[UUID, list[Event]] = {row.pk: [] for row in rows}
    for event in _settled(list(tickets)):
        by_ticket[event.ticket_id].append(event)
    return _settle_many(rows, by_ticket, at)


def lock_due(at: datetime, limit: int, provider_id: UUID) -> list[UUID]:
    """Lock up to ``limit`` tickets with a clock or a duty that is due, skipping those that somebody else holds."""
    due = [key for kept in (clocks.ROWS, duties.ROWS) for key in kept.due_ticket_ids(provider_id, at, limit)]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [due[:limit]])
        return [key for (key,) in cursor.fetchall()]


def recompute(tickets: Sequence[UUID], change: DatedCalendarChange, at: datetime) -> int:
    """Count the running clocks of these tickets again with the days that their calendar gained (R19).

    Each change is written to the ticket's history, also where no clock of the calendar runs just now: one that counts
    again later has the days from there. A ticket on which nothing moves does not pass for one that was worked on.
    Returns how many tickets were written; a second call writes nothing.

    What fell due before is journaled first: what has ended stays as it was.
    """
    with transaction.atomic():
        locked = TicketProcess.objects.select_for_update(no_key=True).filter(pk__in=tickets).order_by("pk")
        at = max([at.astimezone(UTC), *(ticket.updated_at for ticket in locked)])
        settle_due([ticket.pk for ticket in locked], at)
        rows = list(TicketProcess.objects.filter(pk__in=tickets).order_by("pk"))
        known = Event.objects.filter(ticket__in=rows, dedupe_key=amendments.dedupe_key(change))
        done = set(known.values_list("ticket_id", flat=True))
        written: list[tuple[TicketProcess, Event, list[Event]]] = []
        for ticket in rows:
            if ticket.pk in done:
                continue
            events = _clock_events(ticket)
            targets = amendments.concerned(ticket, events, change.days, at)
            if targets or duties.owes_days_of(ticket, events, str(change.days["calendar"]), at):
                changed = amendments.recomputed(ticket, events, change.days, at)
                written.append((ticket, _days_event(ticket, change, targets, changed, at), events))
        _write_recomputed(written, at)
    return len(written)


def _days_event(
    ticket: TicketProcess,
    change: DatedCalendarChange,
    targets: Sequence[str],
    changed: Sequence[amendments.Recomputed],
    at: datetime,
) -> Event:
    data = {
        "change": str(change.id),
        "name": change.name,
        "by": change.decided_by_name,
        "announced_at": change.at.isoformat(),
        "days": change.days,
        "targets": list(targets),
        "recomputed": [one.told() for one in changed],
    }
    entry = journal.Entry(Kind.CALENDAR_CHANGED, at, at, data=data, dedupe_key=amendments.dedupe_key(change))
    return journal.build_event(ticket, Actor.system(ticket.provider_id), entry)


def _write_recomputed(written: Sequence[tuple[TicketProcess, Event, list[Event]]], at: datetime) -> None:
    """Journal, clock rows and due times. Only whoever's deadline moved is told."""
    clock_rows, duty_rows = [], []
    for ticket, event, events in written:
        reckonings = clocks.reckon(ticket, [*events, event], at)
        ticket.due_at = clocks.earliest_due(reckonings)
        Standing.of(ticket).keep_in(event)
        owed = duties.build_rows(ticket, [*events, event], at)
        if _moves_a_deadline(event) or not duties.stands_alike(duties.build_rows(ticket, events, at), owed):
            _stamp(ticket, at, event.visibility)
        clock_rows += clocks.build_rows(ticket, reckonings, at)
        duty_rows += owed
    rows = [ticket for ticket, _, _ in written]
    batches.write(
        journal.rows([event for _, event, _ in written]),
        clocks.replacing(rows, clock_rows),
        duties.replacing(rows, duty_rows),
        _told([event for _, event, _ in written if _moves_a_deadline(event)]),
    )
    stamps.write(rows)


def _moves_a_deadline(event: Event) -> bool:
    return any(clock["due_before"] != clock["due_after"] for clock in event.data["recomputed"])


def lock(actor: Actor, reference: str) -> TicketProcess:
    """The ticket as the actor sees it, locked until the transaction ends. Raises ``NotFound``."""
    rows = TicketProcess.objects.visible_to(actor).select_for_update(no_key=True)
    found: TicketProcess | None = rows.filter(reference=reference).first()
    if found is None:
        raise NotFound
    return found


def _require_fresh(actor: Actor, ticket: Ticket, expected: int | None) -> None:
    edits: list[Event] = []
    if expected is not None and expected >= 0:
        edits = [event for event in _since(actor, ticket, expected) if EDITED_FIELDS & event.data.keys()]
    try:
        guards.require_fresh(ticket, actor, expected, len(edits))
    except Stale as stale:
        changes = [Change(event.at, event.actor_name, event.actor_side, event.kind, event.data) for event in edits]
        raise Stale(stale.message, changes=changes) from None


def _since(actor: Actor, ticket: Ticket, expected: int) -> list[Event]:
    """Events after the version that the actor's form carried: staff count all events, customers the public ones."""
    events = list(Event.objects.visible_to(actor).filter(ticket_id=ticket.pk).order_by("seq"))
    if actor.sees_private:
        return [event for event in events if event.seq > expected]
    return [event for event in events if event.visibility == Visibility.PUBLIC][expected:]


def _clock_events(ticket: Ticket) -> list[Event]:
    return _settled([ticket.pk])


@question
def _settled(tickets: list[UUID]) -> QuerySet[Event]:
    return Event.objects.filter(ticket__among=tickets, kind__in=sorted(SETTLED)).order_by("ticket_id", "seq")


def _settle(actor: Actor, ticket: TicketProcess, events: list[Event], at: datetime) -> list[Event]:
    """Journal what fell due before this act, so that the act cannot overtake a breach that the sweep has not seen."""
    if not alerts.anything_due(ticket, events, at):
        return []
    # Warnings are private: a customer's own context could not see which of them are already written.
    with tenant_context(Actor.system(ticket.provider_id)):
        known = events if actor.sees_private else _clock_events(ticket)
        owed = duties.follow(ticket, known, at, announced_for([ticket], at)[ticket.pk])
        fresh = alerts.fresh_events(ticket, known, at, clocks.reckon(ticket, known, at), owed)
        if fresh:
            batches.write(journal.rows(fresh), _told(alerts.worth_telling(fresh)))
    for event in fresh:
        _stamp(ticket, at, event.visibility)
    return fresh


def _settle_many(rows: Sequence[TicketProcess], events: dict[UUID, list[Event]], at: datetime) -> int:
    written: list[Event] = []
    clock_rows, duty_rows = [], []
    announced = announced_for(rows, at)
    for ticket in rows:
        known, days = events[ticket.pk], announced[ticket.pk]
        reckonings, owed = clocks.reckon(ticket, known, at), duties.follow(ticket, known, at)
        owed_then = duties.follow(ticket, known, at, days) if days else owed
        fresh = alerts.fresh_events(ticket, known, at, reckonings, owed_then)
        ticket.due_at = clocks.earliest_due(reckonings)
        clock_rows += clocks.build_rows(ticket, reckonings, at)
        duty_rows += duties.rows_of(ticket, owed, at)
        for event in fresh:
            _stamp(ticket, at, event.visibility)
        written += fresh
    batches.write(
        journal.rows(written),
        clocks.replacing(rows, clock_rows),
        duties.replacing(rows, duty_rows),
        _told(alerts.worth_telling(written)),
    )
    stamps.write(rows)
    return len(written)


def _carry_out(actor: Actor, at: datetime, ticket: TicketProcess, events: list[Event], act: Act) -> None:
    act, mentioned = with_mentions(actor, act)
    data, before = dict(act.data), ticket.severity
    if act.transition:
        data |= _move(ticket, act.transition, act.side or actor.side)
    for column, value in act.changes.items():
        setattr(ticket, column, value)
    for column in REACHED_AT.get(State(ticket.state), ()):
        setattr(ticket, column, getattr(ticket, column) or at)
    if ticket.severity != before and ticket.state in OPEN_STATES:
        data |= _escalated(ticket, before)
    comment = write_comment(actor, at, ticket, act) if act.message else None
    event = journal.build_event(ticket, actor, journal.Entry(act.kind, at, at, act.visibility, data, comment=comment))
    if duties.turns(ticket, events, event):
        event.data |= _days_known(ticket, events, at)
    reckonings = clocks.reckon(ticket, [*events, event], at)
    met = clocks.met_by(reckonings, event)
    if met:
        event.data["clocks"] = met
    if act.corrects:
        event.data["figures"] = clocks.compared(clocks.reckon(ticket, events, at), reckonings)
    ticket.due_at = clocks.earliest_due(reckonings)
    Standing.of(ticket).keep_in(event)
    batches.write(
        journal.rows([event]),
        clocks.replacing([ticket], clocks.build_rows(ticket, reckonings, at)),
        duties.replacing([ticket], duties.build_rows(ticket, [*events, event], at)),
        _told([event]),
    )
    watching.add_mentioned(actor, at, ticket, mentioned)
    if "severity" in act.data or act.kind == Kind.REOPENED or act.corrects:
        # Counted again from the filing (R18), the due time may already have passed: no sweep would find that breach.
        _settle(actor, ticket, [*events, event], at)
    _stamp(ticket, at, act.visibility)
    ticket.save()


def _days_known(ticket: Ticket, events: Sequence[Event], at: datetime) -> dict[str, Any]:
    """What the journal does not tell of the days announced by now: they were carried only where a duty was owed."""
    with tenant_context(Actor.system(ticket.provider_id)):
        announced = announced_for([ticket], at)[ticket.pk]
    told = [one.told() for one in duties.not_told(ticket, events, announced)]
    return {KNOWN_DAYS: told} if told else {}


def _move(ticket: TicketProcess, name: str, side: str) -> dict[str, Any]:
    """Take the contract's step in memory, and tell what moved; a refusal leaves nothing behind."""
    before, contract_before = ticket.state, ticket.contract_state
    terms = terms_of(ticket)
    if name in ACTS and not can_proceed(getattr(ticket, name)):
        guards.refuse_transition(before, name)
    way = guards.require_transition(terms, name, contract_before, side)
    told = [State(terms.workflow.phase(way.end))] if way.act in ENDS_WHERE_TOLD else []
    try:
        getattr(ticket, way.act)(*told)
    except (TransitionNotAllowed, InvalidResultState):
        guards.refuse_transition(before, way.act)
    ticket.contract_state = way.end
    return {
        "state": {"old": before, "new": ticket.state},
        "contract_state": {"old": contract_before, "new": way.end},
        "step": way.code,
    }


def _stamp(ticket: Ticket, at: datetime, visibility: str) -> None:
    ticket.updated_at = at
    if visibility == Visibility.PUBLIC:
        ticket.public_updated_at = at


def _told(events: Sequence[Event]) -> Rows:
    """The outbox rows of events, of which the relay hears once they are committed."""
    if events:
        transaction.on_commit(wakeup.ring, robust=True)
    return outbox.rows(events)


def _columns(ticket: Ticket) -> dict[str, Any]:
    return {column.attname: getattr(ticket, column.attname) for column in ticket._meta.concrete_fields}
