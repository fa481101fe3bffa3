"""What an actor may do with a ticket now: the faces offer these and nothing else."""

from accounts.tenancy import Actor
from contracts.selectors import terms_of
from tickets.models import Ticket
from tickets.states import FINAL_STATES, OPEN_STATES, State


def acts_offered(actor: Actor, ticket: Ticket) -> frozenset[str]:
    """Names of the acts that would not be refused outright: take assign reply note ask call resolve reopen close
    severity."""
    offered = {name for name in _possible(ticket) if actor.may(f"ticket.{name}")}
    if ticket.assignee_id is not None:
        offered.discard("take")
    workflow = terms_of(ticket).workflow
    moving = {"resolve", "reopen", "close"} | ({"ask"} if ticket.state != State.WAITING_CUSTOMER else set())
    offered -= {act for act in moving if not workflow.allows(act, ticket.state, actor.side)}
    return frozenset(offered)


def _possible(ticket: Ticket) -> set[str]:
    acts: set[str] = set()
    if ticket.state in OPEN_STATES:
        acts |= {"take", "assign", "ask", "call", "resolve", "severity"}
    if ticket.state == State.RESOLVED:
        acts |= {"reopen", "close"}
    if ticket.state not in FINAL_STATES:
        acts |= {"reply", "note"}
    return acts
