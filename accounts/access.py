"""Who may call a view at all. Every view carries exactly one of these marks; one without a mark is denied."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, overload

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


class Audience(StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    CUSTOMERS = "customers"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Access:
    """``transaction=False``: the view opens its own transactions and has no tenant context (sign-in).

    ``before_second_factor``: open to staff who have yet to set up the second factor that their provider demands.
    ``reads`` and ``writes`` are the scopes that a token needs to come in; where they are empty, tokens open nothing.
    """

    audience: Audience
    transaction: bool = True
    reads: str = ""
    writes: str = ""
    before_second_factor: bool = False

    @property
    def is_for_programs(self) -> bool:
        return bool(self.reads)


def _marked(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def access_of(view: View) -> Access | None:
    """The mark of ``view``, or None for an unclassified one."""
    return getattr(view, "access", None)


@overload
def public(view: View) -> View: ...
@overload
def public(view: None = None, *, transaction: bool = True) -> Callable[[View], View]: ...
def public(view: View | None = None, *, transaction: bool = True) -> View | Callable[[View], View]:
    """Anybody, signed in or not."""
    if view is None:
        return lambda inner: _marked(inner, Access(Audience.PUBLIC, transaction, before_second_factor=True))
    return _marked(view, Access(Audience.PUBLIC, transaction, before_second_factor=True))


def signed_in(view: View) -> View:
    """Anybody with an active membership."""
    return _marked(view, Access(Audience.SIGNED_IN))


@overload
def enrolling(view: View) -> View: ...
@overload
def enrolling(view: None = None, *, transaction: bool = True) -> Callable[[View], View]: ...
def enrolling(view: View | None = None, *, transaction: bool = True) -> View | Callable[[View], View]:
    """Anybody with an active membership, also before the second factor that the provider demands is set up."""
    access = Access(Audience.SIGNED_IN, transaction, before_second_factor=True)
    if view is None:
        return lambda inner: _marked(inner, access)
    return _marked(view, access)


@overload
def for_staff(view: View) -> View: ...
@overload
def for_staff(view: None = None, *, transaction: bool = True) -> Callable[[View], View]: ...
def for_staff(view: View | None = None, *, transaction: bool = True) -> View | Callable[[View], View]:
    """Staff of the provider; for anybody else the page does not exist.

    A view with ``transaction=False`` does its work in units of its own (``accounts.middleware.unit_of``).
    """
    if view is None:
        return lambda inner: _marked(inner, Access(Audience.STAFF, transaction))
    return _marked(view, Access(Audience.STAFF, transaction))


def for_customers(view: View) -> View:
    """Customer-side people and partners; for staff the page does not exist."""
    return _marked(view, Access(Audience.CUSTOMERS))


def for_programs(reads: str, writes: str = "") -> Callable[[View], View]:
    """Anybody with an active membership, by session or by a token with the scope ``reads`` (to change: ``writes``)."""
    return lambda view: _marked(view, Access(Audience.SIGNED_IN, reads=reads, writes=writes or reads))


@overload
def demo_only(view: View) -> View: ...
@overload
def demo_only(view: None = None, *, transaction: bool = True) -> Callable[[View], View]: ...
def demo_only(view: View | None = None, *, transaction: bool = True) -> View | Callable[[View], View]:
    """Public in demo mode, nonexistent otherwise."""
    if view is None:
        return lambda inner: _demo_only(inner, transaction)

    return _demo_only(view, transaction)


def _demo_only(view: View, transaction: bool) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.DEMO_MODE:
            raise Http404
        return view(request, *args, **kwargs)

    return _marked(guarded, Access(Audience.DEMO, transaction))
