"""Views of the queue that people keep or share, and how each likes it."""

from typing import Any, ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers
from accounts.policies import protect, same_tenant

MEMBERSHIP = ("accounts_membership", ["provider_id", "id"])


def _columns() -> Any:
    return django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)


def _provider() -> Any:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider")


def _view_fields() -> list[tuple[str, Any]]:
    owner = models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="accounts.membership",
    )
    key = models.UUIDField(default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False)
    return [
        ("id", key),
        ("name", models.CharField(max_length=60)),
        ("filters", models.JSONField(default=dict)),
        ("columns", _columns()),
        ("updated_at", models.DateTimeField()),
        ("owner", owner),
        ("provider", _provider()),
    ]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0002_policies"), ("tickets", "0006_queue_search")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="SavedView",
            fields=_view_fields(),
            options={"constraints": [models.UniqueConstraint(fields=("owner", "name"), name="saved_view_once")]},
        ),
        migrations.CreateModel(
            name="SharedView",
            fields=_view_fields(),
            options={"constraints": [models.UniqueConstraint(fields=("provider", "name"), name="shared_view_once")]},
        ),
        migrations.CreateModel(
            name="QueuePreference",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.membership",
                    ),
                ),
                ("columns", _columns()),
                ("opens_with", models.CharField(blank=True, max_length=60)),
                ("updated_at", models.DateTimeField()),
                ("provider", _provider()),
            ],
        ),
        protect("tickets_savedview", customer=None, recipient="owner_id"),
        protect("tickets_sharedview", customer=None, staff_only=True),
        protect("tickets_queuepreference", customer=None, recipient="owner_id"),
        same_tenant("tickets_savedview", ["provider_id", "owner_id"], *MEMBERSHIP),
        same_tenant("tickets_sharedview", ["provider_id", "owner_id"], *MEMBERSHIP),
        same_tenant("tickets_queuepreference", ["provider_id", "owner_id"], *MEMBERSHIP),
    ]
