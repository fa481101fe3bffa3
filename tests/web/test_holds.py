"""Support on hold on the page of a ticket: who may do it, what both sides read, in both languages."""

from collections.abc import Callable

import pytest
from django.test import Client

from contracts.publishing import DATA
from tests.lifecycle.scenes import do
from tests.terms.test_contracts_in_life import agreed
from tests.web.reading import actions_of, form_of, text_of
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Event, Ticket

FILED = paris("2026-06-16 09:00")


@pytest.fixture
def world(db) -> World:
    return build_world("generix", "Generix", "GEN", document=DATA / "generix.yaml", overrides=agreed("generix"))


@pytest.fixture
def ticket(world: World) -> Ticket:
    return do(world, world.staff["engineer"], "take", world.file(FILED, severity="p2"))


def flat(client: Client, ticket: Ticket) -> str:
    return " ".join(text_of(client.get(f"/tickets/{ticket.reference}/")).split())


def test_a_manager_holds_and_releases_and_both_sides_read_it(world: World, ticket: Ticket, sign_in: Callable):
    manager, contact = sign_in(world.staff["manager"]), sign_in(world.customers[0].contact)
    place = f"/tickets/{ticket.reference}"
    page = manager.get(f"{place}/")
    assert f"{place}/release/" not in actions_of(page)
    form = form_of(page, f"{place}/hold/")
    assert form.offered["reason_code"] == ["", "unpaid_invoices", "old_version"]
    sent = form.filled(reason_code="unpaid_invoices", reason="Two <b>invoices</b> are open.")
    assert manager.post(f"{place}/hold/", sent).status_code == 303

    for client in (manager, contact):
        text = flat(client, ticket)
        assert "Support is on hold Invoices are not paid GEN-8 · Manager GEN" in text
        assert "Two <b>invoices</b> are open." in text
        assert "put support on hold. Invoices are not paid: Two" in text
    contact.cookies["language"] = "fr"
    assert "Le support est suspendu Des factures ne sont pas réglées GEN-8" in flat(contact, ticket)

    page = manager.get(f"{place}/")
    assert f"{place}/hold/" not in actions_of(page)
    released = manager.post(f"{place}/release/", form_of(page, f"{place}/release/").filled(reason="They are paid."))
    assert released.status_code == 303
    text = flat(manager, ticket)
    assert "ended the hold: They are paid." in text
    assert "Support is on hold Invoices" not in text


def test_what_is_refused_comes_back_as_it_was_typed(world: World, ticket: Ticket, sign_in: Callable):
    manager = sign_in(world.staff["manager"])
    place = f"/tickets/{ticket.reference}/hold/"
    form = form_of(manager.get(f"/tickets/{ticket.reference}/"), place)
    lacking = manager.post(place, form.filled(reason_code="", reason="Typed with care."))
    assert lacking.status_code == 422
    assert 'id="hold_reason_code-error"' in lacking.content.decode()
    assert "Typed with care." in lacking.content.decode()
    kept = {"key": f"hold:{ticket.reference}", "reason": "Half a reason"}
    assert manager.post("/drafts/", kept).status_code == 204
    assert form_of(manager.get(f"/tickets/{ticket.reference}/"), place).fields["reason"] == ["Half a reason"]


@pytest.mark.parametrize(("who", "status"), [("engineer", 403), ("contact", 404)])
def test_who_may_not_is_offered_nothing(world: World, ticket: Ticket, sign_in: Callable, who: str, status: int):
    actor = world.staff.get(who) or world.customers[0].people[who]
    client = sign_in(actor)
    page = client.get(f"/tickets/{ticket.reference}/")
    assert not {f"/tickets/{ticket.reference}/{act}/" for act in ("hold", "release")} & actions_of(page)
    sent = {"reason_code": "unpaid_invoices", "reason": "No.", "expected_version": ticket.version}
    assert client.post(f"/tickets/{ticket.reference}/hold/", sent).status_code == status
    with as_system(world):
        assert not Event.objects.filter(kind="held").exists()


def test_a_contract_without_such_a_clause_offers_no_hold(db, sign_in: Callable):
    world = build_world()
    ticket = world.file(FILED)
    page = sign_in(world.staff["manager"]).get(f"/tickets/{ticket.reference}/")
    assert f"/tickets/{ticket.reference}/hold/" not in actions_of(page)
