"""Files: put up before the message that takes them along, and given back as a download, never as a page."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import Invalid
from api.base import ApiView
from api.cards import file_card
from api.once import once
from api.openapi import KEYED, problems
from api.paging import AFTER, SIZE, bad_cursor, key_cursor, key_of, size_of
from api.problems import Problem, Unfit, Violation
from api.ticket_shapes import FileSerializer, FilesSerializer, UploadSerializer
from tickets import selectors
from tickets.attachments import MAX_BYTES, open_attachment, store_upload
from tickets.models import Attachment

FILE: Final = "file"
DOWNLOAD_TYPE: Final = "application/octet-stream"
DOWNLOAD_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
_ENVELOPE: Final = 64 * 1024
"""What a form adds to a file: boundaries and headers."""


class Upload(ApiView):
    """POST /api/v1/attachments."""

    reads = "tickets:read"
    writes = "tickets:write"
    http_method_names = ["post"]
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="upload",
        summary=gettext_lazy("Put up a file"),
        description=gettext_lazy(
            "One file as multipart/form-data. It is yours alone until a ticket or message names its identifier; what "
            "nothing names is removed after a day."
        ),
        parameters=[KEYED],
        request={"multipart/form-data": UploadSerializer},
        responses={201: FileSerializer, **problems(400, 409, 413, 415, 422)},
    )
    def post(self, request: Request) -> Response:
        """Keep it for its uploader."""
        self.actor.require("attachment.upload")
        _require_size(request)
        return self._keep(request)

    @once
    def _keep(self, request: Request) -> Response:
        upload = _one_file(request)
        try:
            row = store_upload(actor=self.actor, at=self.at, upload=upload)
        except Invalid as error:
            raise Invalid({FILE: [line for lines in error.errors.values() for line in lines]}) from error
        return Response(file_card(row), status=201)


def _require_size(request: Request) -> None:
    """Told before the body is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or int(length) > MAX_BYTES + _ENVELOPE:
        raise Problem("too_large")


def _one_file(request: Request) -> "UploadedFile[bytes]":
    sent: Any = request.data
    names = sorted(sent.keys() - {FILE})[:10]
    wrong = [Violation("pointer", name[:80], "unknown", _("This field is not known here.")) for name in names]
    files = request.FILES.getlist(FILE)
    if len(files) != 1 or len(sent.getlist(FILE)) != 1:
        wrong.append(Violation("pointer", FILE, "required", _("Send one file.")))
    if wrong:
        raise Unfit(wrong)
    return files[0]


class TicketFiles(ApiView):
    """GET /api/v1/tickets/<reference>/attachments."""

    reads = "tickets:read"
    query_fields: ClassVar[frozenset[str]] = frozenset({"after", "size"})

    @extend_schema(
        operation_id="attachments",
        summary=gettext_lazy("List the files of a ticket"),
        description=gettext_lazy("Those that came with it and with the messages that you may read."),
        parameters=[AFTER, SIZE],
        responses={200: FilesSerializer, **problems(400, 404)},
    )
    def get(self, request: Request, reference: str) -> Response:
        """One page, in the order of the upload."""
        ticket = selectors.ticket(self.actor, reference)
        rows = Attachment.objects.visible_to(self.actor).filter(ticket=ticket).order_by("id")
        size, key = size_of(request.query_params.get("size")), key_of(request.query_params.get("after"))
        if key is not None:
            if not rows.filter(pk=key).exists():
                raise bad_cursor()
            rows = rows.filter(id__gt=key)
        found = list(rows[: size + 1])
        more = key_cursor(found[size - 1].pk) if len(found) > size else None
        return Response({"attachments": [file_card(row) for row in found[:size]], "next": more})


class Download(ApiView):
    """GET /api/v1/attachments/<id>."""

    reads = "tickets:read"

    @extend_schema(
        operation_id="download",
        summary=gettext_lazy("Fetch a file"),
        description=gettext_lazy("Always a download, of a type that no browser opens, whatever the file is."),
        responses={
            (200, DOWNLOAD_TYPE): OpenApiResponse(OpenApiTypes.BINARY, description=gettext_lazy("The file.")),
            **problems(404),
        },
    )
    def get(self, request: Request, attachment_id: UUID) -> Any:
        """The file itself."""
        row, file = open_attachment(self.actor, attachment_id)
        response = FileResponse(file, as_attachment=True, filename=row.filename, content_type=DOWNLOAD_TYPE)
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = DOWNLOAD_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
