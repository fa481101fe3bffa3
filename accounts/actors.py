"""From a signed-in user to an actor: the membership he works under."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Membership, PartnerGrant, User
from accounts.questions import question
from accounts.roles import Role
from accounts.tenancy import Actor

SESSION_KEY = "membership_id"
SIGN_ON_KEY = "sign_on_provider_id"
"""In a session that a provider's single sign-on opened: that provider. It vouches for nobody anywhere else."""


def memberships_of(user: User, *, provider_id: str | None = None) -> list[Membership]:
    """The active memberships of ``user``, those with one provider where it is given.

    Needs ``app.user_id`` in the database context, nothing else. Each says in ``has_second_factor`` whether its person
    can give one.
    """
    return [row for row in _active(user.pk) if provider_id is None or str(row.provider_id) == provider_id]


@question
def _active(user_id: UUID) -> QuerySet[Membership]:
    rows = Membership.objects.filter(user_id=user_id, is_active=True).annotate(has_second_factor=has_second_factor())
    return rows.order_by("created_at", "id")


def has_second_factor() -> Exists:
    """For rows with ``user_id``: whether that person has set a second factor up."""
    return Exists(Authenticator.objects.filter(user_id=OuterRef("user_id"), type=Authenticator.Type.TOTP))


def memberships_in(session: SessionBase, user: User) -> list[Membership]:
    """The memberships under which ``user`` may work in this session."""
    return memberships_of(user, provider_id=session.get(SIGN_ON_KEY))


def chosen_of(rows: Sequence[Membership], wanted: str | None) -> Membership | None:
    """The membership ``wanted`` (an id as text), else the first; None without any."""
    return next((row for row in rows if str(row.id) == wanted), None) or next(iter(rows), None)


def lacks_second_factor(row: Any) -> bool:
    """Whether the provider demands a second factor that the person has not set up; ``row`` as read above."""
    return bool(row.needs_second_factor and not row.has_second_factor)


def actor_for(user: User, wanted: str | None) -> Actor | None:
    """The actor for ``user`` under membership ``wanted`` (an id as text), else under his first; None without any."""
    chosen = chosen_of(memberships_of(user), wanted)
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
