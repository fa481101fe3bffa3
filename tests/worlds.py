"""Small worlds for tests, built through the real services under the real policies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from accounts import actors, services
from accounts.models import Customer, Membership, Provider, User
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from contracts.models import Contract, Environment, TermsVersion
from contracts.publishing import DATA, publish_terms
from contracts.selectors import terms_of
from contracts.services import add_environment, name_contact, sign_contract
from contracts.terms import Terms
from lifecycle.services import file_ticket
from tickets.models import Ticket

PARIS = ZoneInfo("Europe/Paris")
PASSWORD = "correct horse battery staple"


def paris(text: str) -> datetime:
    """``"2026-05-04 10:00"`` as an instant, in French time."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


START = paris("2026-01-05 09:00")


@dataclass
class Organisation:
    """A customer with its contract, its production environment and its people by name."""

    customer: Customer
    contract: Contract
    production: Environment
    people: dict[str, Actor] = field(default_factory=dict)

    @property
    def contact(self) -> Actor:
        return self.people["contact"]


@dataclass
class World:
    """One provider with its staff and customers."""

    provider: Provider
    terms: TermsVersion
    staff: dict[str, Actor]
    customers: list[Organisation]

    @property
    def system(self) -> Actor:
        return Actor.system(self.provider.id)

    def file(self, at: datetime = START, *, by: Actor | None = None, of: int = 0, **given: Any) -> Ticket:
        """File a ticket as a contact of the ``of``-th customer."""
        organisation = self.customers[of]
        actor = by or organisation.contact
        with acting_as(actor):
            return file_ticket(**filing(organisation, actor=actor, at=at, **given))


def filing(organisation: Organisation, **given: Any) -> dict[str, Any]:
    """The arguments of a valid filing, with ``given`` over them."""
    terms = terms_of(organisation.contract)
    if terms.code != "hopex-saas":
        severity = given.get("severity", terms.severities[0].code)
        given = {"severity": severity, "details": _answers(terms, severity)} | given
    return {
        "contract_id": organisation.contract.id,
        "environment_id": organisation.production.id,
        "title": "Reports stay empty after the import",
        "description": "Since this morning every report opens without rows.",
        "severity": "critical",
        "details": {
            "symptoms": "Empty reports",
            "steps": "Open any report",
            "consequences": "The audit cannot go on",
            "customisation": "none",
        },
    } | given


def _answers(terms: Terms, severity: str) -> dict[str, str]:
    """An answer to everything that a contract asks about a severity."""
    asked = [field for field in terms.filing if not field.severities or severity in field.severities]
    return {field.code: field.choices[0].code if field.choices else f"words on {field.code}" for field in asked}


def person(
    provider: Provider, email: str, role: Role, name: str, customer: Customer | None = None, **given: Any
) -> Actor:
    """A user with one membership, as an actor."""
    user = services.ensure_user(
        email=email,
        password=PASSWORD,
        language=given.get("language", "en"),
        time_zone="Europe/Paris",
        at=START,
    )
    membership = services.add_membership(
        provider_id=provider.id,
        user=user,
        role=role,
        display_name=name,
        customer_id=customer.id if customer else None,
        at=START,
    )
    return actors.actor_of(membership, user)


def organisation(
    provider: Provider, terms: TermsVersion, key: str, name: str, overrides: dict[str, Any] | None = None
) -> Organisation:
    """A customer under contract, with two trained contacts, a viewer and a production environment."""
    customer = services.create_customer(provider_id=provider.id, name=name, at=START)
    contract = sign_contract(
        provider_id=provider.id,
        customer_id=customer.id,
        terms=terms,
        reference=f"{provider.ticket_prefix}-{key.upper()}-2026",
        starts_on=date(2026, 1, 1),
        ends_on=date(2028, 12, 31),
        package="standard",
        signed_by="MEGA France",
        at=START,
        overrides=overrides,
    )
    production = add_environment(contract=contract, kind="production", name="Production", release="HOPEX 6")
    made = Organisation(customer, contract, production)
    for role_name, role in (("contact", Role.CONTACT), ("colleague", Role.CONTACT), ("viewer", Role.VIEWER)):
        email = f"{role_name}.{key}@{provider.slug}.example"
        made.people[role_name] = person(provider, email, role, f"{role_name.title()} {key.upper()}", customer)
    for named in ("contact", "colleague"):
        name_contact(
            contract=contract,
            membership_id=made.people[named].membership_id,
            named_on=contract.starts_on,
            trained_on=contract.starts_on,
        )
    return made


STAFF = {
    "engineer": Role.ENGINEER_N1,
    "second": Role.ENGINEER_N2,
    "manager": Role.SUPPORT_MANAGER,
    "account_manager": Role.ACCOUNT_MANAGER,
    "auditor": Role.AUDITOR,
    "administrator": Role.ADMINISTRATOR,
}


def build_world(
    slug: str = "mega",
    name: str = "MEGA",
    prefix: str = "MEGA",
    customers: int = 2,
    document: Path = DATA / "hopex-saas.yaml",
    overrides: dict[str, Any] | None = None,
) -> World:
    """A provider on the HOPEX SaaS terms, or on another document, with staff and customers ``a``, ``b``, …"""
    terms, _ = publish_terms(document, at=START, provider=(slug, name, prefix))
    with acting_as(Actor.system(terms.provider_id)):
        provider = Provider.objects.get(pk=terms.provider_id)
        staff = {
            key: person(provider, f"{key}@{slug}.example", role, f"{key.title()} {prefix}")
            for key, role in STAFF.items()
        }
        made = [
            organisation(provider, terms, "abcdef"[n], f"Customer {'ABCDEF'[n]} of {name}", overrides)
            for n in range(customers)
        ]
    return World(provider, terms, staff, made)


def user_of(actor: Actor) -> User:
    """The user behind an actor."""
    return User.objects.get(pk=actor.user_id)


def membership_of(actor: Actor) -> Membership:
    """The membership behind an actor; needs a context of his provider."""
    return Membership.objects.get(pk=actor.membership_id)


@contextmanager
def as_system(world: World) -> Iterator[None]:
    """Look at everything of a world, as the product itself."""
    with acting_as(world.system):
        yield
