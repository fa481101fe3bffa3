"""What if: the tickets of a period counted again under a draft of the terms, other calendars or other severities.

Nothing is written. What happened stays as the journal has it; only the rules change. Each ticket is compared with what
it comes to under its own version of the terms and its own overrides, both judged at the same instant.

``compare`` is the reckoning and knows no database: tickets of a plain shape (filed, perhaps met, perhaps closed) are
counted in bulk, the others are folded one by one. Both ways give the same answers. ``replay`` reads the tickets in two
streams, whatever their number.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, F, Func, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from accounts.errors import Invalid, NotFound
from accounts.tenancy import Actor
from contracts.holiday_dates import FIRST_YEAR, LAST_YEAR
from contracts.models import Contract
from contracts.selectors import contracts, terms_by_id, zone_of
from contracts.terms import Terms, TermsError, UnknownTerm, parse_terms
from slas.bulk import BulkCalendar
from slas.days import days_gained, overrides_of
from slas.engine import Calendar, ClockState, EngineError, Fact, Limit, Status, TargetPolicy, fold
from slas.engine.instants import from_seconds, to_seconds
from slas.histories import IRRELEVANT, Happened, Journal, Readings, Shape
from slas.policies import policy_for
from slas.receipt_wording import reason_text
from tickets.events import CLOCK_FACTS, Kind
from tickets.models import Event, Ticket

CHUNK = 5_000
MOST_FAILURES = 100
MERGED_LISTS = ("days_off", "closures", "special_days")
"""Parts of a calendar to which a change adds; it replaces the others."""

Progress = Callable[[int], None]


# What is asked, and what is answered ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alternative:
    """The rules to try out. ``terms`` replaces the terms of every ticket.

    ``calendars`` changes calendars by code, in the form that a terms document gives them: days off, closures and
    special days are added, anything else is replaced. ``severities`` says which severity counts as which other one;
    a key such as ``incident/major`` is for tickets of that nature, or of that kind of the severity, and comes first.
    """

    terms: Terms | None = None
    calendars: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes_something(self) -> bool:
        return self.terms is not None or bool(self.calendars) or bool(self.severities)


class Case(NamedTuple):
    """One ticket of the past: what it falls under, and what happened. ``overrides`` is a JSON text, or empty."""

    reference: str
    contract: str
    terms: Terms
    environment: str
    overrides: str
    natures: tuple[str, ...]
    events: Sequence[Happened]


class Outcome(NamedTuple):
    """What a clock came to. ``severity`` is empty for a target that the terms do not have.

    ``due`` is in seconds since 1970; of a clock that has ended, what was due then.
    """

    status: str
    severity: str
    due: int | None

    @classmethod
    def of(cls, state: ClockState) -> "Outcome":
        return cls(state.status, state.severity, None if state.due_at is None else to_seconds(state.due_at))

    @property
    def due_at(self) -> datetime | None:
        return None if self.due is None else from_seconds(self.due)


NO_TARGET = Outcome(Status.NONE, "", None)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a clock comes out differently: which rule, and what it says on either side.

    ``code`` is target_added, target_removed, severity, figure, calendar, pausing or meeting. Sides are severities for
    ``severity``, limits or None for ``figure``, names of ``met_by`` for ``meeting``, and else empty.
    """

    code: str
    before: Limit | str | None = None
    after: Limit | str | None = None

    @property
    def text(self) -> str:
        """The reason in the active language."""
        return reason_text(self.code, self.before, self.after)


@dataclass(frozen=True, slots=True)
class Difference:
    """One clock of one ticket that comes out differently: another status, or another due time.

    ``zone`` is the one in which the clock is counted.
    """

    ticket: str
    contract: str
    target: str
    before: Outcome
    after: Outcome
    reasons: tuple[Reason, ...]
    zone: str

    @property
    def moved_seconds(self) -> int | None:
        """By how much the due time moves, where there is one on both sides; negative for sooner."""
        return None if self.before.due is None or self.after.due is None else self.after.due - self.before.due

    @property
    def changes_outcome(self) -> bool:
        return self.before.status != self.after.status


