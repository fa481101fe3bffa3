"""How gunicorn serves the product: `gunicorn --config=python:helpdesk.web_server helpdesk.wsgi`."""

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from gunicorn.workers import gthread

workers = 2
worker_class = "gthread"
threads = 12
timeout = 60
graceful_timeout = 5
# Seconds for which a connection that says nothing stays open. At gunicorn's two, whoever is slow to begin (a browser
# that connected in advance, a machine that is busy) writes into a connection that is closed already.
keepalive = 15
control_socket_disable = True
# Read once, before the processes part: they share its memory, and none of them begins cold.
preload_app = True

# Seconds that a thread waits on a connection that has said nothing yet, before it is put aside.
SILENT_SECONDS = 0.2

# New objects after which Python looks for cycles. A page makes some ten thousand, nearly all without.
GARBAGE = 50_000


# Every process writes its figures into a file of this folder; whichever is asked adds them up. It must be named before
# the library is imported, and be empty at the start.
METRICS_FOLDER = Path(tempfile.mkdtemp(prefix="helpdesk-metrics-"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_FOLDER)


def on_starting(server: Any) -> None:
    """Before anybody is let in. What was loaded stays for good: the collector need not look at it again."""
    from web.warming import warm  # noqa: PLC0415 (the product is set up by now, and was not when this file was read)

    warm()
    gc.collect()
    gc.freeze()


def on_exit(server: Any) -> None:
    """The figures of this run end with it."""
    shutil.rmtree(METRICS_FOLDER, ignore_errors=True)


def child_exit(server: Any, worker: Any) -> None:
    """A process that is gone keeps its counts, and loses what only a living one has."""
    from prometheus_client import multiprocess  # noqa: PLC0415 (it reads the variable above when it is imported)

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def post_fork(server: Any, worker: Any) -> None:
    """Browsers open connections in advance; at gunicorn's five seconds each, a few of them would hold up everybody."""
    gthread.DEFAULT_WORKER_DATA_TIMEOUT = SILENT_SECONDS


def post_worker_init(worker: Any) -> None:
    """The collector need not look as often at what requests leave."""
    gc.set_threshold(GARBAGE, 20, 20)
