"""The contract in words: what it promises, when the desk is open, who may contact it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import Locale
from django.utils.translation import gettext

from contracts.models import Contract
from contracts.terms import CalendarTerms
from web.presenters.vocabulary import Vocabulary, limit_words, span_words

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class TargetRow:
    """The figures of one severity: target code → words and clause."""

    label: str
    rank: int
    definition: str
    clauses: tuple[str, ...]
    figures: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar of the terms: opening hours by runs of days that are alike."""

    label: str
    zone: str
    lines: list[tuple[str, str]]
    holidays: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractView:
    """A contract card, or with more around it the contract page."""

    contract: Contract
    name: str
    version: str
    provider: str
    package: str
    targets: list[str]
    rows: list[TargetRow]
    hours: list[Hours]


def present_contract(contract: Contract) -> ContractView:
    """The page of a contract."""
    words = Vocabulary.of(contract)
    terms, language = words.terms, words.language
    packages = {row.code: row.label.text(language) for row in terms.packages}
    return ContractView(
        contract=contract,
        name=terms.name.text(language),
        version=terms.version,
        provider=terms.provider.name,
        package=packages.get(contract.package, contract.package),
        targets=[target.label.text(language) for target in terms.targets],
        rows=[_row(code.code, words) for code in terms.severities],
        hours=[_hours(calendar, words) for calendar in terms.calendars],
    )


def _row(code: str, words: Vocabulary) -> TargetRow:
    severity = words.terms.severity(code)
    return TargetRow(
        label=severity.label.text(words.language),
        rank=words.rank(code),
        definition=severity.definition.text(words.language),
        clauses=severity.clauses,
        figures=[_figure(target.code, code, words) for target in words.terms.targets],
    )


def _figure(target: str, severity: str, words: Vocabulary) -> tuple[str, str]:
    figure = words.figure(target, severity)
    if figure is None or figure.amount is None or figure.unit is None:
        return "—", ""
    return span_words(figure.amount, figure.unit), figure.clauses[0]


def _hours(calendar: CalendarTerms, words: Vocabulary) -> Hours:
    holidays = ""
    if calendar.holidays:
        country = Locale.parse(words.language).territories.get(calendar.holidays.country, calendar.holidays.country)
        place = " ".join(filter(None, (country, calendar.holidays.subdivision)))
        holidays = gettext("closed on public holidays (%(country)s)") % {"country": place}
    if calendar.from_subsidiary:
        holidays = gettext("zone and holidays of the subsidiary that signed")
    return Hours(
        label=calendar.label.text(words.language),
        zone=calendar.zone,
        lines=list(_weekly(calendar)),
        holidays=holidays,
        clauses=calendar.clauses,
    )


def _weekly(calendar: CalendarTerms) -> Iterable[tuple[str, str]]:
    """Days that follow each other with the same hours share a line: "Monday – Friday", "09:00–18:00"."""
    names = day_names()
    start = 0
    while start < len(_DAYS):
        hours = getattr(calendar.weekly, _DAYS[start])
        end = start
        while end + 1 < len(_DAYS) and getattr(calendar.weekly, _DAYS[end + 1]) == hours:
            end += 1
        days = names[start] if start == end else f"{names[start]} – {names[end]}"
        yield days, ", ".join(hours).replace("-", "–") if hours else gettext("closed")
        start = end + 1


def day_names() -> list[str]:
    return [
        gettext("Monday"),
        gettext("Tuesday"),
        gettext("Wednesday"),
        gettext("Thursday"),
        gettext("Friday"),
        gettext("Saturday"),
        gettext("Sunday"),
    ]


def other_facts(contract: Contract) -> list[dict[str, Any]]:
    """What else the terms say in figures: retention, notices, commitments."""
    words = Vocabulary.of(contract)
    language = words.language
    kept = [
        {
            "label": row.label.text(language),
            "text": gettext("%(span)s, counted from: %(start)s")
            % {"span": limit_words(row.keep), "start": row.counted_from.text(language)},
            "clause": row.clauses[0],
        }
        for row in words.terms.retention
    ]
    promised = [
        {
            "label": row.label.text(language),
            "figure": limit_words(row.amount) if row.amount else "",
            "text": row.text.text(language),
            "clause": row.clauses[0],
        }
        for row in words.terms.commitments
    ]
    return kept + promised


def is_in_force(contract: Contract, on: date) -> bool:
    """Whether the contract runs on a day."""
    return contract.starts_on <= on and (contract.ends_on is None or on <= contract.ends_on)
