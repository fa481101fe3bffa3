"""Every second between an event and the end of its clock: what it was, whether it counted, and by which clause.

A ledger is a chain of intervals without a gap or an overlap. It reaches from the event to the instant asked for, or to
the end of a clock that has ended; for one that runs it goes on, as a forecast, to the time at which the target is due.
The seconds counted add up to what has elapsed of the target, and those of the forecast to what remains of it.

Time counts on the meter of the limit: the opening time of its calendar, or every second where hours run day and night.
A limit in days is measured in the same way, since that is how waiting is deducted from it (R11); its day ends at 24:00
although nothing counts after closing time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from slas.engine.calendar import Calendar
from slas.engine.clock import Fact, FactKind, Run, Status, fold, run_of
from slas.engine.instants import from_seconds, to_seconds
from slas.engine.limits import EVERY_SECOND, Limit, Rules, Window
from slas.engine.pauses import Due, moved
from slas.engine.policy import TargetPolicy


class IntervalKind(StrEnum):
    """What a stretch of time was. Only ``counted`` and ``rounding`` count towards the target."""

    COUNTED = "counted"
    ROUNDING = "rounding"
    EVENT_DAY = "event_day"
    EVENT_HOUR = "event_hour"
    AFTER_HOURS = "after_hours"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    DAY_OFF = "day_off"
    CLOSURE = "closure"
    PAUSED = "paused"
    HELD = "held"
    RESOLVED_MEANWHILE = "resolved_meanwhile"
    LATE = "late"


NOT_WORKED = frozenset({IntervalKind.HOLIDAY, IntervalKind.DAY_OFF, IntervalKind.CLOSURE})
DEDUCTED = frozenset({IntervalKind.PAUSED, IntervalKind.HELD, IntervalKind.RESOLVED_MEANWHILE})


@dataclass(frozen=True, slots=True)
class Interval:
    """One stretch, the end not included.

    ``seconds`` were counted towards the target; ``measured`` is the time of the meter in the stretch, so that it tells
    for a pause what was deducted and for a late stretch by how much. ``event_id`` is the entry of the journal that
    opened a pause. ``excluded`` says that the case was out of the figures then, which stops no counting.
    """

    starts_at: datetime
    ends_at: datetime
    kind: IntervalKind
    seconds: int
    measured: int
    clause: str
    event_id: str | None = None
    excluded: bool = False
    forecast: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """The clock under one severity (R18): from when until when it was in force, and what was due at its end.

    ``due_at`` is None where the severity has no target and while the clock was paused at the end of the phase.
    """

    severity: str
    since: datetime
    until: datetime | None
    limit: Limit | None
    total_seconds: int | None
    due_at: datetime | None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of one clock. All sums are in seconds of the meter; None where the severity has no target."""

    target: str
    status: Status
    severity: str
    at: datetime
    started_at: datetime | None = None
    ends_at: datetime | None = None
    due_at: datetime | None = None
    total_seconds: int | None = None
    elapsed_seconds: int | None = None
    remaining_seconds: int | None = None
    deducted_seconds: int = 0
    late_seconds: int = 0
    intervals: tuple[Interval, ...] = ()
    phases: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A day or a week of a ledger. ``through`` is the sum counted by its end; ``kinds`` are in order of appearance."""

    first_day: date
    last_day: date
    counted: int
    deducted: int
    late: int
    through: int
    kinds: tuple[IntervalKind, ...]
    forecast: bool


def ledger(policy: TargetPolicy, facts: Sequence[Fact], at: datetime) -> Ledger:
    """The account of a clock at an instant, from its facts alone. Raises EngineError as ``fold`` does."""
    run, state = run_of(policy, facts, at), fold(policy, facts, at)
    opened = Ledger(policy.target, state.status, state.severity, at=from_seconds(to_seconds(at)))
    if run.started is None:
        return opened
    opened = replace(opened, started_at=from_seconds(run.started), phases=_phases(policy, facts, run))
    laid, due = run.laid(), run.reckoned()
    if laid is None or due is None:
        return opened
    until = to_seconds(at)
    intervals = _Account(run, laid, due, until, facts).intervals()
    elapsed = sum(item.seconds for item in intervals if not item.forecast)
    total = laid.meter.elapsed_s(laid.start, laid.base)
    return replace(
        opened,
        ends_at=intervals[-1].ends_at if intervals else opened.started_at,
        due_at=state.due_at,
        total_seconds=total,
        elapsed_seconds=elapsed,
        remaining_seconds=total - elapsed,
        deducted_seconds=sum(item.measured for item in intervals if item.kind in DEDUCTED),
        late_seconds=sum(item.measured for item in intervals if item.kind == IntervalKind.LATE),
        intervals=intervals,
    )


def by_day(account: Ledger, calendar: Calendar) -> tuple[Summary, ...]:
    """The ledger folded by local day of the calendar."""
    return _folded(account, calendar, lambda day: day)


def by_week(account: Ledger, calendar: Calendar) -> tuple[Summary, ...]:
    """The ledger folded by week, from Monday on."""
    return _folded(account, calendar, lambda day: day - timedelta(day.weekday()))


# Intervals -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cause:
    """Why the clock stood still for a while: what began it, and the entry of the journal."""

    begins: int
    ends: int | None
    kind: IntervalKind
    event_id: str | None

    def covers(self, at: int) -> bool:
        return self.begins <= at and (self.ends is None or at < self.ends)


class _Account:
    """Cuts the time of one clock into stretches that are one thing each. Instants are seconds since 1970."""

    def __init__(self, run: Run, laid: Window, due: Due, at: int, facts: Sequence[Fact]) -> None:
        assert run.started is not None
        self.run, self.laid, self.due, self.at = run, laid, due, at
        self.policy, self.calendar, self.meter = run.policy, run.policy.calendar, laid.meter
        self.event = run.started
        self.end = self._end(facts)
        self.causes = tuple(_causes(facts, at))
        self.exclusions = tuple(_exclusions(facts, at))
        self.rounding = self._rounding()

    def intervals(self) -> tuple[Interval, ...]:
        found: list[Interval] = []
        begins = min(max(self.laid.start, self.event), self.end)
        for start, end in self._cut(self.event, begins):
            found.append(self._interval(start, end, self._before_start(), measured=0))
        for start, end, is_open in self._stretches(begins):
            for first, last in self._cut(start, end):
                found += self._open(first, last) if is_open else self._shut(first, last)
        return tuple(_joined(found))

    def _end(self, facts: Iterable[Fact]) -> int:
        """When it was met or its case closed, else the due time of a clock that runs, or the instant asked for."""
        for instant in (self.run.met, self.run.cancelled):
            if instant is not None:
                return instant
        if (late := self.run.breached) is not None:
            closed = (instant for instant, fact in _timed(facts, self.at) if fact.kind == FactKind.CANCELLED)
            return next((instant for instant in closed if instant > late), self.at)
        return self.at if self.due.due is None else max(self.at, self.due.due)

    def _rounding(self) -> int | None:
        """From where on time counts only because a limit in hours ends with the clock hour (R4)."""
        if self.laid.unrounded is None:
            return None
        return moved(self.meter, self.laid.start, self.laid.unrounded, self.run.all_pauses).due

    def _stretches(self, begins: int) -> Iterator[tuple[int, int, bool]]:
        """From where counting starts to the end: running and standing stretches of the meter, in turn."""
        if begins >= self.end:
            return
        if self.meter is EVERY_SECOND:
            yield begins, self.end, True
            return
        position = begins
        for opens, closes in self.calendar.openings_s(begins, self.end):
            if position < opens:
                yield position, opens, False
            yield opens, closes, True
            position = closes
        if position < self.end:
            yield position, self.end, False

    def _cut(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A stretch cut at every instant at which something begins or ends.

        What is deducted begins and ends with its cause, or begins where counting does: it needs no cut of its own.
        """
        points = {self.at, self.due.due, self.rounding}
        for cause in self.causes:
            points |= {cause.begins, cause.ends}
        for begins, ends in self.exclusions:
            points |= {begins, ends}
        inside = sorted(point for point in points if point is not None and start < point < end)
        edges = [start, *inside, end]
        return ((first, last) for first, last in zip(edges, edges[1:], strict=False) if first < last)

    def _open(self, start: int, end: int) -> Iterator[Interval]:
        """A stretch in which the meter runs."""
        due = self.due.due
        if any(begins <= start and (ends is None or start < ends) for begins, ends, _ in self.due.deductions):
            cause = self._cause(start)
            yield self._interval(start, end, cause.kind, event_id=cause.event_id)
        elif any(met <= start and (again is None or start < again) for met, again in self.run.resolved):
            # Nothing was left to count when it was met, or it was late already: nothing to deduct, nothing later.
            yield self._interval(start, end, IntervalKind.RESOLVED_MEANWHILE, measured=0)
        elif due is not None and start >= due:
            yield self._interval(start, end, IntervalKind.LATE)
        elif self.rounding is not None and start >= self.rounding:
            yield self._interval(start, end, IntervalKind.ROUNDING)
        else:
            yield self._interval(start, end, IntervalKind.COUNTED)

    def _shut(self, start: int, end: int) -> Iterator[Interval]:
        """A stretch in which the calendar is closed, day by day where the reason changes."""
        while start < end:
            day = self.calendar.date_of(start)
            until = min(self.calendar.end_of(day), end)
            yield self._interval(start, until, _why_closed(self.calendar, day), measured=0)
            start = until

    def _cause(self, at: int) -> _Cause:
        """What stopped the clock at an instant; of several, a hold, and of several holds the first."""
        found = [cause for cause in self.causes if cause.covers(at)]
        return min(found, key=lambda cause: _WEIGHT[cause.kind], default=_Cause(at, None, IntervalKind.PAUSED, None))

    def _before_start(self) -> IntervalKind:
        limit = self.run.limit
        assert limit is not None
        day = limit.day_after or self.laid.last_day is not None
        return IntervalKind.EVENT_DAY if day else IntervalKind.EVENT_HOUR

    def _interval(
        self, start: int, end: int, kind: IntervalKind, *, event_id: str | None = None, measured: int | None = None
    ) -> Interval:
        measured = end - start if measured is None else measured
        counts = kind in (IntervalKind.COUNTED, IntervalKind.ROUNDING)
        return Interval(
            starts_at=from_seconds(start),
            ends_at=from_seconds(end),
            kind=kind,
            seconds=measured if counts else 0,
            measured=measured,
            clause=self._clause(kind),
            event_id=event_id,
            excluded=any(begins <= start and (ends is None or start < ends) for begins, ends in self.exclusions),
            forecast=start >= self.at and self.end > self.at,
        )

    def _clause(self, kind: IntervalKind) -> str:
        limit, clauses = self.run.limit, self.policy.clauses
        assert limit is not None
        match kind:
            case IntervalKind.COUNTED:
                return "R7" if self.meter is EVERY_SECOND else clauses.calendar
            case IntervalKind.ROUNDING | IntervalKind.EVENT_HOUR:
                return clauses.computation
            case IntervalKind.EVENT_DAY:
                if limit.day_after:
                    return clauses.day_after
                return clauses.computation if limit.rules == Rules.MEGA else "R10"
            case IntervalKind.LATE:
                return limit.clause
            case IntervalKind.HELD:
                return clauses.holding
            case IntervalKind.RESOLVED_MEANWHILE:
                return clauses.reopening
            case IntervalKind.PAUSED:
                return clauses.pausing
        return clauses.calendar


