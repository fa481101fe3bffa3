"""What a change of severity would do, asked before it is made, under the rules of the act itself. Writes nothing."""

from datetime import datetime

from accounts.tenancy import Actor
from contracts import selectors as contracts
from lifecycle import guards
from slas.preview import SeverityPreview, preview_severity
from tickets.models import Ticket


def severity_preview(
    *, actor: Actor, at: datetime, ticket: Ticket, severity: str, severity_kind: str, language: str
) -> list[SeverityPreview]:
    """The clocks of ``ticket`` before and after a change at ``at`` (R18, HSA-9).

    Raises ``Forbidden``, ``Invalid`` for a severity that the contract does not have, and ``Refused`` where the change
    itself would be: a ticket that is not open, the severity that it has already, clocks that cannot be counted.
    """
    actor.require("ticket.severity")
    guards.require_open(ticket)
    guards.require_severity(contracts.terms_of(ticket), severity, severity_kind)
    guards.require_other_severity(ticket, severity, severity_kind)
    return preview_severity(actor=actor, about=ticket, severity=severity, at=at, language=language)
