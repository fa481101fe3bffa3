"""Terms documents: check them, tell two versions apart in words, publish one, and see whether holidays have moved."""

import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

from accounts.errors import DomainError
from accounts.services import provider_id_for
from accounts.tenancy import Actor, acting_as
from contracts.holiday_dates import drift
from contracts.models import TermsVersion
from contracts.publishing import document_paths, provider_id_of, publish_terms
from contracts.selectors import latest_terms, terms_by_id
from contracts.terms import Terms, TermsError, load_terms
from contracts.terms.diff import differences
from slas.amendments import ClockPreview, open_tickets, preview_amendment
from slas.golden import require_examples, run_examples

REFUSALS = (TermsError, DomainError, OSError)


class Command(BaseCommand):
    help = "Check terms documents, tell two versions apart, publish a version."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        lint = acts.add_parser("lint", help="check documents; each problem with file, line, path and what is allowed")
        lint.add_argument("files", nargs="*", type=Path, help="documents (default: all that ship with the product)")
        diff = acts.add_parser("diff", help="the difference between two versions, in words")
        for name in ("old", "new"):
            diff.add_argument(name, help="a file, or code@version of a published one")
        diff.add_argument("--provider", default="", help="slug of the provider who published them")
        publish = acts.add_parser("publish", help="publish documents as immutable versions")
        publish.add_argument("files", nargs="*", type=Path, help="documents (default: all that ship with the product)")
        publish.add_argument("--dry-run", action="store_true", help="do everything but keep nothing")
        publish.add_argument("--yes", action="store_true", help="do not ask")
        for one in (diff, publish):
            one.add_argument("--language", choices=["en", "fr"], help="default: both")
        acts.add_parser("check", help="whether the installed holidays are those of the day of publishing")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(options)

    # Lint -------------------------------------------------------------------------------------------------------------
    def _lint(self, options: dict[str, Any]) -> None:
        """Reads files only; needs no database."""
        files = options["files"] or document_paths()
        wrong = 0
        for file in files:
            try:
                terms = load_terms(file)
                require_examples(terms)
                told = f"{len(run_examples(terms))} examples"
                self.stdout.write(f"{file}: {terms.code} {terms.version}, {terms.digest[:12]}, {told}")
            except TermsError as error:
                wrong += 1
                self.stderr.write(str(error))
        if wrong:
            raise CommandError(f"{wrong} of {len(files)} documents cannot be used: see the lines above")

    # Diff -------------------------------------------------------------------------------------------------------------
    def _diff(self, options: dict[str, Any]) -> None:
        try:
            old, new = (self._version(options[name], options["provider"]) for name in ("old", "new"))
        except REFUSALS as error:
            raise CommandError(str(error)) from error
        self._tell_differences(old, new, options["language"])

    def _version(self, name: str, provider: str) -> Terms:
        """A file, or a published version by its name. Raises CommandError where there is none, or several."""
        code, at_sign, version = name.partition("@")
        if not at_sign or Path(name).exists():
            return load_terms(Path(name))
        rows = TermsVersion.objects.filter(code=code, version=version)
        if provider:
            rows = rows.filter(provider_id=provider_id_for(provider))
        found = list(rows.values_list("pk", flat=True))
        if len(found) != 1:
            many = "several providers have it: choose one with --provider" if found else "it is not published"
            raise CommandError(f"{name}: {many}")
        return terms_by_id(found[0])

    def _tell_differences(self, old: Terms, new: Terms, language: str | None) -> None:
        found = differences(old, new)
        for one in found:
            for text in [one.text.text(code) for code in ([language] if language else ["en", "fr"])]:
                self.stdout.write(f"  {text}")
            if one.clauses:
                self.stdout.write(f"    {', '.join(one.clauses)}")
        names = f"{old.code} {old.version} → {new.version}"
        self.stdout.write(f"{names}: {_counted(len(found), 'difference') if found else 'no difference'}")

    # Publish ----------------------------------------------------------------------------------------------------------
    def _publish(self, options: dict[str, Any]) -> None:
        at = timezone.now().replace(microsecond=0)
        files = options["files"] or document_paths()
        with transaction.atomic():
            fresh = [file for file in files if self._announce(file, at, options)]
            if fresh and not options["yes"] and not options["dry_run"]:
                self._ask(fresh)
            self._write(files, at)
            if options["dry_run"]:
                transaction.set_rollback(True)
        if options["dry_run"]:
            self.stdout.write("A dry run: nothing was kept.")

    def _announce(self, file: Path, at: datetime, options: dict[str, Any]) -> bool:
        """What publishing a document would change; whether it is new. Raises CommandError for one that is wrong."""
        try:
            terms = load_terms(file)
            require_examples(terms)
        except REFUSALS as error:
            raise CommandError(f"{file.name}: {error}") from error
        provider_id = provider_id_of(terms)
        with acting_as(Actor.system(provider_id)):
            if TermsVersion.objects.filter(provider_id=provider_id, code=terms.code, version=terms.version).exists():
                return False
            former = latest_terms(provider_id, terms.code)
            if former is not None:
                self._tell_differences(terms_by_id(former.id), terms, options["language"])
                rows = open_tickets(provider_id, terms_code=terms.code).iterator(chunk_size=500)
                self._tell_clocks(preview_amendment(rows, at, terms=terms), terms, options["language"])
        return True

    def _tell_clocks(self, lines: list[ClockPreview], terms: Terms, language: str | None) -> None:
        """The clocks that run under the versions so far, and why they stay (R16)."""
        running = [line for line in lines if line.due_before != line.would_be_due_at or line.is_touched]
        tickets = len({line.reference for line in lines})
        self.stdout.write(
            f"{_counted(len(lines), 'clock')} of {_counted(tickets, 'open ticket')}: each runs on under the version of "
            f"its start (R16). Due at another time had they been filed under {terms.version}: {len(running)}"
        )
        with translation.override(language or "en"):
            for line in running:
                due = _shown(line.due_before), _shown(line.would_be_due_at)
                self.stdout.write(f"  {line.reference} {line.target}: {due[0]}, under the draft {due[1]}. {line.why}")

    def _ask(self, files: list[Path]) -> None:
        names = ", ".join(file.name for file in files)
        if not sys.stdin.isatty():
            raise CommandError(f"{names}: nobody is there to be asked; say --yes to publish")
        if input(f"Publish {names}? [y/N] ").strip().lower() not in {"y", "yes", "o", "oui"}:
            raise CommandError("nothing was published")

    def _write(self, files: list[Path], at: datetime) -> None:
        """All or none of them: the caller holds the transaction."""
        for file in files:
            try:
                row, is_new = publish_terms(file, at=at, check=require_examples)
            except REFUSALS as error:
                raise CommandError(f"{file.name}: {error}") from error
            self.stdout.write(f"{row.code} {row.version}: {'published' if is_new else 'already published'}")

    # Holidays ---------------------------------------------------------------------------------------------------------
    def _check(self, options: dict[str, Any]) -> None:
        """Needs the owner's login, which sees the versions of every provider."""
        moved = 0
        rows = TermsVersion.objects.order_by("code", "in_force__startswith").defer("document")
        for row in rows:
            for one in drift(row.holiday_record):
                moved += 1
                self.stderr.write(f"{row}: {one}")
        if moved:
            raise CommandError(
                f"{moved} published calendars have other holidays than on the day of publishing. Deadlines under them "
                "are counted with the installed ones: install the former library, or publish a new version."
            )
        self.stdout.write(f"{len(rows)} published versions have the holidays of their day of publishing.")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _shown(instant: datetime | None) -> str:
    return f"{instant:%Y-%m-%d %H:%M %Z}" if instant else "no due time"
