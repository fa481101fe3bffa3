"""From a file or a stored document to checked terms."""

from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path as File
from typing import Any

from contracts.terms.document import Terms
from contracts.terms.errors import Path, Problem, TermsError
from contracts.terms.references import reference_problems
from contracts.terms.shape import build
from contracts.terms.source import Lines, file_text, read_text


def parse_terms(
    document: Mapping[str, Any], source: str = "document", lines: Lines | None = None, *, stored: bool = False
) -> Terms:
    """Terms from a plain document. Raises TermsError with all that is wrong.

    ``stored`` documents were checked when they were published and are immutable: only their shape is read, so that
    checks that come later never make an old contract unreadable (R16).
    """
    problems: list[Problem] = []
    plain = deepcopy(dict(document)) if isinstance(document, Mapping) else document
    terms = build(Terms, plain, (), problems)
    if terms is not None:
        object.__setattr__(terms, "document", plain)
        problems += [] if stored else reference_problems(terms)
    if problems:
        raise TermsError(source, [_placed(problem, lines or {}) for problem in problems])
    assert isinstance(terms, Terms)
    return terms


def load_terms(path: File | str) -> Terms:
    """Terms from a YAML file. Raises TermsError whose problems name the line. The same text is parsed once."""
    return _from_text(file_text(File(path)), str(path))


@lru_cache(maxsize=16)
def _from_text(text: str, source: str) -> Terms:
    document, lines = read_text(text, source)
    return parse_terms(document, source, lines)


def _placed(problem: Problem, lines: Lines) -> Problem:
    """The problem with the line of its path, or of the nearest thing around it."""
    path: Path = problem.path
    while path and path not in lines:
        path = path[:-1]
    return Problem(problem.path, problem.message, lines.get(path))
