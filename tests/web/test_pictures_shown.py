"""Images among the files are shown small; everything else stays a download, whatever it says it is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.tenancy import Actor, acting_as
from lifecycle import services
from tests.tickets.test_pictures import jpeg, png
from tests.worlds import World, paris
from tickets.attachments import store_upload
from tickets.models import Attachment, Ticket

FILED = paris("2026-05-04 10:00")
SOON = FILED + timedelta(minutes=20)
PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(at=FILED)


@pytest.fixture
def contact(world: World, sign_in: Callable) -> Client:
    return sign_in(world.customers[0].contact)


def attach(actor: Actor, ticket: Ticket, name: str, content: bytes, service=services.reply) -> Attachment:
    with acting_as(actor):
        row = store_upload(actor=actor, at=SOON, upload=SimpleUploadedFile(name, content))
        service(actor=actor, at=SOON, reference=ticket.reference, body="See the file.", attachment_ids=[row.id])
    return row


def test_a_picture_is_shown_and_is_a_download_when_opened(world: World, ticket: Ticket, contact: Client):
    row = attach(world.staff["engineer"], ticket, "empty report.png", png(30, 20))
    address = f"/attachments/{row.id}/picture/"
    assert (
        f'<img class="file-chip__picture" src="{address}" alt=""'
        in contact.get(f"/tickets/{ticket.reference}/").content.decode()
    )
    answer = contact.get(address)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == png(30, 20)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'attachment; filename="empty report.png"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"


def test_the_type_is_that_of_the_bytes_and_not_of_the_name(world: World, ticket: Ticket, contact: Client):
    row = attach(world.staff["engineer"], ticket, "photo.png", jpeg(30, 20))
    assert contact.get(f"/attachments/{row.id}/picture/")["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.png", PAGE),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("flood.png", png(30_000, 30_000)),
        ("cut.jpg", b"\xff\xd8\xff"),
        ("notes.txt", b"words"),
    ],
)
def test_what_is_no_picture_is_not_given_as_one(
    world: World, ticket: Ticket, contact: Client, name: str, content: bytes
):
    row = attach(world.staff["engineer"], ticket, name, content)
    assert contact.get(f"/attachments/{row.id}/picture/").status_code == 404
    assert contact.get(f"/attachments/{row.id}/").status_code == 200


def test_a_drawing_with_scripts_is_never_offered_as_a_picture(world: World, ticket: Ticket, contact: Client):
    row = attach(world.staff["engineer"], ticket, "drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert f"/attachments/{row.id}/picture/" not in contact.get(f"/tickets/{ticket.reference}/").content.decode()


def test_pictures_of_private_notes_and_of_strangers_are_not_there(
    world: World, ticket: Ticket, contact: Client, sign_in: Callable
):
    private = attach(world.staff["engineer"], ticket, "note.png", png(30, 20), services.add_note)
    public = attach(world.staff["engineer"], ticket, "answer.png", png(30, 20))
    assert contact.get(f"/attachments/{private.id}/picture/").status_code == 404
    stranger = sign_in(world.customers[1].contact)
    assert stranger.get(f"/attachments/{public.id}/picture/").status_code == 404
    assert sign_in(world.staff["engineer"]).get(f"/attachments/{private.id}/picture/").status_code == 200


def test_an_upload_that_waits_is_shown_to_its_owner_alone(world: World, contact: Client, sign_in: Callable):
    picture = SimpleUploadedFile("pasted.png", png(30, 20))
    listed = contact.post("/attachments/upload/", {"files": picture, "field": "reply"}).content.decode()
    with acting_as(world.system):
        row = Attachment.objects.get()
    address = f"/attachments/{row.id}/picture/"
    assert f'src="{address}"' in listed
    assert contact.get(address).status_code == 200
    assert sign_in(world.staff["engineer"]).get(address).status_code == 404
