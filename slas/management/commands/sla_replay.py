"""What if: a past period counted again under other rules. Reads, and writes nothing."""

import csv
import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.errors import DomainError, Invalid, NotFound
from accounts.models import Provider
from accounts.selectors import provider_of
from accounts.services import provider_id_for
from accounts.tenancy import Actor, acting_as
from contracts.terms import Terms, TermsError, load_terms
from slas.receipt_wording import STATUSES
from slas.replay import Alternative, Difference, Replay, replay
from slas.wording import instant_text

COLUMNS = ("ticket", "contract", "target", "severity_before", "severity_after", "status_before", "status_after",
           "due_before", "due_after", "moved_seconds", "reason")  # fmt: skip


class Command(BaseCommand):
    help = (
        "Count the tickets of a past period again: under a draft of the terms (--terms), other calendars (--calendar) "
        "or other severities (--severity). Shows what would have been met, breached and paused. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", required=True, help="the provider's short name, such as mega")
        parser.add_argument("--contract", default="", help="reference of one contract; all of the provider's without")
        parser.add_argument("--from", dest="first_day", type=_day, required=True, help="first day, such as 2026-01-31")
        parser.add_argument("--to", dest="last_day", type=_day, required=True, help="last day, included")
        parser.add_argument("--terms", type=Path, help="a terms document to try out (YAML)")
        parser.add_argument(
            "--calendar", type=Path, help="calendars to try out: YAML or JSON, code → what changes in it"
        )
        parser.add_argument(
            "--severity", action="append", default=[], metavar="OLD=NEW",
            help="a severity that counts as another one; NATURE/OLD=NEW for tickets of one nature",
        )  # fmt: skip
        parser.add_argument("--at", type=_instant, help="judge as of this instant instead of now")
        parser.add_argument("--format", choices=["table", "csv", "json"], default="table")
        parser.add_argument("--language", choices=["en", "fr"], default="en")
        parser.add_argument("--limit", type=int, default=50, help="differences shown in a table (0: none)")
        parser.add_argument("--outcomes-only", action="store_true", help="only differences that change the outcome")
        parser.add_argument("--output", type=Path, help="write there instead of to the screen")
        parser.add_argument("--quiet", action="store_true", help="do not show how far it is")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"]):
            try:
                found = self._replay(options)
            except Invalid as error:
                raise CommandError("\n".join(text for texts in error.errors.values() for text in texts)) from error
            except (NotFound, Provider.DoesNotExist) as error:
                raise CommandError(_("There is no such provider or contract.")) from error
            except DomainError as error:
                raise CommandError(error.message) from error
            if options["output"] is None:
                text = StringIO()
                _write(found, options, text)
                self.stdout.write(text.getvalue(), ending="")
                return
            with options["output"].open("w", encoding="utf-8", newline="") as file:
                _write(found, options, file)

    def _replay(self, options: dict[str, Any]) -> Replay:
        alternative = Alternative(
            terms=_terms(options["terms"]),
            calendars=_calendars(options["calendar"]),
            severities=_severities(options["severity"]),
        )
        actor = Actor.system(provider_id_for(options["provider"]))
        with acting_as(actor):
            provider_of(actor)
            found = replay(
                actor,
                first_day=options["first_day"],
                last_day=options["last_day"],
                at=options["at"] or datetime.now(UTC),
                alternative=alternative,
                contract=options["contract"],
                progress=None if options["quiet"] else self._progress,
            )
        if not options["quiet"]:
            self.stderr.write("")
        return found

    def _progress(self, done: int) -> None:
        self.stderr.write("\r" + _("%(number)s tickets") % {"number": done}, ending="")


# What was asked ---------------------------------------------------------------------------------------------------


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a day: write it as 2026-01-31") from error


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not an instant: write it as 2026-01-31T10:00:00Z") from error
    if at.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} has no time zone: add one, such as Z or +01:00")
    return at


def _terms(path: Path | None) -> Terms | None:
    if path is None:
        return None
    try:
        return load_terms(path)
    except TermsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _calendars(path: Path | None) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is not YAML or JSON: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(change, dict) for change in found.values()):
        raise CommandError(f"{path}: name each calendar by its code, with what changes in it")
    return _plain(found)


