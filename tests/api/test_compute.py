"""``POST /sla/compute``: the operations of ``sla_compute``, under the caller's own terms and contracts only."""

import io
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import acting_as
from api.computing import FIELDS, KEPT_CALENDARS, MAX_CALENDARS, MAX_CASES, SECONDS, Computer
from api.parsing import MAX_BYTES
from contracts.models import Contract
from contracts.publishing import DATA, publish_terms
from contracts.services import sign_contract
from slas.compute import OPERATIONS
from slas.policies import SHARED
from slas.selectors import receipt
from tests.accounts.populated import partner
from tests.api.programs import PROBLEM, Program, program_of
from tests.worlds import START, World, as_system, build_world, paris

VECTORS = Path(__file__).resolve().parent.parent / "data" / "contract_cases.jsonl"
AT = "2026-05-04T10:00:00+02:00"
DUE: dict[str, Any] = {
    "id": 7, "op": "due", "terms": "hopex-saas", "severity": "critical", "target": "response",
    "environment": "production", "at": AT,
}  # fmt: skip
ADD: dict[str, Any] = {"id": 1, "op": "add", "calendar": "fr", "start": AT, "seconds": 3600}


def under(reference: str, **changed: Any) -> dict[str, Any]:
    """The deadline of ``DUE`` under a contract instead of terms."""
    return {**{name: value for name, value in DUE.items() if name != "terms"}, "contract": reference, **changed}


