"""The steps of a contract's workflow that go along with an act of the product."""

from accounts.tenancy import Actor
from contracts import selectors as contracts
from tickets.models import Ticket


def if_known(act: str, ticket: Ticket, actor: Actor) -> str:
    """An act that goes along with another one, where the contract's workflow has it from here; else nothing moves."""
    way = contracts.terms_of(ticket).workflow.way(act, ticket.contract_state, actor.side)
    return way.code if way else ""


def begun_by(actor: Actor, ticket: Ticket) -> str:
    """The step by which work begins where the contract's workflow has it from here; else nothing moves."""
    return if_known("take", ticket, actor)


def resolving(ticket: Ticket) -> str:
    """The provider's first way of resolving from where the ticket stands."""
    ways = contracts.terms_of(ticket).workflow.ways("resolve", ticket.contract_state, "provider")
    return ways[0].code if ways else "resolve"
