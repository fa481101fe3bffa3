"""The administrator's first page."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import for_staff
from accounts.errors import Forbidden
from accounts.requests import ActingRequest
from web.methods import only

OFFERED: Final = {"manages": "people.manage", "signs": "contract.sign", "audits": "audit.read"}
"""What the page offers → the permission that it takes."""


@for_staff
@only("GET")
def administration(request: ActingRequest) -> HttpResponse:
    """GET /administration/: what there is to administer; an auditor finds the trail and the review, an
    account manager the contracts."""
    context = {name: request.actor.may(permission) for name, permission in OFFERED.items()}
    if not any(context.values()):
        raise Forbidden
    return render(request, "administration/home.html", context)
