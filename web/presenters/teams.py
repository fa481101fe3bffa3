"""The desk as a choice: its people, and its teams with who works in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, PositiveSmallIntegerField, QuerySet, Value
from django.utils.translation import gettext

from accounts.questions import question
from accounts.selectors import assignable, members_of_teams, open_teams
from accounts.tenancy import Actor
from tickets.models import Ticket

Group = tuple[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Desk:
    """``people`` by their keys. ``teams`` as groups: first the team itself, then each of its people (``team:person``).

    ``plain_teams`` are the teams alone.
    """

    people: Sequence[tuple[str, str]] = ()
    teams: Sequence[Group] = ()
    plain_teams: Sequence[tuple[str, str]] = ()


def desk_of(actor: Actor, ticket: Ticket | None = None) -> Desk:
    """To whom a ticket could be given, in one statement; whoever has ``ticket`` is left out of the people."""
    found: dict[str, list[Any]] = {"person": [], "team": [], "member": []}
    for kind, *values in _everybody(actor):
        found[kind].append(values)
    names = {key: label for key, _other, label, _level in found["person"]}
    working: dict[UUID, list[UUID]] = {}
    for key, other, _label, _level in found["member"]:
        working.setdefault(key, []).append(other)
    holder = ticket.assignee_id if ticket else None
    ordered = sorted(found["team"], key=lambda one: (one[3] or 9, one[2].casefold()))
    return Desk(
        _named([key for key in names if key != holder], names),
        [_group(key, label, level, _named(working.get(key, ()), names)) for key, _other, label, level in ordered],
        [(str(key), team_words(label, level)) for key, _other, label, level in ordered],
    )


@question
def _everybody(actor: Actor) -> QuerySet[Any, Any]:
    people = _row(assignable(actor).order_by(), "person", label=F("display_name"))
    teams = _row(open_teams(actor).order_by(), "team", label=F("name"), level=F("level"))
    members = _row(members_of_teams(actor).order_by(), "member", key=F("team_id"), other=F("membership_id"))
    return people.union(teams, members, all=True)


def _row(rows: QuerySet[Any], kind: str, **given: Any) -> QuerySet[Any, Any]:
    empty = Value(None, output_field=PositiveSmallIntegerField())
    values = {"key": F("id"), "other": F("id"), "label": Value(""), "level": empty} | given
    named = {f"desk_{name}": value for name, value in values.items()}
    return rows.annotate(desk_kind=Value(kind), **named).values_list("desk_kind", *named)


def _named(keys: Sequence[UUID], names: dict[UUID, str]) -> list[tuple[str, str]]:
    return sorted(((str(key), names[key]) for key in keys if key in names), key=lambda one: one[1].casefold())


def _group(key: UUID, label: str, level: int | None, people: Sequence[tuple[str, str]]) -> Group:
    anybody = (str(key), gettext("The team %(team)s") % {"team": label})
    return team_words(label, level), [anybody, *((f"{key}:{person}", name) for person, name in people)]


def team_words(name: str, level: int | None) -> str:
    """A team with its level, where it has one."""
    return gettext("%(team)s (level %(level)d)") % {"team": name, "level": level} if level else name


def split_team(value: str) -> tuple[UUID, UUID | None]:
    """What a choice of a team says: the team, and the person where one is named.

    >>> key = "00000000-0000-7000-8000-000000000000"
    >>> split_team(key)[1] is None, split_team(f"{key}:{key}")[1] == UUID(key)
    (True, True)
    """
    team, _colon, person = value.partition(":")
    return UUID(team), UUID(person) if person else None
