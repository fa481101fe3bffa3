"""The contract's own workflow: its states and steps, its ways of resolving, and workarounds (OCT-9, OCT-10)."""

import pytest
import yaml
from django.db import transaction

from accounts.errors import Invalid, Refused, Stale
from accounts.tenancy import Actor, acting_as
from contracts.publishing import DATA
from contracts.terms import load_terms
from lifecycle.selectors import acts_offered, resolving_steps, steps_offered
from slas.models import Clock
from tests.lifecycle.scenes import MONDAY, Snapshot, do, journal, told
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Comment, Ticket

DELIVERY = {"resolution_type": "correction", "body": "Install this."}


@pytest.fixture
def world(db) -> World:
    """A provider on the Octipas terms."""
    return build_world("chapsvision", "ChapsVision", "CV", document=DATA / "octipas.yaml")


@pytest.fixture
def engineer(world) -> Actor:
    return world.staff["engineer"]


@pytest.fixture
def contact(world) -> Actor:
    return world.customers[0].contact


def _refused(world: World, why: type[Exception], actor: Actor, act: str, ticket: Ticket, **given):
    before = Snapshot.of(world)
    with pytest.raises(why) as refusal, transaction.atomic():
        do(world, actor, act, ticket, **given)
    assert Snapshot.of(world) == before
    return refusal.value


def _states(ticket: Ticket) -> tuple[str, str]:
    return ticket.state, ticket.contract_state


def _taken(world: World, **filing) -> Ticket:
    return do(world, world.staff["engineer"], "take", world.file(MONDAY, **filing))


def _delivered(world: World) -> Ticket:
    return do(world, world.staff["engineer"], "resolve", _taken(world), **DELIVERY)


def _clock(world: World, ticket: Ticket, target: str) -> Clock:
    with as_system(world):
        return Clock.objects.get(ticket=ticket, target=target)


# Steps of the contract's own ------------------------------------------------------------------------------------------
def test_a_delivery_is_tested_put_into_production_and_closed(world, contact):
    ticket = _delivered(world)
    assert _states(ticket) == ("resolved", "resolved")
    for step, state in (("confirm_test", "tested"), ("confirm_production", "in_production")):
        before = ticket.contract_state
        ticket = do(world, contact, "move", ticket, step=step)
        assert _states(ticket) == ("resolved", state)
        event = journal(world, ticket)[-1]
        assert (event.kind, event.visibility, event.comment_id) == ("moved", "public", None)
        assert told(event) == {
            "state": {"old": "resolved", "new": "resolved"},
            "contract_state": {"old": before, "new": state},
            "step": step,
        }
    ticket = do(world, contact, "close", ticket)
    assert _states(ticket) == ("closed", "closed")
    assert ticket.closed_at == ticket.updated_at


def test_the_instant_of_the_delivery_is_not_that_of_a_later_step(world, contact):
    ticket = _delivered(world)
    delivered = ticket.resolved_at
    assert do(world, contact, "move", ticket, step="confirm_test").resolved_at == delivered


def test_a_step_may_come_with_a_word(world, contact):
    ticket = do(world, contact, "move", _delivered(world), step="confirm_test", body="All reports are back.")
    with as_system(world):
        assert Comment.objects.filter(ticket=ticket).latest("at").body == "All reports are back."


def test_steps_are_offered_where_the_ticket_stands_to_the_side_that_may_take_them(world, engineer, contact):
    ticket = _delivered(world)
    with acting_as(contact):
        (step,) = steps_offered(contact, ticket)
        assert (step.code, step.label.text("fr")) == ("confirm_test", "Test concluant")
        assert {"move", "reopen", "close"} <= acts_offered(contact, ticket)
    with acting_as(engineer):
        assert steps_offered(engineer, ticket) == ()
        assert "move" not in acts_offered(engineer, ticket)
    viewer = world.customers[0].people["viewer"]
    with acting_as(viewer):
        assert (steps_offered(viewer, ticket), acts_offered(viewer, ticket)) == ((), frozenset())


def test_a_step_of_the_other_side_or_of_another_state_is_refused_with_its_clause(world, engineer, contact):
    delivered, taken = _delivered(world), _taken(world)
    for actor, ticket, step in (
        (engineer, delivered, "confirm_test"),
        (contact, delivered, "confirm_production"),
        (contact, taken, "confirm_test"),
    ):
        refusal = _refused(world, Refused, actor, "move", ticket, step=step)
        assert (refusal.code, refusal.clause) == ("transition_refused", "OCT-9")
        assert refusal.params == {"act": step, "state": ticket.contract_state}


