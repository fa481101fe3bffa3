"""Signing in and staying in: limits, timing, sessions, forms without their token, headers, methods, hosts."""

import logging
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from accounts.access import Audience
from accounts.models import Membership, User
from accounts.tenancy import Actor, acting_as
from tests.security.cases import Case
from tests.security.matrix import NIGHTLY, Visitor
from tests.security.observer import touches, undone
from tests.security.routes import TABLE, walk
from tests.security.stage import Stage
from tests.worlds import PASSWORD, World, build_world, user_of

NO_LIMITS = override_settings(ACCOUNT_RATE_LIMITS={})
ARGON2 = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "ftp://evil.example",
    "http://testserver@evil.example",
    "http://testserver.evil.example",
    "http://testserver/",
    " //evil.example",
    "\x00//evil.example",
    "?next=//evil.example",
    "evil.example",
    "@evil.example",
]


@pytest.fixture(autouse=True)
def _quiet(settings: Any) -> Iterator[None]:
    settings.DEMO_MODE = True
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world(db: None) -> World:
    return build_world(customers=1)


def attempt(email: str, password: str = "wrong", **extra: Any) -> Any:
    return Client().post("/sign-in/", {"email": email, "password": password}, **extra)


# Guessing ------------------------------------------------------------------------------------------------------------
def test_one_account_is_closed_within_ten_tries_from_ever_new_addresses(world: World):
    statuses = [
        attempt("engineer@mega.example", f"wrong {n}", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(10)
    ]
    assert 429 in statuses
    assert statuses == sorted(statuses)


def test_other_headers_that_name_an_address_lift_no_limit(world: World):
    names = ("X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "Forwarded", "X-Forwarded-For")
    statuses = [
        attempt(f"someone{n}@mega.example", headers={names[n % len(names)]: f"198.51.100.{n}"}).status_code
        for n in range(12)
    ]
    assert statuses[-1] == 429


@NO_LIMITS
@ARGON2
def test_known_unknown_and_disabled_take_the_same_time(db: None):
    User.objects.create_user("known@mega.example", PASSWORD)
    User.objects.create_user("disabled@mega.example", PASSWORD, is_active=False)
    taken: dict[str, list[float]] = {"known": [], "unknown": [], "disabled": []}
    for _ in range(9):
        for name, times in taken.items():
            cache.clear()
            start = time.perf_counter()
            password = PASSWORD if name == "disabled" else "wrong password"
            assert attempt(f"{name}@mega.example", password).status_code == 400
            times.append(time.perf_counter() - start)
    medians = [statistics.median(times) for times in taken.values()]
    # Skipping the hash would be several times faster; anything finer drowns in the noise of a busy machine.
    assert max(medians) / min(medians) < 2, taken


@NO_LIMITS
@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_door_leads_out_of_the_house(world: World, target: str):
    address = "engineer@mega.example"
    client = Client()
    answer = client.post("/sign-in/", {"email": address, "password": PASSWORD, "next": target})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    for door, data in (("/settings/language/", {"language": "fr"}), ("/settings/appearance/", {"theme": "dark"})):
        assert client.post(door, data | {"next": target})["Location"] == "/"
    assert client.get("/sign-in/", {"next": target})["Location"] == "/"


# Sessions ------------------------------------------------------------------------------------------------------------
@NO_LIMITS
def test_a_session_is_new_at_sign_in_and_dead_after_sign_out(world: World):
    client = Client()
    client.cookies["session"] = "a" * 32
    client.post("/sign-in/", {"email": "engineer@mega.example", "password": PASSWORD})
    first = client.cookies["session"].value
    assert first != "a" * 32
    client.post("/sign-out/")
    thief = Client()
    thief.cookies["session"] = first
    assert thief.get("/queue/").status_code == 302


@NO_LIMITS
@pytest.mark.parametrize("how", ["user", "membership", "password", "session"])
def test_whoever_loses_his_access_is_out_at_the_next_request(world: World, how: str):
    actor = world.staff["engineer"]
    client = Client()
    client.post("/sign-in/", {"email": user_of(actor).email, "password": PASSWORD})
    ticket = world.file()
    addresses = ["/queue/", f"/tickets/{ticket.reference}/", "/notifications/", "/sessions/"]
    assert [client.get(address).status_code for address in addresses] == [200] * 4
    if how == "user":
        User.objects.filter(pk=actor.user_id).update(is_active=False)
    elif how == "membership":
        with acting_as(Actor.system(world.provider.id)):
            Membership.objects.filter(pk=actor.person).update(is_active=False)
    elif how == "password":
        user = user_of(actor)
        user.set_password("another correct horse battery")
        user.save()
    else:
        client.session.delete()
    denied = [client.get(address).status_code for address in addresses]
    assert denied == ([403] * 4 if how == "membership" else [302] * 4)
    assert client.post(f"/tickets/{ticket.reference}/take/").status_code in {302, 403}
    with acting_as(Actor.system(world.provider.id)):
        ticket.refresh_from_db(fields=["assignee_id"])
    assert ticket.assignee_id is None


@NO_LIMITS
def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(world: World):
    client = Client()
    client.get("/sign-in/")
    client.post("/sign-in/", {"email": "engineer@mega.example", "password": PASSWORD})
    client.post("/settings/language/", {"language": "fr"})
    client.post("/settings/appearance/", {"theme": "dark"})
    assert {"session", "csrf", "language", "theme"} <= client.cookies.keys()
    for name in ("session", "csrf", "language", "theme"):
        morsel = client.cookies[name]
        assert morsel["httponly"], name
        assert morsel["samesite"] == "Lax", name
        assert not morsel["domain"], name


# Every address -------------------------------------------------------------------------------------------------------
def _programs() -> set[str]:
    """Addresses at which a stranger is asked who he is before he is asked for a form token."""
    return {route.name for route in walk() if route.access and route.access.is_for_programs}


def test_the_addresses_of_programs_are_known():
    assert {"api_compute", "api_contracts", "api_contract", "api_clocks"} <= _programs()
    assert all(name.startswith("api_") for name in _programs())


WRONG_TOKENS: list[dict[str, str]] = [{}, {"csrfmiddlewaretoken": "a" * 64}, {"csrfmiddlewaretoken": "\x00"}]


def _first(stage: Stage, route: str, key: str) -> Case:
    cases = TABLE[route](stage, stage.people[key])
    return next((case for case in cases if case.entitled), cases[0])


@pytest.mark.parametrize("key", ["contact_a", "engineer", "anonymous"])
def test_no_form_is_taken_without_its_token(stage: Stage, ledger: Any, key: str):
    before, programs = ledger.digest(), _programs()
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if stage.people[key].session_key:
        client.cookies["session"] = stage.people[key].session_key
    for number, route in enumerate(TABLE):
        case = _first(stage, route, key)
        # By day one of the wrong tokens for each address, and another one for each person.
        turn = (number + len(key)) % len(WRONG_TOKENS)
        for extra in WRONG_TOKENS if NIGHTLY else WRONG_TOKENS[turn : turn + 1]:
            with undone():
                touched = touches()
                answer = client.post(case.address(route), case.data | extra)
                assert touches() == touched or ledger.digest() == before, route
            expected = 401 if key == "anonymous" and route in programs else 403
            assert answer.status_code == expected, (route, answer.status_code)


@pytest.mark.parametrize("key", ["contact_a", "engineer", "anonymous"])
def test_every_answer_carries_the_headers_that_protect_it(stage: Stage, key: str):
    visitor = Visitor(stage.people[key])
    for route in TABLE:
        case = _first(stage, route, key)
        for verb in ("GET", "POST"):
            with undone():
                answer = visitor.ask(verb, case.address(route), case)
            policy = answer["Content-Security-Policy"]
            assert "default-src 'none'" in policy, route
            assert "unsafe" not in policy and "*" not in policy, route
            assert "frame-ancestors 'none'" in policy, route
            assert "no-store" in answer["Cache-Control"], route
            assert answer["X-Content-Type-Options"] == "nosniff", route
            assert answer["X-Frame-Options"] == "DENY", route
            assert answer["Referrer-Policy"] == "same-origin", route
            assert answer["Cross-Origin-Opener-Policy"] == "same-origin", route
            assert len(answer["X-Request-ID"]) == 32, route
            assert "Server" not in answer and "X-Powered-By" not in answer, route


def test_trace_and_made_up_methods_are_refused_everywhere(stage: Stage):
    client = Client(raise_request_exception=False)
    client.cookies["session"] = stage.people["engineer"].session_key
    for route in TABLE:
        case = _first(stage, route, "engineer")
        for verb in ("TRACE", "PROPFIND"):
            answer = client.generic(verb, case.address(route))
            assert answer.status_code in {404, 405}, (route, verb, answer.status_code)
            assert stage.people["engineer"].session_key.encode() not in answer.content


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "", "a b"])
def test_a_host_that_is_not_ours_is_a_bad_request(db: None, host: str):
    client = Client(raise_request_exception=False)
    answer = client.get("/sign-in/", headers={"Host": host}) if host else client.get("/sign-in/", SERVER_NAME="evil")
    assert answer.status_code == 400
    assert b"evil" not in answer.content


