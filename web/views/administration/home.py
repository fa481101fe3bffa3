"""The administrator's first page."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import for_staff
from accounts.errors import Forbidden
from accounts.requests import ActingRequest
from web.methods import only


@for_staff
@only("GET")
def administration(request: ActingRequest) -> HttpResponse:
    """GET /administration/: what there is to administer; an auditor finds the trail and the review."""
    if not (request.actor.may("people.manage") or request.actor.may("audit.read")):
        raise Forbidden
    return render(request, "administration/home.html", {"manages": request.actor.may("people.manage")})
