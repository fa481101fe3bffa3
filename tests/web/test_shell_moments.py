"""Instants and spans in words."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from slas.wording import day_text
from web import moments

PARIS = ZoneInfo("Europe/Paris")
MARTINIQUE = ZoneInfo("America/Martinique")
AT = dt.datetime(2026, 11, 3, 13, 45, tzinfo=dt.UTC)
MIDNIGHT = dt.datetime(2026, 11, 3, 23, 0, tzinfo=dt.UTC)


def draw(source: str, language: str = "en", zone: dt.tzinfo = PARIS, **context: object) -> str:
    with translation.override(language), timezone.override(zone):
        return Template("{% load moments %}" + source).render(Context({"at": AT, "midnight": MIDNIGHT, **context}))


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", PARIS, "Tue 3 Nov 2026, 14:45 (Paris)"),
        ("fr", PARIS, "mar. 3 nov. 2026 à 14:45 (Paris)"),
        ("en", dt.UTC, "Tue 3 Nov 2026, 13:45 (UTC)"),
        ("fr", MARTINIQUE, "mar. 3 nov. 2026 à 09:45 (Martinique)"),
    ],
)
def test_an_instant_is_told_in_the_reader_s_language_and_zone(language, zone, words):
    assert draw("{{ at|when }}", language, zone) == words


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("short", "3 Nov, 14:45 (Paris)"),
        ("bare", "Tue 3 Nov 2026, 14:45"),
        ("short bare", "3 Nov, 14:45"),
        ("long", "Tuesday 3 November 2026, 14:45 (Paris)"),
        ("Asia/Tokyo", "Tue 3 Nov 2026, 22:45 (Tokyo)"),
        ("UTC", "Tue 3 Nov 2026, 13:45 (UTC)"),
    ],
)
def test_the_argument_of_when_changes_the_form(argument, words):
    assert draw(f'{{{{ at|when:"{argument}" }}}}') == words


def test_a_deadline_at_midnight_is_the_end_of_the_day_before():
    assert draw('{{ midnight|when:"deadline" }}') == "Tue 3 Nov 2026, 24:00 (Paris)"
    assert draw("{{ midnight|when }}") == "Wed 4 Nov 2026, 00:00 (Paris)"
    assert draw('{{ midnight|when:"deadline" }}', zone=dt.UTC) == "Tue 3 Nov 2026, 23:00 (UTC)"
    assert draw('{{ midnight|when:"deadline Europe/Paris" }}', zone=dt.UTC) == (
        "Tue 3 Nov 2026, 24:00 (Paris) · 23:00 your time (UTC)"
    )


TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
DUE = dt.datetime(2026, 5, 5, 8, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("language", "zone", "due", "words"),
    [
        ("en", TOKYO, DUE, "Tue 5 May 2026, 10:00 (Paris) · 17:00 your time (Tokyo)"),
        ("fr", TOKYO, DUE, "mar. 5 mai 2026 à 10:00 (Paris) · 17:00 chez vous (Tokyo)"),
        ("en", PARIS, DUE, "Tue 5 May 2026, 10:00 (Paris)"),
        ("en", ZoneInfo("Europe/Brussels"), DUE, "Tue 5 May 2026, 10:00 (Paris)"),
        ("en", TOKYO, MIDNIGHT, "Tue 3 Nov 2026, 24:00 (Paris) · Wed 4 Nov 2026, 08:00 your time (Tokyo)"),
        ("fr", NEW_YORK, MIDNIGHT, "mar. 3 nov. 2026 à 24:00 (Paris) · 18:00 chez vous (New York)"),
        (
            "en",  # midnight of the reader ends no day of the contract
            NEW_YORK,
            dt.datetime(2026, 5, 5, 4, 0, tzinfo=dt.UTC),
            "Tue 5 May 2026, 06:00 (Paris) · 00:00 your time (New York)",
        ),
        (
            "en",  # the hour that New York has twice
            NEW_YORK,
            dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC),
            "Sun 1 Nov 2026, 06:30 (Paris) · 01:30 UTC−4 your time (New York)",
        ),
    ],
)
def test_a_deadline_is_told_on_both_clocks_where_they_differ(language, zone, due, words):
    assert draw('{{ due|when:"deadline Europe/Paris" }}', language, zone, due=due) == words


def test_the_exact_form_has_seconds_where_there_are_some():
    assert draw('{{ t|exactly:"Europe/Paris" }}', t=DUE + dt.timedelta(seconds=7)).endswith("10:00:07 (Paris, UTC+2)")


def test_one_second_after_midnight_is_not_24_00():
    later = MIDNIGHT + dt.timedelta(seconds=1)
    assert draw('{{ later|when:"deadline" }}', later=later) == "Wed 4 Nov 2026, 00:00 (Paris)"


def test_the_hour_that_happens_twice_says_which_one():
    first = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    second = first + dt.timedelta(hours=1)
    assert draw("{{ t|when }}", t=first) == "Sun 25 Oct 2026, 02:30 UTC+2 (Paris)"
    assert draw("{{ t|when }}", t=second) == "Sun 25 Oct 2026, 02:30 UTC+1 (Paris)"


def test_the_exact_form_names_zone_and_offset():
    assert draw("{{ at|exactly }}") == "Tuesday 3 November 2026, 14:45 (Paris, UTC+1)"
    assert draw("{{ at|exactly }}", "fr") == "mardi 3 novembre 2026 à 14:45 (Paris, UTC+1)"
    assert draw("{{ at|exactly }}", zone=dt.UTC) == "Tuesday 3 November 2026, 13:45 (UTC)"
    assert draw('{{ at|exactly:"Asia/Kolkata" }}').endswith("19:15 (Kolkata, UTC+5:30)")
    assert draw('{{ at|exactly:"America/St_Johns" }}').endswith("10:15 (St. John’s, UTC−3:30)")


def test_a_moment_is_readable_by_people_and_machines():
    assert draw('{% moment at "short" %}') == (
        '<time class="" datetime="2026-11-03T13:45:00+00:00" '
        'title="Tuesday 3 November 2026, 14:45 (Paris, UTC+1)">3 Nov, 14:45 (Paris)</time>'
    )


def test_nothing_is_a_dash():
    assert draw("{{ none|when }}{{ none|exactly }}{% moment none %}{{ none|duration_words }}", none=None) == "————"


def test_a_day_has_no_zone():
    assert draw("{{ d|day }}", d=dt.date(2026, 7, 14)) == "Tue 14 Jul 2026"
    assert draw("{{ d|day }}", "fr", d=dt.date(2026, 7, 14)) == "mar. 14 juil. 2026"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (8100, "2 h 15 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (252_000, "2 d 22 h"),
        (-8100, "2 h 15 min"),
    ],
)
def test_a_span_shows_its_two_largest_units(seconds, words):
    with translation.override("en"):
        assert moments.duration_words(seconds) == words


def test_working_time_is_never_told_in_days():
    with translation.override("en"):
        assert moments.duration_words(252_000, hours_only=True) == "70 h"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "just now"), (59, "just now"), (180, "3 min ago"), (7 * 86_400, "7 days ago")]
)
def test_how_long_ago(seconds, words):
    with translation.override("en"):
        assert moments.ago_words(AT - dt.timedelta(seconds=seconds), AT) == words


def test_an_unknown_language_falls_back_to_english():
    with translation.override("tlh"):
        assert moments.format_date(dt.date(2026, 11, 3)) == "Tue 3 Nov 2026"


@pytest.mark.parametrize(
    ("style", "words"), [("full", "ven. 1er mai 2026"), ("short", "1er mai"), ("long", "vendredi 1er mai 2026")]
)
def test_the_first_of_a_month_is_written_as_french_writes_it(style: str, words: str):
    with translation.override("fr"):
        assert moments.format_date(dt.date(2026, 5, 1), style=style) == words
        assert moments.format_date(dt.date(2026, 5, 11)) == "lun. 11 mai 2026"
        assert day_text(dt.date(2026, 5, 1)) == "ven. 1er mai 2026"
    with translation.override("en"):
        assert moments.format_date(dt.date(2026, 5, 1)) == day_text(dt.date(2026, 5, 1)) == "Fri 1 May 2026"
