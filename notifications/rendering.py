"""The words of a message, in the recipient's language and time zone. Takes public text only, unless he is staff.

What changes in a ticket's life is read from the event, not from the ticket: a message made late says what was so then.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Membership
from contracts.selectors import terms_of, zone_of
from contracts.terms.diff_words import day_words
from notifications.models import Delivery
from slas.wording import instant_text
from tickets.events import Kind, is_escalation
from tickets.models import Event, Ticket
from tickets.standing import Standing
from tickets.text import clean_line


@dataclass(frozen=True, slots=True)
class Rendered:
    """A subject of one line and a plain text body."""

    subject: str
    body: str


def render(event: Event, ticket: Ticket, person: Membership, because: str = "") -> Rendered:
    """What ``person`` reads about ``event``, and why he does where it is not his part in it (``Delivery.because``)."""
    with translation.override(person.user.language):
        headline = _mention(event) if because == Delivery.Because.MENTIONED else _headline(event, ticket)
        parts = [
            _greeting(person),
            headline,
            *_facts(event, ticket, person),
            _quoted(event),
            _link(ticket),
            _watched(ticket) if because == Delivery.Because.WATCHING else "",
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
        "assignee": Standing.after(event, ticket).assignee_name,
        "team": dict(event.data.get("team") or {}).get("new", ""),
        "target": _target_word(event, ticket),
        "state": _state_word(event, ticket),
        "duty": _duty_word(event, ticket),
        "day": _day_word(event),
    }
    return _HEADLINES[Kind(event.kind)]() % values


_HEADLINES = {
    Kind.FILED: lambda: _("%(case)s %(reference)s was filed"),
    Kind.TAKEN: lambda: _("%(name)s is working on your %(case)s"),
    Kind.ASSIGNED: lambda: _("%(case)s assigned to %(assignee)s"),
    Kind.TEAM_CHANGED: lambda: _("%(case)s given to the team %(team)s"),
    Kind.REPLIED: lambda: _("%(name)s replied"),
    Kind.NOTED: lambda: _("%(name)s wrote a private note"),
    Kind.INFORMATION_REQUESTED: lambda: _("%(name)s asks for information"),
    Kind.ANSWERED: lambda: _("%(name)s answered"),
    Kind.COMMENTED: lambda: _("%(name)s commented"),
    Kind.CALL_LOGGED: lambda: _("%(name)s recorded a telephone call"),
    Kind.ACTION_PLAN: lambda: _("%(name)s wrote an action plan"),
    Kind.RESOLVED: lambda: _("%(case)s resolved"),
    Kind.WORKAROUND_OFFERED: lambda: _("%(name)s offers a workaround"),
    Kind.WORKAROUND_ACCEPTED: lambda: _("%(name)s accepted the workaround"),
    Kind.WORKAROUND_DECLINED: lambda: _("%(name)s declined the workaround"),
    Kind.MOVED: lambda: _("%(case)s is now: %(state)s"),
    Kind.REOPENED: lambda: _("%(case)s reopened"),
    Kind.CLOSED: lambda: _("%(case)s closed"),
    Kind.SEVERITY_CHANGED: lambda: _("The severity was changed"),
    Kind.CALENDAR_CHANGED: lambda: _("The calendar of support changed"),
    Kind.EXCLUDED: lambda: _("%(case)s %(reference)s is out of the service-level figures"),
    Kind.REINSTATED: lambda: _("%(case)s %(reference)s counts in the service-level figures again"),
    Kind.HELD: lambda: _("%(case)s %(reference)s: support is on hold"),
    Kind.RELEASED: lambda: _("%(case)s %(reference)s: support goes on"),
    Kind.CONTESTED: lambda: _("%(name)s contests what the deadlines were counted from"),
    Kind.CONTEST_ACCEPTED: lambda: _("%(name)s agreed to the contest: the deadlines were counted again"),
    Kind.CONTEST_DECLINED: lambda: _("%(name)s did not agree to the contest"),
    Kind.CONTEST_WITHDRAWN: lambda: _("%(name)s withdrew the contest"),
    Kind.CLOCK_APPROACHING: lambda: _("%(target)s: the deadline comes near"),
    Kind.CLOCK_BREACHED: lambda: _("%(target)s: the deadline has passed"),
    Kind.DUTY_MISSED: lambda: _("%(duty)s: nothing was written to the customer on %(day)s"),
}


def _facts(event: Event, ticket: Ticket, person: Membership) -> list[str]:
    facts = [_("%(case)s: %(reference)s, %(title)s") % _ticket_words(ticket), _severity_line(event, ticket)]
    if event.kind in (Kind.SEVERITY_CHANGED, Kind.REINSTATED, Kind.RELEASED):
        facts.append(_("Reason: %(reason)s") % {"reason": event.data.get("reason", "")})
    if is_escalation(event.data.get("team") or {}):
        facts.append(_("Functional escalation to level %(level)d.") % {"level": event.data["team"]["level"]})
    if "escalation" in event.data:
        facts.append(_escalation_line(event, ticket))
    if event.kind == Kind.EXCLUDED:
        facts += _exclusion_lines(event, ticket)
    if event.kind == Kind.HELD:
        facts.append(_hold_line(event, ticket))
    due = _due(event, ticket)
    if event.kind in _TELLS_DUE and due:
        facts.append(_due_line(due, event, ticket, person))
    return ["\n".join(fact for fact in facts if fact)]


def _escalation_line(event: Event, ticket: Ticket) -> str:
    """The levels to which it went up, as the contract calls them, and its clause."""
    told = event.data["escalation"]
    found = next((one for one in terms_of(ticket).escalations if one.code == told["code"]), None)
    levels = [level.label.text(_language()) for level in found.levels] if found else list(told["levels"])
    clause = found.clauses[0] if found else told["code"]
    return _("Escalated at once: %(levels)s (%(clause)s)") % {"levels": ", ".join(levels), "clause": clause}


def _exclusion_lines(event: Event, ticket: Ticket) -> list[str]:
    """The contract's reason for leaving it out of the figures, and the evidence."""
    told = event.data["exclusion"]
    reasons = {row.code: row.label.text(_language()) for row in terms_of(ticket).exclusion_reasons}
    return [
        _("Reason: %(reason)s") % {"reason": reasons.get(told["reason"], told["reason"])},
        _("Evidence: %(evidence)s") % {"evidence": told["evidence"]},
    ]


