"""Who may contact support under a contract: named, trained and withdrawn by the provider's administrator, each an act
with a date (HOP-9, HSA-19, JAL-4b)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import audit, organisations
from accounts.audit import Act
from accounts.errors import Invalid, NotFound, Refused
from accounts.models import Customer, Membership
from accounts.roles import PERMISSIONS
from accounts.tenancy import Actor
from contracts.models import Contract, ContractContact
from contracts.selectors import contract as contract_of
from contracts.selectors import terms_at, zone_of
from contracts.services import name_contact
from contracts.terms.model import ContactRules

AGREEMENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Roster:
    """The contacts of a contract, those of today first, with the rule of its terms and who could be named."""

    contract: Contract
    rule: ContactRules
    today: date
    present: Sequence[ContractContact]
    past: Sequence[ContractContact]
    candidates: Sequence[Membership]

    @property
    def is_full(self) -> bool:
        """Whether the terms allow nobody more."""
        return self.rule.max_contacts is not None and len(self.present) >= self.rule.max_contacts

    @property
    def needs_both_sides(self) -> bool:
        """Whether the terms let a contact in only where both parties agree (JAL-4b)."""
        return len(self.rule.approved_by) > 1


def roster(actor: Actor, contract_id: UUID, at: datetime) -> Roster:
    """The contacts of one contract. Raises ``Forbidden`` and ``NotFound``."""
    actor.require("people.manage")
    found = contract_of(actor, contract_id)
    rule = terms_at(found, at).contact_rules
    rows = list(found.contacts.select_related("membership__user").order_by("named_on", "id"))
    present = [row for row in rows if row.replaced_on is None]
    named = {row.membership_id for row in present}
    candidates = [row for row in _candidates(actor, found) if row.id not in named]
    past = [row for row in rows if row.replaced_on is not None]
    return Roster(found, rule, _today(found, at), present, past, candidates)


def _candidates(actor: Actor, contract: Contract) -> "QuerySet[Membership]":
    """The customer's people whose role files tickets."""
    filers = sorted(PERMISSIONS["ticket.file"])
    rows: QuerySet[Membership] = Membership.objects.visible_to(actor).filter(
        customer_id=contract.customer_id, role__in=filers, is_active=True
    )
    return rows.order_by("display_name", "id")


def appoint_contact(
    *,
    actor: Actor,
    at: datetime,
    contract_id: UUID,
    membership_id: UUID,
    trained_on: date | None,
    agreement: str = "",
) -> ContractContact:
    """Name somebody from today on, the day being that of the contract's zone.

    ``agreement`` says how the customer agreed, where both parties have to (JAL-4b). Raises ``Forbidden``, ``NotFound``,
    ``Invalid`` for a field, and ``Refused`` with its clause beyond the number that the terms allow (HSA-19).
    """
    found = roster(actor, contract_id, at)
    person = next((row for row in found.candidates if row.id == membership_id), None)
    _require_form(found, person, trained_on, agreement.strip())
    named = name_contact(
        contract=found.contract,
        membership_id=membership_id,
        named_on=found.today,
        trained_on=trained_on,
        at=at,
        actor=actor,
    )
    assert person is not None  # the form was in order
    _tell(actor, at, Act.CONTACT_NAMED, found.contract, person, agreement=agreement.strip(), trained=_iso(trained_on))
    return named


def _require_form(found: Roster, person: Membership | None, trained_on: date | None, agreement: str) -> None:
    errors = {}
    if person is None:
        errors["membership"] = [_("Choose one of the people offered.")]
    if trained_on and trained_on > found.today:
        errors["trained_on"] = [_("Record a training once it has taken place.")]
    if found.needs_both_sides and not agreement:
        errors["agreement"] = [_("Say how the customer agreed: both parties have to (%(clause)s).") % _clause(found)]
    if len(agreement) > AGREEMENT_LENGTH:
        errors["agreement"] = [_("At most %(most)d characters.") % {"most": AGREEMENT_LENGTH}]
    if errors:
        raise Invalid(errors)


def _clause(found: Roster) -> dict[str, str]:
    return {"clause": found.rule.clauses[-1]}


def record_training(
    *, actor: Actor, at: datetime, contract_id: UUID, contact_id: UUID, trained_on: date
) -> ContractContact:
    """The day on which a contact was trained (HSA-19). Raises ``Forbidden``, ``NotFound`` and ``Invalid``."""
    contract, row = _locked(actor, contract_id, contact_id)
    if trained_on > _today(contract, at):
        raise Invalid({"trained_on": [_("Record a training once it has taken place.")]})
    before, row.trained_on = row.trained_on, trained_on
    if before == trained_on:
        return row
    row.save(update_fields=["trained_on"])
    told = {"old": _iso(before), "new": _iso(trained_on)}
    _tell(actor, at, Act.CONTACT_TRAINED, contract, row.membership, **told)
    return row


def withdraw_contact(*, actor: Actor, at: datetime, contract_id: UUID, contact_id: UUID) -> ContractContact:
    """From today on somebody no longer contacts support; his place is free. Raises ``Forbidden``, ``NotFound``."""
    contract, row = _locked(actor, contract_id, contact_id)
    row.replaced_on = _today(contract, at)
    row.save(update_fields=["replaced_on"])
    _tell(actor, at, Act.CONTACT_REPLACED, contract, row.membership)
    return row


def close_customer(*, actor: Actor, at: datetime, customer_id: UUID) -> Customer:
    """End a customer none of whose contracts is in force any more (HSA-20).

    Raises ``Forbidden``, ``NotFound``, and ``Refused`` naming the contracts that still run or have yet to start.
    """
    customer = organisations.customer_of(actor, customer_id)
    rows = Contract.objects.visible_to(actor).filter(customer_id=customer.id).order_by("reference")
    open_ones = [row.reference for row in rows if row.ends_on is None or row.ends_on >= _today(row, at)]
    if open_ones:
        message = _("A contract is still in force: %(contracts)s. End it first.")
        raise Refused(message % {"contracts": ", ".join(open_ones)}, code="contract_in_force")
    return organisations.end_customer(actor=actor, at=at, customer_id=customer_id)


def _locked(actor: Actor, contract_id: UUID, contact_id: UUID) -> tuple[Contract, ContractContact]:
    """A contact of today with his contract."""
    actor.require("people.manage")
    contract = contract_of(actor, contract_id)
    rows = ContractContact.objects.visible_to(actor).filter(contract_id=contract.id, replaced_on__isnull=True)
    row = rows.select_for_update(of=("self",)).select_related("membership").filter(pk=contact_id).first()
    if row is None:
        raise NotFound
    return contract, row


def _today(contract: Contract, at: datetime) -> date:
    return at.astimezone(zone_of(contract)).date()


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _tell(actor: Actor, at: datetime, act: Act, contract: Contract, person: Membership, **data: Any) -> None:
    told: dict[str, Any] = {"subject": person.display_name, "subject_id": person.id}
    told["customer_id"] = contract.customer_id
    audit.record(actor, at, act, **told, contract=contract.reference, **data)
