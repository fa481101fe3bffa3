"""Sentences of an explanation: complete, in both languages, with dates as people write them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from helpdesk.catalogues import compile_catalogues
from slas.engine import Step, explain
from slas.wording import MESSAGES, UNITS, amount_text, duration_text, render_step
from tests.engine.worlds import at, fact, limit, policy, started

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="module", autouse=True)
def _translations() -> None:
    compile_catalogues()


def said(step: Step, language: str = "en", zone: str = "Europe/Paris") -> str:
    return render_step(step, language=language, zone=ZoneInfo(zone))


def test_a_due_time_names_the_zone() -> None:
    step = Step(None, "due", {"due": at("2026-11-12 13:00")})
    assert said(step) == "Due Thu 12 Nov 2026, 13:00 (Europe/Paris)."
    assert said(step, "fr") == "Échéance : jeu. 12 nov. 2026 à 13:00 (Europe/Paris)."
    assert said(step, zone="America/New_York") == "Due Thu 12 Nov 2026, 07:00 (America/New_York)."


def test_midnight_that_ends_a_day_is_24_00_of_that_day() -> None:
    assert said(Step(None, "due", {"due": at("2026-11-13 00:00")})) == "Due Thu 12 Nov 2026, 24:00 (Europe/Paris)."
    breached = said(Step(None, "breached", {"due": at("2026-11-13 00:00")}))
    assert breached == "The time passed Thu 12 Nov 2026, 24:00 without being met."


def test_midnight_that_starts_a_day_is_00_00_of_that_day() -> None:
    assert said(Step(None, "next_day", {"start": at("2026-11-13 00:00")})) == (
        "Counting starts the day after the event: Fri 13 Nov 2026, 00:00."
    )


def test_a_stretch_within_a_day_names_the_day_once() -> None:
    params = {"start": at("2026-05-11 09:00"), "end": at("2026-05-11 13:00"), "seconds": 14_400, "total": 18_030}
    assert said(Step(None, "counted", params)) == (
        "From Mon 11 May 2026, 09:00 to 13:00: 4 h counted, 5 h 30 s so far."
    )
    to_midnight = {**params, "end": at("2026-05-12 00:00")}
    assert said(Step(None, "counted", to_midnight)).startswith("From Mon 11 May 2026, 09:00 to 24:00:")
    over_night = {**params, "end": at("2026-05-12 10:00:30")}
    assert said(Step(None, "counted", over_night)).startswith(
        "From Mon 11 May 2026, 09:00 to Tue 12 May 2026, 10:00:30:"
    )


def test_amounts_agree_in_number() -> None:
    for amount, unit, english, french in [
        (1, "business_hours", "1 business hour", "1 heure ouvrée"),
        (4, "business_hours", "4 business hours", "4 heures ouvrées"),
        (2, "business_days", "2 business days", "2 jours ouvrés"),
        (24, "hours", "24 hours, day and night", "24 heures, jour et nuit"),
        (15, "minutes", "15 minutes, day and night", "15 minutes, jour et nuit"),
        (1, "business_minutes", "1 business minute", "1 minute ouvrée"),
        (1, "days", "1 day", "1 jour"),
        (1, "weeks", "1 week", "1 semaine"),
        (3, "months", "3 months", "3 mois"),
    ]:
        step = Step(None, "target", {"target": "response", "amount": amount, "unit": unit})
        assert said(step) == f"The contract gives {english}."
        assert said(step, "fr") == f"Le contrat accorde {french}."
    assert amount_text({"amount": 5, "unit": "days"}) == "5 days"
    assert set(UNITS) == {
        "minutes",
        "business_minutes",
        "hours",
        "business_hours",
        "business_days",
        "days",
        "weeks",
        "months",
    }


def test_durations_leave_out_what_is_nought() -> None:
    texts = [duration_text(seconds) for seconds in (0, 59, 60, 3600, 3661, 86_400)]
    assert texts == ["no time", "59 s", "1 min", "1 h", "1 h 1 min 1 s", "24 h"]


def test_days_are_listed_and_an_ellipsis_tells_of_more() -> None:
    days = (date(2026, 5, 8), date(2026, 5, 14))
    assert said(Step(None, "closed_days", {"days": days, "count": 2})) == (
        "Not worked in between: Fri 8 May 2026, Thu 14 May 2026."
    )
    assert said(Step(None, "closed_days", {"days": days, "count": 3})).endswith("Thu 14 May 2026 ….")


def test_a_support_day_is_said_in_hours() -> None:
    step = Step(None, "days_as_hours", {"day": 32_400, "seconds": 226_800})
    assert said(step) == "A day of support is 9 h of opening time: 63 h in all."


def test_a_summary_counts_its_stretches() -> None:
    params = {
        "start": at("2026-05-11 09:00"), "end": at("2026-05-12 18:00"), "count": 2, "seconds": 64_800, "total": 90_000,
    }  # fmt: skip
    assert said(Step(None, "counted_more", params)) == (
        "2 more stretches of opening time until Tue 12 May 2026, 18:00: 18 h counted, 25 h so far."
    )


def test_every_sentence_has_a_french_one() -> None:
    params = {
        "event": at("2026-05-11 09:00"), "start": at("2026-05-11 09:00"), "end": at("2026-05-12 18:00"),
        "due": at("2026-05-12 18:00"), "met": at("2026-05-12 18:00"), "day": date(2026, 5, 8),
        "last": date(2026, 5, 9), "days": (date(2026, 5, 8),), "count": 1, "seconds": 60, "total": 60,
        "amount": 1, "unit": "days", "reference": "A-7", "severity": "critical",
    }  # fmt: skip
    for message in MESSAGES:
        english, french = (said(Step(None, message, params), language) for language in ("en", "fr"))
        assert english != french
        assert "{" not in english + french


def test_every_step_that_the_engine_takes_has_a_sentence() -> None:
    everything = policy({"critical": limit(1, "weeks"), "minor": limit(200, "business_hours", "opening")})
    facts = [
        started("2026-05-07 09:00"),
        fact("paused", "2026-05-11 09:00"),
        fact("resumed", "2026-05-11 10:00"),
        fact("met", "2026-07-01 09:00"),
    ]
    for severity in ("critical", "minor"):
        facts[0] = started("2026-05-07 09:00", severity)
        for step in explain(everything, facts, at("2026-08-01 09:00")):
            for language in ("en", "fr"):
                assert said(step, language)


def test_without_a_translation_the_english_text_stands() -> None:
    assert said(Step(None, "not_started"), "de") == "The clock has not started yet."
