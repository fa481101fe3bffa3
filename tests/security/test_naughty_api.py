"""Whatever a program sends to whatever address of the API: an answer, or a problem with 4xx; never a fault of ours."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from api.listing import FIELDS
from tests.api.programs import PROBLEM
from tests.security.corpus import EVERYTHING, HUGE, NESTED, NIGHTLY, SURROGATE, TRAPS
from tests.security.observer import undone
from tests.security.routes import TABLE, walk
from tests.security.stage import Stage

WHO = ("contact_a", "engineer")
AT = "2026-05-04T10:00:00+02:00"
CASES: list[dict[str, Any]] = [
    {"id": 1, "op": "add", "calendar": "fr", "start": AT, "seconds": 60, "pauses": [[AT, AT]]},
    {"id": 1, "op": "elapsed", "calendar": "fr", "start": AT, "end": AT},
    {"id": 1, "op": "limit", "calendar": "fr", "rules": "mega", "unit": "days", "amount": 1, "at": AT,
     "direction": "after"},
    {"id": 1, "op": "due", "terms": "hopex-saas", "severity": "critical", "target": "response",
     "environment": "production", "at": AT, "overrides": {}},
    {"id": 1, "op": "add", "calendar": {"tz": "UTC", "weekly": {"mon": [["08:00", "9:00"]]}, "holidays": []},
     "start": AT, "seconds": 60},
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 2**31, 2**63, 2**64, -(2**63), 10**400, 1e308, -0.0, "", [], {}, [[]], [None], {"": None},
    [[AT, None], [AT, None]], {"tz": "Europe/Paris"}, {"tz": "../../etc/passwd", "weekly": {}},
    {"tz": "UTC", "weekly": {"mon": [["00:00", "24:00"]] * 9}}, {"figures": [{"target": "response"}]},
    {"calendars": [{"calendar": "fr", "reference": "x", "days_off": ["2026-02-30"]}]},
    "0000-00-00", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59", "2026-W01-1",
]  # fmt: skip
BODIES: list[bytes] = [
    b"", b"\x00", b"null", b"{", NESTED.encode(), b'{"cases":' * 20_000, b"9" * 100_000, b"-" * 100, SURROGATE,
    b'"\\ud800"', b'{"\\u0000": 1}', b"NaN", b"1e999999999", b'{"op": "due", "op": "add"}', b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"), "{}".encode("utf-32"), b'{"cases": [' + b"[]," * 999 + b"[]]}", b"%00", b"a=b&c=d", b"\xff",
]  # fmt: skip


LONG = 5_000
"""Longer values do not fit into one batch together."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class _Caller:
    """A program of somebody, which keeps what it was answered wrongly."""

    def __init__(self, stage: Stage, key: str) -> None:
        self.person = stage.people[key]
        self.client = Client(raise_request_exception=False)
        self.faults: list[str] = []
        self.sent = 0

    def send(self, verb: str, address: str, body: bytes = b"", *, kind: str = "application/json", **given: Any) -> Any:
        """One call, undone at once; whatever is refused must be a problem document with its own status in it."""
        headers = {"Authorization": f"Bearer {self.person.token}"} | given.pop("headers", {})
        with undone():
            answer = self.client.generic(verb, address, body, content_type=kind, headers=headers, **given)
        self.sent += 1
        if answer.status_code >= 500 or (answer.status_code >= 400 and not _is_problem(answer)):
            reason = getattr(answer, "exc_info", None)
            self.faults.append(f"{verb} {address} {body[:80]!r} {given}: {answer.status_code} {reason and reason[1]!r}")
        return answer


def _is_problem(answer: Any) -> bool:
    return answer["Content-Type"] == PROBLEM and answer.json()["status"] == answer.status_code


