"""Two hundred people press "take" on one ticket: one has it, everybody else is told who."""

from functools import partial

import pytest

from tests.lifecycle.scenes import MONDAY, kinds
from tests.reliability.visitors import LONG, at_once, crowd
from tests.worlds import as_system, build_world
from tickets.models import Ticket

PEOPLE = 200
OVERDUE = ("clock_approaching", "clock_breached")

pytestmark = pytest.mark.processes


def test_of_two_hundred_takes_over_http_one_wins_and_the_others_are_told_who(live_server_process):
    world = build_world()
    visitors = crowd(world, PEOPLE)
    for _ in range(5 if LONG else 1):
        ticket = world.file(MONDAY, severity="moderate")
        path = f"/tickets/{ticket.reference}/take/"
        answers = at_once([partial(one.post, live_server_process.base_url, path) for one in visitors])
        with as_system(world):
            stored = Ticket.objects.get(pk=ticket.pk)
        winners = [who for who, answer in zip(visitors, answers, strict=True) if answer.status == 303]
        assert [(who.actor.membership_id, who.actor.name) for who in winners] == [
            (stored.assignee_id, stored.assignee_name)
        ]
        told = [answer for answer in answers if answer.status == 409]
        assert len(told) == PEOPLE - 1
        assert [answer.text for answer in told if f"{stored.assignee_name} already has" not in answer.text] == []
        # The ticket was long overdue: the first act also wrote the warning and the breach, once.
        assert kinds(world, ticket) == ["filed", *OVERDUE, "taken"]
        assert (stored.version, stored.public_version) == (4, 3)


def test_replies_at_once_each_have_their_own_line_in_the_journal(live_server_process):
    """Seventy-two messages by eight people on three tickets: the sequence has no gap and no double."""
    world = build_world()
    visitors, base_url = crowd(world, 8), live_server_process.base_url
    tickets = [world.file(MONDAY, severity="moderate") for _ in range(3)]
    calls = [
        partial(
            who.post,
            base_url,
            f"/tickets/{ticket.reference}/reply/",
            body=f"{number} {who.actor.name}",
        )
        for ticket in tickets
        for number in range(3)
        for who in visitors
    ]
    answers = at_once(calls)
    assert {answer.status for answer in answers} == {303}
    for ticket in tickets:
        assert kinds(world, ticket) == ["filed", *OVERDUE] + ["replied"] * 24
        with as_system(world):
            assert Ticket.objects.get(pk=ticket.pk).version == 27
