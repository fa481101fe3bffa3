"""The queue by team: by name whatever the case, the gravest first among a team's, those without a team last."""

import base64
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.errors import Invalid
from accounts.models import Team
from accounts.tenancy import acting_as
from tests.lifecycle.scenes import MONDAY
from tests.worlds import World, build_world
from tickets import queue as lists
from tickets.models import Ticket
from tickets.queue import Filters

TEAMS = ("beta", "Alpha", "gamma", "Empty")
SEVERITIES = ("minor", "critical", "moderate", "critical")


@pytest.fixture
def desk(world: World) -> World:
    """Tickets of four severities for each of three teams and for none, filed in turn; team gamma is archived."""
    with acting_as(world.system):
        for name in TEAMS:
            services.add_team(provider_id=world.provider.id, name=name, level=None, members=[], at=MONDAY)
        teams = {team.name: team for team in Team.objects.all()}
    for number, severity in enumerate(SEVERITIES * 4):
        ticket = world.file(MONDAY + timedelta(hours=number), severity=severity)
        team = (teams["beta"], teams["gamma"], teams["Alpha"], None)[number // 4]
        with acting_as(world.system):
            Ticket.objects.filter(pk=ticket.pk).update(team=team)
    with acting_as(world.system):
        Team.objects.filter(name="gamma").update(archived_at=MONDAY)
    return world


def pages(desk: World, size: int, **given) -> list[list[int]]:
    engineer, found, cursor = desk.staff["engineer"], [], ""
    while True:
        with acting_as(engineer):
            page = lists.queue(engineer, order="team", after=cursor, size=size, **given)
        found.append([row.number - 1000 for row in page.rows])
        if not (cursor := page.next_cursor):
            return found


WHOLE = [10, 12, 11, 9, 2, 4, 3, 1, 6, 8, 7, 5, 14, 16, 15, 13]
"""Alpha (9 to 12), beta (1 to 4), gamma (5 to 8), none (13 to 16)."""


def test_teams_stand_by_name_and_their_gravest_tickets_first(desk: World):
    assert pages(desk, 50) == [WHOLE]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 15, 16])
def test_pages_follow_each_other_without_gap_or_repeat(desk: World, size: int):
    found = pages(desk, size)
    assert [number for page in found for number in page] == WHOLE
    assert {len(page) for page in found[:-1]} <= {size}


def test_filters_hold_in_every_part(desk: World):
    assert pages(desk, 3, severity="minor") == [[9, 1, 5], [13]]
    assert pages(desk, 50, team="none") == [[14, 16, 15, 13]]
    assert pages(desk, 2, search="1007") == [[7]]


def test_a_team_that_is_renamed_meanwhile_stands_where_its_name_says(desk: World):
    engineer = desk.staff["engineer"]
    with acting_as(engineer):
        page = lists.queue(engineer, order="team", size=8)
    with acting_as(desk.system):
        Team.objects.filter(name="Alpha").update(name="omega")
    with acting_as(engineer):
        after = lists.queue(engineer, order="team", after=page.next_cursor, size=8)
    assert [row.number - 1000 for row in after.rows] == [6, 8, 7, 5, 10, 12, 11, 9]


def test_a_page_is_one_question_however_many_teams_there_are(desk: World):
    engineer = desk.staff["engineer"]
    with acting_as(engineer):
        first = lists.queue(engineer, order="team", size=3)
        for after in ("", first.next_cursor):
            with CaptureQueriesContext(connection) as captured:
                lists.page_of(engineer, Filters(), "team", after, 3, ("customer",))
            assert len(captured) == 1


def test_what_a_page_shows_is_what_is_asked_whether_it_is_fresh(desk: World):
    engineer = desk.staff["engineer"]
    with acting_as(engineer):
        page = lists.queue(engineer, order="team", size=5)
        fresh = lists.versions_of_page(engineer, Filters(), order="team", size=5)
        exported = lists.first_of(lists.ordered(lists.matching(engineer, Filters()), "team"), "team", 6, ("customer",))
    assert fresh == {row.reference: row.version for row in page.rows}
    assert [row.number - 1000 for row in exported] == WHOLE[:6]


def test_a_team_of_another_provider_leads_nowhere(desk: World):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    with acting_as(other.system):
        made = services.add_team(provider_id=other.provider.id, name="aaa", level=None, members=[], at=MONDAY)
    value = [str(made.id), 1, MONDAY.isoformat(), str(made.id)]
    after = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    engineer = desk.staff["engineer"]
    with acting_as(engineer):
        rows = lists.queue(engineer, order="team", after=after).rows
    assert [row.number - 1000 for row in rows] == WHOLE[12:]


@pytest.mark.parametrize("value", [["x", 1, "2026-01-01T00:00:00Z", "k"], [7, 1, "2026-01-01T00:00:00Z"], [], "", None])
def test_a_place_that_is_none_is_refused(desk: World, value: object):
    engineer = desk.staff["engineer"]
    after = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    with acting_as(engineer), pytest.raises(Invalid) as refusal:
        lists.queue(engineer, order="team", after=after)
    assert refusal.value.errors.keys() == {"after"}


def test_customers_have_no_such_order(desk: World):
    contact = desk.customers[0].contact
    with acting_as(contact), pytest.raises(Invalid) as refusal:
        lists.queue(contact, order="team")
    assert refusal.value.errors.keys() == {"order"}
