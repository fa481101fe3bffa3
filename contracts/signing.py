"""A contract signed for a customer by whoever speaks for the provider: looked at first, then signed, both told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from accounts.errors import Invalid, NotFound
from accounts.models import Customer, Membership
from accounts.roles import PERMISSIONS
from accounts.tenancy import Actor
from contracts.models import Contract, Environment, TermsVersion
from contracts.selectors import contracts, terms_by_id
from contracts.services import (
    Check,
    add_environment,
    free_reference,
    name_contact,
    require_complete,
    sign_contract,
)
from contracts.terms import Terms, TermsError

SIGNED_BY_LENGTH: Final = 80
NAME_LENGTH: Final = 80
RELEASE_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class Platform:
    """An environment that the contract covers from its first day."""

    kind: str
    name: str
    release: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be signed. ``contacts`` are people of the customer, in the order in which they are named."""

    customer_id: UUID
    terms_id: UUID
    reference: str
    starts_on: date
    ends_on: date | None = None
    package: str = ""
    signed_by: str = ""
    follows_terms: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)
    platforms: Sequence[Platform] = ()
    contacts: Sequence[UUID] = ()


def parties(actor: Actor) -> list[tuple[Customer, list[Contract]]]:
    """Every customer that has not ended, with its contracts. Raises ``Forbidden``."""
    actor.require("contract.sign")
    found: dict[UUID, list[Contract]] = {}
    for row in contracts(actor).order_by("starts_on", "reference"):
        found.setdefault(row.customer_id, []).append(row)
    return [(row, found.get(row.id, [])) for row in _served(actor).order_by("name", "id")]


def party(actor: Actor, customer_id: UUID) -> Customer:
    """A customer for whom something can be signed. Raises ``Forbidden``, and ``NotFound`` also where it has ended."""
    actor.require("contract.sign")
    found = _served(actor).filter(pk=customer_id).first()
    if found is None:
        raise NotFound
    return found


def _served(actor: Actor) -> "QuerySet[Customer]":
    rows: QuerySet[Customer] = Customer.objects.visible_to(actor).filter(ended_at__isnull=True)
    return rows


def versions_to_sign(actor: Actor) -> list[TermsVersion]:
    """The published versions of every terms, the newest of each first; their text stays in the database."""
    actor.require("contract.sign")
    rows = TermsVersion.objects.visible_to(actor).exclude(in_force__isempty=True)
    return list(rows.defer("document", "holiday_record").order_by("code", "-in_force"))


def contacts_to_name(actor: Actor, customer_id: UUID) -> list[Membership]:
    """The customer's people whose role files tickets."""
    rows = Membership.objects.visible_to(actor).filter(customer_id=customer_id, is_active=True)
    return list(rows.filter(role__in=sorted(PERMISSIONS["ticket.file"])).order_by("display_name", "id"))


def check_signature(*, actor: Actor, draft: Draft, check: Check | None = None) -> Terms:
    """All that ``sign`` would refuse, and nothing written; the terms, where it would not.

    Raises ``Forbidden``, ``NotFound``, ``Invalid`` with every field that is wrong, and ``Refused`` with its clause
    where the contract lacks what its terms leave to it (GEN-6, JAL-29b) or for what ``check`` finds.
    """
    party(actor, draft.customer_id)
    version = next((row for row in versions_to_sign(actor) if row.id == draft.terms_id), None)
    if version is None:
        raise Invalid({"terms": [_("Choose a published version of the terms.")]})
    terms = terms_by_id(version.id)
    errors: dict[str, list[str]] = {}
    for name, message in _problems(actor, draft, version, terms):
        errors.setdefault(name, []).append(message)
    if errors:
        raise Invalid(errors)
    try:
        require_complete(terms, dict(draft.overrides))
        if check:
            check(terms, draft.overrides, draft.starts_on)
    except TermsError as error:
        raise Invalid({"overrides": [str(problem) for problem in error.problems]}) from error
    return terms


