"""Technical records of environments: who writes them, what is kept, what is refused (HOP-11, JAL-29)."""

from datetime import date, timedelta

import pytest

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.tenancy import Actor, acting_as
from contracts.environments import FACT_LENGTH, FACTS, environments_of, record_environment, record_file
from contracts.models import Contract, ContractChange, EnvironmentRecord
from contracts.publishing import DATA
from contracts.services import add_environment
from tests.worlds import World, as_system, build_world, paris

AT = paris("2026-05-04 10:00")


def write(world: World, by: Actor, number: int = 0, **facts: str) -> EnvironmentRecord | None:
    key = world.customers[0].production.id
    with acting_as(by):
        return record_environment(actor=by, at=AT, environment_id=key, facts=facts, number=number)


def test_a_record_keeps_what_was_written_before(world: World):
    contact, engineer = world.customers[0].contact, world.staff["engineer"]
    write(world, contact, software="HOPEX 6.0", database=" PostgreSQL 15 ")
    write(world, engineer, 1, software="HOPEX 6.1", database="PostgreSQL 15")
    with acting_as(contact):
        found = record_file(contact, world.customers[0].production.id)
    assert [(row.number, row.author_name, row.author_side) for row in found.records] == [
        (2, "Engineer MEGA", "provider"),
        (1, "Contact A", "customer"),
    ]
    assert found.facts == {"software": "HOPEX 6.1", "database": "PostgreSQL 15"}
    assert found.records[1].facts == {"software": "HOPEX 6.0", "database": "PostgreSQL 15"}


def test_every_record_is_an_act_in_the_log_of_the_contract(world: World):
    write(world, world.customers[0].contact, software="HOPEX 6.0", remarks="Two nodes")
    with as_system(world):
        row = ContractChange.objects.get(kind=ContractChange.Kind.ENVIRONMENT_RECORDED)
    assert (row.actor_name, row.actor_side, row.at, row.data["number"]) == ("Contact A", "customer", AT, 1)
    assert row.data["changed"] == ["software", "remarks"]


def test_a_record_that_somebody_changed_meanwhile_is_not_overwritten(world: World):
    contact = world.customers[0].contact
    write(world, contact, software="HOPEX 6.0")
    with pytest.raises(Refused) as refusal:
        write(world, world.customers[0].people["colleague"], 0, software="HOPEX 5")
    assert refusal.value.code == "record_changed"
    with acting_as(contact):
        assert record_file(contact, world.customers[0].production.id).facts == {"software": "HOPEX 6.0"}


def test_what_says_the_same_writes_nothing(world: World):
    contact = world.customers[0].contact
    assert write(world, contact, **dict.fromkeys(FACTS, "")) is None
    write(world, contact, software="HOPEX 6.0")
    assert write(world, contact, 1, software="HOPEX 6.0 ", database=" ") is None
    with as_system(world):
        assert EnvironmentRecord.objects.count() == 1


def test_all_of_a_record_can_be_taken_back(world: World):
    contact = world.customers[0].contact
    write(world, contact, software="HOPEX 6.0")
    emptied = write(world, contact, 1, software="")
    assert emptied and (emptied.number, emptied.facts) == (2, {})


@pytest.mark.parametrize("who", ["viewer", "auditor"])
def test_those_who_only_look_do_not_write(world: World, who: str):
    actor = world.staff.get(who) or world.customers[0].people[who]
    with pytest.raises(Forbidden):
        write(world, actor, software="HOPEX 6.0")


def test_another_customers_environment_does_not_exist(world: World):
    stranger = world.customers[1].contact
    with pytest.raises(NotFound):
        write(world, stranger, software="HOPEX 6.0")
    with acting_as(stranger), pytest.raises(NotFound):
        record_file(stranger, world.customers[0].production.id)
    with acting_as(stranger):
        key = world.customers[0].contract.id
        assert environments_of(stranger, [key]) == {key: []}


def test_nothing_is_recorded_once_the_contract_has_ended(world: World):
    with as_system(world):
        contract = world.customers[0].contract
        Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 5, 3))
    with pytest.raises(Refused) as refusal:
        write(world, world.customers[0].contact, software="HOPEX 6.0")
    assert refusal.value.code == "contract_ended"


def test_the_last_day_of_a_contract_still_counts(world: World):
    with as_system(world):
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(ends_on=date(2026, 5, 4))
    assert write(world, world.customers[0].contact, software="HOPEX 6.0")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"software": "x" * (FACT_LENGTH + 1)}, "software"),
        ({"database": "a\x00b"}, "database"),
        ({"password": "secret"}, ""),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(world: World, facts: dict[str, str], field: str):
    with pytest.raises(Invalid) as refusal:
        write(world, world.customers[0].contact, **facts)
    assert list(refusal.value.errors) == [field]


def test_a_list_of_environments_has_the_latest_record_of_each(world: World):
    contact, contract = world.customers[0].contact, world.customers[0].contract
    with as_system(world):
        add_environment(contract=contract, kind="development", name="Workshop")
    write(world, contact, software="HOPEX 6.0")
    write(world, contact, 1, software="HOPEX 6.1")
    with acting_as(contact):
        found = environments_of(contact, [contract.id])[contract.id]
    told = {row.environment.name: row.record.facts if row.record else None for row in found}
    assert told == {"Production": {"software": "HOPEX 6.1"}, "Workshop": None}


def test_terms_without_a_clause_of_end_refuse_too(db):
    world = build_world(slug="octipas", name="Octipas", prefix="OCTI", customers=1, document=DATA / "octipas.yaml")
    with as_system(world):
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(ends_on=(AT - timedelta(days=1)).date())
    with pytest.raises(Refused):
        write(world, world.customers[0].contact, software="Solution 4")
