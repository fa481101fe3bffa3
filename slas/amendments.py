"""What a change of a contract does to the clocks that run, told before it is made (R16, R19). Writes nothing.

Other terms and other overrides reach later events only: a clock that runs keeps those of its start (R16). Days that a
calendar gains reach the clocks that run, and those that count again later; what has ended stays as it was (R19).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from contracts.models import DatedCalendarChange
from contracts.selectors import terms_by_id, terms_of, with_days
from contracts.terms import Terms, TermsError, UnknownTerm
from slas.clocks import OWED, Reckoning, reckon
from slas.days import Days, overrides_of
from slas.duties import counting_days_of
from slas.engine import Status, fold
from slas.models import Clock, TicketDuty
from slas.policies import policy_for
from tickets.events import CLOCK_FACTS
from tickets.models import Event, Ticket
from tickets.states import OPEN_STATES, State

CHUNK = 200


@dataclass(frozen=True, slots=True)
class ClockPreview:
    """One clock of an open ticket before and after a change, and why it moves or does not.

    ``would_be_due_at``: what it would be due had it been filed under the draft; None where that says nothing.
    """

    reference: str
    target: str
    severity: str
    status_before: str
    status_after: str
    due_before: datetime | None
    due_after: datetime | None
    remaining_before: int | None
    remaining_after: int | None
    is_touched: bool
    why: str
    clause: str
    would_be_due_at: datetime | None = None

    @property
    def moves(self) -> bool:
        return (self.due_before, self.remaining_before) != (self.due_after, self.remaining_after)


# Which tickets --------------------------------------------------------------------------------------------------------
def open_tickets(provider_id: UUID, *, terms_code: str = "", contract_id: UUID | None = None) -> QuerySet[Ticket]:
    """The open tickets of a provider under the terms of a code, or under one contract, by number."""
    rows = Ticket.objects.filter(provider_id=provider_id, state__one_of=OPEN_STATES)
    if contract_id:
        rows = rows.filter(contract_id=contract_id)
    if terms_code:
        rows = rows.filter(terms__code=terms_code)
    return rows.order_by("number")


def with_journal(rows: Iterable[Ticket], size: int = CHUNK) -> Iterator[tuple[Ticket, list[Event]]]:
    """Each ticket with the events from which its clocks are folded, a chunk at a time."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        events: dict[UUID, list[Event]] = {ticket.pk: [] for ticket in chunk}
        found = Event.objects.filter(ticket_id__in=list(events), kind__in=sorted(CLOCK_FACTS))
        for event in found.order_by("ticket_id", "seq"):
            events[event.ticket_id].append(event)
        for ticket in chunk:
            yield ticket, events[ticket.pk]


# Terms and overrides (R16) --------------------------------------------------------------------------------------------
def preview_amendment(
    rows: Iterable[Ticket], at: datetime, *, terms: Terms | None = None, overrides: Mapping[str, Any] | None = None
) -> list[ClockPreview]:
    """What a draft of the terms, or of a contract's overrides, does to the clocks of these tickets: nothing (R16).

    Each line says under what the clock runs on, and what it would be due had it been filed under the draft.
    """
    return [
        _unchanged(ticket, one, _would_be(ticket, one, at, terms, overrides))
        for ticket, events in with_journal(rows)
        for one in reckon(ticket, events, at)
        if one.state.status != "none"
    ]


def _unchanged(ticket: Ticket, one: Reckoning, would_be: datetime | None) -> ClockPreview:
    own = terms_of(ticket)
    told = {"code": own.code, "version": own.version}
    if one.state.status in OWED:
        why = _("It started under %(code)s %(version)s and runs on under that version.") % told
    elif one.state.status == Status.EXCLUDED:
        why = _("It is out of the service-level figures, and underneath stays under %(code)s %(version)s.") % told
    else:
        why = _("It has ended: the past does not change.")
    return _preview(ticket, one, one, False, why, "R16", would_be)


