"""A contract with states, steps, targets and words of its own, on the page: the Octipas annex."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from contracts.publishing import DATA
from tests.lifecycle.scenes import do
from tests.web.reading import form_of, text_of
from tests.worlds import World, build_world, paris
from tickets.models import Ticket

FILED = paris("2026-05-04 09:00")


@pytest.fixture
def world(db) -> World:
    return build_world("chapsvision", "ChapsVision", "CV", document=DATA / "octipas.yaml")


@pytest.fixture
def ticket(world: World) -> Ticket:
    return do(world, world.staff["engineer"], "take", world.file(FILED))


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


@pytest.fixture
def engineer(world: World, sign_in) -> Client:
    return sign_in(world.staff["engineer"])


def _address(ticket: Ticket) -> str:
    return f"/tickets/{ticket.reference}/"


def _send(client: Client, ticket: Ticket, act: str, **given: str):
    address = f"{_address(ticket)}{act}/"
    return client.post(address, form_of(client.get(_address(ticket)), address).filled(**given))


def _now(world: World, ticket: Ticket) -> Ticket:
    with acting_as(world.system):
        return Ticket.objects.get(pk=ticket.pk)


def test_every_target_has_its_clock_its_figure_and_its_reckoning(ticket: Ticket, contact: Client, engineer: Client):
    for client in (contact, engineer):
        text = text_of(client.get(_address(ticket)))
        assert "2 business hours" in text
        assert "24 business hours" in text
        assert "done in time" in text
        for target, name in (("acknowledgement", "Take-up"), ("resolution", "Resolution")):
            assert name in text
            assert name in text_of(client.get(f"{_address(ticket)}clocks/{target}/"))


def test_the_queue_says_which_target_is_due(world: World, ticket: Ticket, engineer: Client):
    text = text_of(engineer.get("/queue/"))
    assert ticket.reference in text
    assert "Resolution" in text


def test_the_filing_form_tells_every_deadline(world: World, contact: Client):
    contract = world.customers[0].contract
    page = text_of(contact.get("/cases/new/"))
    assert "Take-up: 2 business hours" in page
    assert "Resolution: no deadline" in page
    query = {"contract": str(contract.id), "environment": str(world.customers[0].production.id)}
    both = text_of(contact.get("/cases/new/due/", query | {"severity": "blocking"}))
    assert "If filed now: Take-up by" in both
    assert "If filed now: Resolution by" in both
    one = text_of(contact.get("/cases/new/due/", query | {"severity": "minor"}))
    assert "Take-up by" in one
    assert "Resolution" not in one


def test_the_contact_takes_the_steps_of_the_contract_by_its_buttons(
    world: World, ticket: Ticket, contact: Client, engineer: Client
):
    ticket = do(world, world.staff["engineer"], "resolve", ticket, resolution_type="correction")
    page = text_of(contact.get(_address(ticket)))
    assert "Delivered, to be tested" in page
    assert "Tested with success" in page
    assert "Tested with success" not in text_of(engineer.get(_address(ticket)))
    assert _send(contact, ticket, "move").status_code == 303
    assert _now(world, ticket).contract_state == "tested"
    for client in (contact, engineer):
        text = text_of(client.get(_address(ticket)))
        assert "Tested, to be put into production" in text
        assert "took the step “Tested with success”: now “Tested, to be put into production”" in text
        assert "OCT-9" in text
    assert _send(contact, ticket, "move", step="confirm_production").status_code == 303
    assert _send(contact, ticket, "close").status_code == 303
    assert _now(world, ticket).state == "closed"


def test_a_step_that_is_not_offered_is_refused_with_its_clause(world: World, ticket: Ticket, contact: Client):
    form = {"step": "confirm_test", "expected_version": str(ticket.public_version)}
    answer = contact.post(f"{_address(ticket)}move/", form)
    assert answer.status_code == 409
    assert "OCT-9" in text_of(answer)
    for step in ("nonsense", "a b", ""):
        assert contact.post(f"{_address(ticket)}move/", form | {"step": step}).status_code == 422
    assert _now(world, ticket).version == ticket.version


def test_a_workaround_is_offered_declined_offered_again_and_accepted(
    world: World, ticket: Ticket, contact: Client, engineer: Client
):
    first = _send(engineer, ticket, "workaround", kind="provisional", body="Use the export.")
    assert first.status_code == 303
    page = text_of(contact.get(_address(ticket)))
    assert "Is the workaround enough?" in page
    assert "Use the export." in page
    assert _send(contact, ticket, "decline-workaround", body="").status_code == 422
    assert _send(contact, ticket, "decline-workaround", body="It loses files.").status_code == 303
    again = {"kind": "final", "resolution_type": "workaround_final", "body": "Use both."}
    assert _send(engineer, ticket, "workaround", **again).status_code == 303
    assert _send(contact, ticket, "accept-workaround").status_code == 303
    found = _now(world, ticket)
    assert (found.state, found.workaround, found.resolution_type) == ("resolved", "accepted", "workaround_final")
    text = text_of(engineer.get(_address(ticket)))
    for said in ("offered a provisional workaround", "declined the workaround", "offered a final workaround",
                 "accepted the workaround", "Resolution: given late"):  # fmt: skip
        assert said in text


def test_a_final_workaround_without_its_type_comes_back_as_typed(ticket: Ticket, engineer: Client):
    answer = _send(engineer, ticket, "workaround", kind="final", body="Use the export.")
    assert answer.status_code == 422
    assert "Use the export." in answer.content.decode()


def test_where_the_contract_has_several_ways_of_resolving_one_is_chosen(db, sign_in, tmp_path):
    text = (DATA / "octipas.yaml").read_text(encoding="utf-8")
    more = """
    - code: patch
      does: resolve
      label: {en: Deliver a patch, fr: Livrer un correctif}
      start: [in_progress]
      end: tested
      by: [provider]
      clauses: [OCT-9]
"""
    assert "\nresolution_types:" in text
    file = tmp_path / "octipas.yaml"
    file.write_text(text.replace("\nresolution_types:", f"{more}\nresolution_types:"), encoding="utf-8")
    world = build_world("chapsvision", "ChapsVision", "CV", document=file)
    ticket = do(world, world.staff["engineer"], "take", world.file(FILED))
    engineer = sign_in(world.staff["engineer"])
    given = {"resolution_type": "correction", "body": "Install it."}
    assert _send(engineer, ticket, "resolve", **given).status_code == 422
    assert _send(engineer, ticket, "resolve", step="patch", **given).status_code == 303
    assert _now(world, ticket).contract_state == "tested"


def test_a_breach_is_told_by_the_name_of_its_target(world: World, ticket: Ticket, engineer: Client):
    do(world, world.staff["engineer"], "note", ticket, at=FILED + timedelta(days=9))
    text = text_of(engineer.get(_address(ticket)))
    assert "Resolution: the deadline of" in text
    assert "passed unmet" in text
