"""Where a form leads afterwards: never outside this site."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect


def is_inside(address: str) -> bool:
    """Whether `address` is a path of this site (no scheme, no host, no control characters)."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def next_of(request: HttpRequest, default: str = "/") -> str:
    """The `next` of the form or the address, or `default` where it leads elsewhere."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_inside(wanted) else default


def lead_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect that htmx follows as a whole page instead of swapping it in."""
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)


class SeeOther(HttpResponseRedirect):
    """303: the form was accepted, look there."""

    status_code = 303
