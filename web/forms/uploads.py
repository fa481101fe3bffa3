"""Files that come with a form: kept from the first moment, so that a form that fails loses none of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.errors import Invalid
from accounts.tenancy import Actor
from tickets.attachments import MAX_FILES, store_upload, unbound_uploads
from tickets.models import Attachment
from web.forms.fields import FilesField

FILES: Final = "files"
KEPT: Final = "attachments"


@dataclass
class Uploads:
    """Files received so far for one form. ``kept`` go with it when it is sent again, ``errors`` say which did not."""

    kept: list[Attachment] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[UUID]:
        return [row.id for row in self.kept]


def receive_uploads(request: HttpRequest) -> Uploads:
    """Store the files of this request and find again those of earlier tries. Raises ``Forbidden``."""
    actor, at = request.actor, request.at  # type: ignore[attr-defined]
    uploads = recall_uploads(actor, request.POST.getlist(KEPT))
    room = MAX_FILES - len(uploads.kept)
    incoming = request.FILES.getlist(FILES)
    if len(incoming) > room:
        uploads.errors.append(_("At most %(maximum)d files at once.") % {"maximum": MAX_FILES})
    for upload in incoming[: max(room, 0)]:
        _store(actor, at, upload, uploads)
    return uploads


def recall_uploads(actor: Actor, sent: Sequence[str]) -> Uploads:
    """The actor's own uploads among the ids ``sent``; anything else is told as no longer there."""
    wanted = list(dict.fromkeys(_uuid(text) or text for text in sent[: MAX_FILES * 2] if text))
    ids = [key for key in wanted if isinstance(key, UUID)]
    rows = {row.id: row for row in unbound_uploads(actor, ids)} if ids else {}
    kept = [rows[key] for key in ids if key in rows][:MAX_FILES]
    lost = len(kept) < len(wanted)
    return Uploads(kept, [_("A file is no longer there. Attach it again.")] if lost else [])


def _store(actor: Actor, at: datetime, upload: "UploadedFile[Any]", uploads: Uploads) -> None:
    try:
        uploads.kept.append(store_upload(actor=actor, at=at, upload=upload))
    except Invalid as refused:
        uploads.errors.extend(message for messages in refused.errors.values() for message in messages)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class FilesForm(forms.Form):
    """A form with attachments. The view hands over what was received before it asks whether the form is valid."""

    files = FilesField()  # type: ignore[assignment]

    uploads: Uploads

    def __init__(self, *args: Any, uploads: Uploads | None = None, **options: Any):
        super().__init__(*args, **options)
        self.uploads = uploads or Uploads()
        self.fields[FILES].label = _("Attachments")
        hint = _("Up to %(files)d files of 20 MB each. Programs are refused: put them into an archive.")
        self.fields[FILES].help_text = hint % {"files": MAX_FILES}

    def clean(self) -> dict[str, Any]:
        for message in self.uploads.errors:
            self.add_error(FILES, message)
        return self.cleaned_data
