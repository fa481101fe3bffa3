"""Ticket numbers: one sequence per provider, without gaps, so that a number says nothing of other providers."""

from typing import Final

from django.db import connection

from accounts.tenancy import Actor

_NEXT: Final = """
UPDATE accounts_ticketcounter counter SET last_number = last_number + 1 FROM accounts_provider provider
WHERE counter.provider_id = %s AND provider.id = counter.provider_id
RETURNING counter.last_number, provider.ticket_prefix
"""


def next_number(actor: Actor) -> tuple[int, str]:
    """The next number and reference of the actor's provider. Holds the counter's row until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [actor.provider_id])
        number, prefix = cursor.fetchone()
    return number, f"{prefix}-{number}"
