"""Addresses for machines: alive, ready, figures."""

import secrets

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from accounts.access import public
from helpdesk.watching import metrics
from web.methods import only

BROKER_SECONDS = 1.0


@public(transaction=False)
@only("GET")
def readyz(request: HttpRequest) -> HttpResponse:
    """GET /readyz: 200 when requests can be served, 503 when not. Without the broker they can: it is a doorbell."""
    parts = {"database": _database(), "broker": _broker()}
    status = "unavailable" if parts["database"] != "ok" else "ready" if parts["broker"] == "ok" else "degraded"
    return JsonResponse({"status": status, **parts}, status=503 if status == "unavailable" else 200)


@public(transaction=False)
@only("GET")
def metrics_view(request: HttpRequest) -> HttpResponse:
    """GET /metrics for operators, by ``Authorization: Bearer`` with HELPDESK_METRICS_TOKEN; else it does not exist."""
    wanted = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not wanted or not secrets.compare_digest(given.encode(), wanted.encode()):
        raise Http404
    with transaction.atomic():
        text = metrics.exposition()
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


_migrated = False
"""Tables are not taken back while a process runs: once it has seen all of them, it only asks for a sign of life."""


def _database() -> str:
    """Whether it answers and has the tables of this release."""
    global _migrated
    try:
        if _migrated:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return "ok"
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "does not answer"
    _migrated = not behind
    return "ok" if _migrated else "not migrated"


def _broker() -> str:
    if not settings.REDIS_URL:
        return "not configured"
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
        ) as broker:
            broker.ping()
    except redis.RedisError:
        return "does not answer"
    return "ok"
