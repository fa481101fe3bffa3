"""The difference between two versions of the terms, in words: "Critical response: 4 → 2 business hours from …"."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from contracts.terms import diff_words as words
from contracts.terms.conduct import PriorityCell
from contracts.terms.document import Terms
from contracts.terms.errors import Path, shown
from contracts.terms.model import (
    Alert,
    CalendarTerms,
    Closure,
    Figure,
    Label,
    PublicHolidays,
    Span,
    SpecialDay,
    TargetTerms,
)
from contracts.terms.service import AvailabilityLimit, PackageValue, Stage

IDENTITY = ("schema", "version", "effective_from", "document")
"""What differs between any two versions and says nothing by itself."""

KEYS = ("code", "id", "severity", "package", "environment", "date", "start")
"""Fields by which an entry of a list is the same one in both versions, the first that it has."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changes: where, the sentence in both languages, and the clauses on which it stands."""

    path: Path
    text: Label
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the two documents the comparison is. ``subject`` is what people call the thing there."""

    old: Terms
    new: Terms
    path: Path = ()
    subject: Label = Label("", "")
    clauses: tuple[str, ...] = ()

    def inside(self, part: str | int, subject: Label | None = None) -> "Place":
        return replace(self, path=(*self.path, part), subject=subject or self.subject)

    def of(self, *entries: Any) -> "Place":
        """The same place with the clauses of the first entry that names some."""
        found = next((entry.clauses for entry in entries if getattr(entry, "clauses", None)), self.clauses)
        return replace(self, clauses=tuple(found))


def differences(old: Terms, new: Terms) -> list[Difference]:
    """Everything that changes from one version to the next, in the order of the document; empty where nothing does.

    What the new version changes holds from its first day, which each sentence names.
    """
    return list(_record(old, new, Place(old, new)))


def _compare(old: Any, new: Any, place: Place) -> Iterator[Difference]:
    if old == new:
        return
    special = _SPECIAL.get(type(old if old is not None else new))
    if special is not None:
        yield from special(old, new, place)
    elif isinstance(old, tuple) and isinstance(new, tuple):
        yield from _list(old, new, place)
    elif is_dataclass(old) and is_dataclass(new):
        yield from _record(old, new, place)
    elif is_dataclass(old) or is_dataclass(new):
        yield from _came_or_went(old, new, place)
    else:
        yield _changed(_value(old), _value(new), place)


def _record(old: Any, new: Any, place: Place) -> Iterator[Difference]:
    here = place.of(new, old)
    for field in fields(new):
        if not (field.init and field.compare) or (not place.path and field.name in IDENTITY):
            continue
        before, after = getattr(old, field.name), getattr(new, field.name)
        inner = here.inside(field.name)
        if is_dataclass(before or after) and field.name in words.NOUNS:
            inner = here.inside(field.name, _joined(here.subject, _noun(field.name)))
        yield from _compare(before, after, inner)


# Lists ----------------------------------------------------------------------------------------------------------------
def _key(entry: Any) -> tuple[str, ...]:
    if isinstance(entry, AvailabilityLimit):
        return (entry.environment, entry.per)
    if isinstance(entry, PriorityCell):
        return (entry.category, entry.severity)
    if not is_dataclass(entry) or isinstance(entry, Label):
        return (repr(entry),)
    name = next((name for name in KEYS if hasattr(entry, name)), None)
    if name is None or isinstance(entry, Closure):
        return (repr(entry),)
    return (str(getattr(entry, name)),)


def _list(old: tuple[Any, ...], new: tuple[Any, ...], place: Place) -> Iterator[Difference]:
    before, after = {_key(entry): entry for entry in old}, {_key(entry): entry for entry in new}
    if not all(is_dataclass(entry) for entry in (*old, *new)) and place.path[-1] not in words.NOUNS:
        yield _changed(_value(old), _value(new), place)
        return
    for index, (key, entry) in enumerate(after.items()):
        inner = place.inside(index)
        if key in before:
            yield from _compare(before[key], entry, replace(inner, subject=_called(entry, inner)))
        else:
            yield _added(words.ADDED, entry, inner)
    for key, entry in before.items():
        if key not in after:
            yield _added(words.REMOVED, entry, place)
    kept = [key for key in before if key in after]
    if kept != [key for key in after if key in before]:
        here = replace(place, subject=_joined(place.subject, _noun(str(place.path[-1]))))
        yield _changed(_names(old, place), _names(new, place), here, words.ORDER)


def _came_or_went(old: Any, new: Any, place: Place) -> Iterator[Difference]:
    gained = old is None
    yield _added(words.ADDED if gained else words.REMOVED, new if gained else old, place)


def _added(what: Label, entry: Any, place: Place) -> Difference:
    here = place.of(entry)
    thing = _thing(entry, here)
    day = _from(here)
    text = Label(f"{what.en}{day.en}: {thing.en}", f"{what.fr}{day.fr} : {thing.fr}")
    return Difference(here.path, text, here.clauses)


def _thing(entry: Any, place: Place) -> Label:
    """An entry that comes or goes: what it is, to what it belongs, and what it says where that is short."""
    section = next((part for part in reversed(place.path) if isinstance(part, str)), "")
    noun = _noun(section)
    own = _own_name(entry, place)
    thing = Label(f"{noun.en} {own.en}", f"{noun.fr} {own.fr}") if own.en else noun
    owner = place.subject if place.subject != noun else Label("", "")
    thing = Label(f"{owner.en}, {thing.en}", f"{owner.fr}, {thing.fr}") if owner.en else thing
    told = _told(entry)
    return Label(f"{thing.en} ({told.en})", f"{thing.fr} ({told.fr})") if told else thing


def _own_name(entry: Any, place: Place) -> Label:
    if isinstance(entry, Figure):
        return words.quoted(_label_of("severities", entry.severity, place))
    if isinstance(entry, PriorityCell):
        severity, category = _label_of("severities", entry.severity, place), _category(entry.category, place)
        return words.quoted(Label(f"{category.en}, {severity.en}", f"{category.fr}, {severity.fr}"))
    if isinstance(entry, PackageValue):
        return words.quoted(_label_of("packages", entry.package, place))
    if isinstance(entry, Stage):
        return words.quoted(_label_of("environments", entry.environment, place))
    if isinstance(entry, Alert):
        return _value("breach") if entry.percent == 100 else Label(f"at {entry.percent}%", f"à {entry.percent} %")
    if isinstance(entry, Closure):
        first, last = words.day_words(entry.start), words.day_words(entry.end)
        if entry.start == entry.end:
            return first
        return Label(f"{first.en} – {last.en}", f"{first.fr} – {last.fr}")
    if isinstance(entry, SpecialDay):
        return words.day_words(entry.date)
    if isinstance(entry, Label):
        return words.quoted(entry)
    if isinstance(entry, str):
        return _date_or_code(entry)
    name = getattr(entry, "label", None) or getattr(entry, "title", None) or getattr(entry, "why", None)
    if isinstance(name, Label):
        return words.quoted(name)
    key = next((str(getattr(entry, part)) for part in KEYS if hasattr(entry, part)), "")
    return words.quoted(Label(key, key)) if key else Label("", "")


def _told(entry: Any) -> Label | None:
    """What a new entry says in figures, where that is short."""
    if isinstance(entry, Figure):
        return _figure_words(entry)
    if isinstance(entry, SpecialDay):
        return _hours_words(entry.hours)
    if isinstance(entry, PackageValue):
        return _value(entry.availability)
    span = next(
        (value for name in ("limit", "keep", "amount", "length") if (value := getattr(entry, name, None))), None
    )
    return _span_words(span) if isinstance(span, Span) else None


def _names(entries: tuple[Any, ...], place: Place) -> Label:
    names = [_own_name(entry, place) for entry in entries]
    return Label(", ".join(name.en for name in names), ", ".join(name.fr for name in names))


def _called(entry: Any, place: Place) -> Label:
    """What people call an entry that stays, in front of what changes in it."""
    if isinstance(entry, TargetTerms):
        return entry.label
    if isinstance(entry, Figure):
        return _figure_subject(entry, place)
    own = _own_name(entry, place)
    section = next((part for part in reversed(place.path[:-1]) if isinstance(part, str)), "")
    noun = _noun(section)
    return _joined(place.subject, Label(f"{noun.en} {own.en}".strip(), f"{noun.fr} {own.fr}".strip()))


# Sentences of their own -----------------------------------------------------------------------------------------------
def _figure(old: Figure, new: Figure, place: Place) -> Iterator[Difference]:
    """Critical response: 4 → 2 business hours."""
    here = place.of(new, old)
    before, after = _figure_words(old), _figure_words(new)
    if before != after:
        if old.unit == new.unit and None not in (old.amount, new.amount):
            before = Label(str(old.amount), str(old.amount))
        yield _changed(before, after, here, Label("", ""))
    if old.day_after != new.day_after:
        before, after = (
            words.AS_OTHERS if figure.day_after is None else _value(figure.day_after) for figure in (old, new)
        )
        yield _changed(before, after, here.inside("day_after"))
    yield from _compare(old.clauses, new.clauses, here.inside("clauses"))


def _figure_subject(figure: Figure, place: Place) -> Label:
    severity = _label_of("severities", figure.severity, place)
    return Label(
        f"{severity.en} {words.lower_first(place.subject.en)}", f"{severity.fr}, {words.lower_first(place.subject.fr)}"
    )


def _figure_words(figure: Figure) -> Label:
    if figure.from_contract:
        return words.BY_CONTRACT
    if figure.amount is None or figure.unit is None:
        return words.NO_TARGET
    return words.span_words(figure.amount, figure.unit)


def _span(old: Span | None, new: Span | None, place: Place) -> Iterator[Difference]:
    before, after = _span_words(old), _span_words(new)
    if old and new and old.unit == new.unit:
        before = Label(str(old.amount), str(old.amount))
    yield _changed(before, after, place)


def _span_words(span: Span | None) -> Label:
    return words.span_words(span.amount, span.unit) if span else words.NOTHING


def _text(old: Label | None, new: Label | None, place: Place) -> Iterator[Difference]:
    """A text changes: in the reader's language, or in the other one only."""
    if old is None or new is None:
        yield _changed(words.quoted(old) if old else words.NOTHING, words.quoted(new) if new else words.NOTHING, place)
        return
    before, after, aspect = words.quoted(old), words.quoted(new), _aspect(place)
    if old.en == new.en:
        before, after = Label(before.fr, before.fr), Label(after.fr, after.fr)
        aspect = Label(f"{aspect.en} in French", aspect.fr)
    elif old.fr == new.fr:
        before, after = Label(before.en, before.en), Label(after.en, after.en)
        aspect = Label(aspect.en, f"{aspect.fr} en anglais")
    yield _changed(before, after, place, aspect)


