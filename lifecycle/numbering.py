"""Ticket numbers: one sequence per provider, without gaps, so that a number says nothing of other providers."""

from django.db.models import F

from accounts.models import Provider, TicketCounter
from accounts.tenancy import Actor


def next_number(actor: Actor) -> tuple[int, str]:
    """The next number and reference of the actor's provider. Holds the counter's row until the transaction ends."""
    rows = TicketCounter.objects.visible_to(actor)
    rows.update(last_number=F("last_number") + 1)
    number: int = rows.values_list("last_number", flat=True).get()
    prefix = Provider.objects.visible_to(actor).values_list("ticket_prefix", flat=True).get()
    return number, f"{prefix}-{number}"
