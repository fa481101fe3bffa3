"""One unit of work per request: authenticate, open a transaction, set the tenant context, call the view, render.

The unit is rolled back on any answer of 400 or more, unless the view says that what it wrote is to be kept
(``response.keep = True``: a draft that failed validation). A serialisation failure or deadlock runs the unit again.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils import timezone, translation

from accounts import actors, programs
from accounts.access import Access, Audience, View, access_of
from accounts.errors import DomainError, Forbidden, NotFound
from accounts.models import AccessRecord, User
from accounts.requests import TenantRequest
from accounts.roles import Role
from accounts.tenancy import Actor, enter_context

RETRIED_STATES = {"40001", "40P01"}
MAX_ATTEMPTS = 3


class SignInNeeded(DomainError):
    """Nobody is signed in: the face leads to the sign-in page."""

    code = "sign_in_needed"


class SecondFactorNeeded(Forbidden):
    """The provider demands a second factor of its staff, and this person has none yet: first it is set up."""

    code = "second_factor_needed"


class TenantMiddleware:
    """Last in the list, so that a repeated unit repeats the view alone."""

    def __init__(self, get_response: Callable[[TenantRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: TenantRequest) -> HttpResponseBase:
        _make_fresh(request)
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        response["X-Request-ID"] = request.request_id
        response.setdefault("Cache-Control", "no-store")
        if request.allowance is not None:
            request.allowance.tell(response)
        if _is_denial(request, response.status_code):
            _record_denial(request, response.status_code)
        return response

    def process_view(
        self, request: TenantRequest, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        access = access_of(view)
        if access and not access.transaction:
            request.at = timezone.now().replace(microsecond=0)
            return None
        if access and access.is_for_programs:
            request.at = timezone.now().replace(microsecond=0)
            try:
                programs.admit(request, access)
            except DomainError as error:
                return _attempt(partial(_error_answer, request, error))
        return _run(request, lambda: _call(request, access, view, args, kwargs))


def _make_fresh(request: TenantRequest) -> None:
    request.request_id = getattr(request, "request_id", "") or uuid.uuid4().hex
    request.actor = request.bearer = request.allowance = request.spent_token = None
    request.own_language = request.lacks_second_factor = False
    request.places = 0


def _run(request: TenantRequest, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            return _attempt(work)
        except DomainError as error:
            return _attempt(partial(_error_answer, request, error))
        except Http404:
            return _attempt(lambda: _error_answer(request, NotFound()))
        except PermissionDenied:
            return _attempt(lambda: _error_answer(request, Forbidden()))
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in RETRIED_STATES or attempt == MAX_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _attempt(work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    with transaction.atomic():
        response = work()
        if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
            response.render()
        if response.status_code >= 400 and not getattr(response, "keep", False):
            transaction.set_rollback(True)
    return response


def _call(
    request: TenantRequest, access: Access | None, view: View, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponseBase:
    _begin(request)
    _authorise(request.actor, access)
    if request.lacks_second_factor and access and not access.before_second_factor:
        raise SecondFactorNeeded
    return view(request, *args, **kwargs)


def unit_of(view: View, request: TenantRequest, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """One of several units of a view that opens its own: let in as the mark of ``view`` says, refused by a page."""
    return _run(request, lambda: _call(request, access_of(view), lambda _request: work(), (), {}))


def in_unit(request: TenantRequest, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Answer a request that reached no view in a unit of its own: with the clock, the actor and his context."""

    def begun() -> HttpResponseBase:
        _begin(request)
        return work()

    return _attempt(begun)


def _error_answer(request: TenantRequest, error: DomainError) -> HttpResponseBase:
    request.denied = error.code
    if request.actor is None:
        _begin(request)
    else:
        # Found in the unit that failed; only the context went with it.
        enter_context(request.actor)
    pages = import_module(settings.ERROR_PAGES)
    answer: HttpResponseBase = pages.error_page(request, error)
    return answer


def _begin(request: TenantRequest) -> None:
    """Read the clock once, find the actor, set the context. Two round trips, three for a partner."""
    user = request.user
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(), set_config('app.user_id', %s, true), set_config('app.provider_id', '', true)",
            [str(user.pk) if user.is_authenticated else ""],
        )
        instant: datetime = cursor.fetchone()[0]
    request.at = instant.astimezone(UTC).replace(microsecond=0)
    request.actor = None
    if not user.is_authenticated:
        return
    if request.bearer is not None:
        actor: Actor | None = actors.actor_of(request.bearer.membership, request.bearer.user)
        request.lacks_second_factor = request.bearer.lacks_second_factor
    else:
        actor = _actor_of_session(request, user)
    if actor:
        request.actor = _with_grants(actor)
        timezone.activate(actor.time_zone)
        _speak(request, actor)


def _actor_of_session(request: TenantRequest, user: User) -> Actor | None:
    rows = actors.memberships_in(request.session, user)
    chosen = actors.chosen_of(rows, request.session.get(actors.SESSION_KEY))
    if chosen is None:
        return None
    request.places = len(rows)
    request.lacks_second_factor = actors.lacks_second_factor(chosen)
    return actors.actor_of(chosen, user)


def _with_grants(actor: Actor) -> Actor:
    enter_context(actor)
    if actor.role != Role.PARTNER or actor.membership_id is None:
        return actor
    actor = replace(actor, customer_ids=actors.partner_customers(actor.membership_id))
    enter_context(actor)
    return actor


def _speak(request: TenantRequest, actor: Actor) -> None:
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and not request.own_language:
        translation.activate(actor.language)
        request.LANGUAGE_CODE = actor.language


def _authorise(actor: Actor | None, access: Access | None) -> None:
    if access is None:
        raise Forbidden(code="unclassified_view")
    if access.audience in {Audience.PUBLIC, Audience.DEMO}:
        return
    if actor is None:
        raise SignInNeeded
    if access.audience == Audience.STAFF and not actor.is_staff:
        raise NotFound
    if access.audience == Audience.CUSTOMERS and not actor.is_external:
        raise NotFound


def _is_denial(request: TenantRequest, status: int) -> bool:
    """What the access record keeps: sign-ins that failed, tokens used after their end, and what somebody who is known
    was not given.

    Strangers who ask for pages that do not exist are left out: anybody could fill the table with them.
    """
    code = getattr(request, "denied", None)
    if request.allowance is not None and request.allowance.is_spent:
        return request.allowance.is_just_spent
    if status == 429 or code == "sign_in_failed" or request.spent_token is not None:
        return True
    return (status == 403 or code in {"not_found", "forbidden"}) and status < 500 and request.user.is_authenticated


def _record_denial(request: TenantRequest, status: int) -> None:
    """Outside the rolled-back unit, so that the denial itself is kept."""
    user = getattr(request, "user", None)
    known = user.pk if user is not None and user.is_authenticated else None
    AccessRecord.objects.create(
        at=getattr(request, "at", None) or timezone.now(),
        kind=getattr(request, "denied", None) or "denied",
        user_id=request.spent_token.user_id if request.spent_token else known,
        path=request.path.replace("\x00", "")[:300],
        status=status,
        request_id=request.request_id,
        peer=request.META.get("REMOTE_ADDR", "")[:64],
    )
