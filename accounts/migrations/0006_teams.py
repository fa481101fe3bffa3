"""Teams of a desk and who works in them."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Lower

import accounts.identifiers
from accounts.policies import protect, same_tenant


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0005_sign_on")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("level", models.PositiveSmallIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("archived_at", models.DateTimeField(null=True)),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint("provider", Lower("name"), name="team_name_per_provider"),
                    models.UniqueConstraint(fields=("provider", "id"), name="team_tenant_key"),
                    models.CheckConstraint(
                        condition=models.Q(("level__isnull", True), ("level__range", (1, 3)), _connector="OR"),
                        name="team_level",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="TeamMember",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="teams",
                        to="accounts.membership",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider"),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="accounts.team",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["membership"], name="team_member_by_person")],
                "constraints": [models.UniqueConstraint(fields=("team", "membership"), name="team_member_once")],
            },
        ),
        protect("accounts_team", customer=None, staff_only=True),
        protect("accounts_teammember", customer=None, staff_only=True),
        same_tenant("accounts_teammember", ["provider_id", "team_id"], "accounts_team", ["provider_id", "id"]),
        same_tenant(
            "accounts_teammember", ["provider_id", "membership_id"], "accounts_membership", ["provider_id", "id"]
        ),
    ]
