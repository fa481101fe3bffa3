"""The reckoning of a due time line by line: an instant, a message id with its parameters, and a clause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from slas.engine.clock import Fact, FactKind, Run, run_of
from slas.engine.instants import from_seconds, local_date, to_seconds
from slas.engine.limits import OPENING_SECONDS, Limit, Rules, Unit, Window
from slas.engine.pauses import Due
from slas.engine.policy import Clauses, TargetPolicy

MOST_LINES = 12
"""Stretches of counted time beyond this many are summed up in one line, the first and last kept."""

_IN_OPENING = frozenset({*OPENING_SECONDS, Unit.BUSINESS_DAYS})

Value = str | int | datetime | date | tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One line. ``message`` names the sentence in ``slas.wording``; ``params`` are what it is about."""

    at: datetime | None
    message: str
    params: Mapping[str, Value] = field(default_factory=dict)
    clause: str = ""


def explain(policy: TargetPolicy, facts: Sequence[Fact], at: datetime) -> tuple[Step, ...]:
    """How the due time comes about, under the facts known at an instant. Raises EngineError as ``fold`` does."""
    until = to_seconds(at)
    waited = any(fact.kind == FactKind.PAUSED and to_seconds(fact.at) <= until for fact in facts)
    return explain_run(run_of(policy, facts, at), waited=waited)


def explain_run(run: Run, *, waited: bool) -> tuple[Step, ...]:
    """The steps of a clock whose facts are taken in; ``waited`` tells whether anybody was waited for (R13)."""
    policy = run.policy
    if run.started is None:
        return (Step(None, "not_started"),)
    steps = _events(run)
    limit = run.limit
    if limit is None:
        steps.append(Step(None, "no_target", {"severity": run.severity}, policy.clauses.no_target))
        return tuple(steps + _ending(run))
    laid, due = run.laid(), run.reckoned()
    assert laid is not None
    assert due is not None
    steps += _target(policy, limit) + _start(policy, limit, laid) + _counting(run, limit, laid, due)
    steps += _silent_pauses(run, waited=waited) + _result(run, limit, due) + _ending(run)
    return tuple(steps)


def _events(run: Run) -> list[Step]:
    (started, first), *changes = run.changes
    steps = [Step(from_seconds(started), "event", {"severity": first, "event": from_seconds(started)}, "R6")]
    for changed, severity in changes:
        params: dict[str, Value] = {"severity": severity, "event": from_seconds(started)}
        steps.append(Step(from_seconds(changed), "severity_changed", params, "R18"))
    return steps


def _target(policy: TargetPolicy, limit: Limit) -> list[Step]:
    params: dict[str, Value] = {"target": policy.target, "amount": limit.amount, "unit": limit.unit.value}
    steps = [Step(None, "target", params, limit.clause)]
    if limit.reference:
        steps.append(Step(None, "override", {"reference": limit.reference}, "R17"))
    if limit.rules == Rules.OPENING and limit.unit == Unit.BUSINESS_DAYS:
        day = policy.calendar.spec.standard_seconds
        steps.append(Step(None, "days_as_hours", {"day": day, "seconds": limit.amount * day}, "R9"))
    return steps


def _start(policy: TargetPolicy, limit: Limit, laid: Window) -> list[Step]:
    """Where counting begins, and why not at the event."""
    start, clauses = from_seconds(laid.start), policy.clauses
    if limit.day_after:
        steps = [Step(start, "next_day", {"start": start}, clauses.day_after)]
    elif laid.last_day is not None:
        clause = clauses.computation if limit.rules == Rules.MEGA else "R10"
        steps = [Step(start, "event_day_left_out", {"start": start}, clause)]
    elif limit.rules == Rules.MEGA:
        steps = [Step(start, "event_hour_left_out", {"start": start}, clauses.computation)]
    else:
        steps = [Step(start, "at_once", {"start": start}, "R8")]
    if laid.last_day is None and laid.meter is policy.calendar and limit.amount:
        opening = from_seconds(policy.calendar.next_opening_s(laid.start))
        if opening != start:
            steps.append(Step(opening, "opens", {"start": opening}, clauses.calendar))
    return steps


