"""Tickets given to a team: functional escalation where its level is a higher one.

As with the acts of ``lifecycle.services``: through the pipeline, and a refused one has written nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Invalid, Refused
from accounts.models import Membership, Team
from accounts.selectors import members_of_teams, open_teams
from accounts.tenancy import Actor
from lifecycle import guards, pipeline
from lifecycle.acts import Act
from lifecycle.services import begun_by
from tickets.events import Kind
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class _Given:
    """To whom a ticket is given: a team, and one of its people where somebody is named."""

    team: Team
    person: Membership | None


def assign_team(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    team_id: UUID,
    assignee_id: UUID | None = None,
    expected_version: int | None,
) -> Ticket:
    """Give the ticket to a team, and to one of its people where ``assignee_id`` names one.

    Without a name whoever has the ticket keeps it if he works in that team; else nobody has it until somebody of the
    team takes it. Raises ``Invalid`` for a team that gets no tickets or somebody who is not in it, ``Refused`` where
    nothing would change.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        given = _given(actor, team_id, assignee_id)
        changes: dict[str, Any] = {"team_id": given.team.id}
        data = _told(ticket, given)
        holder = _holder(actor, ticket, given)
        if holder is None or holder.id != ticket.assignee_id:
            name = holder.display_name if holder else ""
            if ticket.assignee_id is not None or holder:
                data["assignee"] = {"old": ticket.assignee_name, "new": name}
            changes |= {"assignee_id": holder.id if holder else None, "assignee_name": name}
        if ticket.team_id == given.team.id and "assignee" not in data:
            raise Refused(_("“%(team)s” already has it.") % {"team": given.team.name}, code="same_team")
        if given.person is None:
            return Act(Kind.TEAM_CHANGED, changes=changes, data=data)
        return Act(Kind.ASSIGNED, transition=begun_by(actor, ticket), changes=changes, data=data)

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.team",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def _given(actor: Actor, team_id: UUID, assignee_id: UUID | None) -> _Given:
    # Locked: a team that is archived at the same moment gets the ticket before that, or not at all.
    team = open_teams(actor).select_for_update(no_key=True).filter(pk=team_id).first()
    if team is None:
        raise Invalid({"team": [_("Choose one of the teams.")]})
    if assignee_id is None:
        return _Given(team, None)
    member = members_of_teams(actor).filter(team=team, membership_id=assignee_id).select_related("membership").first()
    if member is None:
        raise Invalid({"assignee": [_("Choose somebody of this team.")]})
    return _Given(team, member.membership)


def _holder(actor: Actor, ticket: Ticket, given: _Given) -> Membership | None:
    """Who has the ticket then."""
    if given.person or ticket.assignee_id is None:
        return given.person
    rows = members_of_teams(actor).filter(team=given.team, membership_id=ticket.assignee_id)
    member = rows.select_related("membership").first()
    return member.membership if member else None


def _told(ticket: Ticket, given: _Given) -> dict[str, Any]:
    """What the journal keeps of it: names and levels as they are now, for a team may be renamed."""
    old: Team | None = ticket.team
    told = {"old": old.name if old else "", "new": given.team.name, "id": str(given.team.id)}
    return {"team": told | {"old_level": old.level if old else None, "level": given.team.level}}
