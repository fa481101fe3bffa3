"""The doorbell: a nudge to the relay after a commit. If it is lost, beat finds the rows within seconds."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring() -> None:
    """Ask a worker to look into the outbox now. Never retries and never fails the request that rings."""
    try:
        current_app.send_task("notifications.tasks.relay", retry=False, expires=60)
    except (OperationalError, OSError) as error:
        log.warning("the relay could not be nudged, beat will find the message: %s", error)
