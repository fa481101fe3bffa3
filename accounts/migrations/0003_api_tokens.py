"""Tokens of programs and the counting of their calls."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.identifiers
from accounts.policies import APP, cross_tenant_function, protect, same_tenant


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_policies")]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("prefix", models.CharField(max_length=16)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("last_used_on", models.DateField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_tokens",
                        to="accounts.membership",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider"),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RateWindow",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["started_at"], name="rate_window_by_time")]},
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("provider", "user", "id"), name="membership_person_key"),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                name="api_token_expires_after_it_begins",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE accounts_ratewindow SET UNLOGGED", "ALTER TABLE accounts_ratewindow SET LOGGED"
        ),
        protect("accounts_apitoken", customer=None, recipient="membership_id", own="user_id"),
        same_tenant(
            "accounts_apitoken",
            ["provider_id", "user_id", "membership_id"],
            "accounts_membership",
            ["provider_id", "user_id", "id"],
        ),
        cross_tenant_function(
            "api_token_user(digest text)",
            "SELECT t.user_id FROM accounts_apitoken t WHERE t.digest = api_token_user.digest",
            login=APP,
        ),
    ]