def _why_closed(calendar: Calendar, day: date) -> IntervalKind:
    """Why a calendar is closed at some time of a day."""
    spec = calendar.spec
    if spec.hours_on(day):
        return IntervalKind.AFTER_HOURS
    if not spec.weekly[day.weekday()]:
        return IntervalKind.CLOSED
    for days, kind in (
        (spec.holidays, IntervalKind.HOLIDAY),
        (spec.closures, IntervalKind.CLOSURE),
        (spec.days_off, IntervalKind.DAY_OFF),
    ):
        if day in days:
            return kind
    return IntervalKind.CLOSED


def _joined(intervals: Iterable[Interval]) -> Iterator[Interval]:
    """Neighbours that are the same thing become one; days that are closed for a reason of their own stay apart."""
    last: Interval | None = None
    for item in intervals:
        if last is not None and item.kind not in NOT_WORKED and _alike(last, item):
            last = replace(
                last, ends_at=item.ends_at, seconds=last.seconds + item.seconds, measured=last.measured + item.measured
            )
            continue
        if last is not None:
            yield last
        last = item
    if last is not None:
        yield last


def _alike(one: Interval, other: Interval) -> bool:
    return (one.kind, one.event_id, one.excluded, one.forecast) == (
        other.kind,
        other.event_id,
        other.excluded,
        other.forecast,
    )


