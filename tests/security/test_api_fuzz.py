"""The OpenAPI document taken at its word: calls that it allows and calls that it forbids, by several people.

No call is answered with a fault of ours, and every answer is as the document describes it.
"""

import logging
import os
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from api.openapi import document
from tests.profiles import PROFILE
from tests.security.observer import body_of, undone
from tests.security.stage import Stage

PEOPLE = ("contact_a", "engineer", "viewer_a", "octipas_engineer")
CASES = int(os.environ.get("HELPDESK_API_CASES") or (50_000 if PROFILE == "nightly" else 2_000))
"""Over all operations and people together."""
RUNS = (schemathesis.checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance)
RUNS += (checks.response_headers_conformance, checks.response_schema_conformance, checks.negative_data_rejection)
HOST = "http://testserver"
QUIET = {
    "database": None,
    "deadline": None,
    "derandomize": PROFILE != "nightly",
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


@lru_cache(maxsize=1)
def _operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(document("en"))
    return [found.ok() for found in schema.get_all_operations()]


class Caller:
    """One person, who sends what is drawn and compares each answer with the document."""

    def __init__(self, stage: Stage, key: str) -> None:
        self.stage = stage
        self.person = stage.people[key]
        self.client = Client(raise_request_exception=False)
        self.statuses: Counter[int] = Counter()

    def try_out(self, operation: Any, examples: int) -> None:
        """So many calls of one operation; raises at the first that is answered otherwise than described."""

        @settings(max_examples=examples, **QUIET)
        @given(case=self._cases(operation))
        def calls(case: Any) -> None:
            case.validate_response(self._send(case), checks=_checks(case))

        calls()

    def _cases(self, operation: Any) -> st.SearchStrategy[Any]:
        """Most calls are about something that is there: what is not there is soon answered."""
        there = {"path_parameters": self._place(operation)}
        if operation.method == "post" and "reference" in there["path_parameters"]:
            there["headers"] = {"If-Match": f'"{self._version(operation)}"'}
        return st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE, **there),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, **there),
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        )

    def _ticket(self, operation: Any) -> Any:
        owned = self._owned()
        if operation.path.endswith(("/reopen", "/close", "/move")):
            return owned.resolved
        return owned.waiting if operation.path.endswith("/take") else owned.ticket

    def _owned(self) -> Any:
        return self.stage.customers["c" if self.person.provider == "octipas" else "a"]

    def _place(self, operation: Any) -> dict[str, str]:
        owned = self._owned()
        is_contract = "/contracts/" in operation.path
        things = {
            "reference": owned.contract.reference if is_contract else self._ticket(operation).reference,
            "target": "response",
            "attachment_id": str(owned.files["filed"].id),
        }
        return {name: value for name, value in things.items() if f"{{{name}}}" in operation.path}

    def _version(self, operation: Any) -> int:
        ticket = self._ticket(operation)
        return int(ticket.public_version if self.person.is_external else ticket.version)

    def _send(self, case: Any) -> Response:
        token = {"Authorization": f"Bearer {self.person.token}"}
        asked = requests.Request(**_readable(case.as_transport_kwargs(base_url=HOST, headers=token))).prepare()
        sent = {name: _text(value) for name, value in asked.headers.items() if name.lower() != "content-length"}
        kind = sent.pop("Content-Type", "application/octet-stream")
        address = urlsplit(asked.url or "")
        given = {"headers": sent, "QUERY_STRING": address.query}
        body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
        with undone():
            answer = self.client.generic(case.method.upper(), address.path, body, content_type=kind, **given)
            content = body_of(answer)
        self.statuses[answer.status_code] += 1
        headers = {name.lower(): [value] for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, content, asked, 0.0, False)


def _checks(case: Any) -> list[Any]:
    """Headers are sent as a client can write them, so a forbidden one may arrive mended."""
    negated = {place for place, one in case.meta.components.items() if one.mode == GenerationMode.NEGATIVE}
    is_mended = bool(negated & {ParameterLocation.HEADER, ParameterLocation.COOKIE})
    return list(RUNS[:-1] if is_mended else RUNS)


def _readable(call: dict[str, Any]) -> dict[str, Any]:
    """Header lines as a client can put them on the wire."""
    lines = {name: str(value) for name, value in call.get("headers", {}).items()}
    call["headers"] = {name: value for name, value in lines.items() if name and value.isprintable()}
    return call


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


@pytest.mark.parametrize("key", PEOPLE)
def test_every_answer_is_as_the_document_says(stage: Stage, key: str):
    caller, operations = Caller(stage, key), _operations()
    for operation in operations:
        caller.try_out(operation, -(-CASES // (len(operations) * len(PEOPLE))))
    assert caller.statuses.total() >= CASES // len(PEOPLE) * 0.9
    assert caller.statuses[200] and caller.statuses[400] and caller.statuses[404]
    assert not any(status >= 500 for status in caller.statuses)
