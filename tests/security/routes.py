"""Every address of the product with whom it concerns: the table from which the matrix is made.

A route with a parameter that has no entry here fails the matrix, and so does a view without an access mark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import Access, access_of
from tests.security import account_routes, administration, api_routes, contract_routes, desk_routes, ticket_routes
from tests.security.canaries import Person
from tests.security.cases import Case, Cases

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Route:
    """One address pattern and its view's mark."""

    name: str
    parameters: frozenset[str]
    access: Access | None


def walk(resolver: URLResolver | None = None) -> Iterator[Route]:
    """Every address that the resolver knows, with names of its parameters."""
    for pattern in _patterns(resolver):
        parameters = frozenset(pattern.pattern.regex.groupindex)
        yield Route(pattern.name or str(pattern.pattern), parameters, access_of(pattern.callback))


def _patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern


@cache
def _answered() -> dict[str, frozenset[str]]:
    return {pattern.name or str(pattern.pattern): _verbs_of(pattern.callback) for pattern in _patterns()}


def _verbs_of(view: Any) -> frozenset[str]:
    if hasattr(view, "methods"):
        return frozenset(view.methods)
    if hasattr(view, "cls"):
        return frozenset(verb.upper() for verb in view.cls.http_method_names if hasattr(view.cls, verb))
    return frozenset(VERBS)


def answered(route: str) -> frozenset[str]:
    """The verbs that an address has a view for; all of them where the view does not say."""
    return _answered()[route]


def _asked_as(calls: administration.Calls) -> Cases:
    return lambda stage, person: [
        Case(call.thing, call.entitled, call.kwargs, data=call.data, asked=call.asked, family=call.family)
        for call in calls(stage, person)
    ]


TABLE: dict[str, Cases] = (
    account_routes.ROWS
    | ticket_routes.ROWS
    | desk_routes.ROWS
    | contract_routes.ROWS
    | api_routes.ROWS
    | {name: _asked_as(calls) for name, calls in administration.CALLS.items()}
)
"""Name of an address → its calls for one person, with bodies that would do something."""
PERMISSION = (
    ticket_routes.PERMISSION
    | desk_routes.PERMISSION
    | contract_routes.PERMISSION
    | api_routes.PERMISSION
    | administration.PERMISSION
)
"""Name of an address → what its POST asks of a role."""
FREE = frozenset(
    {"save_draft", "notifications_read", "demo_sign_in", "sign_out", "set_language", "set_time_zone", "set_watching"}
)
"""Addresses by which everybody writes, but only what is his own."""


def may_write(route: str, person: Person, case: Case) -> bool:
    """Whether a POST of ``case`` may change anything at all."""
    if route in {"sign_out", "set_language"}:
        return bool(person.session_key)
    if route == "forgotten_password":
        return True
    if not case.entitled:
        return False
    if route == "demo_sign_in":
        return True
    if not person.provider:
        return False
    return route in FREE or (route in PERMISSION and person.may(_asked_of(route, case)))


def _asked_of(route: str, case: Case) -> str:
    """What a call asks of a role; each act on many tickets asks the same as that act on one."""
    return f"ticket.{case.data['act']}" if route == "queue_bulk" else PERMISSION[route]
