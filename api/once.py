"""A call that writes may be sent again: the header ``Idempotency-Key`` names it, and what it names happens once.

The answer is kept in the transaction of the effect: a crash keeps both or neither. A refused call has had no effect and
is not kept, so the same key is good for the next try.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rounds import each_provider, providers
from accounts.tenancy import Actor, acting_as
from api.models import KeptAnswer
from api.problems import Problem, Unfit, Violation

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
KEPT_FOR: Final = timedelta(hours=48)
LONGEST_KEY: Final = 255
KEPT_HEADERS: Final = ("ETag", "Location")
_BATCH: Final = 1_000
log = logging.getLogger(__name__)

Post = Callable[..., Response]


def once(post: Post) -> Post:
    """A ``post`` of an ``ApiView`` whose effect happens once for each key that a caller gives.

    Raises ``Unfit`` for a key that is none, ``Problem`` where the key already named something else
    (``key_used_otherwise``) or names a call that is still being answered (``key_in_use``).
    """

    @wraps(post)
    def guarded(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key_of(request)
        if key is None:
            return post(view, request, *args, **kwargs)
        call = _Call(view.actor, view.at, key, _digest(request))
        return call.found() or call.kept(post(view, request, *args, **kwargs))

    return guarded


def _key_of(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        told = _("1 to %(most)d printable characters of ASCII.") % {"most": LONGEST_KEY}
        raise Unfit([Violation("header", HEADER, "invalid", told)])
    return key


def _digest(request: Request) -> str:
    """Of the address and what was sent, whatever its white space or the order of its names."""
    seen = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    data = request.data
    if isinstance(data, dict) and not request.FILES:
        seen.update(json.dumps(data, sort_keys=True).encode())
    for name, upload in sorted(request.FILES.items()):
        seen.update(f"\n{name} {upload.name} {upload.size}\n".encode("utf-8", "replace"))
        _take_in(seen, upload)
    return seen.hexdigest()


def _take_in(seen: Any, upload: "UploadedFile[bytes]") -> None:
    for chunk in upload.chunks():
        seen.update(chunk)
    upload.seek(0)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call under a key."""

    actor: Actor
    at: datetime
    key: str
    digest: str

    def found(self) -> Response | None:
        """The answer of the first time; None where this is the first time, and nobody else may begin it meanwhile."""
        self._lock()
        row = KeptAnswer.objects.visible_to(self.actor).filter(key=self.key).first()
        if row is None:
            return None
        if row.digest != self.digest:
            raise Problem("key_used_otherwise")
        return Response(json.loads(row.body), status=row.status, headers={**row.headers, REPLAYED: "true"})

    def _lock(self) -> None:
        """Until the end of the transaction; of two at once the second is told so instead of waiting."""
        with connection.cursor() as cursor:
            name = f"{HEADER} {self.actor.person} {self.key}"
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            if not cursor.fetchone()[0]:
                raise Problem("key_in_use")

    def kept(self, answer: Response) -> Response:
        """The answer, kept for whoever asks again."""
        KeptAnswer.objects.create(
            provider_id=self.actor.provider_id,
            membership_id=self.actor.person,
            key=self.key,
            digest=self.digest,
            status=answer.status_code,
            headers={name: answer[name] for name in KEPT_HEADERS if name in answer},
            body=json.dumps(answer.data, cls=DjangoJSONEncoder),
            created_at=self.at,
        )
        return answer


# Housekeeping ---------------------------------------------------------------------------------------------------------
def purge_answers(*, at: datetime) -> int:
    """Remove the answers kept since more than ``KEPT_FOR`` before ``at``; returns how many. Safe twice at once.

    A provider that fails stops no other; the last error is raised when all had their turn.
    """
    return sum(each_provider(providers(), lambda provider_id: _purge(provider_id, at - KEPT_FOR), what="old answers"))


def _purge(provider_id: UUID, before: datetime) -> int:
    removed = 0
    while True:
        with acting_as(Actor.system(provider_id)):
            old = KeptAnswer.objects.filter(provider_id=provider_id, created_at__lt=before)
            keys = list(old.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True)[:_BATCH])
            KeptAnswer.objects.filter(pk__in=keys).delete()
        removed += len(keys)
        if len(keys) < _BATCH:
            return removed
