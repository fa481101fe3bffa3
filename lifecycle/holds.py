"""Support withheld because a condition of the contract is not fulfilled (GEN-8), and given again.

A hold lives in the journal alone: an event with one of the contract's reasons begins it, another ends it, because the
condition is fulfilled again or because the provider lets the ticket through. Both sides read who did so and why. While
it lasts no clock of the ticket runs.
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.errors import Invalid, Refused
from accounts.tenancy import Actor
from contracts.selectors import terms_of
from contracts.terms import Terms
from lifecycle import guards, pipeline
from lifecycle.acts import Act
from tickets.events import Kind
from tickets.models import Event, Ticket
from tickets.text import bounded, clean_text

MAX_REASON = 2_000


def standing_hold(events: Iterable[Event]) -> Event | None:
    """The event that put support on hold, if it still is, from the journal in order."""
    found: Event | None = None
    for event in events:
        if event.kind in (Kind.HELD, Kind.RELEASED):
            found = event if event.kind == Kind.HELD else None
    return found


def hold_ticket(
    *, actor: Actor, at: datetime, reference: str, reason_code: str, reason: str, expected_version: int | None
) -> Ticket:
    """Put support on hold for one of the contract's reasons, and say why it applies: no clock runs meanwhile (GEN-8).

    Raises ``Invalid`` for a reason that the contract does not have, ``Refused`` where it knows no hold at all, or the
    ticket is on hold already or no longer open.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        _require_reason(terms_of(ticket), reason_code)
        if _standing(actor, ticket):
            raise Refused(_("Support is already on hold here."), code="already_held")
        data = {"hold": {"old": "", "new": reason_code}, "reason": _text(reason)}
        return Act(Kind.HELD, data=data)

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.hold",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def release_ticket(*, actor: Actor, at: datetime, reference: str, reason: str, expected_version: int | None) -> Ticket:
    """Give support again, and say why: the clocks run on with what remained. Raises ``Refused`` where none is held."""

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        held = _standing(actor, ticket)
        if held is None:
            raise Refused(_("Support is not on hold here."), code="not_held")
        data = {"hold": {"old": held.data["hold"]["new"], "new": ""}, "reason": _text(reason)}
        return Act(Kind.RELEASED, data=data)

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.hold",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def _standing(actor: Actor, ticket: Ticket) -> Event | None:
    rows = Event.objects.visible_to(actor).filter(ticket_id=ticket.pk, kind__in=[Kind.HELD, Kind.RELEASED])
    return standing_hold(rows.order_by("seq"))


def _require_reason(terms: Terms, code: str) -> None:
    if not terms.holds:
        raise Refused(_("This contract knows no reason to put support on hold."), code="no_holds")
    if code not in {hold.code for hold in terms.holds}:
        raise Invalid({"reason_code": [_("Choose one of the reasons of the contract.")]})


def _text(text: str) -> str:
    return bounded(clean_text(text, field="reason"), field="reason", maximum=MAX_REASON)
