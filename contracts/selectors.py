"""Questions about contracts: which the actor sees, what their terms say, under which he may file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.errors import NotFound
from accounts.tenancy import Actor
from contracts.models import Contract, ContractContact, TermsVersion
from contracts.terms import Terms, parse_terms


def contracts(actor: Actor) -> QuerySet[Contract]:
    """The contracts that the actor may see, with their customer; the terms document itself is left in the database."""
    rows = Contract.objects.visible_to(actor).select_related("customer", "terms").defer("terms__document")
    return rows.order_by("customer__name", "reference")


def contract(actor: Actor, contract_id: UUID) -> Contract:
    """One contract; raises ``NotFound`` where it does not exist for the actor."""
    found = contracts(actor).filter(pk=contract_id).first()
    if found is None:
        raise NotFound
    return found


class PinsTerms(Protocol):
    """Whatever refers to a published version of the terms: a contract, a ticket, a clock."""

    terms_id: UUID


@lru_cache(maxsize=256)
def _parsed(terms_id: UUID) -> Terms:
    document = TermsVersion.objects.values_list("document", flat=True).get(pk=terms_id)
    return parse_terms(document, source=str(terms_id))


def terms_of(holder: PinsTerms) -> Terms:
    """The terms that a contract, ticket or clock pins. Published terms are immutable, so each is parsed once.

    The caller already holds a row that refers to them, hence the cache may outlive the tenant context.
    """
    return _parsed(holder.terms_id)


def zone_of(holder: PinsTerms) -> ZoneInfo:
    """The time zone in which the contract counts: that of the calendar of its first target (R6, R14)."""
    terms = terms_of(holder)
    code = terms.targets[0].calendar if terms.targets else terms.calendars[0].code
    return ZoneInfo(terms.calendar(code).zone)


@dataclass(frozen=True, slots=True)
class FilingRight:
    """Whether the actor may file under a contract on a day, and if not, why and by which clause."""

    contract: Contract
    allowed: bool
    reason: str = ""
    clause: str = ""


def filing_contracts(actor: Actor, at: datetime) -> list[FilingRight]:
    """The actor's contracts with his right to file under each at ``at`` (HOP-9, HSA-1b, HSA-19, HSA-20)."""
    named = _contacts_of(actor)
    return [_filing_right(row, named.get(row.id, []), actor, at) for row in contracts(actor)]


def filing_right(actor: Actor, row: Contract, at: datetime) -> FilingRight:
    """The actor's right to file under one contract; the day is that of the contract's zone (R6)."""
    return _filing_right(row, _contacts_of(actor).get(row.id, []), actor, at)


def _contacts_of(actor: Actor) -> dict[UUID, list[ContractContact]]:
    found: dict[UUID, list[ContractContact]] = {}
    if actor.membership_id is None:
        return found
    for row in ContractContact.objects.visible_to(actor).filter(membership_id=actor.membership_id):
        found.setdefault(row.contract_id, []).append(row)
    return found


def _is_named(row: ContractContact, on: date) -> bool:
    """Being named and being replaced are acts with a date (HOP-9): both take effect on their day."""
    return row.named_on <= on and (row.replaced_on is None or on < row.replaced_on)


def _filing_right(row: Contract, known: Sequence[ContractContact], actor: Actor, at: datetime) -> FilingRight:
    rule = terms_of(row).contact_rules
    clause = rule.clauses[-1]
    on = at.astimezone(zone_of(row)).date()
    contact = next((item for item in known if _is_named(item, on)), None)
    if on < row.starts_on:
        return FilingRight(row, False, _("This contract has not started yet."), "HSA-1b")
    if row.ends_on and on > row.ends_on:
        return FilingRight(row, False, _("This contract has ended: nothing can be filed under it."), "HSA-20")
    if contact is None or not actor.may("ticket.file"):
        reason = _("Only the contacts named in the contract may contact support. Ask one of them to file.")
        return FilingRight(row, False, reason, clause)
    if rule.training_required and (contact.trained_on is None or contact.trained_on > on):
        reason = _("Your training is not recorded yet. Ask your account manager to record it.")
        return FilingRight(row, False, reason, clause)
    return FilingRight(row, True)
