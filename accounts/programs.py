"""The door for programs: who calls, by token or by session, what the token is good for, and how often.

All of this happens before the unit of work, so that a refused call is counted although its unit is rolled back.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from accounts.access import Access
from accounts.errors import DomainError, Forbidden
from accounts.limits import count_call
from accounts.requests import TenantRequest
from accounts.tokens import Bearer, bearer_of, spent_token

CALLS_A_MINUTE = 300
STRANGERS_CALLS_A_MINUTE = 60
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class BadToken(DomainError):
    """The token opens nothing: unknown, expired, revoked or its holder is out. Nobody is told which."""

    code = "bad_token"


class TooManyCalls(DomainError):
    """The caller has used up his calls of this minute."""

    code = "too_many_calls"


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)


_check = _Check(lambda request: HttpResponse())


def admit(request: TenantRequest, access: Access) -> None:
    """Find the caller and count the call. Raises ``BadToken``, ``Forbidden`` or ``TooManyCalls``.

    A token wins over a session: a program that names itself is never taken for the person whose cookie came along.
    A session is good only together with its form token, as on the pages.
    """
    request.own_language = "Accept-Language" in request.headers
    secret = _secret(request)
    if secret is not None:
        _enter_by_token(request, secret)
    _count(request)
    if request.bearer is None:
        _require_form_token(request)
    elif _needed(request, access) not in request.bearer.scopes:
        raise Forbidden(code="insufficient_scope", params={"scope": _needed(request, access)})


def _secret(request: HttpRequest) -> str | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _enter_by_token(request: TenantRequest, secret: str) -> None:
    request.bearer = bearer_of(secret, request.at)
    request.user = request.bearer.user if request.bearer else AnonymousUser()
    if request.bearer is None:
        _count(request)
        _notice_spent(request, secret)
        raise BadToken


def _notice_spent(request: TenantRequest, secret: str) -> None:
    """Somebody still has a token that was ended: told to the access record with its first call in each window."""
    token = spent_token(secret)
    if token is not None and count_call(f"spent token {token.pk}", 1).count == 1:
        request.spent_token = token


def _count(request: TenantRequest) -> None:
    caller, limit = _caller(request)
    request.allowance = count_call(caller, limit)
    if request.allowance.is_spent:
        raise TooManyCalls


def _caller(request: TenantRequest) -> tuple[str, int]:
    bearer: Bearer | None = request.bearer
    if bearer is not None:
        return f"token {bearer.token_id}", CALLS_A_MINUTE
    if request.user.is_authenticated:
        return f"user {request.user.pk}", CALLS_A_MINUTE
    return f"peer {get_adapter(request).get_client_ip(request)}", STRANGERS_CALLS_A_MINUTE


def _require_form_token(request: TenantRequest) -> None:
    if request.method in SAFE or not request.user.is_authenticated:
        return

    def view(*args: Any) -> HttpResponse:
        return HttpResponse()

    _check.process_request(request)
    if _check.process_view(request, view, (), {}) is not None:
        raise Forbidden(code="csrf_failed")


def _needed(request: TenantRequest, access: Access) -> str:
    return access.reads if request.method in SAFE else access.writes
