"""Canned replies: texts that are written once and inserted into many messages, one's own or the desk's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Act
from accounts.errors import Forbidden, Invalid, NotFound, Stale
from accounts.identifiers import uuid7
from accounts.models import LANGUAGES, Membership
from accounts.tenancy import Actor
from tickets.canned_text import check_variables
from tickets.models import CannedReply, CannedUse, Ticket, Visibility
from tickets.text import bounded, clean_line, clean_text

MAX_TITLE: Final = 80
MAX_CANNED: Final = 8_000
MOST_OWN: Final = 50
MOST_SHARED: Final = 100
"""Replies that a person may keep, and that a provider may share: more would no longer be found in a list."""
_BODIES: Final = tuple(f"body_{code}" for code, _name in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a canned reply says. One of the two texts may be empty; ``use`` is a value of ``CannedUse``."""

    title: str
    body_fr: str = ""
    body_en: str = ""
    use: str = CannedUse.BOTH


def canned_replies(actor: Actor, *, search: str = "", is_archived: bool = False) -> list[CannedReply]:
    """Those that the actor may see, by title; ``search`` looks at titles and texts. Of the archived ones the last."""
    rows = CannedReply.objects.visible_to(actor).filter(archived_at__isnull=not is_archived)
    if search:
        found = Q(title__icontains=search)
        for body in _BODIES:
            found |= Q(**{f"{body}__icontains": search})
        rows = rows.filter(found)
    kept = rows.order_by("-archived_at", "-id")[: MOST_OWN + MOST_SHARED]
    return sorted(kept, key=_by_title)


def canned_reply(actor: Actor, reply_id: UUID) -> CannedReply:
    """One of them, archived or not. Raises ``NotFound``, also for one that is somebody else's alone."""
    found = CannedReply.objects.visible_to(actor).filter(pk=reply_id).first()
    if found is None:
        raise NotFound
    return found


def contact_of(actor: Actor, about: Ticket) -> Membership | None:
    """The contact who filed a ticket, with the language and zone of the person; None where he cannot be seen."""
    found: Membership | None = (
        Membership.objects.visible_to(actor).filter(pk=about.author_id).select_related("user").first()
    )
    return found


def text_for(actor: Actor, reply_id: UUID, language: str, visibility: str) -> str:
    """The text of a reply that is on offer for a message of that visibility.

    Raises ``NotFound`` for one that is archived, somebody else's, not meant for that or without a text in ``language``.
    """
    found = canned_reply(actor, reply_id)
    text = found.texts.get(language, "")
    is_meant = found.use in (CannedUse.BOTH, visibility)
    if found.archived_at or not text or not is_meant:
        raise NotFound
    return text


def may_change(actor: Actor, reply: CannedReply) -> bool:
    """One's own; the shared ones if one leads the desk."""
    if reply.owner_id is None:
        return actor.may("canned.curate")
    return reply.owner_id == actor.membership_id and actor.may("canned.keep")


def create_canned_reply(*, actor: Actor, at: datetime, wording: Wording, is_shared: bool = False) -> UUID:
    """Keep a reply for oneself, or share it with the desk. Raises ``Forbidden`` or ``Invalid``."""
    actor.require("canned.curate" if is_shared else "canned.keep")
    checked = _checked(wording)
    made = CannedReply(
        id=uuid7(),
        provider_id=actor.provider_id,
        owner_id=None if is_shared else actor.person,
        created_at=at,
        **checked,
        **_edited(actor, at),
    )
    _require_room(actor, is_shared)
    with _one_of_a_title():
        made.save(force_insert=True)
    _tell(actor, at, Act.CANNED_CREATED, made, made.title)
    return made.id


def change_canned_reply(*, actor: Actor, at: datetime, reply_id: UUID, version: int, wording: Wording) -> None:
    """Give a reply other words. Raises ``NotFound``, ``Forbidden``, ``Invalid``, and ``Stale`` where somebody else
    changed it since ``version``."""
    row = _changeable(actor, reply_id)
    checked = _checked(wording)
    old = {name: getattr(row, name) for name, text in checked.items() if getattr(row, name) != text}
    with _one_of_a_title():
        rows = CannedReply.objects.visible_to(actor).filter(pk=row.id, version=version)
        changed = rows.update(**checked, **_edited(actor, at), version=F("version") + 1)
    if not changed:
        raise Stale(_("%(name)s changed this meanwhile.") % {"name": row.edited_by_name or _("Somebody")})
    if old:
        _tell(actor, at, Act.CANNED_CHANGED, row, checked["title"], old=old, new={name: checked[name] for name in old})


