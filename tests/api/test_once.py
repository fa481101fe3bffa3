"""A call that writes happens once for each key, however often and from however many places it is sent."""

import http.client
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError
from psycopg.errors import DeadlockDetected

from accounts.tenancy import acting_as
from api.models import KeptAnswer
from api.once import KEPT_FOR, _Call, purge_answers
from tests.api.programs import Program, give_token, program_of
from tests.api.test_files import put_up
from tests.api.test_tickets import act, filing, told, version_of
from tests.worlds import World, as_system, build_world
from tickets.models import Attachment, Comment, Ticket

KEY = {"Idempotency-Key": "order 66"}
AT_ONCE = 50


def count(world: World, model: type = Ticket) -> int:
    with as_system(world):
        return int(model.objects.count())


def test_the_second_call_is_answered_as_the_first(world: World, contact: Program):
    first = contact.ask("POST", "tickets", filing(world), **KEY)
    second = contact.ask("POST", "tickets", filing(world), **KEY)
    assert told(first, 201) == told(second, 201)
    assert (first["ETag"], first["Location"]) == (second["ETag"], second["Location"])
    assert "Idempotent-Replayed" not in first and second["Idempotent-Replayed"] == "true"
    assert count(world) == 1
    told(contact.ask("POST", "tickets", filing(world), **{"Idempotency-Key": "another"}), 201)
    told(contact.ask("POST", "tickets", filing(world)), 201)
    assert count(world) == 3


def test_white_space_and_order_make_no_other_call(world: World, contact: Program):
    body = filing(world)
    turned = json.dumps(dict(reversed(body.items())), indent=3).encode()
    assert told(contact.ask("POST", "tickets", body, **KEY), 201) == told(
        contact.ask("POST", "tickets", turned, **KEY), 201
    )
    assert count(world) == 1


def test_a_key_is_not_good_for_something_else(world: World, contact: Program):
    ticket = world.file()
    address = f"tickets/{ticket.reference}/comments"
    told(contact.ask("POST", address, {"body": "one"}, **KEY), 201)
    for other, body in ((address, {"body": "two"}), (f"tickets/{ticket.reference}/transitions/close", {"body": "one"})):
        assert told(contact.ask("POST", other, body, **KEY), 422)["code"] == "key_used_otherwise"
    assert count(world, Comment) == 1


def test_a_key_is_its_callers_own(world: World, contact: Program, engineer: Program):
    address = f"tickets/{world.file().reference}/comments"
    for program in (contact, engineer, program_of(world.customers[0].people["colleague"])):
        told(program.ask("POST", address, {"body": "one"}, **KEY), 201)
    again = program_of(world.customers[0].contact)
    assert again.ask("POST", address, {"body": "one"}, **KEY)["Idempotent-Replayed"] == "true"
    assert count(world, Comment) == 3


def test_a_refused_call_leaves_its_key_free(world: World, contact: Program):
    told(contact.ask("POST", "tickets", filing(world, title=""), **KEY), 400)
    told(contact.ask("POST", "tickets", filing(world), **KEY), 201)
    assert count(world) == 1


def test_an_act_sent_again_is_neither_stale_nor_done_twice(world: World, engineer: Program):
    ticket = world.file()
    body = {"severity": "minor", "reason_code": "impact_reassessed", "reason": "One user."}
    first = act(engineer, ticket, "severity", body, match=version_of(engineer, ticket), **KEY)
    second = act(engineer, ticket, "severity", body, match=f'"{ticket.version}"', **KEY)
    assert told(first) == told(second)
    assert first["ETag"] == second["ETag"] == version_of(engineer, ticket)


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "tab\there"])
def test_a_key_that_is_none_is_refused(world: World, contact: Program, key: str):
    wrong = told(contact.ask("POST", "tickets", filing(world), **{"Idempotency-Key": key}), 400)["violations"]
    assert wrong[0]["header"] == "Idempotency-Key"
    assert count(world) == 0


def test_a_crash_before_the_end_keeps_neither_effect_nor_answer(
    world: World, contact: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def die(*args: Any, **given: Any) -> None:
        raise ZeroDivisionError("as a test")

    with monkeypatch.context() as patched:
        patched.setattr("api.once._Call.kept", die)
        assert contact.ask("POST", "tickets", filing(world), **KEY).status_code == 500
    assert count(world) == count(world, KeptAnswer) == 0
    told(contact.ask("POST", "tickets", filing(world), **KEY), 201)
    assert count(world) == count(world, KeptAnswer) == 1


@pytest.mark.parametrize("is_upload", [False, True])
def test_a_call_that_met_a_deadlock_is_run_again_with_what_was_sent(
    world: World, contact: Program, monkeypatch: pytest.MonkeyPatch, is_upload: bool
):
    """The body is read twice, from wherever the first reading left it."""
    tries: list[int] = []
    keep = _Call.kept

    def late(call: _Call, answer: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("as a test") from DeadlockDetected()
        return keep(call, answer)

    monkeypatch.setattr(_Call, "kept", late)
    if is_upload:
        told(put_up(contact, ("a.log", b"x"), **KEY), 201)
    else:
        told(contact.ask("POST", "tickets", filing(world), **KEY), 201)
    assert (len(tries), count(world, KeptAnswer)) == (2, 1)
    assert (count(world), count(world, Attachment)) == ((0, 1) if is_upload else (1, 0))


def test_old_answers_are_forgotten_and_young_ones_kept(
    committed_db: Any, database_login: Callable[[str], AbstractContextManager[None]]
):
    world, now = build_world(), datetime.now(UTC)
    contact = program_of(world.customers[0].contact)
    for name in ("old", "young"):
        told(contact.ask("POST", "tickets", filing(world), **{"Idempotency-Key": name}), 201)
    with as_system(world):
        KeptAnswer.objects.filter(key="old").update(created_at=now - KEPT_FOR - timedelta(minutes=1))
        KeptAnswer.objects.filter(key="young").update(created_at=now - timedelta(hours=24))
    with database_login("worker"):
        assert [purge_answers(at=now), purge_answers(at=now)] == [1, 0]
    with as_system(world):
        assert [row.key for row in KeptAnswer.objects.all()] == ["young"]


def test_nobody_reads_the_answers_of_others(world: World, contact: Program, engineer: Program):
    told(contact.ask("POST", "tickets", filing(world), **KEY), 201)
    for actor in (world.staff["engineer"], world.customers[0].people["colleague"], world.customers[1].contact):
        with acting_as(actor):
            assert not KeptAnswer.objects.exists()
    with acting_as(world.customers[0].contact):
        assert KeptAnswer.objects.count() == 1


@pytest.mark.processes
def test_of_fifty_at_once_one_has_an_effect(live_server_process: Any):
    world = build_world()
    actor = world.customers[0].contact
    secret, body = give_token(actor)[1], json.dumps(filing(world))
    ask = _caller(live_server_process.base_url, secret)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [one.result() for one in [pool.submit(ask, body) for _ in range(AT_ONCE)]]
    statuses = [status for status, _text in answers]
    assert set(statuses) <= {201, 409} and 201 in statuses
    assert len({text for status, text in answers if status == 201}) == 1
    assert {json.loads(text)["code"] for status, text in answers if status == 409} <= {"key_in_use"}
    assert count(world) == count(world, KeptAnswer) == 1
    assert ask(body)[0] == 201
    assert ask(json.dumps(filing(world, title="Another")))[0] == 422
    assert count(world) == 1


def _caller(base_url: str, secret: str) -> Callable[[str], tuple[int, str]]:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", **KEY}

    def ask(body: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=60)
        connection.request("POST", "/api/v1/tickets", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    return ask
