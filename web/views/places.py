"""Where a person works: choosing among several memberships."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.access import enrolling
from accounts.errors import NotFound
from accounts.models import User
from accounts.requests import ActingRequest
from accounts.services import choose_membership
from web.methods import only
from web.redirects import SeeOther


@enrolling
@only("GET")
def places(request: ActingRequest) -> HttpResponse:
    """GET /places/: every organisation for which the reader may work in this session."""
    rows = selectors.places(_person(request), session=request.session)
    return render(request, "account/places.html", {"rows": rows, "current": request.actor.membership_id})


@enrolling
@only("POST")
def choose_place(request: ActingRequest) -> HttpResponse:
    """POST /places/choose/ with `membership`: from the next page on the reader works there, in this session."""
    try:
        wanted = UUID(request.POST.get("membership", ""))
    except ValueError as error:
        raise NotFound from error
    chosen = choose_membership(session=request.session, user=_person(request), membership_id=wanted)
    messages.success(request, _("You now work as %(name)s.") % {"name": chosen.display_name})
    return SeeOther("/")


def _person(request: ActingRequest) -> User:
    assert isinstance(request.user, User)  # somebody who acts has signed in
    return request.user
