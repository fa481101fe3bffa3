"""Outermost part of a request: its number, one log line, its figures."""

import logging
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from helpdesk.watching import metrics

logger = logging.getLogger("helpdesk.requests")
SILENT = frozenset({"healthz", "readyz", "metrics"})
"""Asked every few seconds by machines; in the log they would hide everything else."""


class WatchMiddleware:
    """First in the list. The number that it gives a request is in its log lines, its answer and its error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request.request_id):  # type: ignore[attr-defined]
            response = self.get_response(request)
            response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
            self._tell(request, response, time.perf_counter() - began)
        return response

    def _tell(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        route = _route(request)
        if route in SILENT:
            return
        metrics.request_answered(route, request.method or "", response.status_code, seconds)
        logger.log(
            logging.ERROR if response.status_code >= 500 else logging.INFO,
            "request",
            extra={
                "method": request.method,
                "route": route,
                "path": request.path,
                "status": response.status_code,
                "ms": round(seconds * 1000, 1),
                **_who(request),
            },
        )


def _route(request: HttpRequest) -> str:
    """Name of the address, never the path: a path would make a series of figures per ticket."""
    match = request.resolver_match
    return (match.url_name or "unnamed") if match else "none"


def _who(request: HttpRequest) -> dict[str, str]:
    """Identifiers only; names and addresses of people do not belong in a log."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return {}
    return {"membership": str(actor.membership_id), "provider": str(actor.provider_id)}