def _calendar(old: CalendarTerms, new: CalendarTerms, place: Place) -> Iterator[Difference]:
    """A calendar, its week told day by day."""
    yield from _record(replace(old, weekly=new.weekly), new, place)
    here = place.of(new, old)
    for day, (english, french) in words.DAYS.items():
        before, after = getattr(old.weekly, day), getattr(new.weekly, day)
        if before != after:
            inner = here.inside("weekly").inside(day)
            yield _changed(_hours_words(before), _hours_words(after), inner, Label(english, french))


def _special_day(old: SpecialDay, new: SpecialDay, place: Place) -> Iterator[Difference]:
    yield _changed(_hours_words(old.hours), _hours_words(new.hours), place.inside("hours"))


def _hours_words(hours: tuple[str, ...]) -> Label:
    text = ", ".join(hours).replace("-", "–")
    return Label(text, text) if text else words.CLOSED


def _holidays(old: PublicHolidays | None, new: PublicHolidays | None, place: Place) -> Iterator[Difference]:
    yield _changed(_country(old), _country(new), place, Label("public holidays", "jours fériés"))


def _country(whose: PublicHolidays | None) -> Label:
    if whose is None:
        return words.NOTHING
    name = words.country_words(whose.country)
    return Label(*(f"{text} ({whose.subdivision})" if whose.subdivision else text for text in (name.en, name.fr)))


