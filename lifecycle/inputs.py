"""What people write and attach, checked for every act alike: texts within bounds, files that are the actor's own."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Forbidden, Invalid
from accounts.tenancy import Actor
from tickets.attachments import MAX_FILES, unbound_uploads
from tickets.models import Attachment
from tickets.text import bounded, clean_text

MAX_TITLE = 160
MAX_BODY = 50_000
MAX_DETAIL = 20_000


def body_of(text: str, *, field: str = "body") -> str:
    """A text of somebody. Raises ``Invalid`` for one that is empty, too long or cannot be stored."""
    return bounded(clean_text(text, field=field), field=field, maximum=MAX_BODY)


def files_of(actor: Actor, ids: Sequence[UUID]) -> list[Attachment]:
    """The actor's own unbound uploads; an id of anybody else's file is answered like one that does not exist."""
    if not ids:
        return []
    if len(ids) > MAX_FILES:
        raise Invalid({"files": [_("At most %(maximum)d files at once.") % {"maximum": MAX_FILES}]})
    if not actor.may("attachment.upload"):
        raise Forbidden
    found = unbound_uploads(actor, ids)
    if len(found) != len(set(ids)):
        raise Invalid({"files": [_("A file is no longer there. Attach it again.")]})
    return found