# What stopped the clock ----------------------------------------------------------------------------------------------

_STOPS = {FactKind.PAUSED: IntervalKind.PAUSED, FactKind.HELD: IntervalKind.HELD}
_GOES_ON = {FactKind.RESUMED: FactKind.PAUSED, FactKind.RELEASED: FactKind.HELD}
_WEIGHT = {IntervalKind.HELD: 0, IntervalKind.RESOLVED_MEANWHILE: 1, IntervalKind.PAUSED: 2}


def _timed(facts: Iterable[Fact], until: int) -> list[tuple[int, Fact]]:
    """The facts up to an instant in the order in which the fold takes them."""
    found = sorted(((to_seconds(fact.at), fact) for fact in facts), key=lambda pair: pair[0])
    return [(at, fact) for at, fact in found if at <= until]


def _causes(facts: Iterable[Fact], until: int) -> Iterator[_Cause]:
    """Each stretch in which something held the clock, the one that began first first."""
    open_: dict[tuple[FactKind, str | None], tuple[int, str | None]] = {}
    ended: list[_Cause] = []
    met: tuple[int, str | None] | None = None
    for at, fact in _timed(facts, until):
        if fact.kind in _STOPS:
            open_.setdefault((fact.kind, fact.reason), (at, fact.event_id))
        elif fact.kind in _GOES_ON:
            stopped = _GOES_ON[fact.kind]
            for key in [key for key in open_ if key[0] == stopped and fact.reason in (None, key[1])]:
                begins, event_id = open_.pop(key)
                ended.append(_Cause(begins, at, _STOPS[stopped], event_id))
        elif fact.kind == FactKind.MET:
            met = met or (at, fact.event_id)
        elif fact.kind == FactKind.REOPENED and met is not None:
            ended.append(_Cause(met[0], at, IntervalKind.RESOLVED_MEANWHILE, met[1]))
            met = None
    still = [_Cause(begins, None, _STOPS[kind], event_id) for (kind, _), (begins, event_id) in open_.items()]
    return iter(sorted([*ended, *still], key=lambda cause: cause.begins))


