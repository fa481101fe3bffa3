"""Tickets given to teams: who has them then, what the journal keeps, who hears of it, what is refused."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from django.utils import translation

from accounts import services as people
from accounts.errors import Forbidden, Invalid, Refused, Stale
from accounts.models import Team, TeamMember
from accounts.tenancy import acting_as
from lifecycle import services
from lifecycle.teams import assign_team
from tests.lifecycle.scenes import MONDAY, bring_to, do, journal, told
from tests.worlds import START, World, as_system, build_world, membership_of
from tickets.models import Ticket
from tickets.states import State
from web.presenters.timeline import event_words
from web.presenters.vocabulary import Vocabulary


def team(world: World, name: str, level: int | None, *staff: str) -> Team:
    with as_system(world):
        members = [membership_of(world.staff[key]) for key in staff]
        return people.add_team(provider_id=world.provider.id, name=name, level=level, members=members, at=START)


def give(world: World, ticket: Ticket, to: Team, who: str = "engineer", **given) -> Ticket:
    actor = world.staff[who]
    told = {"reference": ticket.reference, "expected_version": services.version_for(actor, ticket)} | given
    with acting_as(actor):
        return assign_team(actor=actor, at=ticket.updated_at + timedelta(minutes=5), team_id=to.id, **told)


def words(world: World, ticket: Ticket, language: str = "en") -> str:
    event = journal(world, ticket)[-1]
    with as_system(world), translation.override(language):
        return event_words(event.kind, event.data, Vocabulary.of(ticket))


def test_to_a_higher_level_is_an_escalation_and_frees_the_ticket(world):
    first, second = team(world, "Welcome", 1, "engineer"), team(world, "Experts", 2, "second")
    ticket = give(world, do(world, world.staff["engineer"], "take", world.file(MONDAY)), first)
    assert (ticket.team_id, ticket.assignee_id) == (first.id, world.staff["engineer"].membership_id)
    assert words(world, ticket) == "gave it to the team Welcome"
    ticket = give(world, ticket, second)
    assert (ticket.team_id, ticket.assignee_id, ticket.assignee_name) == (second.id, None, "")
    assert told(journal(world, ticket)[-1]) == {
        "team": {"old": "Welcome", "new": "Experts", "id": str(second.id), "old_level": 1, "level": 2},
        "assignee": {"old": "Engineer MEGA", "new": ""},
    }
    assert words(world, ticket) == "escalated it to level 2: team Experts"
    assert words(world, ticket, "fr") == "l’a escaladé au niveau 2 : équipe Experts"
    assert words(world, give(world, ticket, first)) == "gave it to the team Welcome"


def test_somebody_of_the_team_has_it_and_work_has_begun(world):
    experts = team(world, "Experts", 3, "second")
    person = world.staff["second"]
    ticket = give(world, world.file(MONDAY), experts, assignee_id=person.membership_id)
    assert (ticket.state, ticket.assignee_id, ticket.team_id) == (State.IN_PROGRESS, person.membership_id, experts.id)
    assert journal(world, ticket)[-1].kind == "assigned"
    assert words(world, ticket) == "escalated it to level 3: team Experts, Second MEGA"
    with pytest.raises(Refused) as refusal:
        give(world, ticket, experts)
    assert refusal.value.code == "same_team"


def test_a_team_alone_takes_nothing_up(world):
    ticket = give(world, world.file(MONDAY), team(world, "Welcome", None, "engineer"))
    assert (ticket.state, ticket.assignee_id) == (State.NEW, None)


def test_what_is_no_team_of_the_desk_is_refused_alike(world):
    ticket, experts = world.file(MONDAY), team(world, "Experts", 2, "second")
    strange = team(build_world("octipas", "Octipas", "OCTI"), "Theirs", 2, "engineer")
    archived = team(world, "Former", 1)
    with as_system(world):
        Team.objects.filter(pk=archived.pk).update(archived_at=START)
    messages = set()
    for other in (strange, archived, Team(id=uuid4())):
        with pytest.raises(Invalid) as refusal:
            give(world, ticket, other)
        messages.add(str(refusal.value.errors))
    assert len(messages) == 1
    for outsider in (world.staff["engineer"].membership_id, world.customers[0].contact.membership_id, uuid4()):
        with pytest.raises(Invalid) as refusal:
            give(world, ticket, experts, assignee_id=outsider)
        assert "assignee" in refusal.value.errors
    with pytest.raises(Forbidden):
        give(world, ticket, experts, who="auditor")


def test_it_is_an_edit_and_only_of_open_tickets(world):
    experts, ticket = team(world, "Experts", 2, "second"), world.file(MONDAY)
    old = ticket.version
    give(world, ticket, experts)
    with pytest.raises(Stale):
        give(world, ticket, team(world, "Welcome", 1), expected_version=old)
    with pytest.raises(Refused) as refusal:
        give(world, bring_to(world, State.RESOLVED), experts)
    assert refusal.value.code == "not_open"


def test_the_database_lets_no_team_cross_to_another_provider(world):
    other = build_world("octipas", "Octipas", "OCTI")
    strange, ticket = team(other, "Theirs", 2, "engineer"), world.file(MONDAY)
    with as_system(world), pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(team_id=strange.id)
    with as_system(world):
        assert not Team.objects.exists()
        assert not TeamMember.objects.exists()
    with acting_as(other.customers[0].contact):
        assert not Team.objects.exists()


def test_a_team_cannot_be_archived_while_it_is_given_a_ticket(committed_db):
    world = build_world()
    experts, engineer, refused = team(world, "Experts", 3, "second"), world.staff["engineer"], []

    def lock_elsewhere() -> None:
        try:
            with as_system(world):
                Team.objects.select_for_update(nowait=True, no_key=True).get(pk=experts.pk)
        except OperationalError as error:
            refused.append(error.__cause__.sqlstate)
        finally:
            connections.close_all()

    ticket = world.file(MONDAY)
    with acting_as(engineer):
        at, version = MONDAY + timedelta(minutes=5), services.version_for(engineer, ticket)
        told = {"reference": ticket.reference, "team_id": experts.id, "expected_version": version}
        assign_team(actor=engineer, at=at, **told)
        other = threading.Thread(target=lock_elsewhere)
        other.start()
        other.join(20)
    assert refused == ["55P03"]
