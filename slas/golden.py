"""The worked examples of a terms document, asked again: whether the product still counts as the document says."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from contracts.terms import Terms
from contracts.terms.errors import Problem, TermsError
from contracts.terms.model import Label
from slas.compute import Answer, BadLine, Library, answer_line
from slas.engine import Calendar
from slas.policies import calendar_for

ANSWERS = {"due": "due_at", "limit": "due_at", "add": "at", "elapsed": "seconds"}
"""What each op answers; an example that expects nothing under that name expects that there is no such time."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example of the document: what it must come to, what it comes to now, and the reckoning.

    ``expected`` and ``got`` hold the same keys, instants in UTC; an error that was answered stands under ``error``.
    """

    code: str
    ok: bool
    expected: Mapping[str, Any]
    got: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]
    why: Label
    clauses: tuple[str, ...]


class _Document(Library):
    """The terms of one document and nothing else, for the questions of its own examples."""

    def __init__(self, terms: Terms) -> None:
        super().__init__(Path())
        self._terms = terms
        self.names = (terms.code,)

    def terms(self, name: str) -> Terms:
        if name != self._terms.code:
            raise BadLine(f"an example asks its own terms {self._terms.code}, not {name[:60]!r}")
        return self._terms

    def calendar(self, name: str) -> Calendar:
        return calendar_for(self._terms, name)


@lru_cache(maxsize=64)
def run_examples(terms: Terms, language: str = "en") -> tuple[ExampleResult, ...]:
    """Every example of a document in its order. Raises nothing for an example that fails: it says what it got."""
    document = _Document(terms)
    return tuple(_result(example, document, terms.code, language) for example in terms.examples)


def require_examples(terms: Terms) -> None:
    """Raise TermsError with one problem for each example that does not come to what it says."""
    problems = [
        Problem(("examples", index, "expect"), f"{one.code}: expected {_said(one.expected)}, got {_said(one.got)}")
        for index, one in enumerate(run_examples(terms))
        if not one.ok
    ]
    if problems:
        raise TermsError(f"{terms.code} {terms.version}", problems)


def _result(example: Any, document: Library, code: str, language: str) -> ExampleResult:
    answer = answer_line(json.dumps(example.line(code)), document, language)
    expected = _expected(asdict(example.expect), ANSWERS[example.op])
    got = {key: _plain(answer.get(key)) for key in expected}
    if "error" in answer:
        got = {"error": answer["error"]}
    return ExampleResult(
        code=example.code,
        ok=got == expected,
        expected=expected,
        got=got,
        steps=tuple(answer.get("steps", ())),
        why=example.why,
        clauses=example.clauses,
    )


def _expected(given: Mapping[str, Any], main: str) -> Answer:
    """What is asked for by name, and the answer of the op in any case."""
    return {name: _plain(value) for name, value in given.items() if name == main or value is not None}


def _plain(value: Any) -> Any:
    """An instant in UTC, whatever zone it was written in; anything else as it is."""
    if not isinstance(value, str):
        return value
    return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
