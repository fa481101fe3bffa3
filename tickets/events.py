"""Kinds of journal events, and what each means for clocks and for stale forms."""

from enum import StrEnum


class Kind(StrEnum):
    FILED = "filed"
    TAKEN = "taken"
    ASSIGNED = "assigned"
    REPLIED = "replied"
    NOTED = "noted"
    INFORMATION_REQUESTED = "information_requested"
    ANSWERED = "answered"
    COMMENTED = "commented"
    CALL_LOGGED = "call_logged"
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


CONTACT = frozenset(
    {Kind.REPLIED, Kind.INFORMATION_REQUESTED, Kind.CALL_LOGGED, Kind.RESOLVED, Kind.WORKAROUND_OFFERED}
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

CONTEST_ENDS = frozenset({Kind.CONTEST_ACCEPTED, Kind.CONTEST_DECLINED, Kind.CONTEST_WITHDRAWN})
"""What decides a contest; each names it by the id of the event that opened it."""

ALERTS = frozenset({Kind.CLOCK_APPROACHING, Kind.CLOCK_BREACHED})

EDITED_FIELDS = frozenset({"state", "severity", "assignee", "workaround", "correction", "hold"})
"""Keys of ``Event.data`` that make an older form stale. A mere reply never does."""
