"""How long before a closure it has to be announced, where the terms ask for it (HSA-5, GEN-17)."""

from datetime import date

import pytest

from accounts.errors import Invalid
from contracts.publishing import DATA
from contracts.terms import load_terms
from slas.notices import notice_of, require_notice
from tests.worlds import paris

SAAS, GENERIX, OCTIPAS = (load_terms(DATA / f"{code}.yaml") for code in ("hopex-saas", "generix", "octipas"))


def closed(day: str, calendar: str = "fr") -> dict:
    return {"calendar": calendar, "reference": "N", "closures": [{"start": day, "end": day}]}


def test_five_business_days_end_with_the_last_day_in_time():
    """Wednesday 20 May 2026; five business days before, over Ascension on the 14th, is Tuesday 12 May at 24:00."""
    days = closed("2026-05-20")
    notice = notice_of(SAAS, days, paris("2026-05-12 23:59"))
    assert notice.announce_by == paris("2026-05-13 00:00")
    assert not require_notice(SAAS, days, paris("2026-05-12 23:59"), "")
    assert not require_notice(SAAS, days, paris("2026-05-12 23:59"), "Said for no need.")
    with pytest.raises(Invalid) as refusal:
        require_notice(SAAS, days, paris("2026-05-13 00:01"), "")
    (text,) = refusal.value.errors["late_reason"]
    assert "is 5 business days (HSA-5)" in text
    assert "the first day can be 21 May 2026" in text
    assert require_notice(SAAS, days, paris("2026-05-13 00:01"), "A flood.")
    assert notice_of(SAAS, days, paris("2026-05-13 00:01")).earliest_day == date(2026, 5, 21)


def test_calendar_days_count_every_day():
    """Seven days before Monday 7 September 2026: 31 August at 24:00."""
    calendar = GENERIX.calendars[0].code
    notice = notice_of(GENERIX, closed("2026-09-07", calendar), paris("2026-08-01 12:00"))
    assert notice.announce_by == paris("2026-09-01 00:00")
    assert notice.rule.clauses[0] == "GEN-17"


def test_the_first_closed_day_counts_and_openings_need_no_notice():
    at = paris("2026-05-12 12:00")
    both = {"calendar": "fr", "reference": "N", "days_off": ["2026-05-22", "2026-05-14"]}
    assert notice_of(SAAS, both, at).first_day == date(2026, 5, 14)
    shut = {"calendar": "fr", "reference": "N", "special_days": [{"date": "2026-05-13", "hours": []}]}
    assert notice_of(SAAS, shut, at).first_day == date(2026, 5, 13)
    opened = {"calendar": "fr", "reference": "N", "special_days": [{"date": "2026-05-13", "hours": ["09:00-12:00"]}]}
    assert notice_of(SAAS, opened, at) is None


def test_terms_without_such_a_notice_let_days_be_announced_on_their_eve():
    calendar = OCTIPAS.calendars[0].code
    assert notice_of(OCTIPAS, closed("2026-05-14", calendar), paris("2026-05-13 18:00")) is None
