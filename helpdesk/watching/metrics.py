"""Figures for operators in the format of Prometheus, over all processes of the web server and all tenants.

Requests are counted in the processes that answer them; the state of queues and clocks is asked of the database at each
scrape, by one definer function that returns totals only.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from helpdesk.watching.health import ALIVE_FILE

_ANSWERS = Counter("helpdesk_requests", "Requests answered.", ["route", "method", "status"])
_SECONDS = Histogram(
    "helpdesk_request_seconds",
    "Time from the first line of a request to its answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
GAUGES = {
    "open_tickets": "Tickets that are neither resolved nor closed.",
    "clocks_running": "Clocks with something ahead of them.",
    "clocks_due": "Clocks whose next act is due and not done yet.",
    "clocks_late_seconds": "How long the oldest of them has been due.",
    "clocks_set_aside": "Clocks that raised in the sweep and wait for a person.",
    "duties_due": "Duties whose next act is due and not done yet.",
    "duties_set_aside": "Duties that raised in the sweep and wait for a person.",
    "outbox_waiting": "Acts that nobody was told of yet.",
    "outbox_late_seconds": "How long the oldest of them has waited.",
    "outbox_failed": "Acts that could not be told.",
    "deliveries_waiting": "Mails that wait for a further attempt.",
}
"""Rows of the function ``helpdesk_figures`` and what each means."""


def request_answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer. A verb that somebody invented makes no series of its own."""
    _ANSWERS.labels(route, method if method in _METHODS else "other", str(status)).inc()
    _SECONDS.labels(route).observe(seconds)


class _State(Collector):
    """What the database and the worker's proof of life say now."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge per figure; without the database none, so that an alert on absence fires."""
        figures = database_figures()
        for name, meaning in GAUGES.items():
            yield GaugeMetricFamily(f"helpdesk_{name}", meaning, value=figures[name])
        if (age := worker_silence()) is not None:
            yield GaugeMetricFamily(
                "helpdesk_worker_silence_seconds", "Since worker and beat last proved that they are alive.", value=age
            )


def database_figures() -> dict[str, float]:
    """Totals over all tenants: no name, no text, no identifier."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, value FROM helpdesk_figures()")
        return {name: float(value) for name, value in cursor.fetchall()}


def worker_silence() -> float | None:
    """Seconds since the last proof of life; None where no worker shares this folder."""
    try:
        return max(time.time() - (Path(settings.RUN_DIR) / ALIVE_FILE).stat().st_mtime, 0.0)
    except OSError:
        return None


def exposition() -> bytes:
    """The text of a scrape."""
    registry = CollectorRegistry(auto_describe=False)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_ANSWERS)
        registry.register(_SECONDS)
    registry.register(_State())
    return generate_latest(registry)
