"""The receipt of a clock: every interval that counted or did not, on what terms, and who changed what.

Both sides read the same reckoning, each in their language and zone. A reader sees the entries of the journal that are
visible to them and nothing of the others: neither a line, nor a sum, nor a name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation

from accounts.errors import NotFound
from accounts.tenancy import Actor
from contracts.selectors import Agreement, agreements, terms_of, with_days, zone_of
from contracts.terms import CalendarTerms, Terms
from contracts.terms.model import Label
from contracts.terms.overrides import Overrides, parse_overrides
from slas.clocks import Reckoning, reckon
from slas.days import Days, days_gained
from slas.engine import FactKind, Step, explain
from slas.engine.ledger import Ledger, Summary, by_day, by_week, ledger
from slas.receipt_wording import (
    OVERRIDES,
    STATUSES,
    change_text,
    interval_text,
    iso,
    limit_text,
    phase_text,
    reader_text,
    summary_text,
)
from slas.wording import amount_text, duration_text, render_step
from tickets.events import CLOCK_FACTS, CONTEST_ENDS, Kind
from tickets.models import Event, Ticket, Visibility

MOST_DAYS = 14
"""A ledger that spans more days than this is summed up by week."""

TOLD = CLOCK_FACTS | CONTEST_ENDS | {Kind.CONTESTED}
ALWAYS = CONTEST_ENDS | {
    Kind.SEVERITY_CHANGED, Kind.EXCLUDED, Kind.REINSTATED, Kind.CONTESTED, Kind.CALENDAR_CHANGED,
}  # fmt: skip
"""Kinds that are told of every clock of the ticket; others only where they made a fact of the clock."""

REASONED = ALWAYS | {Kind.HELD, Kind.RELEASED}
"""Kinds of which the account tells why, not only who and when."""

FACT_CHANGES = {
    FactKind.PAUSED: "paused",
    FactKind.RESUMED: "resumed",
    FactKind.HELD: "held",
    FactKind.RELEASED: "released",
    FactKind.MET: "met",
    FactKind.REOPENED: "reopened",
}


@dataclass(frozen=True, slots=True)
class CalendarStamp:
    """By which calendar a clock was counted. ``digest`` changes whenever any of its days or hours does."""

    code: str
    label: Label
    digest: str
    zone: str
    also_zones: tuple[str, ...]
    country: str
    subdivision: str
    holidays_version: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One side's word to an amendment."""

    side: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OverrideStamp:
    """Something that the contract has otherwise than its terms (R17), with its paper, and who approved it if known.

    ``code`` is figure, no_target, calendar, pausing, not_pausing or month_rollover.
    """

    code: str
    reference: str
    severity: str = ""
    amount: int | None = None
    unit: str = ""
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to a clock, when, and why. ``figures`` are those from before and after, of an agreed change."""

    at: datetime
    code: str
    who: str
    side: str
    event_id: str
    old: str = ""
    new: str = ""
    reason: Label | str = ""
    clause: str = ""
    figures: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ClockReceipt:
    """The account of one clock with all that it rests on; ``receipt_document`` says it in words."""

    ticket: str
    contract: str
    target: str
    label: Label
    terms: Terms
    account: Ledger
    reckoning: Reckoning
    calendar: CalendarStamp
    overrides: tuple[OverrideStamp, ...]
    changes: tuple[Change, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the contract, in which it is counted."""
        return self.reckoning.policy.calendar.zone

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The reckoning of the due time, step by step."""
        return explain(self.reckoning.policy, self.reckoning.facts, self.account.at)

    @cached_property
    def summary(self) -> tuple[Summary, ...]:
        """The ledger by day, or by week where it is long: what a page shows first."""
        calendar = self.reckoning.policy.calendar
        return by_week(self.account, calendar) if self.is_long else by_day(self.account, calendar)

    @property
    def is_long(self) -> bool:
        """Whether the ledger is summed up by week."""
        begins, ends = self.account.started_at, self.account.ends_at
        return begins is not None and ends is not None and ends - begins > timedelta(days=MOST_DAYS)


def receipts(actor: Actor, about: Ticket, *, at: datetime) -> list[ClockReceipt]:
    """The receipt of every clock of a ticket, in the order of the terms; targets that its severity lacks are left out.

    Two queries, and one each for whatever the ticket's own relations have not loaded yet.
    """
    rows = Event.objects.visible_to(actor).filter(ticket=about, kind__in=sorted(TOLD), at__lte=at)
    events = list(rows.select_related("comment").order_by("seq"))
    facts = [event for event in events if event.kind in CLOCK_FACTS]
    counted = [one for one in reckon(about, facts, at) if one.state.status not in ("none", "pending")]
    agreed = _agreed(about) if counted else None
    return [_receipt(actor, about, one, events, agreed, at) for one in counted]


def clock_receipt(actor: Actor, about: Ticket, target: str, *, at: datetime) -> ClockReceipt:
    """The receipt of one target. Raises ``NotFound`` for a target that the ticket does not have."""
    found = next((one for one in receipts(actor, about, at=at) if one.target == target), None)
    if found is None:
        raise NotFound
    return found


def _receipt(
    actor: Actor,
    about: Ticket,
    found: Reckoning,
    events: Sequence[Event],
    agreed: Agreement | None,
    at: datetime,
) -> ClockReceipt:
    terms = terms_of(about)
    target = terms.target_terms(found.target)
    days = days_gained(terms, found.target, events, about.details)
    changes = parse_overrides(with_days(about.details.get("overrides"), days), terms)
    return ClockReceipt(
        ticket=about.reference,
        contract=about.contract.reference,
        target=found.target,
        label=target.label,
        terms=terms,
        account=ledger(found.policy, found.facts, at),
        reckoning=found,
        calendar=_calendar(terms.calendar(target.calendar), found),
        overrides=tuple(_overrides(changes, found, target.calendar, agreed)),
        changes=tuple(_changes(actor, terms, found, events, days)),
    )


def _calendar(terms: CalendarTerms, found: Reckoning) -> CalendarStamp:
    spec = found.policy.calendar.spec
    return CalendarStamp(
        code=terms.code,
        label=terms.label,
        digest=spec.digest,
        zone=spec.zone,
        also_zones=tuple(member.zone for member in spec.also_open),
        country=terms.holidays.country if terms.holidays else "",
        subdivision=(terms.holidays.subdivision or "") if terms.holidays else "",
        holidays_version=version("holidays"),
    )


# Overrides ------------------------------------------------------------------------------------------------------------


def _agreed(about: Ticket) -> Agreement | None:
    """The amendment from which the ticket has its overrides; None where they were signed with the contract."""
    day = about.opened_at.astimezone(zone_of(about)).date()
    holding = [one for one in agreements(about.contract) if one.holds(about.opened_at, day)]
    return next((one for one in reversed(holding) if one.amendment.overrides is not None), None)


def _overrides(
    changes: Overrides, found: Reckoning, calendar: str, agreed: Agreement | None
) -> Iterable[OverrideStamp]:
    """What of the contract's own rules bears on this clock."""
    known = _approvals(agreed)
    severities = {severity for _, severity in _severities(found)}
    for figure in changes.figures:
        if figure.target == found.target and figure.severity in severities:
            code = "no_target" if figure.amount is None else "figure"
            yield OverrideStamp(code, figure.reference, figure.severity, figure.amount, figure.unit or "", known)
    for item in changes.calendars:
        if item.calendar == calendar:
            yield OverrideStamp("calendar", item.reference, approvals=known)
    paper = agreed.amendment.reference if agreed else ""
    if changes.pausing is not None:
        yield OverrideStamp("pausing" if changes.pausing else "not_pausing", paper, approvals=known)
    if changes.month_rollover is not None:
        yield OverrideStamp("month_rollover", paper, approvals=known)


