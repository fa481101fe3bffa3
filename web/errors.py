"""Every refusal as a calm page: what happened, and what to do next. Named by the setting ERROR_PAGES."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import urlencode

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.errors import DomainError, Forbidden, Invalid, NotFound, Refused, Stale
from accounts.middleware import SecondFactorNeeded, SignInNeeded, in_unit
from accounts.requests import TenantRequest
from contracts.selectors import contract
from tickets.selectors import ticket
from web.redirects import lead_to, page_before

RETRY_SECONDS: Final = 300
_TOO_BIG: Final = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)

# Status: title, explanation, next step.
TEXTS: Final[Mapping[int, tuple[Any, Any, Any]]] = {
    400: (
        _("This request could not be read"),
        _("Something in the form or in the address was not in the form that this page expects."),
        _("Go back, correct it and send it again."),
    ),
    401: (
        _("You are signed out"),
        _("Your session has ended, so this was not sent. What you typed is still on this page."),
        _("Sign in again in another tab, then copy what you typed into the fresh page."),
    ),
    403: (
        _("You may not do this"),
        _("Your role does not include this action."),
        _("If you need it, ask the administrator of your organisation."),
    ),
    404: (
        _("Nothing here"),
        _("This page does not exist, or it is not among what you may see."),
        _("Check the address, or go back to your list."),
    ),
    405: (
        _("This page cannot be called like that"),
        _("The address exists, but only as part of a form."),
        _("Go back to your list and use the buttons there."),
    ),
    409: (
        _("This was not done"),
        _("A rule of the contract or of the ticket does not allow it now."),
        _("Go back and look at the present state before you decide."),
    ),
    412: (
        _("Somebody changed this meanwhile"),
        _("What you sent was based on an older state, so nothing was changed."),
        _("Go back, reload, and decide again."),
    ),
    413: (
        _("This is too large"),
        _("A form may carry 2.5 MB of text; files have their own limit, written beside the field."),
        _("Shorten the text, or attach it as a file."),
    ),
    429: (
        _("Too many attempts"),
        _("To protect the accounts, this address has to wait a little."),
        _("Wait five minutes, then try again."),
    ),
    500: (
        _("Something went wrong on our side"),
        _("What you sent was not kept. The fault has been recorded."),
        _("Try again. If it happens again, give your support contact the number below."),
    ),
    503: (
        _("The service is not available just now"),
        _("It cannot reach its data. Nothing that was already confirmed is lost."),
        _("Try again in a few minutes."),
    ),
}


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page of a domain error; the sign-in page where nobody is signed in."""
    if isinstance(error, SignInNeeded):
        return _lead_to_sign_in(request)
    if isinstance(error, SecondFactorNeeded):
        return lead_to(request, reverse("second_factor"))
    status = _status_of(request, error)
    message = error.message if isinstance(error, Refused | Stale) and error.message != error.code else ""
    return _page(
        request,
        status,
        explanation=message or _sentence(error),
        changes=error.changes if isinstance(error, Stale) else (),
        clause=error.clause if isinstance(error, Refused) else "",
        clauses_url=_clauses_url(request) if isinstance(error, Refused) and error.clause else "",
        field_errors=_lines(error) if isinstance(error, Invalid) else [],
    )


def _clauses_url(request: HttpRequest) -> str:
    """The clauses of the contract that the address is about, itself or by its ticket; empty where it names neither.

    Looked for as the reader: what he may not see leads nowhere.
    """
    actor, found = getattr(request, "actor", None), request.resolver_match
    if actor is None or found is None:
        return ""
    contract_id = found.kwargs.get("contract_id")
    try:
        if "reference" in found.kwargs:
            contract_id = ticket(actor, found.kwargs["reference"]).contract_id
        elif contract_id is not None:
            contract(actor, contract_id)
    except NotFound:
        return ""
    return reverse("contract_clauses", args=[contract_id]) if contract_id else ""


def _status_of(request: HttpRequest, error: DomainError) -> int:
    """A stale form is a conflict; only a caller who stated If-Match learns that this failed."""
    if isinstance(error, Stale):
        return 412 if "If-Match" in request.headers else 409
    kinds = ((NotFound, 404), (Forbidden, 403), (Refused, 409), (Invalid, 400))
    return next((status for kind, status in kinds if isinstance(error, kind)), 400)


