"""Single sign-on: an identity opens the account that was connected to it, in its provider's house, and nothing else."""

import html
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.db import connection
from django.test import Client
from playwright.sync_api import BrowserContext, expect

from accounts import outgoing, services, sign_on
from accounts.actors import SIGN_ON_KEY
from accounts.errors import Invalid
from accounts.models import AuditEntry, Membership, User
from accounts.models import IdentityProvider as StoredProvider
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from tests.web.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.worlds import PASSWORD, START, World, as_system, build_world, user_of

SignIn = Callable[[Actor], Client]


@pytest.fixture
def world(committed_db) -> World:
    cache.clear()
    return build_world(customers=1)


@pytest.fixture
def outside() -> Iterator[IdentityProvider]:
    made = IdentityProvider()
    yield made
    made.stop()


@pytest.fixture
def inside(world: World, outside: IdentityProvider) -> StoredProvider:
    """The single sign-on of the world's provider."""
    return configured(world, outside.issuer)


def configured(world: World, issuer: str) -> StoredProvider:
    administrator = world.staff["administrator"]
    with acting_as(administrator):
        told = {"name": "MEGA accounts", "issuer": issuer, "client_id": CLIENT, "secret": SECRET}
        return sign_on.configure(actor=administrator, at=datetime.now(UTC), **told)


def key(world: World, row: StoredProvider) -> str:
    return sign_on.key_of(world.provider.id, row.id)


def led_to(answer) -> str:
    """The address that a page of ours leads on to."""
    assert answer.status_code == 200, answer.content.decode()
    return html.unescape(re.search(r'content="0;url=([^"]+)"', answer.content.decode())[1])


def sent_back(client: Client, outside: IdentityProvider, answer):
    """Press the button there, and come back here with the same browser."""
    back = urlsplit(outside.answer_to(led_to(answer)))
    return client.get(f"{back.path}?{back.query}")


def leave(client: Client):
    return client.post("/sign-in/company/", {"provider": "MEGA"})


def connect(client: Client, world: World, inside: StoredProvider, outside: IdentityProvider):
    given = {"key": key(world, inside), "password": PASSWORD, "act": "connect"}
    return sent_back(client, outside, client.post("/settings/sign-on/", given))


@pytest.fixture
def connected(world: World, inside: StoredProvider, outside: IdentityProvider, sign_in: SignIn) -> Actor:
    engineer = world.staff["engineer"]
    answer = connect(sign_in(engineer), world, inside, outside)
    assert (answer.status_code, answer["Location"]) == (303, "/settings/sign-on/")
    return engineer


def test_a_connected_account_comes_in_by_its_identity(world: World, connected: Actor, outside: IdentityProvider):
    client = Client()
    answer = sent_back(client, outside, leave(client))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Engineer MEGA" in client.get("/queue/").content.decode()
    assert client.session[SIGN_ON_KEY] == str(world.provider.id)
    with as_system(world):
        assert [row.act for row in AuditEntry.objects.order_by("id")] == ["sign_on_changed", "sign_on_linked"]


def test_an_unknown_identity_opens_nothing_whatever_address_it_tells(
    world: World, connected: Actor, outside: IdentityProvider
):
    outside.subject = "2002"
    outside.claims = {"email": user_of(connected).email, "email_verified": True, "preferred_username": "engineer"}
    before = User.objects.count()
    client = Client()
    answer = sent_back(client, outside, leave(client))
    assert answer.status_code == 403
    assert client.get("/queue/").status_code == 302
    assert (User.objects.count(), SocialAccount.objects.count()) == (before, 1)


@pytest.mark.parametrize(
    "lie",
    [{"aud": "somebody else"}, {"iss": "https://elsewhere.example"}, {"exp": 1}, {"sub": ""}, {"sub": None}, "key"],
)
def test_a_word_that_is_not_for_us_or_not_signed_by_the_issuer_opens_nothing(
    world: World, connected: Actor, outside: IdentityProvider, lie
):
    if lie == "key":
        outside.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        outside.claims = lie
    client = Client()
    assert sent_back(client, outside, leave(client)).status_code in {400, 403}
    assert client.get("/queue/").status_code == 302


def test_an_answer_is_good_for_the_browser_that_left_and_once(
    world: World, connected: Actor, outside: IdentityProvider
):
    client, thief = Client(), Client()
    back = urlsplit(outside.answer_to(led_to(leave(client))))
    assert thief.get(f"{back.path}?{back.query}").status_code == 400
    assert client.get(f"{back.path}?{back.query}").status_code == 302
    client.post("/sign-out/")
    assert client.get(f"{back.path}?{back.query}").status_code == 400
    assert client.get("/queue/").status_code == 302


def test_the_word_of_one_provider_opens_nothing_with_another(world: World, connected: Actor, outside: IdentityProvider):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    with acting_as(other.system):
        told = {"provider_id": other.provider.id, "user": user_of(connected), "at": START}
        place = services.add_membership(**told, role=Role.ENGINEER_N1, display_name="Consultant")
    client = Client()
    sent_back(client, outside, leave(client))
    assert client.post("/places/choose/", {"membership": str(place.id)}).status_code == 404
    with as_system(world):
        Membership.objects.filter(pk=connected.person).update(is_active=False)
    assert client.get("/queue/").status_code == 403