def _would_be(
    ticket: Ticket, one: Reckoning, at: datetime, terms: Terms | None, overrides: Mapping[str, Any] | None
) -> datetime | None:
    draft = terms or terms_of(ticket)
    document = overrides if overrides is not None else ticket.details.get("overrides") or {}
    environment = ticket.details.get("environment_kind") or None
    try:
        policy = policy_for(draft, one.target, overrides=document, environment=environment)
        return fold(policy, one.facts, at).due_at
    except (TermsError, UnknownTerm, LookupError):
        # The draft has no such target, severity or environment: it says nothing of this clock.
        return None


# Days of a calendar (R19) ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Recomputed:
    """A clock that ran when a calendar gained days: as it was, and as it is with them."""

    before: Reckoning
    after: Reckoning

    def told(self) -> dict[str, Any]:
        """As the journal keeps it: the target, and its due time before and after."""
        due = {"due_before": self.before.state.due_at, "due_after": self.after.state.due_at}
        written = {name: instant.isoformat() if instant else None for name, instant in due.items()}
        return {"target": self.before.target, "status": str(self.before.state.status)} | written


def recomputed(ticket: Ticket, events: Sequence[Event], days: Days, at: datetime) -> list[Recomputed]:
    """The clocks of a ticket that run at ``at`` and count on the calendar that gains ``days``."""
    found = []
    for one in reckon(ticket, events, at):
        if one.state.status in OWED and counts_on(terms_of(ticket), one.target, str(days["calendar"])):
            found.append(Recomputed(one, _with(ticket, one, events, days, at)))
    return found


def concerned(ticket: Ticket, events: Sequence[Event], days: Days, at: datetime) -> list[str]:
    """The targets of a ticket that count on the calendar that gains ``days``, whether or not their clocks run.

    One that has ended may count again: under another severity, reinstated, corrected or reopened. Not so one that was
    met where the contract lets it stay met.
    """
    terms = terms_of(ticket)
    return [
        one.target
        for one in reckon(ticket, events, at)
        if counts_on(terms, one.target, str(days["calendar"]))
        and (one.state.met_at is None or _counts_after_reopening(terms, one.target))
    ]


def _counts_after_reopening(terms: Terms, target: str) -> bool:
    return terms.target_terms(target).reopening == "counts_on"


def preview_days(rows: Iterable[Ticket], days: Days, at: datetime) -> list[ClockPreview]:
    """What days that a calendar gains do to the clocks of these tickets (R19)."""
    return [line for ticket, events in with_journal(rows) for line in _preview_days(ticket, events, days, at)]


def _preview_days(ticket: Ticket, events: Sequence[Event], days: Days, at: datetime) -> Iterator[ClockPreview]:
    touched = {item.before.target: item for item in recomputed(ticket, events, days, at)}
    later = concerned(ticket, events, days, at)
    for one in reckon(ticket, events, at):
        if one.state.status == "none":
            continue
        item = touched.get(one.target)
        if item is not None:
            yield _preview(ticket, item.before, item.after, True, _moved_or_not(item), "R19")
        else:
            yield _preview(ticket, one, one, False, _untouched(one, one.target in later), "R19")


def _untouched(one: Reckoning, counts_later: bool) -> str:
    """Why days that a calendar gains do not move a clock now."""
    if one.state.status in OWED:
        return _("It is counted on another calendar.")
    if one.state.status == Status.EXCLUDED and counts_later:
        return _("It is out of the service-level figures; if it is taken in again, it is counted with these days.")
    if one.state.status == Status.EXCLUDED:
        return _("It is out of the service-level figures, and these days do not touch what it is counted from.")
    return _("It has ended: the past does not change.")


def _moved_or_not(item: Recomputed) -> str:
    if item.before.state == item.after.state:
        return _("It is computed again, and stays: the days lie outside what it counts.")
    return _("It runs, so it is computed again with these days.")


