"""The people of a provider's world, as its administrator sees and changes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from accounts.errors import Invalid, Refused
from accounts.keeping import kept, locked
from accounts.models import ApiToken, Customer, Membership, Provider
from accounts.roles import CUSTOMER, STAFF, Role
from accounts.tenancy import Actor, tenant_context

PAGE = 50
NAME_LENGTH = 120
STAFF_SIDE, CUSTOMER_SIDE, PARTNER_SIDE = "staff", "customers", "partners"
_SIDES = {
    STAFF_SIDE: Q(role__in=sorted(STAFF)),
    CUSTOMER_SIDE: Q(role__in=sorted(CUSTOMER)),
    PARTNER_SIDE: Q(role=Role.PARTNER),
}


def roles_beside(role: str) -> list[Role]:
    """The roles that somebody with ``role`` may change to: those of the same side of the contract."""
    side = next((roles for roles in (STAFF, CUSTOMER) if role in roles), frozenset({Role(role)}))
    return [one for one in Role if one in side]


def people_of(
    actor: Actor, *, side: str = "", search: str = "", after: tuple[str, UUID] | None = None, size: int = PAGE
) -> list[Membership]:
    """Everybody of the provider's world by name, also who has left; one more than ``size`` where there are more.

    ``after`` is name and key of the last row of the page before. Raises ``Forbidden``.
    """
    actor.require("people.manage")
    rows = _with_places(Membership.objects.visible_to(actor)).filter(_SIDES.get(side, Q()))
    if search:
        rows = rows.filter(Q(display_name__icontains=search) | Q(user__email__icontains=search))
    if after:
        name, key = after
        rows = rows.filter(Q(display_name__gt=name) | Q(display_name=name, id__gt=key))
    return list(rows.order_by("display_name", "id")[: size + 1])


def people_at(actor: Actor, customer_id: UUID) -> list[Membership]:
    """Everybody of one customer by name, those who have left last. Raises ``Forbidden``."""
    actor.require("people.manage")
    rows = _with_places(Membership.objects.visible_to(actor)).filter(customer_id=customer_id)
    return list(rows.order_by("-is_active", "display_name", "id"))


def partners_of(actor: Actor) -> list[Membership]:
    """The partners with the customers that each may read. Raises ``Forbidden``."""
    actor.require("people.manage")
    rows = Membership.objects.visible_to(actor).filter(role=Role.PARTNER).select_related("user")
    return list(rows.prefetch_related("grants__customer").order_by("-is_active", "display_name", "id"))


def person_of(actor: Actor, membership_id: UUID) -> Membership:
    """One person's place. Raises ``Forbidden`` and ``NotFound``."""
    return kept(actor, _with_places(Membership.objects.visible_to(actor)), membership_id)


def _with_places(rows: "QuerySet[Membership]") -> "QuerySet[Membership]":
    return rows.select_related("user", "customer")


def change_person(*, actor: Actor, at: datetime, membership_id: UUID, role: str, display_name: str) -> Membership:
    """Another role of the same side, or another name. It holds from the person's next request on.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, and ``Refused`` where it would take the administrator's own role.
    """
    row = _locked(actor, membership_id)
    name = " ".join(display_name.split())
    _require_form(row, role, name)
    before = {"role": row.role, "name": row.display_name}
    if row.id == actor.membership_id and role != row.role:
        raise Refused(_("Ask another administrator to change your own role."), code="own_role")
    if before == {"role": role, "name": name}:
        return row
    row.role, row.display_name = role, name
    row.save(update_fields=["role", "display_name"])
    _require_an_administrator(actor)
    _tell(actor, at, Act.MEMBERSHIP_CHANGED, row, old=before, new={"role": role, "name": name})
    return row


def end_person(*, actor: Actor, at: datetime, membership_id: UUID) -> Membership:
    """Take a person's access away, everywhere and at once: pages, API and mails. What he wrote stays.

    Raises ``Forbidden``, ``NotFound``, and ``Refused`` for one's own place or one that has ended already.
    """
    row = _locked(actor, membership_id)
    if row.id == actor.membership_id:
        raise Refused(_("Ask another administrator to end your own access."), code="own_access")
    if not row.is_active:
        raise Refused(_("This access has ended already."), code="access_ended")
    close(actor, at, row)
    _require_an_administrator(actor)
    return row


def close(actor: Actor, at: datetime, row: Membership) -> None:
    """End a place that the caller has locked, with its tokens, which would otherwise come back with it."""
    row.is_active, row.ended_at = False, at
    row.save(update_fields=["is_active", "ended_at"])
    with tenant_context(Actor.system(actor.provider_id)):
        ApiToken.objects.filter(membership_id=row.id, revoked_at__isnull=True).update(revoked_at=at)
    _tell(actor, at, Act.MEMBERSHIP_ENDED, row, role=row.role)


def restore_person(*, actor: Actor, at: datetime, membership_id: UUID) -> Membership:
    """Give access back under the same role; tokens stay revoked. Raises ``Forbidden``, ``NotFound``, ``Refused``."""
    row = _locked(actor, membership_id)
    if row.is_active:
        raise Refused(_("This access is open already."), code="access_open")
    if has_ended(row.customer_id):
        raise Refused(_("The customer has ended: its people have no access."), code="customer_ended")
    row.is_active, row.ended_at = True, None
    row.needs_second_factor = second_factor_demanded(actor.provider_id, row.role)
    row.save(update_fields=["is_active", "ended_at", "needs_second_factor"])
    _tell(actor, at, Act.MEMBERSHIP_RESTORED, row, role=row.role)
    return row


def has_ended(customer_id: UUID | None) -> bool:
    """Whether a customer has ended; until the transaction is over it cannot, so that nobody comes in behind its end."""
    if customer_id is None:
        return False
    rows = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id)
    return any(row.ended_at is not None for row in rows)


def second_factor_demanded(provider_id: UUID, role: str) -> bool:
    """Whether the provider demands a second factor of somebody with this role, who is about to get a place.

    Holds the provider's row until the transaction is over, so that a demand made meanwhile finds the new place.
    """
    if role not in STAFF:
        return False
    rows = Provider.objects.select_for_update(no_key=True).filter(pk=provider_id)
    return any(row.staff_need_second_factor for row in rows)


def _locked(actor: Actor, membership_id: UUID) -> Membership:
    return locked(actor, Membership.objects.visible_to(actor).select_related("customer"), membership_id)


def _require_form(row: Membership, role: str, name: str) -> None:
    errors = {}
    if role not in roles_beside(row.role):
        errors["role"] = [_("Choose a role of the same side of the contract.")]
    if not 1 <= len(name) <= NAME_LENGTH:
        errors["display_name"] = [_("Give a name of 1 to 120 characters.")]
    if errors:
        raise Invalid(errors)


def _require_an_administrator(actor: Actor) -> None:
    """Two administrators who demote each other at once must not leave the house without any."""
    Provider.objects.select_for_update().get(pk=actor.provider_id)
    rows = Membership.objects.filter(provider_id=actor.provider_id, role=Role.ADMINISTRATOR, is_active=True)
    if not rows.exists():
        raise Refused(_("Somebody has to remain administrator."), code="last_administrator")


def _tell(actor: Actor, at: datetime, act: Act, row: Membership, **data: Any) -> None:
    told: dict[str, Any] = {"subject": row.display_name, "subject_id": row.id, "customer_id": row.customer_id}
    audit.record(actor, at, act, **told, **data)