_SPECIAL: dict[type, Callable[[Any, Any, Place], Iterator[Difference]]] = {
    Figure: _figure,
    Span: _span,
    Label: _text,
    CalendarTerms: _calendar,
    SpecialDay: _special_day,
    PublicHolidays: _holidays,
}


# Words ----------------------------------------------------------------------------------------------------------------
def _changed(old: Label, new: Label, place: Place, aspect: Label | None = None) -> Difference:
    aspect = _aspect(place) if aspect is None else aspect
    subject, day = _joined(place.subject, aspect), _from(place)
    english = f"{_capital(subject.en)}: {old.en} → {new.en}{day.en}"
    french = f"{_capital(subject.fr)} : {old.fr} → {new.fr}{day.fr}"
    return Difference(place.path, Label(english, french), place.clauses)


def _from(place: Place) -> Label:
    day = words.day_words(place.new.effective_from)
    return Label(f" from {day.en}", f" à partir du {day.fr}")


def _aspect(place: Place) -> Label:
    """What a field is called; its path where it has no name."""
    name = next((part for part in reversed(place.path) if isinstance(part, str)), "")
    if name in words.ASPECTS:
        return Label(*words.ASPECTS[name])
    if name in words.NOUNS:
        return _noun(name)
    path = shown(place.path)
    return Label(path, path)


