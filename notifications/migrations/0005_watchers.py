"""Who watches which ticket, who wants mails of that, and why a message was made."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers
from accounts.policies import protect, same_tenant

MEMBERSHIP = ("accounts_membership", ["provider_id", "id"])
TICKET = (["provider_id", "customer_id", "ticket_id"], "tickets_ticket", ["provider_id", "customer_id", "id"])
REASONS = [("watching", "Watching"), ("mentioned", "Mentioned")]
VISIBILITIES = [("public", "Public"), ("private", "Private")]


def _key(to: str, **options: Any) -> Any:
    return models.ForeignKey(
        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to=to, **options
    )


def _provider() -> Any:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="accounts.provider")


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("notifications", "0004_contract_notices"),
        ("accounts", "0002_policies"),
        ("tickets", "0002_policies"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            "delivery", "because", models.CharField(blank=True, choices=REASONS, default="", max_length=10), preserve_default=False
        ),
        migrations.CreateModel(
            name="Watcher",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("visibility", models.CharField(choices=VISIBILITIES, max_length=8)),
                ("added_by_name", models.CharField(max_length=120)),
                ("added_at", models.DateTimeField()),
                ("provider", _provider()),
                ("customer", _key("accounts.customer")),
                ("ticket", _key("tickets.ticket", related_name="+")),
                ("membership", _key("accounts.membership", related_name="+")),
                ("added_by", _key("accounts.membership", related_name="+")),
            ],
            options={
                "indexes": [models.Index(fields=["membership", "ticket"], name="watcher_by_person")],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "ticket", "membership"), name="watcher_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="WatchingPreference",
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
                ("has_mails", models.BooleanField()),
                ("updated_at", models.DateTimeField()),
                ("provider", _provider()),
            ],
        ),
        protect("notifications_watcher", visibility="visibility"),
        protect("notifications_watchingpreference", customer=None, recipient="owner_id"),
        same_tenant("notifications_watcher", *TICKET),
        same_tenant("notifications_watcher", ["provider_id", "membership_id"], *MEMBERSHIP),
        same_tenant("notifications_watcher", ["provider_id", "added_by_id"], *MEMBERSHIP),
        same_tenant("notifications_watchingpreference", ["provider_id", "owner_id"], *MEMBERSHIP),
    ]
