"""The clause index: each clause, what the product does about it, by which code, proven by which test."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contracts.claims import empty_claims
from contracts.terms import load_clauses


class Command(BaseCommand):
    help = "Print the clause index; fails where a claim points at nothing."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--language", choices=["en", "fr"], default="en")
        parser.add_argument("--state", choices=["enacted", "data", "not_yet"], help="only clauses in this state")

    def handle(self, *args: Any, **options: Any) -> None:
        index = load_clauses()
        for entry in index.clauses:
            if options["state"] in (None, entry.state):
                self.stdout.write(f"{entry.id:<8} {entry.state:<8} {entry.title.text(options['language'])}")
                for claim in (*entry.code, *entry.test):
                    self.stdout.write(f"{'':<17} {claim}")
        counts = Counter(entry.state for entry in index.clauses)
        self.stdout.write(", ".join(f"{counts[state]} {state}" for state in ("enacted", "data", "not_yet")))
        if problems := empty_claims(index):
            raise CommandError("claims that point at nothing:\n" + "\n".join(problems))
