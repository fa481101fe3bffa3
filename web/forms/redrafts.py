"""The parts of a contract that an amendment can change (R17), each with its fields: prefilled with what holds, and put
into the set of overrides only where somebody changed them. What no part speaks of stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from contracts.terms import Figure, TargetTerms, Terms
from contracts.terms.agreed import ContractField
from contracts.terms.checks import UNITS
from contracts.terms.diff_words import span_words, unit_words
from contracts.terms.model import Severity
from contracts.terms.overrides import FieldValue, FigureOverride, Overrides, parse_overrides
from web.forms.fields import BlockField, LineField, PickField
from web.forms.redraft_hours import HoursPart, place

Document = dict[str, Any]
Given = Mapping[str, Any]

AS_TERMS, NO_DEADLINE = "terms", "none"
YES, NO = "yes", "no"
MOST: Final = 100_000
_RATE = re.compile(r"100|[0-9]{1,2}(\.[0-9]{1,4})?")


class Part(Protocol):
    """One thing that can change. ``title`` names it, ``now`` says what holds; ``names`` are those of its fields."""

    title: str
    now: str

    @property
    def names(self) -> list[str]: ...
    def fields(self) -> dict[str, forms.Field]: ...
    def initial(self) -> dict[str, Any]: ...
    def check(self, given: Given) -> None:
        """Raises ValidationError, by field, for what cannot be agreed."""

    def put(self, given: Given, draft: Document, reference: str) -> None:
        """What was typed, into the set: only called where it differs from what the fields held."""


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that stand together under a heading."""

    key: str
    title: str
    parts: list[Part] = field(default_factory=list)


def groups_of(terms: Terms, document: Document, language: str) -> list[Group]:
    """Everything of some terms that a contract can have otherwise, with what it has now. Raises TermsError."""
    own = parse_overrides(document, terms)
    found = [_deadlines(target, terms, own, language) for target in terms.targets]
    found += [_counting(terms, own), _hours(terms, own, language), _data(terms, own, language)]
    found.append(_definitions(terms, own, language))
    return [group for group in found if group.parts]


def _deadlines(target: TargetTerms, terms: Terms, own: Overrides, language: str) -> Group:
    title = target.label.text(language)
    parts: list[Part] = []
    for severity in terms.severities:
        figure = target.figure(severity.code)
        if figure is not None:
            label = severity.label.text(language)
            parts.append(FigurePart(target, figure, own.figure(target.code, severity.code), label, language))
    return Group(f"deadlines-{target.code}", title, parts)


def _counting(terms: Terms, own: Overrides) -> Group:
    parts: list[Part] = [PausingPart(own.pausing)] if terms.targets else []
    if any(target.rules == "mega" for target in terms.targets):
        parts.append(RolloverPart(own.month_rollover))
    return Group("counting", gettext("How time is counted"), parts)


def _hours(terms: Terms, own: Overrides, language: str) -> Group:
    return Group("hours", gettext("Hours of support"), [HoursPart(row, own, language) for row in terms.calendars])


def _data(terms: Terms, own: Overrides, language: str) -> Group:
    kinds = {"percent", "span", "text"}
    rows = [row for row in terms.contract_fields if row.kind in kinds]
    return Group(
        "data", gettext("Data of the contract"), [DataPart(row, own.field(row.code), language) for row in rows]
    )


def _definitions(terms: Terms, own: Overrides, language: str) -> Group:
    rows = terms.severities if terms.severity_rules and terms.severity_rules.adaptable else ()
    return Group(
        "definitions", gettext("Definitions of severities"), [DefinitionPart(row, own, language) for row in rows]
    )


