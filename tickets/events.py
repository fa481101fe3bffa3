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
    REOPENED = "reopened"
    CLOSED = "closed"
    SEVERITY_CHANGED = "severity_changed"
    CLOCK_APPROACHING = "clock_approaching"
    CLOCK_BREACHED = "clock_breached"


CONTACT = frozenset({Kind.REPLIED, Kind.INFORMATION_REQUESTED, Kind.CALL_LOGGED, Kind.RESOLVED})
"""A person of the provider spoke to the customer: what meets a response target (R6c)."""

CLOCK_FACTS = CONTACT | {Kind.FILED, Kind.SEVERITY_CHANGED, Kind.ANSWERED, Kind.REOPENED, Kind.CLOSED}
"""Kinds that a clock is folded from."""

ALERTS = frozenset({Kind.CLOCK_APPROACHING, Kind.CLOCK_BREACHED})

EDITED_FIELDS = frozenset({"state", "severity", "assignee"})
"""Keys of ``Event.data`` that make an older form stale. A mere reply never does."""
