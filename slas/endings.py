"""What a contract's terms reckon from its last day: until when something can be asked for, how long data is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from contracts.terms import NoticeRule, Terms, TermsError
from contracts.terms.model import Label, Span
from contracts.terms.service import Retention
from slas.engine import EngineError, Limit, MonthRollover, Rules, Unit
from slas.engine.instants import from_seconds
from slas.engine.limits import due
from slas.policies import calendar_for


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A day that follows from the last day of a contract.

    ``by`` is who has to act until then, None where data is kept until then; ``when_late``: ``refused`` or ``flagged``.
    """

    label: Label
    at: datetime
    clauses: tuple[str, ...]
    by: str | None = None
    when_late: str | None = None

    def has_passed(self, at: datetime) -> bool:
        return at > self.at


def reckoned_from_end(terms: Terms, overrides: Mapping[str, Any], last_day: date) -> list[Reckoned]:
    """Every limit of the terms that is anchored at the end of the contract, with its instant, in their order (R6b).

    A limit that cannot be reckoned, beyond the years of the calendar, is left out.
    """
    return sorted([*_notices(terms, overrides, last_day), *_kept(terms, overrides, last_day)], key=lambda one: one.at)


def end_of(last_day: date, zone: ZoneInfo) -> datetime:
    """24:00 of the last day in the contract's zone (R1).

    >>> end_of(date(2026, 12, 31), ZoneInfo("Europe/Paris")).isoformat()
    '2027-01-01T00:00:00+01:00'
    """
    return datetime.combine(date.fromordinal(last_day.toordinal() + 1), time.min, zone)


def _notices(terms: Terms, overrides: Mapping[str, Any], last_day: date) -> Iterator[Reckoned]:
    for rule in terms.notices:
        if rule.anchor is None:
            continue
        limit = _limit(rule.limit, Rules(rule.rules), terms)
        at = _instant(terms, overrides, rule, limit, last_day)
        if at is not None:
            yield Reckoned(rule.label, at, rule.clauses, rule.by or "customer", rule.when_late)


def _kept(terms: Terms, overrides: Mapping[str, Any], last_day: date) -> Iterator[Reckoned]:
    rules = Rules.MEGA if terms.computation.rules == "mega" else Rules.TIMER
    for row in terms.retention:
        if row.anchor is None:
            continue
        at = _instant(terms, overrides, row, _limit(row.keep, rules, terms), last_day)
        if at is not None:
            yield Reckoned(row.label, at, row.clauses)


def _limit(span: Span, rules: Rules, terms: Terms) -> Limit:
    return Limit(span.amount, Unit(span.unit), rules, month_rollover=MonthRollover(terms.computation.month_rollover))


def _instant(
    terms: Terms, overrides: Mapping[str, Any], row: NoticeRule | Retention, limit: Limit, last_day: date
) -> datetime | None:
    try:
        calendar = calendar_for(terms, _calendar_code(terms, row), overrides=overrides)
        event = datetime.combine(last_day, time.min, calendar.zone)
        is_before = isinstance(row, NoticeRule) and row.direction == "before"
        found = due(limit, calendar, event, backwards=is_before).due
        return None if found is None else from_seconds(found)
    except (EngineError, TermsError):
        return None


def _calendar_code(terms: Terms, row: NoticeRule | Retention) -> str:
    own = row.calendar if isinstance(row, NoticeRule) else None
    return own or (terms.targets[0].calendar if terms.targets else terms.calendars[0].code)
