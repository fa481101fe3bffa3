"""Which face answers when a request fails: the API for its addresses, the pages for all others."""

from django.http import HttpRequest, HttpResponseBase

from accounts.errors import DomainError, Forbidden, NotFound
from accounts.programs import TooManyCalls
from api import problems
from web import errors as pages

API = "/api/"


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API)


def error_page(request: HttpRequest, error: DomainError) -> HttpResponseBase:
    """Named by the setting ERROR_PAGES: the answer to a refusal of a view or a service."""
    return problems.error_answer(request, error) if _is_api(request) else pages.error_page(request, error)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler400."""
    return problems.bad_request(request, exception) if _is_api(request) else pages.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler403."""
    if _is_api(request):
        return problems.error_answer(request, Forbidden())
    return pages.forbidden(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Named by the setting CSRF_FAILURE_VIEW."""
    return problems.problem(request, "csrf_failed") if _is_api(request) else pages.csrf_failure(request, reason)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler404."""
    if _is_api(request):
        return problems.error_answer(request, NotFound())
    return pages.not_found(request, exception)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler429."""
    if _is_api(request):
        return problems.error_answer(request, TooManyCalls())
    return pages.too_many(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """handler500."""
    return problems.server_error(request) if _is_api(request) else pages.server_error(request)
