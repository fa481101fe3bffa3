"""Answers to the lines of ``sla_compute``: one JSON object in, one out, whatever the line holds."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contracts.terms import Terms, TermsError, UnknownTerm, load_terms
from slas.engine import (
    UNITS,
    WEEKDAYS,
    BadSpec,
    Calendar,
    CalendarSpec,
    EngineError,
    Limit,
    Rules,
    Unit,
)
from slas.engine.clock import Run, run_with
from slas.engine.errors import BadAmount, BadPause, BadUnit
from slas.engine.explain import explain_run
from slas.engine.limits import due
from slas.engine.pauses import Due, Pause, add, due_at, elapsed, pause
from slas.policies import Calendars, calendar_for, policy_for
from slas.wording import render_step

Answer = dict[str, Any]

MAX_LINE = 1_000_000
LIMIT_UNITS = {
    Rules.MEGA: UNITS[Rules.MEGA],
    Rules.OPENING: (Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS),
    Rules.TIMER: (Unit.DAYS, Unit.BUSINESS_DAYS),
}
"""Which units a raw limit may have under which rules."""


class BadLine(ValueError):
    """A line that cannot be answered; the message says what it lacks."""


class Library:
    """The terms documents of a folder, each read when it is first asked for.

    ``calendars`` keeps the calendars that lines describe or bring in their overrides.
    """

    def __init__(self, folder: Path, calendars: Calendars | None = None) -> None:
        self.folder = folder
        self.calendars = calendars or Calendars(512)
        self._spec = lru_cache(maxsize=512)(_spec_of)
        self._loaded: dict[str, Terms] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        files = self.folder.glob("*.yaml")
        return tuple(sorted(file.stem for file in files if file.stem != "clauses"))

    def terms(self, name: str) -> Terms:
        """The terms of that code. Raises BadLine where there are none."""
        if name not in self.names:
            raise BadLine(f"unknown terms {name[:60]!r}: use {', '.join(self.names)}")
        if name not in self._loaded:
            self._loaded[name] = load_terms(self.folder / f"{name}.yaml")
        return self._loaded[name]

    def calendar(self, name: str) -> Calendar:
        """The first calendar of that code in any terms. Raises BadLine where there is none."""
        for code in self.names:
            terms = self.terms(code)
            if any(item.code == name for item in terms.calendars):
                return calendar_for(terms, name)
        known = sorted({item.code for code in self.names for item in self.terms(code).calendars})
        raise BadLine(f"unknown calendar {name[:60]!r}: use {', '.join(known)}, or an object with tz and weekly")

    def described(self, value: dict[str, Any]) -> Calendar:
        """The calendar that a line describes. Raises BadSpec."""
        return self.calendars.compiled(self._spec(json.dumps(value, sort_keys=True)))


def answer_line(line: str | bytes, library: Library, language: str = "en") -> Answer:
    """The answer to one line; a line that is wrong answers ``{"id": …, "error": …}`` and raises nothing."""
    identity: Any = None
    try:
        case = _parsed(line)
        identity = _identity(case)
        return {"id": identity, **_answered(case, library, language)}
    except (BadLine, EngineError, TermsError, UnknownTerm) as error:
        return {"id": identity, "error": str(error.args[0])}
    except RecursionError:
        return {"id": identity, "error": "the line is nested too deeply"}


def _parsed(line: str | bytes) -> Any:
    if len(line) > MAX_LINE:
        raise BadLine(f"the line is longer than {MAX_LINE} characters")
    try:
        case = json.loads(line, parse_constant=_no_constant)
    except ValueError as error:
        raise BadLine(f"not JSON: {error}") from error
    if not isinstance(case, dict):
        raise BadLine('a line is a JSON object, such as {"id": 1, "op": "add", …}')
    return case


def _identity(case: dict[str, Any]) -> Any:
    """The id, which the answer repeats: so it must be possible to write it again."""
    json.dumps(case.get("id"))
    return case.get("id")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _answered(case: dict[str, Any], library: Library, language: str) -> Answer:
    op = case.get("op")
    if not isinstance(op, str) or op not in OPERATIONS:
        raise BadLine(f"unknown op: use {', '.join(OPERATIONS)}")
    return OPERATIONS[op](case, library, language)


def _add(case: dict[str, Any], library: Library, language: str) -> Answer:
    calendar, start = _calendar(case, library), _instant(case, "start")
    found = add(calendar, start, _whole(case, "seconds"), _pauses(case))
    return _due_answer("at", found)


def _elapsed(case: dict[str, Any], library: Library, language: str) -> Answer:
    calendar = _calendar(case, library)
    return {"seconds": elapsed(calendar, _instant(case, "start"), _instant(case, "end"), _pauses(case))}


def _limit(case: dict[str, Any], library: Library, language: str) -> Answer:
    rules = Rules(_one_of(case, "rules", tuple(Rules)))
    unit = Unit(_one_of(case, "unit", tuple(Unit)))
    if unit not in LIMIT_UNITS[rules]:
        raise BadUnit(f"{unit} is not a unit of the rules {rules}: use {', '.join(LIMIT_UNITS[rules])}")
    backwards = _one_of(case, "direction", ("after", "before"), default="after") == "before"
    pauses = _pauses(case)
    if backwards and pauses:
        raise BadPause("a limit that counts backwards cannot be paused")
    limit = Limit(_whole(case, "amount"), unit, rules)
    return _due_answer(
        "due_at", due(limit, _calendar(case, library), _instant(case, "at"), pauses, backwards=backwards)
    )


def _due(case: dict[str, Any], library: Library, language: str) -> Answer:
    terms = library.terms(_text(case, "terms"))
    severity = terms.severity(_text(case, "severity")).code
    environment = None if case.get("environment") is None else _text(case, "environment")
    overrides = case.get("overrides")
    if overrides is not None and not isinstance(overrides, Mapping):
        raise BadLine("overrides is an object")
    policy = policy_for(
        terms, _text(case, "target"), overrides=overrides, environment=environment, calendars=library.calendars
    )
    pauses = _pauses(case)
    run = run_with(policy, severity, _instant(case, "at"), pauses)
    found = run.reckoned()
    answer: Answer = {"due_at": None} if found is None else _due_answer("due_at", found)
    return {**answer, "steps": _steps(run, bool(pauses), language)}


def _steps(run: Run, waited: bool, language: str) -> list[Answer]:
    zone = ZoneInfo(run.policy.calendar.tz)
    return [
        {"at": _text_of(step.at), "text": render_step(step, language=language, zone=zone), "clause": step.clause}
        for step in explain_run(run, waited=waited)
    ]


OPERATIONS: dict[str, Callable[[dict[str, Any], Library, str], Answer]] = {
    "add": _add,
    "elapsed": _elapsed,
    "limit": _limit,
    "due": _due,
}


def _due_answer(name: str, found: Due) -> Answer:
    answer: Answer = {name: _text_of(due_at(found))}
    return answer if found.left is None else {**answer, "remaining": found.left}


def _text_of(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# What a line holds, checked -----------------------------------------------------------------------------


def _instant(case: dict[str, Any], name: str) -> datetime:
    return _as_instant(case.get(name), name)


def _as_instant(value: Any, name: str) -> datetime:
    if not isinstance(value, str):
        raise BadLine(f"{name} is an instant such as 2026-05-04T10:00:00+02:00")
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadLine(f"{name} is not an instant: write it as 2026-05-04T10:00:00+02:00") from error
    if at.tzinfo is None:
        raise BadLine(f"{name} has no time zone: add one, such as Z or +02:00")
    return at


def _whole(case: dict[str, Any], name: str) -> int:
    value = case.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadLine(f"{name} is a whole number")
    if value < 0:
        raise BadAmount(f"{name} cannot be negative")
    return value


def _text(case: dict[str, Any], name: str) -> str:
    value = case.get(name)
    if not isinstance(value, str):
        raise BadLine(f"{name} is missing or not text")
    return value


def _one_of(case: dict[str, Any], name: str, allowed: Sequence[str], default: str | None = None) -> str:
    value = case.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise BadLine(f"{name} is one of {', '.join(allowed)}")
    return value


def _pauses(case: dict[str, Any]) -> list[Pause]:
    value = case.get("pauses")
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadLine("pauses is a list of [start, end] pairs")
    return [_pause(item) for item in value]


def _pause(item: Any) -> Pause:
    if not isinstance(item, list) or len(item) != 2:
        raise BadLine("a pause is [start, end], the end null while it is open")
    start, end = item
    return pause(_as_instant(start, "a pause's start"), None if end is None else _as_instant(end, "a pause's end"))


def _calendar(case: dict[str, Any], library: Library) -> Calendar:
    value = case.get("calendar")
    if isinstance(value, str):
        return library.calendar(value)
    if not isinstance(value, dict):
        raise BadLine("calendar is a name, or an object with tz, weekly and holidays")
    return library.described(value)


def _spec_of(text: str) -> CalendarSpec:
    value = json.loads(text)
    if unknown := sorted(value.keys() - {"tz", "weekly", "holidays"}):
        raise BadSpec(f"a calendar has tz, weekly and holidays, not {unknown[0][:40]}")
    if not isinstance(value.get("tz"), str):
        raise BadSpec("a calendar's tz is the name of a time zone, such as Europe/Paris")
    return CalendarSpec(
        zone=value["tz"],
        weekly=_weekly(value.get("weekly")),
        holidays=frozenset(_date(day) for day in _list(value.get("holidays", []), "holidays")),
    )


def _weekly(value: Any) -> tuple[tuple[tuple[int, int], ...], ...]:
    if not isinstance(value, dict) or not value.keys() <= set(WEEKDAYS):
        raise BadSpec(f"weekly gives the hours of {', '.join(WEEKDAYS)}")
    return tuple(tuple(_span(item) for item in _list(value.get(day, []), day)) for day in WEEKDAYS)


def _span(item: Any) -> tuple[int, int]:
    if not isinstance(item, list) or len(item) != 2:
        raise BadSpec('opening hours are pairs such as ["09:00", "18:00"]')
    return _clock(item[0]), _clock(item[1])


def _clock(value: Any) -> int:
    parts = value.split(":") if isinstance(value, str) else []
    if len(parts) not in (2, 3) or not all(len(part) == 2 and part.isascii() and part.isdigit() for part in parts):
        raise BadSpec("a time of day is written as 09:00")
    hours, minutes, seconds = (int(part) for part in [*parts, "00"][:3])
    if minutes > 59 or seconds > 59 or hours * 3600 + minutes * 60 + seconds > 86_400:
        raise BadSpec(f"{value} is not a time of day")
    return hours * 3600 + minutes * 60 + seconds


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadSpec("a holiday is a date such as 2026-05-01") from error


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadSpec(f"{name} is a list")
    return value
