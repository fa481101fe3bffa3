"""What a person was told, as the portal shows it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.errors import NotFound
from accounts.tenancy import Actor, acting_as
from notifications import selectors
from notifications.models import Delivery
from notifications.relay import relay
from notifications.services import mark_read
from tests.lifecycle.scenes import MONDAY, do
from tests.worlds import World, as_system
from tickets.models import Event

SENT = MONDAY + timedelta(hours=1)


@pytest.fixture
def contact(world) -> Actor:
    """Somebody who was told twice: of being taken in hand, and of a reply."""
    ticket = do(world, world.staff["engineer"], "take", world.file(MONDAY))
    relay(at=SENT)
    do(world, world.staff["engineer"], "reply", ticket)
    relay(at=SENT + timedelta(minutes=1))
    return world.customers[0].contact


def _keys(world: World, actor: Actor, channel: str) -> list:
    with as_system(world):
        rows = Delivery.objects.filter(recipient_id=actor.membership_id, channel=channel)
        return list(rows.order_by("-created_at", "-id").values_list("pk", flat=True))


def test_mails_and_notifications_are_ones_own_newest_first(world, contact):
    with acting_as(contact):
        assert [row.pk for row in selectors.mailbox(contact)] == _keys(world, contact, "mail")
        assert [row.pk for row in selectors.in_app(contact)] == _keys(world, contact, "in_app")
        assert [row.kind for row in selectors.mailbox(contact)] == ["replied", "taken", "filed"]
        assert [row.kind for row in selectors.mailbox(contact, size=1)] == ["replied"]
    stranger = world.customers[0].people["colleague"]
    with acting_as(stranger):
        assert (selectors.mailbox(stranger), selectors.in_app(stranger), selectors.unread_count(stranger)) == (
            [],
            [],
            0,
        )


def test_a_mail_of_somebody_else_does_not_exist(world, contact):
    mine = _keys(world, contact, "mail")[0]
    with acting_as(contact):
        assert selectors.mail(contact, mine).pk == mine
    for actor, key in (
        (world.staff["manager"], mine),
        (contact, _keys(world, world.staff["engineer"], "mail")[0]),
        (contact, _keys(world, contact, "in_app")[0]),
        (contact, uuid4()),
    ):
        with acting_as(actor), pytest.raises(NotFound):
            selectors.mail(actor, key)


def test_reading_marks_ones_own_and_passes_over_others(world, contact):
    mine, theirs = _keys(world, contact, "in_app"), _keys(world, world.staff["engineer"], "in_app")
    at = SENT + timedelta(hours=1)
    with acting_as(contact):
        assert selectors.unread_count(contact) == 2
        assert mark_read(actor=contact, at=at, ids=[mine[0], *theirs]) == 1
        assert selectors.unread_count(contact) == 1
        assert mark_read(actor=contact, at=at, ids=[]) == 0
        assert mark_read(actor=contact, at=at) == 1
        assert mark_read(actor=contact, at=at + timedelta(hours=1)) == 0
        assert selectors.unread_count(contact) == 0
    with as_system(world):
        read = Delivery.objects.filter(read_at__isnull=False)
        assert {(row.pk, row.read_at) for row in read} == {(key, at) for key in mine}


def test_the_count_of_unread_stays_cheap(world, contact):
    with as_system(world):
        row = Delivery.objects.filter(recipient_id=contact.membership_id, channel="in_app").first()
        events = [
            Event(
                provider_id=row.provider_id,
                customer_id=row.ticket.customer_id,
                ticket_id=row.ticket_id,
                seq=1000 + number,
                kind="replied",
                visibility="public",
                at=SENT,
                recorded_at=SENT,
            )
            for number in range(150)
        ]
        Event.objects.bulk_create(events)
        Delivery.objects.bulk_create(
            Delivery(
                provider_id=row.provider_id,
                event_id=event.pk,
                ticket_id=row.ticket_id,
                ticket_reference=row.ticket_reference,
                recipient_id=contact.membership_id,
                channel="in_app",
                kind="replied",
                subject="x",
                created_at=SENT,
            )
            for event in events
        )
    with acting_as(contact):
        assert selectors.unread_count(contact) == selectors.UNREAD_CAP + 1