def _approvals(agreed: Agreement | None) -> tuple[Approval, ...]:
    if agreed is None:
        return ()
    return tuple(Approval(row.actor_side, row.actor_name, row.at) for row in (agreed.provider, agreed.customer))


def _severities(found: Reckoning) -> list[tuple[datetime, str]]:
    return [(fact.at, fact.severity) for fact in found.facts if fact.severity is not None]


# Who changed what -----------------------------------------------------------------------------------------------------


def _changes(
    actor: Actor, terms: Terms, found: Reckoning, events: Sequence[Event], days: Sequence[Days]
) -> Iterable[Change]:
    """The entries that bear on this clock, in the order of the journal, of those that the reader may see.

    ``days``: those that calendars gained and with which this clock is counted.
    """
    by_event: dict[str, list[str]] = {}
    for fact in found.facts:
        if fact.kind in FACT_CHANGES and fact.event_id:
            by_event.setdefault(fact.event_id, []).append(FACT_CHANGES[fact.kind])
    for event in events:
        codes = by_event.get(str(event.id), [])
        if event.kind == Kind.CALENDAR_CHANGED and event.data["days"] not in days:
            continue
        if event.kind in ALWAYS:
            yield _told(actor, terms, event, _code(event), found.target)
        elif event.kind != Kind.FILED:
            for code in codes:
                yield _told(actor, terms, event, code, found.target)


