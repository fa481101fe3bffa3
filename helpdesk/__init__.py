"""The project: settings, addresses, the task queue and the servers that a laptop needs."""

from helpdesk.celery import app as celery_app

__all__ = ["celery_app"]