def test_such_a_session_connects_nothing(world: World, inside, connected: Actor, outside: IdentityProvider):
    client = Client()
    sent_back(client, outside, leave(client))
    given = {"key": key(world, inside), "password": PASSWORD, "act": "connect"}
    assert client.post("/settings/sign-on/", given).status_code == 422


def test_such_a_session_sees_and_ends_no_session_but_itself(
    world: World, connected: Actor, outside: IdentityProvider, sign_in: SignIn
):
    by_password, client = sign_in(connected), Client()
    sent_back(client, outside, leave(client))
    page = client.get("/sessions/")
    assert [row["current"] for row in page.context["rows"]] == [True]
    assert "only this session is shown" in page.content.decode()
    others = UserSession.objects.exclude(session_key=client.session.session_key).values_list("pk", flat=True)
    assert others
    for wanted in ("others", *map(str, others)):
        assert client.post("/sessions/end/", {"session": wanted}).status_code == 409
    assert by_password.get("/queue/").status_code == 200
    assert len(by_password.get("/sessions/").context["rows"]) > 1


def test_such_a_session_changes_no_second_factor(
    world: World, connected: Actor, outside: IdentityProvider, sign_in: SignIn
):
    client, home = Client(), "/settings/second-factor/"
    sent_back(client, outside, leave(client))
    page = client.get(home).content.decode()
    assert "You came in by single sign-on." in page
    secret = re.search(r"data-secret>([A-Z2-7 ]+)<", page)[1].replace(" ", "")
    ticket = html.unescape(re.search(r'name="ticket" value="([^"]+)"', page)[1])
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    answer = client.post(home, {"ticket": ticket, "code": code, "password": PASSWORD})
    assert answer.status_code == 422
    assert "Sign in with your password first." in answer.content.decode()
    assert not Authenticator.objects.exists()
    TOTP.activate(user_of(connected), "A" * 32)
    for act in ("codes/", "remove/"):
        answer = client.post(f"{home}{act}", {"password": PASSWORD})
        assert answer.status_code == 422
        assert "Sign in with your password first." in answer.content.decode()
    assert [row.type for row in Authenticator.objects.all()] == ["totp"]


