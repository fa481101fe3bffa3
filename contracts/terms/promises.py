"""Checks of what a contract promises beside its targets: availability, requests, packages, notices, recovery."""

from collections.abc import Iterator

from contracts.terms.checks import all_known, codes_of, known, unit
from contracts.terms.document import Terms
from contracts.terms.errors import Path, Problem
from contracts.terms.service import (
    AvailabilityRate,
    MaintenanceWindow,
    NoticeRule,
    RecoveryObjective,
    RequestItem,
    RequestType,
    Retention,
)


def promise_problems(terms: Terms) -> Iterator[Problem]:
    """Everything that is wrong with the promises of a document."""
    yield from _availability(terms)
    yield from _catalogue(terms)
    yield from _entitlements(terms)
    for index, item in enumerate(terms.request_types):
        yield from _request_type(terms, item, ("request_types", index))
    for index, notice in enumerate(terms.notices):
        yield from _notice(terms, notice, ("notices", index))
    for index, row in enumerate(terms.retention):
        yield from _kept(terms, row, ("retention", index))
    for index, window in enumerate(terms.maintenance):
        yield from _window(terms, window, ("maintenance", index))
    for index, objective in enumerate(terms.recovery):
        yield from _recovery(terms, objective, ("recovery", index))
    if terms.credits is not None:
        yield from known(terms.credits.notice, codes_of(terms.notices), "notices", ("credits", "notice"))


def _availability(terms: Terms) -> Iterator[Problem]:
    if terms.availability is None:
        return
    environments = codes_of(terms.environments)
    path: Path = ("availability",)
    yield from known(terms.availability.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))
    for index, limit in enumerate(terms.availability.limits):
        yield from known(limit.environment, environments, "environments", (*path, "limits", index, "environment"))
    for index, rate in enumerate(terms.availability.rates):
        yield from all_known(rate.environments, environments, "environments", (*path, "rates", index, "environments"))
        yield from _rate(terms, rate, (*path, "rates", index))


def _rate(terms: Terms, rate: AvailabilityRate, path: Path) -> Iterator[Problem]:
    if (rate.percent is None) == (rate.field is None):
        yield Problem(path, "gives either percent, or the field of the contract that does")
    elif rate.field is not None:
        yield from _field(terms, rate.field, "percent", (*path, "field"))


def _field(terms: Terms, code: str, kind: str, path: Path) -> Iterator[Problem]:
    """A field of the contract must be there, and of the kind that is needed."""
    found = next((field for field in terms.contract_fields if field.code == code), None)
    if found is None:
        yield from known(code, codes_of(terms.contract_fields), "contract_fields", path)
    elif found.kind != kind:
        yield Problem(path, f"{code} is a field of kind {found.kind}: use one of kind {kind}")


def _catalogue(terms: Terms) -> Iterator[Problem]:
    if terms.catalogue is None:
        return
    path: Path = ("catalogue",)
    yield from known(terms.catalogue.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))
    for index, item in enumerate(terms.catalogue.items):
        yield from _request(terms, item, terms.catalogue.rules, (*path, "items", index))


def _request(terms: Terms, item: RequestItem, rules: str, path: Path) -> Iterator[Problem]:
    for place, stage in enumerate(item.stages):
        where = (*path, "stages", place)
        yield from known(stage.environment, codes_of(terms.environments), "environments", (*where, "environment"))
        yield from unit(stage.limit.unit, rules, (*where, "limit"))
    yield from _bought(terms, item, path)
    if item.after_validation and len(item.stages) == 1:
        yield Problem((*path, "after_validation"), "needs a second stage to start at the validation of the first")


def _request_type(terms: Terms, item: RequestType, path: Path) -> Iterator[Problem]:
    yield from _bought(terms, item, path)
    yield from all_known(item.refused_in, codes_of(terms.environments), "environments", (*path, "refused_in"))
    if item.notice is not None:
        yield from known(item.notice, codes_of(terms.notices), "notices", (*path, "notice"))


def _bought(terms: Terms, item: RequestItem | RequestType, path: Path) -> Iterator[Problem]:
    if item.entitlement is not None:
        yield from known(item.entitlement, codes_of(terms.entitlements), "entitlements", (*path, "entitlement"))
    if item.option is not None:
        yield from known(item.option, codes_of(terms.options), "options", (*path, "option"))


def _entitlements(terms: Terms) -> Iterator[Problem]:
    packages = codes_of(terms.packages)
    for index, entitlement in enumerate(terms.entitlements):
        path: Path = ("entitlements", index, "values")
        given = [value.package for value in entitlement.values]
        if given != packages:
            yield Problem(path, f"gives {', '.join(given) or 'nothing'}: give each package once: {', '.join(packages)}")
        for place, value in enumerate(entitlement.values):
            where = (*path, place, "environments")
            yield from all_known(value.environments, codes_of(terms.environments), "environments", where)


def _notice(terms: Terms, notice: NoticeRule, path: Path) -> Iterator[Problem]:
    yield from unit(notice.limit.unit, notice.rules, (*path, "limit"))
    if notice.calendar is not None:
        yield from known(notice.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))


def _kept(terms: Terms, row: Retention, path: Path) -> Iterator[Problem]:
    """What is reckoned from a known day is counted as the contract counts, or by timers (R10)."""
    if row.anchor is not None:
        yield from unit(row.keep.unit, "mega" if terms.computation.rules == "mega" else "timer", (*path, "keep"))


def _window(terms: Terms, window: MaintenanceWindow, path: Path) -> Iterator[Problem]:
    yield from all_known(window.notices, codes_of(terms.notices), "notices", (*path, "notices"))
    if (window.times is None) != (window.per is None):
        yield Problem(path, "times and per stand together")
    if window.nth is not None and not window.weekdays:
        yield Problem((*path, "nth"), "needs weekdays: the first of which day of the month")


def _recovery(terms: Terms, objective: RecoveryObjective, path: Path) -> Iterator[Problem]:
    if (objective.limit is None) == (objective.field is None):
        yield Problem(path, "gives either limit, or the field of the contract that does")
    elif objective.field is not None:
        yield from _field(terms, objective.field, "span", (*path, "field"))
    if objective.limit is not None and objective.rules is not None:
        yield from unit(objective.limit.unit, objective.rules, (*path, "limit"))
    if objective.calendar is not None:
        yield from known(objective.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))
    if objective.option is not None:
        allowed = [*codes_of(terms.entitlements), *codes_of(terms.options)]
        yield from known(objective.option, allowed, "entitlements and options", (*path, "option"))
