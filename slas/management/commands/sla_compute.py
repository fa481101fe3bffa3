"""Deadlines from a stream of questions: JSON lines in, JSON lines out. Reads the terms files; needs no database."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from slas.compute import Library, answer_line

DATA = Path(__file__).resolve().parents[3] / "contracts" / "data"


class Command(BaseCommand):
    help = "Compute deadlines: one JSON object per line in (standard input or files), one per line out."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="files to read instead of standard input")
        parser.add_argument("--language", choices=["en", "fr"], default="en", help="language of the steps")
        parser.add_argument("--terms", type=Path, default=DATA, help="folder of the terms documents")

    def handle(self, *args: Any, **options: Any) -> None:
        library = Library(options["terms"])
        try:
            self._answer(library, options)
        except BrokenPipeError:  # the reader has seen enough
            sys.stdout = None

    def _answer(self, library: Library, options: dict[str, Any]) -> None:
        for line in _lines(options["files"]):
            if line.strip():
                answer = answer_line(line, library, options["language"])
                self.stdout.write(json.dumps(answer, ensure_ascii=True))
                self.stdout.flush()


def _lines(files: list[Path]) -> Iterator[bytes]:
    if not files:
        yield from sys.stdin.buffer
    for file in files:
        try:
            with file.open("rb") as stream:
                yield from stream
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
