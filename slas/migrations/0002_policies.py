"""Row level security for clocks, and the one question that the sweep asks across tenants."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import cross_tenant_function, protect, same_tenant


class Migration(migrations.Migration):
    dependencies: ClassVar = [("slas", "0001_initial"), ("tickets", "0002_policies")]

    operations: ClassVar = [
        protect("slas_clock"),
        protect("slas_sweepfailure", customer=None, staff_only=True),
        same_tenant(
            "slas_clock",
            ["provider_id", "customer_id", "ticket_id"],
            "tickets_ticket",
            ["provider_id", "customer_id", "id"],
        ),
        same_tenant("slas_clock", ["provider_id", "terms_id"], "contracts_termsversion", ["provider_id", "id"]),
        cross_tenant_function("all_providers()", "SELECT id FROM accounts_provider ORDER BY id"),
        cross_tenant_function(
            "providers_with_due_clocks(at timestamptz)",
            """SELECT p.id FROM accounts_provider p WHERE EXISTS (
                 SELECT 1 FROM slas_clock c
                 WHERE c.provider_id = p.id AND c.next_action_at <= at AND c.set_aside_at IS NULL)""",
        ),
    ]
