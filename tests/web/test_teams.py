"""Teams in pages: set up by the administrator, given tickets on their page and in the queue."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts import services
from accounts.models import AuditEntry, Team
from tests.web.reading import text_of
from tests.web.test_query_budget import questions
from tests.worlds import START, World, as_system, membership_of, paris
from tickets.models import Ticket

FILED = paris("2026-05-04 10:00")
TEAMS = "/administration/teams/"


@pytest.fixture
def experts(world: World) -> Team:
    with as_system(world):
        second = membership_of(world.staff["second"])
        made = {"name": "Experts", "level": 2, "members": [second]}
        return services.add_team(provider_id=world.provider.id, at=START, **made)


@pytest.fixture
def engineer(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["engineer"])


@pytest.fixture
def admin(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["administrator"])


def now(world: World, ticket: Ticket) -> Ticket:
    with as_system(world):
        return Ticket.objects.get(pk=ticket.pk)


def test_a_team_is_created_filled_changed_and_archived_and_all_of_it_is_told(world: World, admin: Client):
    engineer, second = (str(world.staff[key].person) for key in ("engineer", "second"))
    made = admin.post(f"{TEAMS}new/", {"name": " Level   two ", "level": "2", "members": [engineer, second]})
    assert made.status_code == 303
    address = made["Location"]
    assert 'value="Level two"' in admin.get(address).content.decode()
    admin.post(address, {"name": "Level 2", "level": "2", "members": [second]})
    admin.post(address, {"name": "Level 2", "level": "2", "members": [second]})
    assert admin.post(f"{address}archive/").status_code == 303
    assert admin.post(f"{address}archive/").status_code == 409
    assert "Archived" in text_of(admin.get(TEAMS))
    assert admin.post(f"{address}restore/").status_code == 303
    with as_system(world):
        rows = list(AuditEntry.objects.order_by("id").values_list("act", "data"))
    assert [act for act, _data in rows] == [
        *("team_created", "team_members_changed", "team_changed", "team_members_changed"),
        *("team_archived", "team_restored"),
    ]
    assert rows[3][1] == {"joined": [], "left": ["Engineer MEGA"]}
    trail = text_of(admin.get("/administration/audit/"))
    assert "People of a team changed" in trail


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "experts"}, "Another team has this name."),
        ({"name": "New", "level": "4"}, "Choose one of those offered."),
        ({"name": "New", "members": "contact"}, "Choose people of the desk."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(world: World, admin: Client, experts: Team, given: dict, wrong: str):
    if given.get("members"):
        given = given | {"members": [str(world.customers[0].contact.person)]}
    answer = admin.post(f"{TEAMS}new/", {"level": ""} | given)
    assert answer.status_code == 422
    assert wrong in answer.content.decode()
    with as_system(world):
        assert Team.objects.count() == 1


def test_on_the_ticket_the_team_or_somebody_of_it_gets_it(world: World, engineer: Client, experts: Team):
    ticket = world.file(at=FILED)
    address = f"/tickets/{ticket.reference}/"
    page = engineer.get(address).content.decode()
    assert '<optgroup label="Experts (level 2)">' in page
    sent = {"team": f"{experts.id}:{world.staff['second'].person}", "expected_version": ticket.version}
    assert engineer.post(f"{address}team/", sent).status_code == 303
    assert now(world, ticket).assignee_name == "Second MEGA"
    shown = text_of(engineer.get(address))
    assert "escalated it to level 2: team Experts, Second MEGA" in shown
    assert engineer.post(f"{address}team/", sent).status_code == 409
    refused = engineer.post(f"{address}team/", {"team": str(world.provider.id), "expected_version": 2})
    assert refused.status_code == 422


def test_given_to_a_team_with_whoever_has_it_already_the_history_names_the_team(
    world: World, engineer: Client, experts
):
    ticket = world.file(at=FILED)
    address = f"/tickets/{ticket.reference}/"
    second = world.staff["second"].person
    engineer.post(f"{address}assign/", {"assignee": str(second), "expected_version": ticket.version})
    held = now(world, ticket)
    assert held.assignee_name == "Second MEGA"
    sent = {"team": f"{experts.id}:{second}", "expected_version": held.version}
    assert engineer.post(f"{address}team/", sent).status_code == 303
    shown = text_of(engineer.get(address))
    assert "escalated it to level 2: team Experts" in shown and "team Experts, " not in shown


def test_the_customer_reads_the_escalation_and_chooses_no_team(world: World, engineer: Client, sign_in, experts: Team):
    ticket = world.file(at=FILED)
    address = f"/tickets/{ticket.reference}/"
    engineer.post(f"{address}team/", {"team": str(experts.id), "expected_version": ticket.version})
    customer = sign_in(world.customers[0].contact)
    page = customer.get(address)
    assert "escalated it to level 2: team Experts" in text_of(page)
    assert 'name="team"' not in page.content.decode()
    assert customer.post(f"{address}team/", {"team": str(experts.id), "expected_version": 2}).status_code == 404


def test_teams_cost_the_ticket_page_no_further_question(world: World, engineer: Client):
    address = f"/tickets/{world.file(at=FILED).reference}/"
    few = len(questions(engineer, address))
    with as_system(world):
        staff = [membership_of(world.staff[key]) for key in ("engineer", "second")]
        for number in range(5):
            services.add_team(provider_id=world.provider.id, name=f"Team {number}", members=staff, at=START)
    assert len(questions(engineer, address)) == few


def test_the_queue_shows_and_filters_teams(world: World, engineer: Client, sign_in: Callable, experts: Team):
    given, other = world.file(at=FILED), world.file(at=FILED + timedelta(minutes=1))
    sent = {"team": str(experts.id), "expected_version": given.version}
    engineer.post(f"/tickets/{given.reference}/team/", sent)

    def shown(client: Client, **query: str) -> set[str]:
        page = client.get("/queue/", query).content.decode()
        return {one.reference for one in (given, other) if f'id="row-{one.reference}"' in page}

    assert shown(engineer, team=str(experts.id)) == {given.reference}
    assert shown(engineer, team="none") == {other.reference}
    assert shown(engineer, view="team") == set()
    assert shown(sign_in(world.staff["second"]), view="team") == {given.reference}
    assert engineer.get("/queue/", {"team": "nobody"}).status_code == 400
    with as_system(world):
        Team.objects.filter(pk=experts.pk).update(archived_at=START)
    assert shown(engineer, team=str(experts.id)) == {given.reference}
    engineer.post("/queue/views/", {"opens_with": "open", "column_1": "ticket", "column_2": "team"})
    assert "Experts" in text_of(engineer.get("/queue/"))
    sheet = engineer.get("/queue/file/").content.decode("utf-8-sig")
    cells = [re.split("[,;]", line)[-1].strip('"') for line in sheet.splitlines()]
    assert sorted(cells) == ["", "Experts", "Team"]


def test_many_are_given_to_a_team_with_a_result_for_each(world: World, engineer: Client, experts: Team):
    first, second = world.file(at=FILED), world.file(at=FILED)
    engineer.post(f"/tickets/{second.reference}/team/", {"team": str(experts.id), "expected_version": 1})
    chosen = [f"{ticket.reference}:{now(world, ticket).version}" for ticket in (first, second)]
    asked = engineer.post("/queue/bulk/", {"act": "team", "chosen": chosen})
    assert '<optgroup label="Experts (level 2)">' in asked.content.decode()
    told = engineer.post("/queue/bulk/", {"act": "team", "chosen": chosen, "sure": "1", "team": str(experts.id)})
    text = text_of(told)
    assert "Done for 1 ticket." in text
    assert "“Experts” already has it." in text
    assert now(world, first).team_id == experts.id
