"""Exclusions of a ticket from the service-level figures, and contests of what the clocks were counted from.

Either side may dispute a pause, a severity or an exclusion; what both agree on corrects the clocks from then on.

A contest lives in the journal alone. It is opened with a reason, and ended by the other side (accepted or declined) or
by its own (withdrawn). An accepted one carries its correction and the figures from before and after.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.errors import Invalid, NotFound, Refused
from accounts.tenancy import Actor
from contracts.selectors import terms_of
from lifecycle import guards, pipeline
from lifecycle.acts import Act, Message
from slas import clocks
from slas.corrections import EXCLUSION, PAUSE, SEVERITY
from tickets.events import CONTEST_ENDS, Kind
from tickets.models import Event, Ticket
from tickets.text import bounded, clean_text

MAX_REASON = 2_000
READ = frozenset({Kind.FILED, Kind.SEVERITY_CHANGED, Kind.EXCLUDED, Kind.REINSTATED, Kind.CONTESTED}) | CONTEST_ENDS


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a contest wants put right.

    ``about`` is ``pause``, ``severity`` or ``exclusion``; ``event_id`` the journal entry that began the pause, set the
    severity or made the exclusion. Without an entry, a pause that nobody recorded is proposed. A pause with bounds is
    to have these; without, it is to be taken out.
    """

    about: str
    event_id: UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    severity: str = ""
    severity_kind: str = ""

    def told(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {
            "about": self.about,
            "event": str(self.event_id) if self.event_id else "",
            "start": self.starts_at.isoformat() if self.starts_at else None,
            "end": self.ends_at.isoformat() if self.ends_at else None,
            "severity": self.severity,
            "kind": self.severity_kind,
        }


@dataclass(frozen=True, slots=True)
class Contest:
    """One contest of a ticket: the event that opened it, what it proposes, and the event that ended it, if any."""

    opened: Event
    ended: Event | None = None

    @property
    def proposal(self) -> Mapping[str, Any]:
        proposal: Mapping[str, Any] = self.opened.data["contest"]
        return proposal

    @property
    def side(self) -> str:
        """The side that contests."""
        return self.opened.actor_side


def contests_of(events: Iterable[Event]) -> list[Contest]:
    """The contests among a ticket's events, in the order in which they were opened."""
    found: dict[str, Contest] = {}
    for event in events:
        if event.kind == Kind.CONTESTED:
            found[str(event.id)] = Contest(event)
        elif event.kind in CONTEST_ENDS:
            key = event.data["contest"]["id"]
            found[key] = Contest(found[key].opened, event)
    return list(found.values())


def standing_exclusion(events: Iterable[Event]) -> Event | None:
    """The event that excludes the ticket now: neither reinstated since nor corrected away."""
    found: Event | None = None
    for event in events:
        if event.kind == Kind.EXCLUDED:
            found = event
        elif event.kind == Kind.REINSTATED or (found is not None and _takes_away(event, found)):
            found = None
    return found


def exclude_ticket(*, actor: Actor, at: datetime, reference: str, reason_code: str, evidence: str) -> Ticket:
    """Take the ticket out of the service-level figures for one of the contract's reasons, with the evidence (HOP-13).

    Both sides see it, and either may contest it. What the clocks say underneath goes on.
    """

    def decide(ticket: Ticket) -> Act:
        if reason_code not in {reason.code for reason in terms_of(ticket).exclusion_reasons}:
            raise Invalid({"reason_code": [_("Choose one of the reasons of the contract.")]})
        if standing_exclusion(_events(actor, ticket)):
            raise Refused(_("It is already excluded."), code="already_excluded")
        told = {"reason": reason_code, "evidence": _text(evidence, "evidence")}
        return Act(Kind.EXCLUDED, data={"exclusion": told}, corrects=True)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.exclude", decide=decide)


def reinstate_ticket(*, actor: Actor, at: datetime, reference: str, reason: str) -> Ticket:
    """Count the ticket in the service-level figures again, and say why."""

    def decide(ticket: Ticket) -> Act:
        if standing_exclusion(_events(actor, ticket)) is None:
            raise Refused(_("It is not excluded."), code="not_excluded")
        return Act(Kind.REINSTATED, data={"reason": _text(reason, "reason")}, corrects=True)

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.exclude", decide=decide)


def contest(*, actor: Actor, at: datetime, reference: str, proposal: Proposal, reason: str) -> Ticket:
    """Dispute a pause, a severity or an exclusion; the other side decides. Possible on closed tickets too."""

    def decide(ticket: Ticket) -> Act:
        events = _events(actor, ticket)
        _require_well_formed(proposal, ticket, actor, at, events)
        if any(_same_matter(one, proposal) for one in contests_of(events) if one.ended is None):
            raise Refused(_("This is contested already. It has to be decided first."), code="already_contested")
        return Act(Kind.CONTESTED, data={"contest": proposal.told()}, message=Message(_text(reason, "reason")))

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.contest", decide=decide)


def accept_contest(*, actor: Actor, at: datetime, reference: str, contest_id: UUID, reason: str = "") -> Ticket:
    """Agree to a contest of the other side: the clocks are counted as proposed from now on, figures kept of both."""

    def decide(ticket: Ticket) -> Act:
        found = _open_contest(actor, ticket, contest_id)
        _require_other_side(actor, found)
        correction = dict(found.proposal)
        if not correction["event"]:
            correction["event"] = str(found.opened.id)
        return Act(
            Kind.CONTEST_ACCEPTED,
            changes=_new_severity(correction, _events(actor, ticket)),
            data={"contest": {"id": str(contest_id)}, "correction": correction},
            message=Message(_text(reason, "reason")) if reason.strip() else None,
            corrects=True,
        )

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.agree", decide=decide)


def decline_contest(*, actor: Actor, at: datetime, reference: str, contest_id: UUID, reason: str) -> Ticket:
    """Refuse a contest of the other side, and say why. Nothing changes."""

    def decide(ticket: Ticket) -> Act:
        _require_other_side(actor, _open_contest(actor, ticket, contest_id))
        return Act(
            Kind.CONTEST_DECLINED,
            data={"contest": {"id": str(contest_id)}},
            message=Message(_text(reason, "reason")),
        )

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.agree", decide=decide)


def withdraw_contest(*, actor: Actor, at: datetime, reference: str, contest_id: UUID) -> Ticket:
    """Take back a contest of one's own side."""

    def decide(ticket: Ticket) -> Act:
        if _open_contest(actor, ticket, contest_id).side != actor.side:
            raise Refused(_("Only the side that contests can withdraw it."), code="not_your_contest")
        return Act(Kind.CONTEST_WITHDRAWN, data={"contest": {"id": str(contest_id)}})

    return pipeline.apply(actor=actor, at=at, reference=reference, permission="ticket.contest", decide=decide)


# What the journal says -----------------------------------------------------------------------------------


def _events(actor: Actor, ticket: Ticket) -> list[Event]:
    rows = Event.objects.visible_to(actor).filter(ticket_id=ticket.pk)
    return list(rows.filter(kind__in=sorted(READ)).order_by("seq"))


def _open_contest(actor: Actor, ticket: Ticket, contest_id: UUID) -> Contest:
    found = next((one for one in contests_of(_events(actor, ticket)) if one.opened.id == contest_id), None)
    if found is None:
        raise NotFound
    if found.ended is not None:
        raise Refused(_("This contest has already been decided."), code="contest_ended")
    return found


def _takes_away(event: Event, exclusion: Event) -> bool:
    if event.kind != Kind.CONTEST_ACCEPTED:
        return False
    correction = event.data["correction"]
    return bool(correction["about"] == EXCLUSION and correction["event"] == str(exclusion.id))


def _same_matter(one: Contest, proposal: Proposal) -> bool:
    told = proposal.told()
    return bool(one.proposal["about"] == told["about"] and one.proposal["event"] == told["event"])


def _new_severity(correction: Mapping[str, Any], events: Iterable[Event]) -> dict[str, str]:
    """The columns of the ticket, where the severity corrected is the one that it still has."""
    if correction["about"] != SEVERITY:
        return {}
    latest = [event for event in events if event.kind in (Kind.FILED, Kind.SEVERITY_CHANGED)][-1]
    if str(latest.id) != correction["event"]:
        return {}
    return {"severity": correction["severity"], "severity_kind": correction["kind"]}


# Guards --------------------------------------------------------------------------------------------------


def _require_other_side(actor: Actor, found: Contest) -> None:
    if found.side == actor.side:
        raise Refused(_("The other side decides on this contest."), code="own_contest")


def _require_well_formed(
    proposal: Proposal, ticket: Ticket, actor: Actor, at: datetime, events: Iterable[Event]
) -> None:
    if proposal.about == PAUSE:
        _require_pause(proposal, ticket, actor, at)
    elif proposal.about == SEVERITY:
        _require_severity(proposal, ticket, events)
    elif proposal.about == EXCLUSION:
        standing = standing_exclusion(events)
        if standing is None or standing.id != proposal.event_id:
            raise Refused(_("There is no such exclusion any more."), code="nothing_to_contest")
    else:
        raise Invalid({"about": [_("A pause, a severity or an exclusion can be contested.")]})


def _require_pause(proposal: Proposal, ticket: Ticket, actor: Actor, at: datetime) -> None:
    """The pause is one that the journal holds, its bounds within the ticket's life; and waiting counts at all (R13)."""
    if not any(clocks.policy_of(ticket, target).pausing for target in terms_of(ticket).target_names):
        clause = clocks.policy_of(ticket, terms_of(ticket).target_names[0]).clauses.pausing
        raise Refused(
            _("Under this contract waiting pauses no clock, so there is no pause to contest."),
            code="nothing_to_contest",
            clause=clause,
        )
    if (proposal.starts_at is None) != (proposal.ends_at is None):
        raise Invalid({"ends_at": [_("Give both the beginning and the end.")]})
    if proposal.starts_at and proposal.ends_at:
        _require_bounds(proposal.starts_at, proposal.ends_at, ticket, at)
    elif proposal.event_id is None:
        raise Invalid({"starts_at": [_("Give the beginning and the end of the wait that is missing.")]})
    if proposal.event_id and proposal.event_id not in _pauses(ticket, actor, at):
        _nothing_such()


def _require_bounds(starts_at: datetime, ends_at: datetime, ticket: Ticket, at: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid({"ends_at": [_("The wait ends after it begins.")]})
    if starts_at < ticket.opened_at or ends_at > max(at, ticket.updated_at):
        raise Invalid({"starts_at": [_("The wait lies between the filing and now.")]})


def _pauses(ticket: Ticket, actor: Actor, at: datetime) -> set[UUID]:
    """The events that began a pause of any clock, as the clocks stand now."""
    events = Event.objects.visible_to(actor).filter(ticket_id=ticket.pk, kind__in=sorted(pipeline.SETTLED))
    reckonings = clocks.reckon(ticket, events.order_by("seq"), max(at, ticket.updated_at))
    facts = (fact for one in reckonings for fact in one.facts if fact.kind == "paused" and fact.event_id)
    return {UUID(str(fact.event_id)) for fact in facts}


def _require_severity(proposal: Proposal, ticket: Ticket, events: Iterable[Event]) -> None:
    guards.require_severity(terms_of(ticket), proposal.severity, proposal.severity_kind)
    told = {event.id: event for event in events if event.kind in (Kind.FILED, Kind.SEVERITY_CHANGED)}
    contested = told.get(proposal.event_id) if proposal.event_id else None
    if contested is None:
        _nothing_such()
    if _severity_now(contested, events) == (proposal.severity, proposal.severity_kind):
        raise Refused(_("It already has this severity."), code="same_severity")


def _severity_now(contested: Event, events: Iterable[Event]) -> tuple[str, str]:
    """What the entry set, as corrected since."""
    found = (contested.data["severity"]["new"], contested.data["severity"].get("kind", ""))
    for event in events:
        if event.kind == Kind.CONTEST_ACCEPTED and event.data["correction"]["event"] == str(contested.id):
            found = (event.data["correction"]["severity"], event.data["correction"]["kind"])
    return found


def _nothing_such() -> NoReturn:
    raise Refused(_("The journal holds no such entry to contest."), code="nothing_to_contest")


def _text(text: str, field: str) -> str:
    return bounded(clean_text(text, field=field), field=field, maximum=MAX_REASON)
