"""Files through the API: put up, taken along, listed, and given back as a download only."""

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.api.programs import Program, program_of
from tests.api.test_tickets import act, filing, told
from tests.worlds import World, as_system
from tickets.attachments import MAX_BYTES
from tickets.models import Attachment

CONTENT = b"<script>alert(1)</script>"


def put_up(program: Program, *files: tuple[str, bytes], field: str = "file", **headers: str) -> Any:
    """Send files as a form does."""
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    body = encode_multipart(BOUNDARY, {field: sent if len(sent) != 1 else sent[0]})
    return program.ask("POST", "attachments", body, kind=MULTIPART_CONTENT, **headers)


def test_a_file_goes_with_a_ticket_and_comes_back_whole(world: World, contact: Program, engineer: Program):
    card = told(put_up(contact, ("page.html", CONTENT)), 201)
    assert (card["filename"], card["size"]) == ("page.html", len(CONTENT))
    assert card["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert engineer.get(f"attachments/{card['id']}").status_code == 404
    ticket = told(contact.ask("POST", "tickets", filing(world, attachments=[card["id"]])), 201)
    listed = told(engineer.get(f"tickets/{ticket['reference']}/attachments"))["attachments"]
    assert [one["id"] for one in listed] == [card["id"]]
    answer = engineer.get(listed[0]["url"].removeprefix("/api/v1/"))
    assert b"".join(answer.streaming_content) == CONTENT
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_files_go_with_messages_and_questions_too(world: World, contact: Program, engineer: Program):
    ticket = world.file()
    first, second, third = (
        told(put_up(engineer, (f"{name}.log", b"x")), 201)["id"] for name in ("one", "two", "three")
    )
    said = engineer.ask("POST", f"tickets/{ticket.reference}/comments", {"body": "See.", "attachments": [first]})
    assert [one["id"] for one in told(said, 201)["attachments"]] == [first]
    told(act(engineer, ticket, "ask", {"body": "This one?", "attachments": [second]}))
    note = {"body": "Ours.", "visibility": "private", "attachments": [third]}
    told(engineer.ask("POST", f"tickets/{ticket.reference}/comments", note), 201)
    address = f"tickets/{ticket.reference}/attachments"
    assert [one["id"] for one in told(contact.get(address))["attachments"]] == [first, second]
    assert [one["id"] for one in told(engineer.get(address))["attachments"]] == [first, second, third]
    page = told(engineer.get(f"{address}?size=2"))
    assert [one["id"] for one in told(engineer.get(f"{address}?size=2&after={page['next']}"))["attachments"]] == [third]
    assert contact.get(f"attachments/{third}").status_code == 404
    assert told(engineer.ask("POST", f"tickets/{ticket.reference}/comments", note), 400)["violations"][0] == {
        "pointer": "/attachments",
        "code": "invalid",
        "detail": "A file is no longer there. Attach it again.",
    }


@pytest.mark.parametrize(
    ("files", "field", "pointer"),
    [
        ((), "file", "/file"),
        ((("a.log", b"x"), ("b.log", b"x")), "file", "/file"),
        ((("a.log", b"x"),), "document", "/document"),
        ((("virus.exe", b"MZ"),), "file", "/file"),
    ],
)
def test_what_is_not_one_harmless_file_is_refused(
    world: World, contact: Program, files: tuple[tuple[str, bytes], ...], field: str, pointer: str
):
    wrong = told(put_up(contact, *files, field=field), 400)["violations"]
    assert pointer in {one["pointer"] for one in wrong}
    with as_system(world):
        assert not Attachment.objects.exists()


def test_a_form_field_beside_the_file_is_refused(world: World, contact: Program):
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("a.log", b"x"), "visibility": "public"})
    wrong = told(contact.ask("POST", "attachments", body, kind=MULTIPART_CONTENT), 400)["violations"]
    assert wrong[0]["pointer"] == "/visibility"


def test_what_is_too_large_is_refused_unread(world: World, contact: Program):
    client = Client(raise_request_exception=False)
    answer = client.generic(
        "POST",
        "/api/v1/attachments",
        b"",
        content_type=MULTIPART_CONTENT,
        headers={"Authorization": f"Bearer {contact.secret}"},
        CONTENT_LENGTH=str(2 * 1024**3),
    )
    assert told(answer, 413)["code"] == "too_large"
    assert told(put_up(contact, ("a.log", b"x" * (MAX_BYTES + 1))), 400)["violations"][0]["pointer"] == "/file"


def test_the_same_upload_sent_again_is_one_file(world: World, contact: Program):
    key = {"Idempotency-Key": "upload 1"}
    first, second = (told(put_up(contact, ("a.log", b"x"), **key), 201) for _ in range(2))
    assert first == second
    assert told(put_up(contact, ("a.log", b"y"), **key), 422)["code"] == "key_used_otherwise"
    with as_system(world):
        assert Attachment.objects.count() == 1


def test_whoever_may_not_write_puts_up_nothing(world: World):
    viewer = program_of(world.customers[0].people["viewer"])
    assert told(put_up(viewer, ("a.log", b"x")), 403)["code"] == "forbidden"


def test_only_a_form_is_read(contact: Program):
    assert told(contact.ask("POST", "attachments", {"file": "x"}), 415)["code"] == "unsupported_media_type"