def _recomputed(event: Event) -> dict[str, Mapping[str, Any]]:
    """The clocks that a change of a calendar moved, with what was due before and after."""
    return {
        clock["target"]: {"before": {"due_at": clock["due_before"]}, "after": {"due_at": clock["due_after"]}}
        for clock in event.data.get("recomputed", ())
    }


def _code(event: Event) -> str:
    if event.kind == Kind.CONTESTED:
        return f"contested_{event.data['contest']['about']}"
    return str(event.kind)


def _told(actor: Actor, terms: Terms, event: Event, code: str, target: str) -> Change:
    severity = event.data.get("severity") if event.kind == Kind.SEVERITY_CHANGED else None
    reason, clause = _reason(actor, terms, event)
    figures = _recomputed(event) if event.kind == Kind.CALENDAR_CHANGED else event.data.get("figures", {})
    return Change(
        at=event.at,
        code=code,
        who=str(event.data["by"]) if event.kind == Kind.CALENDAR_CHANGED else event.actor_name,
        side=event.actor_side,
        event_id=str(event.id),
        old=severity["old"] if severity else "",
        new=severity["new"] if severity else "",
        reason=reason if event.kind in REASONED else "",
        clause=clause,
        figures=figures.get(target),
    )


def _reason(actor: Actor, terms: Terms, event: Event) -> tuple[Label | str, str]:
    """Why, in the contract's words or those of whoever acted, and the clause of the reason."""
    if event.kind == Kind.SEVERITY_CHANGED:
        return event.data.get("reason", ""), "R18"
    if event.kind == Kind.EXCLUDED:
        chosen = next((one for one in terms.exclusion_reasons if one.code == event.data["exclusion"]["reason"]), None)
        return (chosen.label, chosen.clauses[0]) if chosen else ("", "")
    if event.kind in (Kind.HELD, Kind.RELEASED):
        return _hold_reason(terms, event)
    if event.kind == Kind.CALENDAR_CHANGED:
        return f"{event.data['name']} ({event.data['days']['reference']})", "R19"
    if event.data.get("reason"):
        return str(event.data["reason"]), ""
    comment = event.comment
    may_read = comment is not None and (actor.sees_private or comment.visibility == Visibility.PUBLIC)
    return (comment.body if comment is not None and may_read else ""), ""


def _hold_reason(terms: Terms, event: Event) -> tuple[Label | str, str]:
    """The contract's reason with what was said to it, or why support is given again; and the clause of the hold."""
    told, said = event.data["hold"], str(event.data["reason"])
    hold = next((one for one in terms.holds if one.code in (told["old"], told["new"])), None)
    clause = hold.clauses[0] if hold else ""
    if event.kind == Kind.RELEASED or hold is None:
        return said, clause
    return Label(en=f"{hold.label.en} – {said}", fr=f"{hold.label.fr} – {said}"), clause


# In words -------------------------------------------------------------------------------------------------------------


def receipt_document(receipt: ClockReceipt, language: str, zone: ZoneInfo) -> dict[str, Any]:
    """The receipt as plain JSON values, in a language, for a reader whose clock is that of ``zone``.

    Instants are in UTC (``at``) and in words on the reader's clock, with the contract's beside it where that shows
    another time. Sentences are on the contract's clock, whose zone is named under ``zone``: days begin and end by it.
    """
    with translation.override(language):
        return _Document(receipt, language, zone).whole()


