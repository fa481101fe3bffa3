"""Customers of a provider: created, renamed and ended by its administrator."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from babel import Locale
from django.utils.translation import gettext as _

from accounts import audit, people
from accounts.audit import Act
from accounts.errors import Invalid, Refused
from accounts.keeping import kept, locked, named, save_named
from accounts.models import Customer, Membership
from accounts.tenancy import Actor

NAME_LENGTH = 160


def customers_of(actor: Actor) -> list[Customer]:
    """Every customer of the provider by name, those that have ended last. Raises ``Forbidden``."""
    actor.require("people.manage")
    return list(Customer.objects.visible_to(actor).order_by("ended_at", "name", "id"))


def customer_of(actor: Actor, customer_id: UUID) -> Customer:
    """One customer. Raises ``Forbidden`` and ``NotFound``."""
    return kept(actor, Customer.objects.visible_to(actor), customer_id)


def open_customer(*, actor: Actor, at: datetime, name: str, country: str) -> Customer:
    """A new customer. Raises ``Forbidden``, and ``Invalid`` where the name is empty or taken."""
    actor.require("people.manage")
    row = Customer(provider_id=actor.provider_id, name=_name(name), country=_country(country), created_at=at)
    _keep(row, is_new=True)
    audit.record(actor, at, Act.CUSTOMER_CREATED, subject=row.name, subject_id=row.id, customer_id=row.id)
    return row


def change_customer(*, actor: Actor, at: datetime, customer_id: UUID, name: str, country: str) -> Customer:
    """Another name or country. Raises ``Forbidden``, ``NotFound`` and ``Invalid``; the same again changes nothing."""
    row = locked(actor, Customer.objects.visible_to(actor), customer_id)
    before = {"name": row.name, "country": row.country}
    row.name, row.country = _name(name), _country(country)
    after = {"name": row.name, "country": row.country}
    if after == before:
        return row
    _keep(row, is_new=False)
    about: dict[str, Any] = {"subject": row.name, "subject_id": row.id, "customer_id": row.id}
    audit.record(actor, at, Act.CUSTOMER_CHANGED, **about, old=before, new=after)
    return row


def end_customer(*, actor: Actor, at: datetime, customer_id: UUID) -> Customer:
    """Close a customer: its people are out at once (HSA-20). Raises ``Forbidden``, ``NotFound`` and ``Refused``.

    Whether a contract is still in force is asked in ``contracts.contacts``, which calls this.
    """
    row = locked(actor, Customer.objects.visible_to(actor), customer_id)
    if row.ended_at is not None:
        raise Refused(_("This customer has ended already."), code="customer_ended")
    for member in Membership.objects.select_for_update().filter(customer_id=row.id, is_active=True).order_by("id"):
        people.close(actor, at, member)
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    audit.record(actor, at, Act.CUSTOMER_ENDED, subject=row.name, subject_id=row.id, customer_id=row.id)
    return row


def _name(text: str) -> str:
    return named(text, NAME_LENGTH, _("Give the customer a name of 1 to %(most)d characters."))


_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Two letters that stand for regions, tests and the unknown."""


def _country(text: str) -> str:
    code = text.strip().upper()
    if len(code) != 2 or not code.isalpha() or code in _NO_COUNTRIES or code not in Locale("en").territories:
        raise Invalid({"country": [_("Give the country as two letters, such as FR.")]})
    return code


def _keep(row: Customer, *, is_new: bool) -> None:
    save_named(row, _("Another customer has this name."), is_new=is_new)
