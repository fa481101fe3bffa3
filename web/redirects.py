"""Where a form leads afterwards: never outside this site."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect


def is_inside(address: str) -> bool:
    """Whether `address` is a path of this site (no scheme, no host, no control characters)."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def next_of(request: HttpRequest, default: str = "/") -> str:
    """The `next` of the form or the address, or `default` where it leads elsewhere."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_inside(wanted) else default


def page_before(request: HttpRequest) -> str:
    """The page of this site that sent the form, by its Referer: path and query; empty where there is none.

    A form that failed is shown at the address of its act, which nobody can open: then the page above it counts.
    """
    try:
        told = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    if told.netloc != request.get_host():
        return ""
    path, query = told.path, told.query
    while path.strip("/"):
        if _can_be_opened(path):
            address = f"{path}?{query}" if query else path
            return address if is_inside(address) else ""
        path, query = path.rstrip("/").rpartition("/")[0] + "/", ""
    return ""


def _can_be_opened(path: str) -> bool:
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return "GET" in getattr(view, "methods", {"GET"})


def lead_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect that htmx follows as a whole page instead of swapping it in."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


class SeeOther(HttpResponseRedirect):
    """303: the form was accepted, look there."""

    status_code = 303
