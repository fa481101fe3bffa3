"""What waits for a customer: what the workflow of his contract says, and workarounds on offer."""

from accounts.tenancy import acting_as
from contracts.publishing import DATA
from tests.lifecycle.scenes import MONDAY, do
from tests.web.conftest import sign_in
from tests.web.reading import section, text_of
from tests.worlds import World, build_world
from tickets import selectors
from tickets.models import Ticket

__all__ = ["sign_in"]


def octipas() -> World:
    return build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml")


def waiting(world: World, size: int = 50) -> tuple[list[str], bool]:
    contact = world.customers[0].contact
    with acting_as(contact):
        rows, more = selectors.waiting_for_customer(contact, size=size)
        return [row.reference for row in rows], more


def taken(world: World) -> Ticket:
    return do(world, world.staff["engineer"], "take", world.file(MONDAY, severity="blocking"))


def test_a_workaround_on_offer_waits_for_the_customer_until_he_answers(db):
    world = octipas()
    ticket = do(world, world.staff["engineer"], "workaround", taken(world))
    assert ticket.state == "in_progress"
    assert waiting(world) == ([ticket.reference], False)
    do(world, world.customers[0].contact, "decline_workaround", ticket)
    assert waiting(world) == ([], False)


def test_questions_and_offers_come_before_resolutions_and_nothing_closed_comes(db):
    world = octipas()
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    closed = do(world, engineer, "workaround", taken(world), kind="final", resolution_type="workaround_final")
    do(world, contact, "accept_workaround", closed)
    offered = do(world, engineer, "workaround", taken(world))
    asked = do(world, engineer, "ask", taken(world))
    resolved = do(world, engineer, "resolve", taken(world), resolution_type="correction")
    taken(world)
    found, _ = waiting(world)
    assert set(found[:2]) == {offered.reference, asked.reference}
    assert found[2:] and resolved.reference in found[2:]
    assert waiting(world, size=1)[1]


def test_a_step_that_is_the_providers_turn_does_not_wait_for_the_customer(db):
    """Octipas: once the fix is in production the provider closes (OCT-9)."""
    world = octipas()
    ticket = do(world, world.staff["engineer"], "resolve", taken(world), resolution_type="correction")
    contact = world.customers[0].contact
    for step in ("confirm_test", "confirm_production"):
        assert waiting(world)[0] == [ticket.reference], step
        ticket = do(world, contact, "move", ticket, step=step)
    assert (ticket.contract_state, waiting(world)[0]) == ("in_production", [])


def test_the_list_shows_the_offer_under_what_waits(db, sign_in):
    world = octipas()
    ticket = do(world, world.staff["engineer"], "workaround", taken(world))
    page = sign_in(world.customers[0].contact).get("/cases/")
    assert "Waiting for you" in text_of(page)
    assert ticket.reference in section(page, 'id="waiting-title"', "</section>")
