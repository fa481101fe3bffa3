"""Watching by program: by the rules of the pages, told to each side as far as it may know."""

from uuid import UUID

import pytest

from notifications.models import Watcher
from tests.api.programs import PROBLEM, Program, program_of
from tests.api.test_openapi import _validator
from tests.api.test_tickets import told
from tests.worlds import World, as_system
from tickets.models import Ticket

NOBODY = "00000000-0000-7000-8000-000000000000"
PATH = "/api/v1/tickets/{reference}/watchers"


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file()


def place(ticket: Ticket, who: UUID | str | None = None) -> str:
    return f"tickets/{ticket.reference}/watchers" + (f"/{who}" if who else "")


def names(answer: dict) -> set[str]:
    return {one["name"] for one in answer["watchers"]}


def test_one_watches_is_told_so_and_watches_no_longer(world: World, engineer: Program, ticket: Ticket):
    empty = told(engineer.get(place(ticket)))
    assert (empty["ticket"], empty["you_watch"], empty["watchers"]) == (ticket.reference, False, [])
    assert {one["name"] for one in empty["candidates"]} >= {"Engineer MEGA", "Second MEGA"}
    answer = engineer.ask("POST", place(ticket), {})
    body = told(answer)
    assert body["you_watch"] and names(body) == {"Engineer MEGA"}
    assert not answer.has_header("ETag"), "The version of the ticket says nothing of its watchers."
    (one,) = body["watchers"]
    assert (one["side"], one["added_by"], one["may_remove"]) == ("provider", "Engineer MEGA", True)
    assert one["id"] == str(world.staff["engineer"].person)
    _validator(PATH, "get", 200).validate(body)
    gone = engineer.ask("DELETE", place(ticket, one["id"]))
    assert (gone.status_code, gone.content) == (204, b"")
    assert told(engineer.get(place(ticket)))["watchers"] == []
    assert engineer.ask("DELETE", place(ticket, one["id"])).status_code == 204


def test_nobody_writes_a_body_for_oneself_and_twice_is_as_good_as_once(world: World, engineer: Program, ticket: Ticket):
    for body in (None, {}, {"watcher": None}, {"watcher": str(world.staff["engineer"].person)}):
        assert names(told(engineer.ask("POST", place(ticket), body))) == {"Engineer MEGA"}
    with as_system(world):
        assert Watcher.objects.count() == 1


def test_a_colleague_is_added_and_removed_and_the_ticket_stays_as_it_is(
    world: World, engineer: Program, ticket: Ticket
):
    second = str(world.staff["second"].person)
    before = engineer.get(f"tickets/{ticket.reference}")["ETag"]
    assert names(told(engineer.ask("POST", place(ticket), {"watcher": second}))) == {"Second MEGA"}
    assert engineer.get(f"tickets/{ticket.reference}")["ETag"] == before
    assert engineer.ask("DELETE", place(ticket, second)).status_code == 204
    assert told(engineer.get(place(ticket)))["watchers"] == []


def test_a_key_makes_a_second_call_the_answer_of_the_first(world: World, engineer: Program, ticket: Ticket):
    first = engineer.ask("POST", place(ticket), {}, **{"Idempotency-Key": "w-1"})
    engineer.ask("DELETE", place(ticket, world.staff["engineer"].person))
    again = engineer.ask("POST", place(ticket), {}, **{"Idempotency-Key": "w-1"})
    assert again["Idempotent-Replayed"] == "true" and again.json() == first.json()
    assert told(engineer.get(place(ticket)))["watchers"] == []


def test_each_side_knows_of_its_own(world: World, engineer: Program, contact: Program, ticket: Ticket):
    told(engineer.ask("POST", place(ticket), {}))
    mine = told(contact.ask("POST", place(ticket), {"watcher": str(world.customers[0].people["colleague"].person)}))
    assert names(mine) == {"Colleague A"} and not mine["you_watch"]
    assert {one["name"] for one in mine["candidates"]} == {"Contact A"}
    assert "MEGA" not in str([one["name"] for one in mine["watchers"] + mine["candidates"]])
    assert names(told(engineer.get(place(ticket)))) == {"Engineer MEGA", "Colleague A"}
    # A stranger to the row, such as one of the staff to a customer, is told nothing and changes nothing.
    assert contact.ask("DELETE", place(ticket, world.staff["engineer"].person)).status_code == 204
    assert names(told(engineer.get(place(ticket)))) == {"Engineer MEGA", "Colleague A"}
    refused = engineer.ask("DELETE", place(ticket, world.customers[0].people["colleague"].person))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_who_may_not_watch_is_refused_at_the_field(world: World, engineer: Program, ticket: Ticket):
    for key in (NOBODY, str(world.customers[0].contact.person), str(world.staff["auditor"].person)):
        refused = engineer.ask("POST", place(ticket), {"watcher": key})
        assert refused["Content-Type"] == PROBLEM
        assert told(refused, 400)["violations"][0]["pointer"] == "/watcher"
    for body in ({"watcher": "me"}, {"watcher": 7}, {"membership": NOBODY}, [], {"watcher": [NOBODY]}):
        assert engineer.ask("POST", place(ticket), body).status_code == 400, body


def test_who_only_reads_neither_adds_nor_removes(world: World, ticket: Ticket):
    for actor in (world.staff["auditor"], world.customers[0].people["viewer"]):
        program = program_of(actor)
        assert told(program.get(place(ticket)))["candidates"] == []
        assert program.ask("POST", place(ticket), {}).status_code == 403
        assert program.ask("DELETE", place(ticket, actor.person)).status_code == 403


def test_a_token_to_read_does_not_write(world: World, ticket: Ticket):
    program = program_of(world.staff["engineer"], "tickets:read")
    assert program.get(place(ticket)).status_code == 200
    for verb, address in (("POST", place(ticket)), ("DELETE", place(ticket, NOBODY))):
        refused = program.ask(verb, address, None)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_foreign_and_nonexistent_look_alike(world: World, ticket: Ticket):
    stranger = program_of(world.customers[1].contact)
    for verb, who in (("GET", None), ("POST", None), ("DELETE", NOBODY)):
        foreign = stranger.ask(verb, place(ticket, who))
        nothing = stranger.ask(verb, place(ticket, who).replace(ticket.reference, "MEGA-4999"))
        assert foreign.status_code == nothing.status_code == 404
        assert foreign.json() | {"request_id": ""} == nothing.json() | {"request_id": ""}


def test_parameters_and_odd_places_are_refused(engineer: Program, ticket: Ticket):
    assert engineer.get(f"{place(ticket)}?size=1").status_code == 400
    assert engineer.ask("DELETE", place(ticket, "me")).status_code == 404
    assert engineer.ask("PUT", place(ticket, NOBODY), {}).status_code == 405
