"""Questions about tickets, each answered for one actor through the one predicate."""

from uuid import UUID

from django.db.models import Case, Q, QuerySet, When, prefetch_related_objects

from accounts.errors import NotFound
from accounts.questions import question
from accounts.tenancy import Actor
from contracts.selectors import terms_by_id
from tickets.models import Attachment, Comment, Event, Ticket, Workaround
from tickets.queue import ORDERS as ORDERS
from tickets.queue import PAGE_LIMIT as PAGE_LIMIT
from tickets.queue import STATE_FILTERS as STATE_FILTERS
from tickets.queue import QueuePage as QueuePage
from tickets.queue import queue as queue
from tickets.states import FINAL_STATES, OPEN_STATES


def tickets(actor: Actor) -> QuerySet[Ticket]:
    """Every ticket that the actor may see."""
    return Ticket.objects.visible_to(actor)


def ticket(actor: Actor, reference: str) -> Ticket:
    """One ticket with its customer, contract, environment and team; raises ``NotFound``."""
    found = _ticket.one(actor, reference)
    if found is None:
        raise NotFound
    return found


@question
def _ticket(actor: Actor, reference: str) -> QuerySet[Ticket]:
    return tickets(actor).select_related("customer", "contract", "environment", "team").filter(reference=reference)


def conversation(actor: Actor, about: Ticket) -> list[Comment]:
    """The messages that the actor may read, oldest first, with their files."""
    found = _comments(actor, about.id)
    prefetch_related_objects(found, "attachments")
    return found


@question
def _comments(actor: Actor, ticket_id: UUID) -> QuerySet[Comment]:
    return Comment.objects.visible_to(actor).filter(ticket_id=ticket_id)


def timeline(actor: Actor, about: Ticket) -> list[Event]:
    """The journal entries that the actor may read, in order."""
    return _journal(actor, about.id)


@question
def _journal(actor: Actor, ticket_id: UUID) -> QuerySet[Event]:
    return Event.objects.visible_to(actor).filter(ticket_id=ticket_id)


def filed_files(actor: Actor, about: Ticket) -> list[Attachment]:
    """The files that came with the ticket itself, not with a later message."""
    return _filed_files(actor, about.id)


@question
def _filed_files(actor: Actor, ticket_id: UUID) -> QuerySet[Attachment]:
    return Attachment.objects.visible_to(actor).filter(ticket_id=ticket_id, comment__isnull=True)


def customer_cases(
    actor: Actor, *, state: str = "open", search: str = "", after: str = "", size: int = 50
) -> QueuePage:
    """A page of what a customer sees, last public change first: private work moves nothing.

    Raises ``Invalid`` for a state or cursor that is not offered.
    """
    return queue(actor, state=state, search=search, order="told", after=after, size=size)


def waiting_for_customer(actor: Actor, *, size: int = 50) -> tuple[list[Ticket], bool]:
    """The tickets in which it is the customer's turn, and whether there are more: questions and workarounds on offer
    before resolutions, last public change first, however many other tickets there are.

    Whose turn it is, the workflow of each version of the terms says; a workaround on offer is the customer's turn
    whatever the state.
    """
    rows = tickets(actor).exclude(state__one_of=FINAL_STATES)
    is_open = Q(state__one_of=OPEN_STATES)
    turn = is_open & Q(workaround=Workaround.OFFERED)
    for terms_id in rows.order_by().values_list("terms_id", flat=True).distinct():
        turn |= Q(terms_id=terms_id, contract_state__in=_turns_of_customer(terms_id))
    urgent_first = Case(When(is_open, then=0), default=1)
    found = rows.filter(turn).select_related("customer").order_by(urgent_first, "-public_updated_at", "-id")
    shown = list(found[: size + 1])
    return shown[:size], len(shown) > size


def _turns_of_customer(terms_id: UUID) -> list[str]:
    """The states of a contract in which its customer is to act."""
    return [state.code for state in terms_by_id(terms_id).workflow.states if state.waits_for == "customer"]
