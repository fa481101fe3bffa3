"""Checks terms documents before they are published. Reads files only; needs no database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import holidays
from django.core.management.base import BaseCommand, CommandError

from contracts.terms import Problem, Terms, TermsError, load_terms

DATA = Path(__file__).resolve().parents[2] / "data"


class Command(BaseCommand):
    help = "Check terms documents; every problem is named with file, line, path and what is allowed."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="documents (all of contracts/data when left out)")

    def handle(self, *args: Any, **options: Any) -> None:
        files = options["files"] or sorted(file for file in DATA.glob("*.yaml") if file.stem != "clauses")
        wrong = 0
        for file in files:
            try:
                terms = load_terms(file)
                _check_holidays(terms, str(file))
                self.stdout.write(f"{file}: {terms.code} {terms.version}, {terms.digest[:12]}")
            except TermsError as error:
                wrong += 1
                self.stderr.write(str(error))
        if wrong:
            raise CommandError(f"{wrong} of {len(files)} documents cannot be used: see the lines above")


def _check_holidays(terms: Terms, source: str) -> None:
    """Countries and subdivisions must be known to the library that lists their holidays."""
    supported = holidays.list_supported_countries()
    problems = []
    for index, calendar in enumerate(terms.calendars):
        whose = calendar.holidays
        path = ("calendars", index, "holidays")
        if whose is None:
            continue
        if whose.country not in supported:
            problems.append(Problem((*path, "country"), f"no holidays are known for {whose.country}"))
        elif whose.subdivision is not None and whose.subdivision not in supported[whose.country]:
            allowed = ", ".join(supported[whose.country]) or "none"
            message = f"{whose.subdivision} is no part of {whose.country} whose holidays are known: use {allowed}"
            problems.append(Problem((*path, "subdivision"), message))
    if problems:
        raise TermsError(source, problems)
