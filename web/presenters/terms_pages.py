"""The terms as sections of a page, whatever they hold: one renderer over the parts of the document.

A new contract needs no template: its parts are named by ``terms_words``, its codes by its own labels.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contracts.terms import Label, Span, Terms, load_clauses
from contracts.terms.model import Alert, Reading, Week
from web.presenters.terms_words import FIELDS, value_words
from web.presenters.vocabulary import limit_words, span_words


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the contract page: an anchor, a heading, and the parts of the document that stand in it."""

    id: str
    title: Promise
    icon: str
    parts: tuple[str, ...]


SECTIONS: Final = (
    Section(
        "targets",
        _("Severities and deadlines"),
        "stopwatch",
        ("severities", "targets", "severity_rules", "computation"),
    ),
    Section("hours", _("Hours and holidays"), "calendar", ("calendars",)),
    Section("figures", _("Figures of this contract"), "file-certificate", ("contract_fields",)),
    Section("exclusions", _("What does not count"), "circle-minus", ("exclusion_reasons", "out_of_scope", "holds")),
    Section("packages", _("Packages and options"), "tag", ("packages", "entitlements", "options", "quotes")),
    Section("requests", _("Requests"), "message-question", ("catalogue", "request_types", "evolution")),
    Section(
        "filing",
        _("Filing"),
        "plus",
        ("channels", "contact_rules", "languages", "filing", "filing_rules", "environment_record", "environments",
         "classifications", "priority"),
    ),
    Section(
        "workflow",
        _("States, steps and what happens by itself"),
        "route",
        ("workflow", "resolution_types", "severity_change_reasons", "timers", "alerts"),
    ),
    Section("escalation", _("Escalation"), "arrows-exchange", ("escalations",)),
    Section("availability", _("Availability"), "server", ("availability", "maintenance", "recovery", "credits")),
    Section("versions", _("Deliveries and versions"), "refresh", ("deliveries", "lifecycle", "security")),
    Section("notices", _("Notices and periods"), "mail", ("notices", "period", "retention")),
    Section(
        "duties",
        _("Duties, meetings and other commitments"),
        "users",
        ("duties", "reviews", "spaces", "commitments"),
    ),
    Section("readings", _("How the text is read"), "scale", ("readings",)),
    Section("words", _("Words of this contract"), "language", ("vocabulary",)),
)  # fmt: skip
"""Every part of the document that people read, in the order of the page."""

ELSEWHERE: Final = frozenset(
    {"schema", "code", "version", "effective_from", "name", "source", "provider", "clause_families", "own_clauses",
     "examples", "document"}
)  # fmt: skip
"""Parts that the head of the page, the clauses page and the worked examples show."""

_NAMES: Final = ("label", "title", "setting")
_PROSE: Final = ("text", "definition", "why")
_SILENT: Final = frozenset({"code", "id", "clauses", "day_after_clause", "pauses_clause", "reopening_clause"})
_DRAWN_APART: Final = frozenset({"figures", "cells", "values", "weekly"})
"""Shown as tables of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a fact, with the clauses on which it stands."""

    text: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what is said under it."""

    label: str
    lines: list[Line]

    @property
    def is_list(self) -> bool:
        """Whether its lines stand under each other; a few short words follow each other."""
        return len(self.lines) > 1 and any(line.clauses or len(line.text) > 40 for line in self.lines)

    @property
    def text(self) -> str:
        return ", ".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading of their own; ``anchor`` is empty inside another entry."""

    title: str
    entries: list["Entry"]
    anchor: str = ""

    @property
    def is_long(self) -> bool:
        return len(self.entries) > 12


