"""Row level security for amendments, the log of a contract and calendar changes; none of them is ever rewritten."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import APP, WORKER, append_only, protect, same_tenant

TENANT = ["provider_id", "customer_id"]
CONTRACT = ([*TENANT, "contract_id"], "contracts_contract", [*TENANT, "id"])
TABLES = (
    "contracts_contractamendment",
    "contracts_contractchange",
    "contracts_contractcalendarchange",
)


def by_membership(table: str, column: str) -> migrations.RunSQL:
    """The person who acted is one of the same provider."""
    return same_tenant(table, ["provider_id", column], "accounts_membership", ["provider_id", "id"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contracts", "0004_amendments"), ("accounts", "0002_policies")]

    operations: ClassVar = [
        *[protect(table) for table in TABLES],
        *[append_only(table) for table in TABLES],
        *[same_tenant(table, *CONTRACT) for table in TABLES],
        protect("contracts_calendarchange", customer=None),
        append_only("contracts_calendarchange"),
        # Everybody reads when support is closed; only the provider's side says so.
        migrations.RunSQL(
            f"""CREATE POLICY staff_insert ON contracts_calendarchange AS RESTRICTIVE FOR INSERT TO {APP}, {WORKER}
            WITH CHECK (coalesce(current_setting('app.audience', true), '') = 'staff')""",
            "DROP POLICY staff_insert ON contracts_calendarchange",
        ),
        same_tenant(
            "contracts_contractamendment",
            ["provider_id", "terms_id"],
            "contracts_termsversion",
            ["provider_id", "id"],
        ),
        same_tenant(
            "contracts_contractchange",
            [*TENANT, "contract_id", "amendment_id"],
            "contracts_contractamendment",
            [*TENANT, "contract_id", "id"],
        ),
        by_membership("contracts_contractchange", "actor_id"),
        by_membership("contracts_calendarchange", "decided_by_id"),
        by_membership("contracts_contractcalendarchange", "decided_by_id"),
    ]
