"""What people hear of a contract's own steps and targets, and of workarounds: in its words and their language."""

import pytest

from accounts.models import Membership
from contracts.publishing import DATA
from notifications.models import Delivery
from notifications.relay import relay
from notifications.rendering import render
from tests.lifecycle.scenes import do
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Event, Ticket

FILED = paris("2026-05-04 09:00")
BOTH, HERE = ["in_app", "mail"], ["in_app"]


@pytest.fixture
def world(worker_db) -> World:
    return build_world("chapsvision", "ChapsVision", "CV", document=DATA / "octipas.yaml")


def _subject(world: World, ticket: Ticket, kind: str, language: str) -> str:
    with as_system(world):
        event = Event.objects.filter(ticket=ticket, kind=kind).latest("seq")
        reader = Membership.objects.select_related("user").get(pk=world.customers[0].contact.membership_id)
        reader.user.language = language
        return render(event, Ticket.objects.get(pk=ticket.pk), reader).subject


def _body(world: World, ticket: Ticket, kind: str) -> str:
    with as_system(world):
        event = Event.objects.filter(ticket=ticket, kind=kind).latest("seq")
        reader = Membership.objects.select_related("user").get(pk=world.staff["engineer"].membership_id)
        return render(event, Ticket.objects.get(pk=ticket.pk), reader).body


def _told(world: World, ticket: Ticket, kind: str) -> dict[str, list[str]]:
    relay(at=ticket.updated_at)
    found: dict[str, list[str]] = {}
    with as_system(world):
        for row in Delivery.objects.filter(ticket=ticket, kind=kind).select_related("recipient"):
            found.setdefault(row.recipient.display_name, []).append(row.channel)
    return {name: sorted(channels) for name, channels in found.items()}


def test_a_step_is_told_in_the_contracts_words_to_those_whom_it_concerns(world):
    engineer, colleague = world.staff["engineer"], world.customers[0].people["colleague"]
    ticket = do(world, engineer, "take", world.file(FILED))
    ticket = do(world, engineer, "resolve", ticket, resolution_type="correction")
    ticket = do(world, colleague, "move", ticket)
    assert _told(world, ticket, "moved") == {"Contact A": BOTH, "Engineer CV": HERE}
    assert _subject(world, ticket, "moved", "en").startswith(
        f"[{ticket.reference}] Anomaly is now: Tested, to be put into production"
    )
    assert "Testée, à mettre en production" in _subject(world, ticket, "moved", "fr")


def test_a_workaround_reaches_the_author_and_its_answer_the_one_in_charge(world):
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    ticket = do(world, engineer, "workaround", do(world, engineer, "take", world.file(FILED)))
    assert _told(world, ticket, "workaround_offered") == {"Contact A": BOTH}
    assert "Engineer CV offers a workaround" in _subject(world, ticket, "workaround_offered", "en")
    assert "Use the old report meanwhile." in _body(world, ticket, "workaround_offered")
    ticket = do(world, contact, "decline_workaround", ticket)
    assert _told(world, ticket, "workaround_declined") == {"Engineer CV": BOTH}
    ticket = do(world, contact, "accept_workaround", do(world, engineer, "workaround", ticket))
    assert _told(world, ticket, "workaround_accepted") == {"Engineer CV": BOTH}


def test_an_alert_names_its_target_and_a_filing_the_next_deadline(world):
    ticket = world.file(FILED)
    assert "Next deadline: Mon 4 May 2026, 11:00" in _body(world, ticket, "filed")
    ticket = do(world, world.staff["engineer"], "take", ticket, at=paris("2026-05-04 12:00"))
    assert "Take-up: the deadline has passed" in _subject(world, ticket, "clock_breached", "en")
    assert "Prise en compte : l’échéance est dépassée" in _subject(world, ticket, "clock_breached", "fr")
    assert "Take-up due: Mon 4 May 2026, 11:00" in _body(world, ticket, "clock_breached")
