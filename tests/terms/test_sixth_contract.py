"""A contract that the product has never seen: one document and no code. Brazil, round the clock, answers in minutes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import translation

from accounts.errors import Refused
from accounts.tenancy import Actor, acting_as
from contracts.terms import Terms, load_terms
from lifecycle.selectors import steps_offered
from lifecycle.timers import sweep
from slas.golden import run_examples
from slas.models import Clock
from tests.lifecycle.scenes import do, kinds
from tests.web.conftest import sign_in
from tests.web.reading import text_of
from tests.worlds import World, as_system, build_world
from tickets.models import Ticket

__all__ = ["sign_in"]

DOCUMENT = Path(__file__).parent / "data" / "ipe-noite-e-dia.yaml"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def there(text: str) -> datetime:
    """An instant on the clock of São Paulo."""
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO)


SATURDAY = there("2026-09-05 09:00")
"""Before a Monday that is a holiday in Brazil."""


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms(DOCUMENT)


@pytest.fixture
def world(db) -> World:
    """A provider on that document, with customers under contract."""
    return build_world("ipe", "Ipê Sistemas", "IPE", document=DOCUMENT)


@dataclass
class Scene:
    """A ticket, and the two people who take turns on it."""

    world: World
    ticket: Ticket

    @property
    def engineer(self) -> Actor:
        return self.world.staff["engineer"]

    @property
    def contact(self) -> Actor:
        return self.world.customers[0].contact

    def does(self, actor: Actor, act: str, moment: str, **given: object) -> tuple[str, str]:
        """One act; the states of the product and of the contract after it."""
        self.ticket = do(self.world, actor, act, self.ticket, there(moment), **given)
        return self.ticket.state, self.ticket.contract_state

    def clock(self, target: str) -> Clock:
        with as_system(self.world):
            return Clock.objects.get(ticket=self.ticket, target=target)


@pytest.fixture
def scene(world) -> Scene:
    return Scene(world, world.file(SATURDAY, severity="red"))


def test_its_examples_come_out(terms: Terms) -> None:
    assert [(result.code, result.ok) for result in run_examples(terms)] == [
        (example.code, True) for example in terms.examples
    ]


def test_both_clocks_start_each_on_its_own_calendar(scene: Scene) -> None:
    answer, repair = scene.clock("atendimento"), scene.clock("conserto")
    assert (answer.status, answer.due_at) == ("running", there("2026-09-05 09:15"))
    assert (repair.status, repair.due_at) == ("running", there("2026-09-08 09:00"))


def test_an_answer_within_a_quarter_of_an_hour_meets_it(scene: Scene) -> None:
    scene.does(scene.engineer, "reply", "2026-09-05 09:15", body="We are on our way.")
    clock = scene.clock("atendimento")
    assert (clock.status, clock.met_at, clock.breached_at) == ("met", there("2026-09-05 09:15"), None)


def test_a_quarter_of_an_hour_without_an_answer_is_told(worker_db) -> None:
    world = build_world("ipe", "Ipê Sistemas", "IPE", document=DOCUMENT)
    scene = Scene(world, world.file(SATURDAY, severity="red"))
    sweep(at=there("2026-09-05 09:07:29"))
    assert kinds(world, scene.ticket) == ["filed"]
    sweep(at=there("2026-09-05 09:07:30"))
    assert kinds(world, scene.ticket) == ["filed", "clock_approaching"]
    sweep(at=there("2026-09-05 09:16"))
    assert kinds(world, scene.ticket) == ["filed", "clock_approaching", "clock_breached"]
    clock = scene.clock("atendimento")
    assert (clock.status, clock.breached_at) == ("breached", there("2026-09-05 09:15"))


def test_a_ticket_walks_its_own_workflow_by_its_own_steps(scene: Scene) -> None:
    assert (scene.ticket.state, scene.ticket.contract_state) == ("new", "received")
    walked = [
        scene.does(scene.engineer, "take", "2026-09-05 09:05"),
        scene.does(scene.engineer, "move", "2026-09-05 09:10", step="send_a_crew"),
        scene.does(scene.engineer, "ask", "2026-09-05 09:30", body="Which hall?"),
        scene.does(scene.contact, "reply", "2026-09-05 10:00", body="The second."),
        scene.does(scene.engineer, "resolve", "2026-09-05 10:30", resolution_type="part_replaced", body="A new belt."),
        scene.does(scene.contact, "reopen", "2026-09-05 10:45", body="It tore again."),
        scene.does(scene.engineer, "resolve", "2026-09-05 10:50", resolution_type="adjusted", body="Adjusted."),
        scene.does(scene.contact, "close", "2026-09-05 11:00"),
    ]
    assert walked == [
        ("in_progress", "on_the_line"),
        ("in_progress", "repairing"),
        ("waiting_customer", "your_turn"),
        ("in_progress", "on_the_line"),
        ("resolved", "repaired"),
        ("in_progress", "repairing"),
        ("resolved", "repaired"),
        ("closed", "signed_off"),
    ]


def test_waiting_for_the_customer_moves_the_repair_by_as_much(scene: Scene) -> None:
    scene.does(scene.engineer, "take", "2026-09-05 09:05")
    scene.does(scene.engineer, "ask", "2026-09-05 09:30", body="Which hall?")
    paused = scene.clock("conserto")
    assert (paused.status, paused.due_at, paused.remaining_seconds) == ("paused", None, 210 * 60)
    scene.does(scene.contact, "reply", "2026-09-05 10:00", body="The second.")
    assert scene.clock("conserto").due_at == there("2026-09-08 09:30")


def test_a_reopening_lets_the_repair_count_on(scene: Scene) -> None:
    scene.does(scene.engineer, "take", "2026-09-05 09:05")
    scene.does(scene.engineer, "resolve", "2026-09-05 10:00", resolution_type="adjusted", body="Adjusted.")
    assert scene.clock("conserto").status == "met"
    scene.does(scene.contact, "reopen", "2026-09-05 10:20", body="It broke again.")
    clock = scene.clock("conserto")
    assert (clock.status, clock.met_at, clock.due_at) == ("running", None, there("2026-09-08 09:20"))


def test_steps_are_offered_to_the_side_that_takes_them(scene: Scene) -> None:
    scene.does(scene.engineer, "take", "2026-09-05 09:05")
    with acting_as(scene.engineer):
        assert [step.code for step in steps_offered(scene.engineer, scene.ticket)] == ["send_a_crew"]
    with acting_as(scene.contact):
        assert steps_offered(scene.contact, scene.ticket) == ()


def test_a_step_of_the_other_side_is_refused_with_its_own_clause(scene: Scene) -> None:
    scene.does(scene.engineer, "take", "2026-09-05 09:05")
    with pytest.raises(Refused) as refusal:
        scene.does(scene.contact, "move", "2026-09-05 09:10", step="send_a_crew")
    assert refusal.value.clause == "IPE-4"


def test_outside_production_there_is_no_time_to_repair(terms: Terms) -> None:
    assert terms.target("conserto", "red", "production") is not None
    assert terms.target("conserto", "red", "preproduction") is None


def test_pages_speak_its_words_in_both_languages(scene: Scene, sign_in: Callable[[Actor], Client]) -> None:
    scene.does(scene.engineer, "take", "2026-09-05 09:05")
    scene.does(scene.engineer, "move", "2026-09-05 09:10", step="send_a_crew")
    browser = sign_in(scene.contact)
    address = f"/tickets/{scene.ticket.reference}/"
    english, reckoning = text_of(browser.get(address)), text_of(browser.get(f"{address}clocks/atendimento/"))
    for word in ("New call-out", "Being repaired", "Red", "First answer", "Repair"):
        assert word in english, word
    assert "The contract gives 15 minutes, day and night." in reckoning
    assert "IPE-1" in reckoning
    browser.cookies["language"] = "fr"
    with translation.override("fr"):
        french = text_of(browser.get(address))
    for word in ("Nouvel appel", "En réparation", "Rouge", "Première réponse", "Réparation"):
        assert word in french, word