@pytest.mark.parametrize("key", WHO)
def test_every_field_of_a_case_takes_every_value(stage: Stage, key: str):
    caller = _Caller(stage, key)
    values = [*VALUES, *TRAPS, *EVERYTHING[:: 1 if NIGHTLY else 12]]
    small = [value for value in values if not _is_refused(value) and len(_json(value)) < LONG]
    large = [value for value in values if value not in small]
    for number, case in enumerate(CASES):
        for position, name in enumerate([*case, "contract", "unknown"]):
            answer = caller.send(
                "POST", "/api/v1/sla/compute", _json({"cases": [{**case, name: one} for one in small]})
            )
            assert answer.status_code == 200
            assert len(answer.json()["answers"]) == len(small)
            # Too long or malformed for a batch, so each alone; in turn, because each alone takes its time.
            for value in large if NIGHTLY else large[(number + position) % 5 :: 5]:
                caller.send("POST", "/api/v1/sla/compute", _json({**case, name: value}))
    assert not caller.faults, "\n".join(caller.faults)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _is_refused(value: Any) -> bool:
    """Whether the whole body would be malformed, so that the others would not be looked at."""
    return isinstance(value, str) and ("\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value))


WRITES: dict[str, tuple[str, tuple[str, ...]]] = {
    "api_tickets": ("contact_a", ("title", "description", "severity", "severity_kind", "contract", "environment")),
    "api_comments": ("contact_a", ("body", "visibility", "attachments")),
    "api_reopen": ("contact_a", ("body",)),
    "api_ask": ("engineer", ("body", "attachments")),
    "api_assign": ("engineer", ("assignee",)),
    "api_severity": ("engineer", ("severity", "severity_kind", "reason_code", "reason")),
    "api_resolve": ("engineer", ("resolution_type", "body", "step")),
    "api_workaround": ("engineer", ("kind", "body", "resolution_type")),
    "api_move": ("contact_a", ("step", "body")),
}
"""Address → who could do it, and the fields in which he types."""


def _write(stage: Stage, person: Any, route: str) -> Any:
    """A call that would be done: the filing under his own contract, or an act on a ticket of his."""
    cases = [case for case in TABLE[route](stage, person) if case.entitled and case.is_json]
    return next(case for case in cases if case.thing == "a")


@pytest.mark.parametrize("route", WRITES)
def test_every_field_of_a_write_takes_every_value(stage: Stage, route: str):
    key, fields = WRITES[route]
    caller = _Caller(stage, key)
    case = _write(stage, caller.person, route)
    values = [*VALUES, *TRAPS, *EVERYTHING[:: 1 if NIGHTLY else 40]]
    for position, name in enumerate((*fields, "details", "unknown")):
        for value in values if NIGHTLY else values[position % 2 :: 2]:
            body = _json({**case.data, name: value})
            caller.send("POST", case.address(route), body, headers=case.headers)
    assert not caller.faults, "\n".join(caller.faults)


def test_what_is_said_is_kept_as_it_was_sent(stage: Stage):
    caller = _Caller(stage, "contact_a")
    case = _write(stage, caller.person, "api_comments")
    kept = 0
    for text in EVERYTHING[:: 1 if NIGHTLY else 6]:
        answer = caller.send("POST", case.address("api_comments"), _json({"body": text}))
        if answer.status_code == 201:
            kept += 1
            assert answer.json()["body"] == text.replace("\r\n", "\n").replace("\r", "\n")
    assert kept > 20 and not caller.faults, "\n".join(caller.faults)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_filter_of_the_list_takes_every_value(stage: Stage, name: str):
    caller = _Caller(stage, "engineer")
    for value in [*TRAPS, *EVERYTHING[:: 1 if NIGHTLY else 25]]:
        answer = caller.send("GET", "/api/v1/tickets", query_params={name: value[:6_000]})
        assert answer.status_code in {200, 400}, (name, value)
    assert not caller.faults, "\n".join(caller.faults)


@pytest.mark.parametrize("name", ["If-Match", "Idempotency-Key"])
def test_the_headers_of_a_write_take_every_value(stage: Stage, name: str):
    caller = _Caller(stage, "contact_a")
    case = _write(stage, caller.person, "api_close")
    values = ["", "*", '"', '""', "W/", 'W/"1"', '"1", "2"', '"' * 400, "1" * 5_000, '"' + "9" * 400 + '"', "é", "\x7f"]
    for value in [*values, *(text for text in EVERYTHING[::20] if text.isprintable())]:
        sent = {**case.headers, name: value.encode("latin-1", "replace").decode("latin-1")}
        answer = caller.send("POST", case.address("api_close"), b"{}", headers=sent)
        assert answer.status_code in {200, 400, 412, 428}, value
    assert not caller.faults, "\n".join(caller.faults)


@pytest.mark.parametrize("key", WHO)
def test_every_body_at_every_address(stage: Stage, key: str):
    caller = _Caller(stage, key)
    for route in (name for name in TABLE if name.startswith("api_")):
        case = next(case for case in TABLE[route](stage, caller.person) if case.entitled)
        for verb in ("GET", "POST", "PUT", "DELETE"):
            for body in BODIES if NIGHTLY or verb == "POST" else BODIES[:4]:
                caller.send(verb, case.address(route), body)
    assert not caller.faults, "\n".join(caller.faults)
    assert caller.sent > 200


@pytest.mark.parametrize("key", WHO)
def test_every_query_and_every_part_of_an_address(stage: Stage, key: str):
    caller = _Caller(stage, key)
    values = [*TRAPS, *EVERYTHING[:: 1 if NIGHTLY else 12]]
    for value in values:
        for name in ("after", "size", "x"):
            caller.send("GET", "/api/v1/contracts", query_params={name: value[:6_000]})
    parts = [
        "%00",
        "%2e%2e",
        "..%2f..%2fetc",
        "%ff",
        "%ed%a0%80",
        "M" * 5_000,
        "%F0%9F%92%A9",
        "a%0d%0aX:y",
        "*",
        "'\"",
    ]
    for route in walk():
        if route.name.startswith("api_") and route.parameters:
            case = next(case for case in TABLE[route.name](stage, caller.person) if case.kwargs)
            named = str(case.kwargs.get("reference") or case.kwargs["attachment_id"])
            for part in parts:
                answer = caller.send("GET", case.address(route.name).replace(named, part))
                assert answer.status_code in {400, 404}, (route.name, part)
    assert not caller.faults, "\n".join(caller.faults)


@pytest.mark.parametrize("value", ["é", "x" * 9_000, "' OR 1=1", "zz,,;q=x", "-1", "fr-" + "x" * 400, "*/*;q=a"])
def test_headers_full_of_rubbish(stage: Stage, value: str):
    caller = _Caller(stage, "contact_a")
    names = (
        "Accept",
        "Accept-Language",
        "Accept-Encoding",
        "User-Agent",
        "Referer",
        "If-Match",
        "If-None-Match",
        "Range",
    )
    names += ("X-Forwarded-For", "X-HTTP-Method-Override", "Content-Encoding", "X-CSRFToken", "Cookie", "Origin")
    for name in names:
        assert caller.send("GET", "/api/v1/contracts", headers={name: value}).status_code == 200, name
    assert caller.send("GET", "/api/v1/contracts", headers={"Authorization": f"Bearer {value}"}).status_code == 401
    for kind in (value, f"application/json; charset={value}", f"multipart/form-data; boundary={value}"):
        assert caller.send("POST", "/api/v1/sla/compute", b"{}", kind=kind).status_code in {415, 422}, kind
    assert not caller.faults, "\n".join(caller.faults)


def test_ten_megabytes_are_too_large(stage: Stage):
    caller = _Caller(stage, "contact_a")
    for body in (HUGE.encode(), _json({"cases": [{"id": HUGE}]})):
        assert caller.send("POST", "/api/v1/sla/compute", body).status_code == 413
    assert not caller.faults


def test_the_addresses_of_the_api_go_by_their_prefix(stage: Stage):
    for route in TABLE:
        case = TABLE[route](stage, stage.people["engineer"])[0]
        assert case.address(route).startswith("/api/v1/") == route.startswith("api_"), route
