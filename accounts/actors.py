"""From a signed-in user to an actor: the membership he works under."""

from uuid import UUID

from accounts.models import Membership, PartnerGrant, User
from accounts.roles import Role
from accounts.tenancy import Actor

SESSION_KEY = "membership_id"


def memberships_of(user: User) -> list[Membership]:
    """The active memberships of ``user``. Needs ``app.user_id`` in the database context, nothing else."""
    rows = Membership.objects.filter(user=user, is_active=True).order_by("created_at", "id")
    return list(rows)


def actor_for(user: User, wanted: str | None) -> Actor | None:
    """The actor for ``user`` under membership ``wanted`` (an id as text), else under his first; None without any."""
    memberships = memberships_of(user)
    chosen = next((row for row in memberships if str(row.id) == wanted), None)
    chosen = chosen or next(iter(memberships), None)
    return actor_of(chosen, user) if chosen else None


def actor_of(membership: Membership, user: User) -> Actor:
    """The actor that ``membership`` makes of ``user``; partners' grants are completed by :func:`with_grants`."""
    return Actor(
        provider_id=membership.provider_id,
        role=Role(membership.role),
        membership_id=membership.id,
        user_id=user.id,
        customer_ids=(membership.customer_id,) if membership.customer_id else (),
        name=membership.display_name,
        language=user.language,
        time_zone=user.time_zone,
    )


def partner_customers(membership_id: UUID) -> tuple[UUID, ...]:
    """The customers granted to a partner's membership."""
    rows = PartnerGrant.objects.filter(membership_id=membership_id).order_by("customer_id")
    return tuple(rows.values_list("customer_id", flat=True))
