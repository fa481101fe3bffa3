"""The order of the queue by team: teams by name, and among a team's tickets the gravest first, of those the oldest.

A name may change and stands with the team alone, so no index of tickets has it. Each team's first tickets lie together
in one, and a page needs no more of each team than it has rows.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Func, OuterRef, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.db.models.functions import Lower

from accounts.models import Team
from accounts.tenancy import Actor
from tickets.models import Ticket

WITHIN: Final = ("severity_rank", "opened_at", "id")
"""How the tickets of one team stand."""
COLUMNS: Final = ("team_id", "severity_rank", "opened_at")
"""What says where a page ended, before the key; tickets without a team come last."""


class _Each(Func):
    """The members of an array, a row for each."""

    function = "unnest"
    set_returning = True


def by_team() -> list[OrderBy | str]:
    """The order as a whole, of tickets that are few or have to be sorted all."""
    return [Lower("team__name").asc(nulls_last=True), *WITHIN]


def first_keys(actor: Actor, rows: QuerySet[Ticket], place: Sequence[Any], number: int) -> list[QuerySet[Any, Any]]:
    """Keys among which are those of the first ``number`` tickets behind ``place`` (values of ``COLUMNS`` and the key;
    empty: from the beginning), in parts that each lie together in an index."""
    if not place:
        return [_of_teams(actor, rows, number), _of_one(rows.filter(team__isnull=True), number)]
    team_id: UUID | None = place[0]
    mine = rows.filter(team_id=team_id) if team_id else rows.filter(team__isnull=True)
    rest = _of_one(mine.filter(TupleGreaterThan(Tuple(*map(F, WITHIN)), tuple(place[1:]))), number)
    if team_id is None:
        return [rest]
    return [rest, _of_teams(actor, rows, number, after=team_id), _of_one(rows.filter(team__isnull=True), number)]


def _of_one(rows: QuerySet[Ticket], number: int) -> QuerySet[Any, Any]:
    return rows.order_by("team_id", *WITHIN).values("pk")[:number]


def _of_teams(actor: Actor, rows: QuerySet[Ticket], number: int, after: UUID | None = None) -> QuerySet[Any, Any]:
    """The first keys of the teams, one team after the other, or of those whose names come after that of one. The array
    of a team is read where those before it hold too little."""
    teams = Team.objects.visible_to(actor)
    if after:
        former = Team.objects.visible_to(actor).filter(pk=after)
        teams = teams.annotate(lowered=Lower("name")).filter(
            Exists(former.annotate(former=Lower("name")).filter(former__lt=OuterRef("lowered")))
        )
    first = ArraySubquery(_of_one(rows.filter(team_id=OuterRef("pk")), number))
    return teams.annotate(key=_Each(first)).order_by(Lower("name")).values("key")[:number]
