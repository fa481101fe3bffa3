"""Amendments of a contract: both sides approve, from their day on, never for the past (R16, R17, JAL-30)."""

from datetime import date, datetime
from typing import Any

import pytest
from django.utils.translation import override as override_language

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.tenancy import Actor, acting_as
from contracts.amendments import (
    announce_days,
    approve_amendment,
    check_proposal,
    decline_amendment,
    propose_amendment,
    propose_override,
)
from contracts.models import ContractAmendment, ContractChange
from contracts.publishing import DATA, publish_terms
from contracts.selectors import (
    agreements,
    amendments,
    as_in_force,
    effective,
    effective_each,
    filing_contracts,
    history,
    overrides_at,
    terms_at,
    timelines,
)
from contracts.services import sign_contract
from contracts.terms import load_terms
from contracts.terms.overrides import missing_contract_data
from slas.countable import require_countable
from tests.contracts.drafts import figure, left_to_the_contract
from tests.worlds import START, World, paris

MEGA = ("mega", "MEGA", "MEGA")
PROPOSED = paris("2026-03-02 10:00")
AGREED = paris("2026-03-04 10:00")
FROM = date(2026, 3, 9)


def override(amount: int | None, reference: str = "A-1", severity: str = "critical") -> dict[str, Any]:
    unit = "business_hours" if amount is not None else None
    row = {"target": "response", "severity": severity, "amount": amount, "unit": unit, "reference": reference}
    return {"figures": [row]}


def propose(world: World, actor: Actor | None = None, at: datetime = PROPOSED, **given: Any) -> ContractAmendment:
    actor = actor or world.staff["account_manager"]
    form = {
        "contract_id": world.customers[0].contract.id,
        "overrides": override(2),
        "reference": "A-1",
        "in_force_from": FROM,
    } | given
    with acting_as(actor):
        return propose_amendment(actor=actor, at=at, **form)


def approve(amendment: ContractAmendment, *actors: Actor, at: datetime = AGREED) -> None:
    for actor in actors:
        with acting_as(actor):
            approve_amendment(actor=actor, at=at, amendment_id=amendment.id)


def both(world: World) -> tuple[Actor, Actor]:
    return world.staff["account_manager"], world.customers[0].contact


def agree(world: World, at: datetime = AGREED, **given: Any) -> ContractAmendment:
    made = propose(world, **given)
    approve(made, *both(world), at=at)
    return made


def holding(world: World, at: str) -> dict[str, Any]:
    with acting_as(world.system):
        return overrides_at(world.customers[0].contract, paris(at))


# What holds when ------------------------------------------------------------------------------------------------------
def test_nothing_holds_before_both_have_approved(world):
    made = propose(world)
    provider, customer = both(world)
    assert holding(world, "2026-03-10 10:00") == {}
    approve(made, provider)
    assert holding(world, "2026-03-10 10:00") == {}
    approve(made, customer)
    assert holding(world, "2026-03-10 10:00") == override(2)
    assert holding(world, "2026-03-08 23:59") == {}
    assert holding(world, "2026-03-09 00:00") == override(2)


def test_an_approval_that_comes_late_changes_nothing_that_was_filed_before_it(world):
    """In force from the 9th by its text, agreed on the 12th: the days between stay as they were (R16)."""
    agree(world, at=paris("2026-03-12 15:00"))
    assert holding(world, "2026-03-12 14:59") == {}
    assert holding(world, "2026-03-12 15:00") == override(2)


def test_a_later_one_replaces_and_a_limited_one_gives_way_again(world):
    agree(world)
    agree(world, overrides=override(3), reference="A-2", in_force_from=date(2026, 4, 1))
    agree(
        world,
        overrides=override(1),
        reference="A-3",
        in_force_from=date(2026, 4, 10),
        in_force_until=date(2026, 4, 12),
    )
    days = ("2026-03-31", "2026-04-01", "2026-04-10", "2026-04-12", "2026-04-13")
    figures = [holding(world, f"{day} 12:00")["figures"][0]["amount"] for day in days]
    assert figures == [2, 3, 1, 1, 3]


def test_of_two_for_the_same_day_the_one_agreed_later_holds(world):
    first, second = propose(world), propose(world, overrides=override(3), reference="A-2")
    approve(second, *both(world))
    approve(first, *both(world), at=paris("2026-03-05 10:00"))
    assert holding(world, "2026-03-10 10:00") == override(2)


