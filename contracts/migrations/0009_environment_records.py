"""Technical records of environments: append-only, under row level security, with the tenant in every key."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers
from accounts.policies import append_only, protect, same_tenant

TABLE = "contracts_environmentrecord"
TENANT = ["provider_id", "customer_id"]
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contracts", "0008_late_announcements"), ("accounts", "0002_policies")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="EnvironmentRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("facts", models.JSONField(default=dict)),
                ("author_name", models.CharField(max_length=120)),
                ("author_side", models.CharField(max_length=8)),
                ("at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        db_constraint=False, on_delete=PROTECT, related_name="+", to="accounts.membership"
                    ),
                ),
                ("customer", models.ForeignKey(db_constraint=False, on_delete=PROTECT, to="accounts.customer")),
                (
                    "environment",
                    models.ForeignKey(
                        db_constraint=False, on_delete=PROTECT, related_name="records", to="contracts.environment"
                    ),
                ),
                ("provider", models.ForeignKey(on_delete=PROTECT, to="accounts.provider")),
            ],
            options={"ordering": ["-number"]},
        ),
        migrations.AddConstraint(
            "environmentrecord",
            models.UniqueConstraint(fields=("environment", "number"), name="environment_record_once"),
        ),
        migrations.AlterField(
            "contractchange",
            "kind",
            models.CharField(
                choices=[
                    ("signed", "Signed"),
                    ("environment_added", "Environment added"),
                    ("contact_named", "Contact named"),
                    ("proposed", "Amendment proposed"),
                    ("approved", "Amendment approved"),
                    ("declined", "Amendment declined"),
                    ("calendar_changed", "Calendar changed"),
                    ("environment_recorded", "Technical record changed"),
                ],
                max_length=24,
            ),
        ),
        protect(TABLE),
        append_only(TABLE),
        same_tenant(TABLE, [*TENANT, "environment_id"], "contracts_environment", [*TENANT, "id"]),
        same_tenant(TABLE, ["provider_id", "author_id"], "accounts_membership", ["provider_id", "id"]),
    ]