def _exclusions(facts: Iterable[Fact], until: int) -> Iterator[tuple[int, int | None]]:
    since: int | None = None
    for at, fact in _timed(facts, until):
        if fact.kind == FactKind.EXCLUDED and since is None:
            since = at
        elif fact.kind == FactKind.REINSTATED and since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, None


# Severities ----------------------------------------------------------------------------------------------------------


def _phases(policy: TargetPolicy, facts: Sequence[Fact], run: Run) -> tuple[Phase, ...]:
    """The clock under each severity that it had, with what was due just before the next one came."""
    ids = {
        (to_seconds(fact.at), fact.severity): fact.event_id
        for fact in facts
        if fact.kind in (FactKind.STARTED, FactKind.SEVERITY_CHANGED)
    }
    phases = []
    for index, (since, severity) in enumerate(run.changes):
        until = run.changes[index + 1][0] if index + 1 < len(run.changes) else None
        known = run if until is None else _as_of(policy, facts, until, index)
        known.severity = severity  # a change while it was met is kept for the reopening, which is not known yet
        laid, due = known.laid(), known.reckoned()
        phases.append(
            Phase(
                severity=severity,
                since=from_seconds(since),
                until=None if until is None else from_seconds(until),
                limit=policy.limit(severity),
                total_seconds=None if laid is None else laid.meter.elapsed_s(laid.start, laid.base),
                due_at=None if due is None or due.due is None else from_seconds(due.due),
                event_id=ids.get((since, severity)),
            )
        )
    return tuple(phases)


def _as_of(policy: TargetPolicy, facts: Sequence[Fact], until: int, index: int) -> Run:
    """The clock with the facts before the change of severity that ended its phase number ``index``."""
    before: list[Fact] = []
    changes, severity = -1, None
    for _, fact in _timed(facts, until):
        if fact.kind in (FactKind.STARTED, FactKind.SEVERITY_CHANGED) and fact.severity != severity:
            changes, severity = changes + 1, fact.severity
        if changes > index:
            break
        before.append(fact)
    return run_of(policy, before, from_seconds(until))


# Summaries -----------------------------------------------------------------------------------------------------------


def _folded(account: Ledger, calendar: Calendar, first_of: Callable[[date], date]) -> tuple[Summary, ...]:
    groups: dict[tuple[date, bool], list[Interval]] = {}
    for item in account.intervals:
        for piece in _by_local_day(item, calendar):
            day = calendar.date_of(to_seconds(piece.starts_at))
            groups.setdefault((first_of(day), piece.forecast), []).append(piece)
    found, through = [], 0
    for (first, forecast), pieces in groups.items():
        counted = sum(piece.seconds for piece in pieces)
        through += counted
        found.append(
            Summary(
                first_day=first,
                last_day=calendar.date_of(to_seconds(pieces[-1].starts_at)),
                counted=counted,
                deducted=sum(piece.measured for piece in pieces if piece.kind in DEDUCTED),
                late=sum(piece.measured for piece in pieces if piece.kind == IntervalKind.LATE),
                through=through,
                kinds=tuple(dict.fromkeys(piece.kind for piece in pieces)),
                forecast=forecast,
            )
        )
    return tuple(found)


def _by_local_day(item: Interval, calendar: Calendar) -> Iterator[Interval]:
    """An interval cut at local midnights. Whatever counts in it counts throughout, second by second."""
    start, end = to_seconds(item.starts_at), to_seconds(item.ends_at)
    while start < end:
        until = min(calendar.end_of(calendar.date_of(start)), end)
        yield replace(
            item,
            starts_at=from_seconds(start),
            ends_at=from_seconds(until),
            seconds=until - start if item.seconds else 0,
            measured=until - start if item.measured else 0,
        )
        start = until
