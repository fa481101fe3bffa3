"""Totals for operators over all tenants: numbers only, read by the search role, which holds read policies alone."""

from typing import ClassVar

from django.db import migrations

from accounts.policies import APP, SEARCH, WORKER

FIGURES = """
CREATE FUNCTION helpdesk_figures() RETURNS TABLE (name text, value numeric) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT 'open_tickets', count(*)::numeric FROM tickets_ticket
  WHERE state IN ('in_progress', 'new', 'waiting_customer')
  UNION ALL
  SELECT 'clocks_running', count(*) FROM slas_clock WHERE next_action_at IS NOT NULL AND set_aside_at IS NULL
  UNION ALL
  SELECT 'clocks_due', count(*) FROM slas_clock
  WHERE next_action_at <= now() AND next_action_at IS NOT NULL AND set_aside_at IS NULL
  UNION ALL
  SELECT 'clocks_late_seconds', coalesce(extract(epoch FROM now() - min(next_action_at)), 0) FROM slas_clock
  WHERE next_action_at <= now() AND next_action_at IS NOT NULL AND set_aside_at IS NULL
  UNION ALL
  SELECT 'clocks_set_aside', count(*) FROM slas_clock WHERE set_aside_at IS NOT NULL
  UNION ALL
  SELECT 'outbox_waiting', count(*) FROM notifications_outboxentry WHERE routed_at IS NULL AND failed_at IS NULL
  UNION ALL
  SELECT 'outbox_late_seconds', coalesce(extract(epoch FROM now() - min(created_at)), 0)
  FROM notifications_outboxentry WHERE routed_at IS NULL AND failed_at IS NULL
  UNION ALL
  SELECT 'outbox_failed', count(*) FROM notifications_outboxentry WHERE failed_at IS NOT NULL
  UNION ALL
  SELECT 'deliveries_waiting', count(*) FROM notifications_delivery
  WHERE next_attempt_at IS NOT NULL AND sent_at IS NULL AND cancelled_at IS NULL
$$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("lifecycle", "0001_initial"),
        ("slas", "0003_clock_key"),
        ("notifications", "0003_event_keys"),
    ]

    operations: ClassVar = [
        migrations.RunSQL(
            [
                FIGURES,
                "REVOKE ALL ON FUNCTION helpdesk_figures() FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION helpdesk_figures() TO {APP}, {WORKER}",
                f"ALTER FUNCTION helpdesk_figures() OWNER TO {SEARCH}",
            ],
            ["DROP FUNCTION helpdesk_figures()"],
        )
    ]
