"""What falls due by itself: alerts of clocks and missed days of duties, as events that the pipeline writes."""

from collections.abc import Sequence
from datetime import datetime

from accounts.tenancy import Actor
from slas import clocks, duties
from slas.engine import BREACH, Alert
from tickets.events import Kind
from tickets.journal import Entry, build_event
from tickets.models import Event, Ticket, Visibility


def anything_due(ticket: Ticket, events: Sequence[Event], at: datetime) -> bool:
    """Whether an alert or a duty fell due that ``events`` may not have yet: a cheap first look."""
    if any(clocks.due_alerts(one) for one in clocks.reckon(ticket, events, at)):
        return True
    known = {event.dedupe_key for event in events}
    missed = duties.missed_days(duties.follow(ticket, events, at), at)
    return any(one.dedupe_key not in known for one in missed)


def fresh_events(
    ticket: Ticket,
    events: Sequence[Event],
    at: datetime,
    reckonings: Sequence[clocks.Reckoning],
    owed: Sequence[duties.DutyState],
) -> list[Event]:
    """What fell due and is not journaled yet, in the order in which it did; ``reckonings`` are those of ``events``.

    ``owed`` are its duties, with all days announced until then: one that is closed asked for no word, whenever it is
    carried.
    """
    known: set[str | None] = {event.dedupe_key for event in events}
    entries: list[Entry] = []
    for one in reckonings:
        for alert in clocks.due_alerts(one):
            entry = _alert_entry(one, alert, at)
            if entry.dedupe_key not in known and not _was_late_before(events, one.target, alert):
                known.add(entry.dedupe_key)
                entries.append(entry)
    missed = duties.missed_days(owed, at)
    entries += [_missed_entry(one, at) for one in missed if one.dedupe_key not in known]
    system = Actor.system(ticket.provider_id)
    return [build_event(ticket, system, entry) for entry in sorted(entries, key=lambda entry: entry.at)]


def _missed_entry(missed: duties.Missed, at: datetime) -> Entry:
    """A business day that closed without word, dated when it closed; the customer knows it anyway."""
    data = {
        "duty": missed.duty.code,
        "day": missed.day.isoformat(),
        "due_at": missed.closed_at.isoformat(),
        "recipients": list(missed.duty.recipients),
    }
    return Entry(Kind.DUTY_MISSED, at=missed.closed_at, recorded_at=at, data=data, dedupe_key=missed.dedupe_key)


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


def _alert_entry(one: clocks.Reckoning, alert: Alert, at: datetime) -> Entry:
    """An alert is dated at the instant at which it was due, however late it is noticed, and told once for each severity
    under which the clock ran."""
    is_breach = alert.code == BREACH
    return Entry(
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


def worth_telling(events: Sequence[Event]) -> list[Event]:
    """A warning that comes together with its own breach is history, not news; so are missed days before the last."""
    breached = {(event.ticket_id, event.data["target"]) for event in events if event.kind == Kind.CLOCK_BREACHED}
    last = {(event.ticket_id, event.data["duty"]): event for event in events if event.kind == Kind.DUTY_MISSED}
    return [
        event
        for event in events
        if event.kind == Kind.CLOCK_BREACHED
        or (event.kind == Kind.DUTY_MISSED and last[event.ticket_id, event.data["duty"]] is event)
        or (event.kind == Kind.CLOCK_APPROACHING and (event.ticket_id, event.data["target"]) not in breached)
    ]
