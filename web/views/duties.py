"""The action plan of a ticket (HOP-5): written by the provider, read by both sides."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.access import for_staff
from accounts.requests import ActingRequest
from lifecycle.duties import write_action_plan
from tickets import selectors
from web.forms.acts import PlanForm
from web.methods import only
from web.views.acts import Attempt


@for_staff
@only("POST")
def plan(request: ActingRequest, reference: str) -> HttpResponse:
    """POST /tickets/<reference>/plan/: the action plan, or another in its place; 409 where somebody was quicker."""
    ticket = selectors.ticket(request.actor, reference)
    attempt = Attempt(request, ticket, "plan", _("The action plan is shared with the customer."), {})
    form = PlanForm(data=request.POST, auto_id="plan_%s")
    return attempt.carry_out(
        form,
        lambda given: write_action_plan(actor=request.actor, at=request.at, reference=reference, **given),
    )