def _with(ticket: Ticket, one: Reckoning, events: Sequence[Event], days: Days, at: datetime) -> Reckoning:
    terms = terms_of(ticket)
    overrides = with_days(overrides_of(terms, one.target, events, ticket.details), [dict(days)])
    environment = ticket.details.get("environment_kind") or None
    policy = policy_for(terms, one.target, overrides=overrides, environment=environment)
    return replace(one, policy=policy, state=fold(policy, one.facts, at))


def counts_on(terms: Terms, target: str, calendar: str) -> bool:
    """Whether a target is counted on a calendar, by itself or because its own calendar is also open with that one."""
    seen: set[str] = set()
    waiting = [terms.target_terms(target).calendar]
    while waiting:
        code = waiting.pop()
        if code not in seen:
            seen.add(code)
            waiting += terms.calendar(code).also_open
    return calendar in seen


def tickets_to_recompute(change: DatedCalendarChange, *, after: UUID | None = None, limit: int = CHUNK) -> list[UUID]:
    """Tickets with a target, or owing a duty, that counts on the calendar of a change and that the change has not
    reached yet, in the order of their keys, ``after`` one of them. A clock need not run just now: it may count again
    later. A duty must: the act with which it begins or ends keeps the days that were known by then.

    One filed after the change carries its days since its filing; one that was reached has an event of its key.
    """
    rows = Ticket.objects.filter(provider_id=change.provider_id).exclude(state=State.CLOSED)
    contract_id = getattr(change, "contract_id", None)
    rows = rows.filter(contract_id=contract_id) if contract_id else rows.filter(terms__code=change.terms_code)  # type: ignore[attr-defined]
    counting = _counting_on(rows, str(change.days["calendar"]))
    if counting is None:
        return []
    rows = rows.filter(pk__gt=after) if after else rows
    reached = Event.objects.filter(ticket=OuterRef("pk"), dedupe_key=dedupe_key(change))
    waiting = rows.filter(counting).exclude(details__contains={"overrides": {"calendars": [change.days]}})
    return list(waiting.filter(~Exists(reached)).order_by("pk").values_list("pk", flat=True)[:limit])


def dedupe_key(change: DatedCalendarChange) -> str:
    """The key under which a change is journaled, once for each ticket."""
    return f"calendar:{change.id}"


def _counting_on(rows: QuerySet[Ticket], calendar: str) -> Q | None:
    """Tickets with a target that counts on a calendar and is not met for good, or owing word on its days, for each
    version of their terms."""
    found: Q | None = None
    for terms_id in rows.order_by().values_list("terms_id", flat=True).distinct():
        terms = terms_by_id(terms_id)
        targets = [code for code in terms.target_names if counts_on(terms, code, calendar)]
        duties = counting_days_of(terms, calendar)
        if targets or duties:
            one = Q(terms_id=terms_id)
            if not any(_counts_after_reopening(terms, code) for code in targets):
                one &= _not_all_met(targets) | _owing(duties)
            found = one if found is None else found | one
    return found


def _owing(duties: Sequence[str]) -> Q:
    return Q(Exists(TicketDuty.objects.filter(ticket=OuterRef("pk"), code__in=duties))) if duties else Q()


def _not_all_met(targets: Iterable[str]) -> Q:
    met = Clock.objects.filter(ticket=OuterRef("pk"), met_at__isnull=False)
    found = Q()
    for target in targets:
        found |= ~Q(Exists(met.filter(target=target)))
    return found


def _preview(
    ticket: Ticket,
    before: Reckoning,
    after: Reckoning,
    is_touched: bool,
    why: str,
    clause: str,
    would_be: datetime | None = None,
) -> ClockPreview:
    return ClockPreview(
        reference=ticket.reference,
        target=before.target,
        severity=before.state.severity,
        status_before=str(before.state.status),
        status_after=str(after.state.status),
        due_before=before.state.due_at,
        due_after=after.state.due_at,
        remaining_before=before.state.remaining_seconds,
        remaining_after=after.state.remaining_seconds,
        is_touched=is_touched,
        why=why,
        clause=clause,
        would_be_due_at=would_be,
    )
