"""One act on many tickets: each for itself, by the rules of its own contract."""

from datetime import timedelta

import pytest

from accounts.errors import Invalid
from accounts.tenancy import Actor, acting_as
from lifecycle import bulk
from lifecycle.bulk import Chosen, Result
from tests.lifecycle.scenes import MONDAY, bring_to, do
from tests.worlds import World, as_system, build_world
from tickets.models import Event, Ticket
from tickets.states import State

LATER = MONDAY + timedelta(days=1)


def chosen(*tickets: Ticket) -> list[Chosen]:
    return [Chosen(ticket.reference, ticket.version) for ticket in tickets]


def given(actor: Actor, *tickets: Ticket) -> dict:
    return {"actor": actor, "at": LATER, "chosen": chosen(*tickets)}


def events(world: World) -> int:
    with as_system(world):
        return Event.objects.count()


def test_each_that_nobody_has_is_taken_and_the_others_say_why_not(world: World):
    engineer, second = world.staff["engineer"], world.staff["second"]
    free, held, mine = world.file(MONDAY), world.file(MONDAY, of=1), world.file(MONDAY)
    do(world, second, "take", held)
    do(world, engineer, "take", mine)
    closed = bring_to(world, State.CLOSED)
    told = bulk.take_each(**given(engineer, held, free, closed, mine))
    assert [one.result for one in told] == [Result.REFUSED, Result.DONE, Result.REFUSED, Result.REFUSED]
    assert told[0].message == "Second MEGA already has it."
    assert [one.chosen.reference for one in told] == [row.reference for row in (held, free, closed, mine)]
    with as_system(world):
        found = Ticket.objects.get(pk=free.pk)
        assert (found.assignee_id, found.state) == (engineer.person, State.IN_PROGRESS)
        assert Ticket.objects.get(pk=held.pk).assignee_id == second.person


def test_a_row_that_is_out_of_date_is_told_with_what_changed_and_stops_nobody(world: World):
    engineer, second = world.staff["engineer"], world.staff["second"]
    stale, fresh = world.file(MONDAY), world.file(MONDAY, of=1)
    do(world, second, "severity", stale)
    told = bulk.assign_each(**given(engineer, stale, fresh), assignee_id=second.person)
    assert [one.result for one in told] == [Result.STALE, Result.DONE]
    assert [(change.actor_name, change.kind) for change in told[0].changes] == [("Second MEGA", "severity_changed")]
    with as_system(world):
        assert Ticket.objects.get(pk=stale.pk).assignee_id is None


def test_a_reply_since_the_page_was_drawn_makes_no_row_stale(world: World):
    engineer = world.staff["engineer"]
    ticket = world.file(MONDAY)
    do(world, world.customers[0].contact, "reply", ticket)
    told = bulk.assign_each(**given(engineer, ticket), assignee_id=world.staff["second"].person)
    assert [one.result for one in told] == [Result.DONE]


def test_a_severity_that_a_contract_does_not_know_is_refused_for_its_tickets_alone(world: World):
    engineer = world.staff["engineer"]
    same, other = world.file(MONDAY, severity="minor"), world.file(MONDAY, of=1)
    why = {"reason_code": "impact_reassessed", "reason": "Few are concerned."}
    told = bulk.change_severity_of_each(**given(engineer, same, other), severity="minor", **why)
    assert [one.result for one in told] == [Result.REFUSED, Result.DONE]
    told = bulk.change_severity_of_each(**given(engineer, same), severity="blocking", **why)
    assert (told[0].result, told[0].message) == (Result.REFUSED, "Choose one of the severities of the contract.")


def test_closing_follows_the_workflow_of_the_contract(world: World):
    engineer = world.staff["engineer"]
    resolved, new = bring_to(world, State.RESOLVED), world.file(MONDAY)
    told = bulk.close_each(**given(engineer, resolved, new))
    assert [one.is_done for one in told] == [True, False]
    with as_system(world):
        assert Ticket.objects.get(pk=resolved.pk).state == State.CLOSED
        assert Ticket.objects.get(pk=new.pk).state == State.NEW


def test_strangers_tickets_and_none_are_told_alike(world: World):
    engineer = world.staff["engineer"]
    foreign = build_world("octipas", "Octipas", "OCTI").file(MONDAY)
    told = bulk.take_each(actor=engineer, at=LATER, chosen=[*chosen(foreign), Chosen("OCTI-9999", 1)])
    assert {(one.result, one.message) for one in told} == {
        (Result.REFUSED, "There is no such ticket among those that you may see.")
    }


def test_who_may_not_writes_nothing(world: World):
    auditor = world.staff["auditor"]
    ticket = world.file(MONDAY)
    before = events(world)
    told = bulk.close_each(**given(auditor, ticket))
    assert [(one.result, one.message) for one in told] == [(Result.REFUSED, "Your role does not include this.")]
    assert events(world) == before


def test_more_than_a_hundred_are_refused_before_anything_is_done(world: World):
    engineer = world.staff["engineer"]
    ticket = world.file(MONDAY)
    before = events(world)
    with pytest.raises(Invalid):
        bulk.take_each(actor=engineer, at=LATER, chosen=chosen(ticket) * 101)
    assert events(world) == before


def test_each_ticket_is_a_transaction_of_its_own(committed_db: object):
    """A fault in the middle leaves what was done before it."""
    world = build_world()
    engineer = world.staff["engineer"]
    first, second = world.file(MONDAY), world.file(MONDAY, of=1)
    taken: list[str] = []

    def take(**told: object) -> Ticket:
        if taken:
            raise ZeroDivisionError
        taken.append(str(told["reference"]))
        return bulk.services.take_ticket(**told)  # type: ignore[arg-type]

    with pytest.raises(ZeroDivisionError):
        bulk._each(engineer, LATER, chosen(first, second), take, is_edit=False)
    with acting_as(engineer):
        assert Ticket.objects.get(pk=first.pk).assignee_id == engineer.person
        assert Ticket.objects.get(pk=second.pk).assignee_id is None
