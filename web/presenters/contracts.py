"""The contract in words: what it promises, when the desk is open, who may contact it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from babel import Locale
from django.utils.translation import gettext

from contracts.models import Contract
from contracts.terms import CalendarTerms, Terms
from contracts.terms.model import PublicHolidays, Week
from contracts.terms.overrides import CalendarOverride, DefinitionOverride, FieldValue
from web.moments import format_date
from web.presenters.public_holidays import named_holidays
from web.presenters.terms_words import FIELDS, value_words
from web.presenters.vocabulary import FigureWords, Vocabulary, agreed_words, in_a_row, limit_words

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class NamedFigure:
    """A figure under the name of its target."""

    name: str
    words: FigureWords


@dataclass(frozen=True, slots=True)
class TargetRow:
    """The figures of one severity, in the order of the targets."""

    label: str
    rank: int
    definition: str
    clauses: tuple[str, ...]
    figures: list[NamedFigure]


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """The public holidays of a year, by date and name."""

    year: int
    days: list[tuple[date, str]]


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar as the contract has it: opening hours by runs of days that are alike, and the days that depart."""

    label: str
    zone: str
    lines: list[tuple[str, str]]
    holidays: str
    clauses: tuple[str, ...]
    also_open: list[str]
    agreed: str
    years: list[HolidayYear]
    closures: list[str]


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


def present_contract(contract: Contract, today: date) -> ContractView:
    """The page of a contract, with the holidays of this year and the next."""
    words = Vocabulary.of(contract)
    terms, language = words.terms, words.language
    packages = {row.code: row.label.text(language) for row in terms.packages}
    return ContractView(
        contract=contract,
        name=terms.name.text(language),
        version=terms.version,
        provider=terms.provider.name,
        package=packages.get(contract.package, contract.package),
        targets=[words.target_where(target) for target in terms.targets],
        rows=[_row(code.code, words) for code in terms.severities],
        hours=[_hours(calendar, words, (today.year, today.year + 1)) for calendar in terms.calendars],
    )


def _row(code: str, words: Vocabulary) -> TargetRow:
    severity = words.terms.severity(code)
    own = next((item for item in words.changes.definitions if item.severity == code), None)
    return TargetRow(
        label=severity.label.text(words.language),
        rank=words.rank(code),
        definition=(own.definition if own else severity.definition).text(words.language),
        clauses=severity.clauses,
        figures=[NamedFigure(row.name, row.figure) for row in words.promised_figures(code)],
    )


def _hours(calendar: CalendarTerms, words: Vocabulary, years: Sequence[int]) -> Hours:
    own = [item for item in words.changes.calendars if item.calendar == calendar.code]
    zone, whose, told = _place(calendar, words)
    if any(item.open_on_holidays for item in own):
        whose, told = None, gettext("open on public holidays")
    week = next((item for item in own if item.weekly), None)
    return Hours(
        label=calendar.label.text(words.language),
        zone=zone,
        lines=list(_weekly((week.weekly if week else None) or calendar.weekly)),
        holidays=told,
        clauses=calendar.clauses,
        also_open=[words.terms.calendar(code).label.text(words.language) for code in calendar.also_open],
        agreed=agreed_words(week.reference) if week else "",
        years=[HolidayYear(year, named_holidays(whose, year, words.language)) for year in years] if whose else [],
        closures=[text for text in (_own_days(calendar), *map(_own_days, own)) if text],
    )


def _place(calendar: CalendarTerms, words: Vocabulary) -> tuple[str, PublicHolidays | None, str]:
    """Zone and holidays of a calendar: those of the subsidiary that signed where the terms leave them to it (R14)."""
    signed = words.changes.subsidiary
    if calendar.from_subsidiary and signed is not None:
        told = gettext("zone and holidays of %(name)s, which signed") % {"name": signed.name}
        return signed.zone, signed.holidays, told
    if calendar.from_subsidiary:
        return calendar.zone, calendar.holidays, gettext("zone and holidays of the subsidiary that signed")
    if calendar.holidays is None:
        return calendar.zone, None, ""
    country = Locale.parse(words.language).territories.get(calendar.holidays.country, calendar.holidays.country)
    place = " ".join(filter(None, (country, calendar.holidays.subdivision)))
    return calendar.zone, calendar.holidays, gettext("closed on public holidays (%(country)s)") % {"country": place}


