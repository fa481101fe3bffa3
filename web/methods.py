"""Which HTTP methods a view answers; the others get a page that says so."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from web.errors import method_not_allowed

View = Callable[..., HttpResponseBase]


def only(*methods: str) -> Callable[[View], View]:
    """Decorator: `@only("GET")` allows HEAD too. Put it inside the access decorator."""
    allowed = {*methods, *(["HEAD"] if "GET" in methods else [])}

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                return method_not_allowed(request, sorted(allowed))
            return view(request, *args, **kwargs)

        guarded.methods = frozenset(allowed)  # type: ignore[attr-defined]
        return guarded

    return decorate
