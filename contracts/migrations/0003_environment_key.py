"""Environments get a tenant key, for others to refer to."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contracts", "0002_policies")]

    operations: ClassVar = [
        migrations.AddConstraint(
            model_name="environment",
            constraint=models.UniqueConstraint(
                fields=("provider", "customer", "id"), name="environment_tenant_key"
            ),
        ),
    ]
