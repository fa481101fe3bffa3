"""A page of failure is a page of the product: whoever is signed in keeps his navigation, his language and his zone."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import resolve

from accounts.errors import Refused
from accounts.tenancy import acting_as
from contracts.models import ContractContact
from lifecycle import services
from tests.web.reading import form_of, text_of
from tests.worlds import World, paris, user_of
from tickets.models import Event
from web.errors import error_page

FILED = paris("2026-05-04 10:00")


@pytest.mark.parametrize("path", ["/no/such/page/", "/tickets/", "/%00/"])
def test_an_address_that_no_view_has_keeps_the_navigation(world: World, sign_in: Callable, path: str):
    desk = sign_in(world.staff["engineer"]).get(path, follow=True)
    contact = sign_in(world.customers[0].contact).get(path, follow=True)
    assert contact.status_code == 404
    assert 'href="/cases/"' in contact.content.decode()
    assert "Contact A" in text_of(contact)
    assert 'href="/queue/"' in desk.content.decode()
    assert "Customer A" not in text_of(desk)


def test_a_stranger_is_shown_no_navigation(db):
    page = Client().get("/no/such/page/")
    assert page.status_code == 404
    assert 'href="/queue/"' not in page.content.decode()
    assert 'href="/cases/"' not in page.content.decode()


def test_somebody_without_a_place_is_shown_no_navigation(world: World, sign_in: Callable):
    contact = world.customers[0].contact
    client = sign_in(contact)
    with acting_as(world.system):
        user_of(contact).memberships.update(is_active=False)
    page = client.get("/no/such/page/")
    assert page.status_code == 404
    assert 'href="/cases/"' not in page.content.decode()


def test_it_speaks_the_readers_language(world: World, sign_in: Callable):
    contact = world.customers[0].contact
    user_of(contact).__class__.objects.filter(pk=contact.user_id).update(language="fr")
    page = sign_in(contact).get("/no/such/page/")
    assert '<html lang="fr"' in page.content.decode()
    assert "Rien ici" in text_of(page)


def test_a_form_without_its_token_keeps_the_navigation(world: World, sign_in: Callable):
    entered = sign_in(world.staff["engineer"])
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = entered.cookies
    page = strict.post("/drafts/", {"key": "new-case"})
    assert page.status_code == 403
    assert 'href="/queue/"' in page.content.decode()
    assert "This form is no longer valid" in text_of(page)


def test_what_changed_meanwhile_is_told_with_the_side_of_whoever_did_it(world: World, sign_in: Callable):
    ticket = world.file(at=FILED)
    manager = sign_in(world.staff["manager"])
    page = manager.get(f"/tickets/{ticket.reference}/")
    data = form_of(page, f"/tickets/{ticket.reference}/severity/").fields
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        services.take_ticket(actor=engineer, at=FILED, reference=ticket.reference)
    sent = {**{name: values[0] for name, values in data.items()}, "severity": "minor"}
    sent |= {"reason_code": "impact_reassessed", "reason": "Few are concerned."}
    refused = manager.post(f"/tickets/{ticket.reference}/severity/", sent)
    assert refused.status_code == 409
    assert "Engineer MEGA (support) took it in charge" in " ".join(text_of(refused).split())
    with acting_as(world.system):
        assert Event.objects.filter(kind="severity_changed").count() == 0


# The clause of a refusal ----------------------------------------------------------------------------------------------
def _refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> int:
        raise Refused("A rule says no.", clause="HOP-9")

    monkeypatch.setattr("web.views.tickets.version_for", refuse)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_clause_of_a_refusal_leads_to_the_contract_that_it_is_of(
    world: World, sign_in: Callable, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
):
    ticket = world.file(at=FILED)
    contact = sign_in(world.customers[0].contact)
    _refusing(monkeypatch)
    page = contact.get(f"/tickets/{ticket.reference}/live/?version=1", headers=headers)
    assert page.status_code == 409
    address = f"/contracts/{ticket.contract_id}/clauses/#HOP-9"
    assert f'<a class="clause" href="{address}">HOP-9</a>' in page.content.decode()
    assert 'id="HOP-9"' in contact.get(address.partition("#")[0]).content.decode()


def test_a_contract_that_the_address_names_is_one_too(world: World, rf):
    contract, contact = world.customers[0].contract, world.customers[0].contact
    request = rf.get(f"/contracts/{contract.id}/")
    request.resolver_match, request.user = resolve(request.path), user_of(contact)
    request.actor, request.htmx = contact, True
    with acting_as(contact):
        page = error_page(request, Refused("No.", clause="HSA-5"))
    assert f'href="/contracts/{contract.id}/clauses/#HSA-5"' in page.content.decode()


def test_what_the_reader_may_not_see_is_no_door(world: World, rf):
    ticket, stranger = world.file(at=FILED), world.customers[1].contact
    for path in (f"/tickets/{ticket.reference}/", f"/contracts/{ticket.contract_id}/", "/cases/"):
        request = rf.get(path)
        request.resolver_match, request.user = resolve(path), user_of(stranger)
        request.actor, request.htmx = stranger, True
        with acting_as(stranger):
            page = error_page(request, Refused("No.", clause="HOP-9"))
        assert '<span class="clause">HOP-9</span>' in page.content.decode(), path


def test_whoever_may_not_file_finds_the_clause(world: World, sign_in: Callable):
    contact = world.customers[0].contact
    with acting_as(world.system):
        ContractContact.objects.filter(membership_id=contact.membership_id).update(replaced_on=date(2026, 2, 1))
    page = sign_in(contact).get("/cases/new/")
    address = f"/contracts/{world.customers[0].contract.id}/clauses/#HOP-9"
    assert f'<a class="clause" href="{address}">HOP-9</a>' in page.content.decode()
