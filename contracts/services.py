"""Setting up contracts. The caller holds a context of the provider."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Refused
from contracts.models import Contract, ContractContact, Environment, TermsVersion
from contracts.selectors import terms_of


def sign_contract(
    *,
    provider_id: UUID,
    customer_id: UUID,
    terms: TermsVersion,
    reference: str,
    starts_on: date,
    ends_on: date | None,
    package: str,
    signed_by: str,
    at: datetime,
    overrides: dict[str, Any] | None = None,
) -> Contract:
    """A contract that pins one published version of the terms (R16)."""
    return Contract.objects.create(
        provider_id=provider_id,
        customer_id=customer_id,
        terms=terms,
        reference=reference,
        starts_on=starts_on,
        ends_on=ends_on,
        package=package,
        signed_by=signed_by,
        overrides=overrides or {},
        created_at=at,
    )


def add_environment(*, contract: Contract, kind: str, name: str, release: str = "") -> Environment:
    """A platform covered by the contract."""
    return Environment.objects.create(
        provider_id=contract.provider_id,
        customer_id=contract.customer_id,
        contract=contract,
        kind=kind,
        name=name,
        release=release,
    )


def name_contact(
    *, contract: Contract, membership_id: UUID, named_on: date, trained_on: date | None
) -> ContractContact:
    """Name somebody who may contact support; refused beyond the number that the terms allow (HOP-9, HSA-19)."""
    Contract.objects.select_for_update().get(pk=contract.pk)
    rule = terms_of(contract).contact_rules
    active = ContractContact.objects.filter(contract=contract, replaced_on__isnull=True).count()
    if rule.max_contacts is not None and active >= rule.max_contacts:
        message = _("The contract allows %(number)d contacts. Replace one of them first.")
        raise Refused(message % {"number": rule.max_contacts}, code="too_many_contacts", clause=rule.clauses[-1])
    return ContractContact.objects.create(
        provider_id=contract.provider_id,
        customer_id=contract.customer_id,
        contract=contract,
        membership_id=membership_id,
        named_on=named_on,
        trained_on=trained_on,
    )