@dataclass(frozen=True, slots=True)
class Tally:
    """How many clocks of one target and one severity (as it was) have each status, before and after."""

    target: str
    severity: str
    before: Mapping[str, int]
    after: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the differences. ``total`` counts them all; ``next_offset`` is None on the last page."""

    rows: tuple[Difference, ...]
    total: int
    next_offset: int | None


@dataclass(slots=True)
class Replay:
    """The answer. ``differences`` are in the order of the tickets; ``failures`` name tickets that cannot be counted."""

    at: datetime
    tickets: int = 0
    clocks: int = 0
    in_bulk: int = 0
    transitions: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def tallies(self) -> list[Tally]:
        """Before and after, by target and severity, in the order in which they were met with."""
        before: dict[tuple[str, str], Counter[str]] = {}
        after: dict[tuple[str, str], Counter[str]] = {}
        for (target, severity, was, is_), number in self.transitions.items():
            before.setdefault((target, severity), Counter())[was] += number
            after.setdefault((target, severity), Counter())[is_] += number
        return [Tally(*key, before[key], after[key]) for key in before]

    @property
    def changed_outcomes(self) -> int:
        """How many clocks end up with another status."""
        return sum(number for (_target, _severity, was, is_), number in self.transitions.items() if was != is_)

    def page(self, offset: int = 0, size: int = 100, *, outcomes_only: bool = False) -> Page:
        """Some differences from ``offset`` on; with ``outcomes_only`` those that change the status."""
        rows = [one for one in self.differences if one.changes_outcome] if outcomes_only else self.differences
        offset, size = max(offset, 0), max(size, 1)
        end = offset + size
        return Page(tuple(rows[offset:end]), len(rows), end if end < len(rows) else None)


# Asked of the database ------------------------------------------------------------------------------------------------


def replay(
    actor: Actor,
    *,
    first_day: date,
    last_day: date,
    at: datetime,
    alternative: Alternative,
    contract: str = "",
    progress: Progress | None = None,
    in_bulk: bool = True,
) -> Replay:
    """Count the tickets filed from one day to another again, under one contract (by reference) or all of them.

    Days are those of the contract's zone; of the actor's for all contracts. Reads in a fixed number of queries. Raises
    ``Forbidden``, ``NotFound`` for a contract that does not exist for the actor, and ``Invalid`` for a period that ends
    before it starts or an alternative that cannot be applied.
    """
    if not actor.is_system:
        actor.require("contract.replay")
    for name, day in (("first_day", first_day), ("last_day", last_day)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            message = _("Choose a day of the years %(first)d to %(last)d.")
            raise Invalid({name: [message % {"first": FIRST_YEAR, "last": LAST_YEAR}]})
    if last_day < first_day:
        raise Invalid({"last_day": [_("The period ends before it starts.")]})
    if not alternative.changes_something:
        raise Invalid({"": [_("Choose what to try out: a draft of the terms, a calendar or severities.")]})
    chosen = _contract(actor, contract) if contract else None
    zone = zone_of(chosen) if chosen else ZoneInfo(actor.time_zone)
    since, until = _midnight(first_day, zone), _midnight(last_day + timedelta(1), zone)
    rows = Ticket.objects.visible_to(actor).filter(opened_at__gte=since, opened_at__lt=until)
    rows = rows.filter(contract=chosen) if chosen else rows
    events = Event.objects.visible_to(actor).filter(ticket__opened_at__gte=since, ticket__opened_at__lt=until)
    events = events.filter(ticket__contract=chosen) if chosen else events
    natures = any("/" in key for key in alternative.severities)
    return compare(_cases(rows, events, natures=natures), alternative, at, progress=progress, in_bulk=in_bulk)


def _contract(actor: Actor, reference: str) -> Contract:
    found = contracts(actor).filter(reference=reference).first()
    if found is None:
        raise NotFound
    return found


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _cases(rows: QuerySet[Ticket], events: QuerySet[Event], *, natures: bool) -> Iterator[Case]:
    """The tickets with their journals: two streams in the same order, walked side by side.

    Keys are compared as texts, whose order is that of the keys.
    """
    told = rows.order_by("pk").values_list(
        Cast("pk", TextField()),
        "reference",
        "contract__reference",
        "terms_id",
        "severity_kind",
        _text_of("details__environment_kind"),
        _text_of("details__overrides"),
        F("details") if natures else Value("", output_field=TextField()),
    )
    journal = iter(
        events.filter(kind__in=sorted(CLOCK_FACTS))
        .order_by("ticket_id", "seq")
        .values_list(
            Cast("ticket_id", TextField()),
            "kind",
            _Second("at"),
            "actor_side",
            _Relevant("data"),
            Cast("pk", TextField()),
        )
        .iterator(chunk_size=CHUNK)
    )
    ahead = next(journal, None)
    for key, reference, contract, terms_id, kind, environment, overrides, details in told.iterator(chunk_size=CHUNK):
        # The journal may be read a moment later, and then holds tickets that the first stream does not.
        while ahead is not None and ahead[0] < key:
            ahead = next(journal, None)
        happened = []
        while ahead is not None and ahead[0] == key:
            happened.append(Happened(*ahead[1:]))
            ahead = next(journal, None)
        terms = terms_by_id(terms_id)
        named = _natures(terms, kind, details) if natures else ()
        yield Case(reference, contract, terms, environment, _given(overrides), named, happened)


class _Second(Func):
    """An instant in whole seconds since 1970: reading a number is many times faster than reading an instant."""

    template = "floor(extract(epoch FROM %(expressions)s))::bigint"
    output_field = BigIntegerField()


def _text_of(path: str) -> Coalesce:
    """A part of a JSON column as a text, empty where there is none."""
    return Coalesce(KT(path), Value(""), output_field=TextField())


class _Relevant(Func):
    """The data of an entry as a text, without what no clock is folded from."""

    template = "(%(expressions)s - ARRAY[" + ", ".join(f"'{name}'" for name in IRRELEVANT) + "])::text"
    output_field = TextField()


def _given(overrides: str) -> str:
    return "" if overrides in ("{}", "null") else overrides


def _natures(terms: Terms, kind: str, details: Mapping[str, Any]) -> tuple[str, ...]:
    """What a key of the severities can be qualified by: the kind of the severity, and the ticket's classifications."""
    found = [kind, *(details.get(item.code) for item in terms.classifications)]
    return tuple(one for one in found if isinstance(one, str) and one)


