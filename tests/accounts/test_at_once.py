"""Places given while the customer ends or the rule for second factors changes: whoever comes second sees the change."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from accounts import invitations, organisations, people, second_factor, services
from accounts.errors import Refused
from accounts.models import Invitation, Membership, User
from accounts.roles import Role
from accounts.tenancy import acting_as
from tests.worlds import World, as_system, build_world, paris

AT = paris("2026-05-04 10:00")
SECRET = "a" * 43


@pytest.fixture
def world(committed_db) -> World:
    return build_world(customers=1)


class Meanwhile:
    """Work on a connection of its own, begun in the middle of a transaction here; ``outcome`` once that is over."""

    def __init__(self, work: Callable[[], Any]):
        self.work, self.result, self.error = work, None, None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        # It either waits for the row that is held here, or would have gone past it by now.
        self.thread.join(1)

    def _run(self) -> None:
        try:
            self.result = self.work()
        except Refused as refused:
            self.error = refused.code
        finally:
            connections.close_all()

    def outcome(self) -> Any:
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.error or self.result


def end_the_customer(world: World) -> None:
    told = {"actor": world.staff["administrator"], "at": AT, "customer_id": world.customers[0].customer.id}
    organisations.end_customer(**told)


def test_nobody_takes_a_place_up_while_the_customer_ends(world: World, monkeypatch):
    monkeypatch.setattr(invitations.letters, "digest_of", lambda secret: "d" * 64)
    administrator = world.staff["administrator"]
    with acting_as(administrator):
        Invitation.objects.create(
            provider_id=world.provider.id,
            customer_id=world.customers[0].customer.id,
            email="new.person@elsewhere.example",
            role="contact",
            display_name="New Person",
            language="en",
            invited_by_id=administrator.person,
            invited_by_name=administrator.name,
            created_at=AT,
            expires_at=AT + timedelta(days=7),
            digest="d" * 64,
        )
    told = {"secret": SECRET, "at": AT, "display_name": "New Person", "password": "seven quiet green herons"}
    with acting_as(administrator):
        end_the_customer(world)
        other = Meanwhile(lambda: invitations.accept(**told, language="en"))
    assert other.outcome() == "customer_ended"
    assert not User.objects.filter(email="new.person@elsewhere.example").exists()


def test_nobody_gets_access_back_while_the_customer_ends(world: World):
    administrator, contact = world.staff["administrator"], world.customers[0].contact
    told = {"actor": administrator, "at": AT, "membership_id": contact.person}

    def restore() -> None:
        with acting_as(administrator):
            people.restore_person(**told)

    with acting_as(administrator):
        people.end_person(**told)
    with acting_as(administrator):
        end_the_customer(world)
        other = Meanwhile(restore)
    assert other.outcome() == "customer_ended"
    with as_system(world):
        assert not Membership.objects.filter(customer_id=contact.customer_ids[0], is_active=True).exists()


def test_a_newcomer_does_not_miss_the_demand_for_a_second_factor(world: World):
    administrator = world.staff["administrator"]
    user = User.objects.create_user("new.engineer@mega.example", None, created_at=AT)

    def come() -> bool:
        with acting_as(world.system):
            told = {"provider_id": world.provider.id, "user": user, "at": AT}
            made = services.add_membership(**told, role=Role.ENGINEER_N1, display_name="New Engineer")
            return made.needs_second_factor

    with acting_as(administrator):
        second_factor.demand_of_staff(actor=administrator, at=AT, is_demanded=True)
        other = Meanwhile(come)
    assert other.outcome() is True
