"""Whatever is sent to whatever address: refused with 4xx or stored as sent, never a fault of ours."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from accounts.tenancy import Actor, acting_as
from tests.security.canaries import Person
from tests.security.cases import Case
from tests.security.corpus import EVERYTHING, FORMULAS, HUGE, MARKDOWN, MARKUP, NAMES, NIGHTLY, SURROGATE, TEXT, TRAPS
from tests.security.forms import Form, forms_of
from tests.security.matrix import Visitor
from tests.security.observer import as_superuser, undone
from tests.security.routes import TABLE, walk
from tests.security.stage import Stage
from tickets.models import Comment, Ticket

WRITERS = ("contact_a", "engineer")
CURSORS = [value for value in TEXT if value.startswith("W")]
URLENCODED = "application/x-www-form-urlencoded"


PARTS = 3
"""Of one long walk, so that several processes share it."""


@pytest.fixture(autouse=True)
def _quiet(settings: Any) -> Iterator[None]:
    settings.DEMO_MODE = True
    settings.ACCOUNT_RATE_LIMITS = {}
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def _pages(stage: Stage, person: Person) -> list[str]:
    owned = stage.customers["a"]
    assert owned.ticket and owned.waiting and owned.resolved
    tickets = [f"/tickets/{ticket.reference}/" for ticket in (owned.ticket, owned.waiting, owned.resolved)]
    desk = ["/queue/?more=1", "/queue/views/", "/canned/", "/canned/new/"]
    lists = desk if person.is_staff else ["/home/", "/cases/", "/cases/new/"]
    environment = f"/environments/{owned.environment.id}/"
    tickets.append(f"{tickets[0]}watchers/")
    return [*lists, *tickets, environment, "/notifications/", "/sessions/", "/mailbox/"]


def _forms(stage: Stage, visitor: Visitor) -> list[Form]:
    """Those of the pages, and those that only scripts send."""
    found = list(forms_of(visitor, _pages(stage, visitor.person)))
    reference = stage.customers["a"].ticket.reference  # type: ignore[union-attr]
    found += [
        Form("POST", "/drafts/", {"key": f"reply:{reference}", "body": "kept", "attachments": ""}),
        Form("POST", "/preview/", {"preview_field": "body", "body": "text"}),
        Form("POST", "/attachments/upload/", {"field": "reply", "attachments": ""}),
        Form("POST", "/notifications/read/", {"ids": ""}),
        Form("POST", "/sessions/end/", {"session": "others"}),
        Form("POST", "/demo/sign-in/", {"account": "", "next": "/"}),
        Form("POST", "/sign-in/", {"email": "", "password": "", "next": "/"}),
        Form("GET", "/sign-in/", {"next": "/"}),
        Form("GET", "/cases/new/due/", {"contract": str(stage.customers["a"].contract.id), "severity": "critical"}),
        Form("GET", "/cases/new/", {"contract": ""}),
        Form("GET", "/queue/", {"after": "", "order": "updated", "state": "all", "search": ""}),
        Form("GET", "/queue/live/", {"seen": "MEGA-1001:1", "after": "", "order": "severity", "view": "open"}),
        Form("GET", "/queue/file/", {"order": "opened", "contract": "", "environment": "", "due": "", "assignee": ""}),
        Form("GET", "/queue/counts/", {"view": "mine"}),
        Form("POST", "/queue/bulk/", {"act": "take", "chosen": "MEGA-1001:1", "next": "/queue/", "sure": ""}),
        Form("POST", "/queue/bulk/", {"act": "assign", "chosen": "MEGA-1001:1", "sure": "1", "assignee": ""}),
        Form("POST", "/queue/bulk/", {"act": "reply", "chosen": "MEGA-1001:1", "sure": "1", "canned": ""}),
        Form("POST", "/queue/views/new/", {"name": "Mine", "filters": "holder=mine", "column_1": "due"}),
        Form("POST", f"/tickets/{reference}/canned/", {"act": "note", "canned": "", "body": "typed"}),
        Form(
            "POST", "/canned/new/", {"act": "preview", "title": "T", "use": "both", "body_en": "x", "ticket": "MEGA-1"}
        ),
        Form("GET", "/canned/new/", {"from": ""}),
        Form("POST", f"/tickets/{reference}/presence/", {"does": "reads"}),
        Form("POST", "/settings/watching/", {"mails": "off"}),
        Form("GET", "/cases/", {"after": "", "state": "all", "search": ""}),
    ]
    return found


def _send(visitor: Visitor, form: Form, values: dict[str, str]) -> Any:
    given = {"query": values} if form.method == "GET" else {"data": values}
    with undone():
        return visitor.ask(form.method, form.action.partition("?")[0], Case("-", True, **given))


def _blame(form: Form, name: str, value: str, answer: Any) -> str:
    reason = getattr(answer, "exc_info", None)
    return f"{form.method} {form.action} {name}={value[:60]!r}: {answer.status_code} {reason and reason[1]!r}"


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("key", WRITERS)
def test_one_naughty_field_at_a_time(stage: Stage, key: str, part: int):
    visitor = Visitor(stage.people[key])
    faults = []
    sent = 0
    fields = [(form, number) for form in _forms(stage, visitor) for number in range(len(form.fields))]
    for form, number in fields[part::PARTS]:
        name = list(form.fields)[number]
        for value in [*TRAPS, *EVERYTHING] if NIGHTLY else TRAPS[number % 6 :: 6]:
            answer = _send(visitor, form, form.fields | {name: value})
            sent += 1
            if answer.status_code >= 500:
                faults.append(_blame(form, name, value, answer))
    assert not faults, "\n".join(faults)
    assert sent > 60 // PARTS


@pytest.mark.parametrize("key", WRITERS)
def test_every_field_naughty_at_once(stage: Stage, key: str):
    visitor = Visitor(stage.people[key])
    faults = []
    step = 1 if NIGHTLY else 24
    for form in _forms(stage, visitor):
        for start in range(0, len(EVERYTHING), step):
            values = {name: EVERYTHING[(start + n) % len(EVERYTHING)] for n, name in enumerate(form.fields)}
            answer = _send(visitor, form, values)
            if answer.status_code >= 500:
                faults.append(_blame(form, str(values)[:200], "", answer))
    assert not faults, "\n".join(faults)


def test_ten_megabytes_are_too_large_for_every_form(stage: Stage):
    for key in WRITERS:
        visitor = Visitor(stage.people[key])
        actions = {}
        for form in _forms(stage, visitor):
            if form.method == "POST" and form.fields:
                actions.setdefault(form.action, form)
        for form in list(actions.values())[: None if NIGHTLY else 4]:
            name = next(iter(form.fields))
            assert _send(visitor, form, form.fields | {name: HUGE}).status_code == 413, form.action


def test_lists_bear_every_word_and_every_cursor(stage: Stage):
    contact, engineer = (Visitor(stage.people[key]) for key in WRITERS)
    faults = []
    for value in [*TEXT[:: 1 if NIGHTLY else 3], *CURSORS, "\x00", "%", "_", "\\"]:
        for visitor, action, orders in (
            (contact, "/cases/", ("",)),
            (engineer, "/queue/", ("due", "updated", "opened")),
        ):
            forms = [{"search": value, "state": "all"}]
            forms += [{"after": value, "order": order, "state": "all"} for order in orders]
            for given in forms:
                form = Form("GET", action, given)
                answer = _send(visitor, form, given)
                if answer.status_code not in {200, 400}:
                    faults.append(_blame(form, str(given), "", answer))
    assert not faults, "\n".join(faults)


def test_what_is_accepted_is_stored_as_sent(stage: Stage):
    reference = stage.customers["a"].ticket.reference  # type: ignore[union-attr]
    visitor = Visitor(stage.people["contact_a"])
    for value in [*TEXT, *FORMULAS, *MARKUP, *MARKDOWN][:: 1 if NIGHTLY else 2]:
        with undone():
            answer = visitor.ask("POST", f"/tickets/{reference}/reply/", Case("-", True, data={"body": value}))
            with as_superuser():
                stored = Comment.objects.order_by("-id").values_list("body", flat=True)[0]
        if answer.status_code == 303:
            assert stored == value.replace("\r\n", "\n").replace("\r", "\n")
        else:
            assert answer.status_code == 422, value
            assert not value.strip("\u200b\u200c\u200d\ufeff \u2028\u2029"), value


def test_a_filing_keeps_what_was_typed_and_its_title_is_one_line(stage: Stage):
    visitor = Visitor(stage.people["contact_a"])
    case = next(case for case in TABLE["new_case"](stage, visitor.person) if case.entitled)
    for value in [*FORMULAS, *MARKUP[::4], "a\r\nb\tc\x07d"]:
        data = case.data | {"title": value, "description": value, "detail_symptoms": value}
        with undone():
            answer = visitor.ask("POST", "/cases/new/", Case("-", True, data=data))
            assert answer.status_code == 303, value
            with as_superuser():
                ticket = Ticket.objects.order_by("-number").first()
        assert ticket is not None
        block = value.replace("\r\n", "\n").replace("\r", "\n")
        assert (ticket.description, ticket.details["symptoms"]) == (block, block)
        assert ticket.title.isprintable() and ticket.title == " ".join(ticket.title.split())


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_a_lone_surrogate_and_other_broken_utf8(stage: Stage, encoding: str):
    reference = stage.customers["a"].ticket.reference  # type: ignore[union-attr]
    client = _client(stage.people["contact_a"])
    for raw in (SURROGATE, b"\xff\xfe", b"\xc0\x80", b"caf\xe9"):
        if encoding == "urlencoded":
            body, kind = b"body=ok" + quote(raw).encode() + b"&body" + quote(raw).encode() + b"=1", URLENCODED
        else:
            parts = b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nok' + raw + b"\r\n--x--\r\n"
            body, kind = parts, "multipart/form-data; boundary=x"
        for address in (f"/tickets/{reference}/reply/", "/preview/", "/drafts/", "/cases/new/", "/sign-in/"):
            with undone():
                answer = client.post(address, body, content_type=kind)
            assert answer.status_code < 500, (raw, address)


def _client(person: Person) -> Client:
    client = Client(raise_request_exception=False)
    client.cookies["session"] = person.session_key
    return client


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=body\r\n\r\ncut", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"\x00\"\r\n\r\nz\r\n--x--",
         "multipart/form-data; boundary=x"),
        (b"junk", "multipart/form-data; boundary=" + "b" * 500),
        (b"junk", "multipart/form-data; boundary=\xe9"),
        (b"--x\r\nContent-Disposition: form-data; name=\"body\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
         "multipart/form-data; boundary=x"),
        (b'{"body": "x"}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"<x/>", "text/xml"),
        (b"body=x", "application/x-www-form-urlencoded; charset=utf-7"),
        (b"body=x", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"body=%", URLENCODED),
        (b"&&&===;;;", URLENCODED),
        (urlencode([(f"f{n}", "1") for n in range(600)]).encode(), URLENCODED),
        (b"x", "nonsense"),
        (b"x", ""),
    ],
)  # fmt: skip
def test_a_body_that_is_no_form_is_a_bad_request(stage: Stage, body: bytes, kind: str):
    reference = stage.customers["a"].ticket.reference  # type: ignore[union-attr]
    client = _client(stage.people["contact_a"])
    for address in (f"/tickets/{reference}/reply/", "/cases/new/", "/attachments/upload/", "/sign-in/"):
        with undone():
            answer = client.generic("POST", address, body, content_type=kind)
        assert answer.status_code < 500, (address, answer.status_code, getattr(answer, "exc_info", None))


def test_paths_that_name_nothing_are_not_found(stage: Stage):
    client = _client(stage.people["engineer"])
    parts = ["%00", "MEGA-1001%00", "MEGA-1001%0A", "%2e%2e", "..%2f..%2fetc", "%ff", "%ed%a0%80", "mega-1001", "MEGA-"]
    parts += ["MEGA-99999999999999999999", "M" * 5_000, "%F0%9F%92%A9", "MEGA-١٠٠١", "a%0d%0aX:y", "%252e", "*", "'\""]
    for route in walk():
        if not route.parameters:
            continue
        case = next(case for case in TABLE[route.name](stage, stage.people["engineer"]) if case.kwargs)
        value = str(next(iter(case.kwargs.values())))
        for part in parts:
            for address in (case.address(route.name).replace(value, part), case.address(route.name) + part):
                answer = client.get(address)
                assert answer.status_code in {400, 404}, (address, answer.status_code)


@pytest.mark.parametrize("key", ['"abcdefgh\\000ij"', "abcdefgh%00ij", "é" * 12, "x" * 5000, "' OR 1=1 --", ""])
def test_a_session_cookie_that_no_server_made_is_no_session(stage: Stage, key: str):
    answer = Client(raise_request_exception=False).get("/sign-in/", headers={"Cookie": f"session={key}"})
    assert answer.status_code == 200
    answer = Client(raise_request_exception=False).get("/cases/", headers={"Cookie": f"session={key}"})
    assert answer.status_code == 302


@pytest.mark.parametrize("value", [b"\x00".decode(), "é", "x" * 9_000, "\r\nX: y", "' OR 1=1", "zz,,;q=x", "-1"])
def test_headers_and_cookies_full_of_rubbish(stage: Stage, value: str):
    person = stage.people["contact_a"]
    for name in ("User-Agent", "Accept-Language", "Referer", "X-Forwarded-For", "HX-Current-URL", "HX-Target", "Accept",
                 "If-Match", "If-None-Match", "If-Modified-Since", "Range", "X-HTTP-Method-Override"):  # fmt: skip
        with undone():
            answer = _client(person).get("/cases/", headers={name: value, "HX-Request": "true"})
        assert answer.status_code in {200, 400}, (name, answer.status_code)
    for cookie in ("session", "csrf", "language", "theme", "messages"):
        client = _client(person)
        client.cookies[cookie] = value.replace("\x00", "").replace("\r\n", "")
        with undone():
            assert client.get("/cases/").status_code in {200, 302}, cookie


def test_actors_of_the_stage_are_not_changed_by_all_this(stage: Stage):
    with acting_as(Actor.system(stage.people["contact_a"].acting.provider_id)):
        assert Ticket.objects.filter(state="new").count() == 3
    assert NAMES
