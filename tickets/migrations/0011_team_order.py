"""The queue by team at any size: what is open, and all."""

from typing import ClassVar

from django.db import migrations, models

OPEN = models.Q(state__in=["in_progress", "new", "waiting_customer"])
FIELDS = ["provider", "team", "severity_rank", "opened_at", "id"]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0010_queue_speed")]

    operations: ClassVar = [
        migrations.AddIndex("ticket", models.Index(fields=FIELDS, name="ticket_open_by_team", condition=OPEN)),
        migrations.AddIndex("ticket", models.Index(fields=FIELDS, name="ticket_all_by_team")),
    ]
