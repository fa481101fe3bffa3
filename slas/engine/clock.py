"""A clock folded from facts: what one target of one ticket says at an instant.

The facts are the truth and the only input. Facts later than the instant asked for are left out, the others are taken in
the order of their instants (facts of one second in the order given), so that the answer never depends on when, or how
often, somebody looks.

What was decided where the contracts say little:

- A target met in the very second it was due is met. It is breached from the next second on, and ``breached_at`` is then
  the instant at which it was due, however late that is noticed.
- A change of severity (R18) counts every target that is not yet met again from the original event, also one that was
  already late. Where the new due time has passed, the target was breached at that time; where it has not, the clock
  runs again. The journal keeps the breach that was told, and who changed the severity and why.
- A breached clock that is met later stays breached and also tells when it was met.
- A clock that has ended (met or breached) is not ended again by a cancellation. No pause or severity reaches one that
  was met or cancelled.
- A hold (support set aside until a condition of the contract is fulfilled again, such as GEN-8) stops the clock
  whatever the terms say of waiting: nothing is owed meanwhile. The held clock shows as paused and has no due time. What
  was breached before the hold stays breached.
- A reopening takes back that a target was met: the time since then is deducted, and the target runs on from the
  original event under what changed meanwhile. With nothing left to count it is due at the reopening. A target for which
  the contract lets what was met stay met gets no such fact.
- An exclusion covers whatever the clock says until it is reinstated; what it says underneath goes on, so that figures
  with and without exclusions can both be given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from slas.engine.errors import BadFacts
from slas.engine.instants import from_seconds, to_seconds
from slas.engine.limits import Limit, Window, window
from slas.engine.pauses import Due, Pause, merged, moved
from slas.engine.policy import BREACH, TargetPolicy


class FactKind(StrEnum):
    STARTED = "started"
    SEVERITY_CHANGED = "severity_changed"
    PAUSED = "paused"
    RESUMED = "resumed"
    HELD = "held"
    RELEASED = "released"
    MET = "met"
    REOPENED = "reopened"
    EXCLUDED = "excluded"
    REINSTATED = "reinstated"
    CANCELLED = "cancelled"


class Status(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    EXCLUDED = "excluded"
    CANCELLED = "cancelled"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a clock. STARTED and SEVERITY_CHANGED carry the severity.

    Pauses of different ``reason`` may overlap: the clock runs again when each was resumed. A RESUMED without a reason
    ends them all. Holds and RELEASED are the same, apart from the pauses.
    """

    kind: FactKind
    at: datetime
    severity: str | None = None
    reason: str | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the clock says. ``remaining_seconds`` (of counted time) is given while paused, when there is no due time.

    ``due_at`` of an ended clock is the time that was due when it ended. ``next_action_at`` is the next instant, after
    the one asked for, at which something is to be done, and ``next_action`` the alert code or ``breach``. ``alerts``
    are those of ``alerts_reached``; two states that say the same of now are equal, however they came about.
    """

    status: Status
    severity: str
    started_at: datetime | None = None
    due_at: datetime | None = None
    remaining_seconds: int | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    next_action_at: datetime | None = None
    next_action: str | None = None
    alerts: "tuple[Alert, ...]" = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reached:
    """An alert reached while the clock ran, under which severity and due time. Seconds since 1970."""

    code: str
    at: int
    due: int
    severity: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that was reached: its code (``breach`` among them), the instant, and what was due then."""

    code: str
    at: datetime
    due_at: datetime
    severity: str


@dataclass(slots=True)
class Stops:
    """Stretches in which a clock stands still, and since when and for which reasons it does so now."""

    over: list[tuple[int, int]] = field(default_factory=list)
    since: int | None = None
    reasons: set[str | None] = field(default_factory=set)

    @property
    def all(self) -> list[Pause]:
        return [*self.over] if self.since is None else [*self.over, (self.since, None)]

    def begin(self, reason: str | None, at: int) -> None:
        self.reasons.add(reason)
        if self.since is None:
            self.since = at

    def end(self, reason: str | None, at: int) -> None:
        """One reason ends, or all of them for None; the last one ends the stretch."""
        if reason is None:
            self.reasons.clear()
        self.reasons.discard(reason)
        if self.since is not None and not self.reasons:
            self.over.append((self.since, at))
            self.since = None


