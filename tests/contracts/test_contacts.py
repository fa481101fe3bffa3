"""Who may contact support: named, trained and withdrawn, within what the terms allow."""

from datetime import date, timedelta

import pytest

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.models import AuditEntry, Membership
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from contracts import contacts
from contracts.models import ContractContact
from contracts.publishing import DATA
from contracts.selectors import filing_contracts
from tests.terms.test_contracts_in_life import agreed
from tests.worlds import World, build_world, paris, person

AT = paris("2026-05-04 10:00")


@pytest.fixture
def world(db) -> World:
    return build_world(customers=2)


def third(world: World) -> Actor:
    with acting_as(world.system):
        return person(world.provider, "third@a.example", Role.CONTACT, "Third", world.customers[0].customer)


def appoint(world: World, who: Actor, by: str = "administrator", **given) -> ContractContact:
    actor = world.staff[by]
    told = {"actor": actor, "at": AT, "contract_id": world.customers[0].contract.id, "trained_on": None}
    with acting_as(actor):
        return contacts.appoint_contact(**told | {"membership_id": who.person} | given)


def entries(world: World) -> list[tuple[str, str]]:
    with acting_as(world.system):
        return list(AuditEntry.objects.order_by("id").values_list("act", "subject"))


def may_file(actor: Actor) -> bool:
    with acting_as(actor):
        return filing_contracts(actor, AT)[0].allowed


def test_a_contact_files_from_the_training_on(world):
    who = third(world)
    named = appoint(world, who)
    assert (named.named_on, named.trained_on) == (date(2026, 5, 4), None)
    assert not may_file(who)
    administrator = world.staff["administrator"]
    told = {"actor": administrator, "at": AT, "contract_id": named.contract_id, "contact_id": named.id}
    with acting_as(administrator):
        contacts.record_training(**told, trained_on=date(2026, 5, 4))
    assert may_file(who)
    assert entries(world) == [("contact_named", "Third"), ("contact_trained", "Third")]


def test_a_fourth_contact_is_refused_with_the_clause_and_nothing_is_kept(world):
    appoint(world, third(world))
    with acting_as(world.system):
        fourth = person(world.provider, "fourth@a.example", Role.CONTACT, "Fourth", world.customers[0].customer)
    with pytest.raises(Refused) as refusal:
        appoint(world, fourth)
    assert (refusal.value.code, refusal.value.clause) == ("too_many_contacts", "HOP-9")
    assert [subject for _, subject in entries(world)] == ["Third"]


def test_withdrawing_frees_the_place_and_ends_filing_that_day(world):
    administrator, contact = world.staff["administrator"], world.customers[0].contact
    assert may_file(contact)
    with acting_as(administrator):
        found = contacts.roster(administrator, world.customers[0].contract.id, AT)
        row = next(one for one in found.present if one.membership_id == contact.person)
        contacts.withdraw_contact(actor=administrator, at=AT, contract_id=row.contract_id, contact_id=row.id)
        later = contacts.roster(administrator, world.customers[0].contract.id, AT)
    assert not may_file(contact)
    assert [one.id for one in later.past] == [row.id]
    assert len(later.present) == len(found.present) - 1
    with acting_as(administrator), pytest.raises(NotFound):
        contacts.withdraw_contact(actor=administrator, at=AT, contract_id=row.contract_id, contact_id=row.id)


@pytest.mark.parametrize("who", ["stranger", "viewer", "colleague"])
def test_only_people_of_the_customer_whose_role_files_and_who_are_not_named(world, who):
    people = {"stranger": world.customers[1].contact, **world.customers[0].people}
    with pytest.raises(Invalid) as refusal:
        appoint(world, people[who])
    assert refusal.value.errors.keys() == {"membership"}


def test_a_training_yet_to_come_is_not_recorded(world):
    with pytest.raises(Invalid) as refusal:
        appoint(world, third(world), trained_on=AT.date() + timedelta(days=1))
    assert refusal.value.errors.keys() == {"trained_on"}


@pytest.mark.parametrize("by", ["engineer", "manager", "account_manager", "auditor"])
def test_only_the_administrator_names_contacts(world, by):
    with pytest.raises(Forbidden):
        appoint(world, third(world), by)


def test_where_both_parties_validate_a_contact_the_agreement_is_asked_for(db):
    world = build_world("jalios", "Jalios", "JALI", 1, DATA / "jalios-on-premise.yaml", agreed("jalios"))
    who = third(world)
    with pytest.raises(Invalid) as refusal:
        appoint(world, who)
    assert refusal.value.errors.keys() == {"agreement"}
    assert "JAL-4b" in refusal.value.errors["agreement"][0]
    appoint(world, who, agreement="Mail of 2 May")
    with acting_as(world.system):
        assert AuditEntry.objects.get().data["agreement"] == "Mail of 2 May"


def test_a_customer_ends_once_no_contract_is_in_force(world):
    administrator, organisation = world.staff["administrator"], world.customers[0]
    told = {"actor": administrator, "customer_id": organisation.customer.id}
    with acting_as(administrator):
        with pytest.raises(Refused) as refusal:
            contacts.close_customer(**told, at=AT)
        assert refusal.value.code == "contract_in_force"
        assert organisation.contract.reference in refusal.value.message
        contacts.close_customer(**told, at=paris("2029-01-01 00:00"))
    with acting_as(world.system):
        rows = Membership.objects.filter(customer=organisation.customer)
        assert [row.is_active for row in rows] == [False] * 3
        others = Membership.objects.filter(customer=world.customers[1].customer)
        assert [row.is_active for row in others] == [True] * 3
    assert [act for act, _ in entries(world)] == ["membership_ended"] * 3 + ["customer_ended"]
