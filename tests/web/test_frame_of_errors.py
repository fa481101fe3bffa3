"""A page of failure is a page of the product: whoever is signed in keeps his navigation, his language and his zone."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.reading import form_of, text_of
from tests.worlds import World, paris, user_of
from tickets.models import Event

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
