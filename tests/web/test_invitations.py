"""An invitation from the form to the first page of the invited person; used twice, late, revoked, empty, looked at."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from accounts import invitations
from accounts.models import AuditEntry, Invitation, Membership, User
from accounts.tenancy import Actor, acting_as
from tests.web.letters import posted
from tests.worlds import PASSWORD, World, as_system, build_world, user_of

Login = Callable[[str], AbstractContextManager[None]]
ADDRESS = "new.person@elsewhere.example"
GOOD = "seven quiet green herons"


@pytest.fixture
def world(committed_db) -> World:
    """With real commits: links are opened outside the request's transaction."""
    return build_world()


@pytest.fixture
def admin(world: World, sign_in: Callable[[Actor], Client]) -> Client:
    return sign_in(world.staff["administrator"])


@pytest.fixture
def deliver(database_login: Login) -> Callable[..., list[str]]:
    """``deliver(hours=0)``: the worker sends what waits; the secrets of the links."""

    def send(**later: int) -> list[str]:
        with database_login("worker"):
            return posted(datetime.now(UTC) + timedelta(**later))

    return send


def form(world: World, **given: str) -> dict[str, str]:
    customer = str(world.customers[0].customer.id)
    told = {"email": ADDRESS, "display_name": "New Person", "role": "contact", "language": "en", "customer": customer}
    return told | given


@pytest.fixture
def secret(world: World, admin: Client, deliver: Callable[..., list[str]]) -> Iterator[str]:
    assert admin.post("/administration/invitations/", form(world)).status_code == 303
    [made] = deliver()
    yield made


def take_up(client: Client, secret: str, **given: str):
    return client.post("/join/", {"invitation": secret, "display_name": "New Person", "password": GOOD} | given)


def the_one(world: World) -> Invitation:
    with as_system(world):
        return Invitation.objects.get()


def has_account() -> bool:
    return User.objects.filter(email=ADDRESS).exists()


def test_the_invited_person_chooses_a_password_and_is_in(world: World, secret: str):
    row = the_one(world)
    assert secret not in str(row.__dict__) and len(row.digest) == 64
    [sent] = mail.outbox
    assert sent.to == [ADDRESS]
    assert "Administrator MEGA" in sent.subject and "MEGA" in sent.body
    client = Client()
    page = client.get("/join/", {"invitation": secret}).content.decode()
    assert "Customer A of MEGA" in page and ADDRESS in page
    answer = take_up(client, secret)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/cases/").status_code == 200
    user = User.objects.get(email=ADDRESS)
    assert user.check_password(GOOD)
    with as_system(world):
        member = Membership.objects.get(user=user)
        assert (member.role, member.customer_id) == ("contact", world.customers[0].customer.id)
        assert the_one(world).accepted_by_id == member.id
        acts = list(AuditEntry.objects.order_by("id").values_list("act", "actor_name"))
    assert acts == [("invitation_sent", "Administrator MEGA"), ("invitation_accepted", "New Person")]


def test_a_link_works_once(world: World, secret: str):
    assert take_up(Client(), secret).status_code == 302
    second = Client()
    for answer in (
        second.get("/join/", {"invitation": secret}),
        take_up(second, secret, password=f"{GOOD} too"),
    ):
        assert answer.status_code == 410
        assert "taken up already" in answer.content.decode()
    assert User.objects.get(email=ADDRESS).check_password(GOOD)
    with as_system(world):
        assert Membership.objects.filter(user__email=ADDRESS).count() == 1


def test_looking_at_a_link_uses_nothing_up(world: World, secret: str):
    before = the_one(world).__dict__ | {"_state": None}
    for _ in range(3):
        assert Client().get("/join/", {"invitation": secret}).status_code == 200
        assert Client().head("/join/", {"invitation": secret}).status_code == 200
    assert the_one(world).__dict__ | {"_state": None} == before
    assert not has_account()
    assert take_up(Client(), secret).status_code == 302


def test_a_link_is_late_after_seven_days(world: World, secret: str):
    with time_machine.travel(datetime.now(UTC) + timedelta(days=7, minutes=1)):
        offer = invitations.offer_of(secret, datetime.now(UTC))
        assert offer.standing == invitations.Standing.EXPIRED
    with as_system(world):
        Invitation.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    answer = take_up(Client(), secret)
    assert answer.status_code == 410
    assert "has expired" in answer.content.decode()
    assert not has_account()


@pytest.mark.parametrize("wrong", ["", "x", "a" * 43, "\x00" * 43, "é" * 43, "a" * 5000])
def test_an_empty_or_invented_link_opens_nothing(world: World, wrong: str):
    for answer in (Client().get("/join/", {"invitation": wrong}), take_up(Client(), wrong)):
        assert answer.status_code == 410
        assert "not valid" in answer.content.decode()
    assert not has_account()


def test_a_revoked_link_opens_nothing_and_is_not_sent(world: World, admin: Client, secret: str, deliver):
    key = the_one(world).id
    assert admin.post(f"/administration/invitations/{key}/revoke/").status_code == 303
    assert "was revoked" in take_up(Client(), secret).content.decode()
    assert admin.post(f"/administration/invitations/{key}/resend/").status_code == 409
    assert deliver(hours=1) == []
    assert not has_account()


