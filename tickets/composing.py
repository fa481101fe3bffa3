"""What somebody's composer begins with: his drafts about a ticket and the canned replies on offer, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, JSONField, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast, JSONObject

from accounts.models import LANGUAGES, Membership
from accounts.questions import question
from accounts.tenancy import Actor
from tickets.drafts import load_drafts
from tickets.models import CannedReply, CannedUse, Draft, Ticket

_COLUMNS = ("part", "label", "key", "content")


@dataclass(frozen=True, slots=True)
class Offer:
    """A canned reply as a composer offers it, with the languages in which it has a text."""

    id: UUID
    title: str
    use: str
    is_own: bool
    languages: tuple[str, ...]

    def fits(self, visibility: str) -> bool:
        """Whether it is offered for a message of that visibility."""
        return self.use in (CannedUse.BOTH, visibility)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Drafts by their form, replies by title, and the language of the contact to whom one writes, if there are any."""

    drafts: dict[str, dict[str, str]] = field(default_factory=dict)
    replies: tuple[Offer, ...] = ()
    language: str = ""


def begin(actor: Actor, about: Ticket, forms: Sequence[str]) -> Beginning:
    """The actor's drafts of ``forms`` and, where he may use them, the canned replies for messages about a ticket."""
    if not actor.may("canned.keep"):
        return Beginning(load_drafts(actor, forms) if forms else {})
    drafts: dict[str, dict[str, str]] = {}
    replies, language = [], ""
    for part, label, key, content in _begun(actor, about.author_id, tuple(forms)):
        if part == "draft":
            drafts[label] = dict(content)
            continue
        replies.append(_offer(key, label, content))
        language = content["language"] or ""
    return Beginning(drafts, tuple(sorted(replies, key=lambda one: (one.title.casefold(), one.id))), language)


@question
def _begun(actor: Actor, author_id: UUID, forms: tuple[str, ...]) -> QuerySet[Any, Any]:
    return _drafts(actor, forms).union(_replies(actor, author_id), all=True)


def _drafts(actor: Actor, forms: Sequence[str]) -> QuerySet[Any, Any]:
    rows = Draft.objects.visible_to(actor).filter(form__in=list(forms))
    return rows.annotate(
        part=Value("draft", output_field=CharField()), label=F("form"), key=F("id"), content=F("data")
    ).values_list(*_COLUMNS)


def _replies(actor: Actor, author_id: UUID) -> QuerySet[Any, Any]:
    contact = Membership.objects.visible_to(actor).filter(pk=author_id).values("user__language")[:1]
    said = {code: ~Q(**{f"body_{code}": ""}) for code, _name in LANGUAGES}
    content = JSONObject(use=F("use"), is_own=Q(owner__isnull=False), language=Subquery(contact), **said)
    rows = CannedReply.objects.visible_to(actor).filter(archived_at__isnull=True)
    return rows.annotate(
        part=Value("canned", output_field=CharField()),
        label=F("title"),
        key=Cast("id", UUIDField()),
        content=Cast(content, JSONField()),
    ).values_list(*_COLUMNS)


def _offer(key: UUID, title: str, content: dict[str, Any]) -> Offer:
    languages = tuple(code for code, _name in LANGUAGES if content[code])
    return Offer(key, title, content["use"], content["is_own"], languages)
