"""Support that is on hold: why, by whose word, and who may end it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.tenancy import Actor
from lifecycle.holds import standing_hold
from tickets.models import Event, Ticket
from tickets.states import FINAL_STATES, OPEN_STATES
from web.presenters.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class HoldView:
    """The hold that lasts, in the words of the contract and of whoever began it."""

    reason: str
    explanation: str
    clause: str
    who: str
    at: datetime


def present_hold(journal: Iterable[Event], words: Vocabulary) -> HoldView | None:
    """Read from the journal that the page has loaded already; None where support is given."""
    event = standing_hold(journal)
    if event is None:
        return None
    code = str(event.data["hold"]["new"])
    hold = words.hold(code)
    return HoldView(
        reason=hold.label.text(words.language) if hold else code,
        explanation=str(event.data["reason"]),
        clause=hold.clauses[0] if hold else "",
        who=event.actor_name,
        at=event.at,
    )


def hold_acts(actor: Actor, ticket: Ticket, words: Vocabulary, hold: HoldView | None) -> frozenset[str]:
    """``hold`` or ``release``, where the actor may do it and the contract knows such a thing."""
    if not actor.may("ticket.hold") or not words.terms.holds:
        return frozenset()
    if hold is not None:
        return frozenset({"release"} if ticket.state not in FINAL_STATES else ())
    return frozenset({"hold"} if ticket.state in OPEN_STATES else ())
