"""The days that calendars gained while a ticket ran (R19), as its journal has them."""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.selectors import with_days
from tickets.events import Kind
from tickets.models import Event

Days = Mapping[str, Any]
"""Days in the form of a calendar override: calendar, reference, and days_off, closures or special_days."""


def days_gained(events: Iterable[Event], target: str) -> list[dict[str, Any]]:
    """The days by which the clock of ``target`` was computed again, in the order of the journal."""
    return [
        event.data["days"]
        for event in events
        if event.kind == Kind.CALENDAR_CHANGED and target in {clock["target"] for clock in event.data["recomputed"]}
    ]


def overrides_of(details: Mapping[str, Any], events: Iterable[Event], target: str) -> dict[str, Any]:
    """What the contract changed when the ticket was filed (R16), with the days that its clock gained since (R19)."""
    return with_days(details.get("overrides"), days_gained(events, target))
