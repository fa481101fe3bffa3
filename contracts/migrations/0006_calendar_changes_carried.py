"""When a calendar change was carried to all tickets. The worker may say so, once; the rest of the row stays as it is."""

from typing import ClassVar

from django.db import migrations, models

from accounts.policies import OWNER, WORKER

TABLES = ("contracts_calendarchange", "contracts_contractcalendarchange")


def _guard(table: str, exception: str) -> str:
    return f"""CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF current_user <> '{OWNER}' THEN
            {exception}
            RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'insufficient_privilege';
          END IF;
          RETURN coalesce(NEW, OLD);
        END $$"""


CARRIED = f"""IF TG_OP = 'UPDATE' AND current_user = '{WORKER}' THEN
              IF OLD.carried_at IS NULL AND to_jsonb(NEW) - 'carried_at' = to_jsonb(OLD) - 'carried_at' THEN
                RETURN NEW;
              END IF;
            END IF;"""


def may_be_carried(table: str) -> migrations.RunSQL:
    """The worker may fill ``carried_at`` while it is empty, and change nothing else."""
    return migrations.RunSQL(
        [_guard(table, CARRIED), f"GRANT UPDATE (carried_at) ON {table} TO {WORKER}"],
        [f"REVOKE UPDATE (carried_at) ON {table} FROM {WORKER}", _guard(table, "")],
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contracts", "0005_amendment_policies")]

    operations: ClassVar = [
        migrations.AddField("calendarchange", "carried_at", models.DateTimeField(null=True)),
        migrations.AddField("contractcalendarchange", "carried_at", models.DateTimeField(null=True)),
        *[may_be_carried(table) for table in TABLES],
    ]
