"""Business time and service-level clocks, pure: no framework, no clock of its own, no database."""

from slas.engine.calendar import Calendar, Opening
from slas.engine.clock import Alert, ClockState, Fact, FactKind, Status, alert_instants, alerts_reached, fold
from slas.engine.errors import (
    BadAmount,
    BadFacts,
    BadPause,
    BadSpec,
    BadUnit,
    EngineError,
    NaiveInstant,
    NoOpenTime,
    OutsideCalendar,
    UnknownSeverity,
)
from slas.engine.explain import Step, explain
from slas.engine.limits import UNITS, Limit, MonthRollover, Rules, Unit
from slas.engine.policy import BREACH, AlertThreshold, Clauses, TargetPolicy
from slas.engine.spec import WEEKDAYS, CalendarSpec

__all__ = [
    "BREACH",
    "UNITS",
    "WEEKDAYS",
    "Alert",
    "AlertThreshold",
    "BadAmount",
    "BadFacts",
    "BadPause",
    "BadSpec",
    "BadUnit",
    "Calendar",
    "CalendarSpec",
    "Clauses",
    "ClockState",
    "EngineError",
    "Fact",
    "FactKind",
    "Limit",
    "MonthRollover",
    "NaiveInstant",
    "NoOpenTime",
    "Opening",
    "OutsideCalendar",
    "Rules",
    "Status",
    "Step",
    "TargetPolicy",
    "Unit",
    "UnknownSeverity",
    "alert_instants",
    "alerts_reached",
    "explain",
    "fold",
]
