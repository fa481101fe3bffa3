"""Backend for a process without a database: system checks work, connecting explains what to set."""

from typing import Any, NoReturn

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresqlWrapper
from django.db.utils import OperationalError


class DatabaseWrapper(PostgresqlWrapper):
    """PostgreSQL in every question but the connection itself."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> NoReturn:
        """Always raises OperationalError."""
        raise OperationalError(
            "No database is configured. Start `make run` in another terminal, or set DATABASE_URL, "
            "DATABASE_WORKER_URL and DATABASE_MIGRATE_URL (see docs/operations.md)."
        )
