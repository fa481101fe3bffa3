"""What a countdown says and how it looks."""

import datetime as dt
import json

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from web.clockface import read_clock, running_words

AT = dt.datetime(2026, 11, 3, 13, 45, tzinfo=dt.UTC)


def minutes(count: float) -> dt.timedelta:
    return dt.timedelta(minutes=count)


def face(status: str, due: float | None = None, *, answered: bool = True, language: str = "en", **more):
    clock = {"status": status, "due_at": AT + minutes(due) if due is not None else None, **more}
    with translation.override(language):
        return read_clock(clock, AT, answered=answered)


@pytest.mark.parametrize(
    ("clock", "kind", "tone", "words"),
    [
        (face("running", 135), "running", "blue", "due in 2 h 15 min"),
        (face("running", 61), "running", "blue", "due in 1 h 1 min"),
        (face("running", 60), "soon", "amber", "due in 1 h"),
        (face("running", 0), "soon", "amber", "due now"),
        (face("running", -0.5), "overdue", "red", "overdue by less than a minute"),
        (face("running", -180), "overdue", "red", "overdue by 3 h"),
        (face("running"), "running", "grey", "running"),
        (face("paused", remaining_seconds=4200), "paused", "violet", "paused – 1 h 10 min left"),
        (face("paused", remaining_seconds=0), "paused", "violet", "paused – time used up"),
        (face("paused"), "paused", "violet", "paused"),
        (face("met", 60), "met", "green", "answered in time"),
        (face("met", 60, answered=False), "met", "green", "done in time"),
        (face("breached", -180, breached_at=AT - minutes(180)), "breached", "red", "overdue by 3 h"),
        (face("breached", -180, met_at=AT - minutes(60)), "breached", "red", "answered 2 h late"),
        (face("breached", -180, met_at=AT - minutes(60), answered=False), "breached", "red", "done 2 h late"),
        (face("excluded"), "excluded", "grey", "not counted"),
        (face("pending"), "pending", "grey", "not started"),
        (face("cancelled"), "cancelled", "grey", "stopped"),
        (face("none"), "none", "grey", "no target"),
        (face("something new"), "something new", "grey", "no target"),
    ],
)
def test_each_state_of_a_clock_has_its_word_and_tone(clock, kind, tone, words):
    assert (clock.kind, clock.tone, clock.words) == (kind, tone, words)


def test_soon_is_the_last_quarter_or_what_the_terms_say():
    started = {"started_at": AT - minutes(60)}
    assert face("running", 20.1, **started).kind == "running"
    assert face("running", 20, **started).kind == "soon"
    assert face("running", 50, soon_at=AT).kind == "soon"
    assert face("running", 50, soon_at=AT + minutes(1)).kind == "running"


def test_the_gauge_is_the_share_of_time_gone():
    assert face("running", 20, started_at=AT - minutes(60)).share == 75
    assert face("running", 20).share is None
    assert face("running", -20, started_at=AT - minutes(60)).share == 100
    assert face("running", 20, started_at=AT + minutes(20)).share is None


def test_only_a_clock_that_still_runs_is_refreshed():
    running = [face("running", 5), face("running", -5), face("breached", -5)]
    still = [face("met", 5), face("paused", 5), face("breached", -5, met_at=AT), face("excluded")]
    assert [clock.running for clock in running + still] == [True] * 3 + [False] * 4


def test_the_badge_carries_the_instant_for_people_machines_and_the_script():
    clock = {"status": "running", "due_at": AT + minutes(135)}
    with translation.override("en"), timezone.override(dt.UTC):
        source = '{% load ui %}{% clock clock at met_by="contact" zone="Europe/Paris" %}'
        html = Template(source).render(Context({"clock": clock, "at": AT}))
    assert 'data-due="2026-11-03T16:00:00+00:00"' in html
    assert '<time class="clock__words" datetime="2026-11-03T16:00:00+00:00"' in html
    assert 'title="Tuesday 3 November 2026, 17:00 (Paris, UTC+1)">due in 2 h 15 min</time>' in html


def test_the_script_gets_the_same_words():
    with translation.override("en"):
        words = json.loads(json.dumps(running_words()))
    assert words == {
        "due": "due in %(span)s",
        "overdue": "overdue by %(span)s",
        "now": "due now",
        "units": {"d": "%(n)s d", "h": "%(n)s h", "min": "%(n)s min", "moment": "less than a minute"},
    }
