"""Canned replies in pages: what a composer offers, and the values of their variables for one ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.errors import NotFound, Refused
from accounts.models import LANGUAGES
from accounts.tenancy import Actor
from contracts.selectors import terms_of
from slas.models import Clock
from slas.selectors import clocks
from tickets.canned import canned_replies, contact_of, text_for, visibility_of
from tickets.canned_text import VARIABLES, Filled, fill, written
from tickets.composing import Beginning, Offer
from tickets.models import CannedReply, CannedUse, Ticket
from web import markdown
from web.moments import format_deadline, zone_named
from web.presenters.vocabulary import Vocabulary

COMPOSED: Final = ("reply", "ask", "note", "workaround", "resolve")
"""Acts of the composer into whose text a canned reply can be inserted."""
MEANINGS: Final[dict[str, str | Promise]] = {
    "contact": _("name of the contact who filed"),
    "reference": _("number of the ticket"),
    "subject": pgettext_lazy("canned reply", "title of the ticket"),
    "severity": _("severity, in the words of the contract"),
    "promise": _("what the contract promises next, such as a first response"),
    "due": _("when the promise that runs falls due, with its zone"),
    "engineer": _("name of whoever writes"),
    "contract": _("what the contract is called"),
    "customer": _("name of the customer"),
    "link": _("address of the ticket"),
}
"""Variable → what it stands for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of the list of a composer: ``value`` is the reply's id and the language of its text."""

    value: str
    title: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The entries of one language, that of the contact first."""

    language: str
    label: str
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Shown:
    """A text of a canned reply with its values, as the preview shows it."""

    language: str
    label: str
    filled: Filled

    @property
    def html(self) -> SafeString:
        """The text as a reader sees it."""
        return markdown.render(self.filled.text)

    @property
    def missing(self) -> str:
        """The variables without a value, as they are written; empty where all have one."""
        return written(self.filled.missing)


def composer_groups(actor: Actor, beginning: Beginning) -> dict[str, list[Group]]:
    """What each act of the composer offers, by act; acts that take no canned reply are left out."""
    acts = COMPOSED if actor.may("canned.keep") else ()
    return {act: _groups(beginning, visibility_of(act)) for act in acts}


def _groups(beginning: Beginning, visibility: str) -> list[Group]:
    fitting = [one for one in beginning.replies if one.fits(visibility)]
    codes = sorted((code for code, _name in LANGUAGES), key=lambda code: code != beginning.language)
    made = (Group(code, _label(code, beginning.language), _choices(fitting, code)) for code in codes)
    return [group for group in made if group.choices]


def _choices(replies: Sequence[Offer], language: str) -> list[Choice]:
    return [Choice(f"{one.id}:{language}", one.title, one.is_own) for one in replies if language in one.languages]


def _label(code: str, of_contact: str) -> str:
    name = dict(LANGUAGES)[code]
    return gettext("%(language)s, the language of the contact") % {"language": name} if code == of_contact else name


def values_for(actor: Actor, ticket: Ticket, language: str, at: datetime) -> dict[str, str]:
    """The values of all variables for a ticket, in the language of the text. Those without one are left out."""
    contact = contact_of(actor, ticket)
    words = Vocabulary(terms_of(ticket), language)
    with override(language):
        values = {
            "contact": contact.display_name if contact else ticket.author_name,
            "reference": ticket.reference,
            "subject": ticket.title,
            "severity": words.severity(ticket.severity, ticket.severity_kind).full,
            "engineer": actor.name,
            "contract": words.terms.name.text(language),
            "customer": ticket.customer.name,
            "link": settings.PUBLIC_URL + reverse("ticket", args=[ticket.reference]),
        }
        running = next_promise(clocks(actor, ticket), at)
        if running and running.due_at:
            values["promise"] = words.target(running.target)
            values["due"] = _due(running, words, contact.user.time_zone if contact else "")
    return values


def worded(actor: Actor, ticket: Ticket, text: str, language: str, at: datetime) -> str:
    """``text`` with the values of a ticket. Raises ``Refused``, which names the variables that have none."""
    filled = fill(text, values_for(actor, ticket, language, at))
    if filled.missing:
        told = {"names": written(filled.missing)}
        raise Refused(gettext("Not inserted, because this ticket has nothing to say for: %(names)s.") % told)
    return filled.text


def answer_to(actor: Actor, ticket: Ticket, reply_id: UUID, at: datetime) -> str:
    """A canned reply as an answer to the contact of a ticket, in his language. Raises ``Refused``."""
    contact = contact_of(actor, ticket)
    language = contact.user.language if contact else ""
    try:
        text = text_for(actor, reply_id, language, visibility_of("reply"))
    except NotFound:
        raise Refused(gettext("It is not offered in the language of the contact.")) from None
    return worded(actor, ticket, text, language, at)


def answer_choices(actor: Actor) -> list[tuple[str, str]]:
    """The canned replies that can answer a customer, by title."""
    public = visibility_of("reply")
    return [(str(row.id), row.title) for row in canned_replies(actor) if row.use in (CannedUse.BOTH, public)]


def next_promise(rows: Sequence[Clock], at: datetime) -> Clock | None:
    """The clock that runs and falls due first, not before ``at``; None where none does."""
    running = [row for row in rows if row.status == "running" and row.due_at and row.due_at >= at]
    return min(running, key=lambda row: (row.due_at, row.target), default=None)


def _due(clock: Clock, words: Vocabulary, reader_zone: str) -> str:
    """The deadline on the contract's clock, and on the contact's where that shows another time."""
    assert clock.due_at is not None
    zone = zone_named(words.target_zone(clock.target), ZoneInfo("UTC"))
    return format_deadline(clock.due_at, zone, zone_named(reader_zone, zone))


def sample_values(actor: Actor, language: str, at: datetime) -> dict[str, str]:
    """Values of a ticket that there is not, for a preview."""
    zone = ZoneInfo(actor.time_zone)
    with override(language):
        return {
            "contact": "Camille Moreau",
            "reference": "ABC-1042",
            "subject": gettext("Reports stay empty"),
            "severity": gettext("Major"),
            "promise": gettext("First response"),
            "due": format_deadline(at + timedelta(hours=4), zone, zone),
            "engineer": actor.name,
            "contract": gettext("Support contract"),
            "customer": "Exemple SA",
            "link": settings.PUBLIC_URL + reverse("ticket", args=["ABC-1042"]),
        }


def previews(actor: Actor, texts: dict[str, str], ticket: Ticket | None, at: datetime) -> list[Shown]:
    """Each text that there is, with the values of ``ticket`` or of a sample."""
    shown = []
    for code, name in LANGUAGES:
        if text := texts.get(code, "").strip():
            values = values_for(actor, ticket, code, at) if ticket else sample_values(actor, code, at)
            shown.append(Shown(code, name, fill(text, values)))
    return shown


def languages_of(reply: CannedReply) -> str:
    """The languages in which a reply has a text, as words."""
    return ", ".join(name for code, name in LANGUAGES if reply.texts.get(code))


def variable_list() -> list[tuple[str, str | Promise]]:
    """Every variable as it is written, with what it stands for."""
    return [(written([name]), MEANINGS[name]) for name in VARIABLES]
