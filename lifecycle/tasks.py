"""The sweep as a Celery task. It carries no arguments: what is due is in PostgreSQL."""

from celery import shared_task
from django.db import connection

from lifecycle import timers


@shared_task(name="lifecycle.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Act on every clock that is due by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp())")
        at = cursor.fetchone()[0]
    timers.sweep(at=at)
