"""Contracts and clocks, read by programs: what the pages show, to whom they show it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import acting_as
from api.openapi import document
from contracts.models import Contract
from lifecycle.services import reply, take_ticket
from slas.models import Clock
from tests.api.programs import PROBLEM, Program, program_of
from tests.worlds import World, as_system, paris


# Contracts -----------------------------------------------------------------------------------------------------------
def test_a_contract_tells_its_targets_and_figures(world: World, contact: Program):
    contract = world.customers[0].contract
    told = contact.get(f"contracts/{contract.reference}").json()
    assert told["terms"]["code"] == "hopex-saas"
    assert told["customer"]["name"] == world.customers[0].customer.name
    assert (told["starts_on"], told["ends_on"], told["in_force"]) == ("2026-01-01", "2028-12-31", True)
    production = world.customers[0].production
    shown = {"kind": "production", "name": "Production", "release": "HOPEX 6"}
    assert told["environments"] == [{"id": str(production.id), **shown}]
    response = next(one for one in told["targets"] if one["target"] == "response")
    critical = next(one for one in response["figures"] if one["severity"] == "critical")
    assert (critical["amount"], critical["unit"], critical["reference"]) == (4, "business_hours", "")
    assert critical["clause"].startswith("HSA-")
    assert response["zone"] == "Europe/Paris"


def test_a_contract_tells_what_it_changes(world: World, contact: Program):
    contract = world.customers[0].contract
    own = {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "Art. 3"}
    with as_system(world):
        Contract.objects.filter(pk=contract.pk).update(overrides={"figures": [own], "pausing": True})
    told = contact.get(f"contracts/{contract.reference}").json()
    assert told["overrides"] == {"figures": [own], "pausing": True}
    response = next(one for one in told["targets"] if one["target"] == "response")
    critical = next(one for one in response["figures"] if one["severity"] == "critical")
    assert (critical["amount"], critical["reference"], response["pauses"]) == (2, "Art. 3", True)


def test_a_list_goes_on_where_the_page_before_ended(world: World, engineer: Program):
    everything = [one["reference"] for one in engineer.get("contracts").json()["contracts"]]
    assert everything == sorted(everything) and len(everything) == 2
    first = engineer.get("contracts?size=1").json()
    second = engineer.get(f"contracts?size=1&after={first['next']}").json()
    assert [one["reference"] for one in first["contracts"] + second["contracts"]] == everything
    assert second["next"] is None


@pytest.mark.parametrize("query", ["size=0", "size=101", "size=x", "size=-1", "size=%D9%A1", "size=", "size=1e1"])
def test_a_page_has_a_size_within_bounds(engineer: Program, query: str):
    answer = engineer.get(f"contracts?{query}")
    assert (answer.status_code, answer.json()["errors"].keys()) == (400, {"size"})


@pytest.mark.parametrize("reference", ["2026/17", "C 2026", "É-1 %2F", "a//b", "#17?x=1", "line\nbreak", "x" * 40])
def test_a_contract_is_found_by_whatever_reference_it_has(world: World, engineer: Program, reference: str):
    with as_system(world):
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(reference=reference)
    listed = {one["reference"]: one["url"] for one in engineer.get("contracts").json()["contracts"]}
    address = listed[reference].removeprefix("/api/v1/")
    assert engineer.get(address).json()["reference"] == reference
    assert engineer.get(f"contracts/{quote(reference, safe='')}").json()["reference"] == reference


def test_a_list_asks_as_often_for_two_contracts_as_for_one(world: World, engineer: Program):
    def questions(address: str) -> int:
        engineer.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert engineer.get(address).status_code == 200
        return len(captured)

    assert questions("contracts?size=1") == questions("contracts?size=2")


# Clocks --------------------------------------------------------------------------------------------------------------
def test_clocks_follow_the_journal(world: World, contact: Program):
    filed = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    ticket = world.file(filed)
    engineer = world.staff["engineer"]

    def response() -> dict[str, Any]:
        told = contact.get(f"tickets/{ticket.reference}/clocks").json()
        assert told["ticket"] == ticket.reference
        return next(one for one in told["clocks"] if one["target"] == "response")

    owed = response()
    assert (owed["status"], owed["severity"], owed["met_at"]) == ("breached", "critical", None)
    assert owed["steps"] and all(step["text"] for step in owed["steps"])
    with acting_as(engineer):
        take_ticket(actor=engineer, at=filed, reference=ticket.reference)
        reply(actor=engineer, at=filed + timedelta(minutes=5), reference=ticket.reference, body="We look into it.")
    met = response()
    with as_system(world):
        row = Clock.objects.get(ticket=ticket, target="response")
    assert met["status"] == row.status == "met"
    assert met["met_at"] == row.met_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_clocks_speak_the_language_that_is_asked_for(world: World, contact: Program):
    ticket = world.file(paris("2026-05-04 10:00"))
    address = f"tickets/{ticket.reference}/clocks"
    english, french = (contact.get(address, **{"Accept-Language": code}).json() for code in ("en", "fr"))
    for one, other in zip(english["clocks"], french["clocks"], strict=True):
        assert (one["due_at"], one["breached_at"]) == (other["due_at"], other["breached_at"])
        assert one["label"] != other["label"] and one["steps"] != other["steps"]


def test_a_ticket_of_others_is_like_none(world: World, contact: Program):
    ticket = world.file(of=1)
    answers = [contact.get(f"tickets/{reference}/clocks") for reference in (ticket.reference, "MEGA-999999")]
    assert [answer.status_code for answer in answers] == [404, 404]
    told = [{**answer.json(), "request_id": ""} for answer in answers]
    assert told[0] == told[1]
    neighbour = program_of(world.customers[1].contact)
    assert neighbour.get(f"tickets/{ticket.reference}/clocks").status_code == 200


# Receipts ------------------------------------------------------------------------------------------------------------
def test_a_receipt_sums_to_the_second_and_says_the_same_as_the_clock(world: World, contact: Program):
    ticket = world.file(datetime.now(UTC).replace(microsecond=0) - timedelta(days=9))
    for clock in contact.get(f"tickets/{ticket.reference}/clocks").json()["clocks"]:
        assert clock["receipt"] == f"/api/v1/tickets/{ticket.reference}/clocks/{clock['target']}/receipt"
        told = contact.get(clock["receipt"].removeprefix("/api/v1/")).json()
        counted = sum(one["seconds"] for one in told["intervals"] if not one["forecast"])
        assert counted == told["totals"]["elapsed"]["seconds"]
        assert told["status"]["code"] == clock["status"]
        assert told["due"]["at"] == (clock["due_at"] or clock["breached_at"])
        assert told["steps"] == clock["steps"]


def test_a_receipt_is_for_the_reader(world: World, contact: Program, engineer: Program):
    ticket = world.file(paris("2026-05-04 10:00"))
    address = f"tickets/{ticket.reference}/clocks/response/receipt"
    english, french = (contact.get(address, **{"Accept-Language": code}).json() for code in ("en", "fr"))
    assert english["due"]["at"] == french["due"]["at"] == engineer.get(address).json()["due"]["at"]
    assert english["due"]["text"] != french["due"]["text"]
    assert contact.get(f"tickets/{ticket.reference}/clocks/no_such_target/receipt").status_code == 404
    neighbour = program_of(world.customers[1].contact)
    assert neighbour.get(address).status_code == 404


# Refusals ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["contracts", "contracts/MEGA-A-2026", "tickets/{}/clocks", "sla/compute"])
def test_what_stands_in_the_address_and_means_nothing_is_refused(world: World, contact: Program, address: str):
    verb = "POST" if address == "sla/compute" else "GET"
    path = address.format(world.file().reference)
    answer = contact.ask(verb, f"{path}?severity=critical", {} if verb == "POST" else None)
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
    assert answer.json()["errors"].keys() == {"severity"}


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_other_methods_are_not_answered(world: World, contact: Program, verb: str):
    for address, allowed in (("contracts", "GET, HEAD"), ("sla/compute", "POST"), ("", "GET, HEAD")):
        answer = contact.ask(verb, address)
        if address == "":  # a page: it knows sessions only, and a stranger has no form token
            assert answer.status_code in {403, 405}
            continue
        assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)
        assert {word.strip() for word in answer["Allow"].split(",")} == set(allowed.split(", "))


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "a/b/c"])
def test_only_json_is_read(contact: Program, kind: str):
    answer = contact.ask("POST", "sla/compute", b"--x--", kind=kind)
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (
        415,
        PROBLEM,
        "unsupported_media_type",
    )


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=x"])
def test_json_may_say_more_about_itself(contact: Program, kind: str):
    assert contact.ask("POST", "sla/compute", b"{}", kind=kind).status_code == 422


def test_a_problem_says_what_when_and_where_to_look(contact: Program):
    for language, title in (("en", "Nothing here"), ("fr", "Rien ici")):
        answer = contact.get("contracts/NO-SUCH", **{"Accept-Language": language})
        told = answer.json()
        assert told["title"] == title
        assert told["type"] == "/api/v1/#problem-not_found"
        assert told["request_id"] == answer["X-Request-ID"]
        assert told["status"] == answer.status_code == 404


@pytest.mark.parametrize("address", ["/api/", "/api/v2/contracts", "/api/v1/nothing", "/api/v1/contracts/"])
def test_an_address_that_is_none_answers_as_the_api_does(db: None, address: str):
    answer = Client().get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


def test_a_fault_of_ours_is_a_problem_too(
    world: World, contact: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(*args: Any) -> None:
        raise ZeroDivisionError("as a test")

    monkeypatch.setattr("api.views.contracts.effective_each", fail)
    answer = contact.get("contracts")
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (500, PROBLEM, "server_error")
    assert b"as a test" not in answer.content
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_people_in_a_session_read_the_same(world: World, contact: Program, sign_in: Callable):
    browser = sign_in(world.customers[0].contact)
    assert browser.get("/api/v1/contracts").json() == contact.get("contracts").json()


def test_somebody_without_a_place_is_told_so(world: World, sign_in: Callable):
    browser = sign_in(world.customers[0].contact)
    with as_system(world):
        world.customers[0].customer.membership_set.update(is_active=False)
    answer = browser.get("/api/v1/contracts")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_access")


@pytest.mark.parametrize(("name", "most"), [("severity", 40), ("contract", 40), ("q", 100)])
def test_a_filter_is_as_long_as_the_document_says(engineer: Program, name: str, most: int):
    asked = document("en")["paths"]["/api/v1/tickets"]["get"]["parameters"]
    assert {one["name"]: one["schema"].get("maxLength") for one in asked}[name] == most
    assert engineer.get(f"tickets?{name}={'x' * most}").status_code == 200
    answer = engineer.get(f"tickets?{name}={'x' * (most + 1)}")
    assert answer.status_code == 400 and name in answer.json()["errors"]
