"""Clock and duty rows: a cache of what the journal says, kept so that the sweep can find what is due."""

from typing import ClassVar

from django.db import models

from accounts.identifiers import uuid7
from accounts.models import Customer, Provider
from accounts.tenancy import Scope, TenantManager
from contracts.models import TermsVersion
from tickets.models import Ticket


class Clock(models.Model):
    """One target of one ticket. Every column but ``set_aside_at`` is derived from the journal by ``slas.clocks``.

    ``next_action_at`` is the next instant at which the sweep has something to do (an alert or the breach); the sweep
    looks at nothing else. ``synced_at`` is the instant as of which the row was folded.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="clocks", db_constraint=False)
    terms = models.ForeignKey(TermsVersion, models.PROTECT, db_constraint=False)
    target = models.CharField(max_length=32)
    status = models.CharField(max_length=16)
    severity = models.CharField(max_length=32)
    started_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    remaining_seconds = models.PositiveIntegerField(null=True)
    met_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    next_action_at = models.DateTimeField(null=True)
    next_action = models.CharField(max_length=40, blank=True)
    synced_at = models.DateTimeField()
    set_aside_at = models.DateTimeField(null=True)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "target"], name="clock_once_per_target"),
            models.UniqueConstraint(fields=["provider", "id"], name="clock_tenant_key"),
        ]
        indexes = [
            models.Index(
                fields=["provider", "next_action_at"],
                name="clock_due",
                condition=models.Q(next_action_at__isnull=False, set_aside_at__isnull=True),
            )
        ]


class TicketDuty(models.Model):
    """A duty of the contract that is owed on a ticket now (HOP-5). Every column but ``set_aside_at`` is derived from
    the journal by ``slas.duties``; what is not owed has no row.

    ``lacking_since`` is set while what is owed is not there; ``due_at`` is the closing time by which the next word is
    expected, and ``next_action_at`` the first instant at which the sweep can find that it did not come.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT, db_constraint=False)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="duties", db_constraint=False)
    code = models.CharField(max_length=40)
    since = models.DateTimeField()
    lacking_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    next_action_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField()
    set_aside_at = models.DateTimeField(null=True)

    scope: ClassVar[Scope] = Scope(customer_field="customer_id")
    objects = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "ticket", "code"], name="duty_once_per_ticket"),
            models.UniqueConstraint(fields=["provider", "id"], name="duty_tenant_key"),
        ]
        indexes = [
            models.Index(
                fields=["provider", "next_action_at"],
                name="duty_due",
                condition=models.Q(next_action_at__isnull=False, set_aside_at__isnull=True),
            )
        ]


class SweepFailure(models.Model):
    """A clock or a duty that raised in the sweep and was put aside, so that it stops nobody else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT)
    clock = models.ForeignKey(Clock, models.CASCADE, null=True, db_constraint=False)
    duty = models.ForeignKey(TicketDuty, models.CASCADE, null=True, db_constraint=False)
    at = models.DateTimeField()
    error = models.TextField()

    scope: ClassVar[Scope] = Scope(staff_only=True)
    objects = TenantManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(clock__isnull=False) ^ models.Q(duty__isnull=False), name="failure_of_one_row"
            )
        ]
