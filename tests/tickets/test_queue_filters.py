"""What a list of tickets can leave out, how it is sorted and searched, and how cheaply it is counted."""

import base64
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import Invalid
from accounts.identifiers import uuid7
from accounts.tenancy import Actor, acting_as
from tests.lifecycle.scenes import DUE, MONDAY, bring_to, do
from tests.worlds import World, build_world
from tickets import queue as lists
from tickets.models import Ticket
from tickets.queue import Filters
from tickets.states import State


def numbers(actor: Actor, **given) -> set[int]:
    with acting_as(actor):
        return {row.number - 1000 for row in lists.queue(actor, state="all", **given).rows}


def in_order(actor: Actor, order: str, **given) -> list[int]:
    with acting_as(actor):
        return [row.number - 1000 for row in lists.queue(actor, order=order, **given).rows]


def test_lists_by_person_contract_and_environment(world: World):
    engineer, second = world.staff["engineer"], world.staff["second"]
    first = world.file(MONDAY)
    world.file(MONDAY, of=1)
    do(world, engineer, "assign", first)
    assert numbers(engineer, assignee_id=second.person) == {1}
    assert numbers(engineer, assignee_id=engineer.person) == set()
    assert numbers(engineer, contract="mega-b-2026") == {2}
    assert numbers(engineer, contract="MEGA") == set()
    assert numbers(engineer, environment="production") == {1, 2}
    assert numbers(engineer, environment="development") == set()


def test_lists_by_deadline_take_the_beginning_in_and_leave_the_end_out(world: World):
    engineer = world.staff["engineer"]
    due = world.file(MONDAY)
    bring_to(world, State.IN_PROGRESS)
    assert due.due_at == DUE
    assert numbers(engineer, due_from=DUE, due_before=DUE + timedelta(seconds=1)) == {1}
    assert numbers(engineer, due_before=DUE) == set()
    assert numbers(engineer, due_from=DUE + timedelta(seconds=1)) == set()
    assert numbers(engineer, is_undated=True) == {2}


def test_the_gravest_stand_first_and_among_them_the_oldest(world: World):
    engineer = world.staff["engineer"]
    world.file(MONDAY, severity="minor")
    world.file(MONDAY + timedelta(hours=1), severity="critical")
    world.file(MONDAY, severity="critical")
    world.file(MONDAY, severity="no_access", severity_kind="platform_down")
    assert in_order(engineer, "severity") == [4, 3, 2, 1]


def test_a_severity_that_changes_takes_its_place(world: World):
    engineer = world.staff["engineer"]
    ticket = world.file(MONDAY, severity="critical")
    world.file(MONDAY, severity="moderate")
    do(world, engineer, "severity", ticket)
    assert in_order(engineer, "severity") == [2, 1]
    with acting_as(engineer):
        assert list(Ticket.objects.order_by("number").values_list("severity_rank", flat=True)) == [4, 3]


def test_a_search_finds_words_references_and_numbers(world: World):
    engineer = world.staff["engineer"]
    world.file(MONDAY, title="Import of the suppliers: 100 % lost")
    world.file(MONDAY, of=1, title="Export_to the intranet")
    assert numbers(engineer, search="SUPPLIERS") == {1}
    assert numbers(engineer, search="t_to") == {2}
    assert numbers(engineer, search="100 %") == {1}
    assert numbers(engineer, search="%") == {1}
    assert numbers(engineer, search="\\") == set()
    assert numbers(engineer, search="mega-1002") == {2}
    assert numbers(engineer, search="1002") == {2}
    assert numbers(engineer, search="99999999999") == set()
    assert numbers(engineer, search="po") == {1, 2}
    assert numbers(engineer, search="export", severity="minor") == set()


def test_a_search_finds_nothing_of_others(world: World):
    mine, theirs = world.customers
    world.file(MONDAY, title="Shared word")
    world.file(MONDAY, of=1, title="Shared word")
    octipas = build_world("octipas", "Octipas", "OCTI")
    octipas.file(MONDAY, title="Shared word")
    assert numbers(world.staff["engineer"], search="shared") == {1, 2}
    assert numbers(mine.contact, search="shared") == {1}
    assert numbers(mine.contact, search="MEGA-1002") == numbers(mine.contact, search="1002") == set()
    assert numbers(theirs.contact, search="shared") == {2}


def test_the_search_function_tells_nobody_anything_without_a_context(world: World):
    world.file(MONDAY, title="Shared word")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tickets_found('shared', 100, NULL, NULL)")
        assert cursor.fetchone() == (0,)
    with acting_as(world.customers[1].contact), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tickets_found('shared', 100, NULL, NULL)")
        assert cursor.fetchone() == (0,)


def test_a_search_looks_at_so_many_of_those_changed_last(world: World, monkeypatch):
    monkeypatch.setattr(lists, "MOST_FOUND", 2)
    for number in range(3):
        world.file(MONDAY + timedelta(hours=number), title="Same words")
    assert numbers(world.staff["engineer"], search="same") == {2, 3}
    assert numbers(world.customers[0].contact, search="same") == {2, 3}


def copies(world: World, number: int, first: int = 2, **given) -> list[Ticket]:
    """So many tickets like the first one, each changed a minute after the one before; ``first`` is the first place."""
    made = []
    with acting_as(world.system):
        like = Ticket.objects.get(number=1001)
        for place in range(first, number + first):
            own = {"number": 1000 + place, "reference": f"{world.provider.ticket_prefix}-{1000 + place}", "id": uuid7()}
            columns = {one.attname: getattr(like, one.attname) for one in Ticket._meta.concrete_fields}
            made.append(Ticket(**columns | own | {"updated_at": MONDAY + timedelta(minutes=place)} | given))
        Ticket.objects.bulk_create(made)
    return made