@dataclass(slots=True)
class Run:
    """A clock while its facts are being taken in. Instants are seconds since 1970."""

    policy: TargetPolicy
    severity: str = ""
    started: int | None = None
    met: int | None = None
    breached: int | None = None
    cancelled: int | None = None
    excluded: bool = False
    changes: list[tuple[int, str]] = field(default_factory=list)
    waits: Stops = field(default_factory=Stops)
    holds: Stops = field(default_factory=Stops)
    resolved: list[tuple[int, int]] = field(default_factory=list)
    meanwhile: list[tuple[int, Fact]] = field(default_factory=list)
    alerts: list["Reached"] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    _laid: dict[tuple[str, int], Window] = field(default_factory=dict)

    @property
    def limit(self) -> Limit | None:
        return None if self.started is None else self.policy.limit(self.severity)

    @property
    def settled(self) -> bool:
        """Met or cancelled: nothing that follows counts the target again."""
        return self.met is not None or self.cancelled is not None

    @property
    def ended(self) -> bool:
        return self.settled or self.breached is not None

    @property
    def all_pauses(self) -> list[Pause]:
        """Stretches that do not count: holds, what was resolved meanwhile, and waiting where it pauses (R13)."""
        waits = self.waits.all if self.policy.pausing else []
        return [*waits, *self.holds.all, *self.resolved]

    def laid(self) -> Window | None:
        """The limit in force, counted from the original event (R18)."""
        limit = self.limit
        if limit is None:
            return None
        assert self.started is not None
        key = self.severity, self.started
        if key not in self._laid:
            self._laid[key] = window(limit, self.policy.calendar, self.started)
        return self._laid[key]

    def reckoned(self) -> Due | None:
        """When the target is due under the facts so far; None where there is no target."""
        laid = self.laid()
        if laid is None:
            return None
        due = moved(laid.meter, laid.start, laid.base, self.all_pauses)
        for met, reopened in self.resolved:
            if due.due is not None and met <= due.due:
                due = replace(due, due=max(due.due, reopened))  # where nothing was left to count when it was met
        return due


def fold(policy: TargetPolicy, facts: Sequence[Fact], at: datetime) -> ClockState:
    """The state of a clock at an instant, from its facts alone. Raises EngineError on facts that cannot be."""
    run = run_of(policy, facts, at)
    due = run.reckoned()
    upcoming = _next_action(run, due)
    return ClockState(
        status=_status(run, due),
        severity=run.severity,
        started_at=_instant(run.started),
        due_at=None if due is None or run.cancelled is not None else _instant(due.due),
        remaining_seconds=None if due is None or run.ended else due.left,
        met_at=_instant(run.met),
        breached_at=_instant(run.breached),
        next_action_at=_instant(upcoming[0]) if upcoming else None,
        next_action=upcoming[1] if upcoming else None,
        alerts=_told(run),
    )


def alert_instants(policy: TargetPolicy, facts: Sequence[Fact], at: datetime) -> tuple[tuple[str, datetime], ...]:
    """Alert codes, and ``breach``, with the instants at which they were reached by ``at``, in order.

    Each is reached once for each severity under which the clock ran, and only while it ran: not while paused, ended or
    excluded; what fell due meanwhile is reached when the clock goes on. A breach carries the instant that was due.
    """
    return tuple((alert.code, alert.at) for alert in alerts_reached(policy, facts, at))


def alerts_reached(policy: TargetPolicy, facts: Sequence[Fact], at: datetime) -> tuple[Alert, ...]:
    """The alerts of ``alert_instants`` with the severity and the due time under which each was reached."""
    return _told(run_of(policy, facts, at))


def _told(run: Run) -> tuple[Alert, ...]:
    return tuple(Alert(one.code, from_seconds(one.at), from_seconds(one.due), one.severity) for one in run.alerts)


def run_with(policy: TargetPolicy, severity: str, event: datetime, pauses: Iterable[Pause]) -> Run:
    """A clock that an event started, with pauses that are already known: for questions apart from any ticket."""
    run = Run(policy)
    started = to_seconds(event)
    _start(run, Fact(FactKind.STARTED, event, severity=severity), started)
    for begins, ends in merged(pauses):
        run.waits.begin(None, begins)
        if ends is not None:
            run.waits.end(None, ends)
    return run


def run_of(policy: TargetPolicy, facts: Iterable[Fact], at: datetime) -> Run:
    """The facts up to an instant, taken in one after the other."""
    until = to_seconds(at)
    timed = sorted(((to_seconds(fact.at), fact) for fact in facts), key=lambda pair: pair[0])
    run, position = Run(policy), None
    for instant, fact in timed:
        if instant > until:
            break
        if position is not None:
            _advance(run, position, instant, instant)
        _take(run, fact, instant)
        position = instant
    if position is not None:
        _advance(run, position, until + 1, until)
    return run


def _advance(run: Run, since: int, before: int, now: int) -> None:
    """Let time pass: alerts are reached before ``before``, and the due time may have passed unmet by ``now``."""
    due = None if run.ended else run.reckoned()
    if due is not None and due.due is not None:
        for code, instant in _thresholds(run, due.due):
            reached = max(instant, since)
            if code not in run.told and reached < before and reached <= due.due and not run.excluded:
                run.told.add(code)
                _reach(run, Reached(code, reached, due.due, run.severity))
        if now > due.due:
            run.breached = due.due
    if run.breached is not None and not run.excluded:
        _reach(run, Reached(BREACH, run.breached, run.breached, run.severity))


