"""One act on many tickets: each for itself, by the rules of its own contract."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import Invalid
from accounts.tenancy import Actor, acting_as
from contracts.publishing import DATA
from contracts.selectors import terms_of
from contracts.terms import load_terms
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


def test_an_answer_is_looked_for_only_once_the_ticket_is_held(world: World):
    """Of the same form sent twice at once the second waits, and then sees what the first wrote."""
    ticket = world.file(MONDAY)
    with CaptureQueriesContext(connection) as asked:
        told = bulk.reply_each(**given(world.staff["engineer"], ticket), body_of=lambda ticket: "Thank you.")
    assert [one.result for one in told] == [Result.DONE]
    statements = [one["sql"] for one in asked]
    held = next(number for number, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql)
    looked = next(number for number, sql in enumerate(statements) if 'FROM "tickets_event"' in sql)
    assert held < looked


def test_each_is_resolved_by_the_rules_of_its_own_contract(world: World):
    begun, fresh = do(world, world.staff["engineer"], "reply", world.file(MONDAY)), world.file(MONDAY)
    told = bulk.resolve_each(
        **given(world.staff["engineer"], fresh, begun), resolution_type="workaround", body="Import again."
    )
    assert [one.result for one in told] == [Result.REFUSED, Result.DONE]
    with as_system(world):
        assert Ticket.objects.get(pk=begun.pk).resolution_type == "workaround"
    again = do(world, world.staff["engineer"], "reply", world.file(MONDAY))
    odd = bulk.resolve_each(**given(world.staff["engineer"], again), resolution_type="magic", body="Import again.")
    assert (odd[0].result, odd[0].message) == (Result.REFUSED, "Its contract knows no resolution of this kind.")
    empty = bulk.resolve_each(**given(world.staff["engineer"], again), resolution_type="workaround", body=" ")
    assert empty[0].result == Result.REFUSED


def test_where_a_contract_has_several_ways_the_row_says_to_choose_one(db, tmp_path):
    document = json.loads(json.dumps(load_terms(DATA / "octipas.yaml").to_document()))
    steps = document["workflow"]["transitions"]
    known = next(step for step in steps if step["code"] == "resolve")
    ways = [known | {"code": code, "does": "resolve"} for code in ("deliver", "deliver_a_patch")]
    document["workflow"]["transitions"] = [*(step for step in steps if step is not known), *ways]
    file = tmp_path / "octipas.yaml"
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    world = build_world("chapsvision", "ChapsVision", "CV", document=file)
    engineer = world.staff["engineer"]
    ticket = do(world, engineer, "take", world.file(MONDAY))
    with acting_as(engineer):
        kind = terms_of(ticket).resolution_types[0].code
    told = bulk.resolve_each(**given(engineer, ticket), resolution_type=kind, body="Delivered.")
    assert told[0].message == "Its contract has several ways to go on after a resolution. Choose one on its own page."
