"""One act on many rows of the queue, without script: what it asks, what came of each, what can be tried again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.reading import form_of, text_of
from tests.worlds import World, as_system, paris
from tickets.models import Event, Ticket

FILED = paris("2026-05-04 10:00")
BULK = "/queue/bulk/"


@pytest.fixture
def engineer(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["engineer"])


def value(ticket: Ticket) -> str:
    return f"{ticket.reference}:{ticket.version}"


def now(world: World, ticket: Ticket) -> Ticket:
    with as_system(world):
        return Ticket.objects.get(pk=ticket.pk)


def ask(client: Client, act: str, *tickets: Ticket, **given: str):
    return client.post(BULK, {"act": act, "chosen": [value(ticket) for ticket in tickets], **given})


def test_the_boxes_of_the_rows_belong_to_one_form(world: World, engineer: Client):
    ticket = world.file(at=FILED)
    page = engineer.get("/queue/").content.decode()
    assert f'form="bulk" name="chosen" value="{ticket.reference}:1"' in page
    assert 'id="bulk" method="post" action="/queue/bulk/"' in page


def test_who_may_not_act_has_no_boxes(world: World, sign_in: Callable):
    ticket = world.file(at=FILED)
    auditor = sign_in(world.staff["auditor"])
    page = auditor.get("/queue/").content.decode()
    assert ticket.reference in page
    assert 'name="chosen"' not in page
    assert ask(auditor, "take", ticket).status_code == 403
    assert now(world, ticket).assignee_id is None


def test_many_are_assigned_to_me_at_once_and_each_says_what_came_of_it(world: World, engineer: Client):
    free, held = world.file(at=FILED), world.file(at=FILED, of=1)
    second = world.staff["second"]
    with acting_as(second):
        services.take_ticket(actor=second, reference=held.reference, at=FILED)
    answer = ask(engineer, "take", free, held, next="/queue/?view=mine")
    assert answer.status_code == 200
    text = text_of(answer)
    assert "Done for 1 ticket. Not done for 1." in text
    assert "Second MEGA already has it." in text
    assert 'href="/queue/?view=mine"' in answer.content.decode()
    assert now(world, free).assignee_id == world.staff["engineer"].person
    assert now(world, held).assignee_id == second.person


def test_an_act_that_needs_more_asks_for_it_and_writes_nothing_yet(world: World, engineer: Client):
    first, second = world.file(at=FILED), world.file(at=FILED, of=1)
    with as_system(world):
        before = Event.objects.count()
    for act in ("assign", "severity", "close"):
        answer = ask(engineer, act, first, second)
        assert answer.status_code == 200
        assert form_of(answer, BULK).fields["chosen"] == [value(first), value(second)]
    with as_system(world):
        assert Event.objects.count() == before


def test_a_form_that_failed_keeps_the_choice_and_what_was_typed(world: World, engineer: Client):
    first, second = world.file(at=FILED), world.file(at=FILED)
    form = form_of(ask(engineer, "severity", first, second), BULK)
    answer = engineer.post(BULK, form.filled(severity="minor", reason="Few are concerned."))
    assert answer.status_code == 422
    again = form_of(answer, BULK)
    assert again.fields["chosen"] == [value(first), value(second)]
    assert again.fields["reason"] == ["Few are concerned."]
    assert now(world, first).severity == "critical"
    answer = engineer.post(BULK, again.filled(severity="minor", reason_code="impact_reassessed"))
    assert "Done for 2 tickets." in text_of(answer)
    assert {now(world, ticket).severity for ticket in (first, second)} == {"minor"}


def test_a_row_that_changed_meanwhile_is_told_and_tried_again_on_what_is_true(world: World, engineer: Client):
    ticket = world.file(at=FILED)
    second = world.staff["second"]
    form = form_of(ask(engineer, "assign", ticket), BULK)
    with acting_as(second):
        services.change_severity(
            actor=second,
            at=FILED + timedelta(minutes=1),
            reference=ticket.reference,
            severity="minor",
            reason_code="impact_reassessed",
            reason="Few.",
            expected_version=1,
        )
    answer = engineer.post(BULK, form.filled(assignee=str(second.person)))
    assert "Changed meanwhile" in text_of(answer)
    assert "Second MEGA" in text_of(answer)
    assert now(world, ticket).assignee_id is None
    retry = form_of(answer, BULK)
    assert retry.fields["chosen"] == [f"{ticket.reference}:2"]
    asked = form_of(engineer.post(BULK, retry.filled()), BULK)
    assert "Done for 1 ticket." in text_of(engineer.post(BULK, asked.filled(assignee=str(second.person))))
    assert now(world, ticket).assignee_id == second.person


def test_closing_asks_first_and_a_refusal_names_its_rule(world: World, engineer: Client):
    new, done = world.file(at=FILED), world.file(at=FILED)
    actor = world.staff["engineer"]
    with acting_as(actor):
        taken = services.take_ticket(actor=actor, reference=done.reference, at=FILED)
        services.resolve_ticket(
            actor=actor,
            reference=done.reference,
            at=FILED,
            resolution_type="workaround",
            body="So.",
            expected_version=taken.version,
        )
    form = form_of(ask(engineer, "close", new, now(world, done)), BULK)
    answer = engineer.post(BULK, form.filled())
    assert "Done for 1 ticket. Not done for 1." in text_of(answer)
    assert "This is not possible in its present state." in text_of(answer)
    assert (now(world, done).state, now(world, new).state) == ("closed", "new")


@pytest.mark.parametrize(
    "given",
    [
        {"act": "take"},
        {"act": "take", "chosen": []},
        {"act": "delete", "chosen": ["MEGA-1001:1"]},
        {"chosen": ["MEGA-1001:1"]},
        {"act": "take", "chosen": ["MEGA-1001"]},
        {"act": "take", "chosen": ["MEGA-1001:-1"]},
        {"act": "take", "chosen": ["MEGA-1001:9999999999"]},
        {"act": "take", "chosen": ["MEGA-1001:1", "' OR 1=1"]},
        {"act": "take", "chosen": [f"MEGA-{number}:1" for number in range(1001, 1102)]},
    ],
)
def test_what_no_page_sends_is_a_bad_request(world: World, engineer: Client, given: dict):
    ticket = world.file(at=FILED)
    assert engineer.post(BULK, given).status_code == 400
    assert now(world, ticket).assignee_id is None


def test_a_hundred_at_once_are_done(world: World, engineer: Client):
    tickets = [world.file(at=FILED, of=number % 2) for number in range(100)]
    assert "Done for 100 tickets." in text_of(ask(engineer, "take", *tickets))
    with as_system(world):
        assert set(Ticket.objects.values_list("assignee_id", flat=True)) == {world.staff["engineer"].person}


def test_the_way_back_stays_inside(world: World, engineer: Client):
    ticket = world.file(at=FILED)
    page = ask(engineer, "take", ticket, next="https://evil.example/").content.decode()
    assert "evil.example" not in page
    assert 'href="/queue/"' in page


def test_whoever_is_not_signed_in_is_led_to_the_door(world: World):
    ticket = world.file(at=FILED)
    answer = ask(Client(), "take", ticket)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_customers_have_no_bulk(world: World, sign_in: Callable):
    ticket = world.file(at=FILED)
    assert ask(sign_in(world.customers[0].contact), "take", ticket).status_code == 404
    assert now(world, ticket).assignee_id is None


def test_many_are_resolved_with_one_text_and_each_says_what_came_of_it(world: World, engineer: Client):
    begun, fresh = world.file(at=FILED), world.file(at=FILED, of=1)
    actor = world.staff["engineer"]
    with acting_as(actor):
        services.reply(actor=actor, reference=begun.reference, at=FILED, body="We look at it.")
    chosen = [now(world, begun), now(world, fresh)]
    asked = ask(engineer, "resolve", *chosen)
    assert "Each customer reads the same text" in text_of(asked)
    assert ask(engineer, "resolve", *chosen, sure="1", resolution_type="workaround", body=" ").status_code == 422
    told = ask(engineer, "resolve", *chosen, sure="1", resolution_type="workaround", body="Import it again.")
    text = text_of(told)
    assert "Done for 1 ticket." in text
    assert "Not done for 1." in text
    assert "Under this contract this is not possible in its present state." in text
    assert (now(world, begun).state, now(world, begun).resolution_type) == ("resolved", "workaround")
    assert now(world, fresh).state == "new"
