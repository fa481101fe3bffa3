"""The tickets of the full demo: made from arcs, alike in every load, in realistic shares, and no two the same."""

import re
from collections import Counter
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Team
from accounts.services import provider_id_for
from accounts.tenancy import Actor, acting_as
from contracts.models import ContractAmendment, EnvironmentRecord
from helpdesk.demo import generator
from helpdesk.demo.chronicle import read_chronicle
from helpdesk.demo.digest import journal_digest
from helpdesk.demo.files import upload_named
from helpdesk.demo.generator import CLOSED_DAY, COUNT, SPAN, Dice, make_stories
from helpdesk.demo.loading import FULL_HISTORY, Programme, perform, programme
from helpdesk.demo.player import end_of_play
from helpdesk.demo.plots import Beat, beat, filled, read_library
from helpdesk.demo.progress import Meter
from helpdesk.demo.scripts import ScriptError, files_of, read_cast, read_stories
from notifications.models import Delivery
from tests.demo.test_scripts import GREETED, REAL_ORGANISATIONS
from tickets.events import Kind
from tickets.models import CannedReply, Event, SharedView, Ticket

AS_OF = date(2026, 3, 16)
MEGA = provider_id_for("mega")
CAST = read_cast(in_full=True)


@pytest.fixture(scope="module")
def library():
    return read_library()


@pytest.fixture(scope="module")
def stories(library):
    return make_stories(library, CAST)


def _texts(story):
    return [story.title, story.description, *story.details.values(), *(step.body for step in story.steps)]


def _share(stories, **which):
    found = [one for one in stories if all(getattr(one, name) == value for name, value in which.items())]
    return 100 * len(found) / len(stories)


def test_with_what_is_written_by_hand_there_are_four_hundred_tickets(stories):
    assert len(stories) == COUNT and len(stories) + len(read_stories()) == 400
    assert [one.days for one in stories] == sorted((one.days for one in stories), reverse=True)
    assert SPAN - 3 <= stories[0].days <= SPAN and stories[-1].days == 1


def test_six_customers_in_three_packages_file_them():
    customers = {one["key"]: one for one in CAST[0]["customers"]}
    assert generator.CUSTOMERS.keys() == customers.keys() and len(customers) == 6
    assert Counter(one["package"] for one in customers.values()) == {"essential": 2, "standard": 2, "enterprise": 2}
    assert [partner["reads"] for partner in CAST[0]["partners"]] == [["solveranne", "morvandel"], ["wexmoor"]]
    assert {one["role"] for one in CAST[0]["staff"]} >= {"engineer_n1", "engineer_n2", "engineer_n3"}


def test_severities_and_customers_come_in_their_shares(stories):
    for severity, share in generator.SEVERITIES.items():
        assert abs(_share(stories, severity=severity) - share) < 0.7, severity
    for customer, share in generator.CUSTOMERS.items():
        assert abs(_share(stories, customer=customer) - share) < 0.7, customer


def test_every_arc_is_played_and_no_title_comes_twice(library, stories):
    assert len({(arc.key, arc.language) for arc in library.arcs}) == len(library.arcs) >= 60
    assert {arc.language for arc in library.arcs} == {"fr", "en"}
    assert len({one.title for one in stories}) == len(stories)
    # Somebody locked out is rarer than there are arcs for it.
    usual = [arc for arc in library.arcs if not arc.severities[0].startswith("no_access")]
    assert [arc.key for arc in usual if not any(_is_of(one, arc) for one in stories)] == []


def _is_of(story, arc):
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", ".+", re.escape(arc.title)), story.title)


def test_the_same_number_makes_the_same_ticket(library, stories):
    assert make_stories(library, CAST) == stories
    assert [Dice(3).roll("a", 100), Dice(3).roll("a", 100)] == [Dice(3).roll("a", 100)] * 2
    assert len({Dice(number).roll("a", 1000) for number in range(50)}) > 40


def test_conversations_have_all_that_happens_on_a_desk(stories):
    verbs = Counter(step.verb for one in stories for step in one.steps)
    assert all(verbs[verb] >= 3 for verb in ("ask", "note", "call", "plan", "team", "severity", "reopen", "exclude"))
    assert verbs["contest"] == verbs["agree"] + verbs["disagree"] == verbs["exclude"]
    resolved = Counter(
        word for one in stories for step in one.steps if step.verb == "resolve" for word in step.arguments
    )
    assert len(resolved) >= 9 and resolved["workaround"] >= 5
    unfinished = [one for one in stories if not one.steps or one.steps[-1].verb != "close"]
    assert 15 <= len(unfinished) <= 45 and max(one.days for one in unfinished) < 25


def test_nobody_works_on_the_day_on_which_the_desk_is_closed(stories):
    assert [one.told["day"] for one in read_chronicle() if one.what == "closure"] == [CLOSED_DAY]
    assert not [step for one in stories for step in one.steps if one.days - step.days == CLOSED_DAY]


