"""What the shape cannot see: names that must exist, lists without doubles, calendars that open, real clauses."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any
from zoneinfo import ZoneInfo

from contracts.terms.clauses import known_clauses
from contracts.terms.document import Terms
from contracts.terms.errors import Path, Problem
from contracts.terms.model import CalendarTerms, FormField, TargetTerms

RECIPIENTS = ("assignee", "engineers", "support_manager", "account_manager")
"""Whom an alert can name; notifications know who they are."""

UNITS = {
    "mega": ("hours", "business_hours", "business_days", "days", "weeks", "months"),
    "opening": ("business_hours", "business_days"),
    "timer": ("days", "business_days", "months"),
}
"""Which units each set of computation rules knows; the engine holds the same table, and a test that they agree."""


def reference_problems(terms: Terms) -> list[Problem]:
    """Everything that is wrong with a document whose shape is right."""
    problems = [*_doubles(terms, ()), *_unknown_clauses(terms, ())]
    for index, calendar in enumerate(terms.calendars):
        problems += _calendar(terms, calendar, ("calendars", index))
    for index, target in enumerate(terms.targets):
        problems += _target(terms, target, ("targets", index))
    for index, question in enumerate(terms.filing):
        problems += _question(terms, question, ("filing", index))
    problems += [*_alerts(terms), *_workflow(terms), *_catalogue(terms), *_entitlements(terms), *_other(terms)]
    return problems


def _known(code: str, known: Sequence[str], what: str, path: Path) -> Iterator[Problem]:
    if code not in known:
        yield Problem(path, f"{code!r} is not among the {what} of this document: use {', '.join(known)}")


def _unit(unit: str, rules: str, path: Path) -> Iterator[Problem]:
    if unit not in UNITS[rules]:
        yield Problem(path, f"{unit} is not a unit of the rules {rules}: use {', '.join(UNITS[rules])}")


def _doubles(place: Any, path: Path) -> Iterator[Problem]:
    """Two entries of one list with the same code."""
    if isinstance(place, tuple):
        seen: set[str] = set()
        for index, item in enumerate(place):
            code = getattr(item, "code", None)
            if code in seen:
                yield Problem((*path, index), f"{code!r} stands here twice")
            seen.add(code or f"[{index}]")
    for part, inner in _parts(place):
        yield from _doubles(inner, (*path, part))


def _unknown_clauses(place: Any, path: Path) -> Iterator[Problem]:
    for part, inner in _parts(place):
        if part in ("clauses", "day_after_clause", "pauses_clause"):
            for clause in (inner,) if isinstance(inner, str) else inner or ():
                if clause not in known_clauses():
                    yield Problem((*path, part), f"clause {clause} does not exist: see contracts/data/clauses.yaml")
        else:
            yield from _unknown_clauses(inner, (*path, part))


def _parts(place: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(place, tuple):
        yield from enumerate(place)
    elif is_dataclass(place):
        yield from ((field.name, getattr(place, field.name)) for field in fields(place) if field.init)


def _calendar(terms: Terms, calendar: CalendarTerms, path: Path) -> Iterator[Problem]:
    try:
        ZoneInfo(calendar.zone)
    except (OSError, ValueError, LookupError):
        yield Problem((*path, "zone"), f"unknown time zone {calendar.zone!r}: use an IANA name such as Europe/Paris")
    week = [(field.name, getattr(calendar.weekly, field.name)) for field in fields(calendar.weekly)]
    if not any(hours for _, hours in week):
        yield Problem((*path, "weekly"), "never opens: give the hours of at least one day")
    for day, hours in week:
        yield from _hours(hours, (*path, "weekly", day))
    for index, special in enumerate(calendar.special_days):
        yield from _hours(special.hours, (*path, "special_days", index, "hours"))
    for index, closure in enumerate(calendar.closures):
        if closure.end < closure.start:
            yield Problem((*path, "closures", index), "ends before it starts")
    for index, code in enumerate(calendar.also_open):
        yield from _known(code, [item.code for item in terms.calendars], "calendars", (*path, "also_open", index))


def _hours(hours: Sequence[str], path: Path) -> Iterator[Problem]:
    previous = ""
    for index, span in enumerate(hours):
        start, end = span.split("-")
        if end <= start:
            yield Problem((*path, index), f"{span} ends before it starts")
        if start < previous:
            yield Problem((*path, index), f"{span} begins before the hours in front of it end")
        previous = end


def _target(terms: Terms, target: TargetTerms, path: Path) -> Iterator[Problem]:
    severities = [severity.code for severity in terms.severities]
    yield from _known(target.calendar, [item.code for item in terms.calendars], "calendars", (*path, "calendar"))
    for index, code in enumerate(target.environments):
        known = [item.code for item in terms.environments]
        yield from _known(code, known, "environments", (*path, "environments", index))
    given = [figure.severity for figure in target.figures]
    for severity in severities:
        if given.count(severity) != 1:
            how = "lacks" if severity not in given else "gives twice"
            yield Problem((*path, "figures"), f"{how} the severity {severity}; write no amount where it has no target")
    for index, figure in enumerate(target.figures):
        place = (*path, "figures", index)
        yield from _known(figure.severity, severities, "severities", (*place, "severity"))
        if (figure.amount is None) != (figure.unit is None):
            yield Problem(place, "an amount and its unit stand together")
        if figure.unit is not None:
            yield from _unit(figure.unit, target.rules, (*place, "unit"))
    if target.day_after != (target.day_after_clause is not None):
        yield Problem(path, "day_after and day_after_clause stand together")


def _question(terms: Terms, question: FormField, path: Path) -> Iterator[Problem]:
    for index, code in enumerate(question.severities):
        known = [item.code for item in terms.severities]
        yield from _known(code, known, "severities", (*path, "severities", index))
    if (question.kind == "choice") != bool(question.choices):
        yield Problem(path, "a choice, and nothing else, has choices")


def _alerts(terms: Terms) -> Iterator[Problem]:
    previous = 0
    for index, alert in enumerate(terms.alerts):
        path: Path = ("alerts", index)
        if alert.percent <= previous:
            yield Problem(path, "alerts ascend: put the lower percentage first")
        previous = alert.percent
        expected = "breach" if alert.percent == 100 else f"approaching:{alert.percent}"
        if alert.code != expected:
            yield Problem((*path, "code"), f"must be {expected} for {alert.percent} per cent")
        for place, code in enumerate(alert.recipients):
            if code not in RECIPIENTS:
                allowed = ", ".join(RECIPIENTS)
                yield Problem((*path, "recipients", place), f"{code!r} cannot be alerted: use {allowed}")
        for place, code in enumerate(alert.targets):
            yield from _known(code, terms.target_names, "targets", (*path, "targets", place))


def _workflow(terms: Terms) -> Iterator[Problem]:
    states = [state.code for state in terms.workflow.states]
    yield from _known(terms.workflow.initial, states, "states", ("workflow", "initial"))
    for index, transition in enumerate(terms.workflow.transitions):
        path: Path = ("workflow", "transitions", index)
        for place, code in enumerate(transition.start):
            yield from _known(code, states, "states", (*path, "start", place))
        yield from _known(transition.end, states, "states", (*path, "end"))


def _catalogue(terms: Terms) -> Iterator[Problem]:
    if terms.catalogue is None:
        return
    path: Path = ("catalogue",)
    calendars = [item.code for item in terms.calendars]
    environments = [item.code for item in terms.environments]
    yield from _known(terms.catalogue.calendar, calendars, "calendars", (*path, "calendar"))
    for index, item in enumerate(terms.catalogue.items):
        for place, stage in enumerate(item.stages):
            where = (*path, "items", index, "stages", place)
            yield from _known(stage.environment, environments, "environments", (*where, "environment"))
            yield from _unit(stage.limit.unit, terms.catalogue.rules, (*where, "limit"))


def _entitlements(terms: Terms) -> Iterator[Problem]:
    packages = [item.code for item in terms.packages]
    for index, entitlement in enumerate(terms.entitlements):
        path: Path = ("entitlements", index, "values")
        given = [value.package for value in entitlement.values]
        if given != packages:
            yield Problem(path, f"gives {', '.join(given) or 'nothing'}: give each package once: {', '.join(packages)}")


def _other(terms: Terms) -> Iterator[Problem]:
    if terms.availability is not None:
        calendars = [item.code for item in terms.calendars]
        yield from _known(terms.availability.calendar, calendars, "calendars", ("availability", "calendar"))
        for index, limit in enumerate(terms.availability.limits):
            known = [item.code for item in terms.environments]
            path: Path = ("availability", "limits", index, "environment")
            yield from _known(limit.environment, known, "environments", path)
    for index, notice in enumerate(terms.notices):
        yield from _unit(notice.limit.unit, notice.rules, ("notices", index, "limit"))
