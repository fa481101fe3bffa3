"""Questions about people, each answered for one actor."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db import connection
from django.db.models import QuerySet

from accounts.actors import memberships_in
from accounts.models import Customer, Membership, Provider, User
from accounts.roles import PERMISSIONS, Role
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
