"""The periodic work as Celery tasks. They carry no arguments: what is due is in PostgreSQL."""

from datetime import datetime

from celery import shared_task
from django.db import connection

from lifecycle import calendars, timers
from tickets import housekeeping


@shared_task(name="lifecycle.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Act on every clock that is due by the database's clock."""
    timers.sweep(at=_now())


@shared_task(name="lifecycle.tasks.recompute", ignore_result=True)
def recompute() -> None:
    """Carry the days that calendars gained to the clocks that run."""
    calendars.recompute(at=_now())


@shared_task(name="lifecycle.tasks.purge_uploads", ignore_result=True)
def purge_uploads() -> None:
    """Remove the files that nobody sent."""
    housekeeping.purge_uploads(at=_now())


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp())")
        at: datetime = cursor.fetchone()[0]
    return at
