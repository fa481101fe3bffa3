"""The cases of ``POST /sla/compute``: what ``sla_compute`` does, with the caller's own terms and contracts only."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from accounts.tenancy import Actor
from contracts.models import TermsVersion
from contracts.selectors import (
    Effective,
    Timeline,
    contracts,
    effective_each,
    terms_by_id,
    terms_in_force,
    timelines,
)
from contracts.terms import Terms
from slas.compute import Answer, BadLine, Library, answer_line
from slas.engine import Calendar
from slas.policies import SHARED, Calendars, calendar_for

MAX_CASES: Final = 1_000
MAX_CALENDARS: Final = 20
"""Calendars that one request may describe, or change by its overrides."""
KEPT_CALENDARS: Final = 4
"""Compiled at a time: each may hold tens of megabytes, and compiling one again takes milliseconds a year."""
SECONDS: Final = 5.0
"""Computing time of one request; the cases that come after it are not computed."""
_CHANGES_CALENDARS: Final = ("calendars", "subsidiary", "follow_the_sun")
_COMMON: Final = frozenset({"id", "op", "pauses"})
_COUNTING: Final = _COMMON | {"calendar", "contract"}
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "add": _COUNTING | {"start", "seconds"},
    "elapsed": _COUNTING | {"start", "end"},
    "limit": _COUNTING | {"at", "amount", "unit", "rules", "direction"},
    "due": _COMMON | {"terms", "contract", "severity", "target", "environment", "at", "overrides"},
}
"""What a case of each operation may say; anything else is refused, because it would be ignored."""
EVENT_FIELDS: Final = ("at", "start")
LONGEST_ID: Final = 200
LARGEST_ID: Final = 2**53


class OwnTerms(Library):
    """The terms that one caller may compute with, under their codes.

    A customer's people have those of their contracts, as they hold now; staff have what their provider has published.
    The calendars that the caller makes up are kept here, and so no longer than his request.
    """

    def __init__(self, actor: Actor, at: datetime) -> None:
        super().__init__(Path(), Calendars(KEPT_CALENDARS))
        self._actor = actor
        self._at = at

    @cached_property
    def names(self) -> tuple[str, ...]:
        if self._actor.sees_private:
            rows = TermsVersion.objects.visible_to(self._actor).order_by("code").values_list("code", flat=True)
            return tuple(rows.distinct())
        return tuple(sorted(self._of_contracts))

    @cached_property
    def _of_contracts(self) -> dict[str, Terms]:
        """Of two contracts under different versions of the same terms, the one that began later counts."""
        rows = sorted(contracts(self._actor), key=lambda row: (row.starts_on, row.reference))
        holding = effective_each(rows, self._at)
        return {holding[row.id].terms.code: holding[row.id].terms for row in rows}

    def terms(self, name: str) -> Terms:
        """The terms of that code. Raises ``BadLine`` for what is not the caller's, as for what does not exist."""
        if name not in self.names:
            raise BadLine(f"unknown terms: use {', '.join(self.names) or 'those of a contract of your own'}")
        if name not in self._loaded:
            self._loaded[name] = self._published(name) if self._actor.sees_private else self._of_contracts[name]
        return self._loaded[name]

    def _published(self, code: str) -> Terms:
        """The version in force today; before the first or after the last one, the latest."""
        provider, today = self._actor.provider_id, self._at.astimezone(ZoneInfo(self._actor.time_zone)).date()
        row = terms_in_force(provider, code, self._at, today)
        rows = TermsVersion.objects.visible_to(self._actor).filter(code=code)
        return terms_by_id(row.id if row else rows.order_by("-in_force").values_list("id", flat=True)[0])


class ContractTerms(Library):
    """The terms of one contract as they hold at an instant, with what the contract changes in them."""

    def __init__(self, holding: Effective, own: OwnTerms) -> None:
        super().__init__(Path(), SHARED)
        self._loaded = {holding.terms.code: holding.terms}
        self._holding = holding
        self._own = own

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(self._loaded)

    @property
    def overrides(self) -> dict[str, Any]:
        return self._holding.overrides

    def calendar(self, name: str) -> Calendar:
        """A calendar of the contract. Raises ``BadLine`` where there is none of that code."""
        terms = self._holding.terms
        known = [calendar.code for calendar in terms.calendars]
        if name not in known:
            raise BadLine(f"unknown calendar {name[:60]!r}: use {', '.join(known)}, or an object with tz and weekly")
        return calendar_for(terms, name, overrides=self._holding.overrides)

    def described(self, value: dict[str, Any]) -> Calendar:
        """What the caller describes is not the contract's, and kept with the rest of his."""
        return self._own.described(value)