def test_tickets_are_filed_under_what_holds_and_keep_it(world):
    agree(world)
    before, after = (world.file(paris(f"{day} 08:05")) for day in ("2026-03-06", "2026-03-10"))
    assert (before.details["overrides"], after.details["overrides"]) == ({}, override(2))
    assert before.due_at == paris("2026-03-09 13:00")
    assert after.due_at == paris("2026-03-11 11:00")


def test_one_customers_amendment_is_not_the_others(world):
    agree(world)
    with acting_as(world.system):
        rows = [organisation.contract for organisation in world.customers]
        found = effective_each(rows, paris("2026-03-10 10:00"))
        assert [found[row.id].overrides for row in rows] == [override(2), {}]
        assert effective_each([], START) == {}
    with acting_as(world.customers[1].contact) as _:
        assert not ContractAmendment.objects.exists()


def test_a_page_reads_the_contract_as_it_stands_and_the_row_keeps_what_was_signed(world):
    agree(world)
    contract = world.customers[0].contract
    contact = world.customers[0].contact
    with acting_as(contact):
        shown = as_in_force(contract, paris("2026-03-10 10:00"))
        (listed,) = filing_contracts(contact, paris("2026-03-10 10:00"))
    assert (shown.overrides, listed.contract.overrides, contract.overrides) == (override(2), override(2), {})
    assert shown == contract and shown is not contract


# Versions of the terms ------------------------------------------------------------------------------------------------
def test_a_contract_keeps_its_version_until_an_amendment_brings_another(owner_world, draft):
    newer, _ = publish_terms(draft(figure("critical", 2), since="2026-03-01"), at=START, provider=MEGA)
    contract = owner_world.customers[0].contract
    with acting_as(owner_world.system):
        assert effective(contract, paris("2026-03-10 10:00")).terms_id == contract.terms_id
    agree(owner_world, terms=newer, overrides=None)
    with acting_as(owner_world.system):
        assert terms_at(contract, paris("2026-03-08 10:00")).version == owner_world.terms.version
        assert effective(contract, paris("2026-03-10 10:00")).terms_id == newer.id
    before = owner_world.file(paris("2026-03-06 08:05"))
    after = owner_world.file(paris("2026-03-10 08:05"))
    assert (before.terms_id, after.terms_id) == (contract.terms_id, newer.id)
    assert after.due_at == paris("2026-03-11 11:00")


def test_a_contract_that_follows_its_terms_has_each_version_from_its_day_and_from_its_publishing(owner_world, draft):
    contract = owner_world.customers[0].contract
    with acting_as(owner_world.system):
        type(contract).objects.filter(pk=contract.pk).update(follows_terms=True)
        contract.refresh_from_db()
        assert effective(contract, paris("2026-03-10 10:00")).terms_id == contract.terms_id
    newer, _ = publish_terms(draft(since="2026-03-01"), at=paris("2026-03-05 09:00"), provider=MEGA)
    with acting_as(owner_world.system):
        for at, expected in (("2026-03-04 12:00", contract.terms_id), ("2026-03-05 09:00", newer.id)):
            assert effective(contract, paris(at)).terms_id == expected
    # The version that an amendment names stands until a later one begins.
    agree(owner_world, terms=newer, overrides=None, in_force_from=date(2026, 6, 1))
    last, _ = publish_terms(draft(since="2026-09-01", version="2027.2"), at=AGREED, provider=MEGA)
    with acting_as(owner_world.system):
        for at, expected in (("2026-07-01 12:00", newer.id), ("2026-09-01 00:00", last.id)):
            assert effective(contract, paris(at)).terms_id == expected


def test_terms_and_overrides_can_change_at_once_where_neither_would_do_alone(owner_world, draft):
    newer, _ = publish_terms(draft(left_to_the_contract("critical"), since="2026-03-01"), at=START, provider=MEGA)
    with pytest.raises(Refused) as refusal:
        propose(owner_world, terms=newer, overrides=None)
    assert refusal.value.code == "contract_incomplete"
    agree(owner_world, terms=newer, overrides=override(6))
    ticket = owner_world.file(paris("2026-03-10 08:05"))
    assert (ticket.terms_id, ticket.due_at) == (newer.id, paris("2026-03-11 15:00"))


# Who may, and what is refused -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["engineer", "auditor"])
def test_only_those_with_the_right_propose_and_approve(world, who):
    made = propose(world)
    actor = world.staff[who]
    with pytest.raises(Forbidden):
        propose(world, actor, reference="A-2")
    with pytest.raises(Forbidden):
        approve(made, actor)


