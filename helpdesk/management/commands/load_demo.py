"""`manage.py load_demo`: the demo data, played through the real services up to the morning of a date."""

from datetime import date, datetime
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import DomainError
from helpdesk.demo.loading import load
from helpdesk.demo.progress import Meter
from helpdesk.demo.scripts import SIZES


class Command(BaseCommand):
    """Runs as the worker's login; needs an empty database with the schema in place."""

    help = "Load the demo data. It ends at 00:00 in France on the given date; the same date gives the same digest."

    def add_arguments(self, parser: CommandParser) -> None:
        """Up to which date, and how much of it."""
        parser.add_argument("--as-of", type=date.fromisoformat, help="YYYY-MM-DD, today (in France) unless given")
        parser.add_argument("--size", choices=SIZES, help="full or small; HELPDESK_DEMO_SIZE, or full, unless given")
        parser.add_argument("--tickets", type=int, help="only the latest so many tickets")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, showing how far it is, then print the digest."""
        today = datetime.now(ZoneInfo("Europe/Paris")).date()
        as_of = options["as_of"] or today
        if as_of > today:
            raise CommandError(f"{as_of} lies in the future, and so would the tickets. Choose today or earlier.")
        began = monotonic()
        meter = Meter(self._say, is_terminal=self.stdout.isatty())
        size = options["size"] or settings.DEMO_SIZE
        try:
            loaded = load(as_of, size=size, latest=options["tickets"], progress=meter.show)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"      {loaded.tickets} tickets as of {as_of}, digest {loaded.digest} ({monotonic() - began:.1f} s)"
        )

    def _say(self, text: str) -> None:
        self.stdout.write(text, ending="")
        self.stdout.flush()
