"""Teams of the desk: named, given a level, filled and archived by the provider's administrator."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from accounts.errors import Invalid, Refused
from accounts.keeping import kept, locked, named, save_named
from accounts.models import Membership, Team, TeamMember
from accounts.selectors import assignable
from accounts.tenancy import Actor

NAME_LENGTH: Final = 60
LEVELS: Final = (1, 2, 3)
MOST_MEMBERS: Final = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What a team is to be; ``level`` is None where it takes no part in functional escalation."""

    name: str
    level: int | None = None
    members: Collection[UUID] = ()


def teams_of(actor: Actor) -> list[Team]:
    """Every team with its members by name, archived ones last. Raises ``Forbidden``."""
    actor.require("people.manage")
    rows = _with_members(Team.objects.visible_to(actor), actor)
    return list(rows.order_by(F("archived_at").asc(nulls_first=True), F("level").asc(nulls_last=True), "name", "id"))


def team_of(actor: Actor, team_id: UUID) -> Team:
    """One team with its members. Raises ``Forbidden`` and ``NotFound``."""
    return kept(actor, _with_members(Team.objects.visible_to(actor), actor), team_id)


def _with_members(rows: "QuerySet[Team]", actor: Actor) -> "QuerySet[Team]":
    members = TeamMember.objects.visible_to(actor).select_related("membership").order_by("membership__display_name")
    return rows.prefetch_related(Prefetch("members", members))


def open_team(*, actor: Actor, at: datetime, draft: Draft) -> Team:
    """A new team. Raises ``Forbidden``, and ``Invalid`` where the name is taken or somebody is not of the desk."""
    actor.require("people.manage")
    row = Team(provider_id=actor.provider_id, name=_name(draft.name), level=_level(draft.level), created_at=at)
    people = _people(actor, draft.members)
    _keep(row, is_new=True)
    _tell(actor, at, Act.TEAM_CREATED, row, level=row.level)
    _fill(actor, at, row, people)
    return row


def change_team(*, actor: Actor, at: datetime, team_id: UUID, draft: Draft) -> Team:
    """Another name, level or other members; the same again changes nothing. Tickets that it has stay with it.

    Raises ``Forbidden``, ``NotFound`` and ``Invalid``.
    """
    row = locked(actor, Team.objects.visible_to(actor), team_id)
    before = {"name": row.name, "level": row.level}
    row.name, row.level = _name(draft.name), _level(draft.level)
    people = _people(actor, draft.members)
    after = {"name": row.name, "level": row.level}
    if after != before:
        _keep(row, is_new=False)
        _tell(actor, at, Act.TEAM_CHANGED, row, old=before, new=after)
    _fill(actor, at, row, people)
    return row


def archive_team(*, actor: Actor, at: datetime, team_id: UUID) -> Team:
    """Give it no more tickets. Raises ``Forbidden``, ``NotFound`` and ``Refused``."""
    row = locked(actor, Team.objects.visible_to(actor), team_id)
    if row.archived_at is not None:
        raise Refused(_("This team is archived already."), code="team_archived")
    row.archived_at = at
    row.save(update_fields=["archived_at"])
    _tell(actor, at, Act.TEAM_ARCHIVED, row)
    return row


def restore_team(*, actor: Actor, at: datetime, team_id: UUID) -> Team:
    """Let it have tickets again. Raises ``Forbidden``, ``NotFound`` and ``Refused``."""
    row = locked(actor, Team.objects.visible_to(actor), team_id)
    if row.archived_at is None:
        raise Refused(_("This team works already."), code="team_open")
    row.archived_at = None
    row.save(update_fields=["archived_at"])
    _tell(actor, at, Act.TEAM_RESTORED, row)
    return row


def _name(text: str) -> str:
    return named(text, NAME_LENGTH, _("Give the team a name of 1 to %(most)d characters."))


def _level(level: int | None) -> int | None:
    if level is not None and level not in LEVELS:
        raise Invalid({"level": [_("A level is 1, 2 or 3.")]})
    return level


def _people(actor: Actor, keys: Collection[UUID]) -> dict[UUID, Membership]:
    """Those who are to be in it: people of the desk who may have tickets."""
    wanted = set(keys)
    if len(wanted) > MOST_MEMBERS:
        raise Invalid({"members": [_("A team has at most %(most)d people.") % {"most": MOST_MEMBERS}]})
    found = {row.id: row for row in assignable(actor).filter(pk__in=wanted)}
    if found.keys() != wanted:
        raise Invalid({"members": [_("Choose people of the desk.")]})
    return found


def _fill(actor: Actor, at: datetime, team: Team, people: dict[UUID, Membership]) -> None:
    """Whoever may have no tickets any more stays unmentioned: he is in the team again when he is back."""
    present = assignable(actor).values("pk")
    rows = TeamMember.objects.filter(team=team, membership__in=present).select_related("membership")
    known = {row.membership_id: row for row in rows}
    left = [known[key] for key in known.keys() - people.keys()]
    joined = [people[key] for key in people.keys() - known.keys()]
    if not left and not joined:
        return
    TeamMember.objects.filter(pk__in=[row.pk for row in left]).delete()
    TeamMember.objects.bulk_create(
        TeamMember(provider_id=team.provider_id, team=team, membership=row, since=at) for row in joined
    )
    named = {"joined": sorted(row.display_name for row in joined)}
    named["left"] = sorted(row.membership.display_name for row in left)
    _tell(actor, at, Act.TEAM_MEMBERS_CHANGED, team, **named)


def _keep(row: Team, *, is_new: bool) -> None:
    save_named(row, _("Another team has this name."), is_new=is_new)


def _tell(actor: Actor, at: datetime, act: Act, row: Team, **data: Any) -> None:
    audit.record(actor, at, act, subject=row.name, subject_id=row.id, **data)