# Deadlines ------------------------------------------------------------------------------------------------------------
class FigurePart:
    """The deadline of one severity: an amount of a unit, none at all, or what the terms say."""

    def __init__(self, target: TargetTerms, figure: Figure, own: FigureOverride | None, title: str, language: str):
        self.target, self.figure, self.own = target, figure, own
        self.title, self._language = title, language
        self.now = _amount_words(own or figure, language)
        self._stem = f"figure_{target.code}_{figure.severity}"

    @property
    def names(self) -> list[str]:
        return [f"{self._stem}_amount", f"{self._stem}_unit"]

    def fields(self) -> dict[str, forms.Field]:
        amount, unit = self.names
        return {
            amount: forms.IntegerField(label=gettext("Amount"), required=False, min_value=1, max_value=MOST),
            unit: PickField(label=gettext("Unit"), choices=list(self._units())),
        }

    def _units(self) -> Iterator[tuple[str, str]]:
        if not self.figure.from_contract:
            yield (
                AS_TERMS,
                gettext("as in the terms (%(figure)s)") % {"figure": _amount_words(self.figure, self._language)},
            )
        for unit in UNITS[self.target.rules]:
            yield unit, unit_words(unit, 2).text(self._language)
        yield NO_DEADLINE, gettext("no deadline")

    def initial(self) -> dict[str, Any]:
        amount, unit = self.names
        if self.own is None:
            return {amount: None, unit: AS_TERMS if not self.figure.from_contract else NO_DEADLINE}
        return {amount: self.own.amount, unit: self.own.unit or NO_DEADLINE}

    def check(self, given: Given) -> None:
        amount, unit = self.names
        is_measured = given.get(unit) not in {AS_TERMS, NO_DEADLINE}
        if is_measured and given.get(amount) is None:
            raise ValidationError({amount: gettext("Give an amount.")})
        if not is_measured and given.get(amount) is not None:
            raise ValidationError({unit: gettext("Choose the unit of this amount, or leave the amount empty.")})

    def put(self, given: Given, draft: Document, reference: str) -> None:
        amount, unit = (given.get(name) for name in self.names)
        key = {"target": self.target.code, "severity": self.figure.severity}
        others = [row for row in draft.get("figures", ()) if not key.items() <= row.items()]
        if unit != AS_TERMS:
            measured = {"amount": amount, "unit": unit} if unit != NO_DEADLINE else {"amount": None, "unit": None}
            others.append(key | measured | self._kept() | {"reference": reference})
        place(draft, "figures", others)

    def _kept(self) -> Document:
        """Whether it counts from the day after stays as the contract has it."""
        return {} if self.own is None or self.own.day_after is None else {"day_after": self.own.day_after}


def _amount_words(figure: Figure | FigureOverride, language: str) -> str:
    if isinstance(figure, Figure) and figure.from_contract:
        return gettext("left to the contract")
    if figure.amount is None or figure.unit is None:
        return gettext("no deadline")
    return span_words(figure.amount, figure.unit).text(language)


# Counting -------------------------------------------------------------------------------------------------------------
class _ChoicePart:
    """One setting of the whole contract."""

    name: str
    title: str

    def __init__(self, own: Any) -> None:
        self.own = own
        self.now = dict(self.choices())[self.initial()[self.name]]

    def choices(self) -> list[tuple[str, str]]:
        raise NotImplementedError

    @property
    def names(self) -> list[str]:
        return [self.name]

    def fields(self) -> dict[str, forms.Field]:
        return {self.name: PickField(label=self.title, choices=self.choices())}

    def initial(self) -> dict[str, Any]:
        return {self.name: self.own or AS_TERMS}

    def check(self, given: Given) -> None:
        return None

    def put(self, given: Given, draft: Document, reference: str) -> None:
        if given[self.name] == AS_TERMS:
            draft.pop(self.name, None)
        else:
            draft[self.name] = self.stored(given[self.name])

    def stored(self, chosen: str) -> Any:
        return chosen


class PausingPart(_ChoicePart):
    """Whether the time during which the customer's answer is awaited is deducted (R13)."""

    name = "pausing"

    def __init__(self, own: bool | None) -> None:
        self.title = gettext("Time during which the customer’s answer is awaited")
        super().__init__(None if own is None else YES if own else NO)

    def choices(self) -> list[tuple[str, str]]:
        return [(AS_TERMS, gettext("as in the terms")), (YES, gettext("is deducted")), (NO, gettext("counts"))]

    def stored(self, chosen: str) -> bool:
        return chosen == YES


class RolloverPart(_ChoicePart):
    """The day on which a limit in months ends whose month lacks the number (R5)."""

    name = "month_rollover"

    def __init__(self, own: str | None) -> None:
        self.title = gettext("A limit in months whose last day does not exist ends on the next day that is")
        super().__init__(own)

    def choices(self) -> list[tuple[str, str]]:
        weekdays, working = gettext("ouvrable (Monday to Saturday)"), gettext("ouvré (Monday to Friday)")
        return [(AS_TERMS, gettext("as in the terms")), ("ouvrable", weekdays), ("ouvre", working)]


