"""Lists: filters, orders, pages without gaps or repeats, and what is not offered."""

import base64
import json
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import Invalid
from accounts.tenancy import acting_as
from tests.lifecycle.scenes import MONDAY, bring_to, do
from tests.worlds import World
from tickets import selectors
from tickets.states import State


@pytest.fixture
def desk(world) -> World:
    """Eight tickets: one of each state, three more of other severities, of two customers."""
    for state in State:
        bring_to(world, state)
    for number, severity in enumerate(("minor", "moderate", "minor")):
        world.file(MONDAY + timedelta(hours=number), of=1, severity=severity, title=f"Slow report {number}")
    return world


def _references(actor, **given) -> list[str]:
    with acting_as(actor):
        return [row.reference for row in selectors.queue(actor, **given).rows]


def _numbers(actor, **given) -> set[int]:
    return {int(reference.removeprefix("MEGA-")) - 1000 for reference in _references(actor, **given)}


def test_filters_by_state_holder_severity_customer_and_words(desk):
    engineer = desk.staff["engineer"]
    ticket = do(desk, engineer, "take", desk.file(MONDAY))
    assert ticket.number == 1009
    assert _numbers(engineer) == {1, 2, 3, 6, 7, 8, 9}
    assert _numbers(engineer, state="all") == set(range(1, 10))
    assert _numbers(engineer, state="new") == {1, 6, 7, 8}
    assert _numbers(engineer, state="in_progress") == {2, 9}
    assert _numbers(engineer, state="waiting_customer") == {3}
    assert _numbers(engineer, state="resolved") == {4}
    assert _numbers(engineer, state="closed") == {5}
    assert _numbers(engineer, holder="mine") == {9}
    assert _numbers(desk.staff["second"], holder="mine") == set()
    assert _numbers(engineer, holder="unassigned") == {1, 2, 3, 6, 7, 8}
    assert _numbers(engineer, severity="minor") == {6, 8}
    assert _numbers(engineer, customer_id=desk.customers[1].customer.id) == {6, 7, 8}
    assert _numbers(engineer, search="slow REPORT") == {6, 7, 8}
    assert _numbers(engineer, search="mega-1007") == {7}
    assert _numbers(engineer, search="MEGA-100") == set()
    assert _numbers(engineer, search="%") == set()
    assert _numbers(engineer, severity="minor", state="new", customer_id=desk.customers[0].customer.id) == set()


def test_a_customer_has_his_own_list(desk):
    assert _numbers(desk.customers[0].contact, state="all") == {1, 2, 3, 4, 5}
    assert _numbers(desk.customers[1].people["viewer"], state="all") == {6, 7, 8}
    assert _numbers(desk.customers[1].contact, state="all", customer_id=desk.customers[0].customer.id) == set()


def test_soonest_due_first_and_what_is_not_owed_last(desk):
    engineer = desk.staff["engineer"]
    with acting_as(engineer):
        rows = selectors.queue(engineer, state="all", order="due").rows
    assert [row.number for row in rows] == [1001, 1007, 1006, 1008, 1002, 1003, 1004, 1005]
    assert [row.due_at is None for row in rows] == [False] * 4 + [True] * 4
    assert [row.number for row in _ordered(desk, "opened")][:3] == [1008, 1007, 1006]
    assert [row.number for row in _ordered(desk, "updated")][0] == 1008


def _ordered(desk: World, order: str) -> list:
    engineer = desk.staff["engineer"]
    with acting_as(engineer):
        return selectors.queue(engineer, state="all", order=order).rows


def test_pages_follow_each_other_without_gap_or_repeat(desk):
    engineer = desk.staff["engineer"]
    for order, size in product(selectors.ORDERS, (1, 2, 3, 8)):
        found, cursor = [], ""
        while True:
            with acting_as(engineer):
                page = selectors.queue(engineer, state="all", order=order, after=cursor, size=size)
            assert len(page.rows) <= size
            found += [row.pk for row in page.rows]
            cursor = page.next_cursor
            if not cursor:
                break
        assert found == [row.pk for row in _ordered(desk, order)], (order, size)


def test_a_page_has_a_measure(desk):
    engineer = desk.staff["engineer"]
    assert len(_references(engineer, state="all", size=0)) == 1
    assert len(_references(engineer, state="all", size=-5)) == 1
    assert len(_references(engineer, state="all", size=10**9)) == 8
    assert selectors.PAGE_LIMIT == 100


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


NOT_OFFERED = [
    ({"state": "lost"}, "state"),
    ({"holder": "somebody"}, "holder"),
    ({"order": "title"}, "order"),
    ({"order": "-due_at"}, "order"),
    ({"after": "nonsense"}, "after"),
    ({"after": "é"}, "after"),
    ({"after": _cursor({})}, "after"),
    ({"after": _cursor([1, 2])}, "after"),
    ({"after": _cursor(["2026-05-04T00:00:00", "x"])}, "after"),
    ({"after": _cursor(["2026-05-04T00:00:00", "01a1fdf6-882c-7699-97ac-6bd957ef845e"])}, "after"),
    ({"after": "W1tb" * 30_000}, "after"),
]


def test_what_is_not_offered_is_refused(world):
    engineer = world.staff["engineer"]
    for given, field in NOT_OFFERED:
        with acting_as(engineer), pytest.raises(Invalid) as refusal:
            selectors.queue(engineer, **given)
        assert list(refusal.value.errors) == [field], given


def test_a_cursor_of_an_order_by_time_needs_a_time(desk):
    engineer = desk.staff["engineer"]
    after = _cursor([None, "ffffffff-ffff-7fff-bfff-ffffffffffff"])
    assert _numbers(engineer, state="all", order="due", after=after) == set()
    with acting_as(engineer), pytest.raises(Invalid):
        selectors.queue(engineer, state="all", order="opened", after=after)


def test_a_list_costs_the_same_for_one_row_and_for_three(world):
    engineer = world.staff["engineer"]

    def cost() -> int:
        with acting_as(engineer), CaptureQueriesContext(connection) as queries:
            for row in selectors.queue(engineer, state="all").rows:
                assert row.customer.name
        return len(queries)

    world.file(MONDAY)
    alone = cost()
    world.file(MONDAY)
    world.file(MONDAY, of=1)
    assert (alone, cost()) == (1, 1)
