"""The end of a contract: set for a day to come, withdrawn until it is over, told to both sides (HSA-20, HSA-21)."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.models import AuditEntry
from accounts.tenancy import acting_as
from contracts import endings, selectors, signing
from contracts.endings import Draft
from contracts.models import Contract, ContractChange
from contracts.publishing import DATA
from contracts.terms import load_terms
from lifecycle import agreements
from notifications.models import OutboxEntry
from slas.endings import end_of, reckoned_from_end
from tests.worlds import PARIS, World, build_world, paris
from tickets.models import Ticket

AT = paris("2026-05-04 10:00")
LAST = date(2026, 12, 31)


@pytest.fixture
def world(db) -> World:
    return build_world()


def draft(**given) -> Draft:
    told = Draft(LAST, "customer", "registered_letter", date(2026, 4, 30), "The tool is replaced.")
    return replace(told, **given)


def end(world: World, by: str = "account_manager", at=AT, **given) -> ContractChange:
    actor = world.staff[by]
    with acting_as(actor):
        return agreements.end_contract(
            actor=actor, at=at, contract_id=world.customers[0].contract.id, draft=draft(**given)
        )


def withdraw(world: World, at=AT, reason: str = "They stay.") -> ContractChange:
    actor = world.staff["administrator"]
    with acting_as(actor):
        return agreements.withdraw_ending(actor=actor, at=at, contract_id=world.customers[0].contract.id, reason=reason)


def contract(world: World) -> Contract:
    with acting_as(world.system):
        return Contract.objects.get(pk=world.customers[0].contract.pk)


def test_an_end_is_set_kept_in_the_log_and_in_the_trail(world: World):
    change = end(world)
    assert contract(world).ends_on == LAST
    assert (change.kind, change.actor_side, change.data["signed_end"]) == ("ended", "provider", "2028-12-31")
    with acting_as(world.system):
        entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject) == ("contract_ended", world.customers[0].contract.reference)
    assert (entry.data["old"], entry.data["new"]) == ("2028-12-31", "2026-12-31")
    assert entry.data["reason"] == "The tool is replaced."


def test_filing_is_possible_until_24_00_of_the_last_day_in_the_zone_of_the_contract(world: World):
    end(world)
    contact = world.customers[0].contact
    with acting_as(contact):
        for at, allowed in ((paris("2026-12-31 23:59"), True), (paris("2027-01-01 00:00"), False)):
            right = selectors.filing_right(contact, contract(world), at)
            assert right.allowed is allowed
    assert right.clause == "HSA-20"


def test_both_sides_read_the_end_that_stands(world: World):
    end(world)
    for actor in (world.staff["engineer"], world.customers[0].contact, world.customers[0].people["viewer"]):
        with acting_as(actor):
            found = endings.ending_of(actor, world.customers[0].contract)
        assert (found.last_day, found.signed_end, found.reason) == (LAST, date(2028, 12, 31), "The tool is replaced.")
    other = world.customers[1].contact
    with acting_as(other):
        assert endings.ending_of(other, world.customers[0].contract) is None


def test_withdrawn_it_runs_to_its_term_as_signed_however_often_it_was_moved(world: World):
    end(world)
    end(world, last_day=date(2026, 9, 30))
    end(world, last_day=date(2027, 3, 31))
    assert contract(world).ends_on == date(2027, 3, 31)
    withdraw(world, at=paris("2027-03-31 23:59"))
    assert contract(world).ends_on == date(2028, 12, 31)
    actor = world.staff["engineer"]
    with acting_as(actor):
        assert endings.ending_of(actor, contract(world)) is None
    with pytest.raises(Refused) as refusal:
        withdraw(world)
    assert refusal.value.code == "no_ending"
    with acting_as(world.system):
        kinds = list(ContractChange.objects.filter(kind__in=endings.ENDINGS).values_list("kind", flat=True))
        acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert kinds == ["ended", "ended", "ended", "end_withdrawn"]
    assert acts == ["contract_ended"] * 3 + ["contract_end_withdrawn"]


def test_what_is_over_is_neither_ended_nor_withdrawn(world: World):
    end(world)
    over = paris("2027-01-01 00:00")
    for act in (lambda: withdraw(world, at=over), lambda: end(world, at=over, last_day=date(2027, 2, 1))):
        with pytest.raises(Refused) as refusal:
            act()
        assert (refusal.value.code, refusal.value.clause) == ("contract_ended", "HSA-20")
    assert contract(world).ends_on == LAST


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"last_day": date(2026, 5, 3)}, "last_day"),
        ({"last_day": date(2028, 12, 31)}, "last_day"),
        ({"last_day": date(2029, 1, 1)}, "last_day"),
        ({"ended_by": "nobody"}, "ended_by"),
        ({"channel": "pigeon"}, "channel"),
        ({"noticed_on": date(2026, 5, 5)}, "noticed_on"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 2_001}, "reason"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(world: World, given: dict, field: str):
    with pytest.raises(Invalid) as refusal:
        end(world, **given)
    assert refusal.value.errors.keys() == {field}
    assert contract(world).ends_on == date(2028, 12, 31)
    with acting_as(world.system):
        assert not OutboxEntry.objects.exists()


def test_it_can_end_today_and_not_twice_on_the_same_day(world: World):
    end(world, last_day=date(2026, 5, 4))
    assert contract(world).ends_on == date(2026, 5, 4)
    with pytest.raises(Invalid):
        end(world, last_day=date(2026, 5, 4))


@pytest.mark.parametrize("by", ["engineer", "manager", "auditor"])
def test_whoever_does_not_sign_does_not_end(world: World, by: str):
    with pytest.raises(Forbidden):
        end(world, by)
    contact = world.customers[0].contact
    told = {"actor": contact, "at": AT, "contract_id": world.customers[0].contract.id, "draft": draft()}
    with acting_as(contact), pytest.raises(Forbidden):
        endings.end_contract(**told)


def test_a_foreign_contract_is_not_found(world: World):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    actor = world.staff["administrator"]
    with acting_as(actor), pytest.raises(NotFound):
        endings.end_contract(actor=actor, at=AT, contract_id=other.customers[0].contract.id, draft=draft())


def test_the_database_lets_no_customer_move_the_end(world: World):
    contact, row = world.customers[0].contact, world.customers[0].contract
    with acting_as(contact), pytest.raises(ProgrammingError), transaction.atomic():
        Contract.objects.filter(pk=row.pk).update(ends_on=LAST)
    with acting_as(world.system), pytest.raises(IntegrityError), transaction.atomic():
        ContractChange.objects.create(
            provider_id=row.provider_id,
            customer_id=row.customer_id,
            contract=row,
            kind="ended",
            actor_side="customer",
            at=AT,
        )


def test_an_end_is_not_withdrawn_over_a_contract_that_was_signed_for_the_days_after(world: World):
    end(world)
    row, actor = world.customers[0].contract, world.staff["administrator"]
    following = signing.Draft(row.customer_id, row.terms_id, "NEXT-1", date(2027, 1, 1), package="standard")
    with acting_as(actor):
        signing.sign(actor=actor, at=AT, draft=following)
    with pytest.raises(Refused) as refusal:
        withdraw(world)
    assert refusal.value.code == "another_contract" and "NEXT-1" in refusal.value.message
    assert contract(world).ends_on == LAST


def test_an_end_is_not_moved_into_a_contract_that_was_signed_for_the_days_after(world: World):
    end(world)
    row = contract(world)
    following = signing.Draft(row.customer_id, row.terms_id, "NEXT-1", date(2027, 1, 1), package="standard")
    with acting_as(world.staff["administrator"]):
        signing.sign(actor=world.staff["administrator"], at=AT, draft=following)
    with pytest.raises(Refused) as refusal:
        end(world, last_day=date(2027, 9, 30))
    assert refusal.value.code == "another_contract" and "NEXT-1" in refusal.value.message
    assert end(world, last_day=date(2026, 11, 30)).data["last_day"] == "2026-11-30"


def test_the_order_is_that_in_which_it_was_written(world: World):
    end(world)
    withdraw(world, at=paris("2026-05-04 10:05"))
    waited = end(world, at=paris("2026-05-04 10:04"), last_day=date(2026, 9, 30))
    with acting_as(world.staff["administrator"]):
        found = endings.ending_of(world.staff["administrator"], contract(world))
    assert found is not None and found.change == waited and found.last_day == contract(world).ends_on
    assert found.signed_end == date(2028, 12, 31)


def test_a_contract_without_a_last_day_gets_one_and_loses_it_again(world: World):
    with acting_as(world.system):
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(ends_on=None)
    with pytest.raises(Invalid) as refusal:
        end(world, last_day=date.max)
    assert refusal.value.errors.keys() == {"last_day"}
    assert end(world).data["signed_end"] == ""
    assert contract(world).ends_on == LAST
    withdraw(world)
    assert contract(world).ends_on is None


def test_a_withdrawal_says_why(world: World):
    end(world)
    with pytest.raises(Invalid) as refusal:
        withdraw(world, reason=" ")
    assert refusal.value.errors.keys() == {"reason"}


def test_a_ticket_filed_before_keeps_its_deadline(world: World):
    ticket = world.file(AT)
    due = ticket.due_at
    end(world, last_day=date(2026, 5, 4))
    assert due > end_of(date(2026, 5, 4), PARIS)
    with acting_as(world.system):
        assert Ticket.objects.get(pk=ticket.pk).due_at == due


# What the terms reckon ------------------------------------------------------------------------------------------------
def test_the_terms_say_until_when_to_ask_and_how_long_data_is_kept(world: World):
    terms = selectors.terms_of(world.customers[0].contract)
    found = {one.clauses[0]: one for one in reckoned_from_end(terms, {}, LAST)}
    asked, kept = found["HSA-21"], found["HSA-20"]
    assert asked.at == paris("2026-11-01 00:00") and asked.when_late == "refused" and asked.by == "customer"
    assert kept.at == paris("2027-04-01 00:00") and kept.by is None
    assert asked.has_passed(paris("2026-11-01 00:01")) and not asked.has_passed(paris("2026-11-01 00:00"))


def test_data_after_the_30_november_is_kept_until_a_day_that_there_is(world: World):
    terms = selectors.terms_of(world.customers[0].contract)
    kept = [one.at for one in reckoned_from_end(terms, {}, date(2025, 11, 30)) if one.by is None]
    assert kept == [paris("2026-03-03 00:00")]


def test_terms_that_are_silent_reckon_nothing():
    assert reckoned_from_end(load_terms(DATA / "octipas.yaml"), {}, LAST) == []


def test_a_day_beyond_the_calendar_is_left_out(world: World):
    terms = selectors.terms_of(world.customers[0].contract)
    found = reckoned_from_end(terms, {}, date(2250, 12, 31))
    assert found == []
