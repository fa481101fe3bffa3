"""Contests and exclusions on the page of a ticket: who is offered what, what comes back, what both sides read."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.models import User
from accounts.tenancy import Actor, acting_as
from contracts.publishing import DATA
from contracts.selectors import terms_of
from lifecycle import contests, services
from lifecycle.contests import Proposal
from tests.web.reading import text_of
from tests.web.test_query_budget import questions
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Event, Ticket

FILED = paris("2026-05-04 10:00")
ASKED = paris("2026-05-04 11:00")
ANSWERED = paris("2026-05-05 11:00")
LATER = paris("2026-05-05 16:00")


@pytest.fixture
def world(db) -> World:
    """Terms whose customers agreed that waiting is deducted, so that a wait can be disputed."""
    return build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml", overrides={"pausing": True})


@pytest.fixture
def ticket(world: World) -> Ticket:
    """It waited a day for its customer."""
    found = world.file(FILED, severity="blocking", details={"symptoms": "Nothing opens", "steps": "Open anything"})
    engineer = world.staff["engineer"]
    _as(engineer, services.take_ticket, found, FILED)
    _as(engineer, services.request_information, found, ASKED, body="Which browser?")
    return _as(world.customers[0].contact, services.reply, found, ANSWERED, body="Every browser.")


def _as(actor: Actor, act: Any, ticket: Ticket, at: datetime, **given: Any) -> Ticket:
    with acting_as(actor):
        found: Ticket = act(actor=actor, at=at, reference=ticket.reference, **given)
        return found


def _entry(world: World, ticket: Ticket, kind: str) -> UUID:
    with as_system(world):
        return Event.objects.filter(ticket=ticket, kind=kind).latest("seq").id


def _contested(world: World, ticket: Ticket, by: Actor | None = None) -> UUID:
    """The wait is disputed, by the customer unless somebody else is named."""
    wait = Proposal("pause", _entry(world, ticket, "information_requested"))
    actor = by or world.customers[0].contact
    _as(actor, contests.contest, ticket, LATER, proposal=wait, reason="We had answered **by telephone**.")
    return _entry(world, ticket, "contested")


def _kinds(world: World, ticket: Ticket) -> list[str]:
    with as_system(world):
        return list(Event.objects.filter(ticket=ticket).order_by("seq").values_list("kind", flat=True))


def _post(client: Client, ticket: Ticket, act: str, **given: Any) -> Any:
    return client.post(f"/tickets/{ticket.reference}/{act}/", given)


def _page(client: Client, ticket: Ticket) -> str:
    answer = client.get(f"/tickets/{ticket.reference}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_contact_contests_a_recorded_wait_and_the_provider_agrees(world: World, ticket: Ticket, sign_in: Callable):
    contact, manager = sign_in(world.customers[0].contact), sign_in(world.staff["manager"])
    page = _page(contact, ticket)
    assert "Contest a wait" in page
    assert "4 May, 11:00 – 5 May, 11:00" in page

    entry = _entry(world, ticket, "information_requested")
    answer = _post(contact, ticket, "contest", about="pause", entry=entry, reason="We had answered by telephone.")
    assert answer.status_code == 303
    assert "waits for your decision" not in text_of(contact.get(f"/tickets/{ticket.reference}/"))
    shown = text_of(manager.get(f"/tickets/{ticket.reference}/"))
    assert "A contest waits for your decision" in shown
    assert "A wait for the customer should not be deducted." in shown
    assert "We had answered by telephone." in shown

    contest = _entry(world, ticket, "contested")
    assert _post(manager, ticket, "accept-contest", contest=contest).status_code == 303
    for client in (contact, manager):
        shown = text_of(client.get(f"/tickets/{ticket.reference}/"))
        assert "Resolution: due 7 May, 16:00 (Paris) → 6 May, 16:00 (Paris)" in shown
        assert "waits for your decision" not in shown


def test_the_contest_of_a_page_has_its_times_on_the_readers_clock(world: World, ticket: Ticket, sign_in: Callable):
    tokyo = world.customers[0].contact
    with as_system(world):
        User.objects.filter(pk=tokyo.user_id).update(time_zone="Asia/Tokyo")
    client = sign_in(tokyo)
    entry = _entry(world, ticket, "information_requested")
    given = {"about": "pause", "entry": entry, "reason": "Two hours at most."}
    answer = _post(client, ticket, "contest", starts_at="2026-05-04T18:00", ends_at="2026-05-04T20:00", **given)
    assert answer.status_code == 303
    with as_system(world):
        told = Event.objects.filter(ticket=ticket, kind="contested").get().data["contest"]
    assert datetime.fromisoformat(told["start"]) == ASKED
    assert datetime.fromisoformat(told["end"]) == paris("2026-05-04 13:00")


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"starts_at": "2026-05-04T13:00", "ends_at": "2026-05-04T12:00"}, "ends_at", "The wait ends after it begins."),
        ({"starts_at": "2026-05-04T13:00"}, "ends_at", "Give both the beginning and the end."),
        ({"entry": ""}, "starts_at", "Give the beginning and the end of the wait that is missing."),
        ({"starts_at": "9999-12-31T23:59", "ends_at": "yesterday"}, "ends_at", ""),
        ({"entry": "not-a-key"}, "entry", "Choose one of those offered."),
        ({"reason": " "}, "reason", ""),
    ],
)
def test_a_contest_that_is_refused_comes_back_as_it_was_typed(
    world: World, ticket: Ticket, sign_in: Callable, given: dict[str, str], field: str, message: str
):
    client = sign_in(world.customers[0].contact)
    entry = str(_entry(world, ticket, "information_requested"))
    sent = {"about": "pause", "entry": entry, "reason": "Typed with care."} | given
    answer = _post(client, ticket, "contest", **sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="contest_pause_{field}-error"' in page
    assert message in page
    if "reason" not in given:
        assert "Typed with care." in page
    if "starts_at" in given:
        assert given["starts_at"] in page
    assert "contested" not in _kinds(world, ticket)


def test_a_severity_is_contested_and_declined_with_a_reason(world: World, ticket: Ticket, sign_in: Callable):
    engineer, contact = sign_in(world.staff["engineer"]), sign_in(world.customers[0].contact)
    filed = _entry(world, ticket, "filed")
    sent = {"about": "severity", "entry": filed, "severity": "major", "reason": "One report only."}
    assert _post(engineer, ticket, "contest", **sent).status_code == 303
    contest = _entry(world, ticket, "contested")
    assert "The severity should have been Major." in text_of(contact.get(f"/tickets/{ticket.reference}/"))

    empty = _post(contact, ticket, "decline-contest", contest=contest, reason="")
    assert empty.status_code == 422
    assert f'id="decline_contest_{contest}_reason-error"' in empty.content.decode()
    assert _post(contact, ticket, "decline-contest", contest=contest, reason="All of them.").status_code == 303
    shown = text_of(engineer.get(f"/tickets/{ticket.reference}/"))
    assert "did not agree to the contest" in shown
    assert "All of them." in shown
    with as_system(world):
        ticket.refresh_from_db()
    assert ticket.severity == "blocking"


def test_a_contest_is_withdrawn_by_its_own_side_only(world: World, ticket: Ticket, sign_in: Callable):
    contest = _contested(world, ticket)
    manager, colleague = sign_in(world.staff["manager"]), sign_in(world.customers[0].people["colleague"])
    assert _post(manager, ticket, "withdraw-contest", contest=contest).status_code == 409
    assert _post(colleague, ticket, "accept-contest", contest=contest).status_code == 409
    assert _post(colleague, ticket, "withdraw-contest", contest=contest).status_code == 303
    assert _kinds(world, ticket)[-1] == "contest_withdrawn"
    late = _post(manager, ticket, "accept-contest", contest=contest)
    assert late.status_code == 409
    assert "already been decided" in text_of(late)


def test_a_manager_excludes_with_evidence_and_takes_it_back(world: World, ticket: Ticket, sign_in: Callable):
    manager, contact = sign_in(world.staff["manager"]), sign_in(world.customers[0].contact)
    reason = terms_of(world.customers[0].contract).exclusion_reasons[0]
    lacking = _post(manager, ticket, "exclude", reason_code=reason.code, evidence="")
    assert lacking.status_code == 422
    assert f'<option value="{reason.code}" selected>' in lacking.content.decode()
    assert _post(manager, ticket, "exclude", reason_code=reason.code, evidence="Line down <b>").status_code == 303
    for client in (manager, contact):
        page = _page(client, ticket)
        assert "Out of the service-level figures" in page
        assert "Line down &lt;b&gt;" in page
        assert f"#{reason.clauses[0]}" in page
    assert "Contest the exclusion" in _page(contact, ticket)
    assert _post(manager, ticket, "reinstate", reason="The line was ours.").status_code == 303
    assert "took it into the service-level figures again: The line was ours." in text_of(
        contact.get(f"/tickets/{ticket.reference}/")
    )


def test_an_exclusion_that_is_contested_with_success_never_was(world: World, ticket: Ticket, sign_in: Callable):
    manager, contact = sign_in(world.staff["manager"]), sign_in(world.customers[0].contact)
    reason = terms_of(world.customers[0].contract).exclusion_reasons[0].code
    _post(manager, ticket, "exclude", reason_code=reason, evidence="Line down.")
    excluded = _entry(world, ticket, "excluded")
    assert _post(contact, ticket, "contest", about="exclusion", entry=excluded, reason="It was up.").status_code == 303
    _post(manager, ticket, "accept-contest", contest=_entry(world, ticket, "contested"))
    page = text_of(contact.get(f"/tickets/{ticket.reference}/"))
    assert "Out of the service-level figures" not in page
    assert "Resolution: excluded → " in page


@pytest.mark.parametrize("who", ["viewer", "auditor"])
def test_who_may_not_contest_reads_and_is_offered_nothing(world: World, ticket: Ticket, sign_in: Callable, who: str):
    contest = _contested(world, ticket)
    actor = world.staff.get(who) or world.customers[0].people[who]
    client = sign_in(actor)
    page = _page(client, ticket)
    assert "A wait for the customer should not be deducted." in page
    for form in ("contest/", "accept-contest/", "decline-contest/", "withdraw-contest/", "exclude/"):
        assert f"/tickets/{ticket.reference}/{form}" not in page
    assert _post(client, ticket, "accept-contest", contest=contest).status_code == 403
    assert _post(client, ticket, "contest", about="pause", reason="No.").status_code == 403
    assert _kinds(world, ticket)[-1] == "contested"


def test_nobody_contests_or_excludes_what_is_not_his(world: World, ticket: Ticket, sign_in: Callable):
    contest = _contested(world, ticket)
    stranger, contact = sign_in(world.customers[1].contact), sign_in(world.customers[0].contact)
    for act in ("contest", "accept-contest", "decline-contest", "withdraw-contest", "exclude", "reinstate"):
        sent = {"about": "pause", "contest": contest, "reason": "Mine.", "evidence": "Mine."}
        assert _post(stranger, ticket, act, **sent).status_code == 404, act
    assert _post(contact, ticket, "exclude", reason_code="x", evidence="x").status_code == 404
    other = world.file(FILED, of=1, severity="blocking", details={"symptoms": "Other", "steps": "Other"})
    mine = _post(stranger, other, "accept-contest", contest=contest)
    assert mine.status_code == 404


def test_an_engineer_may_not_decide_nor_exclude(world: World, ticket: Ticket, sign_in: Callable):
    contest = _contested(world, ticket)
    engineer = sign_in(world.staff["engineer"])
    assert "waits for your decision" not in _page(engineer, ticket)
    assert _post(engineer, ticket, "accept-contest", contest=contest).status_code == 403
    assert _post(engineer, ticket, "exclude", reason_code="", evidence="").status_code == 403
    assert _kinds(world, ticket)[-1] == "contested"


def test_something_that_cannot_be_contested_is_refused(world: World, ticket: Ticket, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    assert _post(client, ticket, "contest", about="the weather", reason="It rains.").status_code == 400
    assert _post(client, ticket, "accept-contest", contest="x").status_code == 422


def test_the_page_is_told_in_french_too(world: World, ticket: Ticket, sign_in: Callable):
    _contested(world, ticket)
    manager = sign_in(world.staff["manager"])
    manager.cookies["language"] = "fr"
    shown = text_of(manager.get(f"/tickets/{ticket.reference}/"))
    assert "Contestations" in shown
    assert "attend votre décision" in shown


def test_htmx_gets_the_changed_part_with_the_form_as_it_was_sent(world: World, ticket: Ticket, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    filed = _entry(world, ticket, "filed")
    sent = {"about": "severity", "entry": filed, "severity": "blocking", "reason": "Kept as typed."}
    same = client.post(f"/tickets/{ticket.reference}/contest/", sent, headers={"HX-Request": "true"})
    assert same.status_code == 409
    page = same.content.decode()
    assert "<html" not in page
    assert "It already has this severity." in page
    assert "Kept as typed." in page
    assert re.search(r"<details[^>]* open>\s*<summary>Contest a severity</summary>", page)
    done = client.post(
        f"/tickets/{ticket.reference}/contest/", sent | {"severity": "major"}, headers={"HX-Request": "true"}
    )
    assert done.status_code == 200
    assert "The severity should have been Major." in done.content.decode()


def test_many_contests_ask_no_more_questions_than_one(world: World, ticket: Ticket, sign_in: Callable):
    _contested(world, ticket)
    client = sign_in(world.staff["manager"])
    one = questions(client, f"/tickets/{ticket.reference}/")
    wait = Proposal("pause", None, paris("2026-05-04 14:00"), paris("2026-05-04 15:00"))
    _as(world.customers[0].contact, contests.contest, ticket, LATER, proposal=wait, reason="Another.")
    two = questions(client, f"/tickets/{ticket.reference}/")
    assert len(two) == len(one) <= 16, "\n".join(two)
