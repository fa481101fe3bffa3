"""Views of the queue: whose they are, who may change them, and how one likes the queue."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import Forbidden, Invalid, NotFound
from accounts.identifiers import uuid7
from accounts.tenancy import Actor, acting_as
from tests.lifecycle.scenes import MONDAY
from tests.worlds import World, build_world
from tickets import saved_views
from tickets.saved_views import Look, Memory, change_view, forget_view, keep_view, memory, prefer

LOOK = Look("Mine today", {"holder": "mine"}, ["due", "ticket"])


def keep(actor: Actor, look: Look = LOOK, *, is_shared: bool = False) -> UUID:
    with acting_as(actor):
        return keep_view(actor=actor, at=MONDAY, look=look, is_shared=is_shared)


def recall(actor: Actor) -> Memory:
    with acting_as(actor):
        return memory(actor)


def test_a_view_of_ones_own_is_nobody_elses(world: World):
    engineer, second = world.staff["engineer"], world.staff["second"]
    key = keep(engineer)
    found = recall(engineer).view(str(key))
    assert found is not None
    assert (found.name, found.filters, found.columns, found.is_shared) == (
        "Mine today", {"holder": "mine"}, ("due", "ticket"), False,
    )  # fmt: skip
    assert recall(second) == Memory()
    for act in (change_view, forget_view):
        given = {"at": MONDAY, "look": LOOK} if act is change_view else {}
        with acting_as(second), pytest.raises(NotFound):
            act(actor=second, view_id=key, **given)
    assert recall(engineer).own == (found,)


def test_a_shared_view_is_for_the_desk_of_one_provider(world: World):
    engineer = world.staff["engineer"]
    key = keep(engineer, is_shared=True)
    assert [view.id for view in recall(world.staff["auditor"]).shared] == [key]
    assert recall(build_world("octipas", "Octipas", "OCTI").staff["engineer"]).shared == ()
    assert recall(world.customers[0].contact).shared == ()


def test_whoever_made_a_shared_view_changes_it_and_whoever_looks_after_all(world: World):
    engineer, second, manager = (world.staff[key] for key in ("engineer", "second", "manager"))
    key = keep(engineer, is_shared=True)
    with acting_as(second), pytest.raises(Forbidden):
        forget_view(actor=second, view_id=key)
    for actor, name in ((engineer, "First"), (manager, "Second")):
        with acting_as(actor):
            change_view(actor=actor, at=MONDAY, view_id=key, look=Look(name, {"state": "all"}, ["ticket"]))
        kept = recall(second).shared[0]
        assert (kept.name, kept.filters, kept.columns, kept.owner_id) == (
            name, {"state": "all"}, ("ticket",), engineer.person,
        )  # fmt: skip
    with acting_as(manager):
        forget_view(actor=manager, view_id=key)
    assert recall(engineer) == Memory()


def test_an_auditor_shares_nothing_and_a_customer_keeps_nothing(world: World):
    with pytest.raises(Forbidden):
        keep(world.staff["auditor"], is_shared=True)
    with pytest.raises(Forbidden):
        keep(world.customers[0].contact)
    contact = world.customers[0].contact
    with acting_as(contact), pytest.raises(Forbidden):
        prefer(actor=contact, at=MONDAY, columns=[], opens_with="")


@pytest.mark.parametrize("name", ["", " \n ", "x" * 61, "a\x00b"])
def test_a_name_is_one_line_of_some_length(world: World, name: str):
    with pytest.raises(Invalid) as refusal:
        keep(world.staff["engineer"], Look(name))
    assert list(refusal.value.errors) == ["name"]


def test_a_name_is_taken_once_for_each_holder(world: World):
    engineer, second = world.staff["engineer"], world.staff["second"]
    keep(engineer)
    other = keep(engineer, Look("Other"))
    keep(second)
    keep(engineer, is_shared=True)
    with pytest.raises(Invalid):
        keep(engineer)
    with pytest.raises(Invalid):
        keep(second, is_shared=True)
    with acting_as(engineer), pytest.raises(Invalid):
        change_view(actor=engineer, at=MONDAY, view_id=other, look=LOOK)
    with acting_as(engineer):
        change_view(actor=engineer, at=MONDAY, view_id=other, look=Look("Other", {"state": "all"}))


def test_there_is_an_end_to_views(world: World, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    engineer = world.staff["engineer"]
    for number in range(2):
        keep(engineer, Look(f"View {number}"))
    with pytest.raises(Invalid):
        keep(engineer, Look("One more"))


def test_a_view_that_there_is_not_is_not_found(world: World):
    engineer = world.staff["engineer"]
    with acting_as(engineer), pytest.raises(NotFound):
        forget_view(actor=engineer, view_id=uuid7())


def test_what_one_likes_is_kept_once_and_told_in_one_question(world: World):
    engineer = world.staff["engineer"]
    keep(engineer)
    keep(world.staff["second"], Look("Of another"), is_shared=True)
    for opens_with in ("mine", "overdue"):
        with acting_as(engineer):
            prefer(actor=engineer, at=MONDAY, columns=["ticket", "opened"], opens_with=opens_with)
    with acting_as(engineer), CaptureQueriesContext(connection) as queries:
        found = memory(engineer)
    assert len(queries) == 1
    assert (found.columns, found.opens_with) == (("ticket", "opened"), "overdue")
    assert [view.name for view in (*found.own, *found.shared)] == ["Mine today", "Of another"]
    assert recall(world.staff["second"]).opens_with == ""
