"""Duties that are owed on a ticket, found by the sweep beside clocks; a failure of the sweep is of the one or the other."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers
from accounts.policies import cross_tenant_function, protect, same_tenant

QUESTION = "providers_with_due_clocks(at timestamptz)"
CLOCKS_ONLY = cross_tenant_function(
    QUESTION,
    """SELECT p.id FROM accounts_provider p WHERE EXISTS (
                 SELECT 1 FROM slas_clock c
                 WHERE c.provider_id = p.id AND c.next_action_at <= at AND c.set_aside_at IS NULL)""",
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0001_initial"),
        ("slas", "0003_clock_key"),
        ("tickets", "0002_policies"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="TicketDuty",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("since", models.DateTimeField()),
                ("lacking_since", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("next_action_at", models.DateTimeField(null=True)),
                ("synced_at", models.DateTimeField()),
                ("set_aside_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.customer",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider"),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="duties",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="ticketduty",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", False), ("set_aside_at__isnull", True)),
                fields=["provider", "next_action_at"],
                name="duty_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketduty",
            constraint=models.UniqueConstraint(fields=("provider", "ticket", "code"), name="duty_once_per_ticket"),
        ),
        migrations.AddConstraint(
            model_name="ticketduty",
            constraint=models.UniqueConstraint(fields=("provider", "id"), name="duty_tenant_key"),
        ),
        protect("slas_ticketduty"),
        same_tenant(
            "slas_ticketduty",
            ["provider_id", "customer_id", "ticket_id"],
            "tickets_ticket",
            ["provider_id", "customer_id", "id"],
        ),
        migrations.AlterField(
            model_name="sweepfailure",
            name="clock",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, to="slas.clock"
            ),
        ),
        migrations.AddField(
            model_name="sweepfailure",
            name="duty",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, to="slas.ticketduty"
            ),
        ),
        migrations.AddConstraint(
            model_name="sweepfailure",
            constraint=models.CheckConstraint(
                condition=models.Q(("clock__isnull", False), ("duty__isnull", False), _connector="XOR"),
                name="failure_of_one_row",
            ),
        ),
        same_tenant(
            "slas_sweepfailure", ["provider_id", "duty_id"], "slas_ticketduty", ["provider_id", "id"], cascade=True
        ),
        migrations.RunSQL(CLOCKS_ONLY.reverse_sql, CLOCKS_ONLY.sql),
        cross_tenant_function(
            QUESTION,
            """SELECT p.id FROM accounts_provider p WHERE EXISTS (
                 SELECT 1 FROM slas_clock c
                 WHERE c.provider_id = p.id AND c.next_action_at <= at AND c.set_aside_at IS NULL)
               OR EXISTS (
                 SELECT 1 FROM slas_ticketduty d
                 WHERE d.provider_id = p.id AND d.next_action_at <= at AND d.set_aside_at IS NULL)""",
        ),
    ]
