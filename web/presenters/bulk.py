"""What came of one act on many tickets, in words; and what that act can be, over the terms of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from lifecycle.bulk import Outcome
from tickets.models import Ticket
from web.presenters.timeline import event_words
from web.presenters.vocabulary import Vocabulary, side_words


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the result. ``again`` is what a second try sends; empty where there is nothing to try."""

    reference: str
    title: str
    is_done: bool
    result: str
    message: str
    clause: str
    clauses_url: str
    changes: list[dict[str, Any]]
    again: str


def present_outcomes(outcomes: Sequence[Outcome], tickets: Sequence[Ticket]) -> list[Told]:
    """The lines of the result, those that were not done first. ``tickets`` are as they are after the act."""
    known = {ticket.reference: ticket for ticket in tickets}
    told = [_told(one, known.get(one.chosen.reference)) for one in outcomes]
    return sorted(told, key=lambda line: line.is_done)


def _told(one: Outcome, ticket: Ticket | None) -> Told:
    words = Vocabulary.of(ticket) if ticket else None
    return Told(
        reference=one.chosen.reference,
        title=ticket.title if ticket else "",
        is_done=one.is_done,
        result=str(one.result),
        message=one.message,
        clause=one.clause,
        clauses_url=reverse("contract_clauses", args=[ticket.contract_id]) if ticket else "",
        changes=_changes(one, words) if words else [],
        again=f"{ticket.reference}:{ticket.version}" if ticket and not one.is_done else "",
    )


def _changes(one: Outcome, words: Vocabulary) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "actor": row.actor_name or gettext("The system"),
            "side": side_words(row.actor_side) if row.actor_name else "",
            "text": event_words(row.kind, row.data, words, row.actor_side),
        }
        for row in one.changes
    ]


def severity_choices(tickets: Sequence[Ticket]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The severities and reasons of all contracts concerned, each once; a contract refuses what it does not know."""
    severities: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for words in {ticket.terms_id: Vocabulary.of(ticket) for ticket in tickets}.values():
        severities = dict(words.severity_choices()) | severities
        reasons = dict(words.reason_choices()) | reasons
    return list(severities.items()), list(reasons.items())


def resolution_choices(tickets: Sequence[Ticket]) -> list[tuple[str, str]]:
    """The kinds of resolution of all contracts concerned, each once; a contract refuses what it does not know."""
    found: dict[str, str] = {}
    for words in {ticket.terms_id: Vocabulary.of(ticket) for ticket in tickets}.values():
        found = dict(words.resolution_choices()) | found
    return list(found.items())
