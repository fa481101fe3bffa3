"""Whatever is sent to a form, the answer is 4xx or it is stored as sent; never a fault of ours, never executed."""

from typing import Any

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from tests.web.reading import form_of, text_of
from tests.worlds import World, paris
from tickets.models import Comment, Ticket

FILED = paris("2026-05-04 10:00")
STORED = [
    "=cmd|' /C calc'!A0",
    "{{ 7*7 }}{% debug %}${7*7}#{7*7}",
    "'; DROP TABLE tickets_ticket; --",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "‮gnp.exe",
    "Ω≈ç√∫˜µ ﷽ 👩‍👩‍👧‍👦 \u200b\ufeff",
    "%00%0d%0aSet-Cookie: x=1",
    "../../../../etc/passwd",
    "null",
    "\\u0000 \\ud800",
    "a\tb",
    "[" * 49_000,
    ">" * 49_000,
    "𝕏" * 1_000,
]
REFUSED = ["\x00", "a\x00b", "x" * 50_001, "", "   ", "\u2028 "]


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(at=FILED)


@pytest.fixture
def engineer(world: World, sign_in) -> Client:
    return sign_in(world.staff["engineer"])


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


def test_strange_text_is_stored_as_sent_and_shown_as_text(world: World, ticket: Ticket, engineer: Client):
    address = f"/tickets/{ticket.reference}/"
    for text in STORED:
        assert engineer.post(f"{address}reply/", {"body": text}).status_code == 303, text[:40]
    with acting_as(world.system):
        assert list(Comment.objects.order_by("id").values_list("body", flat=True)) == STORED
    page = engineer.get(address)
    html = page.content.decode()
    assert page.status_code == 200
    assert "<script>alert" not in html
    assert "<img src" not in html
    assert "onerror=alert" not in html.replace("&lt;img src=x onerror=alert", "")
    assert "{% debug %}" in html


def test_what_cannot_be_stored_is_refused_beside_its_field(world: World, ticket: Ticket, engineer: Client):
    address = f"/tickets/{ticket.reference}/"
    for act in ("reply", "note", "ask", "call"):
        for text in REFUSED[:3]:
            answer = engineer.post(f"{address}{act}/", {"body": text})
            assert answer.status_code == 422, (act, text[:20])
            assert f'id="{act}_body-error"' in answer.content.decode()
    with acting_as(world.system):
        assert not Comment.objects.exists()


def test_what_is_empty_in_any_script_is_refused(world: World, ticket: Ticket, engineer: Client):
    for text in REFUSED[3:]:
        assert engineer.post(f"/tickets/{ticket.reference}/reply/", {"body": text}).status_code == 422


def test_a_title_is_one_line_whatever_is_sent(world: World, contact: Client):
    form = form_of(contact.get("/cases/new/"), "/cases/new/")
    typed = form.filled(
        title="One\r\nBcc: all@a.example\x0b\x1b[31m two\t",
        description="d",
        severity="critical",
        detail_symptoms="s",
        detail_steps="s",
        detail_consequences="c",
        detail_customisation="none",
    )
    assert contact.post("/cases/new/", typed).status_code == 303
    with acting_as(world.system):
        assert Ticket.objects.get().title == "One Bcc: all@a.example [31m two"


def test_every_field_of_the_filing_form_refuses_what_cannot_be_stored(world: World, contact: Client):
    names = ["contract", "environment", "severity", "title", "description", "attachments"]
    names += [f"detail_{code}" for code in ("symptoms", "steps", "consequences", "customisation", "last_actions")]
    form = form_of(contact.get("/cases/new/"), "/cases/new/")
    good = {
        "title": "t",
        "description": "d",
        "severity": "critical",
        "detail_symptoms": "s",
        "detail_steps": "s",
        "detail_consequences": "c",
        "detail_customisation": "none",
    }
    for name in names:
        for value in ("a\x00b", "\x00", "x" * 60_000):
            answer = contact.post("/cases/new/", form.filled(**(good | {name: value})))
            assert answer.status_code == 422, (name, value[:10])
            assert "\x00" not in answer.content.decode()
    with acting_as(world.system):
        assert not Ticket.objects.exists()