# The reckoning --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    """One clock on its way: its policies and facts on either side, and what they come to."""

    case: Case
    target: str
    policies: tuple[TargetPolicy | None, TargetPolicy | None]
    meets: tuple[str, str]
    outcomes: list[Outcome] = field(default_factory=lambda: [NO_TARGET, NO_TARGET])
    failed: bool = False


@dataclass(slots=True)
class _Pair:
    """One target before and after, for all tickets under the same terms and overrides: how facts are read, and the
    policies. None on the side on which there is no such target.
    """

    target: str
    readings: tuple[Readings | None, Readings | None]
    policies: tuple[TargetPolicy | None, TargetPolicy | None]
    meets: tuple[str, str]


def compare(
    cases: Iterable[Case],
    alternative: Alternative,
    at: datetime,
    *,
    progress: Progress | None = None,
    in_bulk: bool = True,
) -> Replay:
    """Count cases under their own rules and under the alternative, judged at an instant.

    ``progress`` is called with the number of tickets done. ``in_bulk=False`` folds every clock one by one. Raises
    ``Invalid`` where the alternative cannot be applied; a ticket that cannot be counted is told among the failures.
    """
    result = Replay(at)
    rules = _Rules(alternative)
    stream = iter(cases)
    while chunk := list(islice(stream, CHUNK)):
        _Chunk(rules, result, to_seconds(at), in_bulk=in_bulk).take(chunk)
        if progress:
            progress(result.tickets)
    return result


def _details(case: Case) -> dict[str, Any]:
    """What the ticket was filed under, in the form in which a ticket keeps it."""
    overrides = json.loads(case.overrides) if case.overrides else {}
    return {"overrides": overrides, "environment_kind": case.environment}


