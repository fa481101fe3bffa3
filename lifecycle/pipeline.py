"""The one write path of a ticket.

``apply`` does it all in one transaction: lock the ticket as the actor sees it, authorise, compare versions, settle what
was due before, run the guards and the transition, write one journal event, sync the clocks, queue what is to be told.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django_fsm import InvalidResultState, TransitionNotAllowed, can_proceed

from accounts.errors import Change, NotFound, Stale
from accounts.identifiers import uuid7
from accounts.tenancy import Actor, tenant_context
from contracts.models import DatedCalendarChange
from contracts.selectors import terms_of
from lifecycle import guards
from lifecycle.models import ACTS, ENDS_WHERE_TOLD, TicketProcess
from notifications import outbox, wakeup
from slas import amendments, clocks
from slas.countable import uncountable
from slas.engine import BREACH, Alert, EngineError
from tickets import journal
from tickets.events import ALERTS, CLOCK_FACTS, EDITED_FIELDS, Kind
from tickets.models import Attachment, Comment, Event, Ticket, Visibility
from tickets.standing import Standing
from tickets.states import State

SETTLED = CLOCK_FACTS | ALERTS
REACHED_AT = {State.RESOLVED: ("resolved_at",), State.CLOSED: ("resolved_at", "closed_at")}
"""State → columns that say since when. The pipeline fills them: only here is the instant of the act certain."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is said with an act; becomes a comment of the conversation."""

    body: str
    visibility: str = Visibility.PUBLIC
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """What a service decided under lock. ``transition`` names an act of the product or a step of the contract, done by
    ``side`` where that is not the actor's; ``changes`` are columns to set. One that ``corrects`` keeps the figures from
    before and after.
    """

    kind: Kind
    transition: str = ""
    side: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    message: Message | None = None
    visibility: str = Visibility.PUBLIC
    corrects: bool = False


Decide = Callable[[Ticket], Act]


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
        ticket = _locked(actor, reference)
        # Whoever waited for the lock acts after what was written meanwhile: the journal's order is that of time.
        at = max(at, ticket.updated_at)
        actor.require(permission)
        if is_edit:
            _require_fresh(actor, ticket, expected_version)
        events = _clock_events(ticket)
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
    """Insert a new ticket with its first event, its clocks and its outbox row. The service has checked the rest."""
    at = at.astimezone(UTC)
    process = TicketProcess(**_columns(ticket))
    with transaction.atomic():
        event = journal.build_event(
            process,
            actor,
            journal.Entry(Kind.FILED, at, at, data={"severity": severity, "title": ticket.title}),
        )
        reckonings = clocks.reckon(process, [event], at)
        process.due_at = clocks.earliest_due(reckonings)
        Standing.of(process).keep_in(event)
        _stamp(process, at, event.visibility)
        process.save(force_insert=True)
        _bind(attachments, process, None, Visibility.PUBLIC)
        journal.append([event])
        clocks.write_rows([], clocks.build_rows(process, reckonings, at))
        _tell([event])
    return process


def settle_due(tickets: Sequence[UUID], at: datetime) -> int:
    """For the sweep: write the alerts that are due on these tickets, already locked by the caller. Returns how many."""
    rows = list(TicketProcess.objects.filter(pk__in=tickets).order_by("pk"))
    by_ticket: dict[UUID, list[Event]] = {row.pk: [] for row in rows}
    for event in Event.objects.filter(ticket_id__in=tickets, kind__in=sorted(SETTLED)).order_by("ticket_id", "seq"):
        by_ticket[event.ticket_id].append(event)
    return _settle_many(rows, by_ticket, at)


def lock_due(at: datetime, limit: int, provider_id: UUID) -> list[UUID]:
    """Lock up to ``limit`` tickets with a clock that is due, skipping those that somebody else holds."""
    rows = TicketProcess.objects.select_for_update(skip_locked=True, no_key=True)
    due = clocks.due_ticket_ids(provider_id, at, limit)
    return list(rows.filter(pk__in=due).order_by("pk").values_list("pk", flat=True))


