"""Acts over forms: done once and told, refused without a trace, and nothing typed is ever lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tenancy import Actor, acting_as
from lifecycle import services
from tests.web.reading import form_of, text_of
from tests.worlds import World, paris
from tickets.models import Attachment, Comment, Draft, Event, Ticket

FILED = paris("2026-05-04 10:00")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(at=FILED)


@pytest.fixture
def address(ticket: Ticket) -> str:
    return f"/tickets/{ticket.reference}/"


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


@pytest.fixture
def engineer(world: World, sign_in) -> Client:
    return sign_in(world.staff["engineer"])


def send(client: Client, address: str, act: str, headers: dict[str, str] | None = None, **given: Any):
    """Fill in the form that the page offers for ``act`` and send it."""
    form = form_of(client.get(address), f"{address}{act}/")
    return client.post(f"{address}{act}/", form.filled(**given), headers=headers)


def act_as(actor: Actor, ticket: Ticket, service: Any, **given: Any) -> Ticket:
    with acting_as(actor):
        return service(actor=actor, reference=ticket.reference, at=FILED + timedelta(minutes=20), **given)


def kinds(world: World) -> list[str]:
    with acting_as(world.system):
        rows = Event.objects.order_by("seq").exclude(kind__startswith="clock_").exclude(kind="duty_missed")
        return list(rows.values_list("kind", flat=True))


def current(world: World, ticket: Ticket) -> Ticket:
    with acting_as(world.system):
        return Ticket.objects.get(pk=ticket.pk)


def test_taking_leads_to_the_ticket_with_a_message(world: World, ticket: Ticket, address: str, engineer: Client):
    answer = send(engineer, address, "take")
    assert (answer.status_code, answer["Location"]) == (303, address)
    page = engineer.get(address)
    assert f"You have taken {ticket.reference}." in text_of(page)
    assert current(world, ticket).assignee_name == "Engineer MEGA"
    assert kinds(world) == ["filed", "taken"]


def test_the_loser_of_a_take_is_told_who_has_it(world: World, ticket: Ticket, address: str, engineer: Client):
    form = form_of(engineer.get(address), f"{address}take/")
    act_as(world.staff["second"], ticket, services.take_ticket)
    answer = engineer.post(f"{address}take/", form.filled())
    assert answer.status_code == 409
    assert "Second MEGA already has it." in text_of(answer)
    assert current(world, ticket).assignee_name == "Second MEGA"
    assert kinds(world) == ["filed", "taken"]


def test_the_loser_is_told_in_the_row_of_the_queue(world: World, ticket: Ticket, address: str, engineer: Client):
    act_as(world.staff["second"], ticket, services.take_ticket)
    answer = engineer.post(f"{address}take/", {"from": "queue"}, headers=HTMX)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert html.strip().startswith(f'<tr id="row-{ticket.reference}"')
    assert "Second MEGA already has it." in text_of(answer)


def test_a_take_in_the_queue_answers_with_the_row(world: World, ticket: Ticket, address: str, engineer: Client):
    answer = engineer.post(f"{address}take/", {"from": "queue"}, headers=HTMX)
    assert answer.status_code == 200
    assert "Engineer MEGA" in text_of(answer)
    assert "<form" not in answer.content.decode()
    assert current(world, ticket).assignee_name == "Engineer MEGA"


def test_a_reply_meets_the_clock_and_both_sides_see_it(world: World, address: str, contact: Client, engineer: Client):
    assert send(engineer, address, "reply", body="We look into it.").status_code == 303
    assert "Your message was sent." in text_of(engineer.get(address))
    for client in (contact, engineer):
        assert "We look into it." in text_of(client.get(address))
    assert kinds(world) == ["filed", "replied"]


def test_htmx_gets_the_changed_part_with_the_message(world: World, address: str, engineer: Client):
    answer = send(engineer, address, "reply", headers=HTMX, body="Quick answer")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in html
    assert '<div id="ticket"' in html
    assert 'hx-swap-oob="innerHTML"' in html
    assert "Your message was sent." in text_of(answer)
    assert "Quick answer" in text_of(answer)


def test_a_note_is_kept_for_staff_alone(world: World, address: str, contact: Client, engineer: Client):
    assert send(engineer, address, "note", body="Hidden thought").status_code == 303
    assert "Hidden thought" in text_of(engineer.get(address))
    assert "Hidden thought" not in contact.get(address).content.decode()
    with acting_as(world.system):
        assert Comment.objects.get().visibility == "private"


def test_a_question_and_its_answer_move_the_ticket(world: World, ticket, address: str, contact, engineer):
    assert send(engineer, address, "ask", body="Which repository?").status_code == 303
    assert current(world, ticket).state == "waiting_customer"
    assert send(contact, address, "reply", body="SOHO").status_code == 303
    assert current(world, ticket).state == "in_progress"
    assert kinds(world) == ["filed", "information_requested", "answered"]


def test_a_call_is_recorded_for_both(world: World, address: str, contact: Client, engineer: Client):
    assert send(engineer, address, "call", body="Told her to restart.").status_code == 303
    assert "Told her to restart." in text_of(contact.get(address))
    assert "recorded a telephone call" in text_of(contact.get(address))


def test_resolve_reopen_resolve_close(world: World, ticket: Ticket, address: str, contact: Client, engineer: Client):
    send(engineer, address, "take")
    assert send(engineer, address, "resolve", resolution_type="workaround", body="Do so.").status_code == 303
    assert current(world, ticket).state == "resolved"
    assert send(contact, address, "reopen", body="Still broken.").status_code == 303
    assert current(world, ticket).state == "in_progress"
    assert send(engineer, address, "resolve", resolution_type="correction", body="Fixed.").status_code == 303
    closed = send(contact, address, "close")
    assert closed.status_code == 303
    assert current(world, ticket).state == "closed"
    page = contact.get(address)
    assert f"{ticket.reference} is closed." in text_of(page)
    assert "This is closed for good." in text_of(page)
    assert "Correction delivered in a Service Pack" in text_of(page)


def test_assigning_names_the_colleague(world: World, ticket: Ticket, address: str, engineer: Client):
    colleague = str(world.staff["second"].membership_id)
    assert send(engineer, address, "assign", assignee=colleague).status_code == 303
    assert current(world, ticket).assignee_name == "Second MEGA"
    assert "Engineer MEGA gave it to Second MEGA" in text_of(engineer.get(address))


def test_only_the_desk_can_be_assigned(world: World, ticket: Ticket, address: str, engineer: Client):
    for stranger in (world.staff["auditor"], world.customers[0].contact):
        answer = send(engineer, address, "assign", assignee=str(stranger.membership_id))
        assert answer.status_code == 422
        assert 'id="assign_assignee-error"' in answer.content.decode()
    assert current(world, ticket).assignee_id is None


def test_a_severity_change_needs_its_reason(world: World, ticket: Ticket, address: str, engineer: Client, contact):
    reason = form_of(engineer.get(address), f"{address}severity/").offered["reason_code"][1]
    missing = send(engineer, address, "severity", severity="minor", reason_code="", reason="")
    assert missing.status_code == 422
    assert 'id="severity_reason-error"' in missing.content.decode()
    assert "<details" in missing.content.decode()
    done = send(engineer, address, "severity", severity="minor", reason_code=reason, reason="Agreed by telephone")
    assert done.status_code == 303
    assert current(world, ticket).severity == "minor"
    assert "changed the severity from Critical to Minor" in text_of(contact.get(address))
    assert "Agreed by telephone" in text_of(contact.get(address))


def test_a_stale_edit_shows_what_changed_and_keeps_what_was_typed(
    world: World, ticket: Ticket, address: str, engineer: Client
):
    send(engineer, address, "take")
    form = form_of(engineer.get(address), f"{address}resolve/")
    version = int(form.fields["expected_version"][0])
    colleague, third = world.staff["second"], world.staff["manager"].membership_id
    act_as(colleague, ticket, services.assign_ticket, assignee_id=third, expected_version=version)
    typed = form.filled(resolution_type="workaround", body="What I typed for an hour")
    answer = engineer.post(f"{address}resolve/", typed)
    assert answer.status_code == 409
    text = text_of(answer)
    assert "since you opened the form" in text
    assert "Second MEGA gave it to Manager MEGA" in text
    assert 'id="failure" tabindex="-1" autofocus' in answer.content.decode()
    again = form_of(answer, f"{address}resolve/")
    assert again.fields["body"] == ["What I typed for an hour"]
    assert again.fields["resolution_type"] == ["workaround"]
    assert current(world, ticket).state == "in_progress"
    assert engineer.post(f"{address}resolve/", again.filled()).status_code == 303
    assert current(world, ticket).state == "resolved"


def test_a_reply_is_never_stale(world: World, ticket: Ticket, address: str, engineer: Client):
    form = form_of(engineer.get(address), f"{address}reply/")
    act_as(world.staff["second"], ticket, services.take_ticket)
    assert engineer.post(f"{address}reply/", form.filled(body="Still fine")).status_code == 303


def test_a_customers_edit_does_not_go_stale_by_a_private_note(world, ticket, address: str, contact, engineer):
    send(engineer, address, "take")
    send(engineer, address, "resolve", resolution_type="workaround", body="Do so.")
    form = form_of(contact.get(address), f"{address}close/")
    act_as(world.staff["second"], ticket, services.add_note, body="Private")
    assert contact.post(f"{address}close/", form.filled()).status_code == 303


def test_a_senseless_version_is_refused_and_changes_nothing(world: World, address: str, engineer: Client):
    send(engineer, address, "take")
    form = form_of(engineer.get(address), f"{address}resolve/")
    for version in ("", "-1", "99999", "99999999999999999999", "x", "1.5", "\x00"):
        typed = form.filled(expected_version=version, resolution_type="workaround", body="Kept text")
        answer = engineer.post(f"{address}resolve/", typed)
        assert answer.status_code == 422, version
        assert form_of(answer, f"{address}resolve/").fields["body"] == ["Kept text"]
        assert 'id="errors"' in answer.content.decode()
    assert kinds(world) == ["filed", "taken"]


def test_an_empty_message_is_refused_beside_its_field(world: World, address: str, engineer: Client):
    for act, body in (("reply", ""), ("note", " \n\t "), ("ask", ""), ("call", "\u00a0")):
        answer = send(engineer, address, act, body=body)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert f'id="{act}_body-error"' in html
        assert f'id="pick-{act}" checked' in html
    assert kinds(world) == ["filed"]


def test_a_text_beyond_the_limit_is_refused_with_the_figures(world: World, address: str, engineer: Client):
    answer = send(engineer, address, "reply", body="é" * 50_001)
    assert answer.status_code == 422
    assert "At most 50000 characters; these are 50001." in text_of(answer)
    assert form_of(answer, f"{address}reply/").fields["body"] == ["é" * 50_001]


def test_files_of_a_reply_follow_its_visibility(world: World, address: str, engineer: Client, contact: Client):
    send(engineer, address, "reply", body="See file", files=[SimpleUploadedFile("public.txt", b"1")])
    send(engineer, address, "note", body="See other", files=[SimpleUploadedFile("hidden.txt", b"2")])
    with acting_as(world.system):
        assert dict(Attachment.objects.values_list("filename", "visibility")) == {
            "public.txt": "public",
            "hidden.txt": "private",
        }
    assert "public.txt" in text_of(contact.get(address))
    assert "hidden.txt" not in contact.get(address).content.decode()
    assert "hidden.txt" in text_of(engineer.get(address))


def test_files_survive_a_reply_that_fails(world: World, address: str, engineer: Client):
    answer = send(engineer, address, "reply", body="", files=[SimpleUploadedFile("kept.txt", b"1")])
    assert answer.status_code == 422
    form = form_of(answer, f"{address}reply/")
    assert len(form.fields["attachments"]) == 1
    assert engineer.post(f"{address}reply/", form.filled(body="Now with text")).status_code == 303
    with acting_as(world.system):
        assert Attachment.objects.get().comment is not None


def test_the_draft_of_an_answer_is_there_again_and_gone_once_sent(world: World, address: str, engineer: Client, ticket):
    saved = engineer.post("/drafts/", {"key": f"reply:{ticket.reference}", "body": "Half an answer"})
    assert saved.status_code == 204
    form = form_of(engineer.get(address), f"{address}reply/")
    assert form.fields["body"] == ["Half an answer"]
    assert form_of(engineer.get(address), f"{address}note/").fields["body"] == [""]
    engineer.post(f"{address}reply/", form.filled())
    with acting_as(world.staff["engineer"]):
        assert not Draft.objects.exists()


STAFF_ACTS = ["take", "assign", "note", "ask", "call", "resolve", "severity"]
ACTS = [*STAFF_ACTS, "reply", "reopen", "close"]
FULL = {"body": "x", "reason": "x", "resolution_type": "workaround", "severity": "minor", "expected_version": "1"}


def test_the_acts_of_the_desk_do_not_exist_for_customers(world: World, address: str, contact: Client):
    for act in STAFF_ACTS:
        assert contact.post(f"{address}{act}/", FULL).status_code == 404, act
    assert kinds(world) == ["filed"]


def test_nobody_acts_on_a_strangers_ticket(world: World, address: str, sign_in):
    stranger = sign_in(world.customers[1].contact)
    for act in ACTS:
        assert stranger.post(f"{address}{act}/", FULL).status_code == 404, act
    assert kinds(world) == ["filed"]


def test_who_may_only_read_is_forbidden_to_write(world: World, address: str, sign_in):
    auditor = sign_in(world.staff["auditor"])
    for act in ("reply", "note", "call", "ask", "take"):
        assert auditor.post(f"{address}{act}/", FULL).status_code == 403, act
    assert kinds(world) == ["filed"]


def test_a_viewer_cannot_leave_files_behind(world: World, address: str, sign_in):
    viewer = sign_in(world.customers[0].people["viewer"])
    answer = viewer.post(f"{address}reply/", {"body": "x", "files": [SimpleUploadedFile("a.txt", b"a")]})
    assert answer.status_code == 403
    with acting_as(world.system):
        assert not Attachment.objects.exists()


def test_an_act_is_a_form_and_never_a_link(address: str, engineer: Client):
    for act in ACTS:
        assert engineer.get(f"{address}{act}/").status_code == 405, act


def test_an_act_needs_the_token_of_its_form(world: World, ticket: Ticket, address: str, sign_in):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in(world.staff["engineer"]).cookies
    for act in ("reply", "take"):
        assert strict.post(f"{address}{act}/", FULL).status_code == 403
    assert kinds(world) == ["filed"]


def test_an_act_that_the_state_does_not_allow_is_told(world: World, address: str, engineer: Client, ticket: Ticket):
    answer = engineer.post(f"{address}close/", {"expected_version": str(current(world, ticket).version)})
    assert answer.status_code == 409
    assert "This was not done" in text_of(answer)
    assert kinds(world) == ["filed"]


GONE = "The present state does not offer this act any more."
STILL_IN_THE_FORM = "What you typed is still in the form."


def test_a_resolution_that_a_colleague_gave_first_comes_back_to_be_copied(
    world: World, ticket: Ticket, address: str, engineer: Client
):
    send(engineer, address, "take")
    form = form_of(engineer.get(address), f"{address}resolve/")
    version = int(form.fields["expected_version"][0])
    told = {"resolution_type": "workaround", "body": "First.", "expected_version": version}
    act_as(world.staff["second"], ticket, services.resolve_ticket, **told)
    answer = engineer.post(f"{address}resolve/", form.filled(resolution_type="workaround", body="Typed <b>long</b>"))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert 'id="unsent_body" rows="6" readonly>\nTyped &lt;b&gt;long&lt;/b&gt;</textarea>' in html
    assert GONE in text_of(answer)
    assert STILL_IN_THE_FORM not in text_of(answer)
    assert kinds(world) == ["filed", "taken", "resolved"]


@pytest.mark.parametrize(("body", "status"), [("Typed for an hour", 409), ("x" * 50_001, 422)])
def test_a_note_on_a_closed_ticket_comes_back_to_be_copied(world, ticket, address, engineer, contact, body, status):
    send(engineer, address, "take")
    send(engineer, address, "resolve", resolution_type="workaround", body="Do so.")
    form = form_of(engineer.get(address), f"{address}note/")
    send(contact, address, "close")
    answer = engineer.post(f"{address}note/", form.filled(body=body))
    assert answer.status_code == status
    assert f"readonly>\n{body}</textarea>" in answer.content.decode()
    assert GONE in text_of(answer)
    assert STILL_IN_THE_FORM not in text_of(answer)


def test_a_form_that_is_still_offered_is_not_shown_twice(world: World, ticket: Ticket, address: str, engineer: Client):
    send(engineer, address, "take")
    form = form_of(engineer.get(address), f"{address}resolve/")
    version = int(form.fields["expected_version"][0])
    other = {"assignee_id": world.staff["manager"].membership_id, "expected_version": version}
    act_as(world.staff["second"], ticket, services.assign_ticket, **other)
    answer = engineer.post(f"{address}resolve/", form.filled(resolution_type="workaround", body="Typed"))
    assert STILL_IN_THE_FORM in text_of(answer)
    assert "unsent_body" not in answer.content.decode()