class _Rules:
    """Policies on either side, each made once. Raises ``Invalid`` for an alternative that cannot be applied."""

    def __init__(self, alternative: Alternative) -> None:
        self.alternative = alternative
        self._pairs: dict[tuple[int, str, str, str], tuple[Terms, list[_Pair]]] = {}
        self._after: dict[str, Terms] = {}
        self._read: dict[tuple[str, str], Readings] = {}
        self._bulk: dict[int, tuple[Calendar, BulkCalendar]] = {}
        self._reasons: dict[tuple[int, int, str, str], tuple[Reason, ...]] = {}

    @property
    def may_change_severities(self) -> bool:
        return bool(self.alternative.severities) or self.alternative.terms is not None

    def pairs(self, case: Case) -> list[_Pair]:
        key = (id(case.terms), case.environment, case.overrides, self._gained(case))
        if key not in self._pairs:
            self._pairs[key] = (case.terms, list(self._make(case)))
        return self._pairs[key][1]

    def _gained(self, case: Case) -> str:
        """The days that the ticket's calendars gained while it ran (R19), by target, as a text to tell them apart."""
        if not any(event.kind == Kind.CALENDAR_CHANGED for event in case.events):
            return ""
        details = _details(case)
        days = {
            target: days_gained(case.terms, target, case.events, details)  # type: ignore[arg-type]
            for target in case.terms.target_names
        }
        return json.dumps(days, sort_keys=True)

    def severity(self, case: Case, severity: str) -> str:
        """What a severity of a ticket counts as after the change."""
        matrix = self.alternative.severities
        for nature in case.natures:
            if (found := matrix.get(f"{nature}/{severity}")) is not None:
                return found
        return matrix.get(severity, severity)

    def bulk(self, calendar: Calendar) -> BulkCalendar:
        if id(calendar) not in self._bulk:
            self._bulk[id(calendar)] = (calendar, BulkCalendar(calendar))
        return self._bulk[id(calendar)][1]

    def reasons(self, line: _Line) -> tuple[Reason, ...]:
        """Why a clock comes out differently; the policies of a line live as long as these rules."""
        before, after = line.policies
        was, is_ = (outcome.severity for outcome in line.outcomes)
        key = (id(before), id(after), was, is_)
        if key not in self._reasons:
            self._reasons[key] = _reasons(
                _Side(before, line.meets[0], was) if before else None,
                _Side(after, line.meets[1], is_) if after else None,
            )
        return self._reasons[key]

    def _make(self, case: Case) -> Iterator[_Pair]:
        before, after = case.terms, self._terms(case)
        details = _details(case)
        for target in dict.fromkeys([*before.target_names, *after.target_names]):
            overrides = (
                overrides_of(before, target, case.events, details)  # type: ignore[arg-type]
                if target in before.target_names
                else details["overrides"]
            )
            yield _Pair(
                target,
                (self._readings(before, target), self._readings(after, target)),
                (
                    self._policy(case, before, target, overrides, tried_out=False),
                    self._policy(case, after, target, overrides, tried_out=True),
                ),
                (_meeting(before, target), _meeting(after, target)),
            )

    def _readings(self, terms: Terms, target: str) -> Readings | None:
        if target not in terms.target_names:
            return None
        key = (terms.digest, target)
        if key not in self._read:
            self._read[key] = Readings(terms, target)
        return self._read[key]

    def _terms(self, case: Case) -> Terms:
        own = self.alternative.terms or case.terms
        if own.digest not in self._after:
            self._after[own.digest] = changed_terms(own, self.alternative.calendars)
        return self._after[own.digest]

    def _policy(
        self, case: Case, terms: Terms, target: str, overrides: Mapping[str, Any], *, tried_out: bool
    ) -> TargetPolicy | None:
        if target not in terms.target_names:
            return None
        try:
            policy = policy_for(terms, target, overrides=overrides, environment=case.environment or None)
        except (TermsError, UnknownTerm, EngineError) as error:
            if not tried_out:
                raise
            message = _("The draft does not fit the contract %(contract)s: %(reason)s")
            raise Invalid({"": [message % {"contract": case.contract, "reason": error.args[0]}]}) from error
        # Alerts do not decide what a clock comes to, and cost the most to reckon.
        return replace(policy, alerts=())


