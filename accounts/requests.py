"""What TenantMiddleware adds to a request."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.limits import Allowance
    from accounts.models import ApiToken, User
    from accounts.tenancy import Actor
    from accounts.tokens import Bearer


class TenantRequest(HttpRequest):
    """A request inside its unit of work. For types only: the middleware sets these on Django's own request.

    ``at`` is the one clock of the request, in UTC, to the second. ``actor`` is None for somebody without a membership.
    """

    actor: "Actor | None"
    at: datetime
    request_id: str
    denied: str
    # Set for programs only, see accounts.programs.
    bearer: "Bearer | None"
    spent_token: "ApiToken | None"
    allowance: "Allowance | None"
    own_language: bool
    # How many memberships there are to choose from, and whether the present one waits for a second factor.
    places: int
    lacks_second_factor: bool
    user: "User | AnonymousUser"


class ActingRequest(TenantRequest):
    """A request whose view is marked so that an actor is certain."""

    actor: "Actor"
