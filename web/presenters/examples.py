"""The worked examples of the terms as rows: what must come out, what does, and the reckoning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from contracts.terms import Terms
from slas.golden import ExampleResult, run_examples
from slas.wording import duration_text
from web.moments import format_moment
from web.presenters.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One example; ``expected`` and ``got`` are the same words where it comes out right."""

    code: str
    why: str
    clauses: tuple[str, ...]
    is_right: bool
    expected: str
    got: str
    steps: list[dict[str, str]]


def present_examples(terms: Terms, language: str) -> list[ExampleRow]:
    """Run the examples (once for each version of the terms) and tell how each comes out."""
    words = Vocabulary(terms, language)
    return [_row(one, words) for one in run_examples(terms, language)]


def _row(one: ExampleResult, words: Vocabulary) -> ExampleRow:
    return ExampleRow(
        code=one.code,
        why=one.why.text(words.language),
        clauses=one.clauses,
        is_right=one.ok,
        expected=_said(one.expected, words),
        got=_said(one.got, words),
        steps=[{"text": str(step["text"]), "clause": str(step.get("clause", ""))} for step in one.steps],
    )


def _said(values: Mapping[str, Any], words: Vocabulary) -> str:
    return ", ".join(_value(name, value, words) for name, value in values.items())


def _value(name: str, value: Any, words: Vocabulary) -> str:
    if value is None:
        return gettext("no deadline")
    if name in ("due_at", "at"):
        return format_moment(datetime.fromisoformat(str(value)), words.zone(), deadline=name == "due_at")
    if name == "remaining":
        return gettext("%(time)s left") % {"time": duration_text(int(value))}
    if name == "seconds":
        return duration_text(int(value))
    return str(value)
