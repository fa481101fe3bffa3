"""The receipt as a page: a ledger that adds up, by which rules, and the doors to contest it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from accounts.tenancy import acting_as
from contracts.publishing import DATA
from lifecycle import services
from slas import receipt as receipts
from tests.web.reading import text_of
from tests.web.test_query_budget import questions
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Ticket
from web.presenters.receipts import stretches

FILED = paris("2026-05-04 10:00")


@pytest.fixture
def world(db) -> World:
    return build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml", overrides={"pausing": True})


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Taken at once, asked about an hour later, answered on the next day."""
    found = world.file(FILED, severity="blocking", details={"symptoms": "Nothing opens", "steps": "Open anything"})
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    told = {"reference": found.reference}
    with acting_as(engineer):
        services.take_ticket(actor=engineer, at=FILED, **told)
        services.request_information(actor=engineer, at=FILED + timedelta(hours=1), body="Which?", **told)
    with acting_as(contact):
        return services.reply(actor=contact, at=FILED + timedelta(days=1, hours=1), body="All.", **told)


def _address(ticket: Ticket, target: str = "resolution") -> str:
    return f"/tickets/{ticket.reference}/clocks/{target}/"


def test_the_ledger_of_the_page_adds_up_to_the_second(world: World, ticket: Ticket):
    with as_system(world):
        told = receipts.clock_receipt(world.system, ticket, "resolution", at=FILED + timedelta(days=200))
        document = receipts.receipt_document(told, "en", told.zone)
    lines = stretches(document)
    assert document["summary"]["by"] == "week"
    assert len(lines) > 20
    shown = [item for line in lines for item in line.intervals]
    assert len(shown) == len(document["intervals"])
    assert sum(item["seconds"] for item in shown if not item["forecast"]) == document["totals"]["elapsed"]["seconds"]
    assert all(sum(item["seconds"] for item in line.intervals) == line.counted for line in lines)


def test_both_sides_read_the_account_and_by_which_rules(world: World, ticket: Ticket, sign_in: Callable):
    for actor in (world.customers[0].contact, world.staff["engineer"]):
        text = text_of(sign_in(actor).get(_address(ticket)))
        assert "Counted in all: 24 h · the target: 24 h" in text
        assert "the answer of the customer was awaited, 7 h deducted." in text
        assert "Waiting for the customer stops the clock, agreed for this contract." in text
        assert "Octipas · 2025.2" in text
        assert "Engineer CHAPS asked the customer: the clock stands still." in text
        assert "FR · holidays" in text


def test_lines_lead_to_their_clauses_and_to_the_contest(world: World, ticket: Ticket, sign_in: Callable):
    contact, auditor = sign_in(world.customers[0].contact), sign_in(world.staff["auditor"])
    clauses = f"/contracts/{ticket.contract_id}/clauses/"
    page = contact.get(_address(ticket)).content.decode()
    cited = set(re.findall(rf'href="{clauses}#([A-Z0-9-]+[a-z]?)"', page))
    assert {"OCT-2", "OCT-3", "R17"} <= cited
    anchors = set(re.findall(r'id="([A-Z][A-Za-z0-9-]+)"', contact.get(clauses).content.decode()))
    assert cited <= anchors
    assert f'href="/tickets/{ticket.reference}/#contest_pause"' in page
    ticket_page = contact.get(f"/tickets/{ticket.reference}/").content.decode()
    assert 'id="contest_pause"' in ticket_page
    assert "#contest_" not in auditor.get(_address(ticket)).content.decode()


def test_a_reader_elsewhere_reads_his_own_clock_with_the_contracts_named(
    world: World, ticket: Ticket, sign_in: Callable
):
    contact = world.customers[0].contact
    with as_system(world):
        User.objects.filter(pk=contact.user_id).update(time_zone="America/New_York")
    text = text_of(sign_in(contact).get(_address(ticket)))
    assert re.search(r"10:00 \(America/New_York\), that is .* 16:00 \(Europe/Paris\)", text)


def test_the_account_speaks_french(world: World, ticket: Ticket, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    client.cookies["language"] = "fr"
    text = text_of(client.get(_address(ticket)))
    assert "Ce qui a compté et ce qui n’a pas compté" in text
    assert "Compté en tout : 24 h" in text


def test_it_can_be_printed_without_a_mouse(world: World, ticket: Ticket, sign_in: Callable):
    page = sign_in(world.customers[0].contact).get(_address(ticket)).content.decode()
    assert re.search(r'<button class="btn js-only" type="button" data-print>', page)


def test_a_strangers_account_looks_like_one_that_does_not_exist(world: World, ticket: Ticket, sign_in: Callable):
    stranger: Client = sign_in(world.customers[1].contact)
    assert stranger.get(_address(ticket)).status_code == 404
    assert sign_in(world.customers[0].contact).get(_address(ticket, "no_such")).status_code == 404


def test_a_long_account_asks_no_more_than_a_short_one(world: World, ticket: Ticket, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    before = questions(client, _address(ticket))
    engineer = world.staff["engineer"]
    for number in range(3):
        with acting_as(engineer):
            services.reply(
                actor=engineer, at=FILED + timedelta(days=2, minutes=number), reference=ticket.reference, body="Words."
            )
    after = questions(client, _address(ticket))
    assert len(after) == len(before) <= 16, "\n".join(after)


def test_nothing_private_is_told(world: World, ticket: Ticket, sign_in: Callable):
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        services.add_note(
            actor=engineer, at=FILED + timedelta(days=2), reference=ticket.reference, body="Between ourselves."
        )
    assert "Between ourselves" not in text_of(sign_in(world.customers[0].contact).get(_address(ticket)))
