"""Reading YAML narrowly: no duplicate keys, no aliases, no tags, no surprises about what a word means.

Plain scalars are text unless they are exactly ``true``, ``false``, ``null`` or a whole number, so that ``18:00``,
``no`` and ``2025-05-01`` stay what they look like. Every value remembers its line.
"""

import re
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import yaml

from contracts.terms.errors import Path, Problem, TermsError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The compiled reader where there is one: the same nodes, ten times sooner."""

Lines = dict[Path, int | None]

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)


def read_file(path: File) -> tuple[Any, Lines]:
    """The document in a file, and the line of each path. Raises TermsError."""
    return read_text(file_text(path), str(path))


def file_text(path: File) -> str:
    """The text of a file. Raises TermsError."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise TermsError(str(path), [Problem((), f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise TermsError(str(path), [Problem((), "is not UTF-8 text: save it as UTF-8")]) from error


def read_text(text: str, source: str) -> tuple[Any, Lines]:
    """The document in a text, and the line of each path. Raises TermsError."""
    if len(text) > MAX_BYTES:
        raise TermsError(source, [Problem((), f"is larger than {MAX_BYTES} characters")])
    try:
        _check_shape(text, source)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        raise TermsError(source, [_as_problem(error)]) from error
    if node is None:
        raise TermsError(source, [Problem((), "is empty")])
    problems: list[Problem] = []
    lines: Lines = {}
    document = _plain(node, (), lines, problems)
    if problems:
        raise TermsError(source, problems)
    return document, lines


def _check_shape(text: str, source: str) -> None:
    """Refuse aliases and deep nesting before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise TermsError(source, [Problem((), "anchors and aliases are not allowed: write it out", line)])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise TermsError(source, [Problem((), f"is nested more than {MAX_DEPTH} levels deep", line)])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _plain(node: yaml.Node, path: Path, lines: Lines, problems: list[Problem]) -> Any:
    lines[path] = _line(node)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), lines, problems) for index, item in enumerate(node.value)]
    found: dict[str, Any] = {}
    for key, value in _pairs(node):
        if key in found:
            problems.append(Problem((*path, key), "stands here twice: keep one", _line(value)))
        found[key] = _plain(value, (*path, key), lines, problems)
    return found


def _pairs(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    for key, value in node.value:
        yield (str(key.value) if isinstance(key, yaml.ScalarNode) else "(a list as key)"), value


def _line(item: yaml.Node | yaml.Event) -> int | None:
    return item.start_mark.line + 1 if item.start_mark else None


def _scalar(node: yaml.ScalarNode) -> str | int | bool | None:
    text = str(node.value)
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE.fullmatch(text) else text


def _as_problem(error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return Problem((), f"is not YAML: {error.problem}", mark.line + 1 if mark else None)
    return Problem((), "is not YAML: it holds a character that YAML does not allow")
