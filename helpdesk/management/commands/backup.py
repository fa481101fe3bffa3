"""`manage.py backup`: a copy of everything into a new folder, or the proof that a copy is unharmed."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from helpdesk.backups.copies import make_copy, read_manifest
from helpdesk.backups.errors import BackupError
from helpdesk.environment import effective_environment


class Command(BaseCommand):
    """Works while the product runs; nobody waits for it."""

    help = (
        "Copy the database (as of one instant) and the files of tickets into a new folder below FOLDER, with a "
        "manifest of every table and file. With --check, FOLDER is such a copy, and it is read through instead."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where, and whether only to look."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--check", action="store_true", help="only prove that the copy in FOLDER is unharmed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy or check; any fault ends with a status other than 0."""
        try:
            if options["check"]:
                manifest = read_manifest(options["folder"])
                self.stdout.write(f"{options['folder']} is unharmed; made at {manifest['made_at']}.")
                return
            url = effective_environment().get("DATABASE_BACKUP_URL", "")
            if not url:
                raise CommandError("Set DATABASE_BACKUP_URL (postgresql://helpdesk_backup:…), or start `make run`.")
            make_copy(
                url, settings.ATTACHMENT_ROOT, options["folder"], at=timezone.now(), say=lambda text: self._say(text)
            )
        except BackupError as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