def test_texts_are_filled_and_name_nobody_real(stories):
    everything = "\n".join(text for one in stories for text in _texts(one))
    assert re.findall(r"\{\w+\}", everything) == []
    assert [name for name in REAL_ORGANISATIONS if re.search(rf"\b{re.escape(name)}\b", everything)] == []
    assert [word for word in re.findall(r"\S+@\S+", everything) if ".example" not in word] == []


def test_people_act_for_their_own_side_and_are_greeted_by_their_names(stories):
    people = {
        customer["key"]: {one["key"]: one["name"].split()[0] for one in customer["people"]}
        for customer in CAST[0]["customers"]
    }
    staff = {one["key"] for one in CAST[0]["staff"]}
    for one in stories:
        assert {step.who for step in one.steps} <= staff | {one.author}
        greeted = {name for text in _texts(one) for name in GREETED.findall(text)}
        assert greeted <= {people[one.customer][one.author]}, one.title


def test_every_file_that_is_attached_can_be_made(stories):
    assert all(upload_named(name).read() for name in files_of(stories))


def test_a_word_without_a_value_is_an_error():
    with pytest.raises(KeyError):
        filled("{nobody} knows this", {"app": "Ledger"})


@pytest.mark.parametrize("line", ["somebody reply", "desk juggle", "desk resolve", "soon desk take now"])
def test_a_step_that_cannot_be_played_is_refused(line):
    with pytest.raises(ScriptError, match="form"):
        beat(line, "text")


def test_a_step_without_a_time_has_the_usual_one():
    assert beat("contact reply", "x").gap == "next" and beat("desk resolve correction", "x").gap == "days"
    assert beat("week desk ask", "x") == Beat("week", "desk", "ask", (), "x")


# Played ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def as_worker(database_login, settings):
    settings.DEMO_MODE = True
    with database_login("worker"):
        yield


def _some(stories) -> Programme:
    """The first tickets with the rarer steps, the last ones, and all that happens beside them."""
    firsts = [
        next(one for one in stories if verb in {step.verb for step in one.steps})
        for verb in ("plan", "team", "reopen", "exclude", "ask", "call", "severity")
    ]
    chosen = [one for one in stories if one in firsts or one in stories[-5:]]
    return Programme(CAST[:1], chosen, read_chronicle(), FULL_HISTORY)


def test_generated_tickets_play_alike_twice_and_leave_a_desk_behind(committed_db, as_worker, stories):
    first = perform(_some(stories), AS_OF)
    _what_happens_beside_the_tickets()
    _nothing_lies_in_the_future()
    out = StringIO()
    call_command("rebuild_clocks", "--check", stdout=out, stderr=StringIO())
    assert f"{first.tickets} tickets folded, 0 differ" in out.getvalue()
    committed_db.clean()
    second = perform(_some(stories), AS_OF)
    assert first == second and 10 <= first.tickets <= 12
    assert first.digest == journal_digest([MEGA])


def _what_happens_beside_the_tickets():
    with acting_as(Actor.system(MEGA)):
        assert list(Team.objects.order_by("level").values_list("level", flat=True)) == [1, 2, 3]
        assert EnvironmentRecord.objects.count() == 7 and CannedReply.objects.count() == 4
        assert SharedView.objects.count() == 2
        assert ContractAmendment.objects.count() == 3
        assert Event.objects.filter(kind=Kind.TEAM_CHANGED).exists()
        assert Ticket.objects.filter(customer__name="Wexmoor Water").exists()


def _nothing_lies_in_the_future():
    end = end_of_play(AS_OF)
    with acting_as(Actor.system(MEGA)):
        assert not Event.objects.filter(recorded_at__gt=end).exists()
        assert not Delivery.objects.filter(created_at__gt=end).exists()
        assert not Delivery.objects.filter(sent_at__isnull=True).exists()


def test_the_small_demo_is_what_is_written_by_hand():
    assert programme("small").stories == read_stories() and not programme("small").happenings
    assert len(programme("full").stories) == 400


# Progress -------------------------------------------------------------------------------------------------------------
class Clock:
    """Seconds as a test wants them."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_terminal_sees_a_bar_with_the_seconds_that_are_left():
    said, clock = [], Clock()
    meter = Meter(said.append, is_terminal=True, clock=clock)
    for done, seconds in ((1, 1.0), (2, 0.05), (20, 19.0), (40, 20.0)):
        clock.now += seconds
        meter.show(done, 40)
    assert [text.rstrip(" ") for text in said] == [
        f"\r      [{'.' * 30}] 1 of 40 acts played, 39 s left",
        f"\r      [{'#' * 15}{'.' * 15}] 20 of 40 acts played, 20 s left",
        f"\r      [{'#' * 30}] 40 of 40 acts played",
        "\n",
    ]


def test_without_a_terminal_there_is_a_line_for_every_tenth():
    said, clock = [], Clock()
    meter = Meter(said.append, is_terminal=False, clock=clock)
    for done in range(1, 251):
        clock.now += 1
        meter.show(done, 250)
    assert len(said) == 10 and said[0] == "      25 of 250 acts played, 225 s left (10 %)\n"
    assert said[-1] == "      250 of 250 acts played (100 %)\n"
    assert "\r" not in "".join(said)
