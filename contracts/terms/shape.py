"""Checks a document against dataclasses and builds them: the dataclasses of ``model`` are the schema.

Fields say what is allowed by their type: text, whole numbers, ``Literal`` choices, ``tuple[X, ...]`` for lists, other
dataclasses, ``X | None``, and ``Annotated`` with one of the checks below. Unknown keys are refused.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from contracts.terms.errors import Path, Problem

MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on a value, and how to tell an author what is allowed."""

    allowed: str
    holds: Callable[[Any], bool]


def matches(pattern: str, allowed: str) -> Check:
    compiled = re.compile(pattern, re.ASCII)
    return Check(allowed, lambda value: compiled.fullmatch(value) is not None)


def between(low: int, high: int) -> Check:
    return Check(f"a whole number from {low} to {high}", lambda value: low <= value <= high)


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_instant(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


A_DATE = Check("a date such as 2026-05-01", _is_date)
AN_INSTANT = Check("an instant with its zone such as 2026-05-04T10:00:00+02:00", _is_instant)
NOT_EMPTY = Check("at least one", lambda value: len(value) > 0)


def build(kind: Any, value: Any, path: Path, problems: list[Problem]) -> Any:
    """The value as ``kind``; whatever is wrong with it is added to ``problems``, and None is then returned."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _checked(kind, value, path, problems)
    if origin in (Union, UnionType):
        inner = next(choice for choice in get_args(kind) if choice is not type(None))
        return None if value is None else build(inner, value, path, problems)
    if origin is Literal:
        return _choice(get_args(kind), value, path, problems)
    if origin is Mapping:
        return _group(value, path, problems)
    if origin is tuple:
        return _items(get_args(kind)[0], value, path, problems)
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, path, problems)
    return _simple(kind, value, path, problems)


def _checked(kind: Any, value: Any, path: Path, problems: list[Problem]) -> Any:
    inner, *checks = get_args(kind)
    before = len(problems)
    built = build(inner, value, path, problems)
    if len(problems) > before:
        return None
    for check in checks:
        if not check.holds(built):
            problems.append(Problem(path, f"must be {check.allowed}, not {_brief(value)}"))
            return None
    return built


def _choice(choices: tuple[Any, ...], value: Any, path: Path, problems: list[Problem]) -> Any:
    if value in choices and type(value) in {type(choice) for choice in choices}:
        return value
    allowed = ", ".join(str(choice) for choice in choices)
    problems.append(Problem(path, f"must be one of {allowed}, not {_brief(value)}"))
    return None


def _items(kind: Any, value: Any, path: Path, problems: list[Problem]) -> tuple[Any, ...] | None:
    if not isinstance(value, list):
        problems.append(Problem(path, f"must be a list, not {_brief(value)}"))
        return None
    return tuple(build(kind, item, (*path, index), problems) for index, item in enumerate(value))


def _group(value: Any, path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Fields that something else checks."""
    if not isinstance(value, dict):
        problems.append(Problem(path, f"must be a group of fields, not {_brief(value)}"))
        return None
    return value


def _record(kind: type, value: Any, path: Path, problems: list[Problem]) -> Any:
    if not isinstance(value, dict):
        problems.append(Problem(path, f"must be a group of fields, not {_brief(value)}"))
        return None
    known = _schema(kind)
    before = len(problems)
    for key in value:
        if key not in known:
            problems.append(Problem((*path, key), f"is not known here; allowed are {', '.join(known)}"))
    built = {}
    for name, (field_kind, field) in known.items():
        if name in value:
            built[name] = build(field_kind, value[name], (*path, name), problems)
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(Problem(path, f"lacks {name}"))
    return kind(**built) if len(problems) == before else None


@cache
def _schema(kind: type) -> dict[str, tuple[Any, Field[Any]]]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: (hints[field.name], field) for field in fields(kind) if field.init}


def _simple(kind: Any, value: Any, path: Path, problems: list[Problem]) -> Any:
    names = {str: "text", int: "a whole number", bool: "true or false"}
    if type(value) is not kind:
        problems.append(Problem(path, f"must be {names[kind]}, not {_brief(value)}"))
        return None
    if kind is str and not (value.strip() and len(value) <= MAX_TEXT and value.isprintable()):
        problems.append(Problem(path, f"must be 1 to {MAX_TEXT} printable characters on one line"))
        return None
    return value


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return "a group of fields"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else repr(value)[:60]