def test_a_link_sent_again_replaces_the_former_one(world: World, admin: Client, secret: str, deliver):
    assert admin.post(f"/administration/invitations/{the_one(world).id}/resend/").status_code == 303
    assert take_up(Client(), secret).status_code == 410
    [newer] = deliver()
    assert newer != secret
    assert take_up(Client(), secret).status_code == 410
    assert take_up(Client(), newer).status_code == 302


@pytest.mark.parametrize("weak", ["short", "123456789012", "password1234", "new.person@elsewhere", ""])
def test_a_weak_password_is_refused_and_the_name_kept(world: World, secret: str, weak: str):
    answer = take_up(Client(), secret, password=weak, display_name="Typed Name")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Typed Name"' in page
    assert weak == "" or f'value="{weak}"' not in page
    assert not has_account()
    assert take_up(Client(), secret).status_code == 302


def test_somebody_with_an_account_signs_in_and_gains_a_place(world: World, admin: Client, deliver, sign_in):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    known = other.customers[0].contact
    address = user_of(known).email
    assert admin.post("/administration/invitations/", form(world, email=address.upper())).status_code == 303
    [secret] = deliver()
    stranger = Client()
    assert 'name="password"' not in stranger.get("/join/", {"invitation": secret}).content.decode()
    assert stranger.post("/join/", {"invitation": secret, "display_name": "X", "password": GOOD}).status_code == 409
    assert user_of(known).check_password(PASSWORD)
    someone_else = sign_in(other.staff["engineer"])
    assert someone_else.post("/join/", {"invitation": secret}).status_code == 409
    client = sign_in(known)
    assert client.post("/join/", {"invitation": secret}).status_code == 303
    assert "Customer A of MEGA" in client.get("/places/").content.decode()
    assert client.post("/join/", {"invitation": secret}).status_code == 410


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "contact.a@mega.example"}, "email"),
        ({"display_name": " "}, "display_name"),
        ({"role": "administrator"}, "role"),
        ({"role": "partner"}, "role"),
        ({"customer": "", "role": "contact"}, "role"),
        ({"language": "de"}, "language"),
    ],
)
def test_an_invitation_that_does_not_fit_is_refused_beside_its_field(world: World, admin: Client, given, wrong):
    answer = admin.post("/administration/invitations/", form(world, **given))
    assert answer.status_code == 422
    assert wrong in answer.context["form"].errors
    with as_system(world):
        assert not Invitation.objects.exists()


def test_a_second_invitation_to_the_same_place_is_refused(world: World, admin: Client):
    assert admin.post("/administration/invitations/", form(world)).status_code == 303
    answer = admin.post("/administration/invitations/", form(world))
    assert answer.status_code == 422
    assert "invited already" in answer.content.decode()


def test_invitations_of_another_provider_do_not_exist(world: World, secret: str, sign_in):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    stranger = sign_in(other.staff["administrator"])
    key = the_one(world).id
    for act in ("resend", "revoke"):
        assert stranger.post(f"/administration/invitations/{key}/{act}/").status_code == 404
    assert ADDRESS not in stranger.get("/administration/invitations/").content.decode()
    assert take_up(Client(), secret).status_code == 302


def test_a_mail_that_cannot_be_sent_waits_and_then_carries_a_link_that_works(
    world: World, admin: Client, deliver, settings
):
    assert admin.post("/administration/invitations/", form(world)).status_code == 303
    settings.EMAIL_BACKEND = "tests.web.no_mail.RefusingBackend"
    assert deliver() == []
    row = the_one(world)
    assert (row.sent_at, row.attempts) == (None, 1)
    assert "could not be sent" in admin.get("/administration/invitations/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert deliver() == []
    [secret] = deliver(minutes=1)
    assert take_up(Client(), secret).status_code == 302


def test_the_invitation_is_written_in_the_language_chosen_for_it(world: World, admin: Client, deliver):
    admin.post("/administration/invitations/", form(world, language="fr"))
    deliver()
    assert "vous invite" in mail.outbox[-1].subject


def test_nobody_joins_a_customer_that_has_ended(world: World, secret: str):
    with as_system(world):
        customer = world.customers[0].customer
        type(customer).objects.filter(pk=customer.id).update(ended_at=datetime.now(UTC))
    answer = take_up(Client(), secret)
    assert answer.status_code == 410
    assert "not valid" in answer.content.decode()
    assert Client().get("/join/", {"invitation": secret}).status_code == 410
    told = {"secret": secret, "display_name": "New Person", "password": GOOD, "language": "en"}
    with pytest.raises(invitations.Refused) as refusal:
        invitations.accept(**told, at=datetime.now(UTC))
    assert refusal.value.code == "customer_ended"
    assert not has_account()


def test_no_new_link_is_sent_for_a_customer_that_has_ended(world: World, admin: Client, secret: str, deliver):
    with as_system(world):
        customer = world.customers[0].customer
        type(customer).objects.filter(pk=customer.id).update(ended_at=datetime.now(UTC))
    answer = admin.post(f"/administration/invitations/{the_one(world).id}/resend/")
    assert answer.status_code == 409
    assert "The customer has ended" in answer.content.decode()
    assert deliver(hours=1) == []


def test_only_one_of_two_gets_in(world: World, secret: str):
    """The second finds the place taken even if both had opened the page before."""
    told = {"secret": secret, "display_name": "New Person", "password": GOOD, "language": "en"}
    at = datetime.now(UTC)
    first = invitations.accept(**told, at=at)
    with pytest.raises(invitations.Refused):
        invitations.accept(**told, at=at)
    with acting_as(world.system):
        assert Membership.objects.filter(user=first).count() == 1