def changed_terms(terms: Terms, calendars: Mapping[str, Mapping[str, Any]]) -> Terms:
    """Terms with other calendars. Raises ``Invalid`` for a calendar that they do not have, or one that cannot be."""
    if not calendars:
        return terms
    document = terms.to_document()
    own = {item["code"]: item for item in document["calendars"]}
    for code, change in calendars.items():
        if code not in own:
            message = _("%(terms)s has no calendar %(code)s: use %(known)s.")
            raise Invalid(
                {"calendars": [message % {"terms": terms.code, "code": code, "known": ", ".join(sorted(own))}]}
            )
        for name, value in change.items():
            is_added = name in MERGED_LISTS and isinstance(value, list)
            own[code][name] = [*own[code].get(name, []), *value] if is_added else value
    try:
        return parse_terms(document, source=f"{terms.code} {terms.version}")
    except TermsError as error:
        raise Invalid({"calendars": [str(problem) for problem in error.problems]}) from error


def _meeting(terms: Terms, target: str) -> str:
    """How facts are read from a journal: what meets the target, and what a reopening does."""
    if target not in terms.target_names:
        return ""
    found = terms.target_terms(target)
    return f"{found.met_by} {found.reopening}"


class _Chunk:
    """Some thousand tickets: their facts are read, plain clocks are counted together, then all are compared."""

    def __init__(self, rules: _Rules, result: Replay, at: int, *, in_bulk: bool) -> None:
        self.rules, self.result, self.at, self.in_bulk = rules, result, at, in_bulk
        self.plain: dict[tuple[int, str], list[tuple[_Line, int, TargetPolicy, Shape]]] = {}

    def take(self, cases: Iterable[Case]) -> None:
        lines: list[_Line] = []
        for case in cases:
            self.result.tickets += 1
            if case.events and case.events[-1].second > self.at:
                case = case._replace(events=[event for event in case.events if event.second <= self.at])
            try:
                lines += self._lines(case)
            except (EngineError, TermsError, UnknownTerm, LookupError) as error:
                self._fail(case, error)
        for group in self.plain.values():
            self._count(group)
        for line in lines:
            if not line.failed:
                self._conclude(line)

    def _lines(self, case: Case) -> Iterator[_Line]:
        journal = Journal(case.events)
        for pair in self.rules.pairs(case):
            line = _Line(case, pair.target, pair.policies, pair.meets)
            for side, (readings, policy) in enumerate(zip(pair.readings, pair.policies, strict=True)):
                if readings is not None and policy is not None:
                    self._read(line, side, readings, policy, journal)
            yield line

    def _read(self, line: _Line, side: int, readings: Readings, policy: TargetPolicy, journal: Journal) -> None:
        """Put a clock among the plain ones, or fold it at once."""
        script = readings.script(journal) if self.in_bulk else None
        shape = script.shape(journal, self.at, pausing=policy.pausing) if script else None
        if shape is not None and side and self.rules.may_change_severities:
            changed = [self._other_severity(line.case, one, policy) for one in shape.severities]
            shape = shape._replace(severity=changed[shape.severities.index(shape.severity)])
        elif shape is not None and not policy.limits.keys() >= set(shape.severities):
            shape = None  # the fold says what is wrong with it
        if shape is not None:
            self.plain.setdefault((id(policy), shape.severity), []).append((line, side, policy, shape))
            return
        facts = readings.facts(journal)
        if side and self.rules.may_change_severities:
            facts = [
                replace(fact, severity=self._other_severity(line.case, fact.severity, policy))
                if fact.severity
                else fact
                for fact in facts
            ]
        line.outcomes[side] = _folded(policy, facts, self.result.at)

    def _with_other_severity(self, case: Case, fact: Fact, policy: TargetPolicy) -> Fact:
        if fact.severity is None:
            return fact
        return replace(fact, severity=self._other_severity(case, fact.severity, policy))

    def _other_severity(self, case: Case, severity: str, policy: TargetPolicy) -> str:
        """What a severity counts as after the change. Raises ``Invalid`` where the rules tried out do not know it."""
        found = self.rules.severity(case, severity)
        if found not in policy.limits:
            _refuse_severity(case, found, policy)
        return found

    def _count(self, group: list[tuple[_Line, int, TargetPolicy, Shape]]) -> None:
        """Clocks of one policy and severity, counted together."""
        _, _, policy, first = group[0]
        limit = policy.limit(first.severity)
        self.result.in_bulk += len(group)
        if limit is None:
            for line, side, _policy, shape in group:
                status = Status.NONE if shape.closed is None else Status.CANCELLED
                line.outcomes[side] = Outcome(status, shape.severity, None)
            return
        try:
            found = self.rules.bulk(policy.calendar).due(limit, [shape.started for *_, shape in group]).tolist()
        except EngineError:
            # One of them is beyond the calendar: each is asked by itself, so that only that one fails.
            self._count_singly(group, limit)
            return
        for (line, side, _policy, shape), due in zip(group, found, strict=True):
            line.outcomes[side] = _judged(shape, due, self.at)

    def _count_singly(self, group: list[tuple[_Line, int, TargetPolicy, Shape]], limit: Limit) -> None:
        for line, side, policy, shape in group:
            try:
                due = int(self.rules.bulk(policy.calendar).due(limit, [shape.started])[0])
            except EngineError as error:
                line.failed = True
                self._fail(line.case, error)
            else:
                line.outcomes[side] = _judged(shape, due, self.at)

    def _conclude(self, line: _Line) -> None:
        before, after = line.outcomes
        severity = before.severity or after.severity
        self.result.clocks += 1
        self.result.transitions[line.target, severity, before.status, after.status] += 1
        if before.status == after.status and before.due == after.due:
            return
        policy = line.policies[0] or line.policies[1]
        assert policy is not None
        self.result.differences.append(
            Difference(
                line.case.reference,
                line.case.contract,
                line.target,
                before,
                after,
                self.rules.reasons(line),
                policy.calendar.tz,
            )
        )

    def _fail(self, case: Case, error: Exception) -> None:
        self.result.failed += 1
        if len(self.result.failures) < MOST_FAILURES:
            self.result.failures.append((case.reference, str(error.args[0]) if error.args else repr(error)))


