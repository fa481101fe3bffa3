"""From outbox to mail: once for the record, rights looked at again, nobody stopped by somebody else's trouble."""

import smtplib
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.identifiers import uuid7
from accounts.models import Membership, PartnerGrant, User
from accounts.tenancy import acting_as
from notifications.models import Delivery, OutboxEntry
from notifications.relay import BACKOFF_SECONDS, relay
from tests.lifecycle.scenes import MONDAY, do, journal
from tests.worlds import World, as_system
from tickets.models import Ticket

SENT = MONDAY + timedelta(hours=1)


class RefusingServer(BaseEmailBackend):
    """A mail server that refuses everything, or the addresses in ``refused`` only; it counts what it was offered."""

    refused: ClassVar[frozenset[str] | None] = None
    offered: ClassVar[list[str]] = []

    def send_messages(self, messages) -> int:
        for message in messages:
            address = message.to[0]
            RefusingServer.offered.append(address)
            if self.refused is None or address in self.refused:
                raise smtplib.SMTPRecipientsRefused({address: (550, b"no such mailbox")})
        return len(messages)


@pytest.fixture
def refusing(settings):
    """Mail goes to a server that refuses."""
    settings.EMAIL_BACKEND = f"{__name__}.RefusingServer"
    RefusingServer.refused, RefusingServer.offered = None, []
    return RefusingServer


def _mails(world: World, **which) -> list[Delivery]:
    with as_system(world):
        return list(Delivery.objects.filter(channel="mail", **which).order_by("created_at", "id"))


def _replied(world: World) -> Ticket:
    return do(world, world.staff["engineer"], "reply", world.file(MONDAY, severity="moderate"))


def test_an_outbox_row_becomes_one_delivery_per_person_and_channel(world, mails):
    ticket = _replied(world)
    assert relay(at=SENT) == 4
    with as_system(world):
        assert set(OutboxEntry.objects.values_list("routed_at", "failed_at")) == {(SENT, None)}
        rows = list(Delivery.objects.values_list("kind", "recipient__display_name", "channel", "sent_at"))
    assert sorted(rows) == sorted(
        [("filed", name, channel, SENT) for name in ("Engineer MEGA", "Second MEGA") for channel in ("mail", "in_app")]
        + [("replied", "Contact A", channel, SENT) for channel in ("mail", "in_app")]
        + [("filed", "Contact A", "mail", SENT)]
    )
    assert sorted(message["To"] for message in mails()) == [
        "contact.a@mega.example",
        "contact.a@mega.example",
        "engineer@mega.example",
        "second@mega.example",
    ]
    assert all(ticket.reference in message["Subject"] for message in mails())


def test_a_second_relay_sends_nothing_again(world, mails):
    _replied(world)
    assert [relay(at=SENT), relay(at=SENT), relay(at=SENT + timedelta(days=9))] == [4, 0, 0]
    assert len(mails()) == 4
    with as_system(world):
        assert Delivery.objects.count() == 7
        # As after a crash between writing deliveries and marking the outbox row.
        OutboxEntry.objects.update(routed_at=None)
    assert relay(at=SENT + timedelta(days=10)) == 0
    with as_system(world):
        assert Delivery.objects.count() == 7
    assert len(mails()) == 4


def test_a_mail_repeated_after_a_crash_is_the_same_message(world, mails):
    _replied(world)
    relay(at=SENT)
    with as_system(world):
        Delivery.objects.filter(channel="mail").update(sent_at=None, next_attempt_at=SENT)
    relay(at=SENT)
    found = mails()
    keys = [message["Message-ID"] for message in found]
    assert (len(keys), len(set(keys))) == (8, 4)
    assert set(keys) == {f"<{row.id}@{settings.MAIL_DOMAIN}>" for row in _mails(world)}
    assert {message["Auto-Submitted"] for message in found} == {"auto-generated"}
    assert {message["From"] for message in found} == {settings.DEFAULT_FROM_EMAIL}


def test_nothing_waiting_costs_one_question(world, django_assert_num_queries):
    _replied(world)
    relay(at=SENT)
    with django_assert_num_queries(1):
        assert relay(at=SENT) == 0


def test_routing_costs_the_same_for_one_event_and_for_five(world, refusing):
    """Sending is one transaction per mail; routing is one batch. A retry that is not yet due is not looked at."""
    User.objects.all().update(is_active=False)

    def cost(tickets: int, at: datetime) -> int:
        for _ in range(tickets):
            world.file(at, severity="moderate")
        with CaptureQueriesContext(connection) as queries:
            assert relay(at=at) == 0
        savepoints = sum("SAVEPOINT" in query["sql"] for query in queries)
        return len(queries) - savepoints

    assert cost(1, MONDAY) == cost(5, MONDAY + timedelta(days=1))


# Rights are looked at again -------------------------------------------------------------------------------------------
def _deactivate_membership(world: World) -> None:
    with as_system(world):
        Membership.objects.filter(pk=world.customers[0].contact.membership_id).update(is_active=False)


def _deactivate_user(world: World) -> None:
    User.objects.filter(pk=world.customers[0].contact.user_id).update(is_active=False)


