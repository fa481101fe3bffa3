"""Small changes of a terms document, as the author of a draft would make them."""

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], None]


def figure(severity: str, amount: int | None, unit: str | None = "business_hours", target: str = "response") -> Change:
    """Another figure for a severity."""

    def change(document: dict[str, Any]) -> None:
        found = next(row for row in document["targets"] if row["code"] == target)
        row = next(row for row in found["figures"] if row["severity"] == severity)
        row |= {"amount": amount, "unit": unit if amount is not None else None}

    return change


def left_to_the_contract(severity: str) -> Change:
    """The figure of a severity is for the contract to give (GEN-6)."""

    def change(document: dict[str, Any]) -> None:
        row = next(row for row in document["targets"][0]["figures"] if row["severity"] == severity)
        row |= {"amount": None, "unit": None, "from_contract": True}

    return change


def entry(section: str, code: str, **values: Any) -> Change:
    """Other values in an entry of a section."""

    def change(document: dict[str, Any]) -> None:
        next(row for row in document[section] if row["code"] == code).update(values)

    return change


def all_of(*changes: Change) -> Change:
    def change(document: dict[str, Any]) -> None:
        for one in changes:
            one(document)

    return change
