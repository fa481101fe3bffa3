"""The number and link of a ticket to copy, and the whole of it on paper."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.reading import text_of
from tests.web.test_query_budget import questions, talk
from tests.worlds import World, paris
from tickets.models import Ticket

FILED = paris("2026-05-04 10:00")
SECRET = "PRIV-7f3a do not tell them"


@pytest.fixture
def ticket(world: World) -> Ticket:
    filed, engineer = world.file(at=FILED), world.staff["engineer"]
    with acting_as(engineer):
        told = {"actor": engineer, "reference": filed.reference}
        services.take_ticket(**told, at=FILED + timedelta(minutes=5))
        services.add_note(**told, at=FILED + timedelta(minutes=10), body=SECRET)
        services.reply(**told, at=FILED + timedelta(minutes=30), body="We look into **it**.")
    return filed


@pytest.fixture
def contact(world: World, sign_in: Callable) -> Client:
    return sign_in(world.customers[0].contact)


@pytest.fixture
def engineer(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["engineer"])


def test_number_and_link_stand_there_to_be_selected(ticket: Ticket, contact: Client, engineer: Client):
    for client in (contact, engineer):
        page = client.get(f"/tickets/{ticket.reference}/").content.decode()
        assert f'value="{ticket.reference}" readonly' in page
        assert f'value="{settings.PUBLIC_URL}/tickets/{ticket.reference}/" readonly' in page
        assert f'href="/tickets/{ticket.reference}/print/"' in page


def test_the_paper_has_everything_and_no_controls(ticket: Ticket, contact: Client, engineer: Client):
    for client in (contact, engineer):
        page = client.get(f"/tickets/{ticket.reference}/print/")
        text = text_of(page)
        for told in (
            "Reports stay empty after the import",
            "Since this morning every report opens without rows.",
            "The audit cannot go on",
            "We look into it.",
            "Due Tue 5 May 2026, 13:00 (Paris)",
            "Contact A filed it with severity Critical",
            "Engineer MEGA took it in charge",
        ):
            assert told in text, told
        assert text.index("filed it with severity") < text.index("took it in charge")
        main = page.content.decode().split("<main")[1].split("</main>")[0]
        assert "<form" not in main and "<textarea" not in main
        assert "why_url" not in main and "clocks/response" not in main


def test_private_notes_are_printed_for_staff_and_only_if_wanted(ticket: Ticket, contact: Client, engineer: Client):
    address = f"/tickets/{ticket.reference}/print/"
    for_staff = text_of(engineer.get(address))
    assert SECRET in for_staff
    assert "Do not hand this copy to the customer." in for_staff
    for page in (engineer.get(f"{address}?notes=no"), contact.get(address), contact.get(f"{address}?notes=yes")):
        text = text_of(page)
        assert SECRET not in text
        assert "wrote a private note" not in text
        assert "We look into it." in text


def test_a_strangers_ticket_is_not_printed(world: World, ticket: Ticket, sign_in: Callable):
    assert sign_in(world.customers[1].contact).get(f"/tickets/{ticket.reference}/print/").status_code == 404


def test_the_paper_asks_the_database_as_often_for_a_long_talk(world: World, ticket: Ticket, engineer: Client):
    address = f"/tickets/{ticket.reference}/print/"
    short = questions(engineer, address)
    talk(world, ticket, 3)
    assert len(questions(engineer, address)) == len(short) <= 15


def test_it_speaks_french(ticket: Ticket, contact: Client):
    contact.cookies["language"] = "fr"
    text = text_of(contact.get(f"/tickets/{ticket.reference}/print/"))
    assert "Version imprimable" in text
