"""Row level security for the outbox and its deliveries, and the two questions of the relay across tenants."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import cross_tenant_function, protect, same_tenant

TICKET = (["provider_id", "customer_id", "ticket_id"], "tickets_ticket", ["provider_id", "customer_id", "id"])


class Migration(migrations.Migration):
    dependencies: ClassVar = [("notifications", "0001_initial"), ("tickets", "0002_policies")]

    operations: ClassVar = [
        protect("notifications_outboxentry", staff_only=True, write_unread=True),
        protect("notifications_delivery", customer=None, recipient="recipient_id"),
        same_tenant("notifications_outboxentry", *TICKET),
        same_tenant(
            "notifications_delivery",
            ["provider_id", "recipient_id"],
            "accounts_membership",
            ["provider_id", "id"],
        ),
        cross_tenant_function(
            "providers_with_waiting_messages(at timestamptz)",
            """SELECT p.id FROM accounts_provider p WHERE EXISTS (
                 SELECT 1 FROM notifications_outboxentry o
                 WHERE o.provider_id = p.id AND o.routed_at IS NULL AND o.failed_at IS NULL)
               OR EXISTS (
                 SELECT 1 FROM notifications_delivery d
                 WHERE d.provider_id = p.id AND d.next_attempt_at <= at)""",
        ),
    ]
