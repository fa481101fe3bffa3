"""Tasks of the project itself: proof that beat, broker and worker are alive, and housekeeping of the API."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from api import once
from helpdesk.watching.health import ALIVE_FILE


@shared_task(name="helpdesk.tasks.prove_alive")
def prove_alive() -> None:
    """Touch the file whose age the supervisor watches; it goes stale when any link of the chain hangs."""
    settings.RUN_DIR.mkdir(parents=True, exist_ok=True)
    (settings.RUN_DIR / ALIVE_FILE).touch()


@shared_task(name="helpdesk.tasks.purge_answers", ignore_result=True)
def purge_answers() -> None:
    """Forget the answers that were kept for calls sent twice."""
    once.purge_answers(at=timezone.now())
