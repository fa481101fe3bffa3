"""Every refusal as a problem document (RFC 9457): a code for the program, a sentence for its author."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.errors import DomainError, Forbidden, Invalid, NotFound, Refused, Stale
from accounts.middleware import SignInNeeded
from accounts.programs import BadToken, TooManyCalls

MEDIA_TYPE: Final = "application/problem+json"
_TOO_BIG: Final = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)

# Code: status, title, what to do.
PROBLEMS: Final[Mapping[str, tuple[int, Any, Any]]] = {
    "malformed": (400, _("The request cannot be read"), _("Send one JSON document in UTF-8.")),
    "invalid": (400, _("The request is not valid"), _("Correct what errors names and send it again.")),
    "sign_in_needed": (
        401,
        _("Nobody is signed in"),
        _("Send a token in the header Authorization: Bearer …, or sign in."),
    ),
    "bad_token": (401, _("The token opens nothing"), _("It may be mistyped, expired or revoked: use another one.")),
    "no_access": (403, _("No access to any organisation"), _("Ask your administrator.")),
    "forbidden": (403, _("You may not do this"), _("Your role does not include this action.")),
    "insufficient_scope": (403, _("The token is not good for this"), _("It lacks the scope that this address needs.")),
    "csrf_failed": (
        403,
        _("The form token is missing or wrong"),
        _("With a session, send the form token in the header X-CSRFToken; with an API token it is not needed."),
    ),
    "not_found": (404, _("Nothing here"), _("It does not exist, or it is not among what you may see.")),
    "method_not_allowed": (405, _("This method is not answered here"), _("Use a method that the header Allow names.")),
    "refused": (409, _("This was not done"), _("A rule of the contract or of the case does not allow it now.")),
    "key_in_use": (
        409,
        _("The same call is being answered"),
        _("Another call with this Idempotency-Key is under way: wait a moment and send it again."),
    ),
    "stale": (412, _("Somebody changed this meanwhile"), _("Read it again and decide again.")),
    "too_large": (413, _("This is too large"), _("Send less at a time.")),
    "unsupported_media_type": (415, _("This type of content is not read here"), _("Send application/json.")),
    "bad_case": (422, _("The case cannot be computed"), _("Correct the case and send it again.")),
    "key_used_otherwise": (
        422,
        _("The key belongs to another call"),
        _("This Idempotency-Key came with something else before: use a new key for a new call."),
    ),
    "precondition_required": (
        428,
        _("Say which version this is about"),
        _("Send the ETag of the ticket that you read in the header If-Match."),
    ),
    "too_many_calls": (429, _("Too many calls"), _("Wait as many seconds as the header Retry-After says.")),
    "server_error": (
        500,
        _("Something went wrong on our side"),
        _("If it happens again, give support the request id."),
    ),
    "unavailable": (503, _("The service is not available just now"), _("Try again in a minute.")),
}
_KINDS: Final[tuple[tuple[type[DomainError], str], ...]] = (
    (NotFound, "not_found"),
    (BadToken, "bad_token"),
    (TooManyCalls, "too_many_calls"),
    (Refused, "refused"),
    (Stale, "stale"),
    (Invalid, "invalid"),
    (Forbidden, "forbidden"),
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a request: where it stands, a stable code, a sentence.

    ``name`` is that of a parameter or header, or the path of a field, its parts joined by full stops.
    """

    place: Literal["pointer", "parameter", "header"]
    name: str
    code: str
    detail: str

    def told(self) -> dict[str, str]:
        """As the document says it; a field is named by a JSON pointer (RFC 6901)."""
        where = _pointer(self.name) if self.place == "pointer" else self.name
        return {self.place: where, "code": self.code, "detail": self.detail}


def _pointer(path: str) -> str:
    """
    >>> _pointer("details.symptoms"), _pointer("")
    ('/details/symptoms', '')
    """
    parts = [part.replace("~", "~0").replace("/", "~1") for part in path.split(".")] if path else []
    return "".join(f"/{part}" for part in parts)


