"""Tokens: what they open, for how long, and that nobody learns why one opens nothing."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts import limits, programs
from accounts.errors import Invalid, NotFound
from accounts.models import AccessRecord, ApiToken, Membership, RateWindow, User
from accounts.tenancy import Actor, acting_as
from accounts.tokens import LONGEST, MARK, bearer_of, create_token, revoke_token
from tests.accounts.populated import partner
from tests.api.programs import PROBLEM, Program, give_token, program_of
from tests.worlds import World, as_system, build_world, membership_of, user_of

ONCE = re.compile(rb'"request_id": "[0-9a-f]{32}"')


# What a token opens --------------------------------------------------------------------------------------------------
def test_a_token_acts_as_its_holder(world: World):
    for organisation in world.customers:
        answer = program_of(organisation.contact).get("contracts")
        assert answer.status_code == 200
        assert [one["reference"] for one in answer.json()["contracts"]] == [organisation.contract.reference]
    everything = program_of(world.staff["engineer"]).get("contracts").json()["contracts"]
    assert len(everything) == len(world.customers)


def test_a_token_of_a_partner_reads_the_customers_granted_to_him(world: World):
    made = program_of(partner(world, "partner", (1,)))
    assert [one["reference"] for one in made.get("contracts").json()["contracts"]] == [
        world.customers[1].contract.reference
    ]
    assert made.get(f"contracts/{world.customers[0].contract.reference}").status_code == 404


def test_a_token_opens_only_its_scopes(world: World):
    ticket = world.file()
    made = program_of(world.customers[0].contact, "contracts:read")
    assert made.get("contracts").status_code == 200
    for answer in (made.get(f"tickets/{ticket.reference}/clocks"), made.compute({"op": "add"})):
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    # The scope is asked for before the thing: a token cannot try out what exists.
    assert made.get("tickets/MEGA-999999/clocks").json()["code"] == "insufficient_scope"


def test_a_token_opens_no_page(world: World):
    made = program_of(world.staff["engineer"])
    for address in ("/queue/", "/sessions/", "/"):
        answer = made.client.get(address, headers={"Authorization": f"Bearer {made.secret}"})
        assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/"), address


def test_a_token_wins_over_a_session_and_a_bad_one_does_not_fall_back_to_it(world: World, sign_in: Callable):
    browser = sign_in(world.staff["engineer"])
    own = world.customers[0]
    secret = give_token(own.contact)[1]
    answer = browser.get("/api/v1/contracts", headers={"Authorization": f"Bearer {secret}"})
    assert len(answer.json()["contracts"]) == 1
    assert browser.get("/api/v1/contracts", headers={"Authorization": f"Bearer {secret}x"}).status_code == 401
    # Another scheme is somebody else's business, such as a proxy's.
    assert browser.get("/api/v1/contracts", headers={"Authorization": "Basic eDp5"}).status_code == 200


def test_a_session_needs_its_form_token_to_send_anything(world: World, sign_in: Callable):
    browser = sign_in(world.customers[0].contact)
    case = '{"op": "add", "calendar": "fr", "start": "2026-05-04T10:00:00+02:00", "seconds": 60}'
    bare = browser.post("/api/v1/sla/compute", case, content_type="application/json")
    assert (bare.status_code, bare["Content-Type"], bare.json()["code"]) == (403, PROBLEM, "csrf_failed")
    given = {"X-CSRFToken": browser.cookies["csrf"].value}
    assert browser.post("/api/v1/sla/compute", case, content_type="application/json", headers=given).status_code == 200


# When it opens nothing -----------------------------------------------------------------------------------------------
def _spoil(how: str, actor: Actor, token: ApiToken) -> None:
    now = datetime.now(UTC)
    if how == "disabled":
        User.objects.filter(pk=actor.user_id).update(is_active=False)
        return
    with acting_as(Actor.system(actor.provider_id)):
        if how == "revoked":
            revoke_token(provider_id=token.provider_id, token_id=token.id, at=now)
        elif how == "ended":
            Membership.objects.filter(pk=actor.person).update(is_active=False)
        elif how == "expired":
            ApiToken.objects.filter(pk=token.pk).update(
                expires_at=now - timedelta(seconds=1), created_at=now - timedelta(days=1)
            )


@pytest.mark.parametrize("how", ["disabled", "revoked", "ended", "expired"])
def test_a_token_that_is_over_is_refused_at_once_like_one_that_never_was(world: World, how: str):
    actor = world.customers[0].contact
    token, secret = give_token(actor)
    made, never = Program(secret), Program(MARK + "A" * 43)
    assert made.get("contracts").status_code == 200
    _spoil(how, actor, token)
    over, unknown = made.get("contracts"), never.get("contracts")
    assert (over.status_code, over["Content-Type"]) == (401, PROBLEM)
    assert over["WWW-Authenticate"] == 'Bearer realm="api"'
    assert ONCE.sub(b"", over.content) == ONCE.sub(b"", unknown.content)
    assert over.headers.keys() == unknown.headers.keys()


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer x",
        "Bearer hdt_",
        "Bearer \x00",
        "Bearer é" * 9,
        "Bearer " + "x" * 5_000,
        "Bearer a b",
    ],
)
def test_what_is_no_token_is_refused(world: World, header: str):
    answer = Client().get("/api/v1/contracts", headers={"Authorization": header})
    assert answer.status_code == 401


def test_nobody_is_told_to_sign_in(world: World):
    answer = Client().get("/api/v1/contracts")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")
    assert answer["WWW-Authenticate"]


def test_the_secret_is_nowhere_in_the_database(world: World):
    token, secret = give_token(world.customers[0].contact)
    Program(secret).get("contracts")
    with as_system(world), connection.cursor() as cursor:
        for table in ("accounts_apitoken", "accounts_accessrecord", "accounts_ratewindow", "cache_entries"):
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            assert secret[len(token.prefix) :] not in cursor.fetchone()[0], table


def test_the_day_of_the_last_use_is_written_once_a_day(world: World):
    actor = world.customers[0].contact
    at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    token, secret = give_token(actor, at=at)
    days = []
    for hours in (0, 1, 24):
        assert bearer_of(secret, at + timedelta(hours=hours))
        with as_system(world):
            token.refresh_from_db()
            days.append(token.last_used_on)
    assert [str(day) for day in days] == ["2026-05-04", "2026-05-04", "2026-05-05"]
    assert bearer_of(secret, at + timedelta(days=30)) is None


# Making and ending ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"lasts": timedelta()}, "expires_at"),
        ({"lasts": LONGEST + timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_a_token_is_made_with_a_name_known_scopes_and_an_end(world: World, changed: dict[str, Any], field: str):
    with as_system(world):
        given = {"name": "import", "scopes": ["tickets:read"], "lasts": LONGEST, "at": datetime.now(UTC)}
        membership = membership_of(world.customers[0].contact)
        with pytest.raises(Invalid) as refused:
            create_token(membership=membership, **{**given, **changed})
        assert refused.value.errors.keys() == {field}
        create_token(membership=membership, **given)


def test_making_and_revoking_are_recorded_and_revoking_twice_changes_nothing(world: World):
    token, _secret = give_token(world.customers[0].contact)
    at = datetime.now(UTC)
    with as_system(world):
        for later in (0, 1):
            given = {"provider_id": token.provider_id, "token_id": token.id}
            assert revoke_token(**given, at=at + timedelta(days=later)).revoked_at == at
    records = AccessRecord.objects.filter(kind__startswith="token_").order_by("at").values_list("kind", "user_id")
    assert list(records) == [("token_created", token.user_id), ("token_revoked", token.user_id)]


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_token_used_after_its_end_is_recorded_once_in_each_window(world: World, how: str):
    actor = world.customers[0].contact
    token, secret = give_token(actor)
    program = Program(secret)
    assert program.get("contracts").status_code == 200
    _spoil(how, actor, token)
    assert [program.get("contracts").status_code for _ in range(3)] == [401] * 3
    assert Program(MARK + "x" * 43).get("contracts").status_code == 401
    records = AccessRecord.objects.filter(kind="bad_token")
    assert [(row.user_id, row.status, row.path) for row in records] == [(token.user_id, 401, "/api/v1/contracts")]
    RateWindow.objects.update(started_at=datetime.now(UTC) - timedelta(seconds=limits.WINDOW_SECONDS))
    assert program.get("contracts").status_code == 401
    assert records.all().count() == 2


def test_a_token_of_another_provider_does_not_exist(world: World):
    other = build_world("octipas", "Octipas", "OCTI", customers=1)
    token, secret = give_token(other.customers[0].contact)
    with as_system(world), pytest.raises(NotFound):
        revoke_token(provider_id=world.provider.id, token_id=token.id, at=datetime.now(UTC))
    assert Program(secret).get("contracts").status_code == 200


def _command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("api_token", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_the_command_makes_lists_and_revokes(world: World):
    who = ("--provider=mega", f"--email={user_of(world.customers[0].contact).email}")
    secret = _command("create", *who, "--name=nightly import", "--scope=contracts:read")
    assert Program(secret).get("contracts").status_code == 200
    listed = _command("list", *who)
    assert secret[:12] in listed and secret not in listed and "nightly import" in listed
    with pytest.raises(CommandError):
        _command("revoke", *who, "--token=hdt_nothing")
    _command("revoke", *who, f"--token={secret[:12]}…")
    assert Program(secret).get("contracts").status_code == 401
    with pytest.raises(CommandError):
        _command("create", "--provider=octipas", who[1], "--name=x", "--scope=contracts:read")
    with pytest.raises(CommandError):
        _command("create", *who, "--name=x", "--scope=contracts:read", "--days=4000")


# How often -----------------------------------------------------------------------------------------------------------
def test_every_answer_tells_how_many_calls_are_left(contact: Program):
    left = [int(contact.get("contracts")["RateLimit-Remaining"]) for _ in range(2)]
    refused = contact.get("nothing/here")
    assert left == [programs.CALLS_A_MINUTE - 1, programs.CALLS_A_MINUTE - 2]
    assert "RateLimit-Limit" not in refused and refused.status_code == 404
    answer = contact.get("contracts/nothing")
    assert answer["RateLimit-Limit"] == str(programs.CALLS_A_MINUTE)
    assert 1 <= int(answer["RateLimit-Reset"]) <= limits.WINDOW_SECONDS


def test_a_token_that_calls_too_often_waits_and_no_other_does(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(programs, "CALLS_A_MINUTE", 3)
    first, second = (program_of(world.customers[0].contact) for _ in range(2))
    answers = [first.get("contracts") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["code"] == "too_many_calls"
    assert 1 <= int(answers[-1]["Retry-After"]) <= limits.WINDOW_SECONDS
    assert second.get("contracts").status_code == 200
    cache.clear()
    assert first.get("contracts").status_code == 429
    # Only the first call too many is recorded, or anybody could fill the table.
    assert AccessRecord.objects.filter(status=429).count() == 1
    RateWindow.objects.update(started_at=datetime.now(UTC) - timedelta(seconds=limits.WINDOW_SECONDS))
    assert first.get("contracts").status_code == 200


def test_a_session_is_counted_too(world: World, sign_in: Callable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(programs, "CALLS_A_MINUTE", 1)
    browser = sign_in(world.customers[0].contact)
    assert [browser.get("/api/v1/contracts").status_code for _ in range(2)] == [200, 429]
    assert browser.get("/cases/").status_code == 200


def test_whoever_tries_tokens_waits_but_not_who_has_one(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(programs, "STRANGERS_CALLS_A_MINUTE", 2)
    guesses = [Program(MARK + str(n) * 43).get("contracts").status_code for n in range(4)]
    assert guesses == [401, 401, 429, 429]
    assert Client().get("/api/v1/contracts").status_code == 429
    assert program_of(world.customers[0].contact).get("contracts").status_code == 200


def test_windows_long_past_are_forgotten(db: None):
    limits.count_call("somebody", 1)
    RateWindow.objects.update(started_at=datetime.now(UTC) - timedelta(hours=2))
    limits.count_call("somebody else", 1)
    assert RateWindow.objects.count() == 1
