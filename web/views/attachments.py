"""Files: kept as soon as they are chosen, and given back as a download, never as a page."""

import re
from typing import IO
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import signed_in
from tickets.attachments import MAX_FILES, open_attachment, open_picture
from tickets.models import Attachment
from web.forms.uploads import receive_uploads
from web.methods import only
from web.presenters.tickets import present_files

_PREFIX = re.compile(r"[a-z]{1,20}", re.ASCII)
DOWNLOAD_TYPE = "application/octet-stream"
DOWNLOAD_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


@signed_in
@only("GET")
def attachment(request: HttpRequest, attachment_id: UUID) -> FileResponse:
    """GET /attachments/<id>/: always a download of a type that no browser opens, whatever the file is."""
    row, file = open_attachment(request.actor, attachment_id)  # type: ignore[attr-defined]
    return _download(row, file, DOWNLOAD_TYPE)


@signed_in
@only("GET")
def picture(request: HttpRequest, attachment_id: UUID) -> FileResponse:
    """GET /attachments/<id>/picture/: the image for a page to draw, where its bytes prove that it is one; else 404.

    Its type is the proven one, so that an ``<img>`` may show it; opened by itself it is a download like any file.
    """
    row, file, kind = open_picture(request.actor, attachment_id)  # type: ignore[attr-defined]
    return _download(row, file, kind)


def _download(row: Attachment, file: IO[bytes], kind: str) -> FileResponse:
    response = FileResponse(file, as_attachment=True, filename=row.filename, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = DOWNLOAD_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response


@signed_in
@only("POST")
def upload(request: HttpRequest) -> HttpResponse:
    """POST /attachments/upload/: keep files for a form that is still being written; answers its list of files."""
    request.actor.require("attachment.upload")  # type: ignore[attr-defined]
    uploads = receive_uploads(request)
    context = {
        "prefix": field if _PREFIX.fullmatch(field := request.POST.get("field", "")) else "form",
        "kept_files": present_files(uploads.kept),
        "file_errors": uploads.errors,
        "maximum_files": MAX_FILES,
    }
    response = render(request, "tickets/_attach.html", context, status=422 if uploads.errors else 200)
    response.keep = True  # type: ignore[attr-defined]
    return response