def _weekly(week: Week) -> Iterable[tuple[str, str]]:
    """Days that follow each other with the same hours share a line: "Monday – Friday", "09:00–18:00"."""
    names = day_names()
    start = 0
    while start < len(_DAYS):
        hours = getattr(week, _DAYS[start])
        end = start
        while end + 1 < len(_DAYS) and getattr(week, _DAYS[end + 1]) == hours:
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


def _own_days(item: CalendarOverride | CalendarTerms) -> str:
    """The days that a calendar gains under the contract: "closed on Thu 24 Dec 2026; open 09:00–12:00 on …"."""
    parts = []
    if item.days_off:
        parts.append(gettext("closed on %(days)s") % {"days": ", ".join(map(_day, item.days_off))})
    for closure in item.closures:
        told = {"start": _day(closure.start), "end": _day(closure.end)}
        parts.append(gettext("closed from %(start)s to %(end)s") % told)
    for special in item.special_days:
        told = {"hours": ", ".join(special.hours).replace("-", "–"), "day": _day(special.date)}
        if special.hours:
            parts.append(gettext("open %(hours)s on %(day)s") % told)
        else:
            parts.append(gettext("closed on %(days)s") % {"days": told["day"]})
    return in_a_row(parts)


def _day(text: str) -> str:
    return format_date(date.fromisoformat(text))


def as_agreed(contract: Contract) -> Terms:
    """The terms with the rules that the contract has otherwise, to be shown: never to count with."""
    words = Vocabulary.of(contract)
    terms, own = words.terms, words.changes
    if own.pausing is not None:
        terms = replace(terms, targets=tuple(replace(row, pauses=own.pausing) for row in terms.targets))
    if own.month_rollover is not None:
        terms = replace(terms, computation=replace(terms.computation, month_rollover=own.month_rollover))
    return terms


def own_facts(contract: Contract) -> list[dict[str, Any]]:
    """What the contract changes in its terms, or adds to them, besides figures and hours (R17)."""
    words = Vocabulary.of(contract)
    own = words.changes
    facts = [
        {
            "label": words.terms.calendar(item.calendar).label.text(words.language),
            "text": f"{_own_days(item)}, {agreed_words(item.reference)}",
            "clause": "R17",
        }
        for item in own.calendars
        if _own_days(item)
    ]
    facts += [_field(value, words) for value in own.fields]
    facts += [_definition(item, words) for item in own.definitions]
    if own.pausing is not None:
        counts = gettext("The time during which the customer’s answer is awaited counts.")
        deducted = gettext("The time during which the customer’s answer is awaited does not count.")
        text = deducted if own.pausing else counts
        facts.append({"label": gettext("Waiting for an answer"), "text": text, "clause": "R17"})
    if own.month_rollover is not None:
        rolled = value_words("Computation", "month_rollover", own.month_rollover) or own.month_rollover
        facts.append({"label": str(FIELDS["month_rollover"]), "text": rolled, "clause": "R5"})
    if own.subsidiary is not None:
        text = f"{own.subsidiary.name}, {own.subsidiary.zone}, {agreed_words(own.subsidiary.reference)}"
        facts.append({"label": gettext("Subsidiary that signed"), "text": text, "clause": "R14"})
    if own.follow_the_sun is not None:
        hours = in_a_row(f"{zone.zone}: {_week_words(zone.weekly)}" for zone in own.follow_the_sun.zones)
        text = f"{hours}, {agreed_words(own.follow_the_sun.reference)}"
        facts.append({"label": gettext("Follow the sun"), "text": text, "clause": "R15"})
    return facts


def _field(value: FieldValue, words: Vocabulary) -> dict[str, Any]:
    found = words.terms.contract_field(value.field)
    return {
        "label": found.label.text(words.language),
        "figure": _field_words(value),
        "text": agreed_words(value.reference),
        "clause": found.clauses[0],
    }


def _field_words(value: FieldValue) -> str:
    if value.percent is not None:
        return f"{value.percent} %"
    if value.span is not None:
        return limit_words(value.span)
    if value.hours is not None:
        return _week_words(value.hours)
    return value.text or gettext("none")


def _definition(item: DefinitionOverride, words: Vocabulary) -> dict[str, Any]:
    return {
        "label": words.severity(item.severity).label,
        "text": f"{item.definition.text(words.language)} ({agreed_words(item.reference)})",
        "clause": "R17",
    }


def _week_words(week: Week) -> str:
    return ", ".join(f"{days} {hours}" for days, hours in _weekly(week))


def is_in_force(contract: Contract, on: date) -> bool:
    """Whether the contract runs on a day."""
    return contract.starts_on <= on and (contract.ends_on is None or on <= contract.ends_on)
