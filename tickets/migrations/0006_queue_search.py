"""What the queue needs at any size: a rank to sort by, its indexes, and a search that can use one."""

from typing import ClassVar

import django.contrib.postgres.indexes
from django.db import migrations, models

from accounts.policies import APP, SEARCH, WORKER

# The rank is derived from the terms that each ticket pins; the owner's policy lets a migration see every row.
RANKS = """
UPDATE tickets_ticket SET severity_rank = coalesce(
  (SELECT one.place FROM contracts_termsversion terms,
          jsonb_array_elements(terms.document -> 'severities') WITH ORDINALITY AS one (severity, place)
   WHERE terms.id = tickets_ticket.terms_id AND one.severity ->> 'code' = tickets_ticket.severity),
  (SELECT jsonb_array_length(terms.document -> 'severities') + 1 FROM contracts_termsversion terms
   WHERE terms.id = tickets_ticket.terms_id), 0)
"""

# The operators of words are not leakproof, so that under row level security no index would serve them. This function
# runs as the search role, reads the caller's context by itself, and returns ids only: the rows are then read under the
# caller's own policies. EXECUTE plans each search for its words: for frequent ones the index by date, for rare ones
# that of the words.
FUNCTION = r"""
CREATE FUNCTION tickets_found(words text, at_most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  provider uuid := nullif(current_setting('app.provider_id', true), '')::uuid;
  is_staff boolean := coalesce(current_setting('app.audience', true), '') = 'staff';
  customers uuid[] := coalesce(nullif(current_setting('app.customer_ids', true), ''), '{}')::uuid[];
  pattern text := '%' || replace(replace(replace(words, '\', '\\'), '%', '\%'), '_', '\_') || '%';
  narrowed text := CASE WHEN is_staff THEN '' ELSE ' AND customer_id = ANY ($2)' END;
  moved text := CASE WHEN is_staff THEN 'updated_at' ELSE 'public_updated_at' END;
BEGIN
  IF provider IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE
    'SELECT id FROM tickets_ticket WHERE provider_id = $1 AND reference = upper($3)' || narrowed
    USING provider, customers, words;
  IF words ~ '^[0-9]{1,9}$' THEN
    RETURN QUERY EXECUTE
      'SELECT id FROM tickets_ticket WHERE provider_id = $1 AND number = $3' || narrowed
      USING provider, customers, words::integer;
  END IF;
  RETURN QUERY EXECUTE
    'SELECT id FROM tickets_ticket WHERE provider_id = $1 AND title ILIKE $3' || narrowed
    || ' ORDER BY ' || moved || ' DESC LIMIT $4'
    USING provider, customers, pattern, at_most;
END $$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0005_contract_state"), ("contracts", "0002_policies")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="ticket",
            name="severity_rank",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.RunSQL(RANKS, migrations.RunSQL.noop),
        migrations.RunSQL(
            [
                FUNCTION,
                "REVOKE ALL ON FUNCTION tickets_found(text, integer) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION tickets_found(text, integer) TO {APP}, {WORKER}",
                f"ALTER FUNCTION tickets_found(text, integer) OWNER TO {SEARCH}",
            ],
            ["DROP FUNCTION tickets_found(text, integer)"],
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["provider", "opened_at", "id"], name="ticket_queue_by_opening"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["provider", "severity_rank", "opened_at", "id"], name="ticket_queue_by_severity"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["title"], name="ticket_title_words", opclasses=["gin_trgm_ops"]
            ),
        ),
    ]
