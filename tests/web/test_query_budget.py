"""How many questions a page asks the database: bounded, and the same for one row as for three."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import acting_as
from lifecycle import services
from tests.worlds import World, paris
from tickets.models import Ticket

FILED = paris("2026-05-04 10:00")
FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


def questions(client: Client, path: str) -> list[str]:
    """The statements of a second reading: caches that outlive a request are warm, as in a running server."""
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [row["sql"] for row in captured.captured_queries if not row["sql"].startswith(FRAME)]


def talk(world: World, ticket: Ticket, times: int) -> None:
    engineer = world.staff["engineer"]
    for number in range(times):
        told = {"actor": engineer, "reference": ticket.reference, "at": FILED + timedelta(minutes=number)}
        with acting_as(engineer):
            services.reply(**told, body=f"Answer {number}")
            services.add_note(**told, body=f"Note {number}")


@pytest.mark.parametrize(
    ("path", "who", "limit"),
    [("/queue/", "engineer", 10), ("/queue/?state=all&order=severity", "manager", 10), ("/cases/", "contact", 12)],
)
def test_a_list_asks_as_often_for_three_rows_as_for_one(world: World, sign_in: Callable, path: str, who: str, limit):
    actor = world.staff.get(who) or world.customers[0].people[who]
    client = sign_in(actor)
    world.file(at=FILED)
    one = questions(client, path)
    for _ in range(2):
        world.file(at=FILED)
    three = questions(client, path)
    assert len(three) == len(one), "\n".join(three)
    assert len(three) <= limit, "\n".join(three)


@pytest.mark.parametrize("who", ["engineer", "manager", "contact"])
def test_a_ticket_asks_as_often_for_a_long_talk_as_for_a_short_one(world: World, sign_in: Callable, who: str):
    actor = world.staff.get(who) or world.customers[0].people[who]
    client = sign_in(actor)
    ticket = world.file(at=FILED)
    talk(world, ticket, 1)
    one = questions(client, f"/tickets/{ticket.reference}/")
    talk(world, ticket, 2)
    three = questions(client, f"/tickets/{ticket.reference}/")
    assert len(three) == len(one), "\n".join(three)
    assert len(three) <= 15, "\n".join(three)
