"""The task queue. Tasks carry identifiers only; what must not be forgotten is a row in PostgreSQL."""

import gc
import os

from celery import Celery
from celery.signals import beat_init, worker_before_create_process, worker_init
from django.core.exceptions import ImproperlyConfigured

from helpdesk.environment import require_configuration

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
# Django's own checks load every page of the portal, which no task needs: they are run before the servers start.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

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


@worker_before_create_process.connect
def share_what_is_loaded(**kwargs: object) -> None:
    """Children share the memory of what their parent has loaded until somebody writes to it, as a collector does."""
    gc.collect()
    gc.freeze()