def test_broken_bytes_are_read_as_well_as_can_be(world: World, ticket: Ticket, engineer: Client):
    address = f"/tickets/{ticket.reference}/reply/"
    raw = b"body=%ED%A0%80%FF%FE+x"
    assert engineer.post(address, raw, content_type="application/x-www-form-urlencoded").status_code == 303
    with acting_as(world.system):
        body = Comment.objects.get().body
    assert "\ud800" not in body
    assert body.endswith(" x")


@pytest.mark.parametrize(
    ("content_type", "raw"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=x", b"not multipart at all"),
        ("multipart/form-data; boundary=" + "é" * 80, b"--"),
        ("application/json", b'{"body": "x"}'),
        ("text/plain", b"body=x"),
        ("", b"body=x"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(600))),
        ("application/x-www-form-urlencoded", b"body=" + b"x" * 3_000_000),
    ],
)
def test_a_body_of_another_shape_is_refused(world: World, ticket: Ticket, engineer: Client, content_type: str, raw):
    answer = engineer.generic("POST", f"/tickets/{ticket.reference}/note/", raw, content_type=content_type)
    assert 400 <= answer.status_code < 500
    with acting_as(world.system):
        assert not Comment.objects.exists()


def test_ten_megabytes_are_refused_before_they_are_read(world: World, ticket: Ticket, engineer: Client):
    for path, name in ((f"/tickets/{ticket.reference}/reply/", "body"), ("/preview/", "body"), ("/drafts/", "body")):
        assert engineer.post(path, {name: "x" * 10_000_000, "key": "new-case"}).status_code == 413


def test_a_file_with_any_name_is_kept_under_a_harmless_one(world: World, contact: Client):
    names = ["../../x.txt", "..\\x.txt", "\u200b.htaccess", "‮gpj.txt", "CON", "n" * 300 + ".txt", ".", "a\r\nb.txt"]
    for name in names:
        disposition = f'form-data; name="files"; filename="{name}"'.replace("\r\n", "%0D%0A")
        raw = f"--x\r\nContent-Disposition: {disposition}\r\nContent-Type: text/html\r\n\r\nhi\r\n--x--\r\n".encode()
        answer = contact.generic("POST", "/attachments/upload/", raw, content_type="multipart/form-data; boundary=x")
        assert answer.status_code == 200, name
        assert "\u200b" not in answer.content.decode()
        assert "‮" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/tickets/%00/", "/attachments/%00/", "/contracts/%00/", "/queue/%00", "/cases/%00/"])
def test_a_nul_in_an_address_is_not_found(world: World, engineer: Client, path: str):
    assert engineer.get(path).status_code == 404


def test_strange_severities_reasons_and_people_are_refused(world: World, ticket: Ticket, engineer: Client):
    address = f"/tickets/{ticket.reference}/"
    strange = ["", "\x00", "x" * 5_000, "critical:", ":", "no_access", "no_access:x", "critical:platform_down", "[]"]
    for value in strange:
        sent: dict[str, Any] = {"severity": value, "reason_code": value, "reason": "r", "expected_version": "1"}
        assert engineer.post(f"{address}severity/", sent).status_code == 422, value[:20]
        assert engineer.post(f"{address}assign/", {"assignee": value, "expected_version": "1"}).status_code == 422
    with acting_as(world.system):
        assert Ticket.objects.get().version == 1


def test_an_error_page_tells_nothing_of_the_machine(world: World, engineer: Client):
    for path in ("/tickets/MEGA-9999/", "/queue/?order=x", "/attachments/nothing/"):
        text = text_of(engineer.get(path))
        for word in ("Traceback", "SELECT", "django", "psycopg", "site-packages"):
            assert word not in text
