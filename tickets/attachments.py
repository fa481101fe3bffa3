"""Files: stored under random names, never parsed, never served inline, visible like the message they belong to."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from accounts.errors import Invalid, NotFound
from accounts.identifiers import uuid7
from accounts.tenancy import Actor
from tickets import pictures
from tickets.models import Attachment, Visibility

MAX_BYTES = 20 * 1024 * 1024
MAX_FILES = 10
MAX_UNSENT_FILES = 100
MAX_UNSENT_BYTES = MAX_FILES * MAX_BYTES
REFUSED_ENDINGS = frozenset(
    {"exe", "dll", "com", "scr", "pif", "bat", "cmd", "msi", "vbs", "js", "jse", "wsf", "hta", "jar", "lnk", "ps1"}
    | {"psm1", "reg", "cpl", "gadget", "apk", "app", "dmg"}
)
_SAFE_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "log": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
    "zip": "application/zip",
}
_DEVICE_NAMES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def display_name(raw: str) -> str:
    """The name to show: no path, no control, format or bidirectional character, not a device, at most 150 characters.

    >>> display_name("../../etc/passwd"), display_name("CON.txt"), display_name("")
    ('passwd', '_CON.txt', 'file')
    """
    name = unicodedata.normalize("NFC", raw.replace("\\", "/")).rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*;%')
    name = " ".join(name.split()).strip(". ")
    if _DEVICE_NAMES.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > 150 and dot and len(ending) <= 20:
        name = f"{stem[: 149 - len(ending)]}.{ending}"
    return name[:150].rstrip(". ") or "file"


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def store_upload(*, actor: Actor, at: datetime, upload: "UploadedFile[bytes]") -> Attachment:
    """Keep a file for its uploader until a message binds it. Raises ``Invalid`` where it is too big or a program, or
    where too much of his waits to be sent."""
    actor.require("attachment.upload")
    name = display_name(upload.name or "")
    _check(name, upload.size or 0)
    _check_room(actor.person, upload.size or 0)
    stored_as = f"{actor.provider_id}/{uuid7().hex}"
    digest, size = _write(settings.ATTACHMENT_ROOT / stored_as, upload)
    attachment = Attachment(
        provider_id=actor.provider_id,
        customer_id=None if actor.is_staff else actor.customer_ids[0],
        uploader_id=actor.person,
        visibility=Visibility.PRIVATE if actor.is_staff else Visibility.PUBLIC,
        filename=name,
        content_type=_SAFE_TYPES.get(_ending(name), "application/octet-stream"),
        size=size,
        sha256=digest,
        stored_as=stored_as,
        uploaded_at=at,
    )
    attachment.save(force_insert=True)
    return attachment


def _check(name: str, size: int) -> None:
    if size > MAX_BYTES:
        message = _("%(name)s is too big: at most %(limit)d MB.")
        raise Invalid({"files": [message % {"name": name, "limit": MAX_BYTES // 1024 // 1024}]})
    if _ending(name) in REFUSED_ENDINGS:
        message = _("%(name)s: programs cannot be attached. Put it into an archive, or describe it instead.")
        raise Invalid({"files": [message % {"name": name}]})


def _check_room(person: UUID, size: int) -> None:
    """What waits unsent has a measure per person, counted one upload after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"uploads of {person}"])
    unsent = Attachment.objects.filter(uploader_id=person, ticket__isnull=True)
    waiting = unsent.aggregate(files=Count("pk"), size=Sum("size", default=0))
    if waiting["files"] >= MAX_UNSENT_FILES or waiting["size"] + size > MAX_UNSENT_BYTES:
        message = _(
            "Too many of your files wait to be sent: at most %(files)d, and %(limit)d MB together. Send the messages "
            "that they belong to. What no message or draft uses is removed after a day."
        )
        limits = {"files": MAX_UNSENT_FILES, "limit": MAX_UNSENT_BYTES // 1024 // 1024}
        raise Invalid({"files": [message % limits]})


def _write(path: Path, upload: "UploadedFile[bytes]") -> tuple[str, int]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for chunk in upload.chunks():
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return digest.hexdigest(), size


def unbound_uploads(actor: Actor, ids: Sequence[UUID]) -> list[Attachment]:
    """Those of ``ids`` that the actor uploaded himself and that no message has bound; others are passed over."""
    rows = Attachment.objects.filter(provider_id=actor.provider_id, uploader_id=actor.membership_id)
    return list(rows.filter(pk__in=list(ids), ticket__isnull=True))


def open_attachment(actor: Actor, attachment_id: UUID) -> tuple[Attachment, IO[bytes]]:
    """A file that the actor may read, opened for reading. Raises ``NotFound``, also where the file itself is gone."""
    bound = Q(ticket__isnull=False) | Q(uploader_id=actor.membership_id)
    own = Q(provider_id=actor.provider_id, ticket__isnull=True, uploader_id=actor.membership_id)
    visible = Attachment.objects.visible_to(actor).filter(bound, pk=attachment_id)
    found = visible.first() or Attachment.objects.filter(own, pk=attachment_id).first()
    if found is None:
        raise NotFound
    try:
        return found, open(settings.ATTACHMENT_ROOT / found.stored_as, "rb")
    except OSError as error:
        raise NotFound from error


def may_be_picture(row: Attachment) -> bool:
    """Whether a preview of a file is worth asking for: by its name, and by its size. Its bytes decide later."""
    return row.content_type.startswith("image/") and row.size <= pictures.MAX_BYTES


def open_picture(actor: Actor, attachment_id: UUID) -> tuple[Attachment, IO[bytes], str]:
    """An image that the actor may read, opened at its beginning, with the type that its bytes prove.

    Raises ``NotFound`` also for a file that is no image, or one too large to be drawn.
    """
    row, file = open_attachment(actor, attachment_id)
    found = pictures.read_picture(file) if row.size <= pictures.MAX_BYTES else None
    if found is None or not found.is_fit:
        file.close()
        raise NotFound
    file.seek(0)
    return row, file, found.content_type