def _counting(run: Run, limit: Limit, laid: Window, due: Due) -> list[Step]:
    policy = run.policy
    end = laid.base if due.due is None else max(due.due, laid.base)
    steps = _closed_days(policy, laid, end) if limit.unit in _IN_OPENING else []
    if laid.last_day is not None:
        steps += _days(policy, limit, laid)
        return steps + _pauses(run, laid, due) + _extension(policy, laid, due)
    if laid.meter is not policy.calendar:
        params: dict[str, Value] = {"start": from_seconds(laid.start), "end": from_seconds(laid.base)}
        return [Step(from_seconds(laid.base), "day_and_night", params, "R7"), *_pauses(run, laid, due)]
    steps += _ledger(run, laid, due)
    if laid.unrounded is not None:
        clause = policy.clauses.computation
        params = {"start": from_seconds(laid.unrounded), "end": from_seconds(laid.base)}
        steps.append(Step(from_seconds(laid.base), "rounded", params, clause))
    return steps


def _closed_days(policy: TargetPolicy, laid: Window, end: int) -> list[Step]:
    """Days on the way that the week would count and the calendar does not: holidays, days off, closures."""
    spec, calendar = policy.calendar.spec, policy.calendar
    first, last = calendar.date_of(laid.start), local_date(end, calendar.zone)
    closed = sorted(day for day in spec.closed_dates if first <= day < last)
    days = tuple(day for day in closed if spec.weekly[day.weekday()] and not spec.hours_on(day))
    if not days:
        return []
    return [Step(None, "closed_days", {"days": days[:MOST_LINES], "count": len(days)}, policy.clauses.calendar)]


def _days(policy: TargetPolicy, limit: Limit, laid: Window) -> list[Step]:
    """The day that a limit in days, weeks or months reaches, and any roll-over."""
    assert laid.last_day is not None
    clause = policy.clauses.computation if limit.rules == Rules.MEGA else "R10"
    reached = laid.nominal_day or laid.last_day
    params: dict[str, Value] = {"day": reached, "amount": limit.amount, "unit": limit.unit.value}
    steps = [Step(None, f"reaches_{limit.unit.value}", params, clause)]
    if laid.nominal_day is not None:
        rolled: dict[str, Value] = {"day": laid.nominal_day, "last": laid.last_day}
        message = "month_rolled_over" if limit.unit == Unit.MONTHS else "rolled_over"
        steps.append(Step(None, message, rolled, "R5" if limit.unit == Unit.MONTHS else clause))
    return steps


def _pauses(run: Run, laid: Window, due: Due) -> list[Step]:
    steps = []
    for begins, ends, message in _stops(run, due):
        seconds = laid.meter.elapsed_s(begins, ends)
        if seconds:
            params: dict[str, Value] = {
                "start": from_seconds(begins), "end": from_seconds(ends), "seconds": seconds,
            }  # fmt: skip
            steps.append(Step(from_seconds(begins), message, params, _stop_clause(run.policy.clauses, message)))
    return steps


def _stops(run: Run, due: Due) -> list[tuple[int, int, str]]:
    """The stretches that were deducted, each cut where its reason changes; what is nothing else was waiting."""
    reasons = [(*stretch, "held") for stretch in run.holds.over]
    reasons += [(*stretch, "resolved_meanwhile") for stretch in run.resolved]
    found = []
    for begins, ends, _ in due.deductions:
        if ends is not None:
            edges = {min(max(edge, begins), ends) for since, until, _ in reasons for edge in (since, until)}
            for first, last in pairwise(sorted({begins, ends, *edges})):
                names = (name for since, until, name in reasons if since <= first and last <= until)
                found.append((first, last, next(names, "paused")))
    return found


def _stop_clause(clauses: Clauses, message: str) -> str:
    return {"held": clauses.holding, "resolved_meanwhile": clauses.reopening}.get(message, clauses.pausing)


