"""Kinds of journal events, and what each means for clocks and for stale forms."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    FILED = "filed"
    TAKEN = "taken"
    ASSIGNED = "assigned"
    TEAM_CHANGED = "team_changed"
    REPLIED = "replied"
    NOTED = "noted"
    INFORMATION_REQUESTED = "information_requested"
    ANSWERED = "answered"
    COMMENTED = "commented"
    CALL_LOGGED = "call_logged"
    ACTION_PLAN = "action_plan"
    RESOLVED = "resolved"
    WORKAROUND_OFFERED = "workaround_offered"
    WORKAROUND_ACCEPTED = "workaround_accepted"
    WORKAROUND_DECLINED = "workaround_declined"
    MOVED = "moved"
    REOPENED = "reopened"
    CLOSED = "closed"
    SEVERITY_CHANGED = "severity_changed"
    EXCLUDED = "excluded"
    REINSTATED = "reinstated"
    HELD = "held"
    RELEASED = "released"
    CONTESTED = "contested"
    CONTEST_ACCEPTED = "contest_accepted"
    CONTEST_DECLINED = "contest_declined"
    CONTEST_WITHDRAWN = "contest_withdrawn"
    CALENDAR_CHANGED = "calendar_changed"
    CLOCK_APPROACHING = "clock_approaching"
    CLOCK_BREACHED = "clock_breached"
    DUTY_MISSED = "duty_missed"


CONTACT = frozenset(
    {
        Kind.REPLIED,
        Kind.INFORMATION_REQUESTED,
        Kind.CALL_LOGGED,
        Kind.ACTION_PLAN,
        Kind.RESOLVED,
        Kind.WORKAROUND_OFFERED,
    }
)
"""A person of the provider spoke to the customer: what meets a response target (R6c)."""

CLOCK_FACTS = CONTACT | {
    Kind.FILED,
    Kind.TAKEN,
    Kind.ASSIGNED,
    Kind.ANSWERED,
    Kind.MOVED,
    Kind.WORKAROUND_ACCEPTED,
    Kind.REOPENED,
    Kind.CLOSED,
    Kind.SEVERITY_CHANGED,
    Kind.EXCLUDED,
    Kind.REINSTATED,
    Kind.HELD,
    Kind.RELEASED,
    Kind.CONTEST_ACCEPTED,
    Kind.CALENDAR_CHANGED,
}
"""Kinds that a clock is folded from."""

DUTY_FACTS = CLOCK_FACTS | {Kind.TEAM_CHANGED}
"""Kinds that a duty is folded from: beside a clock's those by which somebody has the ticket, or nobody."""

CONTEST_ENDS = frozenset({Kind.CONTEST_ACCEPTED, Kind.CONTEST_DECLINED, Kind.CONTEST_WITHDRAWN})
"""What decides a contest; each names it by the id of the event that opened it."""

ALERTS = frozenset({Kind.CLOCK_APPROACHING, Kind.CLOCK_BREACHED})

EDITED_FIELDS = frozenset({"state", "severity", "assignee", "team", "workaround", "correction", "hold"})
"""Keys of ``Event.data`` that make an older form stale. A mere reply never does."""


def is_escalation(told: Mapping[str, Any]) -> bool:
    """Whether what an event tells of a team is a functional escalation: to a level above the one before it, or above
    the first where no team had the ticket."""
    level = told.get("level")
    return bool(level and level > (told.get("old_level") or 1))
