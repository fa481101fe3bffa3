"""The action plan of a ticket: written by the provider, shared with the customer, replaced as work goes on (HOP-5)."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.errors import Change, Invalid, Refused, Stale
from accounts.tenancy import Actor
from contracts.selectors import terms_of
from lifecycle import guards, pipeline
from lifecycle.acts import Act, Message
from lifecycle.inputs import body_of
from lifecycle.services import begun_by
from slas.duties import knows_action_plans
from tickets.events import Kind
from tickets.models import Event, Ticket


def write_action_plan(*, actor: Actor, at: datetime, reference: str, body: str, expected_plan: int | None) -> Ticket:
    """Write the action plan, or put another in its place. It is a contact (R6c), and word of the day (HOP-5).

    ``expected_plan`` is the version of the plan that the writer saw, 0 for none. Raises ``Invalid`` without it,
    ``Stale`` where somebody has written another since, ``Refused`` where the contract knows no action plan.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        if not knows_action_plans(terms_of(ticket)):
            raise Refused(_("This contract knows no action plan."), code="no_action_plan")
        last = last_plan(ticket)
        version = plan_version(last)
        _require_seen(last, version, expected_plan)
        return Act(
            Kind.ACTION_PLAN,
            transition=begun_by(actor, ticket),
            data={"action_plan": {"old": version, "new": version + 1}},
            message=Message(body_of(body)),
        )

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.plan", decide=decide)


def last_plan(ticket: Ticket) -> Event | None:
    """The entry of the journal with the plan as it is now."""
    return Event.objects.filter(ticket_id=ticket.pk, kind=Kind.ACTION_PLAN).order_by("seq").last()


def plan_version(event: Event | None) -> int:
    """How many times a plan was written; 0 where there is none."""
    return int(event.data["action_plan"]["new"]) if event else 0


def _require_seen(last: Event | None, version: int, expected: int | None) -> None:
    """A plan takes the place of the one that its writer saw."""
    if expected is None or expected > version or expected < 0:
        raise Invalid({"expected_plan": [_("Reload the page: the form is out of date.")]})
    if last is not None and expected < version:
        change = Change(last.at, last.actor_name, last.actor_side, last.kind, last.data)
        raise Stale(_("Somebody changed this since you opened the form."), changes=[change])
