"""Publish every terms document that ships with the product."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.errors import Refused
from contracts.publishing import document_paths, publish_terms
from contracts.terms import TermsError


class Command(BaseCommand):
    help = "Publish terms documents as immutable versions; what is already published stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="*", type=Path, help="documents (default: all that ship with the product)")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["paths"] or document_paths():
            try:
                row, is_new = publish_terms(path, at=timezone.now().replace(microsecond=0))
            except (TermsError, Refused, OSError) as error:
                raise CommandError(f"{path.name}: {error}") from error
            self.stdout.write(f"{row.code} {row.version}: {'published' if is_new else 'already published'}")
