"""Files: the names people give them, what is refused, and who may open which."""

import hashlib
import stat
import unicodedata
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Forbidden, Invalid, NotFound
from accounts.tenancy import acting_as
from tests.accounts.populated import FILED, partner, upload
from tests.lifecycle.scenes import MONDAY, do
from tests.worlds import World, as_system, build_world
from tickets import attachments
from tickets.attachments import (
    MAX_BYTES,
    REFUSED_ENDINGS,
    display_name,
    open_attachment,
    store_upload,
    unbound_uploads,
)
from tickets.models import Attachment

NAMES = {
    "report.pdf": "report.pdf",
    "../../etc/passwd": "passwd",
    "..\\..\\windows\\system.ini": "system.ini",
    "/absolute/trace.log": "trace.log",
    "C:\\temp\\trace.log": "trace.log",
    "..": "file",
    ".": "file",
    "": "file",
    "   ": "file",
    ".htaccess": "htaccess",
    "a\x00b.txt": "ab.txt",
    "a\r\nContent-Type: text/html.txt": "html.txt",
    'quote".txt': "quote.txt",
    "a;b.txt": "ab.txt",
    "100%.txt": "100.txt",
    "evil\u202etxt.pdf": "eviltxt.pdf",
    "zero\u200bwidth\ufeff.txt": "zerowidth.txt",
    "CON": "_CON",
    "con.txt": "_con.txt",
    "LPT1": "_LPT1",
    "com5.tar.gz": "_com5.tar.gz",
    "console.txt": "console.txt",
    "trailing. . ": "trailing",
    "double  space.txt": "double space.txt",
    "archive.tar.gz": "archive.tar.gz",
    "<script>.html": "script.html",
    "e\u0301te\u0301.txt": "été.txt",
    "日本語.txt": "日本語.txt",
    "a:b|c?d*e.txt": "abcde.txt",
    "x" * 255 + ".log": "x" * 146 + ".log",
    "x" * 300: "x" * 150,
    "a." + "y" * 200: "a." + "y" * 148,
    "x" * 149 + ". .." + "y" * 30: "x" * 149,
}


@pytest.mark.parametrize(("given_name", "shown"), NAMES.items())
def test_a_name_is_only_a_name(given_name, shown):
    assert display_name(given_name) == shown


@given(st.text(max_size=320))
def test_any_name_becomes_a_harmless_one(raw):
    name = display_name(raw)
    assert 1 <= len(name) <= 150
    assert not set(name) & set('/\\"<>:|?*;%\r\n\x00')
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert not any(unicodedata.category(character)[0] == "C" for character in name)


def _store(actor, name: str, content: bytes = b"x"):
    with acting_as(actor):
        return store_upload(actor=actor, at=FILED, upload=SimpleUploadedFile(name, content))


def test_a_stored_file_is_what_was_sent_under_a_random_name(world):
    contact = world.customers[0].contact
    kept = _store(contact, "Trace.PNG", b"\x89PNG trace")
    assert (kept.filename, kept.content_type, kept.size) == ("Trace.PNG", "image/png", 10)
    assert kept.sha256 == hashlib.sha256(b"\x89PNG trace").hexdigest()
    assert (kept.ticket_id, kept.comment_id, kept.visibility, kept.uploaded_at) == (None, None, "public", FILED)
    assert kept.customer_id == world.customers[0].customer.id
    path = settings.ATTACHMENT_ROOT / kept.stored_as
    assert path.read_bytes() == b"\x89PNG trace"
    assert "Trace" not in kept.stored_as
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = _store(contact, "Trace.PNG", b"\x89PNG trace")
    assert again.stored_as != kept.stored_as


def test_the_type_comes_from_a_short_list_and_never_from_the_sender(world):
    contact = world.customers[0].contact
    types = {name: _store(contact, name).content_type for name in ("a.html", "a.svg", "a.xml", "a", "a.pdf", "a.log")}
    assert types == {
        "a.html": "application/octet-stream",
        "a.svg": "application/octet-stream",
        "a.xml": "application/octet-stream",
        "a": "application/octet-stream",
        "a.pdf": "application/pdf",
        "a.log": "text/plain",
    }


