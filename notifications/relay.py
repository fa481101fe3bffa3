"""From outbox rows to messages: first routed into deliveries, then sent, one message per transaction.

Exactly once for the record: a delivery is unique per event, person and channel. For mail a crash between the server's
"accepted" and our commit may repeat a message; it then carries the same Message-ID, so that it is the same message.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DataError, IntegrityError, transaction

from accounts.models import Membership
from accounts.rounds import each_provider, providers
from accounts.tenancy import Actor, acting_as
from notifications import contract_routing
from notifications.models import Delivery, OutboxEntry
from notifications.rendering import render
from notifications.routing import People, recipients
from notifications.watching import Watching
from tickets.models import Event, Ticket

BATCH = 100
BACKOFF_SECONDS = (10, 60, 300, 1800, 7200)
log = logging.getLogger(__name__)


def relay(*, at: datetime) -> int:
    """Route and send whatever waits. Safe to run twice, and twice at once. Returns how many messages were sent."""
    keys = providers("providers_with_waiting_messages", at)
    return sum(each_provider(keys, lambda provider_id: _relay_provider(provider_id, at), what="messages"))


def _relay_provider(provider_id: UUID, at: datetime) -> int:
    sent = 0
    while _route_batch(provider_id, at) == BATCH:
        pass
    while keys := _due_mails(provider_id, at):
        done = sum(_send_one(provider_id, key, at) for key in keys)
        sent += done
        if not done or len(keys) < BATCH:
            break
    return sent


def _due_mails(provider_id: UUID, at: datetime) -> list[UUID]:
    """The next mails that are due. Each is then locked by its key: looking for it anew would read what was sent just
    before over and over."""
    with acting_as(Actor.system(provider_id)):
        waiting = Delivery.objects.filter(provider_id=provider_id, next_attempt_at__lte=at)
        return list(waiting.order_by("next_attempt_at", "id").values_list("id", flat=True)[:BATCH])


def _route_batch(provider_id: UUID, at: datetime) -> int:
    with acting_as(Actor.system(provider_id)):
        waiting = OutboxEntry.objects.filter(provider_id=provider_id, routed_at__isnull=True, failed_at__isnull=True)
        entries = list(waiting.select_for_update(skip_locked=True).order_by("created_at", "id")[:BATCH])
        if entries:
            _route(provider_id, entries, at)
        return len(entries)


def _route(provider_id: UUID, entries: Sequence[OutboxEntry], at: datetime) -> None:
    people = People.of_provider(provider_id)
    events = Event.objects.select_related("comment").in_bulk([row.event_id for row in entries if row.event_id])
    tickets = Ticket.objects.in_bulk({row.ticket_id for row in entries if row.ticket_id})
    watching = Watching(tickets.values(), at)
    for entry in entries:
        try:
            with transaction.atomic():
                if entry.event_id is None or entry.ticket_id is None:
                    rows = contract_routing.deliveries(entry, people, at)
                else:
                    rows = _deliveries(events[entry.event_id], tickets[entry.ticket_id], people, watching, at)
                Delivery.objects.bulk_create(rows, ignore_conflicts=True)
            entry.routed_at = at
        except (
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            DataError,
            IntegrityError,
        ) as error:
            log.error("outbox entry %s could not be routed: %r", entry.id, error)
            entry.failed_at, entry.error = at, repr(error)[:2000]
    OutboxEntry.objects.bulk_update(entries, ["routed_at", "failed_at", "error"])


def _deliveries(event: Event, ticket: Ticket, people: People, watching: Watching, at: datetime) -> list[Delivery]:
    rows = []
    for recipient in recipients(event, ticket, people, watching):
        rendered = render(event, ticket, recipient.membership, recipient.because)
        for channel in recipient.channels:
            is_mail = channel == Delivery.Channel.MAIL
            rows.append(
                Delivery(
                    provider_id=event.provider_id,
                    event_id=event.id,
                    ticket_id=ticket.id,
                    ticket_reference=ticket.reference,
                    recipient_id=recipient.membership.id,
                    channel=channel,
                    kind=event.kind,
                    because=recipient.because,
                    subject=rendered.subject,
                    body_text=rendered.body if is_mail else "",
                    created_at=at,
                    sent_at=None if is_mail else at,
                    next_attempt_at=at if is_mail else None,
                )
            )
    return rows


def _send_one(provider_id: UUID, delivery_id: UUID, at: datetime) -> bool:
    """Send a mail in its own transaction; whether it was still due and nobody else was at it."""
    with acting_as(Actor.system(provider_id)):
        waiting = Delivery.objects.filter(pk=delivery_id, next_attempt_at__lte=at)
        row = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("event").first()
        if row is None:
            return False
        _attempt(row, at)
    return True


def _attempt(row: Delivery, at: datetime) -> None:
    address = _address(row, at)
    if address is None:
        row.cancelled_at, row.next_attempt_at = at, None
    else:
        _send(row, address, at)
    row.save()


def _address(row: Delivery, at: datetime) -> str | None:
    """Where to send, if the person may still read it: rights are looked at again now, not when it was queued."""
    people = People.one(row.recipient_id)
    person: Membership | None = people.by_id.get(row.recipient_id)
    if person is None or not _may_read(row, person, people, at):
        return None
    return person.user.email


def _may_read(row: Delivery, person: Membership, people: People, at: datetime) -> bool:
    if row.event_id is None:
        return contract_routing.may_read(row, person, people, at)
    event = row.event
    if event is None or not people.may_read(person, event):
        return False
    if row.because != Delivery.Because.WATCHING or row.ticket is None:
        return True
    watching = Watching([row.ticket], at)
    present = {one.id for one in watching.of(row.ticket, event.recorded_at)}
    return person.id in present and watching.wants_mails(person)


def _send(row: Delivery, address: str, at: datetime) -> None:
    message = EmailMessage(
        subject=row.subject,
        body=row.body_text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={"Message-ID": f"<{row.id}@{settings.MAIL_DOMAIN}>", "Auto-Submitted": "auto-generated"},
    )
    row.attempts += 1
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        _postpone(row, at, error)
    else:
        row.sent_at, row.next_attempt_at, row.error = at, None, ""


def _postpone(row: Delivery, at: datetime, error: Exception) -> None:
    """Try again later, up to a limit; a message that can never be sent stops nobody else."""
    row.error = repr(error)[:2000]
    if row.attempts > len(BACKOFF_SECONDS):
        row.next_attempt_at, row.cancelled_at = None, at
        log.error("mail %s given up: %s", row.id, row.error)
        return
    row.next_attempt_at = at + timedelta(seconds=BACKOFF_SECONDS[row.attempts - 1])
