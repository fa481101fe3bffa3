"""A ticket's environment is its customer's; a bound file always has its customer."""

from typing import ClassVar

from django.db import migrations, models

from accounts.policies import same_tenant


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0002_policies"), ("contracts", "0003_environment_key")]

    operations: ClassVar = [
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("ticket__isnull", True), ("customer__isnull", False), _connector="OR"),
                name="attachment_bound_with_customer",
            ),
        ),
        same_tenant(
            "tickets_ticket",
            ["provider_id", "customer_id", "environment_id"],
            "contracts_environment",
            ["provider_id", "customer_id", "id"],
        ),
    ]