def test_programs_are_refused_whatever_their_disguise(world):
    contact = world.customers[0].contact
    names = [f"setup.{ending}" for ending in sorted(REFUSED_ENDINGS)]
    names += ["setup.EXE", "setup.exe.", "setup.exe ", "setup.e\u200bxe", "picture.png.exe", "x" * 300 + ".exe"]
    for name in names:
        with pytest.raises(Invalid) as refusal:
            _store(contact, name)
        assert list(refusal.value.errors) == ["files"], name
    with as_system(world):
        assert not Attachment.objects.exists()
    assert _store(contact, "exe").filename == "exe"


def test_a_file_has_a_measure(world, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_BYTES", 10)
    contact = world.customers[0].contact
    assert MAX_BYTES == 20 * 1024 * 1024
    assert _store(contact, "a.log", b"x" * 10).size == 10
    with pytest.raises(Invalid) as refusal:
        _store(contact, "big.log", b"x" * 11)
    assert "big.log" in refusal.value.errors["files"][0]


def test_who_may_not_write_may_not_upload(world):
    for actor in (world.customers[0].people["viewer"], world.staff["auditor"], partner(world, "partner", (0,))):
        with pytest.raises(Forbidden):
            _store(actor, "a.log")
    with as_system(world):
        assert not Attachment.objects.exists()


def _opens(actor, key) -> bool:
    with acting_as(actor):
        try:
            found, file = open_attachment(actor, key)
        except NotFound:
            return False
        with file:
            assert file.read() == b"trace"
        return found.pk == key


def test_an_upload_is_its_uploaders_alone_until_it_is_sent(world):
    customer, other = world.customers[0], build_world("octipas", "Octipas", "OCTI")
    everybody = [*customer.people.values(), *world.staff.values(), *world.customers[1].people.values()]
    everybody += [partner(world, "partner", (0,)), other.staff["engineer"], other.customers[0].contact]
    for uploader in (customer.contact, world.staff["engineer"]):
        key = upload(uploader).id
        assert [actor.name for actor in everybody if _opens(actor, key)] == [uploader.name]


def test_a_sent_file_is_open_to_those_who_read_its_message(world):
    customer, engineer = world.customers[0], world.staff["engineer"]
    helper = partner(world, "partner", (0,))
    people = [*customer.people.values(), helper, *world.staff.values(), *world.customers[1].people.values()]
    filed, private, public = upload(customer.contact).id, upload(engineer).id, upload(engineer).id
    ticket = world.file(MONDAY, attachment_ids=[filed])
    do(world, engineer, "note", ticket, attachment_ids=[private])
    do(world, engineer, "reply", ticket, attachment_ids=[public])
    inside = [actor.name for actor in world.staff.values()]
    outside = [actor.name for actor in customer.people.values()] + [helper.name]
    assert [actor.name for actor in people if _opens(actor, filed)] == [*outside, *inside]
    assert [actor.name for actor in people if _opens(actor, public)] == [*outside, *inside]
    assert [actor.name for actor in people if _opens(actor, private)] == inside


def test_a_file_that_is_gone_from_the_disk_is_not_found(world):
    contact = world.customers[0].contact
    kept = upload(contact)
    (settings.ATTACHMENT_ROOT / kept.stored_as).unlink()
    with acting_as(contact), pytest.raises(NotFound):
        open_attachment(contact, kept.id)
    with acting_as(contact), pytest.raises(NotFound):
        open_attachment(contact, uuid4())


def test_only_ones_own_unsent_uploads_are_found_again(world: World):
    contact, colleague = world.customers[0].contact, world.customers[0].people["colleague"]
    mine, sent = upload(contact), upload(contact)
    world.file(MONDAY, attachment_ids=[sent.id])
    for actor, found in ((contact, [mine.id]), (colleague, []), (world.staff["engineer"], [])):
        with acting_as(actor):
            assert [row.pk for row in unbound_uploads(actor, [mine.id, sent.id, uuid4()])] == found
