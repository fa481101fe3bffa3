"""How fast the sweep is, through the real path: what is due now, and then when nothing is.

A program of its own, started by desk.py under the worker's login: ``desk_sweep.py RESULT``.
"""

import argparse
import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from accounts.rounds import providers
from accounts.tenancy import Actor, acting_as
from lifecycle import timers
from notifications import wakeup
from slas import clocks
from slas.models import Clock
from tickets.models import Event, Ticket

ROUNDS = 15


def due_tickets(at: datetime) -> int:
    """Tickets with a clock that has something due."""
    found = 0
    for key in providers("providers_with_due_clocks", at):
        with acting_as(Actor.system(key)):
            rows = Clock.objects.filter(provider_id=key, next_action_at__lte=at, set_aside_at__isnull=True)
            found += rows.values("ticket_id").distinct().count()
    return found


def warm(at: datetime) -> None:
    """Fold a few clocks of each provider, writing nothing, and ring once: a worker that has run before knows terms and
    calendars, and is connected to its broker."""
    wakeup.ring()
    for key in providers("providers_with_due_clocks", at):
        with acting_as(Actor.system(key)):
            for ticket in Ticket.objects.filter(provider_id=key)[:5]:
                clocks.reckon(ticket, list(Event.objects.filter(ticket=ticket).order_by("seq")), at)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    options = parser.parse_args()
    at = datetime.now(UTC).replace(microsecond=0)
    due = due_tickets(at)
    warm(at)
    busy, began = time.process_time(), time.perf_counter()
    swept = timers.sweep(at=at)
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    quiet = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        timers.sweep(at=at)
        quiet.append((time.perf_counter() - began) * 1000)
    left = due_tickets(at)
    if left or swept.set_aside:
        raise SystemExit(f"The sweep left {left} tickets and set {swept.set_aside} clocks aside.")
    told = {
        "tickets": due,
        "alerts": swept.alerts,
        "seconds": seconds,
        "processor_seconds": processor,
        "per_second": due / seconds if due else 0.0,
        "nothing_due_ms": statistics.median(quiet),
    }
    options.result.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
