"""The reference of a contract names one contract of a provider, also where two are signed at once."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.errors import Invalid
from contracts.models import Contract, ContractChange
from contracts.services import sign_contract
from tests.worlds import START, World, as_system, build_world


def signing(world: World, reference: str, of: int = 0) -> dict[str, Any]:
    return {
        "provider_id": world.provider.id,
        "customer_id": world.customers[of].customer.id,
        "terms": world.terms,
        "reference": reference,
        "starts_on": date(2026, 1, 1),
        "ends_on": None,
        "package": "standard",
        "signed_by": "MEGA France",
        "at": START,
    }


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("of", [0, 1])
def test_a_reference_that_is_taken_is_refused_in_words_and_nothing_is_signed(world, of, language):
    taken = world.customers[0].contract.reference
    with as_system(world), translation.override(language):
        rows = Contract.objects.count(), ContractChange.objects.count()
        with pytest.raises(Invalid) as refusal:
            sign_contract(**signing(world, f" {taken} ", of))
        assert (Contract.objects.count(), ContractChange.objects.count()) == rows
    (told,) = refusal.value.errors["reference"]
    assert taken in told
    assert ("already has" in told) == (language == "en")


def test_what_was_done_before_the_refusal_can_go_on(world):
    with as_system(world), transaction.atomic():
        first = sign_contract(**signing(world, "C-1"))
        with pytest.raises(Invalid):
            sign_contract(**signing(world, "C-1"))
        second = sign_contract(**signing(world, "C-2"))
        assert {row.reference for row in Contract.objects.filter(pk__in=[first.pk, second.pk])} == {"C-1", "C-2"}


def test_two_providers_may_use_the_same_reference(world):
    other = build_world("nordlys", "Nordlys", "NORD", customers=1)
    with as_system(other):
        assert sign_contract(**signing(other, world.customers[0].contract.reference)).pk


def test_the_database_itself_keeps_them_apart(world):
    row = world.customers[0].contract
    with as_system(world), pytest.raises(IntegrityError, match="contract_reference_per_provider"), transaction.atomic():
        Contract.objects.filter(pk=world.customers[1].contract.pk).update(reference=row.reference)


def test_another_fault_of_the_row_is_not_taken_for_it(world):
    given = signing(world, "C-3") | {"ends_on": date(2025, 1, 1)}
    with as_system(world), pytest.raises(IntegrityError, match="contract_ends_after_start"), transaction.atomic():
        sign_contract(**given)
