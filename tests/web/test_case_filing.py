"""Filing: what the form asks, what it keeps, what it refuses, and the deadline that it announces."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tenancy import acting_as
from contracts.models import Contract, ContractContact
from tests.web.reading import actions_of, form_of, text_of
from tests.worlds import World, paris
from tickets.models import Attachment, Draft, Event, Ticket

NEW = "/cases/new/"
ANSWERS = {
    "title": "Reports stay empty",
    "description": "Every report opens **without** rows.",
    "detail_symptoms": "Empty reports",
    "detail_steps": "Open any report",
    "detail_consequences": "The audit cannot go on",
    "detail_customisation": "none",
    "severity": "critical",
}


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


def send(client: Client, **given: Any):
    form = form_of(client.get(NEW), NEW)
    return client.post(NEW, form.filled(**(ANSWERS | given)))


def tickets(world: World) -> list[Ticket]:
    with acting_as(world.system):
        return list(Ticket.objects.order_by("number"))


def test_the_form_asks_what_the_contract_asks(contact: Client):
    page = contact.get(NEW)
    form = form_of(page, NEW)
    assert form.offered["severity"] == [
        "no_access:platform_down",
        "no_access:no_access_all_users",
        "no_access:security_problem",
        "critical",
        "moderate",
        "minor",
    ]
    assert form.offered["detail_customisation"] == ["none", "by_mega", "by_others"]
    asked = {"detail_symptoms", "detail_steps", "detail_consequences", "detail_last_actions", "detail_technical_data"}
    assert asked <= form.fields.keys()
    assert "answer within 4 business hours" in text_of(page)
    assert "One or more functions work far worse than they should" in text_of(page)


def test_a_filed_case_leads_to_its_page_with_its_deadline(world: World, contact: Client):
    answer = send(contact)
    assert answer.status_code == 303
    ticket = tickets(world)[0]
    assert answer["Location"] == f"/tickets/{ticket.reference}/"
    assert (ticket.title, ticket.severity, ticket.severity_kind) == ("Reports stay empty", "critical", "")
    assert ticket.details["customisation"] == "none"
    assert ticket.environment_id == world.customers[0].production.id
    page = contact.get(answer["Location"])
    assert f"Filed as {ticket.reference}." in text_of(page)
    assert "<strong>without</strong>" in page.content.decode()
    assert f'datetime="{ticket.due_at.isoformat()}"' in page.content.decode()


def test_a_kind_of_severity_is_filed_with_it(world: World, contact: Client):
    assert send(contact, severity="no_access:platform_down", detail_steps="").status_code == 303
    ticket = tickets(world)[0]
    assert (ticket.severity, ticket.severity_kind) == ("no_access", "platform_down")


@pytest.mark.parametrize("missing", ["title", "description", "severity", "detail_symptoms", "detail_customisation"])
def test_a_missing_answer_is_told_beside_its_field_and_nothing_typed_is_lost(
    world: World, contact: Client, missing: str
):
    answer = send(contact, **{missing: ""})
    assert answer.status_code == 422
    assert tickets(world) == []
    html = answer.content.decode()
    assert f'id="id_{missing}-error"' in html
    assert 'role="alert"' in html
    kept = form_of(answer, NEW).fields
    for name, value in ANSWERS.items():
        if name != missing:
            assert kept[name] == [value], name


def test_steps_are_asked_where_the_contract_asks_them_only(world: World, contact: Client):
    answer = send(contact, detail_steps="")
    assert answer.status_code == 422
    assert "The contract asks for this." in text_of(answer)
    assert 'id="id_detail_steps-error"' in answer.content.decode()


def test_files_need_no_script_and_survive_a_form_that_fails(world: World, contact: Client):
    first = send(contact, title="", files=[SimpleUploadedFile("log é.txt", b"line"), SimpleUploadedFile("b.png", b"p")])
    assert first.status_code == 422
    with acting_as(world.customers[0].contact):
        kept = list(Attachment.objects.filter(uploader_id=world.customers[0].contact.membership_id))
    assert sorted(row.filename for row in kept) == ["b.png", "log é.txt"]
    form = form_of(first, NEW)
    assert sorted(form.fields["attachments"]) == sorted(str(row.id) for row in kept)
    second = contact.post(NEW, form.filled(**ANSWERS))
    assert second.status_code == 303
    ticket = tickets(world)[0]
    with acting_as(world.system):
        bound = set(Attachment.objects.filter(ticket=ticket).values_list("filename", "visibility"))
    assert bound == {("b.png", "public"), ("log é.txt", "public")}
    assert "log é.txt" in text_of(contact.get(second["Location"]))


def test_an_unticked_file_is_left_out(world: World, contact: Client):
    form = form_of(send(contact, title="", files=[SimpleUploadedFile("a.txt", b"a")]), NEW)
    sent = form.filled(**ANSWERS)
    del sent["attachments"]
    assert contact.post(NEW, sent).status_code == 303
    with acting_as(world.system):
        assert not Attachment.objects.filter(ticket__isnull=False).exists()


def test_a_refused_file_is_told_and_the_good_ones_stay(world: World, contact: Client):
    files = [SimpleUploadedFile("virus.exe", b"MZ"), SimpleUploadedFile("good.txt", b"x")]
    answer = send(contact, files=files)
    assert answer.status_code == 422
    assert "virus.exe: programs cannot be attached" in text_of(answer)
    assert "good.txt" in text_of(answer)
    assert tickets(world) == []


def test_somebody_elses_file_cannot_be_attached(world: World, contact: Client, sign_in):
    other = sign_in(world.customers[1].contact)
    form = form_of(send(other, title="", files=[SimpleUploadedFile("theirs.txt", b"t")]), NEW)
    stolen = form.fields["attachments"]
    answer = send(contact, attachments=stolen)
    assert answer.status_code == 422
    assert "A file is no longer there. Attach it again." in text_of(answer)
    assert "theirs.txt" not in answer.content.decode()
    assert tickets(world) == []


def test_the_deadline_is_told_before_filing(world: World, contact: Client):
    organisation = world.customers[0]
    url = f"{NEW}due/?contract={organisation.contract.id}&environment={organisation.production.id}"
    page = contact.get(f"{url}&severity=critical")
    assert page.status_code == 200
    assert re.search(r"If filed now, MEGA must answer by \w+ \d+ \w+ 20\d\d, \d\d:\d\d \(Paris\)\.", text_of(page))
    assert "HSA-8" in text_of(page)
    assert "Choose a severity" in text_of(contact.get(url))


def test_the_deadline_can_be_asked_for_without_script(world: World, contact: Client):
    answer = send(contact, act="refresh", title="")
    assert answer.status_code == 200
    assert "If filed now, MEGA must answer by" in text_of(answer)
    assert form_of(answer, NEW).fields["detail_symptoms"] == ["Empty reports"]
    assert 'aria-invalid="true"' not in answer.content.decode()
    assert tickets(world) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("contract=nonsense&severity=critical", 400),
        ("contract=00000000-0000-7000-8000-000000000000&severity=critical", 404),
        ("contract={own}&severity=urgent", 400),
        ("contract={own}&severity=no_access:nonsense", 400),
        ("contract={other}&severity=critical", 404),
        ("contract={own}&severity=%00", 400),
    ],
)
def test_a_senseless_question_for_the_deadline_is_refused(world: World, contact: Client, query: str, status: int):
    own, other = world.customers[0].contract.id, world.customers[1].contract.id
    assert contact.get(f"{NEW}due/?{query.format(own=own, other=other)}").status_code == status


def test_a_draft_is_kept_on_the_server_and_gone_once_filed(world: World, contact: Client):
    answer = send(contact, act="draft", title="Half a title", detail_steps="")
    assert (answer.status_code, answer["Location"]) == (303, NEW)
    page = contact.get(NEW)
    assert "This is your draft of last time." in text_of(page)
    form = form_of(page, NEW)
    assert form.fields["title"] == ["Half a title"]
    assert form.fields["severity"] == ["critical"]
    assert form.fields["description"] == [ANSWERS["description"]]
    assert contact.post(NEW, form.filled(**ANSWERS)).status_code == 303
    with acting_as(world.customers[0].contact):
        assert not Draft.objects.exists()
    assert "draft of last time" not in text_of(contact.get(NEW))


def test_nobody_else_sees_a_draft(world: World, contact: Client, sign_in):
    send(contact, act="draft", title="Secret half")
    colleague = sign_in(world.customers[0].people["colleague"])
    assert "Secret half" not in colleague.get(NEW).content.decode()


def test_the_files_of_a_draft_come_back(world: World, contact: Client):
    send(contact, act="draft", files=[SimpleUploadedFile("kept.txt", b"k")])
    assert "kept.txt" in text_of(contact.get(NEW))


def test_a_viewer_is_told_why_he_cannot_file(world: World, sign_in):
    viewer = sign_in(world.customers[0].people["viewer"])
    page = viewer.get(NEW)
    assert page.status_code == 200
    assert "Only the contacts named in the contract may contact support." in text_of(page)
    assert "HOP-9" in text_of(page)
    assert NEW not in actions_of(page)
    assert viewer.post(NEW, ANSWERS).status_code == 403
    assert tickets(world) == []


def test_an_untrained_contact_is_told_the_clause(world: World, contact: Client):
    with acting_as(world.system):
        ContractContact.objects.filter(contract=world.customers[0].contract).update(trained_on=None)
    assert "Your training is not recorded yet." in text_of(contact.get(NEW))
    assert contact.post(NEW, ANSWERS).status_code == 403


def test_after_the_end_of_the_contract_nothing_can_be_filed(world: World, contact: Client):
    with acting_as(world.system):
        Contract.objects.filter(pk=world.customers[0].contract.id).update(ends_on=paris("2026-02-01 00:00").date())
    assert "This contract has ended" in text_of(contact.get(NEW))
    assert contact.post(NEW, ANSWERS).status_code == 403
    with acting_as(world.system):
        assert Event.objects.count() == 0


def test_what_was_typed_outlives_the_right_to_file(world: World, contact: Client):
    form = form_of(contact.get(NEW), NEW)
    with acting_as(world.system):
        ContractContact.objects.filter(contract=world.customers[0].contract).update(trained_on=None)
    answer = contact.post(NEW, form.filled(**ANSWERS, files=[SimpleUploadedFile("kept.txt", b"k")]))
    assert answer.status_code == 403
    assert "What you typed is kept as your draft" in text_of(answer)
    assert "kept as your draft" not in text_of(contact.post(NEW, {"title": " "}))
    with acting_as(world.system):
        ContractContact.objects.filter(contract=world.customers[0].contract).update(trained_on="2026-01-05")
    page = contact.get(NEW)
    assert form_of(page, NEW).fields["description"] == [ANSWERS["description"]]
    assert "kept.txt" in text_of(page)
    assert tickets(world) == []


def test_keeping_a_draft_tells_which_file_was_not_kept(world: World, contact: Client):
    send(contact, act="draft", files=[SimpleUploadedFile("evil.exe", b"MZ")])
    page = contact.get(NEW)
    assert "Your draft is kept." in text_of(page)
    assert "evil.exe: programs cannot be attached" in text_of(page)


def test_a_file_named_twice_is_not_told_as_lost(world: World, contact: Client):
    send(contact, act="draft", files=[SimpleUploadedFile("kept.txt", b"k")])
    form = form_of(contact.get(NEW), NEW)
    twice = form.fields["attachments"] * 2
    answer = contact.post(NEW, form.filled(**ANSWERS, attachments=twice))
    assert answer.status_code == 303


def test_another_customers_contract_is_not_among_the_choices(world: World, contact: Client):
    foreign = str(world.customers[1].contract.id)
    answer = send(contact, contract=foreign)
    assert answer.status_code == 422
    assert foreign not in answer.content.decode()
    assert tickets(world) == []


def test_another_customers_environment_is_not_accepted(world: World, contact: Client):
    answer = send(contact, environment=str(world.customers[1].production.id))
    assert answer.status_code == 422
    assert 'id="id_environment-error"' in answer.content.decode()
    assert tickets(world) == []


def test_the_customer_cannot_set_what_is_not_his(world: World, contact: Client):
    stranger = str(world.staff["engineer"].membership_id)
    answer = send(contact, state="closed", assignee=stranger, due_at="2030-01-01", number="7", provider_id=stranger)
    assert answer.status_code == 303
    ticket = tickets(world)[0]
    assert (ticket.state, ticket.assignee_id, ticket.number) == ("new", None, 1001)


def test_staff_have_no_filing_page(world: World, sign_in):
    assert sign_in(world.staff["engineer"]).get(NEW).status_code == 404


def test_the_form_is_in_french_for_a_french_reader(world: World, contact: Client):
    contact.cookies["language"] = "fr"
    text = text_of(contact.get(NEW))
    assert "Ce qui se passe" in text
    assert "Aucun accès" in text