def test_attempts_to_leave_for_another_house_are_counted(world: World, inside, outside: IdentityProvider, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    answers = [leave(Client()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Retry-After" in answers[-1] and "Too many attempts" in answers[-1].content.decode()


@pytest.mark.parametrize("how", ["drips its header", "drips its body", "is endless", "is endless and redirects"])
def test_an_issuer_that_drips_or_never_ends_is_left(world: World, monkeypatch, how: str):
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 1)
    with misbehaving(how) as (issuer, sent):
        configured(world, issuer)
        start = time.monotonic()
        assert leave(Client()).status_code == 503
        assert time.monotonic() - start < 4
        assert sum(sent) < 8 * outgoing.LONGEST_ANSWER


@contextmanager
def misbehaving(how: str) -> Iterator[tuple[str, list[int]]]:
    """An issuer that answers one call badly, and the sizes of what it sent."""
    sent: list[int] = []
    first = b"302 Found\r\nLocation: /" if how.endswith("redirects") else b"200 OK\r\nX-A: "

    def answer(door: socket.socket) -> None:
        with suppress(OSError):
            line, _where = door.accept()
            line.recv(4096)
            line.sendall(b"HTTP/1.1 " + first)
            if how != "drips its header":
                line.sendall(b"x\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = b"2000\r\n" + b" " * 0x2000 + b"\r\n" if how.startswith("is endless") else b"0"
            while sum(sent) < 10**8:
                line.sendall(piece)
                sent.append(len(piece))
                time.sleep(0 if len(piece) > 1 else 0.05)

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=answer, args=[door], daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}", sent


def test_no_transaction_waits_for_another_house(world: World, inside, outside, sign_in: SignIn, monkeypatch):
    seen: list[bool] = []
    ask = outgoing.OutgoingSession.request

    def noticed(*args, **options):
        seen.append(connection.in_atomic_block)
        return ask(*args, **options)

    monkeypatch.setattr(outgoing.OutgoingSession, "request", noticed)
    assert connect(sign_in(world.staff["engineer"]), world, inside, outside).status_code == 303
    visitor = Client()
    assert sent_back(visitor, outside, leave(visitor)).status_code == 302
    assert len(seen) > 3 and not any(seen)


def test_after_another_key_there_is_no_single_sign_on_and_the_log_says_what_to_do(
    world: World, inside, sign_in: SignIn, settings, caplog
):
    settings.SECRET_KEY = "another key for everything that is signed and kept"
    assert leave(Client()).status_code == 422
    assert sign_in(world.staff["engineer"]).get("/settings/sign-on/").status_code == 200
    assert "HELPDESK_OLD_SECRET_KEYS" in caplog.text


def test_an_account_with_a_second_factor_is_asked_for_it(world: World, connected: Actor, outside: IdentityProvider):
    TOTP.activate(user_of(connected), "A" * 32)
    assert Authenticator.objects.count() == 1
    client = Client()
    answer = sent_back(client, outside, leave(client))
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/code/")
    assert client.get("/queue/").status_code == 302


@pytest.mark.parametrize("how", ["user", "switched off"])
def test_who_is_disabled_or_where_it_is_switched_off_nobody_comes_in(
    world: World, inside, connected: Actor, outside: IdentityProvider, how: str
):
    client = Client()
    on_the_way = leave(client)
    if how == "user":
        User.objects.filter(pk=connected.user_id).update(is_active=False)
    else:
        administrator = world.staff["administrator"]
        with acting_as(administrator):
            sign_on.switch_off(actor=administrator, at=datetime.now(UTC))
    assert sent_back(client, outside, on_the_way).status_code in {400, 403}
    assert client.get("/queue/").status_code == 302


def test_connecting_needs_the_password_and_an_identity_that_is_free(
    world: World, inside, connected: Actor, outside: IdentityProvider, sign_in: SignIn
):
    manager = sign_in(world.staff["manager"])
    wrong = {"key": key(world, inside), "password": "wrong", "act": "connect"}
    assert manager.post("/settings/sign-on/", wrong).status_code == 422
    assert connect(manager, world, inside, outside).status_code == 409
    assert SocialAccount.objects.count() == 1


def test_disconnecting_leaves_the_password_alone(world: World, inside, connected: Actor, outside, sign_in: SignIn):
    client = sign_in(connected)
    given = {"key": key(world, inside), "password": PASSWORD, "act": "disconnect"}
    assert client.post("/settings/sign-on/", given).status_code == 303
    assert sent_back(Client(), outside, leave(visitor := Client())).status_code == 400
    assert sent_back(visitor, outside, leave(visitor)).status_code == 403
    assert sign_in(connected).get("/queue/").status_code == 200


def test_another_issuer_inherits_no_identities(world: World, connected: Actor, outside: IdentityProvider):
    newer = IdentityProvider()
    configured(world, newer.issuer)
    client = Client()
    answer = sent_back(client, newer, leave(client))
    newer.stop()
    assert answer.status_code == 403


def test_an_issuer_that_cannot_be_reached_is_told_and_not_waited_for(world: World, inside, outside: IdentityProvider):
    outside.stop()
    assert leave(Client()).status_code == 503
    assert Client().post("/sign-in/company/", {"provider": "nobody"}).status_code == 422


def test_the_secret_is_not_readable_in_the_database_nor_on_the_page(world: World, inside, sign_in: SignIn):
    assert SECRET not in inside.secret
    page = sign_in(world.staff["administrator"]).get("/administration/security/").content.decode()
    assert inside.issuer in page
    assert SECRET not in page and inside.secret not in page


@pytest.mark.parametrize(
    "issuer",
    [
        "http://sign-on.example",
        "https://localhost",
        "https://127.0.0.1",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://2130706433",
        "https://0x7f000001",
        "https://127.1",
        "https://user@sign-on.example",
        "https://sign-on.example:25",
        "https://sign-on.example/?x=1",
        "file:///etc/passwd",
        "gopher://sign-on.example",
        "https://",
        "",
    ],
)
def test_addresses_inside_the_house_are_not_called(world: World, settings, issuer: str):
    settings.SIGN_ON_LOCAL = False
    with pytest.raises(Invalid) as refusal:
        configured(world, issuer)
    assert "issuer" in refusal.value.errors
    assert outgoing.is_callable("https://sign-on.example/tenant")


def test_other_staff_set_nothing_up(world: World, sign_in: SignIn):
    given = {"name": "Mine", "issuer": "https://mine.example", "client_id": "x", "secret": "y"}
    for who in ("engineer", "manager", "auditor"):
        assert sign_in(world.staff[who]).post("/administration/security/sign-on/", given).status_code == 403
    with as_system(world):
        assert not StoredProvider.objects.exists()


@contextmanager
def watched(context: BrowserContext) -> Iterator[list[str]]:
    """What the browser complains of on our pages."""
    complaints: list[str] = []
    context.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    yield complaints


def test_from_the_button_to_the_queue_in_a_browser(new_context, world: World, inside, outside: IdentityProvider):
    """Connect once, sign out, come back in through the identity provider: with our content policy in force."""
    context = new_context()
    page = context.new_page()
    with watched(context) as complaints:
        page.goto("/sign-in/")
        page.get_by_label("E-mail address").fill("engineer@mega.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/queue/**")
        page.goto("/settings/sign-on/")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Connect").click()
        page.get_by_role("link", name="It is me").click()
        expect(page.get_by_text("connected", exact=True)).to_be_visible()
        page.locator("summary", has_text="Account of").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("link", name="Sign in with the account of your organisation").click()
        page.get_by_label("Short name of the software vendor").fill("mega")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("link", name="It is me").click()
        page.wait_for_url("**/queue/**")
    assert [text for text in complaints if "Content Security Policy" in text] == []
