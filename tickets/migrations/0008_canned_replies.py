"""Canned replies: texts that are written once, one's own or the desk's."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers
from accounts.policies import protect, same_tenant

MEMBERSHIP = ("accounts_membership", ["provider_id", "id"])
USES = [("public", "Messages that the customer reads"), ("private", "Private notes"), ("both", "Both")]


def _person() -> Any:
    return models.ForeignKey(
        db_constraint=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="accounts.membership",
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0002_policies"), ("tickets", "0007_queue_views")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="CannedReply",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=80)),
                ("body_fr", models.TextField(blank=True)),
                ("body_en", models.TextField(blank=True)),
                ("use", models.CharField(choices=USES, max_length=8)),
                ("created_at", models.DateTimeField()),
                ("edited_at", models.DateTimeField()),
                ("edited_by_name", models.CharField(blank=True, max_length=120)),
                ("archived_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("edited_by", _person()),
                ("owner", _person()),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("body_en", ""), ("body_fr", ""), _negated=True),
                        name="canned_reply_says_something",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("archived_at__isnull", True)),
                        fields=("provider", "owner", "title"),
                        name="canned_reply_once",
                        nulls_distinct=False,
                    ),
                ]
            },
        ),
        protect("tickets_cannedreply", customer=None, staff_only=True, holder="owner_id"),
        same_tenant("tickets_cannedreply", ["provider_id", "owner_id"], *MEMBERSHIP),
        same_tenant("tickets_cannedreply", ["provider_id", "edited_by_id"], *MEMBERSHIP),
    ]
