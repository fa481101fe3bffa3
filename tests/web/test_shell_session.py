"""Sign-in, sign-out and the sessions of an account."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.models import AccessRecord, DemoAccount, User
from accounts.roles import Role
from tests.worlds import PASSWORD, World, build_world, user_of

NO_LIMITS = override_settings(ACCOUNT_RATE_LIMITS={"login": "1000/m/ip", "login_failed": "1000/m/ip"})


def attempt(client: Client, email: str, password: str = PASSWORD, **extra: str):
    return client.post("/sign-in/", {"email": email, "password": password}, **extra)


def told(answer) -> str:
    """The page without what differs at every request."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": "[^"]+"', "", answer.content.decode())
    return re.sub(r'data-now="[^"]+"|value="[^"@]+@[^"]+"', "", page)


def test_the_right_password_opens_a_session_under_a_new_key(world: World):
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["before"] = "1"
    session.save()
    old = session.session_key
    answer = attempt(client, "engineer@mega.example")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key != old
    assert client.get("/sessions/").status_code == 200


def test_the_address_may_be_written_in_any_case(world: World):
    assert attempt(Client(), "Engineer@MEGA.example").status_code == 302


def test_wrong_unknown_and_disabled_are_told_apart_by_nobody(world: World):
    User.objects.filter(email="manager@mega.example").update(is_active=False)
    answers = [
        attempt(Client(), "engineer@mega.example", "wrong password"),
        attempt(Client(), "nobody@mega.example"),
        attempt(Client(), "manager@mega.example"),
        attempt(Client(), "manager@mega.example", "wrong password"),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert len({told(answer) for answer in answers}) == 1
    assert "do not open an account" in answers[0].content.decode()
    assert AccessRecord.objects.filter(kind="sign_in_failed").count() == 4


class CountingHasher(Argon2PasswordHasher):
    """Argon2 at its smallest, counting how often it really works."""

    time_cost, memory_cost, parallelism = 1, 8, 1
    worked = 0

    def encode(self, password, salt):
        CountingHasher.worked += 1
        return super().encode(password, salt)

    def verify(self, password, encoded):
        CountingHasher.worked += 1
        return super().verify(password, encoded)


@NO_LIMITS
@pytest.mark.parametrize("attributes", [{}, {"is_active": False}])
def test_a_failed_sign_in_costs_the_same_for_known_and_unknown(db, attributes: dict):
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.CountingHasher"]):
        User.objects.create_user("known@mega.example", PASSWORD, **attributes)
        costs = []
        for email, password in (("known@mega.example", "wrong"), ("unknown@mega.example", "wrong")):
            cache.clear()
            CountingHasher.worked = 0
            with CaptureQueriesContext(connection) as queries:
                assert attempt(Client(), email, password).status_code == 400
            costs.append((CountingHasher.worked, len(queries)))
    assert costs[0] == costs[1]
    assert costs[0][0] == 1


def test_a_disabled_user_is_out_at_the_next_request(world: World, sign_in: Callable):
    client = sign_in(world.staff["engineer"])
    assert client.get("/sessions/").status_code == 200
    User.objects.filter(email="engineer@mega.example").update(is_active=False)
    answer = client.get("/sessions/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=%2Fsessions%2F")


def test_too_many_attempts_are_refused_even_with_the_right_password(world: World):
    client = Client()
    for number in range(5):
        assert attempt(client, "engineer@mega.example", f"wrong {number}").status_code == 400
    answer = attempt(client, "engineer@mega.example")
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert "Too many attempts" in answer.content.decode()


def test_a_forged_forwarded_address_does_not_lift_the_limit(world: World):
    answers = [
        attempt(Client(), f"person{number}@mega.example", "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
        for number in range(11)
    ]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]


def test_the_count_survives_although_failed_requests_roll_back(committed_db):
    build_world()
    client = Client()
    for number in range(5):
        attempt(client, "engineer@mega.example", f"wrong {number}")
        connection.close()
    assert attempt(client, "engineer@mega.example").status_code == 429


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "\\\\evil.example/",
        "/\\evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "http://localhost.evil.example/",
        "http://127.0.0.1:9/",
        "/\t/evil.example",
        "\x00/",
        "evil.example",
        "",
    ],
)
def test_sign_in_leads_nowhere_else(world: World, target: str):
    data = {"email": "engineer@mega.example", "password": PASSWORD, "next": target}
    assert Client().post("/sign-in/", data)["Location"] == "/"


