"""The outbox (one row per journal event that somebody should hear of) and its deliveries."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import uuid7
from accounts.models import Customer, Membership, Provider
from accounts.tenancy import Scope, TenantManager
from tickets.models import Event, Ticket


class OutboxEntry(models.Model):
    """Written in the same transaction as its event; the relay turns it into deliveries."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_constraint=False)
    event = models.ForeignKey(Event, models.PROTECT, db_constraint=False)
    created_at = models.DateTimeField()
    routed_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        # The provider is part of the key, so that not even a clash tells of another tenant's event.
        constraints = [models.UniqueConstraint(fields=["provider", "event"], name="outbox_once")]
        indexes = [
            models.Index(
                fields=["provider", "created_at"],
                name="outbox_waiting",
                condition=models.Q(routed_at__isnull=True, failed_at__isnull=True),
            )
        ]


class Delivery(models.Model):
    """One message to one person by one channel, exactly one row for each. Its id makes the Message-ID."""

    class Channel(models.TextChoices):
        MAIL = "mail", _("Mail")
        IN_APP = "in_app", _("In the portal")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    event = models.ForeignKey(Event, models.PROTECT, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_constraint=False)
    ticket_reference = models.CharField(max_length=24)
    recipient = models.ForeignKey(Membership, models.PROTECT, db_constraint=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=300)
    body_text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    scope: ClassVar[Scope] = Scope(recipient_field="recipient_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "recipient", "channel"], name="delivery_once"),
        ]
        indexes = [
            models.Index(fields=["recipient", "channel", "created_at"], name="delivery_by_recipient"),
            models.Index(
                fields=["provider", "next_attempt_at"],
                name="delivery_waiting",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        ]
