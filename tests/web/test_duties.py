"""Duties and the action plan on the pages: the ticket for both sides, the queue for the desk, in both languages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.tenancy import acting_as
from contracts.publishing import DATA
from tests.lifecycle.scenes import do, journal
from tests.web.reading import actions_of, form_of, text_of
from tests.worlds import World, as_system, build_world, paris
from tickets.drafts import load_draft
from tickets.models import Draft, Ticket
from web.presenters.duties import present_duties
from web.presenters.vocabulary import Vocabulary

FILED = paris("2026-05-04 08:05")


def flat(client: Client, path: str) -> str:
    return " ".join(text_of(client.get(path)).split())


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(FILED)


@pytest.fixture
def place(ticket: Ticket) -> str:
    return f"/tickets/{ticket.reference}/"


def plan(client: Client, place: str, body: str):
    form = form_of(client.get(place), f"{place}plan/")
    return client.post(f"{place}plan/", form.filled(body=body))


def test_both_sides_read_what_lacks_and_who_put_it_right(world: World, ticket: Ticket, place: str, sign_in: Callable):
    engineer, contact = sign_in(world.staff["engineer"]), sign_in(world.customers[0].contact)
    for client in (engineer, contact):
        text = flat(client, place)
        assert "Someone assigned at once HOP-5 Nobody assigned Owed since" in text
        assert "Action plan HOP-5 No action plan" in text
        assert "Escalated at once: Support, Support management, Product Managers" in text
    assert engineer.post(f"{place}take/").status_code == 303
    assert plan(engineer, place, "First **the indexes**.").status_code == 303
    for client in (engineer, contact):
        text = flat(client, place)
        assert "Someone assigned at once HOP-5 Done Engineer MEGA" in text
        assert "Version 1, by Engineer MEGA" in text
        assert "<strong>the indexes</strong>" in client.get(place).content.decode()
    contact.cookies["language"] = "fr"
    text = flat(contact, place)
    assert "Affectation immédiate HOP-5 Fait Engineer MEGA" in text
    assert "Escaladé aussitôt : Support, Direction du support, Product Managers" in text
    assert "a rédigé un plan d’action" in text


def test_a_moderate_case_shows_no_duty_and_offers_a_plan(world: World, sign_in: Callable):
    ticket = world.file(FILED, severity="moderate")
    text = flat(sign_in(world.staff["engineer"]), f"/tickets/{ticket.reference}/")
    assert "Someone assigned at once" not in text
    assert "Write the action plan" in text
    assert "Action plan" not in flat(sign_in(world.customers[0].contact), f"/tickets/{ticket.reference}/")


def test_the_contact_reads_the_plan_and_cannot_write_one(world: World, ticket: Ticket, place: str, sign_in: Callable):
    contact = sign_in(world.customers[0].contact)
    assert f"{place}plan/" not in actions_of(contact.get(place))
    assert contact.post(f"{place}plan/", {"body": "Mine", "expected_plan": "0"}).status_code == 404
    stranger = sign_in(world.customers[1].contact)
    assert stranger.post(f"{place}plan/", {"body": "Mine", "expected_plan": "0"}).status_code == 404
    assert [event.kind for event in journal(world, ticket)] == ["filed"]


def test_a_plan_that_somebody_else_replaced_meanwhile_comes_back_with_who_did_it(
    world: World, ticket: Ticket, place: str, sign_in: Callable
):
    engineer = sign_in(world.staff["engineer"])
    seen = form_of(engineer.get(place), f"{place}plan/")
    do(world, world.staff["second"], "plan", ticket, at=timezone.now() - timedelta(minutes=1), body="Theirs.")
    late = engineer.post(f"{place}plan/", seen.filled(body="Mine."))
    assert late.status_code == 409
    assert "Second MEGA" in text_of(late)
    again = form_of(late, f"{place}plan/")
    assert again.fields["body"] == ["Mine."]
    assert engineer.post(f"{place}plan/", again.filled(body="Mine.")).status_code == 303
    assert "Version 2, by Engineer MEGA" in flat(engineer, place)
    assert "replaced the action plan (version 2)" in flat(engineer, place)


def test_a_draft_begun_before_a_newer_plan_does_not_replace_it_unseen(
    world: World, ticket: Ticket, place: str, sign_in: Callable
):
    engineer = sign_in(world.staff["engineer"])
    seen = form_of(engineer.get(place), f"{place}plan/").filled(body="Half written")
    sent = {"key": f"plan:{ticket.reference}", "body": seen["body"], "expected_plan": seen["expected_plan"]}
    assert engineer.post("/drafts/", sent).status_code == 204
    do(world, world.staff["second"], "plan", ticket, at=timezone.now() - timedelta(minutes=1), body="Theirs.")
    late = plan(engineer, place, "Mine.")
    assert late.status_code == 409
    assert "Second MEGA" in text_of(late)
    again = form_of(late, f"{place}plan/")
    assert engineer.post(f"{place}plan/", again.filled(body="Mine.")).status_code == 303


def test_an_empty_plan_is_refused_beside_its_field(world: World, place: str, sign_in: Callable):
    answer = plan(sign_in(world.staff["engineer"]), place, " \n ")
    assert answer.status_code == 422
    assert 'id="plan-write" open' in answer.content.decode()


def test_the_plan_is_edited_from_the_one_that_stands_and_a_draft_goes_before(
    world: World, ticket: Ticket, place: str, sign_in: Callable
):
    actor = world.staff["engineer"]
    engineer = sign_in(actor)
    plan(engineer, place, "The first plan.")
    assert form_of(engineer.get(place), f"{place}plan/").fields["body"] == ["The first plan."]
    key = f"plan:{ticket.reference}"
    sent = {"key": key, "body": "Half written", "expected_plan": "1"}
    assert engineer.post("/drafts/", sent).status_code == 204
    with acting_as(actor):
        assert load_draft(actor, key)["body"] == "Half written"
    assert form_of(engineer.get(place), f"{place}plan/").fields["body"] == ["Half written"]
    plan(engineer, place, "The second plan.")
    with as_system(world):
        assert not Draft.objects.filter(form=key).exists()


# The days in words ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "name", "counted"),
    [
        ("en", "An update every business day", "Business days with word: 1 of 2"),
        ("fr", "Un point chaque jour ouvré", "Jours ouvrés tenus : 1 sur 2"),
    ],
)
def test_the_days_are_told_one_by_one(world: World, ticket: Ticket, language: str, name: str, counted: str):
    engineer = world.staff["engineer"]
    ticket = do(world, engineer, "reply", ticket, at=paris("2026-05-05 10:12"))
    ticket = do(world, engineer, "note", ticket, at=paris("2026-05-06 10:00"))
    events = journal(world, ticket)
    with as_system(world), translation.override(language):
        shown = present_duties(ticket, events, Vocabulary.of(ticket), paris("2026-05-07 10:00"))
    (daily,) = [one for one in shown if one.days]
    assert (daily.name, daily.tone, daily.clause, daily.counted) == (name, "red", "HOP-5", counted)
    assert [(day.tone, day.icon) for day in daily.days] == [
        ("green", "check"),
        ("red", "alert-triangle"),
        ("blue", "clock"),
    ]


# The queue ------------------------------------------------------------------------------------------------------------
def test_a_row_of_the_queue_says_what_lacks_and_keeps_its_number_of_questions(world: World, sign_in: Callable):
    engineer = sign_in(world.staff["engineer"])
    world.file(timezone.now() - timedelta(minutes=3), severity="moderate")
    assert "HOP-5" not in text_of(engineer.get("/queue/"))
    ticket = world.file(timezone.now() - timedelta(minutes=2))
    text = flat(engineer, "/queue/")
    assert "Nobody assigned (HOP-5)" in text
    assert "No action plan (HOP-5)" in text
    assert "Daily update missed" not in text
    engineer.post(f"/tickets/{ticket.reference}/take/")
    assert "Nobody assigned" not in flat(engineer, "/queue/")
    with CaptureQueriesContext(connection) as queries:
        engineer.get("/queue/")
    assert sum("slas_ticketduty" in row["sql"] for row in queries.captured_queries) == 1


def test_the_page_reads_its_duties_from_the_journal_that_it_has(world: World, place: str, sign_in: Callable):
    engineer = sign_in(world.staff["engineer"])
    with CaptureQueriesContext(connection) as queries:
        engineer.get(place)
    assert not any("slas_ticketduty" in row["sql"] for row in queries.captured_queries)


def test_a_contract_without_them_shows_nothing(db, sign_in: Callable):
    other = build_world("octipas", "Octipas", "OCTI", document=DATA / "octipas.yaml")
    ticket = other.file(FILED)
    text = flat(sign_in(other.staff["engineer"]), f"/tickets/{ticket.reference}/")
    assert "Action plan" not in text
    assert "Duties" not in text


@pytest.mark.parametrize("body", ["\x00", "a\x00b", "x" * 50_001, "   "])
def test_a_plan_that_cannot_be_stored_is_refused(
    world: World, ticket: Ticket, place: str, sign_in: Callable, body: str
):
    answer = sign_in(world.staff["engineer"]).post(f"{place}plan/", {"body": body, "expected_plan": "0"})
    assert answer.status_code == 422
    assert not [event for event in journal(world, ticket) if event.kind == "action_plan"]


def test_a_plan_is_text_and_never_a_program(world: World, place: str, sign_in: Callable):
    engineer = sign_in(world.staff["engineer"])
    assert plan(engineer, place, "<script>alert(1)</script> [x](javascript:alert(1))").status_code == 303
    html = sign_in(world.customers[0].contact).get(place).content.decode()
    assert "<script>alert" not in html
    assert 'href="javascript' not in html
