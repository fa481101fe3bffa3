"""Tokens with which programs call the product in the name of one membership.

A secret is shown once, when it is made; the database holds its SHA-256, which is enough for 256 random bits: nobody can
guess one, and looking a digest up tells nothing about its neighbours. A token never has more rights than its holder,
and only those scopes that it was given.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import actor_of, has_second_factor
from accounts.errors import Invalid, NotFound
from accounts.models import AccessRecord, ApiToken, Membership, User
from accounts.tenancy import Actor, enter_context, personal_context, tenant_context

SCOPES = ("sla:compute", "contracts:read", "tickets:read", "tickets:write")
"""What a token may be good for; each address names the one that it asks for."""
MARK = "hdt_"
LONGEST = timedelta(days=366)
_SECRET = re.compile(re.escape(MARK) + r"[A-Za-z0-9_-]{43}")
_SHOWN = len(MARK) + 8


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who came with a token, and for what it is good."""

    token_id: UUID
    user: User
    membership: Membership
    scopes: frozenset[str]
    lacks_second_factor: bool = False


def create_token(
    *, membership: Membership, name: str, scopes: Iterable[str], at: datetime, lasts: timedelta
) -> tuple[ApiToken, str]:
    """A new token of ``membership`` and its secret, which cannot be had again. Raises ``Invalid``.

    The caller holds a context of the provider, as the holder himself or as the product.
    """
    wanted = sorted(set(scopes))
    title = " ".join(name.split())
    _check(title, wanted, lasts)
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        provider_id=membership.provider_id,
        membership_id=membership.id,
        user_id=membership.user_id,
        name=title,
        scopes=wanted,
        digest=digest_of(secret),
        prefix=secret[:_SHOWN],
        created_at=at,
        expires_at=at + lasts,
    )
    _record("token_created", token, at)
    return token, secret


def _check(title: str, scopes: list[str], lasts: timedelta) -> None:
    errors: dict[str, list[str]] = {}
    if not title or len(title) > 80 or not title.isprintable():
        errors["name"] = [_("Give the token a name of up to 80 characters.")]
    if not scopes or not set(scopes) <= set(SCOPES):
        errors["scopes"] = [_("Choose from: %(scopes)s.") % {"scopes": ", ".join(SCOPES)}]
    if not timedelta() < lasts <= LONGEST:
        errors["expires_at"] = [_("A token lasts from a moment to %(days)d days.") % {"days": LONGEST.days}]
    if errors:
        raise Invalid(errors)


def revoke_token(*, provider_id: UUID, token_id: UUID, at: datetime) -> ApiToken:
    """End a token at once and for good; one that has ended stays as it was. Raises ``NotFound``."""
    token = ApiToken.objects.select_for_update().filter(provider_id=provider_id, pk=token_id).first()
    if token is None:
        raise NotFound
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        _record("token_revoked", token, at)
    return token


def revoke_tokens(user: User, at: datetime) -> None:
    """End every token of an account, with whichever provider it is. Needs an open transaction."""
    with personal_context(user.pk):
        rows = list(ApiToken.objects.filter(user=user, revoked_at__isnull=True, expires_at__gt=at))
    for row in rows:
        with tenant_context(Actor.system(row.provider_id)):
            revoke_token(provider_id=row.provider_id, token_id=row.id, at=at)


def digest_of(secret: str) -> str:
    """What the database knows of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_of(secret: str, at: datetime) -> Bearer | None:
    """Who holds ``secret``; None where it is unknown, expired, revoked, or its holder has no access any more.

    In a transaction of its own, before any tenant is known. The day of the last use is written here, once a day, so
    that reading by a token stays reading.
    """
    if not _SECRET.fullmatch(secret):
        return None
    digest = digest_of(secret)
    with transaction.atomic():
        _become_holder(digest)
        rows = ApiToken.objects.select_related("user", "membership").annotate(has_second_factor=has_second_factor())
        token = rows.filter(digest=digest).first()
        if token is None or not _is_good(token, at):
            return None
        if token.last_used_on != at.date():
            enter_context(actor_of(token.membership, token.user))
            ApiToken.objects.filter(pk=token.pk).update(last_used_on=at.date())
    lacks = token.membership.needs_second_factor and not token.has_second_factor
    return Bearer(token.id, token.user, token.membership, frozenset(token.scopes), lacks)


def spent_token(secret: str) -> ApiToken | None:
    """The token whose secret is right but opens nothing any more; asked after ``bearer_of`` has answered None."""
    if not _SECRET.fullmatch(secret):
        return None
    digest = digest_of(secret)
    with transaction.atomic():
        _become_holder(digest)
        return ApiToken.objects.filter(digest=digest).first()


def _become_holder(digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.user_id', coalesce((SELECT h::text FROM api_token_user(%s) h), ''), true)",
            [digest],
        )


def _is_good(token: ApiToken, at: datetime) -> bool:
    is_open = token.revoked_at is None and at < token.expires_at
    return is_open and token.user.is_active and token.membership.is_active


def _record(kind: str, token: ApiToken, at: datetime) -> None:
    AccessRecord.objects.create(at=at, kind=kind, user_id=token.user_id, path=f"{token.prefix}… {token.name}", status=0)
