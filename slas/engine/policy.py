"""What one target of one contract asks: a limit per severity, a calendar, pauses or none, and its alerts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from slas.engine.calendar import Calendar
from slas.engine.errors import BadAmount, UnknownSeverity
from slas.engine.limits import Limit

BREACH = "breach"


@dataclass(frozen=True, slots=True)
class AlertThreshold:
    """Whom to tell when a share of the target's counted time has passed; 100 per cent is the breach itself."""

    code: str
    percent: int
    recipients: tuple[str, ...] = ()
    clause: str = ""
    reading: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100 or (self.percent == 100) != (self.code == BREACH):
            raise BadAmount("an alert stands between 1 and 99 per cent, and the breach at 100")


@dataclass(frozen=True, slots=True)
class Clauses:
    """Where the rules stand in the contract; each step of an explanation names one of them."""

    computation: str = ""
    day_after: str = "R2"
    pausing: str = "R11"
    holding: str = ""
    reopening: str = ""
    no_target: str = ""
    calendar: str = "R14"


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """The policy of one target (``response``, ``resolution`` …), ready to fold.

    ``limits`` holds None for a severity that has no target. ``alerts`` are in the order in which they are reached.
    """

    target: str
    calendar: Calendar
    limits: Mapping[str, Limit | None]
    pausing: bool = False
    alerts: tuple[AlertThreshold, ...] = ()
    clauses: Clauses = field(default_factory=Clauses)

    def __post_init__(self) -> None:
        object.__setattr__(self, "limits", MappingProxyType(dict(self.limits)))
        object.__setattr__(self, "alerts", tuple(sorted(self.alerts, key=lambda alert: alert.percent)))

    def limit(self, severity: str) -> Limit | None:
        """The limit for a severity, None where it has no target. Raises UnknownSeverity."""
        try:
            return self.limits[severity]
        except KeyError:
            known = ", ".join(sorted(self.limits))
            raise UnknownSeverity(f"unknown severity {severity!r}: the target {self.target} knows {known}") from None
