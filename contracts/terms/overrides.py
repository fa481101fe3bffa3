"""What a single contract changes in its terms (R17): figures, pauses and calendar days, each with its reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from contracts.terms.document import Terms
from contracts.terms.errors import Problem, TermsError
from contracts.terms.model import Amount, Closure, Code, Day, SpecialDay, Unit
from contracts.terms.references import UNITS
from contracts.terms.shape import build, matches

Reference = Annotated[str, matches(r".{1,80}", "at most 80 characters")]


@dataclass(frozen=True, slots=True)
class FigureOverride:
    """Another figure for one target and severity; no amount says that there is no target."""

    target: Code
    severity: Code
    amount: Amount | None
    unit: Unit | None
    reference: Reference
    day_after: bool | None = None


@dataclass(frozen=True, slots=True)
class CalendarOverride:
    """Days that a calendar of the terms gains under this contract."""

    calendar: Code
    reference: Reference
    days_off: tuple[Day, ...] = ()
    closures: tuple[Closure, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Overrides:
    """``pausing`` turns the deduction of waiting time on or off for every target (R13)."""

    figures: tuple[FigureOverride, ...] = ()
    pausing: bool | None = None
    calendars: tuple[CalendarOverride, ...] = ()
    month_rollover: Literal["ouvrable", "ouvre"] | None = None

    def figure(self, target: str, severity: str) -> FigureOverride | None:
        """The override of a figure, if there is one."""
        found = (item for item in self.figures if (item.target, item.severity) == (target, severity))
        return next(found, None)


def parse_overrides(document: Mapping[str, Any] | None, terms: Terms, source: str = "overrides") -> Overrides:
    """Overrides checked against the terms that they change. Raises TermsError with all that is wrong."""
    problems: list[Problem] = []
    overrides = build(Overrides, dict(document) if isinstance(document, Mapping) else document, (), problems)
    if overrides is not None:
        for index, figure in enumerate(overrides.figures):
            problems += _figure_problems(figure, terms, index)
        for index, item in enumerate(overrides.calendars):
            if item.calendar not in [calendar.code for calendar in terms.calendars]:
                problems.append(Problem(("calendars", index, "calendar"), f"{item.calendar!r} is not in the terms"))
    if problems or overrides is None:
        raise TermsError(source, problems)
    assert isinstance(overrides, Overrides)
    return overrides


def _figure_problems(figure: FigureOverride, terms: Terms, index: int) -> list[Problem]:
    place = ("figures", index)
    target = next((item for item in terms.targets if item.code == figure.target), None)
    if target is None:
        return [Problem((*place, "target"), f"{figure.target!r} is no target: use {', '.join(terms.target_names)}")]
    known = [severity.code for severity in terms.severities]
    if figure.severity not in known:
        return [Problem((*place, "severity"), f"{figure.severity!r} is no severity: use {', '.join(known)}")]
    if (figure.amount is None) != (figure.unit is None):
        return [Problem(place, "an amount and its unit stand together")]
    if figure.unit is not None and figure.unit not in UNITS[target.rules]:
        allowed = ", ".join(UNITS[target.rules])
        return [Problem((*place, "unit"), f"{figure.unit} is not a unit of the rules {target.rules}: use {allowed}")]
    return []