class Unfit(Invalid):
    """A request of the wrong shape, found before any service was asked."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        errors: dict[str, list[str]] = {}
        for one in self.violations:
            errors.setdefault(one.name, []).append(one.detail)
        super().__init__(errors)


def violations_of(request: HttpRequest, error: Invalid) -> list[Violation]:
    """What is wrong, piece by piece; what a service found wrong has no code of its own."""
    if isinstance(error, Unfit):
        return list(error.violations)
    place: Literal["pointer", "parameter"] = "parameter" if request.method in {"GET", "HEAD"} else "pointer"
    return [Violation(place, name, "invalid", line) for name, lines in error.errors.items() for line in lines]


def document(
    request: HttpRequest,
    kind: str,
    *,
    detail: str = "",
    code: str = "",
    errors: Mapping[str, Sequence[str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The problem document of ``kind`` (a key of ``PROBLEMS``); ``code`` says more exactly what it is about."""
    status, title, advice = PROBLEMS[kind]
    told: dict[str, Any] = {
        "type": f"/api/v1/#problem-{kind}",
        "title": str(title),
        "status": status,
        "detail": detail or str(advice),
        "code": code or kind,
        "request_id": getattr(request, "request_id", ""),
        **more,
    }
    return {**told, "errors": {name: list(lines) for name, lines in errors.items()}} if errors else told


def problem(request: HttpRequest, kind: str, **more: Any) -> HttpResponse:
    """The answer with the problem document of ``kind``."""
    told = document(request, kind, **more)
    response = JsonResponse(told, status=told["status"], content_type=MEDIA_TYPE)
    if told["status"] == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    if told["status"] == 503:
        response["Retry-After"] = "60"
    return response


def error_answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to a domain error: what :func:`web.errors.error_page` is for the pages."""
    if isinstance(error, SignInNeeded):
        return problem(request, "no_access" if request.user.is_authenticated else "sign_in_needed")
    if error.code in PROBLEMS:
        return problem(request, error.code, **_more(request, error))
    kind = next((kind for family, kind in _KINDS if isinstance(error, family)), "invalid")
    return problem(request, kind, code=error.code, **_more(request, error))


def _more(request: HttpRequest, error: DomainError) -> dict[str, Any]:
    more: dict[str, Any] = {"detail": error.message} if error.message and error.message != error.code else {}
    if isinstance(error, Invalid):
        told = [one.told() for one in violations_of(request, error)]
        return {**more, "errors": error.errors, "violations": told}
    if isinstance(error, Refused) and error.clause:
        return {**more, "clause": error.clause}
    return more


# What the framework refuses by itself ---------------------------------------------------------------------------------
def framework_answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Called by the framework for whatever a view raises; None passes it on to the unit of work, which rolls back."""
    if not isinstance(error, exceptions.APIException):
        return None
    request = context["request"]._request
    told = document(request, _kind_of(error), **_details_of(error))
    headers = {"Allow": ", ".join(context["view"].allowed_methods)} if told["status"] == 405 else None
    return Response(told, status=told["status"], headers=headers, content_type=MEDIA_TYPE)


class Problem(exceptions.APIException):
    """A refusal by its kind (a key of ``PROBLEMS``), for what no domain error says."""

    def __init__(self, kind: str, *, detail: str = "") -> None:
        super().__init__(detail or kind)
        self.kind = kind
        self.sentence = detail

    @property
    def advice(self) -> str:
        """What to do about it."""
        return self.sentence or str(PROBLEMS[self.kind][2])


def _kind_of(error: exceptions.APIException) -> str:
    if isinstance(error, Problem):
        return error.kind
    kinds = {405: "method_not_allowed", 415: "unsupported_media_type"}
    return kinds.get(error.status_code, "malformed")


def _details_of(error: exceptions.APIException) -> dict[str, Any]:
    return {"detail": error.sentence} if isinstance(error, Problem) else {}


# Called by Django itself, through helpdesk.faces ----------------------------------------------------------------------
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Malformed, or larger than a request may be."""
    return problem(request, "too_large" if isinstance(exception, _TOO_BIG) else "malformed")


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks nobody, because the database may be what failed."""
    fault = sys.exc_info()[1]
    return problem(request, "unavailable" if isinstance(fault, OperationalError | InterfaceError) else "server_error")