# Data of the contract -------------------------------------------------------------------------------------------------
class DataPart:
    """What the terms leave to the contract: a rate, a span or a text; or that there is none, said outright."""

    def __init__(self, row: ContractField, own: FieldValue | None, language: str):
        self.row, self.own, self._language = row, own, language
        self.title = row.label.text(language)
        self.now = ""
        self._stem = f"data_{row.code}"

    @property
    def names(self) -> list[str]:
        return [f"{self._stem}_{part}" for part in self._parts]

    @property
    def _parts(self) -> tuple[str, ...]:
        return ("amount", "unit", "none") if self.row.kind == "span" else ("value", "none")

    def fields(self) -> dict[str, forms.Field]:
        made: dict[str, forms.Field] = {
            "amount": forms.IntegerField(label=gettext("Amount"), required=False, min_value=1, max_value=MOST),
            "unit": PickField(label=gettext("Unit"), choices=self._units(), required=False),
            "value": LineField(label=self._asked(), max_length=500, required=False),
            "none": forms.BooleanField(label=gettext("There is none"), required=False),
        }
        return {f"{self._stem}_{part}": made[part] for part in self._parts}

    def _asked(self) -> str:
        return gettext("Percentage, such as 99.5") if self.row.kind == "percent" else gettext("Text")

    def _units(self) -> list[tuple[str, str]]:
        units = dict.fromkeys(unit for group in UNITS.values() for unit in group)
        return [(unit, unit_words(unit, 2).text(self._language)) for unit in units]

    def initial(self) -> dict[str, Any]:
        own = self.own
        held = {
            "amount": own.span.amount if own and own.span else None,
            "unit": own.span.unit if own and own.span else "hours",
            "value": ((own.percent or own.text) if own else None) or "",
            "none": bool(own and own.none),
        }
        return {f"{self._stem}_{part}": held[part] for part in self._parts}

    def check(self, given: Given) -> None:
        first = self.names[0]
        value, is_none = given.get(first), given.get(self.names[-1])
        if is_none and value:
            raise ValidationError({first: gettext("Leave this empty, or say that there is one.")})
        if self.row.required and not is_none and not value:
            raise ValidationError({first: gettext("Give it, or say that there is none.")})
        if self.row.kind == "percent" and value and not _RATE.fullmatch(value):
            raise ValidationError({first: gettext("Write a percentage from 0 to 100 with a point, such as 99.5.")})

    def put(self, given: Given, draft: Document, reference: str) -> None:
        others = [row for row in draft.get("fields", ()) if row["field"] != self.row.code]
        value = self._stored(given)
        if value:
            others.append({"field": self.row.code, "reference": reference} | value)
        place(draft, "fields", others)

    def _stored(self, given: Given) -> Document:
        value = given.get(self.names[0])
        if given.get(self.names[-1]):
            return {"none": True}
        if not value:
            return {}
        return (
            {"span": {"amount": value, "unit": given[self.names[1]]}}
            if self.row.kind == "span"
            else {self.row.kind: value}
        )


class DefinitionPart:
    """What a severity means, in both languages, where the terms let a contract word it (JAL-2)."""

    def __init__(self, severity: Severity, own: Overrides, language: str):
        self.severity = severity
        self.title = severity.label.text(language)
        self.now = ""
        worded = next((item for item in own.definitions if item.severity == severity.code), None)
        self._held = worded.definition if worded else severity.definition
        self._stem = f"definition_{severity.code}"

    @property
    def names(self) -> list[str]:
        return [f"{self._stem}_fr", f"{self._stem}_en"]

    def fields(self) -> dict[str, forms.Field]:
        labels = (gettext("In French"), gettext("In English"))
        return {
            name: BlockField(label=label, max_length=1_000, rows=3)
            for name, label in zip(self.names, labels, strict=True)
        }

    def initial(self) -> dict[str, Any]:
        return dict(zip(self.names, (self._held.fr, self._held.en), strict=True))

    def check(self, given: Given) -> None:
        return None

    def put(self, given: Given, draft: Document, reference: str) -> None:
        french, english = (given[name] for name in self.names)
        others = [row for row in draft.get("definitions", ()) if row["severity"] != self.severity.code]
        if (french, english) != (self.severity.definition.fr, self.severity.definition.en):
            worded = {"severity": self.severity.code, "definition": {"fr": french, "en": english}}
            others.append(worded | {"reference": reference})
        place(draft, "definitions", others)


def redrafted(parts: list[Part], given: Given, base: Document, reference: str) -> Document:
    """The set ``base`` with whatever was changed in the fields."""
    draft = deepcopy(base)
    for part in parts:
        held = part.initial()
        if any((given.get(name) or None) != (held[name] or None) for name in part.names):
            part.put(given, draft, reference)
    return draft
