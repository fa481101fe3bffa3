"""A contract that has not begun, or has ended, says so by its own clauses: those of the terms, or none."""

from datetime import timedelta

import pytest

from accounts.tenancy import acting_as
from contracts.publishing import publish_terms
from contracts.selectors import filing_contracts, filing_right
from contracts.terms import Problem, TermsError, load_terms
from tests.worlds import START, World, paris

BEFORE, AFTER = paris("2025-12-31 12:00"), paris("2029-01-01 12:00")


@pytest.mark.parametrize(("at", "clause", "words"), [(BEFORE, "HSA-1b", "not started"), (AFTER, "HSA-20", "has ended")])
def test_the_clause_is_the_one_that_the_terms_name(world: World, at, clause, words):
    contact, contract = world.customers[0].contact, world.customers[0].contract
    with acting_as(contact):
        right = filing_right(contact, contract, at)
        (listed,) = filing_contracts(contact, at)
    assert (right.allowed, right.clause) == (False, clause) and words in right.reason
    assert (listed.allowed, listed.clause, listed.reason) == (right.allowed, right.clause, right.reason)


@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_a_contract_that_is_silent_names_none(world: World, draft, at):
    terms, _ = publish_terms(draft(of="octipas", since="2025-01-01"), at=START, provider=("mega", "MEGA", "MEGA"))
    contact, contract = world.customers[0].contact, world.customers[0].contract
    with acting_as(world.system):
        type(contract).objects.filter(pk=contract.pk).update(terms=terms)
        contract.refresh_from_db()
    with acting_as(contact):
        assert filing_right(contact, contract, at).clause == ""
        assert filing_right(contact, contract, START + timedelta(days=1)).allowed


def test_a_clause_of_the_period_exists(draft):
    with pytest.raises(TermsError) as refusal:
        load_terms(draft(lambda document: document.update(period={"start_clause": "HSA-99"})))
    (problem,) = refusal.value.problems
    assert isinstance(problem, Problem) and problem.path == ("period", "start_clause")
