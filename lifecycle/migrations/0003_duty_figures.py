"""Duties among the totals for operators: one that raised in the sweep waits for a person as a clock does."""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

from accounts.policies import APP, SEARCH, WORKER

FORMER: str = import_module("lifecycle.migrations.0002_figures").FIGURES
FIGURES = FORMER.replace(
    "\n$$\n",
    """
  UNION ALL
  SELECT 'duties_due', count(*) FROM slas_ticketduty
  WHERE next_action_at <= now() AND next_action_at IS NOT NULL AND set_aside_at IS NULL
  UNION ALL
  SELECT 'duties_set_aside', count(*) FROM slas_ticketduty WHERE set_aside_at IS NOT NULL
$$
""",
)
NAME = "helpdesk_figures()"


def _instead(function: str) -> tuple[str, ...]:
    return (
        f"DROP FUNCTION {NAME}",
        function,
        f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {NAME} TO {APP}, {WORKER}",
        f"ALTER FUNCTION {NAME} OWNER TO {SEARCH}",
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("lifecycle", "0002_figures"), ("slas", "0004_duties")]

    operations: ClassVar = [migrations.RunSQL(_instead(FIGURES), _instead(FORMER))]
