"""Rows of several tables in one statement: what arrives is what was given, and the rules of the database hold."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, DataError, IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from accounts import batches
from accounts.batches import Rows
from accounts.identifiers import uuid7
from accounts.tenancy import acting_as
from contracts.models import ContractContact
from notifications.models import OutboxEntry
from slas.models import Clock, SweepFailure
from tests.lifecycle.scenes import MONDAY
from tests.worlds import START, World, as_system, build_world
from tickets.models import Event, Ticket

AWKWARD = "L’été — “déjà” 漢字 😀 %s \\ ' \" {0}\n\tend"


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(MONDAY)


def event(ticket: Ticket, seq: int, **given: Any) -> Event:
    told = {"kind": "noted", "visibility": "private", "at": MONDAY, "recorded_at": MONDAY, "actor_side": "system"}
    keys = {"provider_id": ticket.provider_id, "customer_id": ticket.customer_id, "ticket_id": ticket.pk}
    return Event(seq=seq, **keys | told | given)


def outbox_of(event: Event) -> dict[str, Any]:
    names = ("provider_id", "customer_id", "ticket_id")
    keys = {name: getattr(event, name) for name in names}
    return keys | {"id": uuid7(), "event_id": event.pk, "created_at": event.at, "error": ""}


def clock(ticket: Ticket, target: str, **given: Any) -> Clock:
    keys = {name: getattr(ticket, name) for name in ("provider_id", "customer_id", "terms_id")}
    told = {"status": "running", "severity": "critical", "synced_at": MONDAY, "ticket_id": ticket.pk}
    return Clock(**keys, target=target, **told | given)


def clocks_of(ticket: Ticket, *rows: Clock) -> Rows:
    return Rows(Clock, rows, ("ticket_id", "target"), ("status", "set_aside_at"), "ticket_id", [ticket.pk])


def test_what_arrives_is_what_was_given(world, ticket):
    data = {"text": AWKWARD, "number": 3, "flag": True, "nothing": None, "list": [1, {"deep": []}]}
    given = event(ticket, 7, actor_name=AWKWARD, data=data, dedupe_key=None)
    with as_system(world):
        batches.write(Rows(Event, [given]))
        found = Event.objects.get(pk=given.pk)
        assert not given._state.adding
        columns = [field.attname for field in Event._meta.concrete_fields]
        assert {name: getattr(found, name) for name in columns} == {name: getattr(given, name) for name in columns}


def test_a_day_arrives_too(world):
    contact = world.customers[0].contact
    with as_system(world):
        row = ContractContact.objects.get(membership_id=contact.membership_id)
        row.named_on, row.id = date(2026, 12, 31), uuid7()
        ContractContact.objects.all().delete()
        batches.write(Rows(ContractContact, [row]))
        assert ContractContact.objects.get().named_on == date(2026, 12, 31)


def test_parts_that_refer_to_each_other_go_in_one_statement(world, ticket):
    given = [event(ticket, seq) for seq in (7, 8)]
    with as_system(world), CaptureQueriesContext(connection) as asked:
        batches.write(Rows(OutboxEntry, [outbox_of(one) for one in given]), Rows(Event, given))
        assert len(asked) == 1
        assert OutboxEntry.objects.filter(event__in=given).count() == 2


def test_nothing_to_write_asks_nothing(world, django_assert_num_queries):
    with as_system(world), django_assert_num_queries(0):
        batches.write(Rows(Event, []), Rows(Clock, [], ("ticket_id", "target"), ("status",), "ticket_id", []))


def test_a_row_that_is_there_is_replaced_in_the_columns_named(world, ticket):
    with as_system(world):
        before = Clock.objects.get(ticket=ticket)
        before.set_aside_at = MONDAY
        before.save()
        batches.write(clocks_of(ticket, clock(ticket, before.target, status="met", severity="minor")))
        after = Clock.objects.get(ticket=ticket)
    assert (after.pk, after.status, after.set_aside_at) == (before.pk, "met", None)
    assert after.severity == before.severity == "critical"


def test_what_an_owner_no_longer_has_is_removed_with_what_hangs_on_it(world, ticket):
    other = world.file(MONDAY, of=1)
    with as_system(world):
        gone = Clock.objects.get(ticket=ticket)
        SweepFailure.objects.create(provider_id=ticket.provider_id, clock=gone, at=MONDAY, error="?")
        batches.write(clocks_of(ticket, clock(ticket, "restoration")))
        assert list(Clock.objects.filter(ticket=ticket).values_list("target", flat=True)) == ["restoration"]
        assert not SweepFailure.objects.exists()
        batches.write(clocks_of(ticket))
        assert not Clock.objects.filter(ticket=ticket).exists()
        assert Clock.objects.filter(ticket=other).exists()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"seq": 1}, IntegrityError),
        ({"seq": None}, IntegrityError),
        ({"customer_id": UUID(int=1)}, IntegrityError),
        ({"actor_name": "x" * 121}, DataError),
        ({"actor_name": "a\0b"}, DataError),
    ],
)
def test_the_rules_of_the_database_hold(world, ticket, given, error):
    with as_system(world):
        with pytest.raises(error), transaction.atomic():
            batches.write(Rows(Event, [event(ticket, **{"seq": 7} | given)]))
        assert Event.objects.filter(ticket=ticket).count() == 1


def test_the_wall_between_tenants_holds(world, ticket):
    stranger = build_world("octipas", "Octipas", "OCTI").customers[0].contact
    with acting_as(stranger):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            batches.write(Rows(Event, [event(ticket, 7)]))
        batches.write(clocks_of(ticket))
    with as_system(world):
        assert Clock.objects.filter(ticket=ticket).exists()


def test_a_column_that_json_cannot_carry_is_refused():
    class Measured(models.Model):
        took = models.DurationField()

        class Meta:
            app_label = "measured"

    with pytest.raises(TypeError, match=r"Measured\.took: a interval"):
        batches.write(Rows(Measured, [Measured(id=1, took=timedelta(1))]))


def test_values_and_rows_tell_the_same(ticket):
    given = event(ticket, 7, at=START)
    values = {field.attname: getattr(given, field.attname) for field in Event._meta.concrete_fields}
    assert batches.as_json(Event, [given]) == batches.as_json(Event, [values])