def test_a_customer_speaks_by_a_contact_whom_the_contract_names(world):
    made = propose(world, world.customers[0].contact)
    with pytest.raises(Forbidden):
        approve(made, world.customers[0].people["viewer"])
    with acting_as(world.system):
        world.customers[0].contract.contacts.update(replaced_on=AGREED.date())
    with pytest.raises(Forbidden):
        approve(made, world.customers[0].contact)
    approve(made, world.customers[0].contact, at=paris("2026-03-03 10:00"))


@pytest.mark.parametrize("who", ["viewer", "contact"])
def test_a_customer_proposes_by_a_contact_whom_the_contract_names(world, who):
    """HOP-9: somebody who was replaced, or who never was named, speaks for nobody."""
    actor = world.customers[0].people[who]
    with acting_as(world.system):
        world.customers[0].contract.contacts.update(replaced_on=PROPOSED.date())
    with pytest.raises(Forbidden):
        propose(world, actor)
    with acting_as(world.system):
        assert not ContractAmendment.objects.exists()


def test_a_look_refuses_what_a_proposal_would_and_writes_nothing(world):
    contract_id = world.customers[0].contract.id
    given = {"contract_id": contract_id, "overrides": override(2), "reference": "A-1", "in_force_from": FROM}
    signer, stranger = world.staff["account_manager"], world.customers[1].contact
    with acting_as(signer):
        check_proposal(actor=signer, at=PROPOSED, **given)
        with pytest.raises(Invalid):
            check_proposal(actor=signer, at=PROPOSED, **given | {"reference": ""})
        with pytest.raises(Invalid) as too_long:
            check_proposal(actor=signer, at=PROPOSED, **given, reason="x" * 2_001)
        assert too_long.value.errors.keys() == {"reason"}
        assert not ContractAmendment.objects.exists()
    with acting_as(stranger), pytest.raises(NotFound):
        check_proposal(actor=stranger, at=PROPOSED, **given)


def test_the_reason_of_a_proposal_is_kept_for_both_sides(world):
    made = propose(world, reason=" They asked for it. ")
    for actor in both(world):
        with acting_as(actor):
            assert ContractChange.objects.get(amendment=made).data["reason"] == "They asked for it."


def test_another_customer_does_not_know_of_it(world):
    made = propose(world)
    with pytest.raises(NotFound):
        approve(made, world.customers[1].contact)
    with pytest.raises(NotFound):
        propose(world, world.customers[1].contact, reference="A-2")


