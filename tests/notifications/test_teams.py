"""Who hears that a ticket was given to a team."""

from datetime import timedelta

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