def by_command(cases: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What ``manage.py sla_compute`` answers to the same cases."""
    lines, out = tmp_path / "cases.jsonl", io.StringIO()
    lines.write_text("\n".join(json.dumps(case) for case in cases))
    monkeypatch.setattr(sys, "stdout", out)
    call_command("sla_compute", str(lines), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


# The same answers ----------------------------------------------------------------------------------------------------
def test_a_thousand_lines_are_answered_as_by_the_command(
    engineer: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    lines = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
    cases = [{name: value for name, value in line.items() if name != "expect"} for line in lines]
    own = [case for case in cases if case.get("terms", "hopex-saas") == "hopex-saas"][: MAX_CASES - 4]
    own += [ADD, {**ADD, "op": "elapsed", "end": "2026-05-05T10:00:00+02:00"}, {**DUE, "overrides": {"pausing": True}}]
    own[-2].pop("seconds")
    assert len(own) > 50
    answer = engineer.compute({"cases": own})
    assert answer.status_code == 200
    assert answer.json()["answers"] == by_command(own, monkeypatch, tmp_path)
    assert not any("error" in one for one in answer.json()["answers"])


def test_one_case_is_answered_by_itself(contact: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    assert [contact.compute(DUE).json()] == by_command([DUE], monkeypatch, tmp_path)
    assert contact.compute(ADD).json() == {"id": 1, "at": "2026-05-04T09:00:00Z"}


def test_every_operation_of_the_command_is_answered():
    assert FIELDS.keys() == OPERATIONS.keys()


def test_the_page_the_api_and_the_computation_say_the_same_instant(
    world: World, contact: Program, engineer: Program, sign_in: Callable
):
    at = paris("2026-05-04 10:00")
    ticket = world.file(at)
    reference = world.customers[0].contract.reference
    for made, actor in ((contact, world.customers[0].contact), (engineer, world.staff["engineer"])):
        for clock in made.get(f"tickets/{ticket.reference}/clocks").json()["clocks"]:
            case = under(reference, target=clock["target"], at=at.isoformat(), severity=clock["severity"])
            with acting_as(actor):
                told = receipt(actor, ticket, clock["target"], language="en", at=at)
            computed = made.compute(case).json()["due_at"]
            shown = clock["due_at"] or clock["breached_at"]
            assert computed == shown == told.due_at.strftime("%Y-%m-%dT%H:%M:%SZ")
            page = sign_in(actor).get(f"/tickets/{ticket.reference}/").content.decode()
            assert told.due_at.isoformat() in page or told.due_at.astimezone(at.tzinfo).isoformat() in page


def test_the_steps_are_told_in_the_readers_language(contact: Program):
    english, french = (contact.compute(DUE, **{"Accept-Language": code}) for code in ("en", "fr-CH, fr;q=0.9"))
    assert (english["Content-Language"], french["Content-Language"]) == ("en", "fr")
    assert english.json()["due_at"] == french.json()["due_at"]
    assert english.json()["steps"][-1]["text"].startswith("Due ")
    assert french.json()["steps"][-1]["text"].startswith("Échéance ")


# Whose terms ---------------------------------------------------------------------------------------------------------
def other_terms(world: World) -> None:
    """The provider also publishes other terms, under which the second customer has a contract."""
    owner = (world.provider.slug, world.provider.name, world.provider.ticket_prefix)
    terms, _ = publish_terms(DATA / "hopex-on-premise.yaml", at=START, provider=owner)
    with as_system(world):
        sign_contract(
            provider_id=world.provider.id,
            customer_id=world.customers[1].customer.id,
            terms=terms,
            reference="MEGA-B-PREMISE",
            starts_on=date(2026, 1, 1),
            ends_on=None,
            package="standard",
            signed_by="MEGA France",
            at=START,
        )


def test_a_contact_computes_with_the_terms_of_his_contracts_only(world: World, contact: Program, engineer: Program):
    case = {**DUE, "terms": "hopex-on-premise", "severity": "minor"}
    assert "error" in engineer.compute({"cases": [case]}).json()["answers"][0]
    other_terms(world)
    second = program_of(world.customers[1].contact)
    assert engineer.compute(case).status_code == second.compute(case).status_code == 200
    unknown = contact.compute({**case, "terms": "no-such-terms"}).json()
    refused = contact.compute(case).json()
    assert refused["code"] == "bad_case"
    assert {**refused, "request_id": ""} == {**unknown, "request_id": ""}
    assert "hopex-on-premise" not in refused["detail"]


def test_a_calendar_comes_from_the_callers_terms(world: World, contact: Program):
    stranger = program_of(partner(world, "newcomer", ()))
    assert contact.compute(ADD).status_code == 200
    assert stranger.compute(ADD).status_code == 422
    described = {**ADD, "calendar": {"tz": "UTC", "weekly": {"mon": [["08:00", "18:00"]]}}}
    assert stranger.compute(described).json()["at"] == "2026-05-04T09:00:00Z"


# Whose contract ------------------------------------------------------------------------------------------------------
def test_a_contract_brings_its_overrides(world: World, contact: Program):
    contract = world.customers[0].contract
    figures = [
        {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "Art. 3"}
    ]
    plain = contact.compute(under(contract.reference)).json()
    assert plain["due_at"] == contact.compute(DUE).json()["due_at"]
    with as_system(world):
        Contract.objects.filter(pk=contract.pk).update(overrides={"figures": figures})
    assert contact.compute(under(contract.reference)).json()["due_at"] == "2026-05-05T09:00:00Z" < plain["due_at"]


def test_a_contract_brings_the_days_of_its_calendars(world: World, contact: Program):
    contract = world.customers[0].contract
    days = [{"calendar": "fr", "days_off": ["2026-05-05"], "reference": "Art. 4"}]
    with as_system(world):
        Contract.objects.filter(pk=contract.pk).update(overrides={"calendars": days})
    long_add = {**ADD, "seconds": 9 * 3600}
    assert contact.compute(long_add).json()["at"].startswith("2026-05-05")
    assert contact.compute({**long_add, "contract": contract.reference}).json()["at"].startswith("2026-05-06")
    unknown = contact.compute({**ADD, "contract": contract.reference, "calendar": "mars"}).json()
    assert unknown["code"] == "bad_case" and "fr" in unknown["detail"]


def test_a_foreign_contract_is_like_none(world: World, contact: Program):
    elsewhere = build_world("octipas", "Octipas", "OCTI", customers=1).customers[0].contract.reference
    neighbour = world.customers[1].contract.reference
    answers = [contact.compute(under(name)).json() for name in ("NO-SUCH", neighbour, elsewhere)]
    assert {(one["status"], one["code"], one["detail"]) for one in answers} == {
        (422, "bad_case", "unknown contract: use the reference of one that you may see")
    }
    assert program_of(world.staff["engineer"]).compute(under(neighbour)).status_code == 200


@pytest.mark.parametrize("field", ["terms", "overrides"])
def test_a_case_names_its_contract_or_its_terms(world: World, contact: Program, field: str):
    value = DUE["terms"] if field == "terms" else {}
    case = under(world.customers[0].contract.reference, **{field: value})
    answer = contact.compute(case)
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


# Wrong cases ---------------------------------------------------------------------------------------------------------
def test_a_wrong_case_in_a_batch_stops_no_other(contact: Program):
    wrong: list[Any] = [
        {},
        [],
        None,
        "due",
        7,
        {"id": "a", "op": "guess"},
        {"id": "b", "op": ["due"]},
        {**DUE, "id": {"a": 1}},
        {**DUE, "id": 10**30},
        {**DUE, "id": "x" * 300},
        {**DUE, "at": "2026-05-04T10:00:00"},
        {**DUE, "at": "9999-12-31T23:59:59Z"},
        {**DUE, "at": "0001-01-01T00:00:00Z"},
        {**DUE, "overrides": {"figures": 7}},
        {**DUE, "colour": "red"},
        {**ADD, "seconds": -1},
        {**ADD, "seconds": 10**300},
        {**ADD, "calendar": {"tz": "Mars/Olympus", "weekly": {}}},
        {**ADD, "pauses": [[AT, "2026-05-01T10:00:00+02:00"]]},
        under("\u202e"),
        under(""),
        {**under("x"), "contract": ["x"]},
    ]
    answer = contact.compute({"cases": [*wrong, DUE]})
    assert answer.status_code == 200
    *refused, last = answer.json()["answers"]
    assert all(one.keys() == {"id", "error"} and one["error"] for one in refused)
    assert len(refused) == len(wrong)
    assert (last["id"], last["due_at"]) == (7, "2026-05-05T11:00:00Z")


def test_contracts_are_looked_up_at_the_time_of_the_event(world: World, contact: Program):
    """An instant at the edge of the calendar is answered like any other (R16)."""
    reference = world.customers[0].contract.reference
    for at in (
        "1969-12-31T23:00:00Z",
        "2098-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ):
        case = contact.compute({"cases": [under(reference, at=at)]}).json()["answers"][0]
        plain = contact.compute({"cases": [{**DUE, "at": at}]}).json()["answers"][0]
        assert case == plain, at


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([DUE], ""),
        ("due", ""),
        (7, ""),
        (None, ""),
        ({"cases": []}, "cases"),
        ({"cases": {}}, "cases"),
        ({"cases": [ADD] * (MAX_CASES + 1)}, "cases"),
        ({"cases": [ADD], "language": "fr"}, "language"),
    ],
)
def test_a_body_that_is_no_case_and_no_batch_is_a_bad_request(contact: Program, body: Any, field: str):
    answer = contact.ask("POST", "sla/compute", json.dumps(body).encode())
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (400, PROBLEM, "invalid")
    assert answer.json()["errors"].keys() == {field}


def test_a_request_has_a_largest_size(contact: Program):
    body = json.dumps({"cases": [ADD]}).encode()
    assert contact.ask("POST", "sla/compute", body + b" " * (MAX_BYTES - len(body))).status_code == 200
    for size in (MAX_BYTES + 1, 3_000_000):
        answer = contact.ask("POST", "sla/compute", body + b" " * (size - len(body)))
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_full_batch_takes_seconds_and_not_minutes(world: World, contact: Program):
    reference = world.customers[0].contract.reference
    start = datetime.fromisoformat(AT)
    cases = [under(reference, id=n, at=(start + timedelta(hours=n % 200)).isoformat()) for n in range(MAX_CASES)]
    answers = contact.compute({"cases": cases}).json()["answers"]
    assert [one["id"] for one in answers] == list(range(MAX_CASES))
    assert not any("error" in one for one in answers)


# How much ------------------------------------------------------------------------------------------------------------
def _made(number: int) -> dict[str, Any]:
    """A calendar that is like no other."""
    return {"tz": "UTC", "weekly": {"mon": [["08:00", f"{9 + number // 60:02}:{number % 60:02}"]]}}


def _changed(number: int, **more: Any) -> dict[str, Any]:
    """Overrides under which the calendar is like no other."""
    week = {"mon": [f"08:00-{9 + number // 60:02}:{number % 60:02}"]}
    return {"calendars": [{"calendar": "fr", "reference": "Art. 4", "weekly": week}], **more}


@pytest.mark.parametrize(
    "made",
    [
        lambda number: {**ADD, "calendar": _made(number)},
        lambda number: {**DUE, "overrides": _changed(number)},
    ],
    ids=["described", "overridden"],
)
def test_a_request_makes_up_a_few_calendars_only(contact: Program, made: Callable[[int], dict[str, Any]]):
    cases = [made(number) for number in range(MAX_CALENDARS + 1)]
    answers = contact.compute({"cases": [*cases, cases[0], DUE]}).json()["answers"]
    wrong = [number for number, one in enumerate(answers) if "error" in one]
    assert wrong == [MAX_CALENDARS]
    assert str(MAX_CALENDARS) in answers[MAX_CALENDARS]["error"]


def test_figures_of_any_number_change_no_calendar(contact: Program):
    def figure(hours: int) -> dict[str, Any]:
        own = {"target": "response", "severity": "critical", "unit": "business_hours", "reference": "Art. 3"}
        return {**DUE, "overrides": {"figures": [{**own, "amount": hours}]}}

    answers = contact.compute({"cases": [figure(hours + 1) for hours in range(2 * MAX_CALENDARS)]}).json()["answers"]
    assert len({one["due_at"] for one in answers}) == 2 * MAX_CALENDARS


def test_calendars_that_a_caller_makes_up_leave_nothing_behind(world: World, contact: Program):
    reference = world.customers[0].contract.reference
    contact.compute({"cases": [DUE, ADD, under(reference)]})
    before = SHARED.compiled.cache_info().misses
    cases = [
        {**ADD, "calendar": _made(700)},
        {**ADD, "calendar": _made(701), "contract": reference},
        {**DUE, "overrides": _changed(702)},
        DUE,
    ]
    assert not any("error" in one for one in contact.compute({"cases": cases}).json()["answers"])
    assert SHARED.compiled.cache_info().misses == before


def test_a_request_keeps_few_of_its_calendars(world: World):
    actor = world.customers[0].contact
    with acting_as(actor):
        computer = Computer(actor, paris("2026-05-04 10:00"), "en")
        answers = computer.answers([{**ADD, "calendar": _made(number)} for number in range(2 * KEPT_CALENDARS)])
    assert not any("error" in one for one in answers)
    assert computer._own.calendars.compiled.cache_info().currsize == KEPT_CALENDARS


def test_hours_without_end_are_refused_before_they_are_counted(contact: Program):
    many = [[f"{n // 6:02}:{n % 6}0", f"{n // 6:02}:{n % 6}5"] for n in range(20)]
    spans = [f"{start}-{end}" for start, end in many]
    described = {"tz": "Europe/Paris", "weekly": {"mon": many}, "holidays": []}
    long = {"op": "elapsed", "calendar": described, "start": "1900-01-02T10:00:00Z", "end": "2199-12-30T10:00:00Z"}
    overrides = {"calendars": [{"calendar": "fr", "reference": "Art. 4", "weekly": {"mon": spans}}]}
    for case in (long, {**DUE, "overrides": overrides}):
        refused = contact.compute(case)
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_case")
        assert "at most 8 opening hours" in refused.json()["detail"]
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), many[:8])
    refused = contact.compute({**long, "calendar": {**described, "weekly": week}})
    assert refused.status_code == 422 and "too often" in refused.json()["detail"]


def test_cases_after_the_time_of_a_request_are_told_so(world: World):
    """The clock here says that each case takes two seconds."""
    seconds = iter(range(0, 100, 2))
    actor = world.customers[0].contact
    with acting_as(actor):
        computer = Computer(actor, paris("2026-05-04 10:00"), "en", clock=lambda: float(next(seconds)))
        answers = computer.answers([{**DUE, "id": number} for number in range(5)])
    assert [one["id"] for one in answers if "error" not in one] == [0, 1] and SECONDS == 5
    assert {one["error"] for one in answers[2:]} == {"too much in one request: send fewer cases at a time"}


def test_instants_under_one_contract_take_no_more_queries_than_one(world: World, contact: Program):
    contract = world.customers[0].contract
    with as_system(world):
        Contract.objects.filter(pk=contract.pk).update(follows_terms=True)
    start = datetime.fromisoformat(AT)
    cases = [under(contract.reference, at=(start + timedelta(hours=n)).isoformat()) for n in range(300)]
    with CaptureQueriesContext(connection) as one:
        contact.compute({"cases": cases[:1]})
    with CaptureQueriesContext(connection) as all_of_them:
        answers = contact.compute({"cases": cases}).json()["answers"]
    assert not any("error" in answer for answer in answers)
    assert len({answer["due_at"] for answer in answers}) == 8
    assert len(all_of_them) <= len(one) < 30