@dataclass(frozen=True, slots=True)
class Table:
    """A matrix: the heads of its columns, and its rows, each with its own head; a cell knows its column."""

    title: str
    columns: list[str]
    rows: list[tuple[Line, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the terms: its name, what is said about it, its facts, and what it is made of."""

    title: str
    prose: list[str]
    clauses: tuple[str, ...]
    facts: list[Fact]
    groups: list[Group] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.title or self.prose or self.clauses or self.facts or self.groups)


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section with what is in it; empty ones are left out."""

    id: str
    title: str
    icon: str
    groups: list[Group]
    tables: list[Table]


def present_sections(terms: Terms, language: str, also: Iterable[str] = ()) -> list[SectionView]:
    """Every section that has something to say about these terms, and those of ``also``, which the page fills."""
    renderer = Renderer(terms, language)
    views = (_section(section, terms, renderer) for section in SECTIONS)
    return [view for view in views if view.groups or view.tables or view.id in {"targets", "hours", *also}]


def _section(section: Section, terms: Terms, renderer: "Renderer") -> SectionView:
    groups: list[Group] = []
    tables: list[Table] = []
    for part in section.parts:
        value = getattr(terms, part)
        if value and part not in {"severities", "calendars"}:
            group = renderer.group(part, value, anchor=f"{section.id}-{part}")
            groups += [group] if group.entries else []
    if section.id == "packages" and terms.entitlements:
        tables.append(renderer.packages())
        groups = [group for group in groups if group.anchor != "packages-entitlements"]
    if section.id == "filing" and terms.priority:
        tables.append(renderer.priorities())
    return SectionView(section.id, str(section.title), section.icon, groups, tables)


class Renderer:
    """Puts parts of one document into words, in one language."""

    def __init__(self, terms: Terms, language: str) -> None:
        self.terms, self.language = terms, language
        self._labels = dict(_labels(terms))
        self._lists = _lists_of(terms)
        self._rules = rule_titles()

    def group(self, name: str, value: Any, *, anchor: str = "") -> Group:
        """One part of the document: a list of things, or a single thing."""
        things = value if isinstance(value, tuple) else (value,)
        title = str(FIELDS[name])
        entries = (self.entry(thing) for thing in things)
        return Group(title, [entry for entry in entries if not entry.is_empty], anchor)

    def entry(self, thing: Any) -> Entry:
        named = next((getattr(thing, name) for name in _NAMES if getattr(thing, name, None)), None)
        title = self._name(thing, named)
        prose = [getattr(thing, name) for name in _PROSE if isinstance(getattr(thing, name, None), Label)]
        facts: list[Fact] = []
        groups: list[Group] = []
        for item in fields(thing):
            value = getattr(thing, item.name)
            if self._is_told(thing, item, value):
                self._tell(thing, item.name, value, facts, groups)
        return Entry(title, [text.text(self.language) for text in prose], _clauses(thing), facts, groups)

    def packages(self) -> Table:
        """What each package says of each entitlement."""
        codes = [row.code for row in self.terms.packages]
        names = [row.label.text(self.language) for row in self.terms.packages]
        rows = []
        for row in self.terms.entitlements:
            told = {value.package: self._package_value(value) for value in row.values}
            cells = [(name, told.get(code, "—")) for code, name in zip(codes, names, strict=True)]
            rows.append((Line(row.label.text(self.language), row.clauses), cells))
        return Table(str(FIELDS["entitlements"]), names, rows)

    def priorities(self) -> Table:
        """The priority of each category at each severity."""
        matrix = self.terms.priority
        assert matrix is not None
        cells = {(cell.category, cell.severity): self.code("priority", cell.priority) for cell in matrix.cells}
        severities = [row.code for row in self.terms.severities]
        categories = list(dict.fromkeys(cell.category for cell in matrix.cells))
        rows = [
            (
                Line(self.code("category", category)),
                [(self.code("severity", code), cells.get((category, code), "—")) for code in severities],
            )
            for category in categories
        ]
        return Table(matrix.label.text(self.language), [self.code("severity", code) for code in severities], rows)

    def code(self, name: str, code: str) -> str:
        """The label of a code: of the list that the field speaks of, else of anything in the document."""
        for place in _PLACES.get(name, ()):
            if (found := self._lists.get(place, {}).get(code)) is not None:
                return found.text(self.language)
        found = self._labels.get(code)
        return found.text(self.language) if found else code

    def _name(self, thing: Any, named: Any) -> str:
        if isinstance(named, Label):
            return named.text(self.language)
        if isinstance(thing, Alert):
            return gettext("%(percent)s %% of the time") % {"percent": thing.percent}
        if isinstance(thing, Reading):
            entry = self._rules.get(thing.code)
            return f"{thing.code} · {entry.text(self.language)}" if entry else str(thing.code)
        return ""

    def _is_told(self, thing: Any, item: Field[Any], value: Any) -> bool:
        name = item.name
        if name in _SILENT or name in _DRAWN_APART or name in _NAMES:
            return False
        if (name in _PROSE and isinstance(value, Label)) or (type(thing).__name__, name) in _SAID_BY_NAME:
            return False
        if isinstance(value, bool):
            # A setting is worth a line where it departs from the usual, or where there is no usual.
            return item.default is MISSING or value != item.default
        return value not in (None, (), "")

    def _tell(self, thing: Any, name: str, value: Any, facts: list[Fact], groups: list[Group]) -> None:
        if _is_made_of_things(value):
            things = value if isinstance(value, tuple) else (value,)
            if all(_is_plain(one) for one in things):
                facts.append(Fact(str(FIELDS[name]), [self._line(one) for one in things]))
            else:
                groups.append(self.group(name, value))
            return
        values = value if isinstance(value, tuple) else (value,)
        facts.append(Fact(str(FIELDS[name]), [Line(self._value(thing, name, one)) for one in values]))

    def _line(self, thing: Any) -> Line:
        """A thing without a life of its own, in one line: its label, or its values one after the other."""
        label = getattr(thing, "label", None)
        if isinstance(label, Label):
            return Line(label.text(self.language), _clauses(thing))
        told = [
            self._part(thing, item.name, getattr(thing, item.name))
            for item in fields(thing)
            if self._is_told(thing, item, getattr(thing, item.name))
        ]
        return Line(" · ".join(told), _clauses(thing))

    def _part(self, thing: Any, name: str, value: Any) -> str:
        values = value if isinstance(value, tuple) else (value,)
        text = ", ".join(self._value(thing, name, one) for one in values)
        if name in {"environment", "environments", "category", "severity", "priority", "limit", "condition"}:
            return text
        return gettext("%(name)s: %(value)s") % {"name": FIELDS[name], "value": text}

    def _value(self, thing: Any, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, Label):
            return value.text(self.language)
        if isinstance(value, Span):
            return limit_words(value)
        if isinstance(value, int):
            return f"{value} %" if name == "percent" else str(value)
        if name == "unit" and value_words(type(thing).__name__, name, value) is None:
            return span_words(2, value)
        words = value_words(type(thing).__name__, name, str(value))
        if words is None and name == "percent":
            return f"{value} %"
        return words if words is not None else self.code(name, str(value))

    def _package_value(self, value: Any) -> str:
        parts = [str(value_words("PackageValue", "availability", value.availability))]
        if value.quota is not None:
            parts.append(str(value.quota))
        if value.detail:
            parts.append(value.detail.text(self.language))
        parts += [self.code("environments", code) for code in value.environments]
        return " · ".join(parts)


_SAID_BY_NAME: Final = frozenset({("Alert", "percent"), ("Alert", "code"), ("Reading", "value")})

_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "severity": ("severities",),
    "severities": ("severities",),
    "filed_as": ("severities",),
    "environment": ("environments",),
    "environments": ("environments",),
    "refused_in": ("environments",),
    "calendar": ("calendars",),
    "also_open": ("calendars",),
    "target": ("targets",),
    "targets": ("targets",),
    "state": ("workflow.states",),
    "initial": ("workflow.states",),
    "start": ("workflow.states",),
    "end": ("workflow.states",),
    "transition": ("workflow.transitions",),
    "option": ("options", "entitlements"),
    "entitlement": ("entitlements", "options"),
    "package": ("packages",),
    "notice": ("notices",),
    "notices": ("notices",),
    "field": ("contract_fields",),
    "deliveries": ("deliveries",),
    "classification": ("classifications",),
    "category": ("classifications.categories",),
    "priority": ("priority.priorities",),
}
"""Name of a field that holds a code → the lists of the document in which the code stands."""


@cache
def rule_titles() -> Mapping[str, Label]:
    """The rules of counting (R1, R2, …) with their titles in the clause index."""
    return {entry.id: entry.title for entry in load_clauses().clauses if "-" not in entry.id}


def _lists_of(terms: Terms) -> dict[str, dict[str, Label]]:
    """The lists that codes speak of, by their path."""

    def labels(things: Iterable[Any]) -> dict[str, Label]:
        return {thing.code: thing.label for thing in things}

    found = {item.name: getattr(terms, item.name) for item in fields(terms) if item.init}
    lists = {name: labels(value) for name, value in found.items() if _is_labelled(value)}
    lists["workflow.states"] = labels(terms.workflow.states)
    lists["workflow.transitions"] = labels(terms.workflow.transitions)
    lists["priority.priorities"] = labels(terms.priority.priorities) if terms.priority else {}
    lists["classifications.categories"] = labels(
        category for classification in terms.classifications for category in classification.categories
    )
    return lists


def _is_labelled(value: Any) -> bool:
    return isinstance(value, tuple) and all(hasattr(one, "code") and hasattr(one, "label") for one in value)


def _labels(place: Any) -> Iterator[tuple[str, Label]]:
    """Every code of the document with its label."""
    if isinstance(place, tuple):
        for one in place:
            yield from _labels(one)
    elif is_dataclass(place) and not isinstance(place, Label | Span):
        code, label = getattr(place, "code", None), getattr(place, "label", None)
        if isinstance(code, str) and isinstance(label, Label):
            yield code, label
        for item in fields(place):
            if item.init:
                yield from _labels(getattr(place, item.name))


def _is_made_of_things(value: Any) -> bool:
    one = value[0] if isinstance(value, tuple) and value else value
    return is_dataclass(one) and not isinstance(one, Label | Span)


def _is_plain(thing: Any) -> bool:
    """Whether a thing is told in a line: a label with clauses, or a few values without a name."""
    names = {item.name for item in fields(thing)}
    if not names & set(_NAMES):
        return not any(_is_made_of_things(getattr(thing, name)) for name in names) and not isinstance(thing, Week)
    return names <= {"code", "label", "clauses"}


def _clauses(thing: Any) -> tuple[str, ...]:
    found = tuple(getattr(thing, "clauses", ()) or ())
    named = (getattr(thing, name, None) for name in ("start_clause", "end_clause", "day_after_clause", "pauses_clause",
                                                     "reopening_clause"))  # fmt: skip
    return tuple(dict.fromkeys([*found, *(clause for clause in named if clause)]))


def cited_in(place: Any) -> Iterator[str]:
    """Every clause on which something in a part of the document stands."""
    if isinstance(place, tuple):
        for one in place:
            yield from cited_in(one)
    elif is_dataclass(place) and not isinstance(place, Label | Span):
        yield from _clauses(place)
        if isinstance(place, Reading):
            yield place.code
        for item in fields(place):
            if item.init:
                yield from cited_in(getattr(place, item.name))


def sections_citing(terms: Terms) -> dict[str, list[Section]]:
    """Clause → the sections of the contract page in which something stands on it."""
    found: dict[str, list[Section]] = {}
    for section in SECTIONS:
        for clause in dict.fromkeys(cited_in(tuple(getattr(terms, part) for part in section.parts))):
            found.setdefault(clause, []).append(section)
    return found
