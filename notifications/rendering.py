"""The words of a message, in the recipient's language and time zone. Takes public text only, unless he is staff."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Membership
from contracts.selectors import terms_of, zone_of
from slas.wording import instant_text
from tickets.events import Kind
from tickets.models import Event, Ticket
from tickets.text import clean_line


@dataclass(frozen=True, slots=True)
class Rendered:
    """A subject of one line and a plain text body."""

    subject: str
    body: str


def render(event: Event, ticket: Ticket, person: Membership) -> Rendered:
    """What ``person`` reads about ``event``."""
    with translation.override(person.user.language):
        headline = _headline(event, ticket)
        parts = [
            _greeting(person),
            headline,
            *_facts(event, ticket, person),
            _quoted(event),
            _link(ticket),
            _footer(),
        ]
        body = "\n\n".join(part for part in parts if part)
        return Rendered(clean_line(f"[{ticket.reference}] {headline} — {ticket.title}")[:300], body)


def _greeting(person: Membership) -> str:
    return _("Hello %(name)s,") % {"name": person.display_name}


def _headline(event: Event, ticket: Ticket) -> str:
    case = _case_word(ticket)
    values = {
        "case": case,
        "reference": ticket.reference,
        "name": event.actor_name,
        "assignee": ticket.assignee_name,
    }
    return _HEADLINES[Kind(event.kind)]() % values


_HEADLINES = {
    Kind.FILED: lambda: _("%(case)s %(reference)s was filed"),
    Kind.TAKEN: lambda: _("%(name)s is working on your %(case)s"),
    Kind.ASSIGNED: lambda: _("%(case)s assigned to %(assignee)s"),
    Kind.REPLIED: lambda: _("%(name)s replied"),
    Kind.NOTED: lambda: _("%(name)s wrote a private note"),
    Kind.INFORMATION_REQUESTED: lambda: _("%(name)s asks for information"),
    Kind.ANSWERED: lambda: _("%(name)s answered"),
    Kind.COMMENTED: lambda: _("%(name)s commented"),
    Kind.CALL_LOGGED: lambda: _("%(name)s recorded a telephone call"),
    Kind.RESOLVED: lambda: _("%(case)s resolved"),
    Kind.REOPENED: lambda: _("%(case)s reopened"),
    Kind.CLOSED: lambda: _("%(case)s closed"),
    Kind.SEVERITY_CHANGED: lambda: _("The severity was changed"),
    Kind.CLOCK_APPROACHING: lambda: _("The response is due soon"),
    Kind.CLOCK_BREACHED: lambda: _("The response is overdue"),
}


def _facts(event: Event, ticket: Ticket, person: Membership) -> list[str]:
    facts = [_("%(case)s: %(reference)s, %(title)s") % _ticket_words(ticket), _severity_line(event, ticket)]
    if event.kind == Kind.SEVERITY_CHANGED:
        facts.append(_("Reason: %(reason)s") % {"reason": event.data.get("reason", "")})
    due = event.data.get("due_at") or (ticket.due_at.isoformat() if ticket.due_at else "")
    if event.kind in _TELLS_DUE and due:
        facts.append(_due_line(datetime.fromisoformat(due), ticket, person))
    return ["\n".join(fact for fact in facts if fact)]


_TELLS_DUE = frozenset({Kind.FILED, Kind.SEVERITY_CHANGED, Kind.CLOCK_APPROACHING, Kind.CLOCK_BREACHED})


def _ticket_words(ticket: Ticket) -> dict[str, str]:
    return {"case": _case_word(ticket), "reference": ticket.reference, "title": ticket.title}


def _case_word(ticket: Ticket) -> str:
    return terms_of(ticket).word("ticket", translation.get_language() or "en")


def _severity_line(event: Event, ticket: Ticket) -> str:
    language = translation.get_language() or "en"
    labels = {item.code: item.label.text(language) for item in terms_of(ticket).severities}
    if event.kind == Kind.SEVERITY_CHANGED:
        told = event.data["severity"]
        words = {"old": labels.get(told["old"], told["old"]), "new": labels.get(told["new"], told["new"])}
        return _("Severity: %(old)s → %(new)s") % words
    return _("Severity: %(severity)s") % {"severity": labels.get(ticket.severity, ticket.severity)}


def _due_line(due: datetime, ticket: Ticket, person: Membership) -> str:
    """The instant in the reader's zone, and in the contract's where the two differ."""
    own, contract = person.user.time_zone, str(zone_of(ticket))
    line = _("Response due: %(instant)s") % {"instant": _instant(due, own)}
    if own != contract:
        line += " = " + _instant(due, contract)
    return line


def _instant(instant: datetime, zone: str) -> str:
    return instant_text(instant, ZoneInfo(zone), ends=True, named=True)


def _quoted(event: Event) -> str:
    if event.comment is None:
        return ""
    return "\n".join(f"> {line}" for line in event.comment.body.splitlines())


def _link(ticket: Ticket) -> str:
    return f"{settings.PUBLIC_URL}/tickets/{ticket.reference}/"


def _footer() -> str:
    return _("Do not answer this mail: open the link to reply, so that your answer reaches the right people.")
