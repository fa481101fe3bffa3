"""What is being written into a contest, a refusal of one or an exclusion is kept, and comes back where it was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from contracts.publishing import DATA
from contracts.selectors import terms_of
from lifecycle import contests
from lifecycle.contests import Proposal
from tests.lifecycle.scenes import do
from tests.web.reading import form_of
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Draft, Event, Ticket

FILED = paris("2026-05-04 10:00")
LATER = paris("2026-05-05 16:00")


@pytest.fixture
def world(db) -> World:
    return build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml", overrides={"pausing": True})


@pytest.fixture
def ticket(world: World) -> Ticket:
    ticket = world.file(FILED, severity="blocking")
    ticket = do(world, world.staff["engineer"], "take", ticket)
    ticket = do(world, world.staff["engineer"], "ask", ticket)
    return do(world, world.customers[0].contact, "reply", ticket)


def keep(client: Client, ticket: Ticket, act: str, **typed: Any) -> int:
    """What the page sends two seconds after the last key."""
    return client.post("/drafts/", {"key": f"{act}:{ticket.reference}", **typed}).status_code


def page_of(client: Client, ticket: Ticket) -> Any:
    return client.get(f"/tickets/{ticket.reference}/")


def is_open(html: str, title: str) -> bool:
    """Whether the folded part with that title stands open."""
    before = html[: html.index(f"<summary>{title}</summary>")]
    return before[before.rindex("<details") :].rstrip().endswith("open>")


def entry(world: World, ticket: Ticket, kind: str) -> str:
    with as_system(world):
        return str(Event.objects.filter(ticket=ticket, kind=kind).latest("seq").id)


def drafts(world: World) -> list[str]:
    with as_system(world):
        return sorted(Draft.objects.values_list("form", flat=True))


def contested(world: World, ticket: Ticket) -> str:
    contact = world.customers[0].contact
    with acting_as(contact):
        proposal = Proposal("pause", Event.objects.get(ticket=ticket, kind="information_requested").id)
        contests.contest(actor=contact, at=LATER, reference=ticket.reference, proposal=proposal, reason="By telephone.")
    return entry(world, ticket, "contested")


def test_a_contest_half_written_comes_back_in_its_own_form_and_goes_with_sending(
    world: World, ticket: Ticket, sign_in: Callable
):
    contact = sign_in(world.customers[0].contact)
    place = f"/tickets/{ticket.reference}/contest/"
    wait = entry(world, ticket, "information_requested")
    typed = {"about": "pause", "entry": wait, "starts_at": "2026-05-04T12:00", "reason": "We had **answered**"}
    assert not is_open(page_of(contact, ticket).content.decode(), "Contest a wait")
    assert keep(contact, ticket, "contest_pause", **typed) == 204

    html = page_of(contact, ticket).content.decode()
    assert is_open(html, "Contest a wait")
    assert not is_open(html, "Contest a severity")
    form = html[html.index('id="contest_pause"') : html.index("</form>", html.index('id="contest_pause"'))]
    assert "We had **answered**" in form
    assert 'value="2026-05-04T12:00"' in form
    assert f'<option value="{wait}" selected>' in form
    assert f'data-draft="/drafts/" data-draft-key="contest_pause:{ticket.reference}"' in form
    assert page_of(sign_in(world.customers[0].people["colleague"]), ticket).content.decode().count("answered**") == 0

    assert contact.post(place, typed | {"ends_at": "2026-05-04T11:00"}).status_code == 422
    assert drafts(world) == [f"contest_pause:{ticket.reference}"]
    assert contact.post(place, typed | {"starts_at": ""}).status_code == 303
    assert drafts(world) == []


def test_a_refusal_half_written_belongs_to_the_contest_that_it_is_about(
    world: World, ticket: Ticket, sign_in: Callable
):
    manager = sign_in(world.staff["manager"])
    mine = contested(world, ticket)
    other = "00000000-0000-7000-8000-000000000001"
    assert keep(manager, ticket, "decline_contest", contest=other, reason="Of another one") == 204
    assert "Of another one" not in page_of(manager, ticket).content.decode()
    assert keep(manager, ticket, "decline_contest", contest=mine, reason="Nobody called") == 204
    page = page_of(manager, ticket)
    form = form_of(page, f"/tickets/{ticket.reference}/decline-contest/")
    assert (form.fields["reason"], form.fields["contest"]) == (["Nobody called"], [mine])
    assert is_open(page.content.decode(), "Do not agree")
    assert manager.post(f"/tickets/{ticket.reference}/decline-contest/", form.filled()).status_code == 303
    assert drafts(world) == []


def test_an_exclusion_and_its_end_are_kept_too(world: World, ticket: Ticket, sign_in: Callable):
    manager = sign_in(world.staff["manager"])
    reason = terms_of(ticket).exclusion_reasons[0].code
    assert keep(manager, ticket, "exclude", reason_code=reason, evidence="The line was") == 204
    form = form_of(page_of(manager, ticket), f"/tickets/{ticket.reference}/exclude/")
    assert (form.fields["evidence"], form.fields["reason_code"]) == (["The line was"], [reason])
    assert manager.post(f"/tickets/{ticket.reference}/exclude/", form.filled()).status_code == 303
    assert keep(manager, ticket, "reinstate", reason="It was") == 204
    page = page_of(manager, ticket)
    assert is_open(page.content.decode(), "Count it again")
    assert form_of(page, f"/tickets/{ticket.reference}/reinstate/").fields["reason"] == ["It was"]


def test_what_a_draft_says_moves_no_other_entry_nor_matter(world: World, ticket: Ticket, sign_in: Callable):
    """The hidden fields of a form come from the page, whatever a kept draft holds."""
    contact = sign_in(world.customers[0].contact)
    assert keep(contact, ticket, "contest_severity", about="exclusion", reason="x") == 204
    html = page_of(contact, ticket).content.decode()
    form = html[html.index('id="contest_severity"') : html.index("</form>", html.index('id="contest_severity"'))]
    assert 'name="about" value="severity"' in form


@pytest.mark.parametrize("act", ["contest_weather", "accept_contest", "contest"])
def test_there_is_no_draft_of_a_form_that_has_no_text(world: World, ticket: Ticket, sign_in: Callable, act: str):
    assert keep(sign_in(world.customers[0].contact), ticket, act, reason="x") == 400


def test_nobody_keeps_a_draft_about_a_ticket_that_is_not_his(world: World, ticket: Ticket, sign_in: Callable):
    assert keep(sign_in(world.customers[1].contact), ticket, "contest_pause", reason="x") == 404