@pytest.mark.parametrize("leave", [_deactivate_membership, _deactivate_user])
def test_who_leaves_between_routing_and_sending_gets_nothing(world, refusing, mails, settings, leave):
    _replied(world)
    relay(at=SENT)
    leave(world)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    later = SENT + timedelta(seconds=BACKOFF_SECONDS[0])
    assert relay(at=later) == 4
    assert sorted(message["To"] for message in mails()) == ["engineer@mega.example", "second@mega.example"]
    cancelled = _mails(world, recipient_id=world.customers[0].contact.membership_id)
    assert [row.kind for row in cancelled] == ["filed", "replied"]
    assert {(row.sent_at, row.cancelled_at, row.next_attempt_at) for row in cancelled} == {(None, later, None)}


def test_who_loses_the_customer_between_routing_and_sending_gets_nothing(world, refusing, mails, settings):
    """A contact who moved to another customer of the same provider."""
    _replied(world)
    relay(at=SENT)
    with as_system(world):
        moved = Membership.objects.filter(pk=world.customers[0].contact.membership_id)
        moved.update(customer_id=world.customers[1].customer.id)
        PartnerGrant.objects.all()._raw_delete("default")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    relay(at=SENT + timedelta(seconds=BACKOFF_SECONDS[0]))
    assert "contact.a@mega.example" not in {message["To"] for message in mails()}
    assert [row.cancelled_at is None for row in _mails(world, kind="replied")] == [False]


# Trouble --------------------------------------------------------------------------------------------------------------
def test_a_refused_mail_waits_longer_each_time_and_is_given_up(world, refusing):
    world.file(MONDAY, severity="moderate")
    leaving = [world.staff["second"].user_id, world.customers[0].contact.user_id]
    User.objects.filter(pk__in=leaving).update(is_active=False)
    at: datetime = SENT
    for attempt, wait in enumerate(BACKOFF_SECONDS, start=1):
        relay(at=at)
        (row,) = _mails(world)
        assert (row.attempts, row.next_attempt_at, row.sent_at) == (attempt, at + timedelta(seconds=wait), None)
        assert "550" in row.error
        assert relay(at=row.next_attempt_at - timedelta(seconds=1)) == 0
        at = row.next_attempt_at
    relay(at=at)
    (row,) = _mails(world)
    assert (row.attempts, row.next_attempt_at, row.cancelled_at) == (len(BACKOFF_SECONDS) + 1, None, at)
    assert relay(at=at + timedelta(days=9)) == 0
    assert refusing.offered == ["engineer@mega.example"] * (len(BACKOFF_SECONDS) + 1)


def test_a_mail_that_goes_through_in_the_end_is_sent_once(world, refusing, mails, settings):
    _replied(world)
    relay(at=SENT)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    later = SENT + timedelta(seconds=BACKOFF_SECONDS[0])
    assert [relay(at=later), relay(at=later)] == [4, 0]
    assert {(row.attempts, row.sent_at, row.error) for row in _mails(world)} == {(2, later, "")}
    assert len(mails()) == 4


def test_an_address_that_is_refused_delays_nobody_else(world, refusing):
    refusing.refused = frozenset({"engineer@mega.example"})
    _replied(world)
    relay(at=SENT)
    contact = ["contact.a@mega.example"] * 2
    assert sorted(refusing.offered) == [*contact, "engineer@mega.example", "second@mega.example"]
    assert {row.recipient_id: row.sent_at for row in _mails(world)} == {
        world.staff["engineer"].membership_id: None,
        world.staff["second"].membership_id: SENT,
        world.customers[0].contact.membership_id: SENT,
    }


def test_an_entry_that_cannot_be_routed_stops_nobody(world, mails):
    """Here an event of a kind that nobody knows."""
    first, second = (
        world.file(MONDAY, severity="moderate"),
        world.file(MONDAY + timedelta(minutes=1), severity="moderate"),
    )
    with as_system(world):
        broken = OutboxEntry.objects.get(ticket=first)
        event = journal(world, first)[0]
        event.pk, event.seq, event.kind = uuid7(), 2, "of_tomorrow"
        event.save(force_insert=True)
        OutboxEntry.objects.filter(pk=broken.pk).update(event_id=event.pk)
    assert relay(at=SENT) == 3
    with as_system(world):
        broken.refresh_from_db()
        assert (broken.routed_at, broken.failed_at) == (None, SENT)
        assert broken.error == """ValueError("'of_tomorrow' is not a valid Kind")"""
        assert OutboxEntry.objects.get(ticket=second).routed_at == SENT
        assert {row.ticket_reference for row in Delivery.objects.all()} == {second.reference}
    assert relay(at=SENT + timedelta(hours=1)) == 0
    assert len(mails()) == 3


# What a person sees ---------------------------------------------------------------------------------------------------
def test_a_delivery_is_its_recipients_alone(world):
    _replied(world)
    relay(at=SENT)
    contact, colleague = world.customers[0].contact, world.customers[0].people["colleague"]
    with acting_as(contact):
        assert sorted(row.kind for row in Delivery.objects.all()) == ["filed", "replied", "replied"]
    with acting_as(colleague):
        assert not Delivery.objects.exists()
    with acting_as(world.staff["manager"]):
        assert not Delivery.objects.exists()


def test_mails_beyond_one_round_are_sent_in_the_next(world, mails, monkeypatch):
    monkeypatch.setattr("notifications.relay.BATCH", 2)
    _replied(world)
    assert relay(at=SENT) > 2
    assert _mails(world, sent_at__isnull=True) == []
    assert len(mails()) == len(_mails(world))