class Computer:
    """Answers the cases of one caller; reads each contract once, whatever instants are asked about.

    ``clock`` tells the seconds that this thread has computed: a busy machine refuses nobody.
    """

    def __init__(
        self, actor: Actor, at: datetime, language: str, clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._actor, self._at, self._language, self._clock = actor, at, language, clock
        self._own = OwnTerms(actor, at)
        self._made: set[str] = set()
        self._contracts: dict[str, Timeline] = {}
        self._holding: dict[tuple[str, datetime], ContractTerms] = {}

    def answers(self, cases: Sequence[Any]) -> list[Answer]:
        """One answer to each case, in order; a wrong case answers ``{"id": …, "error": …}`` and stops no other.

        Nor does one case take the time of all: those that come after ``SECONDS`` answer that it was too much.
        """
        until = self._clock() + SECONDS
        self._contracts = self._named_in(cases)
        return [self._answer(case, too_late=self._clock() > until) for case in cases]

    def _named_in(self, cases: Sequence[Any]) -> dict[str, Timeline]:
        named = [case.get("contract") for case in cases if isinstance(case, dict)]
        references = {name for name in named if isinstance(name, str)}
        rows = list(contracts(self._actor).filter(reference__in=references)) if references else []
        found = timelines(rows)
        return {row.reference: found[row.id] for row in rows}

    def _answer(self, case: Any, *, too_late: bool) -> Answer:
        identity = case.get("id") if isinstance(case, dict) else None
        if not _is_identity(identity):
            return {"id": None, "error": "id is text, a whole number or null"}
        if too_late:
            return {"id": identity, "error": "too much in one request: send fewer cases at a time"}
        try:
            _check_fields(case)
            self._count_calendars(case)
            asked, library = self._prepared(case) if case.get("contract") is not None else (case, self._own)
        except BadLine as error:
            return {"id": identity, "error": str(error)}
        return answer_line(json.dumps(asked, ensure_ascii=False), library, self._language)

    def _prepared(self, case: dict[str, Any]) -> tuple[dict[str, Any], Library]:
        """The case as if it named the terms and overrides of its contract itself."""
        reference = case["contract"]
        if not isinstance(reference, str) or reference not in self._contracts:
            raise BadLine("unknown contract: use the reference of one that you may see")
        if clash := [name for name in ("terms", "overrides") if case.get(name) is not None]:
            raise BadLine(f"a case names its contract or its {clash[0]}, not both")
        library = self._terms_of(reference, _event_of(case, self._at))
        asked = {name: value for name, value in case.items() if name != "contract"}
        if case.get("op") == "due":
            asked |= {"terms": library.names[0], "overrides": library.overrides}
        return asked, library

    def _terms_of(self, reference: str, at: datetime) -> ContractTerms:
        key = reference, at
        if key not in self._holding:
            self._holding[key] = ContractTerms(self._contracts[reference].at(at), self._own)
        return self._holding[key]

    def _count_calendars(self, case: Mapping[str, Any]) -> None:
        """Raises ``BadLine`` for one calendar too many; those that came before can still be named."""
        made = _calendar_made_by(case)
        if made is None or made in self._made:
            return
        if len(self._made) == MAX_CALENDARS:
            raise BadLine(f"too many calendars: one request describes or changes at most {MAX_CALENDARS}")
        self._made.add(made)


def _calendar_made_by(case: Mapping[str, Any]) -> str | None:
    """The calendar that the case describes, or what its overrides make of one, as text; None for neither."""
    calendar, overrides = case.get("calendar"), case.get("overrides")
    if isinstance(calendar, dict):
        return json.dumps(calendar, sort_keys=True)
    changes = overrides if isinstance(overrides, dict) else {}
    made = {name: changes[name] for name in _CHANGES_CALENDARS if changes.get(name)}
    return json.dumps([case.get("terms"), made], sort_keys=True) if made else None


def _is_identity(value: Any) -> bool:
    if value is None or isinstance(value, str):
        return value is None or len(value) <= LONGEST_ID
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID


def _check_fields(case: Any) -> None:
    if not isinstance(case, dict):
        raise BadLine('a case is an object, such as {"id": 1, "op": "due", …}')
    allowed = FIELDS.get(case["op"]) if isinstance(case.get("op"), str) else None
    if allowed is None:
        raise BadLine(f"unknown op: use {', '.join(FIELDS)}")
    if unknown := sorted(case.keys() - allowed):
        raise BadLine(f"unknown field {unknown[0][:60]!r}: {case['op']} takes {', '.join(sorted(allowed))}")


def _event_of(case: Mapping[str, Any], now: datetime) -> datetime:
    """The instant for which the contract is looked up (R16): that of the event; now where the case has none."""
    for name in EVENT_FIELDS:
        try:
            at = datetime.fromisoformat(case[name]).astimezone(UTC) if isinstance(case.get(name), str) else None
        except (ValueError, OverflowError):
            at = None
        if at is not None and 1900 < at.year < 9000:
            return at
    return now
