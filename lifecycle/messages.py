"""What is said on a ticket: replies, questions to the customer, notes, telephone calls.

As with the acts of ``lifecycle.services``: through the pipeline, and a refused one has written nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.tenancy import Actor
from lifecycle import guards, pipeline
from lifecycle.acts import Act, Message
from lifecycle.inputs import body_of, files_of
from lifecycle.unread import require_read
from lifecycle.ways import if_known
from tickets.events import Kind
from tickets.models import Ticket, Visibility
from tickets.states import State


def reply(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    body: str,
    attachment_ids: Sequence[UUID] = (),
    seen: int | None = None,
) -> Ticket:
    """Say something that both sides read. From the provider it is a contact (R6c); from the customer, an answer where
    one was asked for. It overwrites nothing: it is ``Stale`` only for a writer who says what he had ``seen``."""

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        message = _to_both(actor, ticket, body, attachment_ids, seen)
        if actor.is_staff:
            return Act(Kind.REPLIED, transition=if_known("take", ticket, actor), message=message)
        answer = if_known("answer", ticket, actor)
        return Act(Kind.ANSWERED if answer else Kind.COMMENTED, transition=answer, message=message)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.reply", decide=decide)


def request_information(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    body: str,
    attachment_ids: Sequence[UUID] = (),
    seen: int | None = None,
) -> Ticket:
    """Ask the customer; the ticket waits for the answer. It is a contact (R6c). ``seen`` as for a reply."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        message = _to_both(actor, ticket, body, attachment_ids, seen)
        waits = ticket.state == State.WAITING_CUSTOMER
        return Act(Kind.INFORMATION_REQUESTED, transition="" if waits else "ask", message=message)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.ask", decide=decide)


def _to_both(actor: Actor, ticket: Ticket, body: str, attachment_ids: Sequence[UUID], seen: int | None) -> Message:
    """What both sides read, of somebody who has read what was written before."""
    require_read(actor, ticket, seen)
    return Message(body_of(body), attachments=files_of(actor, attachment_ids))


def add_note(*, actor: Actor, at: datetime, reference: str, body: str, attachment_ids: Sequence[UUID] = ()) -> Ticket:
    """Write a private note, for staff only. It meets no target and leaves no trace on the customer's side."""

    def decide(ticket: Ticket) -> Act:
        guards.require_not_final(ticket)
        message = Message(body_of(body), Visibility.PRIVATE, files_of(actor, attachment_ids))
        return Act(Kind.NOTED, message=message, visibility=Visibility.PRIVATE)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.note", decide=decide)


def log_call(*, actor: Actor, at: datetime, reference: str, body: str) -> Ticket:
    """Record a telephone call with the customer; both sides read the summary. It is a contact (R6c, HOP-7), and where
    an answer was awaited the call is that answer: work goes on."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        moves = if_known("take", ticket, actor) or if_known("resume", ticket, actor)
        return Act(Kind.CALL_LOGGED, transition=moves, message=Message(body_of(body)))

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.call", decide=decide)
