"""The one person whom nobody can invite."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Membership, User
from accounts.roles import Role
from tests.worlds import as_system, build_world

GIVEN = {"provider": "mega", "email": "Ada@mega.example", "name": "Ada L.", "password_stdin": True}
PASSWORD = "a long enough phrase 7"


@pytest.fixture
def world(db):
    world = build_world()
    with as_system(world):
        Membership.objects.filter(role=Role.ADMINISTRATOR).update(is_active=False)
    return world


def _make(monkeypatch, password: str = PASSWORD, **given) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    said = io.StringIO()
    call_command("first_administrator", stdout=said, **(GIVEN | given))
    return said.getvalue()


def test_the_first_administrator_can_sign_in(world, monkeypatch, client):
    assert "ada@mega.example administers mega" in _make(monkeypatch)
    with as_system(world):
        [member] = Membership.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    assert (member.display_name, member.customer_id) == ("Ada L.", None)
    assert User.objects.get(email="ada@mega.example").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("given", "password", "message"),
    [
        ({"provider": "nobody"}, PASSWORD, "There is no provider nobody"),
        ({}, "short", "12"),
        ({"email": "engineer@mega.example"}, PASSWORD, "has an account already"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(world, monkeypatch, given, password, message):
    before = User.objects.count()
    with pytest.raises(CommandError, match=message):
        _make(monkeypatch, password, **given)
    assert User.objects.count() == before


def test_a_second_one_is_invited_by_the_first(world, monkeypatch):
    _make(monkeypatch)
    with pytest.raises(CommandError, match=r"administered by Ada L\."):
        _make(monkeypatch, email="other@mega.example")
