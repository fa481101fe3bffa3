"""Which holds, exclusions and contests an actor may begin or end now. They live in the journal alone."""

from collections.abc import Sequence

from accounts.tenancy import Actor
from contracts.selectors import terms_of
from lifecycle.contests import READ, Contest, contests_of, standing_exclusion
from lifecycle.holds import standing_hold
from tickets.events import Kind
from tickets.models import Event, Ticket
from tickets.states import FINAL_STATES, OPEN_STATES

DECIDING = READ | {Kind.HELD, Kind.RELEASED}
"""Kinds of entries that say which of these acts are possible."""
DECISIONS = {
    "accept_contest": "ticket.agree",
    "decline_contest": "ticket.agree",
    "withdraw_contest": "ticket.contest",
}
"""What ends a contest, and the permission that it takes."""


def told_in_journal(actor: Actor, ticket: Ticket) -> list[Event]:
    """The entries that ``acts_about_figures`` and ``contests_open_to`` are decided from, in order; one question."""
    rows = Event.objects.visible_to(actor).filter(ticket_id=ticket.pk, kind__in=sorted(DECIDING))
    return list(rows.order_by("seq"))


def acts_about_figures(actor: Actor, ticket: Ticket, journal: Sequence[Event]) -> frozenset[str]:
    """Names of the acts that would not be refused outright: hold release exclude reinstate contest accept_contest
    decline_contest withdraw_contest."""
    terms, offered = terms_of(ticket), set[str]()
    if terms.holds and actor.may("ticket.hold"):
        is_held = standing_hold(journal) is not None
        if ticket.state not in FINAL_STATES if is_held else ticket.state in OPEN_STATES:
            offered.add("release" if is_held else "hold")
    if terms.exclusion_reasons and actor.may("ticket.exclude"):
        offered.add("reinstate" if standing_exclusion(journal) else "exclude")
    if actor.may("ticket.contest"):
        offered.add("contest")
    return frozenset(offered | {act for act in DECISIONS if contests_open_to(actor, journal, act)})


def contests_open_to(actor: Actor, journal: Sequence[Event], act: str) -> list[Contest]:
    """The contests that the actor could end by ``act``: his own side's he withdraws, on the other side's he decides."""
    if not actor.may(DECISIONS[act]):
        return []
    is_own = act == "withdraw_contest"
    return [one for one in contests_of(journal) if one.ended is None and (one.side == actor.side) == is_own]