def _sentence(error: DomainError) -> str:
    if isinstance(error, Stale):
        return str(TEXTS[412][1])
    return ""


def _lines(error: Invalid) -> list[str]:
    return [line for lines in error.errors.values() for line in lines]


def _lead_to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return _page(
            request,
            403,
            explanation=gettext("Your account has no access to any organisation at the moment."),
            advice=gettext("Ask your administrator, or sign out and use another account."),
        )
    is_page = request.method == "GET" and not _is_part(request)
    target = request.get_full_path() if is_page else page_before(request)
    query = "?" + urlencode({"next": target}) if target not in ("", "/") else ""
    address = reverse("sign_in") + query
    if _is_part(request):
        # Led away, the page would take with it what was typed into it.
        return _told_signed_out(request, address)
    return lead_to(request, address)


def _is_part(request: HttpRequest) -> bool:
    """Whether a page that stays open asked by script; a boosted link leaves it anyway."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted


def _told_signed_out(request: HttpRequest, address: str) -> HttpResponse:
    """What was sent is refused loudly; what the page asked by itself only says quietly why it shows nothing."""
    if request.method != "GET":
        return _page(request, 401, sign_in_url=address)
    told = gettext("Your session has ended, so this was not looked up. What you typed is still on this page.")
    response = _page(request, 401, sign_in_url=address, explanation=told, is_quiet=True)
    response["HX-Reswap"] = "innerHTML"
    return response


def _page(request: HttpRequest, status: int, **more: Any) -> HttpResponse:
    """A whole page, or the bare message where htmx wants a part."""
    if not getattr(request, "htmx", False):
        return render(request, "errors/page.html", _texts(request, status, **more), status=status)
    response = render(request, "errors/_error.html", _texts(request, status, **more), status=status)
    # Told above the page, so that the form that was sent stays with what was typed into it.
    response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "innerHTML show:top"
    return response


def _texts(request: HttpRequest, status: int, **more: Any) -> dict[str, Any]:
    title, explanation, advice = TEXTS[status]
    given = {name: value for name, value in more.items() if value}
    return {
        "status": status,
        "title": title,
        "explanation": explanation,
        "advice": advice,
        "request_id": getattr(request, "request_id", "") if status >= 500 else "",
        **given,
    }


# Called by Django itself, by name from helpdesk.urls and settings ---------------------------------------------------
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400: malformed, or larger than a form may be (413)."""
    return _frameless(request, 413 if isinstance(exception, _TOO_BIG) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler403."""
    return _framed(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """A form without its token: nearly always a page that stayed open over a sign-in or sign-out."""
    return _framed(
        request,
        403,
        title=gettext("This form is no longer valid"),
        explanation=gettext("The page was open while you signed in or out, or your browser blocks cookies."),
        advice=gettext("Go back, reload the page and send it again."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler404: an address that no view has."""
    return _framed(request, 404)


def method_not_allowed(request: HttpRequest, allowed: Sequence[str]) -> HttpResponse:
    """405 with the header that names what is allowed. Other verbs come from programs, which need no frame."""
    response = _page(request, 405) if request.method in {"GET", "HEAD", "POST"} else _frameless(request, 405)
    response["Allow"] = ", ".join(allowed)
    return response


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429, also called by allauth's limits."""
    response = _page(request, 429)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: draws without the database, which may be what failed (then 503)."""
    fault = sys.exc_info()[1]
    if isinstance(fault, OperationalError | InterfaceError):
        response = _frameless(request, 503)
        response["Retry-After"] = "60"
        return response
    return _frameless(request, 500)


def _framed(request: HttpRequest, status: int, **more: Any) -> HttpResponseBase:
    """A page for a request that reached no view: whoever is signed in still finds his navigation on it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(request, "actor", None) is not None:
        return _page(request, status, **more)
    return in_unit(cast(TenantRequest, request), lambda: _page(request, status, **more))


def _frameless(request: HttpRequest, status: int) -> HttpResponse:
    """A page that asks nobody who is signed in."""
    html = render_to_string("errors/frameless.html", _texts(request, status))
    return HttpResponse(html, status=status)
