"""Codes of the product stand in the statement itself, so that a kept plan may use an index made for them."""

import pytest
from django.db.models import Q

from accounts.tenancy import acting_as
from tests.worlds import build_world, paris
from tickets.models import Ticket
from tickets.states import FINAL_STATES, OPEN_STATES


def test_it_finds_what_in_finds_and_brings_no_values(db: None):
    world = build_world()
    ticket = world.file(at=paris("2026-05-04 10:00"))
    rows = Ticket.objects.filter(state__one_of=OPEN_STATES)
    sql, values = rows.query.sql_with_params()
    assert values == () and "IN ('in_progress', 'new', 'waiting_customer')" in sql
    with acting_as(world.staff["engineer"]):
        assert list(rows) == list(Ticket.objects.filter(state__in=sorted(OPEN_STATES))) == [ticket]
        assert not Ticket.objects.filter(state__one_of=FINAL_STATES)
        assert list(Ticket.objects.exclude(state__one_of=FINAL_STATES)) == [ticket]


@pytest.mark.parametrize("codes", [[], ["new'; --"], ["New"], ["new", ""], ["é"], [None], ["a b"]])
def test_anything_that_is_no_code_is_refused(codes: list[str]):
    with pytest.raises(ValueError, match="no codes"):
        Ticket.objects.filter(Q(state__one_of=codes))
