"""What an actor may do with a ticket now: the faces offer these and nothing else."""

from accounts.tenancy import Actor
from contracts.selectors import terms_of
from contracts.terms import Transition
from lifecycle.guards import knows_workarounds
from slas.duties import knows_action_plans
from tickets.models import Ticket, Workaround
from tickets.states import FINAL_STATES, OPEN_STATES, State


def acts_offered(actor: Actor, ticket: Ticket) -> frozenset[str]:
    """Names of the acts that would not be refused outright: take assign team reply note ask call workaround
    accept_workaround decline_workaround resolve move reopen close severity."""
    offered = {name for name in _possible(ticket) if actor.may(f"ticket.{name}")}
    if ticket.assignee_id is not None:
        offered.discard("take")
    workflow = terms_of(ticket).workflow
    moving = {"resolve", "reopen", "close"} | ({"ask"} if ticket.state != State.WAITING_CUSTOMER else set())
    offered -= {act for act in moving if not workflow.ways(act, ticket.contract_state, actor.side)}
    if not steps_offered(actor, ticket):
        offered.discard("move")
    return frozenset(offered)


def steps_offered(actor: Actor, ticket: Ticket) -> tuple[Transition, ...]:
    """The contract's own steps that the actor's side may take from where the ticket stands, in the contract's order."""
    if not actor.may("ticket.move"):
        return ()
    return terms_of(ticket).workflow.ways("move", ticket.contract_state, actor.side)


def resolving_steps(actor: Actor, ticket: Ticket) -> tuple[Transition, ...]:
    """The contract's ways of resolving from where the ticket stands; where there are several, the act names one."""
    return terms_of(ticket).workflow.ways("resolve", ticket.contract_state, actor.side)


def _possible(ticket: Ticket) -> set[str]:
    acts: set[str] = set()
    if ticket.state in OPEN_STATES:
        acts |= _about_plans(ticket)
        acts |= {"take", "assign", "team", "ask", "call", "resolve", "severity"} | _about_workarounds(ticket)
    if ticket.state == State.RESOLVED:
        acts |= {"reopen", "close"}
    if ticket.state not in FINAL_STATES:
        acts |= {"reply", "note", "move"}
    return acts


def _about_plans(ticket: Ticket) -> set[str]:
    return {"plan"} if knows_action_plans(terms_of(ticket)) else set()


def _about_workarounds(ticket: Ticket) -> set[str]:
    if not knows_workarounds(terms_of(ticket)):
        return set()
    is_offered = ticket.workaround == Workaround.OFFERED
    return {"accept_workaround", "decline_workaround"} if is_offered else {"workaround"}
