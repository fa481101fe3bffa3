"""Contests and exclusions of a ticket: what is disputed, who decides, and what was agreed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext, pgettext

from accounts.tenancy import Actor
from contracts.selectors import terms_of
from lifecycle.contests import Contest, contests_of, standing_exclusion
from slas import clocks
from slas.engine import Fact, FactKind
from tickets.events import CLOCK_FACTS, Kind
from tickets.models import Event, Ticket
from web.moments import format_deadline, format_moment
from web.presenters.vocabulary import Vocabulary, side_words


@dataclass(frozen=True, slots=True)
class ContestView:
    """One contest as the reader sees it; ``decides`` and ``withdraws`` say what he may do with it."""

    id: UUID
    text: str
    who: str
    side: str
    at: datetime
    reason: SafeString | str
    ending: str
    ended_at: datetime | None
    ended_by: str
    figures: list[str]
    decides: bool
    withdraws: bool

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def look(self) -> tuple[str, str, str]:
        """Word, tone and icon of how it stands."""
        return _looks()[self.ending]


@dataclass(frozen=True, slots=True)
class ExclusionView:
    """The exclusion that holds now."""

    event_id: UUID
    who: str
    at: datetime
    reason: str
    clause: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ContestsView:
    """The section of contests: those that there are, and what the reader may dispute or exclude."""

    contests: list[ContestView]
    exclusion: ExclusionView | None
    waits: list[tuple[str, str]]
    severities: list[tuple[str, str]]
    exclusion_reasons: list[tuple[str, str]]
    may_contest: bool
    may_exclude: bool
    pauses_count: bool

    @property
    def to_decide(self) -> list[ContestView]:
        return [one for one in self.contests if one.decides]

    @property
    def is_shown(self) -> bool:
        return bool(self.contests or self.exclusion or self.may_contest or self.may_exclude)


def present_contests(
    actor: Actor, ticket: Ticket, journal: Sequence[Event], words: Vocabulary, said: Mapping[UUID, SafeString]
) -> ContestsView:
    """Read from the journal that the page has loaded already. ``said`` are the comments by their id."""
    may_contest = actor.may("ticket.contest")
    excluded = standing_exclusion(journal)
    pausing = may_contest and _pauses_count(ticket)
    return ContestsView(
        contests=[_contest(one, actor, words, said) for one in contests_of(journal)][::-1],
        exclusion=_exclusion(excluded, words) if excluded else None,
        waits=list(_waits(ticket, journal)) if pausing else [],
        severities=list(_entries(journal, words)) if may_contest else [],
        exclusion_reasons=[(row.code, row.label.text(words.language)) for row in words.terms.exclusion_reasons],
        may_contest=may_contest,
        may_exclude=actor.may("ticket.exclude") and bool(words.terms.exclusion_reasons),
        pauses_count=pausing,
    )


def _contest(one: Contest, actor: Actor, words: Vocabulary, said: Mapping[UUID, SafeString]) -> ContestView:
    ended = one.ended
    is_own = one.side == actor.side
    return ContestView(
        id=one.opened.id,
        text=proposal_words(one.proposal, words),
        who=one.opened.actor_name,
        side=side_words(one.side),
        at=one.opened.at,
        reason=said.get(one.opened.comment_id, "") if one.opened.comment_id else "",
        ending=str(ended.kind) if ended else "",
        ended_at=ended.at if ended else None,
        ended_by=ended.actor_name if ended else "",
        figures=list(figure_lines(ended.data, words)) if ended else [],
        decides=ended is None and not is_own and actor.may("ticket.agree"),
        withdraws=ended is None and is_own and actor.may("ticket.contest"),
    )


def _looks() -> dict[str, tuple[str, str, str]]:
    return {
        "": (pgettext("contest", "Open"), "amber", "scale"),
        Kind.CONTEST_ACCEPTED: (pgettext("contest", "Agreed"), "green", "circle-check"),
        Kind.CONTEST_DECLINED: (pgettext("contest", "Not agreed"), "grey", "circle-off"),
        Kind.CONTEST_WITHDRAWN: (pgettext("contest", "Withdrawn"), "grey", "ban"),
    }


def _exclusion(event: Event, words: Vocabulary) -> ExclusionView:
    told = event.data["exclusion"]
    chosen = next((row for row in words.terms.exclusion_reasons if row.code == told["reason"]), None)
    return ExclusionView(
        event_id=event.id,
        who=event.actor_name,
        at=event.at,
        reason=chosen.label.text(words.language) if chosen else str(told["reason"]),
        clause=chosen.clauses[0] if chosen else "",
        evidence=str(told["evidence"]),
    )


# What can be contested ------------------------------------------------------------------------------------------------


def _pauses_count(ticket: Ticket) -> bool:
    return any(clocks.policy_of(ticket, target).pausing for target in terms_of(ticket).target_names)


def _waits(ticket: Ticket, journal: Iterable[Event]) -> Iterator[tuple[str, str]]:
    """Every wait that a clock of the ticket deducts: the key of its beginning, and its bounds in words."""
    known = [event for event in journal if event.kind in CLOCK_FACTS]
    if not known:
        return
    at = max(event.at for event in known)
    seen: set[str] = set()
    for one in clocks.reckon(ticket, known, at):
        for place, fact in enumerate(one.facts):
            if fact.kind == FactKind.PAUSED and fact.event_id and fact.event_id not in seen:
                seen.add(fact.event_id)
                yield fact.event_id, _wait_words(fact, _resumed(one.facts[place + 1 :], fact.reason))


def _resumed(later: Sequence[Fact], reason: str | None) -> Fact | None:
    return next((fact for fact in later if fact.kind == FactKind.RESUMED and fact.reason == reason), None)


def _wait_words(begins: Fact, ends: Fact | None) -> str:
    zone = get_current_timezone()
    told = {"start": format_moment(begins.at, zone, style="short", named=False)}
    if ends is None:
        return gettext("from %(start)s on") % told
    told["end"] = format_moment(ends.at, zone, style="short", named=False)
    return gettext("%(start)s – %(end)s") % told


def _entries(journal: Iterable[Event], words: Vocabulary) -> Iterator[tuple[str, str]]:
    """Every severity that was set: the key of its entry, and what it said."""
    zone = get_current_timezone()
    for event in journal:
        if event.kind in (Kind.FILED, Kind.SEVERITY_CHANGED):
            told = event.data.get("severity") or {}
            yield (
                str(event.id),
                gettext("%(severity)s, set by %(name)s on %(at)s")
                % {
                    "severity": words.severity(str(told.get("new", "")), str(told.get("kind") or "")).full,
                    "name": event.actor_name,
                    "at": format_moment(event.at, zone, style="short", named=False),
                },
            )


# In words -------------------------------------------------------------------------------------------------------------


def proposal_words(proposal: Mapping[str, Any], words: Vocabulary) -> str:
    """What a contest wants put right, as a sentence of its own."""
    if proposal.get("about") == "severity":
        wanted = words.severity(str(proposal.get("severity", "")), str(proposal.get("kind", ""))).full
        return gettext("The severity should have been %(severity)s.") % {"severity": wanted}
    if proposal.get("about") == "exclusion":
        return gettext("It should not have been taken out of the service-level figures.")
    if not proposal.get("start"):
        return gettext("A wait for the customer should not be deducted.")
    bounds = {name: _instant(proposal.get(name), words) for name in ("start", "end")}
    if proposal.get("event"):
        return gettext("A wait for the customer should go from %(start)s to %(end)s.") % bounds
    return gettext("A wait for the customer from %(start)s to %(end)s is missing.") % bounds


def figure_lines(data: Mapping[str, Any], words: Vocabulary) -> Iterator[str]:
    """What a correction did to each clock: "Resolution: due 7 May, 16:00 → 6 May, 16:00; breached → met"."""
    for target, sides in dict(data.get("figures") or {}).items():
        before, after = sides["before"], sides["after"]
        parts = []
        if before.get("due_at") != after.get("due_at"):
            told = {"before": _instant(before.get("due_at"), words), "after": _instant(after.get("due_at"), words)}
            parts.append(gettext("due %(before)s → %(after)s") % told)
        if before.get("status") != after.get("status"):
            parts.append(f"{status_word(before.get('status'))} → {status_word(after.get('status'))}")
        if parts:
            text = gettext("%(target)s: %(changes)s")
            yield text % {"target": words.target(str(target)), "changes": ", ".join(parts)}


def status_word(status: Any) -> str:
    """What a clock came to, in the middle of a sentence."""
    known = {
        "pending": pgettext("clock", "not started"),
        "running": pgettext("clock", "running"),
        "paused": pgettext("clock", "paused"),
        "met": pgettext("clock", "met"),
        "breached": pgettext("clock", "breached"),
        "excluded": pgettext("clock", "excluded"),
        "cancelled": pgettext("clock", "stopped"),
        "none": pgettext("clock", "no target"),
    }
    return known.get(str(status), str(status))


def _instant(text: Any, words: Vocabulary) -> str:
    if not text:
        return "—"
    due = datetime.fromisoformat(str(text))
    return format_deadline(due, words.zone(), get_current_timezone(), style="short")
