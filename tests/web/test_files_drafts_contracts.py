"""Downloads, uploads, drafts, previews and the contract page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tenancy import Actor, acting_as
from lifecycle import services
from tests.web.reading import text_of
from tests.worlds import World, paris
from tickets.attachments import store_upload
from tickets.models import Attachment, Draft, Ticket

FILED = paris("2026-05-04 10:00")


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(at=FILED)


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


@pytest.fixture
def engineer(world: World, sign_in) -> Client:
    return sign_in(world.staff["engineer"])


def attach(actor: Actor, ticket: Ticket, name: str, content: bytes, service=services.reply) -> Attachment:
    at = FILED + timedelta(minutes=10)
    with acting_as(actor):
        file = store_upload(actor=actor, at=at, upload=SimpleUploadedFile(name, content))
        service(actor=actor, at=at, reference=ticket.reference, body="See file", attachment_ids=[file.id])
    return file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.svg", b"<svg onload=alert(1)>"),
        ("page.html", b"<script>alert(1)</script>"),
        ("table.csv", b"=1+1"),
        ("paper.pdf", b"%PDF-1.7"),
    ],
)
def test_a_file_is_a_download_that_no_browser_opens(world: World, ticket, contact: Client, name: str, content: bytes):
    file = attach(world.staff["engineer"], ticket, name, content)
    answer = contact.get(f"/attachments/{file.id}/")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("résumé.txt", "attachment; filename*=utf-8''r%C3%A9sum%C3%A9.txt"),
        ("a\r\nSet-Cookie: x=1.txt", 'attachment; filename="aSet-Cookie x=1.txt"'),
        ('quote".txt', 'attachment; filename="quote.txt"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
    ],
)
def test_a_file_name_cannot_write_headers(world: World, ticket, contact: Client, name: str, disposition: str):
    file = attach(world.staff["engineer"], ticket, name, b"x")
    answer = contact.get(f"/attachments/{file.id}/")
    assert answer["Content-Disposition"] == disposition
    assert "Set-Cookie" not in {header for header, _value in answer.items()}


def test_a_private_file_is_for_staff_alone(world: World, ticket: Ticket, contact: Client, engineer: Client):
    file = attach(world.staff["engineer"], ticket, "hidden.txt", b"h", services.add_note)
    assert engineer.get(f"/attachments/{file.id}/").status_code == 200
    assert contact.get(f"/attachments/{file.id}/").status_code == 404


def test_a_strangers_file_looks_like_one_that_does_not_exist(world: World, ticket: Ticket, sign_in):
    file = attach(world.staff["engineer"], ticket, "theirs.txt", b"t")
    stranger = sign_in(world.customers[1].contact)
    foreign = stranger.get(f"/attachments/{file.id}/")
    missing = stranger.get("/attachments/00000000-0000-7000-8000-000000000000/")
    assert foreign.status_code == missing.status_code == 404
    assert "theirs.txt" not in foreign.content.decode()
    assert Client().get(f"/attachments/{file.id}/").status_code == 302


def test_an_upload_is_its_uploaders_until_it_is_sent(world: World, ticket: Ticket, contact: Client, engineer: Client):
    answer = contact.post("/attachments/upload/", {"files": SimpleUploadedFile("mine.txt", b"m"), "field": "reply"})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert 'id="reply-attach"' in html
    assert "mine.txt" in html
    with acting_as(world.customers[0].contact):
        file = Attachment.objects.get()
    assert f'value="{file.id}" checked' in html
    assert contact.get(f"/attachments/{file.id}/").status_code == 200
    assert engineer.get(f"/attachments/{file.id}/").status_code == 404


def test_uploads_go_on_where_they_stopped(world: World, contact: Client):
    first = contact.post("/attachments/upload/", {"files": SimpleUploadedFile("one.txt", b"1")})
    key = first.content.decode().split('name="attachments" value="')[1].split('"')[0]
    second = contact.post("/attachments/upload/", {"files": SimpleUploadedFile("two.txt", b"2"), "attachments": key})
    assert "one.txt" in second.content.decode()
    assert "two.txt" in second.content.decode()


def test_uploads_are_counted(world: World, contact: Client):
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(12)]
    answer = contact.post("/attachments/upload/", {"files": files})
    assert answer.status_code == 422
    assert "At most 10 files at once." in text_of(answer)
    with acting_as(world.customers[0].contact):
        assert Attachment.objects.count() == 10


def test_the_place_of_an_upload_cannot_carry_markup(world: World, contact: Client):
    answer = contact.post("/attachments/upload/", {"field": '"><script>alert(1)</script>'})
    assert 'id="form-attach"' in answer.content.decode()


def test_a_viewer_uploads_nothing(world: World, sign_in):
    viewer = sign_in(world.customers[0].people["viewer"])
    answer = viewer.post("/attachments/upload/", {"files": SimpleUploadedFile("a.txt", b"a")})
    assert answer.status_code == 403


def test_a_draft_is_kept_as_typed_and_replaced(world: World, ticket: Ticket, contact: Client):
    key = f"reply:{ticket.reference}"
    for body in ("First", "Second\r\nline"):
        answer = contact.post(
            "/drafts/", {"key": key, "body": body, "csrfmiddlewaretoken": "t", "expected_version": "3"}
        )
        assert (answer.status_code, answer.content) == (204, b"")
    with acting_as(world.customers[0].contact):
        draft = Draft.objects.get()
    assert (draft.form, draft.data) == (key, {"body": "Second\nline", "attachments": ""})


@pytest.mark.parametrize(
    ("key", "status"),
    [("", 400), ("nonsense", 400), ("take:MEGA-1001", 400), ("reply:MEGA-9999", 404), ("reply:\x00", 400)],
)
def test_a_draft_of_no_form_is_refused(world: World, ticket: Ticket, contact: Client, key: str, status: int):
    assert contact.post("/drafts/", {"key": key, "body": "x"}).status_code == status


def test_a_draft_for_a_strangers_ticket_is_refused(world: World, ticket: Ticket, sign_in):
    stranger = sign_in(world.customers[1].contact)
    assert stranger.post("/drafts/", {"key": f"reply:{ticket.reference}", "body": "x"}).status_code == 404


def test_a_draft_that_cannot_be_stored_is_refused(world: World, contact: Client):
    assert contact.post("/drafts/", {"key": "new-case", "title": "a\x00b"}).status_code == 400
    assert contact.post("/drafts/", {"key": "new-case", "description": "x" * 200_001}).status_code == 400
    with acting_as(world.customers[0].contact):
        assert not Draft.objects.exists()


def test_a_preview_shows_what_the_other_side_will_see(world: World, contact: Client):
    typed = {"preview_field": "description", "description": "**bold** <script>alert(1)</script>"}
    part = contact.post("/preview/", typed, headers={"HX-Request": "true"}).content.decode()
    assert "<strong>bold</strong> &lt;script&gt;" in part
    assert "<html" not in part
    whole = contact.post("/preview/", typed).content.decode()
    assert "<html" in whole
    assert "<strong>bold</strong> &lt;script&gt;" in whole


def test_a_preview_of_nothing_or_of_anything_never_fails(world: World, contact: Client):
    assert "Nothing to show yet." in text_of(contact.post("/preview/", {}))
    for text in ("[" * 100_000, ">" * 100_000, "\x00", "x" * 60_000):
        assert contact.post("/preview/", {"preview_field": "body", "body": text}).status_code == 200
    assert "longer than the 50" in text_of(contact.post("/preview/", {"body": "x" * 60_000}))


def test_previews_and_drafts_are_posted_by_somebody_signed_in(world: World, contact: Client):
    for path in ("/preview/", "/drafts/", "/attachments/upload/"):
        assert contact.get(path).status_code == 405
        assert Client().post(path, {"body": "x"}).status_code == 302


def test_the_contract_page_says_what_was_promised(world: World, contact: Client, engineer: Client):
    organisation = world.customers[0]
    for client in (contact, engineer):
        text = text_of(client.get(f"/contracts/{organisation.contract.id}/"))
        assert organisation.contract.reference in text
        assert "4 business hours HSA-1" in text
        assert "Monday – Friday" in text
        assert "09:00–18:00" in text
        assert "Europe/Paris" in text
        assert "Contact A" in text
        assert "In force" in text


def test_the_contract_page_is_for_its_parties(world: World, sign_in):
    stranger = sign_in(world.customers[1].contact)
    assert stranger.get(f"/contracts/{world.customers[0].contract.id}/").status_code == 404
    for key in ("nonsense", "%00", "0" * 32):
        assert stranger.get(f"/contracts/{key}/").status_code == 404
