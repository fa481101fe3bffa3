"""Files that nobody sent are removed: uploads that no message bound, and files that no row knows."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from accounts.rounds import each_provider, providers
from accounts.tenancy import Actor, acting_as
from tickets.drafts import FILES, KEPT_FOR
from tickets.models import Attachment, Draft

UNSENT_FOR = timedelta(hours=24)
BATCH = 500
_OURS = re.compile(r"[0-9a-f]{32}")
log = logging.getLogger(__name__)


def purge_uploads(*, at: datetime) -> int:
    """Remove what was put up more than a day before ``at`` and belongs to no message; returns how many files.

    Uploads that a draft of their uploader names stay as long as the draft counts. Safe to run twice, twice at once, and
    beside people who send: an upload that is just being bound is passed over. A provider that fails stops no other;
    the last error is raised when all had their turn.
    """
    return sum(
        each_provider(
            providers(),
            lambda provider_id: _purge_rows(provider_id, at) + _purge_orphans(provider_id, at),
            what="old uploads",
            errors=(DatabaseError, OSError),
        )
    )


def _purge_rows(provider_id: UUID, at: datetime) -> int:
    """Rows first, then their files: a crash in between leaves orphans, which the next run finds."""
    removed = 0
    while True:
        with acting_as(Actor.system(provider_id)):
            unsent = Attachment.objects.filter(
                provider_id=provider_id, ticket__isnull=True, uploaded_at__lt=at - UNSENT_FOR
            ).exclude(pk__in=_drafted(provider_id, at))
            rows = list(unsent.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
            Attachment.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for row in rows:
            (settings.ATTACHMENT_ROOT / row.stored_as).unlink(missing_ok=True)
        removed += len(rows)
        if len(rows) < BATCH:
            return removed


def _drafted(provider_id: UUID, at: datetime) -> list[UUID]:
    """Unsent uploads that a draft of the one who uploaded them still names."""
    drafts = Draft.objects.filter(provider_id=provider_id, updated_at__gte=at - KEPT_FOR, data__has_key=FILES)
    named = {(owner, key) for owner, data in drafts.values_list("owner_id", "data") for key in data[FILES].split()}
    unsent = Attachment.objects.filter(provider_id=provider_id, ticket__isnull=True)
    return [key for key, uploader in unsent.values_list("pk", "uploader_id") if (uploader, str(key)) in named]


def _purge_orphans(provider_id: UUID, at: datetime) -> int:
    """Files of units of work that were rolled back. A file is younger than its row by less than a request lasts."""
    folder = settings.ATTACHMENT_ROOT / str(provider_id)
    old = list(_old_files(folder, at - UNSENT_FOR))
    removed = 0
    for start in range(0, len(old), BATCH):
        for name in _unknown(provider_id, old[start : start + BATCH]):
            (folder / name).unlink(missing_ok=True)
            removed += 1
    return removed


def _old_files(folder: Path, before: datetime) -> Iterator[str]:
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name) and _is_older(entry, before):
                yield entry.name


def _is_older(entry: "os.DirEntry[str]", before: datetime) -> bool:
    """Whether a file is from before; not, where another run has just removed it."""
    try:
        return entry.stat(follow_symlinks=False).st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _unknown(provider_id: UUID, names: Sequence[str]) -> list[str]:
    stored_as = {f"{provider_id}/{name}": name for name in names}
    with acting_as(Actor.system(provider_id)):
        rows = Attachment.objects.filter(provider_id=provider_id, stored_as__in=list(stored_as))
        known = set(rows.values_list("stored_as", flat=True))
    return [name for path, name in stored_as.items() if path not in known]