class _Document:
    """Puts a receipt into words, in the language that is active."""

    def __init__(self, receipt: ClockReceipt, language: str, reader: ZoneInfo) -> None:
        self.receipt, self.account, self.language, self.reader = receipt, receipt.account, language, reader
        self.zone, self.terms = receipt.zone, receipt.terms
        self.case = self.terms.word("ticket", language)

    def whole(self) -> dict[str, Any]:
        state = self.receipt.reckoning.state
        return {
            "ticket": self.receipt.ticket,
            "contract": self.receipt.contract,
            "target": {"code": self.receipt.target, "label": self.receipt.label.text(self.language)},
            "status": {"code": str(state.status), "label": str(STATUSES[state.status])},
            "severity": self.severity(state.severity),
            "zone": self.zone.key,
            "reader_zone": self.reader.key,
            "as_of": self.instant(self.account.at),
            "started": self.instant(state.started_at),
            "due": self.instant(state.due_at, ends=True),
            "met": self.instant(state.met_at),
            "breached": self.instant(state.breached_at, ends=True),
            "totals": self.totals(),
            "steps": [self.step(step) for step in self.receipt.steps],
            "summary": {
                "by": "week" if self.receipt.is_long else "day",
                "lines": [self.line(item) for item in self.receipt.summary],
            },
            "intervals": [self.interval(number) for number in range(len(self.account.intervals))],
            "severities": self.phases(),
            "terms": self.stamp(),
            "calendar": self.calendar(),
            "overrides": [self.override(one) for one in self.receipt.overrides],
            "changes": [self.change(one) for one in self.receipt.changes],
        }

    def instant(self, at: datetime | None, *, ends: bool = False) -> dict[str, Any] | None:
        if at is None:
            return None
        return {"at": iso(at), "text": reader_text(at, self.zone, self.reader, ends=ends)}

    def severity(self, code: str) -> dict[str, str]:
        return {"code": code, "label": self.terms.severity(code).label.text(self.language)}

    def totals(self) -> dict[str, Any]:
        return {
            name: None if seconds is None else {"seconds": seconds, "text": duration_text(seconds)}
            for name, seconds in (
                ("target", self.account.total_seconds),
                ("elapsed", self.account.elapsed_seconds),
                ("remaining", self.account.remaining_seconds),
                ("deducted", self.account.deducted_seconds),
                ("late", self.account.late_seconds),
            )
        }

    def step(self, step: Step) -> dict[str, Any]:
        text = render_step(step, language=self.language, zone=self.zone, case=self.case)
        return {"at": iso(step.at), "text": text, "clause": step.clause}

    def line(self, item: Summary) -> dict[str, Any]:
        return {
            "first_day": item.first_day.isoformat(),
            "last_day": item.last_day.isoformat(),
            "counted": item.counted,
            "deducted": item.deducted,
            "late": item.late,
            "through": item.through,
            "forecast": item.forecast,
            "text": summary_text(item),
        }

    def interval(self, number: int) -> dict[str, Any]:
        item = self.account.intervals[number]
        return {
            "starts_at": iso(item.starts_at),
            "ends_at": iso(item.ends_at),
            "kind": item.kind.value,
            "seconds": item.seconds,
            "measured": item.measured,
            "clause": item.clause,
            "event": item.event_id,
            "excluded": item.excluded,
            "forecast": item.forecast,
            "text": interval_text(item, self.zone, self.case),
        }

    def phases(self) -> list[dict[str, Any]]:
        return [
            {
                "severity": self.severity(phase.severity),
                "since": self.instant(phase.since),
                "until": self.instant(phase.until),
                "amount": limit_text(phase.limit),
                "clause": phase.limit.clause if phase.limit else self.receipt.reckoning.policy.clauses.no_target,
                "due": self.instant(phase.due_at, ends=True),
                "event": phase.event_id,
                "text": phase_text(phase, self.severity(phase.severity)["label"], self.zone),
            }
            for phase in self.account.phases
        ]

    def stamp(self) -> dict[str, str]:
        return {
            "code": self.terms.code,
            "version": self.terms.version,
            "name": self.terms.name.text(self.language),
            "digest": self.terms.digest,
        }

    def calendar(self) -> dict[str, Any]:
        stamp = self.receipt.calendar
        return {
            "code": stamp.code,
            "label": stamp.label.text(self.language),
            "digest": stamp.digest,
            "zone": stamp.zone,
            "also_zones": list(stamp.also_zones),
            "country": stamp.country,
            "subdivision": stamp.subdivision,
            "holidays_version": stamp.holidays_version,
        }

    def override(self, one: OverrideStamp) -> dict[str, Any]:
        severity = self.severity(one.severity) if one.severity else None
        amount = "" if one.amount is None else amount_text({"amount": one.amount, "unit": one.unit})
        values = {"amount": amount, "severity": severity["label"] if severity else "", "reference": one.reference}
        return {
            "code": one.code,
            "reference": one.reference,
            "severity": severity,
            "amount": one.amount,
            "unit": one.unit or None,
            "clause": "R17",
            "approvals": [
                {"side": approval.side, "name": approval.name, "given": self.instant(approval.at)}
                for approval in one.approvals
            ],
            "text": str(OVERRIDES[one.code]).format_map(values),
        }

    def change(self, one: Change) -> dict[str, Any]:
        reason = one.reason.text(self.language) if isinstance(one.reason, Label) else one.reason
        labels = {"who": one.who, "case": self.case}
        if one.old and one.new:
            labels |= {"old": self.severity(one.old)["label"], "new": self.severity(one.new)["label"]}
        return {
            "done": self.instant(one.at),
            "code": one.code,
            "who": one.who,
            "side": one.side,
            "reason": reason,
            "clause": one.clause,
            "event": one.event_id,
            "figures": None if one.figures is None else dict(one.figures),
            "text": change_text(one.code, labels, reason),
        }
