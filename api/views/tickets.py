"""Tickets: those that the caller may see, one of them, and a new one."""

from typing import Any, ClassVar, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from accounts.tenancy import Actor
from api.acts import names_offered
from api.base import ApiView, instant
from api.bodies import FilingBody, read
from api.cards import answers, clock_card, duty_card, ticket_card
from api.etags import etag
from api.listing import FIELDS, PARAMETERS, page_of
from api.once import once
from api.openapi import KEYED, TAGGED, problems
from api.paging import size_of
from api.problems import Unfit, Violation
from api.ticket_shapes import TicketDetailSerializer, TicketsSerializer
from contracts.models import Contract
from contracts.selectors import contracts, filing_right
from contracts.terms import Terms
from lifecycle.disputes import DECIDING
from lifecycle.duties import plan_version
from lifecycle.services import file_ticket
from slas.clocks import reckon
from slas.duties import follow
from tickets import selectors
from tickets.events import CLOCK_FACTS, DUTY_FACTS, Kind
from tickets.models import Event, Ticket

_FILING: Final = {
    "contract": "C-2026-17",
    "environment": "0199f0a2-7c1e-7a44-9f5d-2b1c8e6a4d10",
    "severity": "critical",
    "title": "Reports stay empty after the import",
    "description": "Since this morning every report opens without rows.",
    "details": {
        "symptoms": "Empty reports",
        "steps": "Open any report",
        "consequences": "The audit cannot go on",
        "customisation": "none",
    },
}


class Tickets(ApiView):
    """GET and POST /api/v1/tickets."""

    reads = "tickets:read"
    writes = "tickets:write"
    query_fields: ClassVar[frozenset[str]] = FIELDS

    @extend_schema(
        operation_id="tickets",
        summary=gettext_lazy("List tickets"),
        description=gettext_lazy("The tickets that you may see, page by page; filters narrow each other down."),
        parameters=list(PARAMETERS),
        responses={200: TicketsSerializer, **problems(400)},
    )
    def get(self, request: Request) -> Response:
        """One page."""
        asked = request.query_params.dict()
        page = page_of(self.actor, asked, size_of(asked.get("size")))
        cards = [ticket_card(self.actor, row, self.language) for row in page.rows]
        return Response({"tickets": cards, "next": page.next, "search_is_cut": page.is_cut})

    @extend_schema(
        operation_id="file_ticket",
        summary=gettext_lazy("File a ticket"),
        description=gettext_lazy(
            "Under a contract that names you as a contact. The contract says which severities there are and what it "
            "asks: read it first."
        ),
        parameters=[KEYED, TAGGED],
        request=FilingBody,
        responses={201: TicketDetailSerializer, **problems(400, 409, 413, 415, 422)},
        examples=[OpenApiExample("filing", value=_FILING, request_only=True)],
    )
    @once
    def post(self, request: Request) -> Response:
        """File it; the clocks start now."""
        _no_query(request)
        given = read(FilingBody, request.data)
        contract = _contract(self.actor, given.pop("contract"))
        right = filing_right(self.actor, contract, self.at)
        terms = right.holding.terms
        _require_questions(terms, given.get("details", {}))
        try:
            wanted: dict[str, Any] = {"contract_id": contract.id, "right": right} | _arguments(given)
            filed = file_ticket(actor=self.actor, at=self.at, **wanted)
        except Invalid as error:
            raise Invalid(_renamed(error, terms)) from error
        ticket = selectors.ticket(self.actor, filed.reference)
        address = reverse("api_ticket", kwargs={"reference": ticket.reference})
        return told(self, ticket, status=201, headers={"Location": address})


class OneTicket(ApiView):
    """GET /api/v1/tickets/<reference>."""

    reads = "tickets:read"

    @extend_schema(
        operation_id="ticket",
        summary=gettext_lazy("Read a ticket"),
        description=gettext_lazy(
            "With its deadlines, counted from the journal now, and the names of the acts offered to you."
        ),
        parameters=[TAGGED],
        responses={200: TicketDetailSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """The ticket of that reference."""
        return told(self, selectors.ticket(self.actor, reference))


def told(view: ApiView, ticket: Ticket, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The answer with all of a ticket, and its version."""
    tag = {"ETag": etag(view.actor, ticket)}
    return Response(detail(view, ticket), status=status, headers={**tag, **(headers or {})})


def detail(view: ApiView, ticket: Ticket) -> dict[str, Any]:
    """All of a ticket but its conversation, journal and files, which have pages of their own."""
    actor, language = view.actor, view.language
    kinds = sorted(DUTY_FACTS | DECIDING)
    journal = list(Event.objects.visible_to(actor).filter(ticket=ticket, kind__in=kinds).order_by("seq"))
    facts = [event for event in journal if event.kind in CLOCK_FACTS]
    reckonings = [one for one in reckon(ticket, facts, view.at) if one.state.status != "none"]
    plans = [event for event in journal if event.kind == Kind.ACTION_PLAN]
    return {
        **ticket_card(actor, ticket, language),
        "as_of": instant(view.at),
        "description": ticket.description,
        "details": answers(ticket, language),
        "clocks": [clock_card(ticket, one, language) for one in reckonings],
        "duties": [duty_card(one, language) for one in follow(ticket, journal, view.at) if one.since is not None],
        "action_plan_version": plan_version(plans[-1] if plans else None),
        "transitions": sorted(names_offered(actor, ticket, journal)),
    }


# Filing ---------------------------------------------------------------------------------------------------------------
def _no_query(request: Request) -> None:
    """The filters are for the list."""
    if names := sorted(request.query_params.keys())[:10]:
        told = _("This parameter is not known here.")
        raise Unfit([Violation("parameter", name, "unknown", told) for name in names])


def _contract(actor: Actor, reference: str) -> Contract:
    found = contracts(actor).filter(reference=reference).first()
    if found is None:
        raise Unfit([Violation("pointer", "contract", "not_found", _("Use the reference of one that you may see."))])
    return found


def _require_questions(terms: Terms, given: dict[str, str]) -> None:
    known = {field.code for field in terms.filing}
    unknown = sorted(given.keys() - known)[:10]
    if unknown:
        told = _("The contract does not ask this.")
        raise Unfit([Violation("pointer", f"details.{name[:80]}", "unknown", told) for name in unknown])


def _arguments(given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, by the names of the service."""
    names = {"environment": "environment_id", "attachments": "attachment_ids"}
    return {"environment_id": None} | {names.get(name, name): value for name, value in given.items()}


def _renamed(error: Invalid, terms: Terms) -> dict[str, list[str]]:
    """The service's errors at the fields of the body."""
    names = {field.code: f"details.{field.code}" for field in terms.filing}
    names |= {"files": "attachments", "contract_id": "contract", "environment_id": "environment"}
    return {names.get(name, name): lines for name, lines in error.errors.items()}
