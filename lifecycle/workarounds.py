"""A workaround: offered by the provider, accepted or declined by the customer (OCT-10).

As with the acts of ``lifecycle.services``: through the pipeline, and a refused one has written nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.tenancy import Actor
from contracts import selectors as contracts
from lifecycle import guards, pipeline
from lifecycle.acts import Act, Message
from lifecycle.inputs import body_of, files_of
from lifecycle.ways import if_known, resolving
from tickets.events import Kind
from tickets.models import Event, Ticket, Workaround, WorkaroundKind


def offer_workaround(
    *,
    actor: Actor,
    at: datetime,
    reference: str,
    kind: str,
    body: str,
    resolution_type: str = "",
    attachment_ids: Sequence[UUID] = (),
) -> Ticket:
    """Offer a workaround that the customer can accept or decline (OCT-10). It is a contact (R6c).

    A final one names the type of resolution that it will be; the severity stays as it is.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        terms = contracts.terms_of(ticket)
        guards.require_workarounds(terms)
        guards.require_no_open_offer(ticket)
        guards.require_workaround_kind(kind)
        is_final = kind == WorkaroundKind.FINAL
        if is_final:
            guards.require_resolution_type(terms, resolution_type)
        return Act(
            Kind.WORKAROUND_OFFERED,
            transition=if_known("take", ticket, actor),
            changes={"workaround": Workaround.OFFERED, "workaround_kind": kind},
            data={
                "workaround": {"old": ticket.workaround, "new": Workaround.OFFERED, "kind": kind},
                "resolution_type": resolution_type if is_final else "",
            },
            message=Message(body_of(body), attachments=files_of(actor, attachment_ids)),
        )

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.workaround", decide=decide)


def accept_workaround(
    *, actor: Actor, at: datetime, reference: str, expected_version: int | None, body: str = ""
) -> Ticket:
    """Accept the workaround on offer: it meets the target of a resolution where the contract says so (OCT-10).

    A final one resolves the ticket, as the provider offered it; a provisional one keeps it open.
    """

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        guards.require_open_offer(ticket)
        is_final = ticket.workaround_kind == WorkaroundKind.FINAL
        resolution_type = _offered_type(ticket) if is_final else ""
        return Act(
            Kind.WORKAROUND_ACCEPTED,
            transition=resolving(ticket) if is_final else "",
            side="provider",
            changes={"workaround": Workaround.ACCEPTED} | ({"resolution_type": resolution_type} if is_final else {}),
            data={
                "workaround": {
                    "old": ticket.workaround,
                    "new": Workaround.ACCEPTED,
                    "kind": ticket.workaround_kind,
                },
                "resolution_type": resolution_type,
            },
            message=Message(body_of(body)) if body.strip() else None,
        )

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.accept_workaround",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def decline_workaround(
    *, actor: Actor, at: datetime, reference: str, body: str, expected_version: int | None
) -> Ticket:
    """Decline the workaround on offer, and say why. Nothing is met by it."""

    def decide(ticket: Ticket) -> Act:
        guards.require_open(ticket)
        guards.require_open_offer(ticket)
        return Act(
            Kind.WORKAROUND_DECLINED,
            changes={"workaround": Workaround.DECLINED},
            data={
                "workaround": {
                    "old": ticket.workaround,
                    "new": Workaround.DECLINED,
                    "kind": ticket.workaround_kind,
                }
            },
            message=Message(body_of(body)),
        )

    return pipeline.apply(
        actor=actor,
        at=at,
        reference=reference,
        permission="ticket.decline_workaround",
        decide=decide,
        is_edit=True,
        expected_version=expected_version,
    )


def _offered_type(ticket: Ticket) -> str:
    """The type of resolution that the workaround on offer was said to be."""
    offer = Event.objects.filter(ticket_id=ticket.pk, kind=Kind.WORKAROUND_OFFERED).latest("seq")
    return str(offer.data["resolution_type"])
