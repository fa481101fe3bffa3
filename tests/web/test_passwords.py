"""A new password by a link: nothing tells who has an account, the link works once, and every session ends."""

import re
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.models import AccessRecord, AuditEntry, PasswordReset, User
from tests.api.programs import give_token
from tests.web.letters import posted
from tests.worlds import PASSWORD, World, as_system, build_world, user_of

KNOWN = "engineer@mega.example"
GOOD = "seven quiet green herons"
NO_LIMITS = override_settings(ACCOUNT_RATE_LIMITS={})


@pytest.fixture
def world(committed_db) -> World:
    return build_world(customers=1)


@pytest.fixture
def deliver(database_login: Callable[[str], AbstractContextManager[None]]) -> Callable[[], list[str]]:
    def send() -> list[str]:
        with database_login("worker"):
            return posted(datetime.now(UTC))

    return send


def ask(email: str, client: Client | None = None):
    return (client or Client()).post("/password/forgotten/", {"email": email})


def choose(secret: str, password: str = GOOD):
    return Client().post("/password/new/", {"reset": secret, "password": password})


def told(answer) -> str:
    return re.sub(r'value="[^"]{64}"|CSRFToken": "[^"]+"|data-now="[^"]+"', "", answer.content.decode())


def test_the_link_sets_a_password_once_and_ends_every_session(world: World, deliver, sign_in):
    engineer = world.staff["engineer"]
    inside = sign_in(engineer)
    assert ask(KNOWN.upper()).status_code == 200
    [secret] = deliver()
    assert mail.outbox[-1].to == [KNOWN]
    row = PasswordReset.objects.get()
    assert secret not in str(row.__dict__)
    assert Client().get("/password/new/", {"reset": secret}).status_code == 200
    assert Client().get("/password/new/", {"reset": secret}).status_code == 200
    answer = choose(secret)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    assert inside.get("/queue/").status_code == 302
    user = user_of(engineer)
    assert user.check_password(GOOD)
    assert choose(secret, "yet another long one").status_code == 410
    assert Client().get("/password/new/", {"reset": secret}).status_code == 410
    assert user_of(engineer).check_password(GOOD)
    assert Client().post("/sign-in/", {"email": KNOWN, "password": PASSWORD}).status_code == 400
    assert Client().post("/sign-in/", {"email": KNOWN, "password": GOOD}).status_code == 302
    with as_system(world):
        assert [row.act for row in AuditEntry.objects.all()] == ["password_reset"]


def test_a_new_password_ends_the_tokens_of_the_account_and_says_so(world: World, deliver):
    """Whoever had the old password may have made himself a token with it."""
    _row, mine = give_token(world.staff["engineer"])
    _row, of_another = give_token(world.staff["manager"])

    def status(secret: str) -> int:
        return Client().get("/api/v1/contracts", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert status(mine) == 200
    ask(KNOWN)
    [secret] = deliver()
    assert "API token" in mail.outbox[-1].body
    assert "API token" in Client().get("/password/new/", {"reset": secret}).content.decode()
    assert choose(secret).status_code == 303
    assert (status(mine), status(of_another)) == (401, 200)
    with as_system(world):
        assert list(AccessRecord.objects.filter(kind="token_revoked").values_list("user__email", flat=True)) == [KNOWN]


@NO_LIMITS
def test_known_unknown_and_disabled_are_answered_alike_and_cost_the_same(world: World, deliver):
    User.objects.filter(email="manager@mega.example").update(is_active=False)
    answers, statements = [], []
    for email in (KNOWN, "nobody@mega.example", "manager@mega.example"):
        with CaptureQueriesContext(connection) as queries:
            answers.append(ask(email))
        statements.append([re.sub(r"'[^']*'|NULL", "?", row["sql"])[:40] for row in queries])
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({told(answer) for answer in answers}) == 1
    assert len({len(rows) for rows in statements}) == 1
    assert PasswordReset.objects.count() == 3
    assert len(deliver()) == 1


@NO_LIMITS
def test_known_and_unknown_take_the_same_time(world: World):
    taken: dict[str, list[float]] = {KNOWN: [], "nobody@mega.example": []}
    for _ in range(25):
        for email, times in taken.items():
            start = time.perf_counter()
            ask(email)
            times.append(time.perf_counter() - start)
    medians = [statistics.median(times) for times in taken.values()]
    assert max(medians) - min(medians) < max(0.005, min(medians) / 2), taken


def test_asking_is_limited_per_address_whatever_the_forwarded_one(world: World):
    cache.clear()
    statuses = [
        Client()
        .post("/password/forgotten/", {"email": KNOWN}, headers={"X-Forwarded-For": f"203.0.113.{n}"})
        .status_code
        for n in range(7)
    ]
    assert statuses == [200] * 5 + [429] * 2
    cache.clear()


def test_a_link_is_late_after_an_hour(world: World, deliver):
    ask(KNOWN)
    [secret] = deliver()
    PasswordReset.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert choose(secret).status_code == 410
    assert user_of(world.staff["engineer"]).check_password(PASSWORD)


@pytest.mark.parametrize("wrong", ["", "x", "a" * 43, "\x00", "é" * 43])
def test_an_empty_or_invented_link_opens_nothing(world: World, wrong: str):
    assert Client().get("/password/new/", {"reset": wrong}).status_code == 410
    assert choose(wrong).status_code == 410


def test_a_newer_password_makes_older_links_useless(world: World, deliver):
    ask(KNOWN)
    ask(KNOWN)
    first, second = deliver()
    assert choose(second).status_code == 303
    assert choose(first, "yet another long one").status_code == 410


@pytest.mark.parametrize("weak", ["short", "123456789012", "engineer@mega", "p" * 2000])
def test_a_weak_password_is_refused_and_the_link_stays_good(world: World, deliver, weak: str):
    ask(KNOWN)
    [secret] = deliver()
    assert choose(secret, weak).status_code == 422
    assert choose(secret).status_code == 303


def test_a_disabled_account_is_not_opened_by_a_link_from_before(world: World, deliver):
    ask(KNOWN)
    [secret] = deliver()
    User.objects.filter(email=KNOWN).update(is_active=False)
    assert choose(secret).status_code == 410


def test_old_requests_are_forgotten(world: World):
    ask("nobody@mega.example")
    PasswordReset.objects.update(created_at=datetime.now(UTC) - timedelta(days=3))
    ask(KNOWN)
    assert [row.user.email for row in PasswordReset.objects.select_related("user")] == [KNOWN]