def _plain(value: Any) -> Any:
    """YAML reads days as dates; a terms document has them as text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _severities(given: list[str]) -> dict[str, str]:
    found = {}
    for text in given:
        old, sign, new = text.partition("=")
        if not (old and sign and new):
            raise CommandError(f"{text!r}: write --severity critical=moderate")
        found[old] = new
    return found


# What is answered -------------------------------------------------------------------------------------------------


def _write(found: Replay, options: Mapping[str, Any], out: TextIO) -> None:
    rows = [one for one in found.differences if one.changes_outcome or not options["outcomes_only"]]
    if options["format"] == "csv":
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(_record(one).values() for one in rows)
    elif options["format"] == "json":
        json.dump(_document(found, rows), out, ensure_ascii=False, indent=2)
        out.write("\n")
    else:
        out.writelines(line + "\n" for line in _table(found, rows, options["limit"]))


def _record(one: Difference) -> dict[str, Any]:
    """A difference as programs read it: codes, instants in UTC; the reason in words."""
    return {
        "ticket": one.ticket,
        "contract": one.contract,
        "target": one.target,
        "severity_before": one.before.severity,
        "severity_after": one.after.severity,
        "status_before": str(one.before.status),
        "status_after": str(one.after.status),
        "due_before": _iso(one.before.due_at),
        "due_after": _iso(one.after.due_at),
        "moved_seconds": one.moved_seconds,
        "reason": "; ".join(reason.text for reason in one.reasons),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _document(found: Replay, rows: list[Difference]) -> dict[str, Any]:
    return {
        "as_of": _iso(found.at),
        "tickets": found.tickets,
        "clocks": found.clocks,
        "changed_outcomes": found.changed_outcomes,
        "tallies": [
            {"target": one.target, "severity": one.severity, "before": dict(one.before), "after": dict(one.after)}
            for one in found.tallies
        ],
        "differences": [_record(one) for one in rows],
        "failed": found.failed,
        "failures": [{"ticket": ticket, "reason": reason} for ticket, reason in found.failures],
    }


def _table(found: Replay, rows: list[Difference], limit: int) -> Iterator[str]:
    heading = _("%(tickets)d tickets, %(clocks)d clocks: %(changed)d with another outcome, %(moved)d differ in all")
    values = {"tickets": found.tickets, "clocks": found.clocks, "changed": found.changed_outcomes}
    yield heading % {**values, "moved": len(found.differences)}
    yield ""
    statuses = [code for code in STATUSES if any(code in {**one.before, **one.after} for one in found.tallies)]
    titles = [_("target"), _("severity"), *(str(STATUSES[code]) for code in statuses)]
    yield from _aligned([titles, *(_tally(one, statuses) for one in found.tallies)])
    for ticket, reason in found.failures:
        yield _("%(ticket)s cannot be counted: %(reason)s") % {"ticket": ticket, "reason": reason}
    shown = rows[:limit]
    if shown:
        yield ""
        yield from _aligned([_shown(one) for one in shown])
    if len(rows) > len(shown) and limit:
        yield _("… and %(number)d more") % {"number": len(rows) - len(shown)}


def _tally(one: Any, statuses: list[str]) -> list[str]:
    counts = [(one.before.get(code, 0), one.after.get(code, 0)) for code in statuses]
    return [one.target, one.severity, *(f"{was} → {is_}" if was != is_ else str(was) for was, is_ in counts)]


def _shown(one: Difference) -> list[str]:
    before, after = one.before, one.after
    return [
        one.ticket,
        one.target,
        f"{STATUSES[before.status]} → {STATUSES[after.status]}",
        f"{_when(before.due_at, one.zone)} → {_when(after.due_at, one.zone)}",
        "; ".join(reason.text for reason in one.reasons),
    ]


def _when(at: datetime | None, zone: str) -> str:
    return "—" if at is None else instant_text(at, ZoneInfo(zone), ends=True, named=True)


def _aligned(rows: list[list[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
