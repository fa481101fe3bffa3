"""Setting up contracts. The caller holds a context of the provider."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.errors import Invalid, Refused
from accounts.tenancy import Actor
from contracts import log
from contracts.models import Contract, ContractChange, ContractContact, Environment, TermsVersion
from contracts.selectors import terms_at, terms_by_id
from contracts.terms import Terms
from contracts.terms.overrides import Missing, missing_contract_data, parse_overrides

MAX_REFERENCE = 40

Check = Callable[[Terms, Mapping[str, Any], date], None]
"""What else must be right before terms and overrides hold from a day on, such as that deadlines can be counted under
them: raises Refused."""


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
    follows_terms: bool = False,
    actor: Actor | None = None,
    check: Check | None = None,
) -> Contract:
    """A contract on one published version of the terms (R16), with what it changes in them (R17).

    Refused, with the whole list, where the terms leave something to the contract that it does not bring (GEN-6,
    JAL-29b); "no target" in so many words is an answer too; and for what ``check`` finds wrong. Raises Invalid for a
    reference that cannot stand in an address or that another contract has, TermsError for overrides that do not fit.
    """
    reference = _reference(reference)
    held = terms_by_id(terms.id)
    require_complete(held, overrides or {})
    if check:
        check(held, overrides or {}, starts_on)
    with _reference_is_free(reference):
        contract = Contract.objects.create(
            provider_id=provider_id,
            customer_id=customer_id,
            terms=terms,
            reference=reference,
            starts_on=starts_on,
            ends_on=ends_on,
            package=package,
            signed_by=signed_by,
            overrides=overrides or {},
            follows_terms=follows_terms,
            created_at=at,
        )
    told = {"reference": reference, "terms": str(terms), "overrides": overrides or {}}
    log.write(contract, actor or Actor.system(provider_id), at, ContractChange.Kind.SIGNED, told)
    return contract


@contextmanager
def _reference_is_free(reference: str) -> Iterator[None]:
    """Of two contracts that a provider signs under one reference, at once or years apart, the second is told."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "contract_reference_per_provider" not in str(error):
            raise
        raise Invalid({"reference": [_taken(reference)]}) from error


def _taken(reference: str) -> str:
    return _("Another contract already has the reference %(reference)s.") % {"reference": reference}


def free_reference(text: str) -> str:
    """The reference as it would be kept. Raises Invalid where it cannot stand in an address, or another contract of the
    provider has it; a look only: ``sign_contract`` decides."""
    reference = _reference(text)
    if Contract.objects.filter(reference=reference).exists():
        raise Invalid({"reference": [_taken(reference)]})
    return reference


def _reference(text: str) -> str:
    """The reference without the spaces around it. It stands in addresses and names of files, so it can be printed, and
    no part of it between strokes is a way up: 2026/17, not ../17."""
    trimmed = text.strip()
    climbs = any(part in {".", ".."} for part in trimmed.split("/"))
    if not 1 <= len(trimmed) <= MAX_REFERENCE or not trimmed.isprintable() or climbs:
        told = _("Give the contract a reference of 1 to %(most)d characters that can be printed.")
        raise Invalid({"reference": [told % {"most": MAX_REFERENCE}]})
    return trimmed


def require_complete(terms: Terms, overrides: dict[str, Any]) -> None:
    """Refuse a contract that does not bring what its terms leave to it (GEN-6, JAL-29b). Raises TermsError too."""
    missing = missing_contract_data(terms, parse_overrides(overrides, terms))
    if missing:
        message = _("The contract lacks: %(missing)s. Give each, or say in so many words that there is none.")
        raise Refused(
            message % {"missing": "; ".join(_labels(missing))},
            code="contract_incomplete",
            clause=missing[0].clauses[0],
            params={"missing": [str(item) for item in missing]},
        )


def _labels(missing: Sequence[Missing]) -> list[str]:
    language = get_language() or "en"
    return [f"{item.label.text(language)} ({', '.join(item.clauses)})" for item in missing]


def add_environment(
    *,
    contract: Contract,
    kind: str,
    name: str,
    release: str = "",
    at: datetime | None = None,
    actor: Actor | None = None,
) -> Environment:
    """A platform covered by the contract, from the day of its signature unless ``at`` says otherwise."""
    made = Environment.objects.create(
        provider_id=contract.provider_id,
        customer_id=contract.customer_id,
        contract=contract,
        kind=kind,
        name=name,
        release=release,
    )
    who = actor or Actor.system(contract.provider_id)
    told = {"name": name, "kind": kind, "release": release}
    log.write(contract, who, at or contract.created_at, ContractChange.Kind.ENVIRONMENT_ADDED, told)
    return made


def name_contact(
    *,
    contract: Contract,
    membership_id: UUID,
    named_on: date,
    trained_on: date | None,
    at: datetime | None = None,
    actor: Actor | None = None,
) -> ContractContact:
    """Name somebody who may contact support; refused beyond the number that the terms allow (HOP-9, HSA-19)."""
    Contract.objects.select_for_update().get(pk=contract.pk)
    at = at or contract.created_at
    rule = terms_at(contract, at).contact_rules
    active = ContractContact.objects.filter(contract=contract, replaced_on__isnull=True).count()
    if rule.max_contacts is not None and active >= rule.max_contacts:
        message = _("The contract allows %(number)d contacts. Replace one of them first.")
        raise Refused(message % {"number": rule.max_contacts}, code="too_many_contacts", clause=rule.clauses[-1])
    named = ContractContact.objects.create(
        provider_id=contract.provider_id,
        customer_id=contract.customer_id,
        contract=contract,
        membership_id=membership_id,
        named_on=named_on,
        trained_on=trained_on,
    )
    told = {"membership": str(membership_id), "named_on": f"{named_on:%Y-%m-%d}"}
    log.write(contract, actor or Actor.system(contract.provider_id), at, ContractChange.Kind.CONTACT_NAMED, told)
    return named
