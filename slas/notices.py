"""How long before days on which support is closed they have to be announced (HSA-5, GEN-17), and what is too late.

Terms that ask for a notice of planned work mean closures of the support too: whoever plans around the desk needs the
same time. Terms without such a notice let days be announced until their eve.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.errors import Invalid
from contracts.terms import NoticeRule, Terms, TermsError
from contracts.terms.diff_words import day_words, span_words
from slas.engine import Calendar, EngineError, Limit, Rules, Unit
from slas.engine.instants import from_seconds, to_seconds
from slas.engine.limits import latest
from slas.policies import calendar_for

LOOKED_AHEAD = 400
"""Days within which the first one that is still in time is looked for; notices are days or weeks."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice that some terms ask for, and whether days that begin on ``first_day`` keep it."""

    rule: NoticeRule
    first_day: date
    announce_by: datetime
    earliest_day: date | None

    def is_kept(self, at: datetime) -> bool:
        return at <= self.announce_by


def require_notice(terms: Terms, days: Mapping[str, Any], at: datetime, late_reason: str) -> bool:
    """Refuse days that close support and are announced too late, unless it is said why. Returns whether they are late.

    Raises Invalid for ``late_reason``, with the notice, its clause and the first day that would be in time.
    """
    notice = notice_of(terms, days, at)
    if notice is None or notice.is_kept(at):
        return False
    if not late_reason.strip():
        raise Invalid({"late_reason": [_too_late(notice)]})
    return True


def notice_of(terms: Terms, days: Mapping[str, Any], at: datetime) -> Notice | None:
    """The notice that days need; None where the terms ask for none, or where the days close nothing."""
    rule, closed = _rule(terms), sorted(_closed(days))
    if rule is None or not closed:
        return None
    first_day = date.fromisoformat(closed[0])
    try:
        calendar = calendar_for(terms, rule.calendar or str(days["calendar"]))
    except TermsError:
        # The hours are each contract's own: no one instant is the last one that is in time for all of them.
        return None
    try:
        by = _announce_by(rule, calendar, first_day)
    except EngineError:
        # Beyond the years that the calendar knows: nobody announces too late for those.
        return None
    return Notice(rule, first_day, by, _earliest(rule, calendar, at))


def _rule(terms: Terms) -> NoticeRule | None:
    """The first notice of planned work that the provider owes: later ones remind of it."""
    codes = (code for window in terms.maintenance if window.planned for code in window.notices)
    rules = (terms.notice(code) for code in codes)
    return next((rule for rule in rules if rule.direction == "before" and rule.by != "customer"), None)


def _closed(days: Mapping[str, Any]) -> Iterator[str]:
    """The days on which support closes; other hours of a day are not a closure."""
    yield from days.get("days_off", ())
    yield from (closure["start"] for closure in days.get("closures", ()))
    yield from (special["date"] for special in days.get("special_days", ()) if not special.get("hours"))


def _announce_by(rule: NoticeRule, calendar: Calendar, first_day: date) -> datetime:
    limit = Limit(rule.limit.amount, Unit(rule.limit.unit), Rules(rule.rules))
    begins = datetime.combine(first_day, time.min, calendar.zone)
    return from_seconds(latest(limit, calendar, to_seconds(begins)))


def _earliest(rule: NoticeRule, calendar: Calendar, at: datetime) -> date | None:
    """The first day that is still in time for an announcement at ``at``."""
    today = at.astimezone(calendar.zone).date()
    ahead = (today + timedelta(days) for days in range(LOOKED_AHEAD))
    try:
        return next((day for day in ahead if at <= _announce_by(rule, calendar, day)), None)
    except EngineError:
        return None


def _too_late(notice: Notice) -> str:
    language = get_language() or "en"
    told = {
        "notice": notice.rule.label.text(language),
        "span": span_words(notice.rule.limit.amount, notice.rule.limit.unit).text(language),
        "clause": notice.rule.clauses[0],
        "day": day_words(notice.earliest_day.isoformat()).text(language) if notice.earliest_day else "",
    }
    message = _("Too late for the reasonable notice: “%(notice)s” is %(span)s (%(clause)s).") % told
    if notice.earliest_day:
        message += " " + _("Announced now, the first day can be %(day)s.") % told
    return message + " " + _("For an earlier day, say here why it could not be announced before.")
