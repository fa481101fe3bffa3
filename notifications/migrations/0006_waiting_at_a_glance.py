"""Whether a message waits is told by the first entry of the partial index, as slas.0005 does for what is due: a plan that
is kept for any instant would otherwise read all messages ever sent where none waits."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import cross_tenant_function

QUESTION = "providers_with_waiting_messages(at timestamptz)"
NOT_ROUTED = """SELECT p.id FROM accounts_provider p WHERE EXISTS (
                 SELECT 1 FROM notifications_outboxentry o
                 WHERE o.provider_id = p.id AND o.routed_at IS NULL AND o.failed_at IS NULL)"""
BY_ROWS = cross_tenant_function(
    QUESTION,
    f"""{NOT_ROUTED}
               OR EXISTS (
                 SELECT 1 FROM notifications_delivery d
                 WHERE d.provider_id = p.id AND d.next_attempt_at <= at)""",
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("notifications", "0005_watchers")]

    operations: ClassVar = [
        migrations.RunSQL(BY_ROWS.reverse_sql, BY_ROWS.sql),
        cross_tenant_function(
            QUESTION,
            f"""{NOT_ROUTED}
               OR at >= (
                 SELECT min(d.next_attempt_at) FROM notifications_delivery d
                 WHERE d.provider_id = p.id AND d.next_attempt_at IS NOT NULL)""",
        ),
    ]