def recompute(tickets: Sequence[UUID], change: DatedCalendarChange, at: datetime) -> int:
    """Count the running clocks of these tickets again with the days that their calendar gained (R19).

    Each change is written to the ticket's history, also where no clock of the calendar runs just now: one that counts
    again later has the days from there. Returns how many tickets were written; a second call writes nothing.

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
            if targets:
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
    clock_rows = []
    for ticket, event, events in written:
        reckonings = clocks.reckon(ticket, [*events, event], at)
        ticket.due_at = clocks.earliest_due(reckonings)
        Standing.of(ticket).keep_in(event)
        _stamp(ticket, at, event.visibility)
        clock_rows += clocks.build_rows(ticket, reckonings, at)
    rows = [ticket for ticket, _, _ in written]
    journal.append([event for _, event, _ in written])
    clocks.write_rows(rows, clock_rows)
    TicketProcess.objects.bulk_update(
        rows, ["version", "public_version", "updated_at", "public_updated_at", "due_at"], batch_size=500
    )
    _tell([event for _, event, _ in written if _moves_a_deadline(event)])


def _moves_a_deadline(event: Event) -> bool:
    return any(clock["due_before"] != clock["due_after"] for clock in event.data["recomputed"])


def _locked(actor: Actor, reference: str) -> TicketProcess:
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
    return list(Event.objects.filter(ticket_id=ticket.pk, kind__in=sorted(SETTLED)).order_by("seq"))


def _settle(actor: Actor, ticket: TicketProcess, events: list[Event], at: datetime) -> list[Event]:
    """Journal what fell due before this act, so that the act cannot overtake a breach that the sweep has not seen."""
    if not _has_due_alerts(ticket, events, at):
        return []
    # Warnings are private: a customer's own context could not see which of them are already written.
    with tenant_context(Actor.system(ticket.provider_id)):
        known = events if actor.sees_private else _clock_events(ticket)
        fresh = _alert_events(ticket, known, at)
        if fresh:
            journal.append(fresh)
            _tell(_worth_telling(fresh))
    for event in fresh:
        _stamp(ticket, at, event.visibility)
    return fresh


def _has_due_alerts(ticket: Ticket, events: Sequence[Event], at: datetime) -> bool:
    return any(clocks.due_alerts(one, at) for one in clocks.reckon(ticket, events, at))


def _settle_many(rows: Sequence[TicketProcess], events: dict[UUID, list[Event]], at: datetime) -> int:
    written: list[Event] = []
    clock_rows = []
    for ticket in rows:
        fresh = _alert_events(ticket, events[ticket.pk], at)
        reckonings = clocks.reckon(ticket, events[ticket.pk], at)
        ticket.due_at = clocks.earliest_due(reckonings)
        clock_rows += clocks.build_rows(ticket, reckonings, at)
        for event in fresh:
            _stamp(ticket, at, event.visibility)
        written += fresh
    journal.append(written)
    clocks.write_rows(rows, clock_rows)
    TicketProcess.objects.bulk_update(
        rows, ["version", "public_version", "updated_at", "public_updated_at", "due_at"], batch_size=500
    )
    _tell(_worth_telling(written))
    return len(written)


def _alert_events(ticket: TicketProcess, events: Sequence[Event], at: datetime) -> list[Event]:
    known: set[str | None] = {event.dedupe_key for event in events}
    system = Actor.system(ticket.provider_id)
    fresh: list[Event] = []
    for one in clocks.reckon(ticket, events, at):
        for alert in clocks.due_alerts(one, at):
            entry = _alert_entry(one, alert, at)
            if entry.dedupe_key not in known and not _was_late_before(events, one.target, alert):
                known.add(entry.dedupe_key)
                fresh.append(journal.build_event(ticket, system, entry))
    return fresh


def _was_late_before(events: Sequence[Event], target: str, alert: Alert) -> bool:
    """Whether the target had been late since before an alert under the severity it is for, when days came (R19).

    They count for what the target is counted under later, and would only move what it had already reached.
    """
    late = [event.at for event in events if _is_breach(event, target, alert.severity) and event.at < alert.at]
    if not late or not any(event.kind == Kind.CALENDAR_CHANGED for event in events):
        return False
    return not any(event.at >= max(late) and _counts_anew(event, alert.severity) for event in events)


def _is_breach(event: Event, target: str, severity: str) -> bool:
    if event.kind != Kind.CLOCK_BREACHED:
        return False
    return bool(event.data["target"] == target and event.data["severity_at"] == severity)


def _counts_anew(event: Event, severity: str) -> bool:
    """Whether what was reached under a severity may be reached again: it came back, or the facts are others."""
    if event.kind == Kind.SEVERITY_CHANGED:
        return bool(event.data["severity"]["new"] == severity)
    return event.kind in {Kind.REOPENED, Kind.CONTEST_ACCEPTED}


def _alert_entry(one: clocks.Reckoning, alert: Alert, at: datetime) -> journal.Entry:
    """An alert is dated at the instant at which it was due, however late it is noticed, and told once for each severity
    under which the clock ran."""
    is_breach = alert.code == BREACH
    return journal.Entry(
        Kind.CLOCK_BREACHED if is_breach else Kind.CLOCK_APPROACHING,
        at=alert.at,
        recorded_at=at,
        visibility=Visibility.PUBLIC if is_breach else Visibility.PRIVATE,
        data={
            "target": one.target,
            "code": alert.code,
            "due_at": alert.due_at.isoformat(),
            "severity_at": alert.severity,
            "recipients": list(clocks.recipients_of(one.policy, alert.code)),
        },
        dedupe_key=f"{one.target}:{alert.code}:{alert.severity}:{alert.at.isoformat()}",
    )


def _worth_telling(events: Sequence[Event]) -> list[Event]:
    """A warning that comes together with its own breach is history, not news."""
    breached = {(event.ticket_id, event.data["target"]) for event in events if event.kind == Kind.CLOCK_BREACHED}
    return [
        event
        for event in events
        if event.kind == Kind.CLOCK_BREACHED or (event.ticket_id, event.data["target"]) not in breached
    ]


def _carry_out(actor: Actor, at: datetime, ticket: TicketProcess, events: list[Event], act: Act) -> None:
    data = dict(act.data)
    if act.transition:
        data |= _move(ticket, act.transition, act.side or actor.side)
    for column, value in act.changes.items():
        setattr(ticket, column, value)
    for column in REACHED_AT.get(State(ticket.state), ()):
        setattr(ticket, column, getattr(ticket, column) or at)
    comment = _write_comment(actor, at, ticket, act) if act.message else None
    event = journal.build_event(ticket, actor, journal.Entry(act.kind, at, at, act.visibility, data, comment=comment))
    reckonings = clocks.reckon(ticket, [*events, event], at)
    met = clocks.met_by(reckonings, event)
    if met:
        event.data["clocks"] = met
    if act.corrects:
        event.data["figures"] = clocks.compared(clocks.reckon(ticket, events, at), reckonings)
    ticket.due_at = clocks.earliest_due(reckonings)
    Standing.of(ticket).keep_in(event)
    journal.append([event])
    _tell([event])
    if "severity" in act.data or act.kind == Kind.REOPENED or act.corrects:
        # Counted again from the filing (R18), the due time may already have passed: no sweep would find that breach.
        _settle(actor, ticket, [*events, event], at)
    _stamp(ticket, at, act.visibility)
    ticket.save()
    clocks.write_rows([ticket], clocks.build_rows(ticket, reckonings, at))


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


def _write_comment(actor: Actor, at: datetime, ticket: Ticket, act: Act) -> Comment:
    assert act.message is not None
    comment = Comment(
        id=uuid7(),
        provider_id=ticket.provider_id,
        customer_id=ticket.customer_id,
        ticket_id=ticket.pk,
        visibility=act.message.visibility,
        kind=act.kind,
        body=act.message.body,
        author_id=actor.person,
        author_name=actor.name,
        author_side=actor.side,
        at=at,
    )
    comment.save(force_insert=True)
    _bind(act.message.attachments, ticket, comment, act.message.visibility)
    return comment


def _bind(files: Sequence[Attachment], ticket: Ticket, comment: Comment | None, visibility: str) -> None:
    """Give uploads their ticket, their message and its visibility; only now do others see them.

    Of two messages that name the same upload at once one gets it and the other is refused.
    """
    for attachment in files:
        unbound = Attachment.objects.filter(pk=attachment.pk, ticket__isnull=True)
        bound = unbound.update(
            customer_id=ticket.customer_id, ticket_id=ticket.pk, comment=comment, visibility=visibility
        )
        guards.require_bound(bound)


def _stamp(ticket: Ticket, at: datetime, visibility: str) -> None:
    ticket.updated_at = at
    if visibility == Visibility.PUBLIC:
        ticket.public_updated_at = at


def _tell(events: Sequence[Event]) -> None:
    if events:
        outbox.add(events)
        transaction.on_commit(wakeup.ring, robust=True)


def _columns(ticket: Ticket) -> dict[str, Any]:
    return {column.attname: getattr(ticket, column.attname) for column in ticket._meta.concrete_fields}