def test_a_forwarded_host_is_not_believed(db: None):
    answer = Client().get("/sessions/", headers={"X-Forwarded-Host": "evil.example", "X-Original-URL": "/queue/"})
    assert answer["Location"] == "/sign-in/?next=%2Fsessions%2F"


@pytest.mark.parametrize("name", ["X-Remote-User", "Remote-User", "X-Forwarded-User", "Authorization", "X-User"])
def test_nobody_is_whom_a_header_says(world: World, name: str):
    assert Client().get("/queue/", headers={name: "engineer@mega.example"}).status_code == 302


def test_outside_the_demo_nothing_of_it_exists(stage: Stage, settings: Any):
    settings.DEMO_MODE = False
    demo = [route.name for route in walk() if route.access and route.access.audience == Audience.DEMO]
    assert demo
    for key in ("anonymous", "contact_a", "engineer"):
        visitor = Visitor(stage.people[key])
        for route in demo:
            for case in TABLE[route](stage, stage.people[key]):
                for verb in ("GET", "POST"):
                    assert visitor.ask(verb, case.address(route), case).status_code == 404, (route, verb)
        page = visitor.client.get("/sign-in/", follow=True).content.decode()
        assert reverse("demo_sign_in") not in page
        assert "Decoy" not in page
    for route in ("mailbox", "mail"):
        case = _first(stage, route, "contact_a")
        assert Visitor(stage.people["contact_a"]).ask("GET", case.address(route), case).status_code == 404
