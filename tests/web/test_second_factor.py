"""The second factor: set up, asked for, given up, demanded; guesses are counted and codes work once."""

import html
import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect

from accounts import encryption
from accounts.models import AuditEntry
from accounts.tenancy import Actor
from tests.api.programs import program_of
from tests.worlds import PASSWORD, World, as_system, build_world, user_of

SignIn = Callable[[Actor], Client]
HOME = "/settings/second-factor/"


@pytest.fixture
def world(committed_db) -> World:
    cache.clear()
    return build_world(customers=1)


def code_of(secret: str) -> str:
    """What an app shows now; waits where it would be another one in a moment."""
    left = 30 - time.time() % 30
    time.sleep(left if left < 4 else 0)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def shown(client: Client) -> tuple[str, str]:
    """Secret and ticket of the page."""
    page = client.get(HOME).content.decode()
    secret = re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1].replace(" ", "")
    return secret, html.unescape(re.search(r'name="ticket" value="([^"]+)"', page)[1])


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set the factor up; its secret and the recovery codes."""
    secret, ticket = shown(client)
    answer = client.post(HOME, {"ticket": ticket, "code": code_of(secret), "password": PASSWORD})
    assert answer.status_code == 200, answer.content.decode()
    # The code that was shown as a proof is used up; half a minute later there is another one.
    cache.clear()
    return secret, re.findall(r'mono">(\d{8})<', answer.content.decode())


def second_step(actor: Actor) -> Client:
    client = Client()
    answer = client.post("/sign-in/", {"email": user_of(actor).email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/code/")
    return client


def acts(world: World) -> list[str]:
    with as_system(world):
        return list(AuditEntry.objects.order_by("id").values_list("act", flat=True))


def test_after_setting_it_up_the_password_alone_opens_nothing(world: World, sign_in: SignIn):
    engineer = world.staff["engineer"]
    secret, codes = set_up(sign_in(engineer))
    assert len(set(codes)) == 10
    client = second_step(engineer)
    assert client.get("/queue/").status_code == 302
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 400
    assert client.get("/queue/").status_code == 302
    now = code_of(secret)
    assert client.post("/sign-in/code/", {"code": now}).status_code == 302
    assert client.get("/queue/").status_code == 200
    assert second_step(engineer).post("/sign-in/code/", {"code": now}).status_code == 400
    assert acts(world) == ["second_factor_added"]


def test_a_recovery_code_opens_once_and_new_ones_replace_the_old(world: World, sign_in: SignIn):
    engineer = world.staff["engineer"]
    client = sign_in(engineer)
    _, codes = set_up(client)
    assert second_step(engineer).post("/sign-in/code/", {"code": codes[0]}).status_code == 302
    assert second_step(engineer).post("/sign-in/code/", {"code": codes[0]}).status_code == 400
    assert "9 left" in client.get(HOME).content.decode()
    answer = client.post(f"{HOME}codes/", {"password": PASSWORD})
    newer = re.findall(r'mono">(\d{8})<', answer.content.decode())
    assert not set(newer) & set(codes)
    assert second_step(engineer).post("/sign-in/code/", {"code": codes[1]}).status_code == 400
    assert second_step(engineer).post("/sign-in/code/", {"code": newer[1]}).status_code == 302


def test_secrets_are_not_readable_in_the_database(world: World, sign_in: SignIn):
    secret, codes = set_up(sign_in(world.staff["engineer"]))
    stored = str([row.data for row in Authenticator.objects.all()])
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_guesses_at_the_code_are_limited(world: World, sign_in: SignIn):
    engineer = world.staff["engineer"]
    secret, _ = set_up(sign_in(engineer))
    cache.clear()
    client = second_step(engineer)
    statuses = [client.post("/sign-in/code/", {"code": f"{n:06}"}).status_code for n in range(7)]
    assert statuses[-1] == 429
    assert client.post("/sign-in/code/", {"code": code_of(secret)}).status_code == 429
    assert client.get("/queue/").status_code == 302


def test_guesses_at_the_password_of_an_open_session_are_limited(world: World, sign_in: SignIn):
    client = sign_in(world.staff["engineer"])
    set_up(client)
    cache.clear()
    statuses = [client.post(f"{HOME}remove/", {"password": f"wrong {n}"}).status_code for n in range(12)]
    assert statuses[0] == 422 and statuses[-1] == 429
    assert client.post(f"{HOME}remove/", {"password": PASSWORD}).status_code == 429
    assert Authenticator.objects.filter(type="totp").count() == 1


@pytest.mark.parametrize("wrong", [{"code": "000000"}, {"password": "wrong"}, {"ticket": "forged"}])
def test_nothing_is_set_up_with_a_wrong_code_password_or_ticket(world: World, sign_in: SignIn, wrong: dict):
    client = sign_in(world.staff["engineer"])
    secret, ticket = shown(client)
    answer = client.post(HOME, {"ticket": ticket, "code": code_of(secret), "password": PASSWORD} | wrong)
    assert answer.status_code in {303, 422}
    assert not Authenticator.objects.exists()
    assert acts(world) == []


def test_a_ticket_of_somebody_else_sets_nothing_up(world: World, sign_in: SignIn):
    secret, ticket = shown(sign_in(world.staff["manager"]))
    client = sign_in(world.staff["engineer"])
    assert client.post(HOME, {"ticket": ticket, "code": code_of(secret), "password": PASSWORD}).status_code == 303
    assert not Authenticator.objects.exists()


def test_removing_needs_the_password_and_opens_the_account_to_it_alone(world: World, sign_in: SignIn):
    engineer = world.staff["engineer"]
    client = sign_in(engineer)
    set_up(client)
    assert client.post(f"{HOME}remove/", {"password": "wrong"}).status_code == 422
    assert client.post(f"{HOME}remove/", {"password": PASSWORD}).status_code == 303
    assert not Authenticator.objects.exists()
    assert sign_in(engineer).get("/queue/").status_code == 200
    assert acts(world) == ["second_factor_added", "second_factor_removed"]


def test_staff_of_whom_it_is_demanded_set_it_up_before_anything_else(world: World, sign_in: SignIn):
    admin, engineer = sign_in(world.staff["administrator"]), sign_in(world.staff["engineer"])
    contact = sign_in(world.customers[0].contact)
    rule = "/administration/security/second-factor/"
    assert engineer.post(rule, {"demanded": "1"}).status_code == 403
    assert admin.post(rule, {"demanded": "1"}).status_code == 303
    for address in ("/queue/", "/sessions/", "/settings/", "/notifications/"):
        answer = engineer.get(address)
        assert (answer.status_code, answer["Location"]) == (302, HOME), address
    ticket = world.file()
    assert engineer.post(f"/tickets/{ticket.reference}/take/")["Location"] == HOME
    assert engineer.get("/api/v1/contracts").status_code == 403
    assert contact.get("/cases/").status_code == 200
    set_up(engineer)
    assert engineer.get("/queue/").status_code == 200
    assert engineer.post(f"{HOME}remove/", {"password": PASSWORD}).status_code == 422
    assert Authenticator.objects.filter(type="totp").exists()
    set_up(admin)
    admin.post(rule, {"demanded": "0"})
    assert engineer.post(f"{HOME}remove/", {"password": PASSWORD}).status_code == 303
    assert engineer.get("/queue/").status_code == 200
    assert acts(world)[0] == "second_factor_demanded"
    assert "second_factor_waived" in acts(world)


def test_a_token_of_staff_opens_nothing_either_before_the_second_factor_is_set_up(world: World, sign_in: SignIn):
    engineer = world.staff["engineer"]
    program, customers = program_of(engineer), program_of(world.customers[0].contact)
    sign_in(world.staff["administrator"]).post("/administration/security/second-factor/", {"demanded": "1"})
    answer = program.get("contracts")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed")
    assert customers.get("contracts").status_code == 200
    set_up(sign_in(engineer))
    assert program.get("contracts").status_code == 200


def test_after_another_key_codes_are_wrong_and_the_log_says_what_to_do(world: World, sign_in: SignIn, settings, caplog):
    engineer = world.staff["engineer"]
    secret, codes = set_up(sign_in(engineer))
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key for everything that is signed and kept"
    client = second_step(engineer)
    for code in (code_of(secret), codes[0]):
        answer = client.post("/sign-in/code/", {"code": code})
        assert answer.status_code == 400
        assert "This code is wrong" in answer.content.decode()
    assert "HELPDESK_OLD_SECRET_KEYS" in caplog.text
    settings.SECRET_KEY_FALLBACKS = [former]
    assert second_step(engineer).post("/sign-in/code/", {"code": codes[0]}).status_code == 302


def test_recovery_codes_that_cannot_be_read_are_not_counted_as_left(world: World, sign_in: SignIn, monkeypatch):
    client = sign_in(world.staff["engineer"])
    set_up(client)
    monkeypatch.setattr(encryption, "_PURPOSE", b"keys for something else")
    assert "0 left" in client.get(HOME).content.decode()
    answer = client.post(f"{HOME}codes/", {"password": PASSWORD})
    assert len(re.findall(r'mono">(\d{8})<', answer.content.decode())) == 10
    assert "10 left" in client.get(HOME).content.decode()


def test_set_up_and_used_in_a_browser(new_context, world: World):
    """From the page with the picture to the queue, by a person with an app, without a complaint of the browser."""
    page = new_context(viewport={"width": 360, "height": 800}).new_page()
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)

    def enter() -> None:
        page.goto("/sign-in/?next=/settings/second-factor/")
        page.get_by_label("E-mail address").fill("engineer@mega.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    enter()
    expect(page.get_by_role("img", name="QR code of the key")).to_be_visible()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.get_by_label("Code that the app shows").fill(code_of(secret))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator("[data-codes] li")).to_have_count(10)
    recovery = page.locator("[data-codes] li").first.inner_text()
    page.context.clear_cookies()
    cache.clear()
    enter()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This code is wrong or was used already.")).to_be_visible()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("10 left")).to_be_visible()
    page.context.clear_cookies()
    enter()
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("9 left")).to_be_visible()
    assert [text for text in complaints if "400" not in text] == []