def _noun(section: str) -> Label:
    spelt = section.replace("_", " ")
    return Label(*words.NOUNS.get(section, (spelt, spelt)))


def _joined(first: Label, second: Label) -> Label:
    return Label(", ".join(filter(None, (first.en, second.en))), ", ".join(filter(None, (first.fr, second.fr))))


def _label_of(section: str, code: str, place: Place) -> Label:
    """The label of a code, in the new version or else in the old one."""
    entries = (*getattr(place.new, section), *getattr(place.old, section))
    return next((entry.label for entry in entries if entry.code == code), Label(code, code))


def _category(code: str, place: Place) -> Label:
    """The label of a category, in whichever classification it stands."""
    groups = (*place.new.classifications, *place.old.classifications)
    found = (entry.label for group in groups for entry in group.categories if entry.code == code)
    return next(found, Label(code, code))


def _value(value: Any) -> Label:
    if value is None or value == ():
        return words.NOTHING
    if isinstance(value, bool):
        return words.YES if value else words.NO
    if isinstance(value, Label):
        return words.quoted(value)
    if isinstance(value, tuple):
        told = [_value(item) for item in value]
        return Label(", ".join(item.en for item in told), ", ".join(item.fr for item in told))
    if isinstance(value, Mapping):
        told = [
            Label(*(f"{key}: {text}" for text in (_value(item).en, _value(item).fr))) for key, item in value.items()
        ]
        return Label("; ".join(item.en for item in told), " ; ".join(item.fr for item in told))
    if isinstance(value, str):
        return _date_or_code(value)
    return Label(str(value), str(value))


def _date_or_code(text: str) -> Label:
    """A date in words, a known code in words, anything else as it stands."""
    if len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit():
        return words.day_words(text)
    return Label(*words.VALUES.get(text, (text, text)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
