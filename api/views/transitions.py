"""What can be done with a ticket now, and doing it."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from api.acts import ACTS, Act, offers
from api.base import ApiView
from api.bodies import read
from api.etags import etag, expected_version
from api.once import once
from api.openapi import KEYED, TAGGED, VERSIONED, problems
from api.ticket_shapes import OffersSerializer, TicketDetailSerializer
from api.views.tickets import told
from tickets import selectors


class Transitions(ApiView):
    """GET /api/v1/tickets/<reference>/transitions."""

    reads = "tickets:read"

    @extend_schema(
        operation_id="transitions",
        summary=gettext_lazy("Read what can be done now"),
        description=gettext_lazy(
            "The acts that are offered to you on this ticket as it stands, each with its fields and their choices."
        ),
        parameters=[TAGGED],
        responses={200: OffersSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """Every act on offer."""
        ticket = selectors.ticket(self.actor, reference)
        tag = etag(self.actor, ticket)
        body = {
            "ticket": ticket.reference,
            "etag": tag,
            "transitions": offers(self.actor, ticket, self.language),
        }
        return Response(body, headers={"ETag": tag})


class DoAct(ApiView):
    """POST /api/v1/tickets/<reference>/transitions/<name>: one class per act, made by ``view_of``."""

    reads = "tickets:read"
    writes = "tickets:write"
    http_method_names = ["post"]
    act: ClassVar[Act]

    @once
    def post(self, request: Request, reference: str) -> Response:
        """Do it, and answer with the ticket as it is then."""
        ticket = selectors.ticket(self.actor, reference)
        given = self.act.arguments(read(self.act.body, request.data))
        if self.act.is_edit:
            given["expected_version"] = expected_version(request, self.actor, ticket)
        try:
            self.act.service(actor=self.actor, at=self.at, reference=reference, **given)
        except Invalid as error:
            raise Invalid({_NAMES.get(name, name): lines for name, lines in error.errors.items()}) from error
        return told(self, selectors.ticket(self.actor, reference))


_NAMES = {"files": "attachments", "assignee_id": "assignee", "team_id": "team", "contest_id": "contest"}


def view_of(act: Act) -> Any:
    """The view that does ``act``, with its description."""
    described = extend_schema(
        operation_id=f"ticket_{act.name}",
        summary=act.label,
        description=act.about,
        parameters=[KEYED, TAGGED, *([VERSIONED] if act.is_edit else [])],
        request=act.body,
        responses={
            200: TicketDetailSerializer,
            **problems(400, 404, 409, 413, 415, 422, *((412, 428) if act.is_edit else ())),
        },
        examples=[OpenApiExample(act.name, value=dict(act.example), request_only=True)] if act.example else [],
    )
    made = type(f"Do_{act.name}", (DoAct,), {"act": act, "__doc__": DoAct.__doc__, "post": _post_of()})
    made.post = described(made.post)  # type: ignore[attr-defined]
    return made.as_view()  # type: ignore[attr-defined]


def _post_of() -> Any:
    """A method of its own, because a description is kept on the method."""

    def post(self: DoAct, request: Request, reference: str) -> Response:
        return DoAct.post(self, request, reference)

    return post


VIEWS = {act.name: view_of(act) for act in ACTS}
"""Name of an act → its view."""
