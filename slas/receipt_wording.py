"""The sentences of a receipt and of a replay, in the active language and the contract's time zone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from slas.engine import Limit
from slas.engine.ledger import NOT_WORKED, Interval, IntervalKind, Phase, Summary
from slas.wording import amount_text, clock_text, day_text, duration_text, instant_text, shown_day

INTERVALS = {
    IntervalKind.COUNTED: _("{span}: {seconds} counted."),
    IntervalKind.ROUNDING: _("{span}: {seconds} counted up to the end of the clock hour."),
    IntervalKind.EVENT_DAY: _("{span}: the day of the event does not count."),
    IntervalKind.EVENT_HOUR: _("{span}: the hour of the event does not count."),
    IntervalKind.AFTER_HOURS: _("{span}: outside the opening hours."),
    IntervalKind.CLOSED: _("{span}: support does not open."),
    IntervalKind.HOLIDAY: _("{span}: public holiday."),
    IntervalKind.DAY_OFF: _("{span}: a day not worked."),
    IntervalKind.CLOSURE: _("{span}: the support centre is closed."),
    IntervalKind.PAUSED: _("{span}: the answer of the customer was awaited, {seconds} deducted."),
    IntervalKind.HELD: _("{span}: support was on hold, {seconds} deducted."),
    IntervalKind.RESOLVED_MEANWHILE: _("{span}: the {case} was resolved, {seconds} deducted."),
    IntervalKind.LATE: _("{span}: {seconds} late."),
}
STILL_TO_COUNT = _("{span}: {seconds} still to count.")
EXCLUDED = _("(out of the figures)")

KINDS = {
    IntervalKind.EVENT_DAY: _("day of the event"),
    IntervalKind.EVENT_HOUR: _("hour of the event"),
    IntervalKind.CLOSED: _("not open"),
    IntervalKind.HOLIDAY: _("public holiday"),
    IntervalKind.DAY_OFF: _("not worked"),
    IntervalKind.CLOSURE: _("closed by the provider"),
}
"""Why nothing counted on a day or in a week, in a few words; nights go without saying."""

CHANGES = {
    "severity_changed": _("{who} changed the severity from {old} to {new}."),
    "paused": _("{who} asked the customer: the clock stands still."),
    "resumed": _("{who} answered or went on: the clock runs again."),
    "held": _("{who} put support on hold: the clock stands still."),
    "released": _("{who} ended the hold: the clock runs again."),
    "met": _("{who} met the target."),
    "reopened": _("{who} reopened the {case}."),
    "excluded": _("{who} took the {case} out of the figures."),
    "reinstated": _("{who} took the {case} into the figures again."),
    "contested_pause": _("{who} contested a wait."),
    "contested_severity": _("{who} contested a severity."),
    "contested_exclusion": _("{who} contested the exclusion."),
    "contest_accepted": _("{who} agreed to the correction: the clock is counted again."),
    "contest_declined": _("{who} did not agree to the correction."),
    "contest_withdrawn": _("{who} withdrew the contest."),
    "calendar_changed": _("{who} changed the calendar: the clock was counted again."),
}
"""What somebody did to a clock; ``who`` did it, ``case`` is what the contract calls a ticket."""

OVERRIDES = {
    "figure": _("{amount} for {severity}, agreed in {reference}."),
    "no_target": _("No time is promised for {severity}, agreed in {reference}."),
    "calendar": _("The calendar was changed by {reference}."),
    "pausing": _("Waiting for the customer stops the clock, agreed for this contract."),
    "not_pausing": _("Waiting for the customer does not stop the clock, agreed for this contract."),
    "month_rollover": _("How months end was agreed for this contract."),
}

STATUSES = {
    "pending": _("Not started"),
    "running": _("Running"),
    "paused": _("Paused"),
    "met": _("Met"),
    "breached": _("Breached"),
    "excluded": _("Excluded"),
    "cancelled": _("Stopped"),
    "none": _("No target"),
}

REASONS = {
    "target_added": _("the target is new"),
    "target_removed": _("the target is gone"),
    "severity": _("severity {before} → {after}"),
    "figure": _("{before} → {after}"),
    "calendar": _("another calendar"),
    "pausing": _("waiting stops the clock"),
    "not_pausing": _("waiting no longer stops the clock"),
    "meeting": _("met by something else: {before} → {after}"),
}
"""Why a clock of a replay comes out differently."""


MEETINGS = {
    "contact": _("a contact with the customer"),
    "take_up": _("being taken up"),
    "resolution": _("a resolution"),
    "resolution_or_accepted_workaround": _("a resolution or an accepted workaround"),
}


def span_text(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A stretch of time: whole days by their dates, anything else with its times of day."""
    first, last = shown_day(start, zone), shown_day(end, zone, ends=True)
    whole = start.astimezone(zone).time() == time(0) and clock_text(end, zone, ends=True) == "24:00"
    if whole:
        return days_text(first, last)
    until = clock_text(end, zone, ends=True) if first == last else instant_text(end, zone, ends=True)
    return f"{instant_text(start, zone)} – {until}"


