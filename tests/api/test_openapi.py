"""The OpenAPI document: valid, complete, and what the answers keep to."""

import io
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from jsonschema import Draft202012Validator

from api.openapi import document
from api.problems import PROBLEMS
from tests.api.programs import PROBLEM, Program
from tests.security.routes import walk
from tests.worlds import World, paris

PARTS = re.compile(r"<(?:\w+:)?(\w+)>")
AT = "2026-05-04T10:00:00+02:00"


def test_the_framework_finds_nothing_to_warn_about():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.1")


def test_every_address_of_programs_is_described():
    patterns = {
        "/" + PARTS.sub(r"{\1}", str(pattern.pattern))
        for group in get_resolver().url_patterns
        for pattern in getattr(group, "url_patterns", [])
        if getattr(getattr(pattern.callback, "access", None), "is_for_programs", False)
    }
    assert patterns == document("en")["paths"].keys()
    assert len(patterns) == sum(1 for route in walk() if route.access and route.access.is_for_programs)


def test_every_operation_names_its_scope():
    scopes = {
        (path, method): operation["security"]
        for path, methods in document("en")["paths"].items()
        for method, operation in methods.items()
    }
    assert scopes["/api/v1/sla/compute", "post"] == [{"token": ["sla:compute"]}, {"session": []}]
    assert all(security[0]["token"] for security in scopes.values())


def _validator(path: str, method: str, status: int) -> Draft202012Validator:
    whole = document("en")
    content = whole["paths"][path][method]["responses"][str(status)]["content"]
    schema = next(iter(content.values()))["schema"]
    return Draft202012Validator({**schema, "components": whole["components"]})


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/api/v1/contracts", {}),
        ("/api/v1/contracts/{reference}", {"reference": "contract"}),
        ("/api/v1/tickets/{reference}/clocks", {"reference": "ticket"}),
        ("/api/v1/tickets/{reference}/clocks/{target}/receipt", {"reference": "ticket", "target": "target"}),
    ],
)
def test_answers_are_as_described(world: World, contact: Program, path: str, given: dict[str, str]):
    names = {
        "ticket": world.file(paris("2026-05-04 10:00")).reference,
        "contract": world.customers[0].contract.reference,
        "target": "response",
    }
    address = path.removeprefix("/api/v1/").format(**{part: names[name] for part, name in given.items()})
    answer = contact.get(address)
    assert answer.status_code == 200
    _validator(path, "get", 200).validate(answer.json())
    refused = contact.get(f"{address}?x=1")
    if given:
        refused = contact.get(path.removeprefix("/api/v1/").format(reference="NONE-1", target="response"))
    assert refused["Content-Type"] == PROBLEM
    _validator(path, "get", refused.status_code).validate(refused.json())


def test_computations_are_as_described(world: World, contact: Program):
    path = "/api/v1/sla/compute"
    due = {"op": "due", "terms": "hopex-saas", "severity": "critical", "target": "response", "at": AT}
    add = {"op": "add", "calendar": "fr", "start": AT, "seconds": 60, "id": "a"}
    bodies: list[Any] = [due, add, {**add, "pauses": [[AT, None]]}, {"cases": [due, add, {}, 7]}]
    for body in bodies:
        answer = contact.compute(body)
        assert answer.status_code == 200
        _validator(path, "post", 200).validate(answer.json())
    for body, status in (([], 400), ({}, 422)):
        answer = contact.compute(body)
        _validator(path, "post", status).validate(answer.json())
    request = document("en")["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**request, "components": document("en")["components"]})
    for body in bodies[:3]:
        validator.validate(body)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_document_and_the_page_are_open_to_everybody(db: None, language: str):
    client = Client(headers={"Accept-Language": language})
    served = client.get("/api/v1/openapi.json")
    assert (served.status_code, served["Content-Type"]) == (200, "application/json")
    assert served.json() == document(language)
    page = client.get("/api/v1/")
    assert page.status_code == 200
    text = page.content.decode()
    for path in served.json()["paths"]:
        assert path in text
    for name in served.json()["components"]["schemas"]:
        assert f'href="#shape-{name}"' not in text or f'id="shape-{name}"' in text
    assert all(f'id="problem-{code}"' in text for code in PROBLEMS)
    assert "style=" not in text and "<script>" not in text


def test_both_languages_say_something_else(db: None):
    english, french = (document(language)["paths"]["/api/v1/sla/compute"]["post"] for language in ("en", "fr"))
    assert english["summary"] != french["summary"]
    assert english["operationId"] == french["operationId"]
