"""The access review: who may get in, as what, and what else opens the door to him (HSA-26)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from accounts import audit
from accounts.audit import Act
from accounts.models import ApiToken, Membership, PartnerGrant
from accounts.tenancy import Actor, tenant_context


@dataclass(frozen=True, slots=True)
class Access:
    """One open access. ``last_sign_in`` is that of the account; ``reads`` names the customers of a partner."""

    membership_id: UUID
    name: str
    email: str
    role: str
    organisation: str
    since: datetime
    last_sign_in: datetime | None
    has_second_factor: bool
    tokens: int
    reads: Sequence[str]
    is_disabled: bool


def open_accesses(actor: Actor, at: datetime) -> list[Access]:
    """Everybody who has a place now, staff first, then by organisation and name: three questions, however many.

    Raises ``Forbidden``.
    """
    actor.require("audit.read")
    factors = Authenticator.objects.filter(user_id=OuterRef("user_id"), type=Authenticator.Type.TOTP)
    rows = Membership.objects.visible_to(actor).filter(is_active=True).select_related("user", "customer", "provider")
    tokens, reads = _tokens(actor, at), _reads(actor)
    people = list(rows.annotate(has_second_factor=Exists(factors)))
    found = [(not row.is_staff, _access(row, tokens[row.id], reads[row.id])) for row in people]
    found.sort(key=lambda one: (one[0], one[1].organisation.casefold(), one[1].name, one[1].membership_id))
    return [access for _is_outside, access in found]


def _access(row: Membership, tokens: int, reads: Sequence[str]) -> Access:
    return Access(
        membership_id=row.id,
        name=row.display_name,
        email=row.user.email,
        role=row.get_role_display(),
        organisation=row.customer.name if row.customer else (row.provider.name if row.is_staff else ""),
        since=row.created_at,
        last_sign_in=row.user.last_login,
        has_second_factor=row.has_second_factor,  # type: ignore[attr-defined]
        tokens=tokens,
        reads=reads,
        is_disabled=not row.user.is_active,
    )


def _tokens(actor: Actor, at: datetime) -> Counter[UUID]:
    """How many tokens of each person open something. Tokens are their holder's alone, so the product itself counts."""
    with tenant_context(Actor.system(actor.provider_id)):
        rows = ApiToken.objects.filter(provider_id=actor.provider_id, revoked_at__isnull=True, expires_at__gt=at)
        return Counter(rows.values_list("membership_id", flat=True))


def _reads(actor: Actor) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = PartnerGrant.objects.visible_to(actor).order_by("customer__name")
    for member, name in rows.values_list("membership_id", "customer__name"):
        found[member].append(name)
    return found


def note_export(*, actor: Actor, at: datetime, rows: int) -> None:
    """A list of everybody left the house: told in the trail. Raises ``Forbidden``."""
    actor.require("audit.read")
    audit.record(actor, at, Act.REVIEW_EXPORTED, subject=actor.name, subject_id=actor.membership_id, rows=str(rows))
