"""What is told of an event belongs to the tenant and to the ticket of that event."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from accounts.policies import same_tenant

EVENT = (["provider_id", "ticket_id", "event_id"], "tickets_event", ["provider_id", "ticket_id", "id"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("notifications", "0002_policies"), ("tickets", "0004_message_keys")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="outboxentry",
            name="event",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to="tickets.event"
            ),
        ),
        migrations.AddConstraint(
            model_name="outboxentry",
            constraint=models.UniqueConstraint(fields=("provider", "event"), name="outbox_once"),
        ),
        same_tenant("notifications_outboxentry", *EVENT),
        same_tenant("notifications_delivery", *EVENT),
    ]
