"""Row level security for the tables of contracts; published terms are immutable."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import append_only, protect, same_tenant

CUSTOMER = (["provider_id", "customer_id"], "accounts_customer", ["provider_id", "id"])
CONTRACT = (
    ["provider_id", "customer_id", "contract_id"],
    "contracts_contract",
    ["provider_id", "customer_id", "id"],
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contracts", "0001_initial"), ("accounts", "0002_policies")]

    operations: ClassVar = [
        protect("contracts_termsversion", customer=None),
        append_only("contracts_termsversion"),
        protect("contracts_contract"),
        protect("contracts_environment"),
        protect("contracts_contractcontact"),
        same_tenant("contracts_contract", *CUSTOMER),
        same_tenant("contracts_contract", ["provider_id", "terms_id"], "contracts_termsversion", ["provider_id", "id"]),
        same_tenant("contracts_environment", *CONTRACT),
        same_tenant("contracts_contractcontact", *CONTRACT),
        same_tenant(
            "contracts_contractcontact",
            ["provider_id", "membership_id"],
            "accounts_membership",
            ["provider_id", "id"],
        ),
    ]
