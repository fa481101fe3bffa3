"""The front door: leads everybody to the first page of his side."""

from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.access import public
from accounts.middleware import SignInNeeded
from accounts.requests import TenantRequest
from web.methods import only


@public
@only("GET")
def home(request: TenantRequest) -> HttpResponse:
    """GET /: staff to the queue, customers to their home, everybody else to the sign-in page."""
    actor = request.actor
    if actor is None:
        raise SignInNeeded
    return redirect("queue" if actor.is_staff else "customer_home")