def days_text(first: date, last: date) -> str:
    """One day, or the first and the last of several."""
    return day_text(first) if first == last else f"{day_text(first)} – {day_text(last)}"


def interval_text(item: Interval, zone: ZoneInfo, case: str) -> str:
    """What a stretch of a ledger was, in one sentence; ``case`` is what the contract calls a ticket."""
    to_come = item.forecast and item.kind in (IntervalKind.COUNTED, IntervalKind.ROUNDING)
    sentence = str(STILL_TO_COUNT if to_come else INTERVALS[item.kind])
    span = span_text(item.starts_at, item.ends_at, zone)
    text = sentence.format(span=span, seconds=duration_text(item.measured), case=case)
    return f"{text} {EXCLUDED}" if item.excluded else text


def summary_text(item: Summary) -> str:
    """A day or a week of a ledger: what counted, what was deducted, and why nothing did."""
    parts = [amount for amount in _amounts(item) if amount]
    reasons = NOT_WORKED if parts else KINDS
    parts += [str(KINDS[kind]) for kind in item.kinds if kind in reasons]
    told = ", ".join(parts) or gettext("nothing counted")
    return pgettext("a day and what it was", "{day}: {told}.").format(
        day=days_text(item.first_day, item.last_day), told=told
    )


def _amounts(item: Summary) -> Sequence[str]:
    counted = gettext("{seconds} to count") if item.forecast else gettext("{seconds} counted")
    return (
        counted.format(seconds=duration_text(item.counted)) if item.counted else "",
        gettext("{seconds} deducted").format(seconds=duration_text(item.deducted)) if item.deducted else "",
        gettext("{seconds} late").format(seconds=duration_text(item.late)) if item.late else "",
        gettext("{total} so far").format(total=duration_text(item.through)) if item.counted else "",
    )


def phase_text(phase: Phase, severity: str, zone: ZoneInfo) -> str:
    """A severity that a clock had: since when, what the contract gives for it, and what was due."""
    amount = limit_text(phase.limit)
    values = {"severity": severity, "since": instant_text(phase.since, zone), "amount": amount}
    if phase.due_at is None:
        return gettext("{severity} from {since} on: {amount}.").format(**values)
    due = instant_text(phase.due_at, zone, ends=True)
    return gettext("{severity} from {since} on: {amount}, due {due}.").format(**values, due=due)


def limit_text(limit: Limit | None) -> str:
    """What a contract gives: ``4 business hours``, or that it gives nothing."""
    if limit is None:
        return gettext("no target")
    return amount_text({"amount": limit.amount, "unit": limit.unit.value})


def change_text(code: str, params: Mapping[str, str], reason: str) -> str:
    """Who did what to a clock, and why where somebody said so."""
    who = params.get("who") or gettext("The product")
    text = str(CHANGES[code]).format_map({**params, "who": who})
    return gettext("{text} Reason: {reason}").format(text=text, reason=reason) if reason else text


def reader_text(at: datetime, zone: ZoneInfo, reader: ZoneInfo, *, ends: bool = False) -> str:
    """An instant on the reader's clock; where the contract's clock shows another time, that one too, by its name."""
    if at.astimezone(zone).utcoffset() == at.astimezone(reader).utcoffset():
        return instant_text(at, zone, ends=ends, named=True)
    both = gettext("{own}, that is {contract}")
    return both.format(
        own=instant_text(at, reader, ends=ends, named=True), contract=instant_text(at, zone, ends=ends, named=True)
    )


def iso(at: datetime | None) -> str | None:
    """An instant in UTC, as programs read it."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reason_text(code: str, before: Limit | str | None = None, after: Limit | str | None = None) -> str:
    """Why a clock of a replay comes out differently: ``4 business hours → 2 business hours``."""
    if code == "pausing" and not after:
        code = "not_pausing"
    return str(REASONS[code]).format(before=_side_text(code, before), after=_side_text(code, after))


def _side_text(code: str, side: Limit | str | None) -> str:
    if code == "figure":
        assert not isinstance(side, str)
        return limit_text(side)
    return str(MEETINGS.get(str(side), side))