def _hold_line(event: Event, ticket: Ticket) -> str:
    """The contract's reason for withholding support, and what was said to it."""
    code = event.data["hold"]["new"]
    label = next((row.label.text(_language()) for row in terms_of(ticket).holds if row.code == code), code)
    return _("Reason: %(reason)s") % {"reason": f"{label} – {event.data['reason']}"}


def _due(event: Event, ticket: Ticket) -> datetime | None:
    """An alert's own due time, else the earliest that was owed when the event had happened."""
    own = event.data.get("due_at")
    return datetime.fromisoformat(own) if own else Standing.after(event, ticket).due_at


_TELLS_DUE = frozenset(
    {
        Kind.FILED,
        Kind.SEVERITY_CHANGED,
        Kind.REINSTATED,
        Kind.RELEASED,
        Kind.CONTEST_ACCEPTED,
        Kind.CALENDAR_CHANGED,
        Kind.CLOCK_APPROACHING,
        Kind.CLOCK_BREACHED,
    }
)


def _ticket_words(ticket: Ticket) -> dict[str, str]:
    return {"case": _case_word(ticket), "reference": ticket.reference, "title": ticket.title}


def _case_word(ticket: Ticket) -> str:
    return terms_of(ticket).word("ticket", _language())


def _severity_line(event: Event, ticket: Ticket) -> str:
    language = _language()
    labels = {item.code: item.label.text(language) for item in terms_of(ticket).severities}
    if event.kind == Kind.SEVERITY_CHANGED:
        told = event.data["severity"]
        words = {"old": labels.get(told["old"], told["old"]), "new": labels.get(told["new"], told["new"])}
        return _("Severity: %(old)s → %(new)s") % words
    severity = Standing.after(event, ticket).severity
    return _("Severity: %(severity)s") % {"severity": labels.get(severity, severity)} if severity else ""


def _target_word(event: Event, ticket: Ticket) -> str:
    """What the contract calls the target of an alert, or its only target; empty where it has several."""
    terms = terms_of(ticket)
    code = event.data.get("target") or (terms.target_names[0] if len(terms.targets) == 1 else "")
    label = next((item.label for item in terms.targets if item.code == code), None)
    return label.text(_language()) if label else str(code)


def _duty_word(event: Event, ticket: Ticket) -> str:
    """What the contract calls the duty that lacks."""
    code = str(event.data.get("duty", ""))
    found = next((duty for duty in terms_of(ticket).duties if duty.code == code), None)
    return found.label.text(_language()) if found else code


def _day_word(event: Event) -> str:
    """The business day that closed without word."""
    day = event.data.get("day")
    return day_words(day).text(_language()) if day else ""


def _state_word(event: Event, ticket: Ticket) -> str:
    """What the contract calls the state that the event led to."""
    told = event.data.get("contract_state")
    state = terms_of(ticket).workflow.state(told["new"]) if told else None
    return state.label.text(_language()) if state else ""


def _language() -> str:
    return translation.get_language() or "en"


def _due_line(due: datetime, event: Event, ticket: Ticket, person: Membership) -> str:
    """The instant on the contract's clock (midnight reads 24:00, R1), and on the reader's where that differs."""
    own, contract = ZoneInfo(person.user.time_zone), zone_of(ticket)
    values = {"target": _target_word(event, ticket), "instant": instant_text(due, contract, ends=True, named=True)}
    line = (_("%(target)s due: %(instant)s") if values["target"] else _("Next deadline: %(instant)s")) % values
    if due.astimezone(own).utcoffset() != due.astimezone(contract).utcoffset():
        line += " = " + instant_text(due, own, named=True)
    return line


def _quoted(event: Event) -> str:
    if event.comment is None:
        return ""
    return "\n".join(f"> {line}" for line in event.comment.body.splitlines())


def _link(ticket: Ticket) -> str:
    return f"{settings.PUBLIC_URL}/tickets/{ticket.reference}/"


def _mention(event: Event) -> str:
    return _("%(name)s mentions you") % {"name": event.actor_name}


def _watched(ticket: Ticket) -> str:
    told = {"case": _case_word(ticket), "link": f"{settings.PUBLIC_URL}/settings/"}
    return _("You have this mail because you watch this %(case)s. Mails of what you watch: %(link)s") % told


def _footer() -> str:
    return _("Do not answer this mail: open the link to reply, so that your answer reaches the right people.")