def _reach(run: Run, alert: Reached) -> None:
    """Once: a severity that comes back finds what was already reached under it."""
    if alert not in run.alerts:
        run.alerts.append(alert)


def _thresholds(run: Run, due: int) -> list[tuple[str, int]]:
    """The instants before the due time at which the given shares of the counted time have passed, rounded up."""
    laid = run.laid()
    assert laid is not None
    total = laid.meter.elapsed_s(laid.start, laid.base)
    found = []
    for alert in run.policy.alerts:
        if alert.code == BREACH:
            continue
        if total:
            share = -(-total * alert.percent // 100)
            reached = moved(laid.meter, laid.start, laid.meter.add_s(laid.start, share), run.all_pauses).due
        else:  # a limit in days with no opening time in it, such as a day of a weekend
            reached = laid.start + (laid.base - laid.start) * alert.percent // 100
        assert reached is not None  # whoever can reach the due time can reach a share of it
        if reached < due:
            found.append((alert.code, reached))
    return found


def _take(run: Run, fact: Fact, at: int) -> None:
    """Take in one fact. The due time has not passed unmet before it, else the run has ended already."""
    match fact.kind:
        case FactKind.STARTED:
            _start(run, fact, at)
        case FactKind.SEVERITY_CHANGED:
            _change_severity(run, fact, at)
        case FactKind.PAUSED:
            _stop(run, run.waits, fact, at)
        case FactKind.RESUMED:
            _go_on(run, run.waits, fact, at)
        case FactKind.HELD:
            _stop(run, run.holds, fact, at)
        case FactKind.RELEASED:
            _go_on(run, run.holds, fact, at)
        case FactKind.MET:
            _meet(run, at)
        case FactKind.REOPENED:
            _reopen(run, at)
        case FactKind.EXCLUDED:
            run.excluded = True
        case FactKind.REINSTATED:
            run.excluded = False
        case FactKind.CANCELLED:
            if not run.ended:
                run.cancelled = at


def _start(run: Run, fact: Fact, at: int) -> None:
    if run.started is not None:
        raise BadFacts("a clock starts once: these facts start it twice")
    if fact.severity is None:
        raise BadFacts("the fact that starts a clock says with which severity")
    run.severity, run.started = fact.severity, at
    run.changes.append((at, fact.severity))
    run.policy.limit(run.severity)


def _change_severity(run: Run, fact: Fact, at: int) -> None:
    if fact.severity is None:
        raise BadFacts("a change of severity says to which one")
    if run.started is None:
        raise BadFacts("a clock that has not started has no severity to change")
    run.policy.limit(fact.severity)
    if run.settled:
        run.meanwhile.append((at, fact))
        return
    if fact.severity == run.severity:
        return
    run.severity = fact.severity
    run.changes.append((at, fact.severity))
    run.told.clear()
    run.breached = None


def _stop(run: Run, stops: Stops, fact: Fact, at: int) -> None:
    if run.settled:
        run.meanwhile.append((at, fact))
    else:
        stops.begin(fact.reason, at)


def _go_on(run: Run, stops: Stops, fact: Fact, at: int) -> None:
    if run.settled:
        run.meanwhile.append((at, fact))
    else:
        stops.end(fact.reason, at)


def _meet(run: Run, at: int) -> None:
    """Met once. A severity raised in this very second may already have let the due time pass."""
    if run.started is None:
        raise BadFacts("a clock that has not started cannot be met")
    if run.met is None and run.cancelled is None:
        run.met = at


def _reopen(run: Run, at: int) -> None:
    """The clock goes on as though it had stood still since it was met, with what was kept for this case."""
    if run.met is None:
        return
    run.resolved.append((run.met, at))
    run.met = None
    meanwhile, run.meanwhile = run.meanwhile, []
    for instant, fact in meanwhile:
        _take(run, fact, instant)


def _status(run: Run, due: Due | None) -> Status:
    if run.cancelled is not None:
        return Status.CANCELLED
    if run.started is None:
        return Status.PENDING
    if due is None:
        return Status.NONE
    if run.excluded:
        return Status.EXCLUDED
    if run.breached is not None:
        return Status.BREACHED
    if run.met is not None:
        return Status.MET
    return Status.PAUSED if due.due is None else Status.RUNNING


def _next_action(run: Run, due: Due | None) -> tuple[int, str] | None:
    """What comes next while the clock runs: an alert, or the first second in which the target is late."""
    if run.ended or run.excluded or due is None or due.due is None:
        return None
    for code, instant in _thresholds(run, due.due):
        if code not in run.told:
            return instant, code
    return due.due + 1, BREACH


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_seconds(seconds)
