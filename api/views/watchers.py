"""Who watches a ticket: told, let in and let go by the services of the pages."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from api.base import ApiView, instant
from api.bodies import WatcherBody, read
from api.once import once
from api.openapi import KEYED, problems
from api.ticket_shapes import WatchersSerializer
from notifications import watching
from notifications.models import Watcher
from tickets import selectors
from tickets.models import Ticket, Visibility


class Watchers(ApiView):
    """GET and POST /api/v1/tickets/<reference>/watchers."""

    reads = "tickets:read"
    writes = "tickets:write"

    @extend_schema(
        operation_id="watchers",
        summary=gettext_lazy("Read who watches"),
        description=gettext_lazy(
            "Those who are told what happens to the ticket, as far as you may know of them, and whom you could add."
        ),
        responses={200: WatchersSerializer, **problems(404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """All of them."""
        return self._told(selectors.ticket(self.actor, reference))

    @extend_schema(
        operation_id="add_watcher",
        summary=gettext_lazy("Let somebody watch"),
        description=gettext_lazy(
            "Yourself, or one of the candidates. It changes nothing of the ticket and twice is as good as once, so it "
            "takes no If-Match and never conflicts."
        ),
        parameters=[KEYED],
        request=WatcherBody,
        responses={200: WatchersSerializer, **problems(400, 404, 409, 413, 415, 422)},
        examples=[OpenApiExample("oneself", value={}, request_only=True)],
    )
    @once
    def post(self, request: Request, reference: str) -> Response:
        """Add one."""
        key = read(WatcherBody, request.data).get("watcher") or self.actor.person
        try:
            ticket = watching.add(actor=self.actor, at=self.at, reference=reference, membership_id=key)
        except Invalid as error:
            raise Invalid({_NAMES.get(name, name): lines for name, lines in error.errors.items()}) from error
        return self._told(ticket)

    def _told(self, ticket: Ticket) -> Response:
        actor = self.actor
        rows = watching.watchers(actor, ticket)
        may_add = actor.may("ticket.watch")
        body = {
            "ticket": ticket.reference,
            "you_watch": any(row.membership_id == actor.membership_id for row in rows),
            "watchers": [self._card(row) for row in rows],
            "candidates": [
                {"id": str(one.id), "name": one.display_name}
                for one in (watching.candidates(actor, ticket, self.at) if may_add else ())
            ],
        }
        return Response(body)

    def _card(self, row: Watcher) -> dict[str, Any]:
        return {
            "id": str(row.membership_id),
            "name": row.membership.display_name,
            "side": "provider" if row.visibility == Visibility.PRIVATE else "customer",
            "added_by": row.added_by_name,
            "added_at": instant(row.added_at),
            "may_remove": watching.may_remove(self.actor, row),
        }


_NAMES = {"membership": "watcher"}


class OneWatcher(ApiView):
    """DELETE /api/v1/tickets/<reference>/watchers/<id>."""

    reads = "tickets:read"
    writes = "tickets:write"

    @extend_schema(
        operation_id="remove_watcher",
        summary=gettext_lazy("Let somebody watch no longer"),
        description=gettext_lazy("Yourself, or whom may_remove says. Whoever does not watch stays as he is."),
        responses={204: OpenApiResponse(description=gettext_lazy("Done; there is nothing to read.")), **problems(404)},
    )
    def delete(self, request: Request, reference: str, watcher_id: UUID) -> Response:
        """Remove one."""
        watching.remove(actor=self.actor, reference=reference, membership_id=watcher_id)
        return Response(status=204)
