"""The deadlines of a ticket, as its page shows them."""

from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView, instant
from api.openapi import problems
from api.shapes import ClocksSerializer, ReceiptSerializer
from contracts.selectors import terms_of
from slas.receipt import clock_receipt, receipt_document
from slas.selectors import Receipt, clocks, receipt
from tickets import selectors
from tickets.models import Ticket


class Clocks(ApiView):
    """GET /api/v1/tickets/<reference>/clocks."""

    reads = "tickets:read"

    @extend_schema(
        operation_id="clocks",
        summary=gettext_lazy("Read the deadlines of a ticket"),
        description=gettext_lazy(
            "Every target of the ticket, folded from its journal now, with each step of the reckoning and its clause."
        ),
        responses={200: ClocksSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """Every clock of the ticket."""
        ticket = selectors.ticket(self.actor, reference)
        told = [
            receipt(self.actor, ticket, row.target, language=self.language, at=self.at)
            for row in clocks(self.actor, ticket)
        ]
        return Response(
            {
                "ticket": ticket.reference,
                "as_of": instant(self.at),
                "clocks": [_clock(ticket, one, self.language) for one in told],
            }
        )


class ClockReceipt(ApiView):
    """GET /api/v1/tickets/<reference>/clocks/<target>/receipt."""

    reads = "tickets:read"

    @extend_schema(
        operation_id="clock_receipt",
        summary=gettext_lazy("Read the receipt of a deadline"),
        description=gettext_lazy(
            "Every interval that counted or did not, to the second, with its clause; on which terms, calendar and "
            "changes of the contract it rests; and who changed what."
        ),
        responses={200: ReceiptSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str, target: str) -> Response:
        """The receipt of one target, for the caller's clock and language."""
        ticket = selectors.ticket(self.actor, reference)
        found = clock_receipt(self.actor, ticket, target, at=self.at)
        return Response(receipt_document(found, self.language, ZoneInfo(self.actor.time_zone)))


def _receipt_address(ticket: Ticket, target: str) -> str:
    return reverse("api_clock_receipt", kwargs={"reference": ticket.reference, "target": target})


def _clock(ticket: Ticket, told: Receipt, language: str) -> dict[str, Any]:
    target = terms_of(ticket).target_terms(told.target)
    return {
        "target": told.target,
        "label": target.label.text(language),
        "severity": told.severity,
        "status": told.status,
        "due_at": instant(told.due_at),
        "met_at": instant(told.met_at),
        "breached_at": instant(told.breached_at),
        "remaining_seconds": told.remaining_seconds,
        "zone": told.zone,
        "terms": told.terms_label,
        "receipt": None if told.status == "pending" else _receipt_address(ticket, told.target),
        "steps": [{"at": instant(line.at), "text": line.text, "clause": line.clause} for line in told.lines],
    }
