"""What is said with an act: the comment, whom it mentions, and the files that become part of it.

Only ``lifecycle.pipeline`` may import this module.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from accounts.identifiers import uuid7
from accounts.models import Membership
from accounts.tenancy import Actor
from lifecycle import guards
from lifecycle.acts import Act
from tickets.mentions import addressed
from tickets.models import Attachment, Comment, Ticket


def with_mentions(actor: Actor, act: Act) -> tuple[Act, Sequence[Membership]]:
    """The act with the colleagues whom its message mentions, who are told so and watch the ticket from now on."""
    found = addressed(actor, act.message.body) if act.message else None
    if act.message is None or found is None or not found.people:
        return act, ()
    told = [{"id": str(one.id), "name": one.display_name} for one in found.people]
    others = [one for one in found.people if one.id != actor.membership_id]
    message = replace(act.message, body=found.text)
    return replace(act, message=message, data=act.data | {"mentions": told}), others


def write_comment(actor: Actor, at: datetime, ticket: Ticket, act: Act) -> Comment:
    """Write what is said with an act, and give it its files."""
    assert act.message is not None
    comment = Comment(
        id=uuid7(),
        provider_id=ticket.provider_id,
        customer_id=ticket.customer_id,
        ticket_id=ticket.pk,
        visibility=act.message.visibility,
        kind=act.kind,
        body=act.message.body,
        author_id=actor.person,
        author_name=actor.name,
        author_side=actor.side,
        at=at,
    )
    comment.save(force_insert=True)
    bind(act.message.attachments, ticket, comment, act.message.visibility)
    return comment


def bind(files: Sequence[Attachment], ticket: Ticket, comment: Comment | None, visibility: str) -> None:
    """Give uploads their ticket, their message and its visibility; only now do others see them.

    Of two messages that name the same upload at once one gets it and the other is refused.
    """
    for attachment in files:
        unbound = Attachment.objects.filter(pk=attachment.pk, ticket__isnull=True)
        bound = unbound.update(
            customer_id=ticket.customer_id, ticket_id=ticket.pk, comment=comment, visibility=visibility
        )
        guards.require_bound(bound)
