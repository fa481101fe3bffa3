"""What the end of a contract does: what can be asked for until when, which tickets are open, who files no more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext, pgettext

from accounts.tenancy import Actor
from contracts import selectors
from contracts.models import Contract, ContractAmendment, ContractContact
from contracts.selectors import Effective, zone_of
from slas.amendments import open_tickets
from slas.endings import Reckoned, end_of, reckoned_from_end
from tickets.models import Ticket
from web.presenters.vocabulary import Vocabulary

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class ReckonedView:
    """A day that follows from the last day of a contract, in words; ``warning`` where it is too late already."""

    label: str
    by: str
    at: datetime
    zone: str
    clauses: tuple[str, ...]
    warning: str = ""


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """An open ticket, and whether its deadline falls after the end."""

    reference: str
    title: str
    state: str
    state_label: str
    severity: str
    rank: int
    due_at: datetime | None
    zone: str
    is_after: bool


@dataclass(frozen=True, slots=True)
class EndView:
    """What an end on a day means."""

    ends_at: datetime
    zone: str
    clause: str
    tickets: list[OpenTicket]
    number: int
    after: int
    contacts: list[ContractContact]
    reckoned: list[ReckonedView]
    lapsed: list[ContractAmendment]

    @property
    def rest(self) -> int:
        return self.number - len(self.tickets)


def present_end(actor: Actor, row: Contract, at: datetime, last_day: date) -> EndView:
    """What the end on ``last_day`` would mean for whoever is about to set it. A fixed number of statements."""
    holding = selectors.effective(row, at)
    zone = zone_of(row)
    ends_at = end_of(last_day, zone)
    found: Any = open_tickets(actor.provider_id, contract_id=row.pk)
    rows: QuerySet[Ticket] = found.visible_to(actor)
    numbers = rows.order_by().aggregate(open=Count("pk"), after=Count("pk", filter=Q(due_at__gt=ends_at)))
    named = selectors.contacts_of(actor, [row], at)[row.pk]
    agreed = selectors.agreements(row)
    return EndView(
        ends_at=ends_at,
        zone=zone.key,
        clause=holding.terms.period.end_clause or "",
        tickets=[_ticket(one, ends_at) for one in _latest_due(rows)],
        number=numbers["open"],
        after=numbers["after"],
        contacts=named,
        reckoned=present_reckoned(holding, last_day, at),
        lapsed=[one.amendment for one in agreed if one.amendment.in_force_from > last_day],
    )


def _latest_due(rows: QuerySet[Ticket]) -> list[Ticket]:
    """Those whose deadline falls after the end come first."""
    return list(rows.defer("description").order_by(F("due_at").desc(nulls_last=True), "number")[:SHOWN])


def _ticket(ticket: Ticket, ends_at: datetime) -> OpenTicket:
    words = Vocabulary.of(ticket)
    severity = words.severity(ticket.severity)
    return OpenTicket(
        reference=ticket.reference,
        title=ticket.title,
        state=ticket.state,
        state_label=words.state(ticket.contract_state, "provider"),
        severity=severity.label,
        rank=severity.rank,
        due_at=ticket.due_at,
        zone=zone_of(ticket).key,
        is_after=ticket.due_at is not None and ticket.due_at > ends_at,
    )


def present_reckoned(holding: Effective, last_day: date, at: datetime) -> list[ReckonedView]:
    """The days that the terms reckon from the last day, in their order."""
    terms = holding.terms
    language = Vocabulary(terms).language
    found: Iterable[Reckoned] = reckoned_from_end(terms, holding.overrides, last_day)
    zone = terms.calendar(terms.targets[0].calendar if terms.targets else terms.calendars[0].code).zone
    return [
        ReckonedView(one.label.text(language), _by(one), one.at, zone, one.clauses, _warning(one, at)) for one in found
    ]


def _by(one: Reckoned) -> str:
    if one.by is None:
        return pgettext("kept", "until")
    return pgettext("asked for", "at the latest")


def _warning(one: Reckoned, at: datetime) -> str:
    """Something that has to come before the end, and that the present instant is too late for."""
    if one.by is None or not one.has_passed(at):
        return ""
    return gettext("too late: it is refused") if one.when_late == "refused" else gettext("too late")