def test_sign_in_leads_back_to_the_page_that_asked_for_it(world: World):
    client = Client()
    asked = client.get("/mailbox/?page=2", follow=True)
    assert asked.redirect_chain == [("/sign-in/?next=%2Fmailbox%2F%3Fpage%3D2", 302)]
    assert 'name="next" value="/mailbox/?page=2"' in asked.content.decode()
    data = {"email": "engineer@mega.example", "password": PASSWORD, "next": "/mailbox/?page=2"}
    assert client.post("/sign-in/", data)["Location"] == "/mailbox/?page=2"


def test_a_form_that_failed_keeps_the_address_but_not_the_password(world: World):
    page = attempt(Client(), "engineer@mega.example", "wrong password").content.decode()
    assert 'value="engineer@mega.example"' in page
    assert "wrong password" not in page


@pytest.mark.parametrize(
    ("email", "password"),
    [("a\x00b@mega.example", PASSWORD), ("engineer@mega.example", "a\x00b"), ("x" * 400, "y" * 5000), ("", "")],
)
def test_naughty_credentials_are_an_ordinary_failure(world: World, email: str, password: str):
    assert attempt(Client(), email, password).status_code == 400


def test_signing_out_takes_a_post_ends_the_session_and_clears_the_browser(world: World, sign_in: Callable):
    client = sign_in(world.staff["engineer"])
    key = client.session.session_key
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/sessions/").status_code == 200
    answer = client.post("/sign-out/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/sessions/").status_code == 302
    thief = Client()
    thief.cookies["session"] = key
    assert thief.get("/sessions/").status_code == 302


def test_forms_need_their_token(world: World):
    strict = Client(enforce_csrf_checks=True)
    for address in ("/sign-in/", "/sign-out/", "/demo/sign-in/", "/settings/language/", "/settings/appearance/"):
        answer = strict.post(address, {"email": "engineer@mega.example", "password": PASSWORD})
        assert answer.status_code == 403
        assert "This form is no longer valid" in answer.content.decode()


def test_the_sessions_page_shows_each_device_and_ends_the_others(world: World, sign_in: Callable):
    here, there = sign_in(world.staff["engineer"]), sign_in(world.staff["engineer"])
    firefox = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    UserSession.objects.filter(session_key=there.session.session_key).update(user_agent=firefox)
    page = here.get("/sessions/").content.decode()
    assert page.count("<span>this device</span>") == 1
    assert "Firefox on Windows" in page
    numbers = re.findall(r'name="session" value="(\d+)"', page)
    assert len(numbers) == 1
    assert here.post("/sessions/end/", {"session": numbers[0]})["Location"] == "/sessions/"
    assert there.get("/sessions/").status_code == 302
    assert here.get("/sessions/").status_code == 200


def test_a_forged_forwarded_address_is_not_shown(world: World):
    client = Client(headers={"X-Forwarded-For": "203.0.113.9"})
    assert attempt(client, "engineer@mega.example").status_code == 302
    page = client.get("/sessions/").content.decode()
    assert "203.0.113.9" not in page
    assert "127.0.0.1" in page


def test_end_all_others_leaves_this_one(world: World, sign_in: Callable):
    here, one, two = (sign_in(world.staff["engineer"]) for _ in range(3))
    assert here.post("/sessions/end/", {"session": "others"}).status_code == 302
    assert [client.get("/sessions/").status_code for client in (here, one, two)] == [200, 302, 302]


@pytest.mark.parametrize("session", ["", "0", "abc", "999999", "\x00", "9" * 40])
def test_a_session_that_is_not_ones_own_does_not_exist(world: World, sign_in: Callable, session: str):
    mine = sign_in(world.staff["engineer"])
    other = sign_in(world.staff["manager"])
    assert mine.post("/sessions/end/", {"session": session}).status_code == 404
    assert other.get("/sessions/").status_code == 200


