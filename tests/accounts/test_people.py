"""People as their administrator changes them, where no page is needed to see it."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command

from accounts import people
from accounts.errors import Refused
from accounts.models import AuditEntry, Membership
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from tests.worlds import World, as_system, paris, person, user_of

AT = paris("2026-05-04 10:00")


def second_administrator(world: World) -> Actor:
    with as_system(world):
        return person(world.provider, "second.administrator@mega.example", Role.ADMINISTRATOR, "Second Administrator")


@pytest.mark.parametrize("how", ["end", "demote"])
def test_two_administrators_who_remove_each_other_leave_one(world: World, how: str):
    """The second acts on what was true when his request began."""
    first, second = world.staff["administrator"], second_administrator(world)

    def remove(by: Actor, whom: Actor) -> None:
        told = {"actor": by, "at": AT, "membership_id": whom.person}
        with acting_as(by):
            if how == "end":
                people.end_person(**told)
            else:
                people.change_person(**told, role="auditor", display_name=whom.name)

    remove(first, second)
    with pytest.raises(Refused) as refusal:
        remove(second, first)
    assert refusal.value.code == "last_administrator"
    with as_system(world):
        rows = Membership.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
        assert [row.id for row in rows] == [first.person]
        assert AuditEntry.objects.count() == 1


def test_the_list_of_people_is_paged_without_gaps_and_found_by_name_and_address(world: World):
    administrator = world.staff["administrator"]
    with as_system(world):
        for number in range(7):
            person(world.provider, f"twin{number}@mega.example", Role.AUDITOR, "Twin")
    with acting_as(administrator):
        everybody = people.people_of(administrator, size=1000)
        found: list[Membership] = []
        while page := people.people_of(
            administrator, size=4, after=(found[-1].display_name, found[-1].id) if found else None
        ):
            found += page[:4]
        assert [row.id for row in found] == [row.id for row in everybody]
        assert len({row.id for row in found}) == len(found) == len(world.staff) + 3 * len(world.customers) + 7
        assert len(people.people_of(administrator, search="TWIN")) == 7
        assert [row.user.email for row in people.people_of(administrator, search="twin3@")] == ["twin3@mega.example"]
        assert {row.is_staff for row in people.people_of(administrator, side=people.CUSTOMER_SIDE)} == {False}
        assert {row.is_staff for row in people.people_of(administrator, side=people.STAFF_SIDE)} == {True}


def test_an_operator_removes_a_second_factor_that_was_lost(world: World):
    user = user_of(world.staff["engineer"])
    TOTP.activate(user, "A" * 32)
    told = StringIO()
    call_command("second_factor", "remove", user.email.upper(), stdout=told)
    assert user.email in told.getvalue()
    assert not Authenticator.objects.exists()
    with as_system(world):
        assert [row.act for row in AuditEntry.objects.all()] == ["second_factor_removed"]
    for address in (user.email, "nobody@mega.example"):
        with pytest.raises(CommandError):
            call_command("second_factor", "remove", address)
