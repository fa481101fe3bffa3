"""What the provider owes beside its deadlines, and how it stands (HOP-5); the action plan that both sides read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext

from accounts.tenancy import Actor
from contracts.selectors import terms_of
from contracts.terms import Duty
from lifecycle.duties import plan_version
from slas.duties import ACTION_PLAN, ASSIGNEE, DutyState, OwedDay, follow
from slas.selectors import lacking_of
from tickets.events import Kind
from tickets.models import Event, Ticket
from web.moments import date_and_clock, format_date, format_deadline, format_moment, zone_label
from web.presenters.vocabulary import Vocabulary

MOST_DAYS: Final = 10
"""Days that the card lists: the last ones. All of them are in the history."""


@dataclass(frozen=True, slots=True)
class DayView:
    """One business day on which word was owed."""

    day: str
    text: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class DutyView:
    """One duty: what is promised, how it stands as word, tone and icon, and the days on which word was owed."""

    name: str
    promise: str
    clause: str
    state: str
    tone: str
    icon: str
    line: str
    days: Sequence[DayView] = ()
    counted: str = ""


@dataclass(frozen=True, slots=True)
class PlanView:
    """The action plan as it is now."""

    version: int
    author: str
    at: datetime
    html: Any
    source: str


@dataclass(frozen=True, slots=True)
class Flag:
    """What a row of the queue says of a duty that lacks."""

    text: str
    clause: str


# The page of a ticket -------------------------------------------------------------------------------------------------
def present_duties(ticket: Ticket, journal: Iterable[Event], words: Vocabulary, at: datetime) -> list[DutyView]:
    """The duties that are owed now or once were, read from the journal that the page has loaded already."""
    states = follow(ticket, journal, at)
    return [_duty(state, words, at) for state in states if state.since is not None or state.days]


def _duty(state: DutyState, words: Vocabulary, at: datetime) -> DutyView:
    label, tone, icon = _standing(state)
    return DutyView(
        name=state.duty.label.text(words.language),
        promise=state.duty.text.text(words.language),
        clause=state.duty.clauses[0],
        state=label,
        tone=tone,
        icon=icon,
        line=_line(state, words),
        days=[_day(day, words, at) for day in state.days[-MOST_DAYS:]],
        counted=_counted(state.days, at),
    )


def _standing(state: DutyState) -> tuple[str, str, str]:
    """Word, tone and icon: never by colour alone."""
    if state.since is None:
        return gettext("No longer owed"), "grey", "circle-dashed"
    if state.lacking_since is not None:
        return flag_words(state.duty), "red", "alert-triangle"
    if state.due_at is not None:
        return gettext("On course"), "green", "check"
    return gettext("Done"), "green", "circle-check"


def _line(state: DutyState, words: Vocabulary) -> str:
    """Who fulfilled it and when, or since when it lacks; for word of every day, by when the next is expected."""
    if state.since is None:
        return ""
    if state.due_at is not None:
        told = {"due": format_deadline(state.due_at, words.zone(), get_current_timezone(), style="short")}
        return gettext("Next word by %(due)s") % told
    if state.met_by is not None:
        who = state.met_by.actor_name
        if state.duty.met_by == ASSIGNEE:
            who = str(state.met_by.data["assignee"]["new"])
        return gettext("%(name)s, %(at)s") % {"name": who, "at": _moment(state.met_by.at)}
    return gettext("Owed since %(at)s") % {"at": _moment(state.since)}


def _clock(at: datetime, words: Vocabulary) -> str:
    _date, clock = date_and_clock(at, words.zone(), deadline=True)
    return f"{clock} ({zone_label(words.zone())})"


def _moment(at: datetime) -> str:
    return format_moment(at, get_current_timezone(), style="short", named=False)


def _day(day: OwedDay, words: Vocabulary, at: datetime) -> DayView:
    """A business day is one of the contract, and so is its clock."""
    name = format_date(day.of.day)
    if day.update is not None:
        told = {"name": day.update.actor_name, "at": _clock(day.update.at, words)}
        return DayView(name, gettext("word of %(name)s, %(at)s") % told, "green", "check")
    closes = _clock(day.of.closes_at, words)
    if day.is_missed(at):
        return DayView(name, gettext("nothing until closing, %(at)s") % {"at": closes}, "red", "alert-triangle")
    return DayView(name, gettext("expected by closing, %(at)s") % {"at": closes}, "blue", "clock")


def _counted(days: Sequence[OwedDay], at: datetime) -> str:
    """How many of the days had word, those that are over and those that had it before they are."""
    told = {
        "given": sum(day.update is not None for day in days),
        "all": sum(day.update is not None or day.is_missed(at) for day in days),
    }
    return gettext("Business days with word: %(given)d of %(all)d") % told if told["all"] else ""


# The action plan ------------------------------------------------------------------------------------------------------
def present_plan(journal: Iterable[Event], comments: Sequence[Mapping[str, Any]]) -> PlanView | None:
    """The plan that stands: its text is a message of the conversation, which the page has loaded already."""
    event = next((event for event in reversed(list(journal)) if event.kind == Kind.ACTION_PLAN), None)
    row = next((row for row in comments if event and row["id"] == event.comment_id), None)
    if event is None or row is None:
        return None
    return PlanView(plan_version(event), event.actor_name, event.at, row["html"], row["source"])


# The queue ------------------------------------------------------------------------------------------------------------
def queue_flags(actor: Actor, tickets: Sequence[Ticket]) -> dict[UUID, list[Flag]]:
    """What lacks on the tickets of a list: one question for the whole page."""
    lacking = lacking_of(actor, tickets)
    concerned = [ticket for ticket in tickets if ticket.id in lacking]
    return {ticket.id: _flags(lacking[ticket.id], Vocabulary(terms_of(ticket))) for ticket in concerned}


def _flags(codes: Iterable[str], words: Vocabulary) -> list[Flag]:
    duties = [duty for duty in words.terms.duties if duty.code in set(codes)]
    return [Flag(flag_words(duty), duty.clauses[0]) for duty in duties]


def flag_words(duty: Duty) -> str:
    """What lacks, in two or three words."""
    if duty.met_by == ASSIGNEE:
        return gettext("Nobody assigned")
    if duty.met_by == ACTION_PLAN:
        return gettext("No action plan")
    return gettext("Daily update missed")