def test_nobody_ends_the_session_of_another_person(world: World, sign_in: Callable):
    mine, other = sign_in(world.staff["engineer"]), sign_in(world.staff["manager"])
    sign_in(world.staff["manager"])
    number = re.search(r'name="session" value="(\d+)"', other.get("/sessions/").content.decode()).group(1)
    assert mine.post("/sessions/end/", {"session": number}).status_code == 404
    assert len(re.findall(r'name="session" value="\d+"', other.get("/sessions/").content.decode())) == 1


def offer(world: World) -> DemoAccount:
    actor = world.staff["engineer"]
    return DemoAccount.objects.create(
        user=user_of(actor),
        position=1,
        name=actor.name,
        role=Role.ENGINEER_N1,
        organisation="MEGA",
        provider_name="MEGA",
    )


def test_the_demo_signs_in_with_one_click(world: World, settings):
    settings.DEMO_MODE = True
    account = offer(world)
    client = Client()
    page = client.get("/sign-in/").content.decode()
    assert f'name="account" value="{account.user_id}"' in page
    assert client.post("/demo/sign-in/", {"account": str(account.user_id)}).status_code == 302
    assert client.get("/sessions/").status_code == 200


def test_the_demo_opens_no_account_that_it_does_not_offer(world: World, settings):
    settings.DEMO_MODE = True
    offer(world)
    client = Client()
    for account in (str(user_of(world.staff["manager"]).pk), "", "x", "\x00"):
        assert client.post("/demo/sign-in/", {"account": account})["Location"] == "/sign-in/"
    assert client.get("/sessions/").status_code == 302


def test_without_demo_mode_there_is_no_demo_sign_in(world: World, settings):
    settings.DEMO_MODE = False
    account = offer(world)
    client = Client()
    assert str(account.user_id) not in client.get("/sign-in/").content.decode()
    assert client.post("/demo/sign-in/", {"account": str(account.user_id)}).status_code == 404
    assert client.get("/styleguide/").status_code == 404
    assert client.get("/sessions/").status_code == 302


def test_an_account_without_membership_is_told_so_and_can_leave(db):
    User.objects.create_user("alone@mega.example", PASSWORD)
    client = Client()
    assert attempt(client, "alone@mega.example")["Location"] == "/"
    answer = client.get("/")
    assert answer.status_code == 403
    assert "no access to any organisation" in answer.content.decode()
    assert 'action="/sign-out/"' in answer.content.decode()


def test_a_chosen_language_is_also_that_of_the_mails(world: World, sign_in: Callable):
    engineer = world.staff["engineer"]
    sign_in(engineer).post("/settings/language/", {"language": "fr", "next": "/queue/"})
    assert User.objects.get(pk=engineer.user_id).language == "fr"
    assert User.objects.get(pk=world.staff["second"].user_id).language == "en"


FROM = "http://testserver"


@pytest.mark.parametrize(
    ("referer", "target"),
    [
        (f"{FROM}/cases/new/?contract=1", "/cases/new/?contract=1"),
        (f"{FROM}/tickets/MEGA-1001/", "/tickets/MEGA-1001/"),
        (f"{FROM}/tickets/MEGA-1001/reply/?x=1", "/tickets/MEGA-1001/"),
        (f"{FROM}/", ""),
        (f"{FROM}//evil.example/cases/", ""),
        ("https://evil.example/cases/", ""),
        ("http://testserver.evil.example/cases/", ""),
        ("http://[/", ""),
        ("/cases/", ""),
        ("", ""),
    ],
)
def test_a_form_sent_after_the_session_leads_back_to_its_page(db, referer: str, target: str):
    answer = Client().post("/tickets/MEGA-1001/reply/", {"body": "x"}, headers={"Referer": referer})
    query = "?" + urlencode({"next": target}) if target else ""
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/{query}")


def test_a_part_sent_after_the_session_leaves_what_was_typed(db):
    headers = {"Referer": f"{FROM}/tickets/MEGA-1001/", "HX-Request": "true"}
    answer = Client().post("/tickets/MEGA-1001/reply/", {"body": "x"}, headers=headers)
    page = answer.content.decode()
    assert (answer.status_code, answer["HX-Retarget"]) == (401, "#toasts")
    assert "HX-Redirect" not in answer
    assert "You are signed out" in page
    assert 'href="/sign-in/?next=%2Ftickets%2FMEGA-1001%2F" target="_blank"' in page