def archive_canned_reply(*, actor: Actor, at: datetime, reply_id: UUID) -> None:
    """Offer a reply no longer. It stays readable and can be restored. Raises ``NotFound`` or ``Forbidden``."""
    row = _changeable(actor, reply_id)
    rows = CannedReply.objects.visible_to(actor).filter(pk=row.id, archived_at__isnull=True)
    if rows.update(archived_at=at, **_edited(actor, at), version=F("version") + 1):
        _tell(actor, at, Act.CANNED_ARCHIVED, row, row.title)


def restore_canned_reply(*, actor: Actor, at: datetime, reply_id: UUID) -> None:
    """Offer an archived reply again. Raises ``NotFound``, ``Forbidden``, or ``Invalid`` where its title is taken or
    there are too many."""
    row = _changeable(actor, reply_id)
    if row.archived_at is None:
        return
    _require_room(actor, row.owner_id is None)
    with _one_of_a_title():
        rows = CannedReply.objects.visible_to(actor).filter(pk=row.id, archived_at__isnull=False)
        changed = rows.update(archived_at=None, **_edited(actor, at), version=F("version") + 1)
    if changed:
        _tell(actor, at, Act.CANNED_RESTORED, row, row.title)


def visibility_of(act: str) -> str:
    """Who reads what an act of the composer writes."""
    return Visibility.PRIVATE if act == "note" else Visibility.PUBLIC


def _by_title(row: Any) -> tuple[str, UUID]:
    return row.title.casefold(), row.id


def _changeable(actor: Actor, reply_id: UUID) -> CannedReply:
    found = canned_reply(actor, reply_id)
    if not may_change(actor, found):
        raise Forbidden
    return found


def _edited(actor: Actor, at: datetime) -> dict[str, Any]:
    return {"edited_at": at, "edited_by_id": actor.person, "edited_by_name": actor.name}


def _tell(actor: Actor, at: datetime, act: Act, row: CannedReply, title: str, **data: Any) -> None:
    """Into the trail of administration, where the whole desk is concerned; what somebody keeps for himself is his."""
    if row.owner_id is None:
        audit.record(actor, at, act, subject=title, subject_id=row.id, **data)


def _in_use(actor: Actor, is_shared: bool) -> QuerySet[CannedReply]:
    rows = CannedReply.objects.visible_to(actor).filter(archived_at__isnull=True)
    return rows.filter(owner=None) if is_shared else rows.filter(owner_id=actor.person)


def _require_room(actor: Actor, is_shared: bool) -> None:
    most = MOST_SHARED if is_shared else MOST_OWN
    if _in_use(actor, is_shared).count() >= most:
        raise Invalid({"title": [_("There are already %(n)d of them. Archive one first.") % {"n": most}]})


def _checked(wording: Wording) -> dict[str, str]:
    """The columns of a wording, every error of it told at once."""
    errors: dict[str, list[str]] = {}
    checked: dict[str, str] = {"use": CannedUse(wording.use)}
    for field in ("title", *_BODIES):
        try:
            checked[field] = _checked_text(field, getattr(wording, field))
        except Invalid as refused:
            errors |= refused.errors
    if not errors and not any(checked[body] for body in _BODIES):
        errors["body_fr"] = [_("Write it in French, in English, or in both.")]
    if errors:
        raise Invalid(errors)
    return checked


def _checked_text(field: str, text: str) -> str:
    if field == "title":
        return bounded(clean_line(text, field=field), field=field, maximum=MAX_TITLE)
    cleaned = clean_text(text, field=field).strip()
    check_variables(bounded(cleaned, field=field, maximum=MAX_CANNED, required=False), field=field)
    return cleaned


@contextmanager
def _one_of_a_title() -> Iterator[None]:
    """Of two in use with one title the second is refused, also where both come at once."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Invalid({"title": [_("Another one has this title.")]}) from error