def sign(*, actor: Actor, at: datetime, draft: Draft, check: Check | None = None) -> Contract:
    """The contract with its environments and contacts, in the log of the contract and in the trail.

    Raises as ``check_signature`` does. Of two who sign for one customer at once the second sees the first contract.
    """
    actor.require("contract.sign")
    if not _served(actor).select_for_update(no_key=True).filter(pk=draft.customer_id).exists():
        raise NotFound
    check_signature(actor=actor, draft=draft, check=check)
    signed = sign_contract(
        provider_id=actor.provider_id,
        customer_id=draft.customer_id,
        terms=TermsVersion.objects.get(pk=draft.terms_id),
        reference=draft.reference,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        package=draft.package,
        signed_by=draft.signed_by,
        at=at,
        overrides=dict(draft.overrides),
        follows_terms=draft.follows_terms,
        actor=actor,
        check=check,
    )
    for one in draft.platforms:
        add_environment(contract=signed, kind=one.kind, name=one.name, release=one.release, at=at, actor=actor)
    for membership_id in dict.fromkeys(draft.contacts):
        named_on = draft.starts_on
        name_contact(
            contract=signed, membership_id=membership_id, named_on=named_on, trained_on=None, at=at, actor=actor
        )
    _tell(actor, at, signed, draft)
    return signed


def _problems(actor: Actor, draft: Draft, version: TermsVersion, terms: Terms) -> Iterator[tuple[str, str]]:
    """Everything that is wrong with a draft, by the field that it concerns."""
    try:
        free_reference(draft.reference)
    except Invalid as error:
        yield "reference", error.errors["reference"][0]
    if draft.ends_on and draft.ends_on < draft.starts_on:
        yield "ends_on", _("It would end before it begins.")
    if draft.starts_on not in version.in_force:
        yield "starts_on", _("This version of the terms is not in force on that day.")
    packages = {row.code for row in terms.packages}
    if (draft.package or packages) and draft.package not in packages:
        yield "package", _("Choose one of the packages of the terms.")
    if len(draft.signed_by) > SIGNED_BY_LENGTH:
        yield "signed_by", _("At most %(most)d characters.") % {"most": SIGNED_BY_LENGTH}
    yield from _overlaps(actor, draft, terms.code)
    yield from _platform_problems(draft)
    yield from _contact_problems(actor, draft, terms)


def _overlaps(actor: Actor, draft: Draft, code: str) -> Iterator[tuple[str, str]]:
    """A customer has one contract at a time under the same terms: two would leave open which of them counts."""
    rows = contracts(actor).filter(customer_id=draft.customer_id, terms__code=code)
    rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=draft.starts_on))
    if draft.ends_on:
        rows = rows.filter(starts_on__lte=draft.ends_on)
    for row in rows[:1]:
        yield (
            "starts_on",
            _("%(reference)s, under the same terms, runs on some of these days.") % {"reference": row.reference},
        )


def _platform_problems(draft: Draft) -> Iterator[tuple[str, str]]:
    names = [one.name.casefold() for one in draft.platforms]
    for one in draft.platforms:
        place = f"platform_{one.kind}"
        if one.kind not in Environment.Kind.values:
            yield "platforms", _("Choose one of those offered.")
        elif not one.name or len(one.name) > NAME_LENGTH or len(one.release) > RELEASE_LENGTH:
            yield place, _("Give the environment a name of 1 to %(most)d characters.") % {"most": NAME_LENGTH}
        elif names.count(one.name.casefold()) > 1:
            yield place, _("Two environments of a contract have different names.")


def _contact_problems(actor: Actor, draft: Draft, terms: Terms) -> Iterator[tuple[str, str]]:
    known = {row.id for row in contacts_to_name(actor, draft.customer_id)}
    rule = terms.contact_rules
    if not known.issuperset(draft.contacts):
        yield "contacts", _("Choose people of this customer whose role files tickets.")
    if rule.max_contacts is not None and len(set(draft.contacts)) > rule.max_contacts:
        told = {"number": rule.max_contacts, "clause": rule.clauses[-1]}
        yield "contacts", _("The contract allows %(number)d contacts (%(clause)s).") % told


def _tell(actor: Actor, at: datetime, signed: Contract, draft: Draft) -> None:
    until = signed.ends_on.isoformat() if signed.ends_on else ""
    told = {"terms": str(signed.terms), "starts_on": signed.starts_on.isoformat(), "ends_on": until}
    told["package"] = signed.package
    audit.record(
        actor,
        at,
        Act.CONTRACT_SIGNED,
        subject=signed.reference,
        subject_id=signed.id,
        customer_id=signed.customer_id,
        **told,
    )
