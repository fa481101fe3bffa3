"""Setting the stage: providers, customers, contracts, environments and people, through the real services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from accounts import actors, services
from accounts.models import Customer, DemoAccount, Membership, Provider
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from contracts.models import Contract, TermsVersion
from contracts.publishing import DATA, publish_terms
from contracts.services import add_environment, name_contact, sign_contract
from slas.countable import require_countable
from slas.golden import require_examples

TERMS = "hopex-saas"
"""The document of a provider that names none."""

PASSWORD = "a-demo-for-everybody"
"""The password of every demo account. Loading is refused outside demo mode."""

ENVIRONMENT_NAMES = {
    "production": {"en": "Production", "fr": "Production"},
    "preproduction": {"en": "UAT", "fr": "Préproduction"},
    "development": {"en": "Development", "fr": "Développement"},
}
_PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A customer on stage: what its people file under."""

    customer: Customer
    contract: Contract
    environments: Mapping[str, UUID]


@dataclass(slots=True)
class Stage:
    """Everybody and everything by the keys of the cast. ``home`` are the terms of the first provider, in whose
    calendar the days of all stories are counted; ``terms`` those of the one that is being set.
    """

    home: TermsVersion
    terms: TermsVersion
    providers: list[UUID] = field(default_factory=list)
    actors: dict[str, Actor] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    password: str = ""
    positions: int = 0


def set_stage(cast: Sequence[Mapping[str, Any]], as_of: date, *, history: timedelta = timedelta(days=365)) -> Stage:
    """Create everything that the stories need, dated that long before ``as_of``. Needs an open transaction."""
    signed_on = (as_of - history).replace(day=1)
    # Everybody has the same public password: one hash of it serves all, and costs its half second once.
    password = make_password(PASSWORD)
    at = datetime(signed_on.year, signed_on.month, 1, 9, tzinfo=_PARIS)
    stage: Stage | None = None
    for given in cast:
        terms = _provider_terms(given, at)
        stage = stage or Stage(terms, terms, password=password)
        stage.terms = terms
        with acting_as(Actor.system(terms.provider_id)):
            _set_provider(stage, given, at)
    if stage is None:
        raise ValueError("The cast has no provider.")
    return stage


def _provider_terms(given: Mapping[str, Any], at: datetime) -> TermsVersion:
    """The terms, published for the provider that they name, or for one that the cast invents."""
    invented = (given["key"], given["name"], given["ticket_prefix"]) if "ticket_prefix" in given else None
    path = DATA / f"{given.get('terms', TERMS)}.yaml"
    return publish_terms(path, at=at, provider=invented, check=require_examples)[0]


def _set_provider(stage: Stage, given: Mapping[str, Any], at: datetime) -> None:
    provider = Provider.objects.get(pk=stage.terms.provider_id)
    stage.providers.append(provider.id)
    for person in given["staff"]:
        _add_person(stage, provider, given | person, organisation=provider.name, at=at)
    for customer in given["customers"]:
        _add_customer(stage, provider, customer, at)
    for person in given.get("partners", ()):
        partner = _add_person(stage, provider, {"role": "partner"} | person, organisation=person["organisation"], at=at)
        for key in person["reads"]:
            customer_id = stage.organisations[key].customer.id
            services.grant_customer(membership=partner, customer_id=customer_id, at=at)


def _add_customer(stage: Stage, provider: Provider, given: Mapping[str, Any], at: datetime) -> None:
    customer = services.create_customer(provider_id=provider.id, name=given["name"], country=given["country"], at=at)
    contract = sign_contract(
        provider_id=provider.id,
        customer_id=customer.id,
        terms=stage.terms,
        reference=f"{provider.ticket_prefix}-{given['key'].upper()}",
        starts_on=at.date(),
        ends_on=at.date().replace(year=at.year + 3) - timedelta(days=1),
        package=given.get("package", ""),
        signed_by=given["signed_by"],
        at=at,
        overrides=given.get("overrides"),
        check=require_countable,
    )
    environments = {
        kind: add_environment(
            contract=contract, kind=kind, name=ENVIRONMENT_NAMES[kind][given["language"]], release=given["release"]
        ).id
        for kind in given["environments"]
    }
    stage.organisations[given["key"]] = Organisation(customer, contract, environments)
    for person in given["people"]:
        member = _add_person(stage, provider, given | person, organisation=customer.name, at=at, customer=customer)
        if member.role == Role.CONTACT:
            trained_on = at.date() + timedelta(days=10)
            name_contact(contract=contract, membership_id=member.id, named_on=at.date(), trained_on=trained_on)


def _add_person(
    stage: Stage,
    provider: Provider,
    given: Mapping[str, Any],
    *,
    organisation: str,
    at: datetime,
    customer: Customer | None = None,
) -> Membership:
    address = f"{slugify(given['name']).replace('-', '.')}@{slugify(organisation)}.example"
    user = services.ensure_user(
        email=address,
        password=None,
        language=given["language"],
        time_zone=given.get("zone", "Europe/Paris"),
        at=at,
    )
    user.password = stage.password
    user.save(update_fields=["password"])
    membership = services.add_membership(
        provider_id=provider.id,
        user=user,
        role=Role(given["role"]),
        display_name=given["name"],
        customer_id=customer.id if customer else None,
        at=at,
    )
    stage.positions += 1
    DemoAccount.objects.create(
        user=user,
        position=stage.positions,
        name=membership.display_name,
        role=membership.role,
        organisation=organisation,
        provider_name=provider.name,
    )
    stage.actors[given["key"]] = actors.actor_of(membership, user)
    return membership
