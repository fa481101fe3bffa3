"""Setting up tenants and people. The caller holds a context of the provider (usually ``Actor.system``)."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from accounts.actors import SESSION_KEY, memberships_in
from accounts.errors import Invalid, NotFound
from accounts.models import Customer, Membership, PartnerGrant, Provider, Team, TeamMember, TicketCounter, User
from accounts.people import second_factor_demanded
from accounts.roles import Role

_PROVIDERS = uuid.UUID("0a9f3c52-6c1b-5d0e-9b51-7d5a54c3f1a7")


def provider_id_for(slug: str) -> UUID:
    """The key of the provider called ``slug``: derived, because a provider's row can only be read in its context."""
    return uuid.uuid5(_PROVIDERS, slug)


def ensure_provider(*, slug: str, name: str, ticket_prefix: str, at: datetime) -> Provider:
    """The provider called ``slug``, created with its ticket counter where it is missing."""
    provider, created = Provider.objects.get_or_create(
        id=provider_id_for(slug),
        defaults={"slug": slug, "name": name, "ticket_prefix": ticket_prefix, "created_at": at},
    )
    if created:
        TicketCounter.objects.create(provider=provider)
    return provider


def create_customer(*, provider_id: UUID, name: str, country: str = "FR", at: datetime) -> Customer:
    """A new customer of the provider; raises ``IntegrityError`` where the name is taken there."""
    return Customer.objects.create(provider_id=provider_id, name=name, country=country, created_at=at)


def ensure_user(*, email: str, password: str | None, language: str, time_zone: str, at: datetime) -> User:
    """The global user with this address. Only a new one gets the password: nobody takes over an existing account."""
    known = User.objects.filter(email=email.strip().lower()).first()
    if known:
        return known
    return User.objects.create_user(email, password, language=language, time_zone=time_zone, created_at=at)


def add_membership(
    *,
    provider_id: UUID,
    user: User,
    role: Role,
    display_name: str,
    at: datetime,
    customer_id: UUID | None = None,
) -> Membership:
    """Give ``user`` a place: staff and partners have no customer, everybody else has exactly one."""
    name = " ".join(display_name.split())
    if not name:
        raise Invalid({"display_name": ["A name is needed."]})
    return Membership.objects.create(
        provider_id=provider_id,
        user=user,
        role=role,
        display_name=name,
        customer_id=customer_id,
        needs_second_factor=second_factor_demanded(provider_id, role),
        created_at=at,
    )


def add_team(
    *, provider_id: UUID, name: str, level: int | None = None, members: Sequence[Membership] = (), at: datetime
) -> Team:
    """A team of the desk; raises ``IntegrityError`` where the name is taken or the level is not one of 1 to 3."""
    team: Team = Team.objects.create(provider_id=provider_id, name=name, level=level, created_at=at)
    rows = [TeamMember(provider_id=provider_id, team=team, membership=member, since=at) for member in members]
    TeamMember.objects.bulk_create(rows)
    return team


def grant_customer(*, membership: Membership, customer_id: UUID, at: datetime) -> PartnerGrant:
    """Let a partner read one customer's tickets."""
    return PartnerGrant.objects.create(
        provider_id=membership.provider_id, membership=membership, customer_id=customer_id, granted_at=at
    )


def choose_membership(*, session: SessionBase, user: User, membership_id: UUID) -> Membership:
    """Let ``user`` work under another of his memberships from his next request on, in this session.

    Needs ``app.user_id`` in the database context. Raises ``NotFound`` for a membership that is not his or has ended.
    """
    chosen = next((row for row in memberships_in(session, user) if row.id == membership_id), None)
    if chosen is None:
        raise NotFound
    session[SESSION_KEY] = str(chosen.id)
    return chosen


def choose_language(*, user_id: UUID, language: str) -> None:
    """The language in which a person is written to from now on."""
    User.objects.filter(pk=user_id).update(language=language)


def choose_time_zone(*, user_id: UUID, time_zone: str) -> None:
    """The IANA zone in which a person reads instants from now on, on pages and in mails. The caller has checked it."""
    User.objects.filter(pk=user_id).update(time_zone=time_zone)
