"""What a single contract changes in its terms or adds to them (R17): figures, hours, days, data without a default."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from contracts.terms.calendars import day_problems, opens, place_problems, week_problems, zone_problems
from contracts.terms.checks import codes_of, known, unit
from contracts.terms.document import Terms
from contracts.terms.errors import Path, Problem, TermsError, shown
from contracts.terms.model import (
    MOST_ZONES,
    Amount,
    Clauses,
    Closure,
    Code,
    Day,
    Label,
    PublicHolidays,
    Rate,
    Span,
    SpecialDay,
    Unit,
    Week,
    Zone,
)
from contracts.terms.shape import NOT_EMPTY, build, matches

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
    """Days that a calendar of the terms gains under this contract; ``weekly`` takes the place of its hours (GEN-6), and
    ``open_on_holidays`` keeps them on public holidays.
    """

    calendar: Code
    reference: Reference
    days_off: tuple[Day, ...] = ()
    closures: tuple[Closure, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    weekly: Week | None = None
    open_on_holidays: bool = False


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What the contract says where the terms have no default; ``none`` says outright that there is nothing."""

    field: Code
    reference: Reference
    percent: Rate | None = None
    span: Span | None = None
    hours: Week | None = None
    text: str | None = None
    none: bool = False


@dataclass(frozen=True, slots=True)
class SubsidiaryOverride:
    """The subsidiary that signed: its zone and holidays are those of calendars ``from_subsidiary`` (R14, HSA-6)."""

    name: str
    zone: Zone
    reference: Reference
    holidays: PublicHolidays | None = None


@dataclass(frozen=True, slots=True)
class SunZone:
    """Opening hours in another zone that support follows the sun to."""

    zone: Zone
    weekly: Week
    holidays: PublicHolidays | None = None


@dataclass(frozen=True, slots=True)
class SunOverride:
    """Follow the sun, as bought: its hours join those of targets that ``follow_the_sun`` (R15)."""

    reference: Reference
    zones: Annotated[tuple[SunZone, ...], NOT_EMPTY]


@dataclass(frozen=True, slots=True)
class DefinitionOverride:
    """Another wording of what a severity means, where the terms let a contract adapt it (JAL-2)."""

    severity: Code
    definition: Label
    reference: Reference