def test_a_word_of_many_titles_is_looked_for_among_the_latest(world: World, monkeypatch):
    world.file(MONDAY, title="An import that fails")
    copies(world, 39)
    octipas = build_world("octipas", "Octipas", "OCTI")
    octipas.file(MONDAY, title="An import of theirs")
    assert numbers(world.staff["engineer"], search="IMPORT", size=100) == set(range(1, 41))
    assert numbers(world.customers[1].contact, search="import") == set()
    monkeypatch.setattr(lists, "MOST_FOUND", 10)
    assert numbers(world.staff["engineer"], search="import") == set(range(31, 41))
    assert numbers(world.staff["engineer"], search="1003") == {3}


def retitled(world: World, title: str, at: list[int]) -> None:
    """Other titles for the tickets of those places."""
    with acting_as(world.system):
        Ticket.objects.filter(number__in=[1000 + place for place in at]).update(title=title)


def test_a_word_of_many_new_titles_is_found_in_old_ones_too(world: World):
    world.file(MONDAY, title="Anything else")
    copies(world, 1_479)
    retitled(world, "VPN", [*range(1, 81), *range(1_081, 1_481)])
    with acting_as(world.staff["engineer"]):
        found = lists.matching(world.staff["engineer"], Filters(state="all", search="vpn"))
        assert found.count() == 480
        assert not lists.Cut(Filters(state="all", search="vpn")).asked()


def test_what_was_found_is_cut_after_state_and_customer(world: World, monkeypatch):
    monkeypatch.setattr(lists, "MOST_FOUND", 30)
    engineer, other = world.staff["engineer"], world.customers[1]
    world.file(MONDAY, title="An import that fails")
    world.file(MONDAY, of=1, title="An import that stops")
    copies(world, 600, state=State.CLOSED, resolution_type="solution", first=3)
    assert numbers(engineer, search="import", customer_id=other.customer.id) == {2}
    with acting_as(engineer):
        assert {row.number for row in lists.queue(engineer, search="import").rows} == {1001, 1002}
        assert lists.matching(engineer, Filters(state="closed", search="import")).count() == 30


@pytest.mark.parametrize(("most", "state", "is_cut"), [(2, "all", True), (3, "all", False), (2, "open", False)])
def test_a_list_tells_that_its_search_was_cut(world: World, monkeypatch, most: int, state: str, is_cut: bool):
    monkeypatch.setattr(lists, "MOST_FOUND", most)
    engineer = world.staff["engineer"]
    world.file(MONDAY, title="Same words")
    world.file(MONDAY, title="Same words")
    copies(world, 1, state=State.CLOSED, resolution_type="solution", first=3)
    with acting_as(engineer):
        assert lists.queue(engineer, state=state, search="same").is_cut == is_cut
        nothing = lists.queue(engineer, state=state, search="same", holder="mine")
        assert (nothing.rows, nothing.is_cut) == ([], is_cut)
        assert not lists.queue(engineer, state=state).is_cut


def test_pages_go_on_from_those_with_a_deadline_to_those_without(world: World):
    engineer = world.staff["engineer"]
    world.file(MONDAY)
    made = copies(world, 3)
    copies_without = [ticket.pk for ticket in made[1:]]
    with acting_as(world.system):
        Ticket.objects.filter(pk__in=copies_without).update(due_at=None)
    for size in (1, 2, 3):
        seen, after = [], ""
        with acting_as(engineer):
            while len(seen) < 4 and (page := lists.queue(engineer, after=after, size=size)).rows:
                seen += [row.number - 1000 for row in page.rows]
                after = page.next_cursor
        assert seen == [1, 2, 3, 4], size


def test_counts_stop_where_nobody_reads_on(world: World, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 2)
    engineer = world.staff["engineer"]
    for _ in range(4):
        world.file(MONDAY)
    asked = [Filters(), Filters(state="closed"), Filters(holder="mine"), Filters(search="nothing")]
    with acting_as(engineer), CaptureQueriesContext(connection) as queries:
        assert lists.counts(engineer, asked) == [3, 0, 0, 0]
        assert lists.counts(engineer, []) == []
    assert len(queries) == 1


def test_counts_are_those_of_the_list(world: World):
    for number in range(5):
        world.file(MONDAY, of=number % 2)
    for actor in (world.staff["engineer"], world.customers[1].contact):
        with acting_as(actor):
            assert lists.counts(actor, [Filters()]) == [len(lists.queue(actor).rows)]


def test_the_versions_of_a_page_are_those_that_it_shows(world: World):
    engineer = world.staff["engineer"]
    first, second = world.file(MONDAY), world.file(MONDAY, of=1)
    with acting_as(engineer):
        before = lists.versions_of_page(engineer, Filters())
    assert before == {first.reference: 1, second.reference: 1}
    taken = do(world, engineer, "take", first)
    with acting_as(engineer):
        assert lists.versions_of_page(engineer, Filters())[first.reference] == taken.version
        assert lists.versions_of_page(engineer, Filters(), size=1).keys() < before.keys()


@pytest.mark.parametrize("value", ["3", True, -1, 2**15, None, 1.5])
def test_a_cursor_by_severity_names_a_rank(world: World, value: object):
    told = json.dumps([value, MONDAY.isoformat(), "01a1fdf6-882c-7699-97ac-6bd957ef845e"])
    cursor = base64.urlsafe_b64encode(told.encode()).decode()
    with acting_as(world.staff["engineer"]), pytest.raises(Invalid):
        lists.queue(world.staff["engineer"], order="severity", after=cursor)
