"""Questions about people, each answered for one actor."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.db.models import QuerySet

from accounts.actors import memberships_in
from accounts.models import Customer, Membership, Provider, Team, TeamMember, User
from accounts.roles import PERMISSIONS, STAFF, Role
from accounts.tenancy import Actor


def provider_of(actor: Actor) -> Provider:
    """The actor's provider."""
    found: Provider = Provider.objects.visible_to(actor).get()
    return found


def customers(actor: Actor) -> QuerySet[Customer]:
    """The customers whose tickets the actor may see."""
    return Customer.objects.visible_to(actor).order_by("name")


def assignable(actor: Actor) -> QuerySet[Membership]:
    """Staff to whom the actor could assign a ticket."""
    rows = Membership.objects.visible_to(actor)
    return rows.filter(
        role__in=sorted(PERMISSIONS["ticket.be_assigned"]), is_active=True, user__is_active=True
    ).order_by("display_name")


def colleagues(actor: Actor) -> QuerySet[Membership]:
    """All staff of the actor's provider, with their addresses: everybody of them sees every ticket."""
    rows = Membership.objects.visible_to(actor).select_related("user")
    return rows.filter(role__in=sorted(STAFF), is_active=True, user__is_active=True).order_by("display_name", "id")


def open_teams(actor: Actor) -> QuerySet[Team]:
    """The teams to which the actor could give a ticket."""
    return Team.objects.visible_to(actor).filter(archived_at__isnull=True).order_by("level", "name")


def members_of_teams(actor: Actor) -> QuerySet[TeamMember]:
    """Who works in which of those teams and may have tickets."""
    rows = TeamMember.objects.visible_to(actor).filter(team__archived_at__isnull=True)
    return rows.filter(membership__in=assignable(actor).order_by().values("pk"))


@dataclass(frozen=True, slots=True)
class Place:
    """A membership with the names of the organisations, which are not to be read from anywhere else."""

    membership_id: UUID
    name: str
    role: Role
    provider: str
    customer: str


def places(user: User, *, session: SessionBase) -> list[Place]:
    """Where ``user`` may work in this session, in the order in which he came there. Two questions, however many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT membership_id, provider_name, customer_name FROM places_of_user()")
        named = {key: (provider, customer or "") for key, provider, customer in cursor.fetchall()}
    rows = memberships_in(session, user)
    return [Place(row.id, row.display_name, Role(row.role), *named[row.id]) for row in rows if row.id in named]
