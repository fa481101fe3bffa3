"""Every order of the queue at any size: indexes for what is open and for all, and a search that no word makes slow."""

from importlib import import_module
from typing import ClassVar

from django.db import migrations, models

from accounts.policies import APP, SEARCH, WORKER

OPEN = models.Q(state__in=["in_progress", "new", "waiting_customer"])

# Under row level security the planner has no statistics of words, so it cannot know whether many titles have one.
# The newest tickets tell: a word that one in twenty of them has is looked for among the newest, twice as many as should
# hold what is wanted. A rarer one is looked for by the index of words, and so is one whose titles lie so close together
# that those do not hold it after all: what is found is always what changed last, and all of it up to the limit. Without
# OFFSET the planner, who takes short words for frequent ones, would walk through all tickets by date. State and
# customer come before the limit, because of a list that either makes short it would otherwise leave little.
FUNCTION = r"""
CREATE FUNCTION tickets_found(words text, at_most integer, states text[], of_customer uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  looked_at CONSTANT integer := 500;
  frequent CONSTANT integer := 25;
  provider uuid := nullif(current_setting('app.provider_id', true), '')::uuid;
  is_staff boolean := coalesce(current_setting('app.audience', true), '') = 'staff';
  customers uuid[] := coalesce(nullif(current_setting('app.customer_ids', true), ''), '{}')::uuid[];
  pattern text := '%' || replace(replace(replace(words, '\', '\\'), '%', '\%'), '_', '\_') || '%';
  among text := ' FROM tickets_ticket WHERE provider_id = $1'
    || CASE WHEN is_staff THEN '' ELSE ' AND customer_id = ANY ($2)' END
    || CASE WHEN of_customer IS NULL THEN '' ELSE ' AND customer_id = $3' END
    || CASE WHEN states IS NULL THEN '' ELSE ' AND state = ANY ($4)' END;
  latest text := ' ORDER BY ' || CASE WHEN is_staff THEN 'updated_at' ELSE 'public_updated_at' END || ' DESC LIMIT $6';
  seen integer;
  hits integer;
  found uuid[];
BEGIN
  IF provider IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE 'SELECT id' || among || ' AND reference = upper($5)'
    USING provider, customers, of_customer, states, words;
  IF words ~ '^[0-9]{1,9}$' THEN
    RETURN QUERY EXECUTE 'SELECT id' || among || ' AND number = $5'
      USING provider, customers, of_customer, states, words::integer;
  END IF;
  EXECUTE 'SELECT count(*), count(*) FILTER (WHERE title ILIKE $5) FROM (SELECT title' || among || latest || ') newest'
    INTO seen, hits USING provider, customers, of_customer, states, pattern, looked_at;
  IF seen < looked_at OR hits >= frequent THEN
    EXECUTE 'SELECT array(SELECT id FROM (SELECT id, title' || among || latest || ') newest'
      || ' WHERE title ILIKE $5 LIMIT $7)'
      INTO found USING provider, customers, of_customer, states, pattern,
        CASE WHEN seen < looked_at THEN looked_at ELSE at_most::bigint * looked_at * 2 / hits END, at_most;
  END IF;
  IF seen < looked_at OR cardinality(found) >= at_most THEN
    RETURN QUERY SELECT unnest(found);
  ELSE
    RETURN QUERY EXECUTE
      'SELECT id FROM (SELECT *' || among || ' AND title ILIKE $5 OFFSET 0) AS titled' || latest
      USING provider, customers, of_customer, states, pattern, at_most;
  END IF;
END $$
"""
FORMER: str = import_module("tickets.migrations.0006_queue_search").FUNCTION
FORMER_NAME, NAME = "tickets_found(text, integer)", "tickets_found(text, integer, text[], uuid)"


def _rights(name: str) -> tuple[str, ...]:
    return (
        f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {name} TO {APP}, {WORKER}",
        f"ALTER FUNCTION {name} OWNER TO {SEARCH}",
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tickets", "0009_teams")]

    operations: ClassVar = [
        migrations.RunSQL(
            [f"DROP FUNCTION {FORMER_NAME}", FUNCTION, *_rights(NAME)],
            [f"DROP FUNCTION {NAME}", FORMER, *_rights(FORMER_NAME)],
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["provider", "due_at", "id"], name="ticket_all_by_due"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["provider", "severity_rank", "opened_at", "id"], name="ticket_open_by_severity", condition=OPEN
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["provider", "updated_at", "id"], name="ticket_open_by_update", condition=OPEN),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["provider", "opened_at", "id"], name="ticket_open_by_opening", condition=OPEN),
        ),
    ]
