"""Answers kept for calls that are sent twice."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers
from accounts.policies import protect, same_tenant


class Migration(migrations.Migration):
    initial = True
    dependencies = [("accounts", "0003_api_tokens")]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                ("digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.JSONField(default=dict)),
                ("body", models.TextField()),
                ("created_at", models.DateTimeField()),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["provider", "created_at"], name="kept_answer_by_time")],
                "constraints": [models.UniqueConstraint(fields=("provider", "membership", "key"), name="kept_answer_once")],
            },
        ),
        protect("api_keptanswer", customer=None, recipient="membership_id"),
        same_tenant(
            "api_keptanswer",
            ["provider_id", "membership_id"],
            "accounts_membership",
            ["provider_id", "id"],
            cascade=True,
        ),
    ]
