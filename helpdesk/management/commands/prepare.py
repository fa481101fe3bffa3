"""`manage.py prepare`: what stands between a new database and a running product, in one process as the owner."""

import hashlib
import os
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

ALL = ("schema", "static", "terms")


def static_digest() -> str:
    """Changes when a static file, or the way they are stored, changes; compressing them all takes seconds."""
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            state = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    return digest.hexdigest()


class Command(BaseCommand):
    """Each part is safe to repeat."""

    help = "Migrate the database, collect static files and publish the terms."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which parts, and how the lines are numbered."""
        parser.add_argument("parts", nargs="*", default=list(ALL), help=f"any of {', '.join(ALL)}")
        parser.add_argument("--first", type=int, default=1, help="number of the first line")
        parser.add_argument("--total", type=int, default=len(ALL), help="number of lines in all")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the parts in order, one line each."""
        if os.environ.get("HELPDESK_PROCESS") != "migrate":
            raise CommandError("Run it as the owner: HELPDESK_PROCESS=migrate, with DATABASE_MIGRATE_URL.")
        work: dict[str, tuple[str, Callable[[], str]]] = {
            "schema": ("Migrating the database", self._schema),
            "static": ("Collecting static files", self._static),
            "terms": ("Publishing the terms", self._terms),
        }
        for number, part in enumerate(options["parts"], start=options["first"]):
            if part not in work:
                raise CommandError(f"There is no part {part!r}; there are {', '.join(work)}.")
            title, action = work[part]
            self.stdout.write(f"[{number}/{options['total']}] {title} … ", ending="")
            self.stdout.flush()
            began = time.monotonic()
            said = action()
            self.stdout.write(f"{time.monotonic() - began:.1f} s")
            for line in said.splitlines():
                self.stdout.write(f"      {line}")

    def _schema(self) -> str:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        return ""

    def _static(self) -> str:
        stamp = settings.STATIC_ROOT.with_suffix(".digest")
        digest = static_digest()
        if stamp.exists() and stamp.read_text() == digest and settings.STATIC_ROOT.is_dir():
            return ""
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(digest)
        return ""

    def _terms(self) -> str:
        said = StringIO()
        call_command("terms", "publish", "--yes", stdout=said)
        return said.getvalue()
