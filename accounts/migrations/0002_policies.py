"""Row level security for the tables of accounts."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import protect, same_tenant


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0001_initial")]

    operations: ClassVar = [
        protect("accounts_provider", provider="id", customer=None),
        protect("accounts_ticketcounter", customer=None),
        protect("accounts_customer", customer="id"),
        protect("accounts_membership", own="user_id"),
        protect("accounts_partnergrant", own="membership_id"),
        same_tenant("accounts_membership", ["provider_id", "customer_id"], "accounts_customer", ["provider_id", "id"]),
        same_tenant(
            "accounts_partnergrant",
            ["provider_id", "customer_id"],
            "accounts_customer",
            ["provider_id", "id"],
        ),
        same_tenant(
            "accounts_partnergrant",
            ["provider_id", "membership_id"],
            "accounts_membership",
            ["provider_id", "id"],
        ),
    ]
