"""The relay as a Celery task. It carries no arguments: what waits is in PostgreSQL."""

from celery import shared_task
from django.db import connection

from notifications.letters import post_letters
from notifications.relay import relay as relay_messages
from notifications.wakeup import hear


@shared_task(name="notifications.tasks.relay", ignore_result=True)
def relay() -> None:
    """Route and send whatever waits by the database's clock, then the mails that carry secret links."""
    hear()
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp())")
        at = cursor.fetchone()[0]
    relay_messages(at=at)
    post_letters(at=at)
