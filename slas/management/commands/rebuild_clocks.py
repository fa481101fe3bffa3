"""Fold every journal again and compare with, or rewrite, the rows of clocks and duties."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from accounts import batches
from accounts.rounds import providers
from accounts.tenancy import Actor, tenant_context
from slas import clocks, duties
from slas.models import Clock, TicketDuty
from slas.rows import as_of
from tickets.events import DUTY_FACTS
from tickets.models import Event, Ticket

BATCH = 500


class Command(BaseCommand):
    help = "Fold every journal again. --check compares and changes nothing; without it, rows that differ are rewritten."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare; exit with 1 where a row differs")

    def handle(self, *args: Any, **options: Any) -> None:
        checked = differing = 0
        for provider_id in providers():
            last: UUID | None = None
            while True:
                with _unit_of_work(provider_id, one_snapshot=options["check"]):
                    tickets = _batch(provider_id, last, lock=not options["check"])
                    if not tickets:
                        break
                    last = tickets[-1].pk
                    found = self._rebuild(tickets, check=options["check"])
                checked += len(tickets)
                differing += found
                self.stderr.write(f"\r{checked} tickets", ending="")
        self.stderr.write("")
        self.stdout.write(f"{checked} tickets folded, {differing} differ")
        if differing and options["check"]:
            raise CommandError(
                "Clock rows differ from the journal. Run rebuild_clocks without --check to rewrite them."
            )

    def _rebuild(self, tickets: list[Ticket], *, check: bool) -> int:
        keys = [ticket.pk for ticket in tickets]
        events, rows, owed = _events(keys), clocks.ROWS.by_ticket(keys), duties.ROWS.by_ticket(keys)
        differing = 0
        for ticket in tickets:
            found, can_be_folded = _differences(ticket, events[ticket.pk], rows[ticket.pk], owed[ticket.pk])
            if not found:
                continue
            differing += 1
            for line in found:
                self.stdout.write(line)
            if can_be_folded and not check:
                _rewrite(ticket, events[ticket.pk], [*rows[ticket.pk], *owed[ticket.pk]])
        return differing


@contextmanager
def _unit_of_work(provider_id: UUID, *, one_snapshot: bool) -> Iterator[None]:
    """One transaction under the provider's context. ``one_snapshot``: tickets, events and rows are read as of one
    instant, so that an act between two of these questions is no difference. A caller's own transaction stays as it is.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if one_snapshot and outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with tenant_context(Actor.system(provider_id)):
            yield


def _batch(provider_id: UUID, last: UUID | None, *, lock: bool) -> list[Ticket]:
    """The next tickets; locked where rows may be rewritten, so that no act slips in between reading and writing."""
    rows = Ticket.objects.filter(provider_id=provider_id).order_by("pk")
    rows = rows.select_for_update(no_key=True) if lock else rows
    return list((rows.filter(pk__gt=last) if last else rows)[:BATCH])


def _events(tickets: list[UUID]) -> dict[UUID, list[Event]]:
    found: dict[UUID, list[Event]] = defaultdict(list)
    rows = Event.objects.filter(ticket_id__in=tickets, kind__in=sorted(DUTY_FACTS))
    for event in rows.order_by("ticket_id", "seq"):
        found[event.ticket_id].append(event)
    return found


def _differences(
    ticket: Ticket, events: list[Event], rows: list[Clock], owed: list[TicketDuty]
) -> tuple[list[str], bool]:
    """What differs, and whether the journal can be folded at all; one that cannot stops nobody else."""
    try:
        return clocks.differences(ticket, events, rows) + duties.differences(ticket, events, owed), True
    except clocks.FOLD_ERRORS as error:
        return [f"{ticket.reference}: the journal cannot be folded: {error!r}"], False


def _rewrite(ticket: Ticket, events: list[Event], rows: list[Clock | TicketDuty]) -> None:
    at = as_of(rows, ticket.updated_at)
    reckonings = clocks.reckon(ticket, events, at)
    batches.write(
        clocks.replacing([ticket], clocks.build_rows(ticket, reckonings, at)),
        duties.replacing([ticket], duties.build_rows(ticket, events, at)),
    )
    Ticket.objects.filter(pk=ticket.pk).update(due_at=clocks.earliest_due(reckonings))