@pytest.mark.parametrize("step", ["", "resolve", "take", "delete", "__class__", "closed"])
def test_only_steps_that_the_contract_names_are_steps(world, contact, step):
    refusal = _refused(world, Invalid, contact, "move", _delivered(world), step=step)
    assert refusal.errors.keys() == {"step"}


def test_a_step_makes_an_older_form_stale_and_is_itself_refused_on_one(world, contact):
    opened = _delivered(world)
    moved = do(world, contact, "move", opened, step="confirm_test")
    stale = _refused(world, Stale, contact, "reopen", moved, expected_version=opened.public_version)
    assert [change.kind for change in stale.changes] == ["moved"]
    _refused(world, Stale, contact, "move", moved, step="confirm_production", expected_version=opened.public_version)
    _refused(world, Invalid, contact, "move", moved, step="confirm_production", expected_version=None)


def test_acts_of_the_product_follow_the_contracts_states(world, engineer, contact):
    """Tested can be reopened, in production cannot: both are resolved for the product."""
    tested = do(world, contact, "move", _delivered(world), step="confirm_test")
    reopened = do(world, contact, "reopen", tested)
    assert _states(reopened) == ("in_progress", "in_progress")
    live = do(world, contact, "move", do(world, contact, "move", _delivered(world)), step="confirm_production")
    refusal = _refused(world, Refused, contact, "reopen", live)
    assert (refusal.code, refusal.clause) == ("transition_refused", "OCT-9")
    with acting_as(contact):
        assert "reopen" not in acts_offered(contact, live)
        assert "close" in acts_offered(contact, live)


def test_a_call_leaves_a_waiting_ticket_waiting_where_the_contract_knows_no_resuming(db, tmp_path):
    document = load_terms(DATA / "octipas.yaml").to_document()
    flow = document["workflow"]
    flow["transitions"] = [step for step in flow["transitions"] if step["code"] != "resume"]
    file = tmp_path / "octipas.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    world = build_world("chapsvision", "ChapsVision", "CV", document=file)
    engineer = world.staff["engineer"]
    ticket = do(world, engineer, "call", do(world, engineer, "ask", _taken(world)))
    assert _states(ticket) == ("waiting_customer", "waiting_customer")
    assert journal(world, ticket)[-1].kind == "call_logged"


def test_where_there_is_one_way_of_resolving_it_may_be_named_and_another_may_not(world, engineer):
    ticket = _taken(world)
    with acting_as(engineer):
        assert [step.code for step in resolving_steps(engineer, ticket)] == ["resolve"]
    for step in ("take", "confirm_test", "magic"):
        refusal = _refused(world, Invalid, engineer, "resolve", ticket, step=step, **DELIVERY)
        assert refusal.errors.keys() == {"step"}
    assert do(world, engineer, "resolve", ticket, step="resolve", **DELIVERY).state == "resolved"


# Workarounds ----------------------------------------------------------------------------------------------------------
def test_a_provisional_workaround_meets_the_resolution_and_keeps_the_ticket_open(world, engineer, contact):
    ticket = do(world, engineer, "workaround", _taken(world))
    assert (ticket.workaround, ticket.workaround_kind, ticket.state) == ("offered", "provisional", "in_progress")
    assert _clock(world, ticket, "resolution").status == "running"
    ticket = do(world, contact, "accept_workaround", ticket)
    assert (ticket.workaround, ticket.state, ticket.severity) == ("accepted", "in_progress", "blocking")
    row = _clock(world, ticket, "resolution")
    assert (row.status, row.met_at) == ("met", ticket.updated_at)
    event = journal(world, ticket)[-1]
    assert event.kind == "workaround_accepted"
    assert [met["target"] for met in event.data["clocks"]] == ["resolution"]
    ticket = do(world, engineer, "resolve", ticket, **DELIVERY)
    assert _clock(world, ticket, "resolution").met_at == row.met_at


def test_a_final_workaround_that_is_accepted_resolves_the_ticket(world, engineer, contact):
    ticket = _taken(world)
    ticket = do(world, engineer, "workaround", ticket, kind="final", resolution_type="workaround_final")
    ticket = do(world, contact, "accept_workaround", ticket, body="Good enough.")
    assert _states(ticket) == ("resolved", "resolved")
    assert (ticket.resolution_type, ticket.resolved_at) == ("workaround_final", ticket.updated_at)
    assert _clock(world, ticket, "resolution").status == "met"
    ticket = do(world, contact, "reopen", ticket)
    assert (ticket.workaround, ticket.workaround_kind, ticket.resolution_type) == ("", "", "")
    row = _clock(world, ticket, "resolution")
    assert (row.status, row.met_at) == ("running", None)


