"""The task queue. Tasks carry identifiers only; what must not be forgotten is a row in PostgreSQL."""

import os

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

from helpdesk.environment import require_configuration

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def refuse_half_a_configuration(**kwargs: object) -> None:
    """End a worker or beat that has no database before it takes a task; Celery would swallow an ordinary error."""
    try:
        require_configuration()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