@dataclass(frozen=True, slots=True)
class Overrides:
    """``pausing`` turns the deduction of waiting time on or off for every target (R13)."""

    figures: tuple[FigureOverride, ...] = ()
    pausing: bool | None = None
    calendars: tuple[CalendarOverride, ...] = ()
    month_rollover: Literal["ouvrable", "ouvre"] | None = None
    fields: tuple[FieldValue, ...] = ()
    subsidiary: SubsidiaryOverride | None = None
    follow_the_sun: SunOverride | None = None
    definitions: tuple[DefinitionOverride, ...] = ()

    def figure(self, target: str, severity: str) -> FigureOverride | None:
        """The override of a figure, if there is one."""
        found = (item for item in self.figures if (item.target, item.severity) == (target, severity))
        return next(found, None)

    def weekly(self, calendar: str) -> Week | None:
        """The hours that the contract gives a calendar, if it does."""
        return next((item.weekly for item in self.calendars if item.calendar == calendar and item.weekly), None)

    def field(self, code: str) -> FieldValue | None:
        """What the contract says for a field, if it says anything."""
        return next((item for item in self.fields if item.field == code), None)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a contract under these terms must bring and does not: where, what it is, and by which clauses."""

    path: Path
    label: Label
    clauses: Clauses

    def __str__(self) -> str:
        return f"{shown(self.path)}: {self.label.en} ({', '.join(self.clauses)})"


def parse_overrides(document: Mapping[str, Any] | None, terms: Terms, source: str = "overrides") -> Overrides:
    """Overrides checked against the terms that they change. Raises TermsError with all that is wrong."""
    problems: list[Problem] = []
    overrides = build(Overrides, dict(document) if isinstance(document, Mapping) else document, (), problems)
    if overrides is not None:
        problems += override_problems(overrides, terms)
    if problems or overrides is None:
        raise TermsError(source, problems)
    assert isinstance(overrides, Overrides)
    return overrides


def missing_contract_data(terms: Terms, overrides: Overrides | Mapping[str, Any] | None) -> list[Missing]:
    """All that the terms leave to the contract and that it does not bring (GEN-6, JAL-29b).

    Raises TermsError for overrides that are wrong in themselves.
    """
    own = overrides if isinstance(overrides, Overrides) else parse_overrides(overrides or {}, terms)
    return [*_missing_figures(terms, own), *_missing_hours(terms, own), *_missing_fields(terms, own)]


def _missing_figures(terms: Terms, own: Overrides) -> Iterator[Missing]:
    for target in terms.targets:
        for figure in target.figures:
            if figure.from_contract and own.figure(target.code, figure.severity) is None:
                severity = terms.severity(figure.severity).label
                label = Label(f"{target.label.en}: {severity.en}", f"{target.label.fr} : {severity.fr}")
                yield Missing(("targets", target.code, "figures", figure.severity), label, figure.clauses)


def _missing_hours(terms: Terms, own: Overrides) -> Iterator[Missing]:
    for calendar in terms.calendars:
        if calendar.from_contract and own.weekly(calendar.code) is None:
            yield Missing(("calendars", calendar.code, "weekly"), calendar.label, calendar.clauses)


def _missing_fields(terms: Terms, own: Overrides) -> Iterator[Missing]:
    for field in terms.contract_fields:
        if field.required and own.field(field.code) is None:
            yield Missing(("contract_fields", field.code), field.label, field.clauses)


def override_problems(overrides: Overrides, terms: Terms) -> Iterator[Problem]:
    """What is wrong with overrides whose shape is right."""
    yield from _twice(overrides)
    for index, figure in enumerate(overrides.figures):
        yield from _figure_problems(figure, terms, ("figures", index))
    for index, item in enumerate(overrides.calendars):
        yield from _calendar_problems(item, terms, ("calendars", index))
    for index, value in enumerate(overrides.fields):
        yield from _field_problems(value, terms, ("fields", index))
    if overrides.subsidiary is not None:
        yield from _place_problems(overrides.subsidiary, ("subsidiary",))
    if overrides.follow_the_sun is not None:
        yield from _sun_problems(overrides.follow_the_sun, terms, ("follow_the_sun",))
    for index, worded in enumerate(overrides.definitions):
        yield from known(worded.severity, codes_of(terms.severities), "severities", ("definitions", index, "severity"))
        if terms.severity_rules is None or not terms.severity_rules.adaptable:
            yield Problem(("definitions", index), "these terms do not let a contract word its severities")


def _twice(overrides: Overrides) -> Iterator[Problem]:
    """Two overrides of one thing: nobody could say which of them counts."""
    keys: dict[str, list[object]] = {
        "figures": [(item.target, item.severity) for item in overrides.figures],
        "calendars": [item.calendar if item.weekly else None for item in overrides.calendars],
        "fields": [item.field for item in overrides.fields],
        "definitions": [item.severity for item in overrides.definitions],
    }
    for section, given in keys.items():
        for index, key in enumerate(given):
            if key is not None and key in given[:index]:
                yield Problem((section, index), "is given twice: keep one")


def _figure_problems(figure: FigureOverride, terms: Terms, place: Path) -> Iterator[Problem]:
    target = next((item for item in terms.targets if item.code == figure.target), None)
    severities = codes_of(terms.severities)
    if target is None:
        message = f"{figure.target!r} is no target: use {', '.join(terms.target_names)}"
        yield Problem((*place, "target"), message)
    elif figure.severity not in severities:
        yield Problem((*place, "severity"), f"{figure.severity!r} is no severity: use {', '.join(severities)}")
    elif (figure.amount is None) != (figure.unit is None):
        yield Problem(place, "an amount and its unit stand together")
    elif figure.unit is not None:
        yield from unit(figure.unit, target.rules, (*place, "unit"))


def _calendar_problems(item: CalendarOverride, terms: Terms, place: Path) -> Iterator[Problem]:
    if item.calendar not in codes_of(terms.calendars):
        yield Problem((*place, "calendar"), f"{item.calendar!r} is not in the terms")
    yield from day_problems(item.closures, item.special_days, place)
    if item.weekly is not None:
        yield from week_problems(item.weekly, (*place, "weekly"))
        if not opens(item.weekly):
            yield Problem((*place, "weekly"), "never opens: give the hours of at least one day")


def _field_problems(value: FieldValue, terms: Terms, place: Path) -> Iterator[Problem]:
    field = next((item for item in terms.contract_fields if item.code == value.field), None)
    if field is None:
        allowed = ", ".join(codes_of(terms.contract_fields)) or "none: these terms ask for no further data"
        yield Problem((*place, "field"), f"{value.field!r} is no field of these terms: use {allowed}")
        return
    given = [kind for kind in ("percent", "span", "hours", "text") if getattr(value, kind) is not None]
    if given != ([] if value.none else [field.kind]):
        yield Problem(place, f"{value.field} gives {field.kind}, or none: true, and nothing else")


def _place_problems(place: SubsidiaryOverride | SunZone, path: Path) -> Iterator[Problem]:
    yield from zone_problems(place.zone, (*path, "zone"))
    if place.holidays is not None:
        yield from place_problems(place.holidays, (*path, "holidays"))


def _sun_problems(sun: SunOverride, terms: Terms, path: Path) -> Iterator[Problem]:
    following = [target.calendar for target in terms.targets if target.follow_the_sun]
    if not following:
        yield Problem(path, "no target of these terms follows the sun")
    already = max((len(item.also_open) for item in terms.calendars if item.code in following), default=0)
    if already + len(sun.zones) >= MOST_ZONES:
        yield Problem((*path, "zones"), f"at most {MOST_ZONES} zones, that of the terms included")
    for index, zone in enumerate(sun.zones):
        place = (*path, "zones", index)
        yield from _place_problems(zone, place)
        yield from week_problems(zone.weekly, (*place, "weekly"))
        if not opens(zone.weekly):
            yield Problem((*place, "weekly"), "never opens: give the hours of at least one day")
