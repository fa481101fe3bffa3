"""Whether anything is due is told by the first entry of each partial index, however many rows there are and however
often it was asked: a plan that is kept for any instant would otherwise read whole tables where nothing is due."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import cross_tenant_function

QUESTION = "providers_with_due_clocks(at timestamptz)"
BY_ROWS = cross_tenant_function(
    QUESTION,
    """SELECT p.id FROM accounts_provider p WHERE EXISTS (
                 SELECT 1 FROM slas_clock c
                 WHERE c.provider_id = p.id AND c.next_action_at <= at AND c.set_aside_at IS NULL)
               OR EXISTS (
                 SELECT 1 FROM slas_ticketduty d
                 WHERE d.provider_id = p.id AND d.next_action_at <= at AND d.set_aside_at IS NULL)""",
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("slas", "0004_duties")]

    operations: ClassVar = [
        migrations.RunSQL(BY_ROWS.reverse_sql, BY_ROWS.sql),
        cross_tenant_function(
            QUESTION,
            """SELECT p.id FROM accounts_provider p WHERE at >= (
                 SELECT min(c.next_action_at) FROM slas_clock c
                 WHERE c.provider_id = p.id AND c.next_action_at IS NOT NULL AND c.set_aside_at IS NULL)
               OR at >= (
                 SELECT min(d.next_action_at) FROM slas_ticketduty d
                 WHERE d.provider_id = p.id AND d.next_action_at IS NOT NULL AND d.set_aside_at IS NULL)""",
        ),
    ]
