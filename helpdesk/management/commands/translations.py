"""`manage.py translations`: French for every string.

Without an option the catalogues are brought up to date (new strings wait empty for their French).
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk import translations
from helpdesk.catalogues import compile_catalogues
from helpdesk.environment import BASE_DIR


class Command(BaseCommand):
    """Extract, check or compile."""

    help = "Bring the French catalogues up to date; --check fails where one is not complete."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail where French is missing")
        parser.add_argument("--compile", action="store_true", help="write the .mo files and do nothing else")
        parser.add_argument("--root", type=Path, default=BASE_DIR, help="folder of the project")

    def handle(self, *args: Any, **options: Any) -> None:
        root: Path = options["root"]
        if options["compile"]:
            self.stdout.write(f"{compile_catalogues(root)} catalogues compiled.")
            return
        found = translations.apps_with_strings(root)
        if not options["check"]:
            for app, fresh in found.items():
                self.stdout.write(str(translations.update(root, app, fresh)))
        complaints = [
            line for app, fresh in found.items() for line in translations.check(root, app, fresh).complaints()
        ]
        if complaints and options["check"]:
            advice = "Run `manage.py translations`, write the French into the django.po files, run it again."
            raise CommandError("\n".join([*complaints, advice]))
        for line in complaints:
            self.stdout.write(line)
        self.stdout.write(f"{sum(map(len, found.values()))} strings in {len(found)} apps.")
