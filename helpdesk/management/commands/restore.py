"""`manage.py restore`: a copy back into an empty server, compared row by row."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk.backups.copies import put_back
from helpdesk.backups.errors import BackupError
from helpdesk.environment import with_secret_files
from helpdesk.management.commands.provision import wanted_logins
from helpdesk.provisioning import ProvisioningError


class Command(BaseCommand):
    """Never over something: the database must be missing or empty, the folder without files."""

    help = (
        "Put a copy made by `manage.py backup` back: roles, database, rows, rights and files. The logins' passwords "
        "and the name of the database are taken from DATABASE_URL, DATABASE_WORKER_URL and DATABASE_MIGRATE_URL."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The copy and the administrator's address."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--admin-url",
            default=with_secret_files().get("DATABASE_ADMIN_URL", ""),
            help="postgresql://… of a superuser (or DATABASE_ADMIN_URL)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore, saying each step; any fault ends with a status other than 0."""
        if not options["admin_url"]:
            raise CommandError("Name the administrator's address with --admin-url or DATABASE_ADMIN_URL.")
        database, passwords = wanted_logins(with_secret_files())
        try:
            put_back(options["folder"], options["admin_url"], database, settings.ATTACHMENT_ROOT, passwords, self._say)
        except (BackupError, ProvisioningError) as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
