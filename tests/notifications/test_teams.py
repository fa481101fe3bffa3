"""Who hears that a ticket was given to a team."""

from datetime import timedelta

import pytest

from accounts.models import Membership
from accounts.roles import Role
from notifications.models import Delivery
from notifications.relay import relay
from tests.lifecycle.scenes import MONDAY
from tests.lifecycle.test_teams import give, team
from tests.worlds import as_system


def test_its_people_hear_of_it_and_nobody_else_of_the_desk(world):
    ticket = give(world, world.file(MONDAY), team(world, "Experts", 2, "second", "manager"))
    relay(at=MONDAY + timedelta(days=1))
    with as_system(world):
        rows = Delivery.objects.filter(event__kind="team_changed").select_related("recipient")
        heard = {(row.recipient.display_name, row.channel) for row in rows}
        mails = list(rows.filter(channel="mail").values_list("subject", "body_text"))
    both = [(name, channel) for name in ("Second MEGA", "Manager MEGA") for channel in ("mail", "in_app")]
    assert heard == {*both, ("Contact A", "in_app")}
    assert all("given to the team Experts" in subject and ticket.reference in subject for subject, _body in mails)
    assert all("Functional escalation to level 2." in body for _subject, body in mails)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ACCOUNT_MANAGER, Role.ADMINISTRATOR])
def test_somebody_who_left_the_desk_hears_no_more_of_his_team(world, role):
    experts = team(world, "Experts", 2, "second", "manager")
    with as_system(world):
        Membership.objects.filter(pk=world.staff["second"].person).update(role=role)
    give(world, world.file(MONDAY), experts)
    relay(at=MONDAY + timedelta(days=1))
    with as_system(world):
        rows = Delivery.objects.filter(event__kind="team_changed").select_related("recipient")
        heard = {row.recipient.display_name for row in rows}
    assert heard == {"Manager MEGA", "Contact A"}
