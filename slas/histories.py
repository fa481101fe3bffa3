"""Journals of the past, many at once: what their entries mean for a clock is read once for all that are alike.

What ``slas.facts`` reads from an entry depends on its kind, its side and what it says, never on when it happened. So
the journals of a year fall into some thousand patterns, and each is read once for each target. Journals in which
something was corrected afterwards name entries by their key, and are read one by one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from contracts.terms import Terms
from slas.engine import Fact, FactKind
from slas.engine.instants import from_seconds, to_seconds
from slas.facts import facts_of
from tickets.events import Kind
from tickets.standing import KEY as STANDING

IRRELEVANT = ("title", "clocks", "assignee", "team", "reason", "reason_code", "figures", "escalation", STANDING)
"""What an entry may say that no clock is folded from. Anything else that differs makes journals differ."""

_MOST_PATTERNS = 20_000


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(text)
    return found


class Happened(NamedTuple):
    """An entry of a journal as far as clocks need it: ``second`` since 1970, ``said`` its data as a JSON text."""

    kind: str
    second: int
    actor_side: str
    said: str = "{}"
    id: str = ""

    @property
    def at(self) -> datetime:
        return from_seconds(self.second)

    @property
    def data(self) -> Mapping[str, Any]:
        return _parsed(self.said)


class Shape(NamedTuple):
    """A clock that was filed and perhaps met or closed, under one severity after another: nothing stopped it.

    ``severity`` is the one under which it counts in the end (R18), ``severities`` every
    one that was named. Instants are seconds since 1970.
    """

    severity: str
    severities: tuple[str, ...]
    started: int
    met: int | None
    closed: int | None


class _Step(NamedTuple):
    """A fact without its instant: that of the entry at ``place``."""

    kind: FactKind
    place: int
    severity: str | None
    reason: str | None


class Outline(NamedTuple):
    """A plain shape without its instants, and every severity that was named."""

    severity: str
    severities: tuple[str, ...]
    started: int
    met: int | None
    closed: int | None


@dataclass(frozen=True, slots=True)
class Script:
    """What journals of one pattern mean for one target; ``plain`` and ``plain_if_waiting_counts`` where it is plain."""

    steps: tuple[_Step, ...]
    plain: Outline | None
    plain_if_waiting_counts: Outline | None

    def facts(self, journal: "Journal") -> list[Fact]:
        events = journal.events
        return [
            Fact(step.kind, events[step.place].at, step.severity, step.reason, events[step.place].id)
            for step in self.steps
        ]

    def outline(self, *, pausing: bool) -> "Outline | None":
        """The plain shape, if there is one, under a policy that waiting pauses or does not."""
        return self.plain if pausing else self.plain_if_waiting_counts

    def shape(self, journal: "Journal", until: int, *, pausing: bool) -> Shape | None:
        """The plain shape of a journal that ended by an instant; None where it has to be folded."""
        outline, times = self.outline(pausing=pausing), journal.times
        if outline is None or not journal.in_order or times[-1] > until:
            return None
        severity, severities, started, met, closed = outline
        return Shape(
            severity,
            severities,
            times[started],
            None if met is None else times[met],
            None if closed is None else times[closed],
        )


class Journal:
    """The entries of one ticket, with their pattern and their instants in seconds since 1970."""

    __slots__ = ("events", "in_order", "pattern", "times")

    def __init__(self, events: Sequence[Happened]) -> None:
        self.events = events
        self.times = [event[1] for event in events]
        self.in_order = self.times == sorted(self.times)
        self.pattern = tuple([(event[0], event[2], event[3]) for event in events])


class Readings:
    """The scripts of one target under one document, by pattern."""

    def __init__(self, terms: Terms, target: str) -> None:
        self.terms, self.target = terms, target
        self._scripts: dict[tuple[tuple[str, str, str], ...], Script | None] = {}

    def facts(self, journal: Journal) -> list[Fact]:
        """The facts of a journal: those of ``slas.facts.facts_of``."""
        script = self.script(journal)
        if script is None:
            return facts_of(self.terms, self.target, journal.events)  # type: ignore[arg-type]
        return script.facts(journal)

    def script(self, journal: Journal) -> Script | None:
        """What journals of this pattern mean; None for one in which something was corrected."""
        try:
            return self._scripts[journal.pattern]
        except KeyError:
            if len(self._scripts) >= _MOST_PATTERNS:
                self._scripts.clear()
            found = self._scripts[journal.pattern] = self._read(journal)
            return found

    def _read(self, journal: Journal) -> Script | None:
        if any(event.kind == Kind.CONTEST_ACCEPTED for event in journal.events):
            return None
        marked = [event._replace(id=str(place), second=place) for place, event in enumerate(journal.events)]
        steps = tuple(
            _Step(fact.kind, _place(fact), fact.severity, fact.reason)
            for fact in facts_of(self.terms, self.target, marked)  # type: ignore[arg-type]
        )
        return Script(steps, _outline(steps, pausing=True), _outline(steps, pausing=False))


def _place(fact: Fact) -> int:
    """The entry that a fact is about: the one whose instant and key it has."""
    place = int(fact.event_id or -1)
    if to_seconds(fact.at) != place:
        raise LookupError(f"a fact {fact.kind} has an instant that is not that of its entry")
    return place


def _outline(steps: Sequence[_Step], *, pausing: bool) -> Outline | None:
    """The plain shape of some steps, if they have one: nothing in them moves the due time."""
    started = met = closed = None
    severities: list[str] = []
    severity = ""
    for step in steps:
        if step.kind is FactKind.STARTED:
            if started is not None or step.severity is None:
                return None
            started, severity = step.place, step.severity
            severities.append(severity)
        elif started is None:
            return None
        elif step.kind is FactKind.SEVERITY_CHANGED:
            if step.severity is None or closed is not None:
                return None
            severity = step.severity if met is None else severity
            severities.append(step.severity)
        elif step.kind is FactKind.MET:
            met = step.place if met is None and closed is None else met
        elif step.kind is FactKind.CANCELLED:
            closed = step.place if met is None and closed is None else closed
        elif pausing or step.kind not in (FactKind.PAUSED, FactKind.RESUMED):
            return None
    return None if started is None else Outline(severity, tuple(severities), started, met, closed)
