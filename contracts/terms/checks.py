"""What the checks of a terms document share: names that must exist, units, and walking through all its parts."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from contracts.terms.errors import Path, Problem

UNITS = {
    "mega": ("hours", "business_hours", "business_days", "days", "weeks", "months"),
    "opening": ("minutes", "business_minutes", "business_hours", "business_days"),
    "timer": ("minutes", "hours", "days", "business_days", "months"),
}
"""Which units each set of computation rules knows; the engine holds the same table, and a test that they agree."""


def known(code: str, codes: Sequence[str], what: str, path: Path) -> Iterator[Problem]:
    """A name must be among those that there are."""
    if code not in codes:
        allowed = f"use {', '.join(codes)}" if codes else "there is none"
        yield Problem(path, f"{code!r} is not among the {what} of this document: {allowed}")


def all_known(codes: Sequence[str], allowed: Sequence[str], what: str, path: Path) -> Iterator[Problem]:
    for index, code in enumerate(codes):
        yield from known(code, allowed, what, (*path, index))


def unit(name: str, rules: str, path: Path) -> Iterator[Problem]:
    """A unit must be one that the rules know."""
    if name not in UNITS[rules]:
        yield Problem(path, f"{name} is not a unit of the rules {rules}: use {', '.join(UNITS[rules])}")


RECIPIENTS = ("assignee", "engineers", "support_manager", "account_manager", "product_manager")
"""Whom the terms can have told; notifications know who they are."""


def recipients(named: Sequence[str], path: Path) -> Iterator[Problem]:
    """Whoever is to be told must be somebody whom notifications know."""
    for place, code in enumerate(named):
        if code not in RECIPIENTS:
            allowed = ", ".join(RECIPIENTS)
            yield Problem((*path, "recipients", place), f"{code!r} cannot be alerted: use {allowed}")


def codes_of(items: Sequence[Any]) -> list[str]:
    return [item.code for item in items]


def parts(place: Any) -> Iterator[tuple[str | int, Any]]:
    """The parts of a list or a group of fields, each with its place in it."""
    if isinstance(place, tuple):
        yield from enumerate(place)
    elif is_dataclass(place):
        yield from ((field.name, getattr(place, field.name)) for field in fields(place) if field.init)
