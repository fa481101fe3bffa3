"""The outbox (one row per act that somebody should hear of), its deliveries, and who watches which ticket."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.identifiers import uuid7
from accounts.models import Customer, Membership, Provider
from accounts.tenancy import Scope, TenantManager
from contracts.models import CalendarChange, Contract, ContractChange
from tickets.models import Event, Ticket, Visibility


def one_source(name: str, **owned: tuple[str, ...]) -> models.CheckConstraint:
    """A row tells of exactly one thing, an event of a ticket, an act on a contract, or days for many contracts, and
    names what that belongs to (``owned``): a composite key that lacks a part would not be looked at."""
    sources = {"event": ("ticket",), "contract_change": ("contract",), "calendar_change": ()}
    allowed = models.Q()
    for one in sources:
        bound = {one, *sources[one], *owned.get(one, ())}
        loose = {*sources, "ticket"} - bound
        allowed |= models.Q(**{f"{field}__isnull": field not in bound for field in sorted(bound | loose)})
    return models.CheckConstraint(condition=allowed, name=name)


class OutboxEntry(models.Model):
    """Written in the same transaction as what it tells of; the relay turns it into deliveries.

    That is an event of a ticket, an act on a contract, or days that calendars of many contracts gain: then no customer.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False, null=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_constraint=False, null=True)
    event = models.ForeignKey(Event, models.PROTECT, db_constraint=False, null=True)
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False, null=True)
    contract_change = models.ForeignKey(ContractChange, models.PROTECT, db_constraint=False, null=True)
    calendar_change = models.ForeignKey(CalendarChange, models.PROTECT, db_constraint=False, null=True)
    created_at = models.DateTimeField()
    routed_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        # The provider is part of the key, so that not even a clash tells of another tenant's event.
        constraints = [
            models.UniqueConstraint(fields=["provider", "event"], name="outbox_once"),
            models.UniqueConstraint(fields=["provider", "contract_change"], name="outbox_once_per_change"),
            models.UniqueConstraint(fields=["provider", "calendar_change"], name="outbox_once_per_days"),
            one_source("outbox_of_one_source", event=("customer",), contract_change=("customer",)),
        ]
        indexes = [
            models.Index(
                fields=["provider", "created_at"],
                name="outbox_waiting",
                condition=models.Q(routed_at__isnull=True, failed_at__isnull=True),
            )
        ]


class Delivery(models.Model):
    """One message to one person by one channel, exactly one row for each. Its id makes the Message-ID.

    It leads to ``ticket`` or ``contract``; to neither where days are announced to staff for every contract.
    ``because`` is empty where the person's part in the matter is the reason.
    """

    class Channel(models.TextChoices):
        MAIL = "mail", _("Mail")
        IN_APP = "in_app", _("In the portal")

    class Because(models.TextChoices):
        WATCHING = "watching"
        MENTIONED = "mentioned"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    event = models.ForeignKey(Event, models.PROTECT, db_constraint=False, null=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, db_constraint=False, null=True)
    ticket_reference = models.CharField(max_length=24, blank=True)
    contract = models.ForeignKey(Contract, models.PROTECT, db_constraint=False, null=True)
    contract_change = models.ForeignKey(ContractChange, models.PROTECT, db_constraint=False, null=True)
    calendar_change = models.ForeignKey(CalendarChange, models.PROTECT, db_constraint=False, null=True)
    recipient = models.ForeignKey(Membership, models.PROTECT, db_constraint=False)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    kind = models.CharField(max_length=32)
    because = models.CharField(max_length=10, blank=True, choices=Because.choices)
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
            models.UniqueConstraint(
                fields=["contract_change", "recipient", "channel"], name="delivery_once_per_change"
            ),
            models.UniqueConstraint(fields=["calendar_change", "recipient", "channel"], name="delivery_once_per_days"),
            one_source("delivery_of_one_source"),
        ]
        indexes = [
            models.Index(fields=["recipient", "channel", "created_at"], name="delivery_by_recipient"),
            models.Index(
                fields=["provider", "next_attempt_at"],
                name="delivery_waiting",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        ]


class Watcher(models.Model):
    """Somebody who is told what happens to a ticket beside the one who filed it and the one who has it.

    Those of the provider are ``private``: which of its staff look on is nothing that the customer is told.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_constraint=False)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)
    added_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_constraint=False)
    added_by_name = models.CharField(max_length=120)
    added_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(customer_field="customer_id", visibility_field="visibility")
    objects = TenantManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "ticket", "membership"], name="watcher_once")]
        indexes = [models.Index(fields=["membership", "ticket"], name="watcher_by_person")]

    def __str__(self) -> str:
        return str(self.membership_id)


class WatchingPreference(models.Model):
    """Whether somebody also wants mails of what he watches; everybody does who has not said otherwise."""

    owner = models.OneToOneField(Membership, models.CASCADE, primary_key=True, related_name="+", db_constraint=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    has_mails = models.BooleanField()
    updated_at = models.DateTimeField()

    scope: ClassVar[Scope] = Scope(recipient_field="owner_id")
    objects = TenantManager()
