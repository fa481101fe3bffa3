"""Questions are compiled once and only filled in: each asker gets his own answer, as the query itself would give it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import CharField, QuerySet, Value
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from accounts.questions import Question, question
from accounts.tenancy import Actor, acting_as
from slas.models import Clock
from tests.worlds import World, build_world, paris
from tickets.models import Comment, Event, Ticket


@pytest.fixture
def world(db) -> World:
    return build_world()


@question
def _visible(actor: Actor) -> QuerySet[Ticket]:
    return Ticket.objects.visible_to(actor).order_by("reference")


def test_everybody_gets_his_own(world: World):
    for number in range(2):
        world.file(at=paris("2026-05-04 10:00"), of=number)
    actors = [world.staff["engineer"], *[one.contact for one in world.customers], world.staff["auditor"]]
    for actor in [*actors, *reversed(actors)]:
        with acting_as(actor):
            told = [row.reference for row in _visible(actor)]
            assert told == [row.reference for row in Ticket.objects.visible_to(actor).order_by("reference")]
    with acting_as(actors[0]):
        assert len(_visible(actors[0])) == 2
    with acting_as(actors[1]):
        assert len(_visible(actors[1])) == 1


def test_it_is_the_same_statement_built_once(world: World, monkeypatch: pytest.MonkeyPatch):
    first, second = world.customers[0].contact, world.customers[1].contact
    with acting_as(first):
        _visible(first)
    built: list[Actor] = []
    monkeypatch.setattr(_visible, "_build", built.append)
    with (
        acting_as(second),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        _visible(second)
    assert not built
    told = asked[0]["sql"].replace("-", "")
    assert second.provider_id.hex in told and second.customer_ids[0].hex in told
    assert first.customer_ids[0].hex not in told


def test_whoever_sees_in_another_way_asks_another_statement(world: World):
    contact, engineer = world.customers[0].contact, world.staff["engineer"]
    partner = replace(contact, customer_ids=(*contact.customer_ids, uuid4()))
    nobody = replace(contact, customer_ids=())
    with acting_as(engineer), CaptureQueriesContext(connection) as asked:
        for actor in (engineer, contact, partner):
            _visible(actor)
        assert _visible(nobody) == []
    assert len(asked) == 3, "Whoever sees no customer is asked nothing."


def test_values_of_each_kind(world: World):
    ticket = world.file(at=paris("2026-05-04 10:00"))
    engineer = world.staff["engineer"]

    @question
    def events(actor: Actor, ticket_ids: list[UUID], kinds: tuple[str, ...], after: datetime) -> QuerySet[Event]:
        rows = Event.objects.visible_to(actor).filter(ticket__among=ticket_ids, kind__in=kinds, at__gt=after)
        return rows.order_by("seq")

    with acting_as(engineer):
        known = list(Event.objects.filter(ticket=ticket).order_by("seq"))
        kinds = tuple(sorted({row.kind for row in known}))
        long_ago, later = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
        assert events(engineer, [ticket.id, uuid4()], kinds, long_ago) == known
        assert events(engineer, [ticket.id], kinds[:1], long_ago) == [row for row in known if row.kind == kinds[0]]
        assert events(engineer, [], kinds, long_ago) == []
        assert events(engineer, [uuid4()], kinds, long_ago) == []
        assert events(engineer, [ticket.id], kinds, later) == []
        assert events(engineer, [ticket.id], (), long_ago) == []
        assert events.one(engineer, [ticket.id], kinds, long_ago) == known[0]
        assert events.one(engineer, [], kinds, long_ago) is None


def test_relations_annotations_and_unions(world: World):
    engineer = world.staff["engineer"]
    world.file(at=paris("2026-05-04 10:00"))

    @question
    def named(actor: Actor, word: str | None) -> QuerySet[Clock]:
        told = Value(None if word is None else "given", output_field=CharField())
        rows = Clock.objects.visible_to(actor).select_related("ticket__customer").annotate(told=told)
        return rows.order_by("target")

    @question
    def both(actor: Actor) -> QuerySet[Membership, tuple[UUID]]:
        rows = Membership.objects.visible_to(actor)
        return rows.filter(role="engineer").values_list("id").union(rows.filter(role="auditor").values_list("id"))

    with acting_as(engineer):
        rows = named(engineer, "x")
        with CaptureQueriesContext(connection) as asked:
            assert {row.ticket.customer.name for row in rows} and {row.told for row in rows} == {"given"}
        assert len(asked) == 0
        assert {row.told for row in named(engineer, None)} == {None}
        roles = Membership.objects.visible_to(engineer).filter(role__in=["engineer", "auditor"])
        assert {key for (key,) in both(engineer)} == set(roles.values_list("id", flat=True))


def test_a_value_that_would_be_kept_in_the_statement_is_refused(world: World):
    engineer = world.staff["engineer"]

    @question
    def worked_in(actor: Actor) -> QuerySet[Ticket]:
        return Ticket.objects.filter(title=f"of {actor.name}")

    @question
    def looked_at(number: int) -> QuerySet[Ticket]:
        return Ticket.objects.filter(number=number)

    @question
    def an_hour_before(at: datetime) -> QuerySet[Event]:
        return Event.objects.filter(at__gt=at - timedelta(hours=1))

    @question
    def on_that_day(at: datetime) -> QuerySet[Event]:
        return Event.objects.filter(at__date=at.date())

    @question
    def with_more(actor: Actor) -> QuerySet[Comment]:
        return Comment.objects.visible_to(actor).prefetch_related("attachments")

    now = datetime(2026, 5, 4, tzinfo=UTC)
    with acting_as(engineer):
        for ask, given in (
            (worked_in, engineer), (looked_at, 5), (an_hour_before, now), (on_that_day, now), (with_more, engineer)
        ):  # fmt: skip
            with pytest.raises(TypeError):
                ask(given)


def test_what_was_built_can_be_forgotten(world: World):
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        _visible(engineer)
        assert _visible._forms
        Question.forget()
        assert not _visible._forms
        assert _visible(engineer) == []
