"""Checks of what a document leaves to its contracts, and of its worked examples."""

from collections.abc import Iterator

from contracts.terms.agreed import Example
from contracts.terms.checks import codes_of, known, unit
from contracts.terms.document import Terms
from contracts.terms.errors import Path, Problem
from contracts.terms.overrides import Overrides, override_problems
from contracts.terms.shape import build

ASKED = {
    "due": ("severity", "target", "at"),
    "limit": ("rules", "calendar", "amount", "unit", "at"),
    "add": ("calendar", "start", "seconds"),
    "elapsed": ("calendar", "start", "end"),
}
"""What a question of each kind has to hold; the rest it may."""

MAY_HOLD = {
    "due": ("environment", "pauses", "overrides"),
    "limit": ("direction", "pauses"),
    "add": ("pauses",),
    "elapsed": ("pauses",),
}
ANSWERS = {"due": ("due_at", "remaining"), "limit": ("due_at", "remaining"), "add": ("at", "remaining"),
           "elapsed": ("seconds",)}  # fmt: skip


def agreed_problems(terms: Terms) -> Iterator[Problem]:
    """What is wrong with the examples of a document."""
    for index, example in enumerate(terms.examples):
        yield from _example(terms, example, ("examples", index))


def _example(terms: Terms, example: Example, path: Path) -> Iterator[Problem]:
    yield from _holds(example, path)
    if example.severity is not None:
        yield from known(example.severity, codes_of(terms.severities), "severities", (*path, "severity"))
    if example.target is not None:
        yield from known(example.target, codes_of(terms.targets), "targets", (*path, "target"))
    if example.environment is not None:
        yield from known(example.environment, codes_of(terms.environments), "environments", (*path, "environment"))
    if example.calendar is not None:
        yield from known(example.calendar, codes_of(terms.calendars), "calendars", (*path, "calendar"))
    if example.unit is not None and example.rules is not None:
        yield from unit(example.unit, example.rules, (*path, "unit"))
    for place, pause in enumerate(example.pauses):
        if len(pause) != 2 or pause[0] is None:
            yield Problem((*path, "pauses", place), "a pause is a start and an end, the end null while it is open")
    if example.overrides:
        yield from _overrides(terms, example, (*path, "overrides"))


def _holds(example: Example, path: Path) -> Iterator[Problem]:
    """A question holds what its kind asks for and nothing that it would not look at."""
    asked, may = ASKED[example.op], MAY_HOLD[example.op]
    given = [key for key in example.line("") if key not in ("id", "terms", "op")]
    for key in asked:
        if key not in given:
            yield Problem(path, f"lacks {key}: {example.op} asks for {', '.join(asked)}")
    for key in given:
        if key not in (*asked, *may):
            yield Problem((*path, key), f"is not looked at by {example.op}: it takes {', '.join((*asked, *may))}")
    for key in ("due_at", "at", "seconds", "remaining"):
        if getattr(example.expect, key) is not None and key not in ANSWERS[example.op]:
            yield Problem((*path, "expect", key), f"{example.op} answers {', '.join(ANSWERS[example.op])}")


def _overrides(terms: Terms, example: Example, path: Path) -> Iterator[Problem]:
    problems: list[Problem] = []
    overrides = build(Overrides, dict(example.overrides), (), problems)
    if overrides is not None:
        problems += override_problems(overrides, terms)
    yield from (Problem((*path, *problem.path), problem.message) for problem in problems)
