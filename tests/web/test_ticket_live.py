"""A page that stays open learns that something happened; it is offered, and nothing else is told."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.reading import text_of
from tests.worlds import World, paris
from tickets.models import Ticket

FILED = paris("2026-05-04 10:00")
PART = {"HX-Request": "true"}


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(at=FILED)


def look(client: Client, ticket: Ticket, version: object):
    return client.get(f"/tickets/{ticket.reference}/live/", {"version": version}, headers=PART)


def shown_version(client: Client, ticket: Ticket) -> str:
    page = client.get(f"/tickets/{ticket.reference}/").content.decode()
    return page.split(f"/tickets/{ticket.reference}/live/?version=")[1].split('"')[0]


def say(world: World, ticket: Ticket, service: Callable) -> None:
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        service(actor=engineer, at=FILED, reference=ticket.reference, body="Something")


def test_an_open_page_is_told_of_an_answer_and_then_no_more(world: World, ticket: Ticket, sign_in: Callable):
    contact = sign_in(world.customers[0].contact)
    seen = shown_version(contact, ticket)
    quiet = look(contact, ticket, seen)
    assert (quiet.status_code, quiet.content) == (204, b"")
    say(world, ticket, services.reply)
    news = look(contact, ticket, seen)
    assert news.status_code == 200
    assert text_of(news) == "New activity: show it"
    assert f'href="/tickets/{ticket.reference}/"' in news.content.decode()
    assert look(contact, ticket, shown_version(contact, ticket)).status_code == 204


def test_a_private_note_moves_the_desks_page_only(world: World, ticket: Ticket, sign_in: Callable):
    contact, manager = sign_in(world.customers[0].contact), sign_in(world.staff["manager"])
    seen = {client: shown_version(client, ticket) for client in (contact, manager)}
    say(world, ticket, services.add_note)
    assert look(contact, ticket, seen[contact]).status_code == 204
    assert look(manager, ticket, seen[manager]).status_code == 200


@pytest.mark.parametrize("version", ["", "x", "-1", "1e9", "9" * 30, "\x00"])
def test_a_version_that_is_none_is_a_bad_request(world: World, ticket: Ticket, sign_in: Callable, version: str):
    contact = sign_in(world.customers[0].contact)
    assert look(contact, ticket, version).status_code == 400


def test_a_stranger_is_told_nothing(world: World, ticket: Ticket, sign_in: Callable):
    stranger = sign_in(world.customers[1].contact)
    assert look(stranger, ticket, 0).status_code == 404
    assert look(Client(), ticket, 0).status_code == 401


def test_looking_asks_the_database_little_however_long_the_talk(world: World, ticket: Ticket, sign_in: Callable):
    contact = sign_in(world.customers[0].contact)
    counts = []
    for _ in range(2):
        look(contact, ticket, 99)
        with CaptureQueriesContext(connection) as captured:
            assert look(contact, ticket, 99).status_code == 204
        counts.append(len([row for row in captured.captured_queries if "SAVEPOINT" not in row["sql"]]))
        say(world, ticket, services.reply)
    assert counts[0] == counts[1]
    assert counts[0] <= 6, counts
