"""A failure of the sweep belongs to the tenant of its clock, and goes with it whoever removes the clock."""

from typing import ClassVar

from django.db import migrations, models

from accounts.policies import same_tenant


class Migration(migrations.Migration):
    dependencies: ClassVar = [("slas", "0002_policies")]

    operations: ClassVar = [
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.UniqueConstraint(fields=("provider", "id"), name="clock_tenant_key"),
        ),
        same_tenant(
            "slas_sweepfailure",
            ["provider_id", "clock_id"],
            "slas_clock",
            ["provider_id", "id"],
            cascade=True,
        ),
    ]
