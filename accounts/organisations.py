"""Customers of a provider: created, renamed and ended by its administrator."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit, people
from accounts.audit import Act
from accounts.errors import Invalid, NotFound, Refused
from accounts.models import Customer, Membership
from accounts.tenancy import Actor

NAME_LENGTH = 160


def customers_of(actor: Actor) -> list[Customer]:
    """Every customer of the provider by name, those that have ended last. Raises ``Forbidden``."""
    actor.require("people.manage")
    return list(Customer.objects.visible_to(actor).order_by("ended_at", "name", "id"))


def customer_of(actor: Actor, customer_id: UUID) -> Customer:
    """One customer. Raises ``Forbidden`` and ``NotFound``."""
    actor.require("people.manage")
    found: Customer | None = Customer.objects.visible_to(actor).filter(pk=customer_id).first()
    if found is None:
        raise NotFound
    return found


def open_customer(*, actor: Actor, at: datetime, name: str, country: str) -> Customer:
    """A new customer. Raises ``Forbidden``, and ``Invalid`` where the name is empty or taken."""
    actor.require("people.manage")
    row = Customer(provider_id=actor.provider_id, name=_name(name), country=_country(country), created_at=at)
    _keep(row, is_new=True)
    audit.record(actor, at, Act.CUSTOMER_CREATED, subject=row.name, subject_id=row.id, customer_id=row.id)
    return row


def change_customer(*, actor: Actor, at: datetime, customer_id: UUID, name: str, country: str) -> Customer:
    """Another name or country. Raises ``Forbidden``, ``NotFound`` and ``Invalid``; the same again changes nothing."""
    row = _locked(actor, customer_id)
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
    row = _locked(actor, customer_id)
    if row.ended_at is not None:
        raise Refused(_("This customer has ended already."), code="customer_ended")
    for member in Membership.objects.select_for_update().filter(customer_id=row.id, is_active=True).order_by("id"):
        people.close(actor, at, member)
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    audit.record(actor, at, Act.CUSTOMER_ENDED, subject=row.name, subject_id=row.id, customer_id=row.id)
    return row


def _locked(actor: Actor, customer_id: UUID) -> Customer:
    actor.require("people.manage")
    found: Customer | None = Customer.objects.visible_to(actor).select_for_update().filter(pk=customer_id).first()
    if found is None:
        raise NotFound
    return found


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > NAME_LENGTH:
        raise Invalid({"name": [_("Give the customer a name of 1 to %(most)d characters.") % {"most": NAME_LENGTH}]})
    return name


def _country(text: str) -> str:
    code = text.strip().upper()
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise Invalid({"country": [_("Give the country as two letters, such as FR.")]})
    return code


def _keep(row: Customer, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
    except IntegrityError as error:
        raise Invalid({"name": [_("Another customer has this name.")]}) from error
