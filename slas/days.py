"""The days that calendars gained while a ticket lived (R19), as its journal has them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from contracts.selectors import with_days
from contracts.terms import Terms
from slas.engine import fold
from slas.facts import facts_of
from slas.policies import policy_for
from tickets.events import Kind
from tickets.models import Event

Days = Mapping[str, Any]
"""Days in the form of a calendar override: calendar, reference, and days_off, closures or special_days."""


def days_gained(terms: Terms, target: str, events: Iterable[Event], details: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The days with which the clock of ``target`` is counted, in the order of the journal.

    A clock that ran when they came has them. So has one that did not run then and counts again since: under another
    severity, reinstated, corrected or reopened. What ended before they came stays as it was.
    """
    events = list(events)
    gained: list[dict[str, Any]] = []
    for event in events:
        if event.kind == Kind.CALENDAR_CHANGED and (
            _ran(event, target)
            or (_is_told(event, target) and not _ended_by(event.at, terms, target, events, details, gained))
        ):
            gained.append(event.data["days"])
    return gained


def overrides_of(terms: Terms, target: str, events: Iterable[Event], details: Mapping[str, Any]) -> dict[str, Any]:
    """What the contract changed when the ticket was filed (R16), with the days that its clock gained since (R19)."""
    return with_days(details.get("overrides"), days_gained(terms, target, events, details))


def _ran(event: Event, target: str) -> bool:
    return target in {clock["target"] for clock in event.data["recomputed"]}


def _is_told(event: Event, target: str) -> bool:
    return target in event.data.get("targets", ())


def _ended_by(
    at: datetime,
    terms: Terms,
    target: str,
    events: Sequence[Event],
    details: Mapping[str, Any],
    gained: Sequence[dict[str, Any]],
) -> bool:
    """Whether the journal, counted without the days that came at ``at``, has the clock met or late since before."""
    overrides = with_days(details.get("overrides"), gained)
    policy = policy_for(terms, target, overrides=overrides, environment=details.get("environment_kind") or None)
    state = fold(policy, facts_of(terms, target, events), max(event.at for event in events))
    is_met = state.met_at is not None and state.met_at <= at
    return is_met or (state.breached_at is not None and state.breached_at < at)
