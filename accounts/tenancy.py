"""The two walls between tenants.

The first wall is ``visible_to``: one predicate for list, detail, search, export and count. The second is row level
security in PostgreSQL, fed by ``tenant_context``; the policies themselves are built in :mod:`accounts.policies`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import Q

from accounts.errors import Forbidden
from accounts.roles import EXTERNAL, PERMISSIONS, STAFF, Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, where, and as what. Built from a membership, or for the worker by :meth:`system`.

    ``customer_ids`` lists what an external actor may see; staff see every customer of their provider.
    """

    provider_id: UUID
    role: Role | None
    membership_id: UUID | None = None
    user_id: UUID | None = None
    customer_ids: tuple[UUID, ...] = ()
    name: str = ""
    language: str = "fr"
    time_zone: str = "Europe/Paris"

    @classmethod
    def system(cls, provider_id: UUID) -> "Actor":
        """The product itself: timers, the relay, demo set-up. Sees the whole provider, has no membership."""
        return cls(provider_id=provider_id, role=None)

    @property
    def person(self) -> UUID:
        """The membership of the person who acts; the product itself has none and raises ``Forbidden``."""
        if self.membership_id is None:
            raise Forbidden
        return self.membership_id

    @property
    def is_system(self) -> bool:
        return self.role is None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def is_external(self) -> bool:
        return self.role in EXTERNAL

    @property
    def sees_private(self) -> bool:
        return self.is_staff or self.is_system

    @property
    def side(self) -> str:
        """Which side of the contract acts: ``provider``, ``customer`` or ``system``."""
        if self.is_system:
            return "system"
        return "provider" if self.is_staff else "customer"

    def may(self, permission: str) -> bool:
        """Whether the actor's role holds ``permission`` (a key of ``PERMISSIONS``; an unknown one raises)."""
        return self.role in PERMISSIONS[permission]

    def require(self, permission: str) -> None:
        """Raise ``Forbidden`` unless the role holds ``permission``."""
        if not self.may(permission):
            raise Forbidden(code="forbidden", params={"permission": permission})


@dataclass(frozen=True, slots=True)
class Scope:
    """How a model says whose row it is. Fields are names on the model itself, never joins.

    ``customer_field=None``: shared inside the provider. ``visibility_field``: rows marked ``private`` are for staff.
    ``staff_only``: never for external actors. ``recipient_field``: only for the membership named there.
    ``holder_field``: the same for the rows that name one; those that name none are shared.
    """

    provider_field: str = "provider_id"
    customer_field: str | None = None
    visibility_field: str | None = None
    staff_only: bool = False
    recipient_field: str | None = None
    holder_field: str | None = None


def visible_to(actor: Actor, scope: Scope) -> Q:
    """The one predicate: which rows of a model with ``scope`` the actor may know of."""
    rows = Q(**{scope.provider_field: actor.provider_id})
    if scope.recipient_field and not actor.is_system:
        rows &= Q(**{scope.recipient_field: actor.membership_id})
    if scope.holder_field and not actor.is_system:
        rows &= Q(**{f"{scope.holder_field}__isnull": True}) | Q(**{scope.holder_field: actor.membership_id})
    if actor.sees_private:
        return rows
    if scope.staff_only:
        return Q(pk__in=[])
    if scope.customer_field:
        rows &= Q(**{f"{scope.customer_field}__in": actor.customer_ids})
    if scope.visibility_field:
        rows &= Q(**{scope.visibility_field: "public"})
    return rows


class TenantQuerySet(models.QuerySet[Any]):
    """A query set that knows the scope of its model."""

    def visible_to(self, actor: Actor) -> Self:
        return self.filter(visible_to(actor, self.model.scope))


TenantManager = models.Manager.from_queryset(TenantQuerySet)

_SETTINGS = ("app.provider_id", "app.customer_ids", "app.audience", "app.membership_id", "app.user_id")


def _settings_of(actor: Actor) -> dict[str, str]:
    return {
        "app.provider_id": str(actor.provider_id),
        "app.customer_ids": "{" + ",".join(map(str, actor.customer_ids)) + "}",
        "app.audience": "staff" if actor.sees_private else "external",
        "app.membership_id": str(actor.membership_id or ""),
        "app.user_id": str(actor.user_id or ""),
    }


def apply_settings(values: Mapping[str, str]) -> None:
    """Set the row level security context for the rest of this transaction (never longer)."""
    if not connection.in_atomic_block:
        raise RuntimeError("A tenant context needs an open transaction: wrap the work in transaction.atomic().")
    calls = ", ".join(["set_config(%s, %s, true)"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for item in values.items() for part in item])


def _current_settings() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(["current_setting(%s, true)"] * len(_SETTINGS)), _SETTINGS)
        row = cursor.fetchone()
    return {name: value or "" for name, value in zip(_SETTINGS, row, strict=True)}


def enter_context(actor: Actor) -> None:
    """Set the context for ``actor`` without remembering the old one: for the start of a request or a task."""
    apply_settings(_settings_of(actor))


@contextmanager
def tenant_context(actor: Actor) -> Iterator[None]:
    """Work as ``actor`` inside an open transaction and put the former context back afterwards.

    The old values are put back by hand, because a setting made inside a savepoint survives its release. After an
    error the transaction rolls back and takes the settings with it.
    """
    before = _current_settings()
    enter_context(actor)
    yield
    apply_settings(before)


@contextmanager
def personal_context(user_id: UUID) -> Iterator[None]:
    """Work as a person under no membership, who sees where he has a place; the former context is put back."""
    before = _current_settings()
    apply_settings(dict.fromkeys(_SETTINGS, "") | {"app.user_id": str(user_id)})
    yield
    apply_settings(before)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """One transaction under ``actor``'s context: the unit of work of a task or a command.

    Where it is the outermost one there is no former context, and its end takes this one away.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            enter_context(actor)
            yield
            return
        with tenant_context(actor):
            yield
