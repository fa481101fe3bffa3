"""What both sides agreed to correct afterwards in the facts of a clock: a pause, a severity, an exclusion.

A correction is an event with a date of its own. What the clock said before that date can still be folded from the
events up to it; the journal keeps the figures from before and after. Nothing is rewritten.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from slas.engine import Fact, FactKind
from tickets.events import Kind
from tickets.models import Event

PAUSE, SEVERITY, EXCLUSION = "pause", "severity", "exclusion"

Correction = Mapping[str, Any]


def corrected(facts: Sequence[Fact], events: Iterable[Event]) -> list[Fact]:
    """The facts as the corrections agreed among the events leave them; of two on one matter the later one counts."""
    agreed = [event for event in events if event.kind == Kind.CONTEST_ACCEPTED]
    found = list(facts)
    for event in agreed:
        correction = event.data["correction"]
        found = _CORRECTED[correction["about"]](found, correction)
    return sorted(found, key=lambda fact: fact.at) if agreed else found


def corrected_at(events: Iterable[Event]) -> datetime | None:
    """When the facts were last corrected: warnings from before belong to what was believed then."""
    return max((event.at for event in events if event.kind == Kind.CONTEST_ACCEPTED), default=None)


def _pause(facts: list[Fact], correction: Correction) -> list[Fact]:
    """Take a pause out, or give it other bounds; one that was never recorded is put in under the contest's own key.

    What is met waits no more: a pause that was agreed to last longer ends there for that target.
    """
    key = correction["event"]
    kept = _without_pause(facts, key)
    if correction["start"] is None:
        return kept
    start, end = (datetime.fromisoformat(correction[name]) for name in ("start", "end"))
    end = min([end, *(fact.at for fact in kept if fact.kind == FactKind.MET and fact.at >= start)])
    reason = f"agreed:{key}"
    return [  # in front: where the wait ends in the second in which the target is met, it has ended before
        Fact(FactKind.PAUSED, start, reason=reason, event_id=key),
        Fact(FactKind.RESUMED, end, reason=reason, event_id=key),
        *kept,
    ]


def _without_pause(facts: list[Fact], key: str) -> list[Fact]:
    """Without the pause that an event began, nor what ended it."""
    place = next(
        (place for place, fact in enumerate(facts) if (fact.kind, fact.event_id) == (FactKind.PAUSED, key)), None
    )
    if place is None:
        return facts
    reason = facts[place].reason
    end = next(
        (
            later
            for later in range(place + 1, len(facts))
            if (facts[later].kind, facts[later].reason) == (FactKind.RESUMED, reason)
        ),
        None,
    )
    return [fact for index, fact in enumerate(facts) if index not in (place, end)]


def _severity(facts: list[Fact], correction: Correction) -> list[Fact]:
    """What was filed or changed to has, from then on, the severity agreed."""
    told = (FactKind.STARTED, FactKind.SEVERITY_CHANGED)
    return [
        replace(fact, severity=correction["severity"])
        if fact.kind in told and fact.event_id == correction["event"]
        else fact
        for fact in facts
    ]


def _exclusion(facts: list[Fact], correction: Correction) -> list[Fact]:
    """The exclusion never was."""
    return [fact for fact in facts if (fact.kind, fact.event_id) != (FactKind.EXCLUDED, correction["event"])]


_CORRECTED: Mapping[str, Callable[[list[Fact], Correction], list[Fact]]] = {
    PAUSE: _pause,
    SEVERITY: _severity,
    EXCLUSION: _exclusion,
}
