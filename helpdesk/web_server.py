"""How gunicorn serves the product: `gunicorn --config=python:helpdesk.web_server helpdesk.wsgi`."""

from typing import Any

from gunicorn.workers import gthread

workers = 2
worker_class = "gthread"
threads = 12
timeout = 60
graceful_timeout = 5
control_socket_disable = True

# Seconds that a thread waits on a connection that has said nothing yet, before it is put aside.
SILENT_SECONDS = 0.2


def post_fork(server: Any, worker: Any) -> None:
    """Browsers open connections in advance; at gunicorn's five seconds each, a few of them would hold up everybody."""
    gthread.DEFAULT_WORKER_DATA_TIMEOUT = SILENT_SECONDS
