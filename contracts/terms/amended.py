"""What an amendment changes, in words: the terms with one set of overrides beside the terms with another (R16, R17).

The sentences are those that tell two versions of the terms apart, so that "Critical response: 4 → 2 business hours"
reads the same whether a new version or an amendment brings it.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date

from contracts.terms import diff_words as words
from contracts.terms.diff import Difference, differences
from contracts.terms.document import Terms
from contracts.terms.model import CalendarTerms, Clauses, Figure, Label, Severity, SpecialDay, TargetTerms, Week
from contracts.terms.overrides import (
    CalendarOverride,
    FieldValue,
    FigureOverride,
    Overrides,
    SubsidiaryOverride,
    SunOverride,
)

SUN = Label("Hours of other zones", "Horaires d’autres fuseaux")
SIGNED_BY = Label("Subsidiary that signed", "Filiale signataire")
VERSION = Label("Terms, version", "Conditions, version")


def changes_between(old: Terms, was: Overrides, new: Terms, own: Overrides, first_day: date) -> list[Difference]:
    """Everything that becomes otherwise on ``first_day``, in the order of the document; empty where nothing does."""
    later = replace(applied(new, own), effective_from=first_day.isoformat())
    found = list(_version(old, new, first_day))
    found += differences(applied(old, was), later)
    return [*found, *_beside_the_terms(was, own, new, first_day)]


def applied(terms: Terms, own: Overrides) -> Terms:
    """The terms with what a contract has otherwise: to be shown and compared, never to count with."""
    rollover = own.month_rollover or terms.computation.month_rollover
    return replace(
        terms,
        targets=tuple(_target(row, own) for row in terms.targets),
        calendars=tuple(_calendar(row, own) for row in terms.calendars),
        severities=tuple(_severity(row, own) for row in terms.severities),
        computation=replace(terms.computation, month_rollover=rollover),
    )


def _target(row: TargetTerms, own: Overrides) -> TargetTerms:
    figures = tuple(_figure(one, own.figure(row.code, one.severity)) for one in row.figures)
    return replace(row, figures=figures, pauses=row.pauses if own.pausing is None else own.pausing)


def _figure(one: Figure, change: FigureOverride | None) -> Figure:
    if change is None:
        return one
    day_after = one.day_after if change.day_after is None else change.day_after
    return replace(one, amount=change.amount, unit=change.unit, day_after=day_after, from_contract=False)


def _calendar(row: CalendarTerms, own: Overrides) -> CalendarTerms:
    changes = [item for item in own.calendars if item.calendar == row.code]
    zone, whose = row.zone, row.holidays
    if row.from_subsidiary and own.subsidiary is not None:
        zone, whose = own.subsidiary.zone, own.subsidiary.holidays
    if any(item.open_on_holidays for item in changes):
        whose = None
    week = own.weekly(row.code)
    return replace(
        row,
        zone=zone,
        holidays=whose,
        weekly=week or row.weekly,
        from_contract=row.from_contract and week is None,
        days_off=(*row.days_off, *(day for item in changes for day in item.days_off)),
        closures=(*row.closures, *(one for item in changes for one in item.closures)),
        special_days=_last_said(row, own),
    )


def _last_said(row: CalendarTerms, own: Overrides) -> tuple[SpecialDay, ...]:
    """The special days, one for each date: what the contract says of a date wins over the terms."""
    gained = (day for item in own.calendars if item.calendar == row.code for day in item.special_days)
    return tuple({day.date: day for day in (*row.special_days, *gained)}.values())


def _severity(row: Severity, own: Overrides) -> Severity:
    worded = next((item for item in own.definitions if item.severity == row.code), None)
    return replace(row, definition=worded.definition) if worded else row


# What has no place in the terms ---------------------------------------------------------------------------------------
def _version(old: Terms, new: Terms, first_day: date) -> Iterator[Difference]:
    if old.version != new.version:
        before, after = (Label(terms.version, terms.version) for terms in (old, new))
        yield _told(("version",), VERSION, before, after, first_day, ("R16",))


def _beside_the_terms(was: Overrides, own: Overrides, terms: Terms, first_day: date) -> Iterator[Difference]:
    """Data that the terms leave to the contract, the hours of other zones, and who signed."""
    for field in terms.contract_fields:
        before, after = (_field_words(item.field(field.code)) for item in (was, own))
        if before != after:
            yield _told(("fields", field.code), field.label, before, after, first_day, field.clauses)
    before, after = _sun_words(was.follow_the_sun), _sun_words(own.follow_the_sun)
    if before != after:
        yield _told(("follow_the_sun",), SUN, before, after, first_day, ("R15",))
    before, after = _name(was.subsidiary), _name(own.subsidiary)
    if before != after:
        yield _told(("subsidiary",), SIGNED_BY, before, after, first_day, ("R14",))


def _told(
    path: tuple[str, ...], subject: Label, before: Label, after: Label, first_day: date, clauses: Clauses
) -> Difference:
    day = words.day_words(first_day.isoformat())
    english = f"{subject.en}: {before.en} → {after.en} from {day.en}"
    french = f"{subject.fr} : {before.fr} → {after.fr} à partir du {day.fr}"
    return Difference(path, Label(english, french), tuple(clauses))


def _field_words(value: FieldValue | None) -> Label:
    if value is None or value.none:
        return words.NOTHING
    if value.percent is not None:
        return Label(f"{value.percent}%", f"{value.percent} %")
    if value.span is not None:
        return words.span_words(value.span.amount, value.span.unit)
    if value.hours is not None:
        return _week_words(value.hours)
    text = value.text or ""
    return words.quoted(Label(text, text))


def _sun_words(sun: SunOverride | None) -> Label:
    if sun is None:
        return words.NOTHING
    told = [(zone.zone, _week_words(zone.weekly)) for zone in sun.zones]
    return Label(
        "; ".join(f"{zone} ({week.en})" for zone, week in told),
        " ; ".join(f"{zone} ({week.fr})" for zone, week in told),
    )


def _week_words(week: Week) -> Label:
    open_days = [(words.DAYS[one.name], ", ".join(getattr(week, one.name))) for one in fields(week)]
    told = [(names, hours.replace("-", "–")) for names, hours in open_days if hours]
    return Label(*(", ".join(f"{names[n]} {hours}" for names, hours in told) for n in (0, 1)))


def _name(signed: SubsidiaryOverride | None) -> Label:
    return Label(signed.name, signed.name) if signed else words.NOTHING


# Announced days (R19) -------------------------------------------------------------------------------------------------
def days_words(item: CalendarOverride) -> list[Label]:
    """The days that a calendar gains, one sentence for each: closed from … to …, open 09:00–12:00 on …"""
    found = [_closed(day, day) for day in item.days_off]
    found += [_closed(one.start, one.end) for one in item.closures]
    return found + [_special(one) for one in item.special_days]


def _special(day: SpecialDay) -> Label:
    if not day.hours:
        return _closed(day.date, day.date)
    hours, on = ", ".join(day.hours).replace("-", "–"), words.day_words(day.date)
    return Label(f"open {hours} on {on.en}", f"ouvert {hours} le {on.fr}")


def _closed(start: str, end: str) -> Label:
    first, last = words.day_words(start), words.day_words(end)
    if start == end:
        return Label(f"closed on {first.en}", f"fermé le {first.fr}")
    return Label(f"closed from {first.en} to {last.en}", f"fermé du {first.fr} au {last.fr}")
