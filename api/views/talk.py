"""What was said and what happened: the conversation and the journal of a ticket, page by page."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from api.base import ApiView
from api.bodies import CommentBody, read
from api.cards import comment_card, event_card
from api.etags import etag
from api.once import once
from api.openapi import KEYED, TAGGED, problems
from api.paging import AFTER, SIZE, bad_cursor, key_cursor, key_of, size_of
from api.ticket_shapes import CommentSerializer, CommentsSerializer, EventsSerializer
from lifecycle import services
from tickets import selectors
from tickets.models import Comment, Event, Ticket, Visibility


class Comments(ApiView):
    """GET and POST /api/v1/tickets/<reference>/comments."""

    reads = "tickets:read"
    writes = "tickets:write"
    query_fields: ClassVar[frozenset[str]] = frozenset({"after", "size"})

    @extend_schema(
        operation_id="comments",
        summary=gettext_lazy("Read the conversation"),
        description=gettext_lazy("The messages that you may read, oldest first, with their files."),
        parameters=[AFTER, SIZE],
        responses={200: CommentsSerializer, **problems(400, 404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """One page."""
        ticket = selectors.ticket(self.actor, reference)
        rows = Comment.objects.visible_to(self.actor).filter(ticket=ticket).prefetch_related("attachments")
        found, more = _page(request, rows.order_by("at", "id"), _later_comments)
        return Response({"comments": [comment_card(row) for row in found], "next": more})

    @extend_schema(
        operation_id="add_comment",
        summary=gettext_lazy("Add a message"),
        description=gettext_lazy(
            "A public answer, or a private note of staff. It overwrites nothing, so it never conflicts."
        ),
        parameters=[KEYED, TAGGED],
        request=CommentBody,
        responses={201: CommentSerializer, **problems(400, 404, 409, 413, 415, 422)},
        examples=[OpenApiExample("answer", value={"body": "The import runs again."}, request_only=True)],
    )
    @once
    def post(self, request: Request, reference: str) -> Response:
        """Say it."""
        selectors.ticket(self.actor, reference)
        given = read(CommentBody, request.data)
        is_private = given.get("visibility") == Visibility.PRIVATE
        say: Callable[..., Ticket] = services.add_note if is_private else services.reply
        ids = given.get("attachments", ())
        try:
            ticket = say(actor=self.actor, at=self.at, reference=reference, body=given["body"], attachment_ids=ids)
        except Invalid as error:
            raise Invalid({_NAMES.get(name, name): lines for name, lines in error.errors.items()}) from error
        said = comment_card(_said(self, ticket))
        return Response(said, status=201, headers={"ETag": etag(self.actor, ticket)})


_NAMES = {"files": "attachments"}


def _said(view: ApiView, ticket: Ticket) -> Comment:
    """The message just written: the ticket is still locked, so it is the last one of the caller."""
    rows = Event.objects.visible_to(view.actor).filter(ticket_id=ticket.pk, actor_id=view.actor.person)
    last = rows.filter(comment__isnull=False).latest("seq")
    assert last.comment_id is not None
    return Comment.objects.visible_to(view.actor).prefetch_related("attachments").get(pk=last.comment_id)


class Events(ApiView):
    """GET /api/v1/tickets/<reference>/events."""

    reads = "tickets:read"
    query_fields: ClassVar[frozenset[str]] = frozenset({"after", "size"})

    @extend_schema(
        operation_id="events",
        summary=gettext_lazy("Read the journal"),
        description=gettext_lazy("Everything that happened to the ticket and that you may read, in its order."),
        parameters=[AFTER, SIZE],
        responses={200: EventsSerializer, **problems(400, 404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """One page."""
        ticket = selectors.ticket(self.actor, reference)
        rows = Event.objects.visible_to(self.actor).filter(ticket=ticket).order_by("seq")
        found, more = _page(request, rows, lambda last: Q(seq__gt=last.seq))
        return Response({"events": [event_card(self.actor, row) for row in found], "next": more})


def _later_comments(last: Comment) -> Q:
    return Q(at__gt=last.at) | Q(at=last.at, id__gt=last.id)


def _page(request: Request, rows: QuerySet[Any], later: Callable[[Any], Q]) -> tuple[list[Any], str | None]:
    """A page of what one ticket has, and where it goes on. The cursor names a row, so it counts nothing hidden."""
    size = size_of(request.query_params.get("size"))
    key = key_of(request.query_params.get("after"))
    if key is not None:
        last = rows.filter(pk=key).first()
        if last is None:
            raise bad_cursor()
        rows = rows.filter(later(last))
    found = list(rows[: size + 1])
    return found[:size], key_cursor(found[size - 1].pk) if len(found) > size else None