def test_a_workaround_that_is_declined_meets_nothing_and_another_may_follow(world, engineer, contact):
    ticket = do(world, engineer, "workaround", _taken(world))
    refusal = _refused(world, Refused, engineer, "workaround", ticket)
    assert refusal.code == "workaround_offered"
    _refused(world, Invalid, contact, "decline_workaround", ticket, body=" ")
    ticket = do(world, contact, "decline_workaround", ticket, body="It loses data.")
    assert (ticket.workaround, _clock(world, ticket, "resolution").status) == ("declined", "running")
    refusal = _refused(world, Refused, contact, "accept_workaround", ticket)
    assert refusal.code == "no_workaround_offered"
    assert do(world, engineer, "workaround", ticket).workaround == "offered"


def test_a_workaround_is_final_or_provisional_and_a_final_one_has_a_type(world, engineer):
    ticket = _taken(world)
    for given, wrong in (
        ({"kind": "magic"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"kind": "final"}, "resolution_type"),
        ({"kind": "final", "resolution_type": "magic"}, "resolution_type"),
        ({"body": ""}, "body"),
    ):
        assert _refused(world, Invalid, engineer, "workaround", ticket, **given).errors.keys() == {wrong}


def test_the_acts_about_workarounds_are_offered_in_turn(world, engineer, contact):
    ticket = _taken(world)
    answers = {"accept_workaround", "decline_workaround"}

    def offered(actor: Actor) -> set[str]:
        with acting_as(actor):
            return acts_offered(actor, ticket) & (answers | {"workaround"})

    assert (offered(engineer), offered(contact)) == ({"workaround"}, set())
    ticket = do(world, engineer, "workaround", ticket)
    assert (offered(engineer), offered(contact)) == (set(), answers)
    ticket = do(world, contact, "accept_workaround", ticket)
    assert (offered(engineer), offered(contact)) == ({"workaround"}, set())


def test_an_answer_to_a_workaround_is_refused_on_an_older_form(world, engineer, contact):
    opened = _taken(world)
    ticket = do(world, engineer, "workaround", opened)
    stale = _refused(world, Stale, contact, "accept_workaround", ticket, expected_version=opened.public_version)
    assert [change.kind for change in stale.changes] == ["workaround_offered"]


def test_offering_a_workaround_takes_a_new_ticket_up(world, engineer):
    ticket = do(world, engineer, "workaround", world.file(MONDAY))
    assert _states(ticket) == ("in_progress", "in_progress")
    assert _clock(world, ticket, "acknowledgement").status == "met"


# Targets of the contract ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("act", ["take", "assign", "reply", "ask", "call", "workaround"])
def test_what_takes_a_ticket_up(world, engineer, act):
    ticket = do(world, engineer, act, world.file(MONDAY))
    assert _clock(world, ticket, "acknowledgement").met_at == ticket.updated_at


@pytest.mark.parametrize(("who", "act"), [("engineer", "note"), ("contact", "reply"), ("engineer", "severity")])
def test_what_does_not_take_a_ticket_up(world, who, act):
    people = world.staff | world.customers[0].people
    ticket = do(world, people[who], act, world.file(MONDAY))
    assert _clock(world, ticket, "acknowledgement").met_at is None


def test_a_severity_without_a_target_has_no_clock(world):
    ticket = world.file(MONDAY, severity="minor")
    with as_system(world):
        assert [row.target for row in Clock.objects.filter(ticket=ticket)] == ["acknowledgement"]


def test_a_reopening_deducts_the_time_as_resolved_and_the_resolution_runs_on(world, contact):
    ticket = _delivered(world)
    row = _clock(world, ticket, "resolution")
    assert (row.status, row.due_at) == ("met", paris("2026-05-06 15:00"))
    ticket = do(world, contact, "reopen", ticket, at=paris("2026-05-04 10:30"))
    row = _clock(world, ticket, "resolution")
    assert (row.status, row.met_at, row.due_at) == ("running", None, paris("2026-05-06 16:30"))
    assert ticket.due_at == row.due_at


def test_both_targets_are_told_on_the_event_that_meets_them(world, engineer):
    ticket = world.file(MONDAY)
    ticket = do(world, engineer, "reply", ticket)
    assert [met["target"] for met in journal(world, ticket)[-1].data["clocks"]] == ["acknowledgement"]
    ticket = do(world, engineer, "resolve", ticket, **DELIVERY)
    assert [met["target"] for met in journal(world, ticket)[-1].data["clocks"]] == ["resolution"]
