"""The clause index: every clause that the product knows, what it is about, and what enacts it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path as File
from typing import Annotated, Literal

from contracts.terms.errors import Problem, TermsError
from contracts.terms.model import Clause, Label
from contracts.terms.shape import NOT_EMPTY, build, matches
from contracts.terms.source import read_file

INDEX = File(__file__).parent.parent / "data" / "clauses.yaml"

Claim = Annotated[str, matches(r"[a-z_]+(\.[a-z0-9_]+)*:[A-Za-z_][A-Za-z0-9_.]*", "module:name of what enacts it")]
TestClaim = Annotated[str, matches(r"tests/[A-Za-z0-9_/]+\.py::[A-Za-z0-9_]+", "tests/file.py::test_name")]


@dataclass(frozen=True, slots=True)
class ClauseEntry:
    """A clause, a title in our own words, and its state: enacted by code and test, held as data, or not yet."""

    id: Clause
    title: Label
    state: Literal["enacted", "data", "not_yet"]
    code: tuple[Claim, ...] = ()
    test: tuple[TestClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseIndex:
    clauses: Annotated[tuple[ClauseEntry, ...], NOT_EMPTY]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(entry.id for entry in self.clauses)


def load_clauses(path: File = INDEX) -> ClauseIndex:
    """The clause index from its file. Raises TermsError."""
    document, lines = read_file(path)
    problems: list[Problem] = []
    index = build(ClauseIndex, document, (), problems)
    if index is not None:
        seen: set[str] = set()
        for place, entry in enumerate(index.clauses):
            where = ("clauses", place)
            if entry.id in seen:
                problems.append(Problem(where, f"{entry.id} stands here twice"))
            seen.add(entry.id)
            if (entry.state == "enacted") != bool(entry.code and entry.test):
                problems.append(Problem(where, f"{entry.id}: enacted, and only that, names code and test"))
    if problems:
        raise TermsError(str(path), [Problem(p.path, p.message, lines.get(p.path[:2])) for p in problems])
    assert isinstance(index, ClauseIndex)
    return index


@cache
def known_clauses() -> frozenset[str]:
    """The IDs of the index that comes with the product."""
    return load_clauses().ids