def _refuse_severity(case: Case, severity: str, policy: TargetPolicy) -> None:
    message = _("The ticket %(ticket)s has the severity %(severity)s, which the rules tried out do not know. Say as "
                "which of these it counts: %(known)s.")  # fmt: skip
    values = {"ticket": case.reference, "severity": severity, "known": ", ".join(sorted(policy.limits))}
    raise Invalid({"severities": [message % values]})


def _judged(shape: Shape, due: int, at: int) -> Outcome:
    """What a plain clock comes to (see ``slas.engine.clock``): met in the second it was due is met."""
    if shape.closed is not None and shape.closed <= due:
        return Outcome(Status.CANCELLED, shape.severity, None)
    known = at if shape.met is None else shape.met
    in_time = Status.RUNNING if shape.met is None else Status.MET
    return Outcome(Status.BREACHED if known > due else in_time, shape.severity, due)


def _folded(policy: TargetPolicy, facts: Sequence[Fact], at: datetime) -> Outcome:
    return Outcome.of(fold(policy, facts, at))


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    policy: TargetPolicy
    meets: str
    severity: str


def _reasons(before: _Side | None, after: _Side | None) -> tuple[Reason, ...]:
    if before is None or after is None:
        return (Reason("target_added" if before is None else "target_removed"),)
    found: list[Reason] = []
    if before.severity != after.severity:
        found.append(Reason("severity", before.severity, after.severity))
    figures = before.policy.limit(before.severity), after.policy.limit(after.severity)
    if not _same_figure(*figures):
        found.append(Reason("figure", *figures))
    if before.policy.calendar.spec.digest != after.policy.calendar.spec.digest:
        found.append(Reason("calendar"))
    if before.policy.pausing != after.policy.pausing:
        found.append(Reason("pausing", *("yes" if side.policy.pausing else "" for side in (before, after))))
    if before.meets != after.meets:
        found.append(Reason("meeting", before.meets.split()[0], after.meets.split()[0]))
    return tuple(found)


@lru_cache(maxsize=1024)
def _same_figure(one: Limit | None, other: Limit | None) -> bool:
    """Whether two limits are the same amount, whatever clause or paper they stand on."""
    if one is None or other is None:
        return one is other
    return replace(one, clause="", reference="") == replace(other, clause="", reference="")