def test_a_side_approves_once_and_what_was_declined_is_over(world):
    made = propose(world)
    provider, customer = both(world)
    approve(made, provider)
    with pytest.raises(Refused) as twice:
        approve(made, provider)
    assert twice.value.code == "already_approved"
    with acting_as(customer):
        with pytest.raises(Invalid):
            decline_amendment(actor=customer, at=AGREED, amendment_id=made.id, reason=" ")
        decline_amendment(actor=customer, at=AGREED, amendment_id=made.id, reason="Too expensive")
    with pytest.raises(Refused) as declined:
        approve(made, customer)
    assert declined.value.code == "amendment_declined"
    assert holding(world, "2026-03-10 10:00") == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"in_force_from": date(2026, 3, 1)}, "in_force_from"),
        ({"in_force_from": date(2030, 1, 1)}, "in_force_from"),
        ({"in_force_until": date(2026, 3, 8)}, "in_force_until"),
        ({"reference": "  "}, "reference"),
        ({"reference": "x" * 81}, "reference"),
        ({"overrides": None}, ""),
        ({"overrides": {"figures": [{"target": "response"}]}}, "overrides"),
        ({"overrides": {"unknown": 1}}, "overrides"),
        ({"overrides": override(2, severity="nobody")}, "overrides"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_written(world, given, field):
    with pytest.raises(Invalid) as refusal:
        propose(world, **given)
    assert refusal.value.errors.keys() == {field}
    with acting_as(world.system):
        assert not ContractAmendment.objects.exists()


def test_a_reference_is_taken_once_per_contract(world):
    propose(world)
    with pytest.raises(Invalid) as refusal:
        propose(world)
    assert refusal.value.errors.keys() == {"reference"}
    propose(world, contract_id=world.customers[1].contract.id)


def test_terms_of_another_contract_or_not_yet_in_force_are_refused(owner_world, draft):
    other, _ = publish_terms(draft(of="octipas", since="2026-01-01"), at=START, provider=MEGA)
    future, _ = publish_terms(draft(since="2027-01-01"), at=START, provider=MEGA)
    for terms in (other, future):
        with pytest.raises(Invalid) as refusal:
            propose(owner_world, terms=terms, overrides=None)
        assert refusal.value.errors.keys() == {"terms"}


def test_an_approval_checks_again_under_the_terms_agreed_meanwhile(owner_world, draft):
    """Overrides for a severity that the amended terms no longer have."""

    def without_minor(document: dict[str, Any]) -> None:
        figure("minor", 9)(document)
        document["targets"][0]["code"] = "answer"
        for row in document["alerts"]:
            row["targets"] = []

    newer, _ = publish_terms(draft(without_minor, since="2026-03-01"), at=START, provider=MEGA)
    waiting = propose(owner_world, reference="A-2", overrides=override(2))
    agree(owner_world, reference="A-3", terms=newer, overrides={})
    with pytest.raises(Invalid) as refusal:
        approve(waiting, *both(owner_world), at=paris("2026-03-05 10:00"))
    assert "'response' is no target" in refusal.value.errors["overrides"][0]


# History --------------------------------------------------------------------------------------------------------------
def test_every_act_on_a_contract_is_in_its_log_for_both_sides(world):
    made = agree(world)
    contract = world.customers[0].contract
    for actor in both(world):
        with acting_as(actor):
            rows = history(actor, contract)
            (shown,) = amendments(actor, contract)
        acts = [(row.kind, row.actor_side) for row in rows]
        assert sorted(acts[:2]) == [("approved", "customer"), ("approved", "provider")]
        assert acts[2] == ("proposed", "provider")
        assert {kind for kind, _ in acts[3:]} == {"signed", "environment_added", "contact_named"}
        assert shown == made and len(shown.changes.all()) == 3
    with acting_as(world.system):
        (agreed,) = agreements(contract)
        found = effective(contract, paris("2026-03-10 10:00"))
        assert agreed.agreed_at == AGREED
        assert (agreed.provider.actor_name, agreed.customer.actor_name) == tuple(actor.name for actor in both(world))
        assert found.source == agreed
        assert effective(contract, paris("2026-03-08 10:00")).source is None
    with acting_as(world.customers[1].contact):
        assert not ContractChange.objects.filter(contract=contract).exists()


def test_an_override_of_its_own_is_an_amendment_without_terms(world):
    manager = world.staff["account_manager"]
    with acting_as(manager):
        made = propose_override(
            actor=manager,
            at=PROPOSED,
            contract_id=world.customers[0].contract.id,
            overrides={"pausing": True},
            reference="A-9",
            in_force_from=FROM,
        )
    assert (made.terms_id, made.overrides) == (None, {"pausing": True})


# Contracts that lack something ----------------------------------------------------------------------------------------
def test_a_contract_that_lacks_what_its_terms_leave_to_it_is_refused_with_the_list(owner_world, draft):
    def change(document: dict[str, Any]) -> None:
        left_to_the_contract("critical")(document)
        left_to_the_contract("minor")(document)

    terms, _ = publish_terms(draft(change), at=START, provider=MEGA)
    given = {
        "provider_id": owner_world.provider.id,
        "customer_id": owner_world.customers[0].customer.id,
        "terms": terms,
        "starts_on": date(2027, 1, 1),
        "ends_on": None,
        "package": "standard",
        "signed_by": "MEGA France",
        "at": START,
    }
    with acting_as(owner_world.system):
        with pytest.raises(Refused) as refusal:
            sign_contract(**given, reference="C-1", overrides=override(4))
        assert refusal.value.code == "contract_incomplete"
        (missing,) = refusal.value.params["missing"]
        assert "targets.response.figures.minor" in missing and refusal.value.clause == "HSA-1"
        none = override(4)["figures"] + override(None, severity="minor")["figures"]
        signed = sign_contract(**given, reference="C-2", overrides={"figures": none})
        assert effective(signed, paris("2027-02-01 10:00")).overrides == {"figures": none}


@pytest.mark.parametrize("code", ["generix", "jalios-on-premise"])
def test_the_contracts_that_leave_figures_to_the_subscription_are_refused_without_them(world, code):
    """In the language of the reader, each thing with its clauses (GEN-6, JAL-29b)."""
    terms, _ = publish_terms(DATA / f"{code}.yaml", at=START, provider=MEGA)
    missing = missing_contract_data(load_terms(DATA / f"{code}.yaml"), {})
    assert len(missing) > 1
    with acting_as(world.system), override_language("fr"), pytest.raises(Refused) as refusal:
        sign_contract(
            provider_id=world.provider.id,
            customer_id=world.customers[0].customer.id,
            terms=terms,
            reference="C-1",
            starts_on=date(2026, 1, 1),
            ends_on=None,
            package="",
            signed_by="",
            at=START,
        )
    assert refusal.value.message.startswith("Il manque au contrat : ")
    assert all(item.label.fr in refusal.value.message for item in missing)
    assert len(refusal.value.params["missing"]) == len(missing)


# What cannot stand ----------------------------------------------------------------------------------------------------
def signing(world: World, **given: Any) -> dict[str, Any]:
    """What ``sign_contract`` is asked for, with ``given`` in the place of what is right."""
    return {
        "provider_id": world.provider.id,
        "customer_id": world.customers[0].customer.id,
        "terms": world.terms,
        "reference": "C-1",
        "starts_on": date(2026, 1, 1),
        "ends_on": None,
        "package": "",
        "signed_by": "",
        "at": START,
    } | given


@pytest.mark.parametrize(
    "reference", ["", "   ", "x" * 41, "C\n1", "C\x001", "C\u202e1", "C\u20281", ".", "..", "a/../b", "C/."]
)
def test_a_reference_can_stand_in_an_address_and_in_the_name_of_a_file(world, reference):
    with acting_as(world.system), pytest.raises(Invalid) as refusal:
        sign_contract(**signing(world, reference=reference))
    assert refusal.value.errors.keys() == {"reference"}


@pytest.mark.parametrize("reference", ["2026/17", "x" * 40, "Marché n° 7", "a..b", "  C-1 "])
def test_a_reference_is_kept_without_the_spaces_around_it(world, reference):
    with acting_as(world.system):
        assert sign_contract(**signing(world, reference=reference)).reference == reference.strip()


MINUTE_A_WEEK = {"calendars": [{"calendar": "fr", "reference": "A-1", "weekly": {"mon": ["09:00-09:01"]}}]}


def test_a_contract_that_cannot_be_counted_is_not_signed(world):
    impossible = override(100_000) | MINUTE_A_WEEK
    with acting_as(world.system):
        with override_language("fr"), pytest.raises(Refused) as refusal:
            sign_contract(**signing(world, overrides=impossible, check=require_countable))
        assert (refusal.value.code, refusal.value.clause) == ("cannot_be_counted", "HSA-1")
        assert refusal.value.message.startswith("Aucune échéance ne peut être comptée")
        assert sign_contract(**signing(world, overrides=override(1) | MINUTE_A_WEEK, check=require_countable)).pk


def test_an_amendment_that_cannot_be_counted_is_neither_proposed_nor_approved(world):
    impossible = override(100_000) | MINUTE_A_WEEK
    with pytest.raises(Refused) as refusal:
        propose(world, overrides=impossible, check=require_countable)
    assert refusal.value.code == "cannot_be_counted"
    made = propose(world, overrides=impossible)
    actor = world.staff["account_manager"]
    with acting_as(actor):
        with pytest.raises(Refused):
            approve_amendment(actor=actor, at=AGREED, amendment_id=made.id, check=require_countable)
        fine = propose(world, reference="A-2", check=require_countable)
        assert approve_amendment(actor=actor, at=AGREED, amendment_id=fine.id, check=require_countable) == fine


@pytest.mark.parametrize("document", sorted(path.stem for path in DATA.glob("*.yaml") if path.stem != "clauses"))
def test_the_terms_that_we_ship_can_be_counted(document):
    terms = load_terms(DATA / f"{document}.yaml")
    if not missing_contract_data(terms, {}):
        require_countable(terms, {}, date(2026, 5, 4))


# Many instants --------------------------------------------------------------------------------------------------------
def test_a_timeline_answers_every_instant_as_a_question_asked_then(owner_world, draft, django_assert_num_queries):
    contract = owner_world.customers[0].contract
    with acting_as(owner_world.system):
        type(contract).objects.filter(pk=contract.pk).update(follows_terms=True)
        contract.refresh_from_db()
    publish_terms(draft(since="2026-03-01"), at=paris("2026-03-05 09:00"), provider=MEGA)
    agree(owner_world)
    manager = owner_world.staff["manager"]
    closed = {"calendar": "fr", "reference": "N-1", "days_off": ["2026-06-01"]}
    with acting_as(manager):
        announced = {"actor": manager, "at": paris("2026-03-20 10:00"), "name": "Works", "days": closed}
        announce_days(**announced, contract_id=contract.id)
    instants = [paris(f"2026-03-{day:02} {hour}:00") for day in range(1, 31) for hour in ("09", "12")]
    with acting_as(owner_world.system):
        asked = [effective(contract, at) for at in instants]
        assert len({(item.terms_id, str(item.overrides)) for item in asked}) == 4
        with django_assert_num_queries(5):
            timeline = timelines([contract])[contract.id]
        with django_assert_num_queries(0):
            told = [timeline.at(at) for at in instants]
    assert told == asked