def _extension(policy: TargetPolicy, laid: Window, due: Due) -> list[Step]:
    """Time paused in a limit in days is owed after the end of its last day (R11)."""
    if due.due is None or due.due == laid.base:
        return []
    paused = sum(seconds for _, _, seconds in due.deductions)
    params: dict[str, Value] = {"end": from_seconds(laid.base), "seconds": paused}
    return [Step(from_seconds(due.due), "extended", params, policy.clauses.pausing)]


def _ledger(run: Run, laid: Window, due: Due) -> list[Step]:
    """Every stretch of opening time up to the due time: counted, or not. The counted ones sum to the target."""
    policy, calendar, total = run.policy, run.policy.calendar, 0
    stops = _stops(run, due)
    lines, position = list(stops), laid.start
    for begins, ends, _ in due.deductions:
        lines += [(opens, closes, "counted") for opens, closes in calendar.openings_s(position, begins)]
        position = begins if ends is None else ends
    if due.due is not None:
        end = due.due if due.deductions else laid.base if laid.unrounded is None else laid.unrounded
        lines += [(opens, closes, "counted") for opens, closes in calendar.openings_s(position, end)]
    steps = []
    for opens, closes, message in sorted(lines):
        seconds = calendar.elapsed_s(opens, closes)
        total += seconds if message == "counted" else 0
        params: dict[str, Value] = {
            "start": from_seconds(opens), "end": from_seconds(closes), "seconds": seconds, "total": total,
        }  # fmt: skip
        clause = policy.clauses.calendar if message == "counted" else _stop_clause(run.policy.clauses, message)
        if seconds:
            steps.append(Step(from_seconds(opens), message, params, clause))
    return _shortened(steps, policy.clauses.calendar)


def _shortened(steps: list[Step], clause: str) -> list[Step]:
    """A long ledger with its middle summed up; pauses are never hidden."""
    counted = [step for step in steps if step.message == "counted"]
    if len(counted) <= MOST_LINES:
        return steps
    middle = counted[3:-3]
    hidden = {id(step) for step in middle}
    total = middle[-1].params["total"]
    seconds = sum(step.params["seconds"] for step in middle if isinstance(step.params["seconds"], int))
    params: dict[str, Value] = {
        "start": middle[0].params["start"], "end": middle[-1].params["end"], "count": len(middle),
        "seconds": seconds, "total": total,
    }  # fmt: skip
    summed = Step(middle[0].at, "counted_more", params, clause)
    return [summed if step is middle[0] else step for step in steps if step is middle[0] or id(step) not in hidden]


def _silent_pauses(run: Run, *, waited: bool) -> list[Step]:
    """Waiting that the contract does not deduct is said, so that nobody wonders (R13)."""
    return [Step(None, "pauses_do_not_count", {}, "R13")] if waited and not run.policy.pausing else []


def _result(run: Run, limit: Limit, due: Due) -> list[Step]:
    policy = run.policy
    if due.due is None:
        assert due.left is not None
        if run.holds.since is not None:
            return [Step(None, "on_hold", {"seconds": due.left}, policy.clauses.holding)]
        return [Step(None, "waiting", {"seconds": due.left}, "R12")]
    at = from_seconds(due.due)
    midnight = policy.calendar.start_of(policy.calendar.date_of(due.due)) == due.due
    return [Step(at, "due", {"due": at}, "R1" if midnight else limit.clause)]


def _ending(run: Run) -> list[Step]:
    steps: list[Step] = []
    if run.breached is not None:
        late = from_seconds(run.breached)
        limit = run.limit
        steps.append(Step(late, "breached", {"due": late}, limit.clause if limit else ""))
    if run.met is not None:
        met = from_seconds(run.met)
        steps.append(Step(met, "met_late" if run.breached is not None else "met", {"met": met}, "R6c"))
    if run.cancelled is not None:
        steps.append(Step(from_seconds(run.cancelled), "cancelled", {"event": from_seconds(run.cancelled)}, ""))
    elif run.excluded:
        steps.append(Step(None, "excluded", {}, ""))
    return steps
