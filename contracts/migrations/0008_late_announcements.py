"""Why days were announced late, and the keys by which a message about a contract belongs to its tenant."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contracts", "0006_calendar_changes_carried")]

    operations: ClassVar = [
        migrations.AddField("calendarchange", "late_reason", models.TextField(blank=True, default="")),
        migrations.AddField("contractcalendarchange", "late_reason", models.TextField(blank=True, default="")),
        migrations.AddConstraint(
            "contract", models.UniqueConstraint(fields=("provider", "id"), name="contract_provider_key")
        ),
        migrations.AddConstraint(
            "contractchange",
            models.UniqueConstraint(fields=("provider", "contract", "id"), name="contract_change_tenant_key"),
        ),
        migrations.AddConstraint(
            "calendarchange",
            models.UniqueConstraint(fields=("provider", "id"), name="calendar_change_tenant_key"),
        ),
    ]
