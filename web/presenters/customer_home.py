"""A customer's home in words: what waits for whom, when support is open, what the contract gives, who may file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext, pgettext

from accounts.tenancy import Actor
from contracts.environments import RecordedEnvironment
from contracts.models import Contract, ContractAmendment, ContractContact
from contracts.selectors import FilingRight, terms_by_id, zone_of
from contracts.terms import Terms
from slas.hours import Departure, SupportHours, support_hours
from tickets.models import Event, Ticket, Workaround
from tickets.overview import OpenCount
from tickets.states import OPEN_STATES, State
from web.moments import format_date, format_moment, reader_language, zone_label
from web.presenters.contests import proposal_words
from web.presenters.contracts import ContractView, is_in_force, present_contract
from web.presenters.vocabulary import Vocabulary


# What waits ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for the reader's side: what it is about, why, and the link that leads to the act."""

    about: str
    reference: str
    customer: str
    why: str
    act: str
    url: str
    icon: str
    since: datetime


def present_turns(tickets: Sequence[Ticket], *, acts: bool) -> list[Waiting]:
    """Tickets in which it is the customer's turn. ``acts``: whether the reader is one of those who may answer."""
    return [_turn(ticket, acts) for ticket in tickets]


def _turn(ticket: Ticket, acts: bool) -> Waiting:
    words = Vocabulary.of(ticket)
    why, act, place, icon = _next_act(ticket, words)
    return Waiting(
        about=ticket.title,
        reference=ticket.reference,
        customer=ticket.customer.name,
        why=why,
        act=act if acts else gettext("Read"),
        url=reverse("ticket", args=[ticket.reference]) + (place if acts else ""),
        icon=icon,
        since=ticket.public_updated_at,
    )


def _next_act(ticket: Ticket, words: Vocabulary) -> tuple[str, str, str, str]:
    """Why it waits, the name of the act, its place on the page, and an icon."""
    provider = {"provider": words.terms.provider.name}
    if ticket.workaround == Workaround.OFFERED and ticket.state in OPEN_STATES:
        return gettext("A workaround is on offer"), gettext("Accept or decline"), "#workaround", "bolt"
    if ticket.state == State.RESOLVED:
        return gettext("A resolution waits for your word"), gettext("Accept or reopen"), "#ticket-turn", "circle-check"
    if ticket.state == State.WAITING_CUSTOMER:
        return gettext("%(provider)s asks you") % provider, gettext("Answer"), "#composer", "message-question"
    told = words.state(ticket.contract_state)
    return told, gettext("Go on"), "#ticket-turn", "hourglass"


def present_contests(events: Sequence[Event]) -> list[Waiting]:
    """Contests of the provider's side, on which the customer decides."""
    return [_contest(event) for event in events]


def _contest(event: Event) -> Waiting:
    ticket = event.ticket
    return Waiting(
        about=ticket.title,
        reference=ticket.reference,
        customer=ticket.customer.name,
        why=proposal_words(event.data["contest"], Vocabulary.of(ticket)),
        act=gettext("Agree or decline"),
        url=reverse("ticket", args=[ticket.reference]) + "#contests",
        icon="scale",
        since=event.at,
    )


def present_amendments(rows: Sequence[ContractAmendment]) -> list[Waiting]:
    """Amendments on which the reader decides for his side."""
    return [_amendment(row) for row in rows]


def _amendment(row: ContractAmendment) -> Waiting:
    told = {"contract": row.contract.reference, "day": format_date(row.in_force_from)}
    return Waiting(
        about=gettext("Amendment %(reference)s") % {"reference": row.reference},
        reference=row.contract.reference,
        customer=row.contract.customer.name,
        why=gettext("It would change the contract %(contract)s from %(day)s on") % told,
        act=gettext("Read and decide"),
        url=reverse("contract", args=[row.contract_id]) + f"#amendment-{row.id}",
        icon="file-text",
        since=row.proposed_at,
    )


# Tickets in short ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SeverityCount:
    """How many tickets are open under one severity; ``rank`` counts from 1, the gravest."""

    label: str
    rank: int
    number: int


def present_counts(counts: Sequence[OpenCount]) -> list[SeverityCount]:
    """The open tickets by severity, the gravest first. Versions of terms that name a severity alike are one line."""
    found: dict[tuple[int, str], int] = {}
    for one in counts:
        spoken = Vocabulary(terms_by_id(one.terms_id)).severity(one.severity)
        key = (spoken.rank, spoken.label)
        found[key] = found.get(key, 0) + one.number
    return [SeverityCount(label, rank, number) for (rank, label), number in sorted(found.items())]


# Support hours ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class HoursView:
    """One calendar of a contract: open or not, until when, for which severities, and the next days that depart.

    ``severities`` is empty where the same hours serve all of them.
    """

    label: str
    zone: str
    severities: list[str]
    is_open: bool
    changes: str
    lines: list[tuple[str, str]]
    departures: list[tuple[str, str]]


def present_hours(contract: Contract, view: ContractView, at: datetime) -> list[HoursView]:
    """The hours of a contract as it stands at ``at``. ``view`` has the same contract in words."""
    words = Vocabulary.of(contract)
    found = support_hours(words.terms, contract.overrides, at)
    is_shared = len({tuple(one.severities) for one in found}) <= 1 and len(found) <= 1
    return [_hours(one, words, view, is_shared) for one in found]


def _hours(one: SupportHours, words: Vocabulary, view: ContractView, is_shared: bool) -> HoursView:
    place = [calendar.code for calendar in words.terms.calendars].index(one.calendar)
    told = view.hours[place]
    names = {day: name for year in told.years for day, name in year.days}
    return HoursView(
        label=told.label,
        zone=zone_label(ZoneInfo(one.zone)),
        severities=[] if is_shared else [words.severity(code).label for code in one.severities],
        is_open=one.is_open,
        changes=_changes(one),
        lines=told.lines,
        departures=[(_days(row), _departure(row, names)) for row in one.departures],
    )


def _changes(one: SupportHours) -> str:
    """When it closes or opens next: by the reader's clock, and by the contract's where that reads otherwise."""
    if one.changes_at is None:
        return gettext("at every hour of every day") if one.is_open else gettext("no opening is known")
    told = both_clocks(one.changes_at, ZoneInfo(one.zone), closes=one.is_open)
    return (gettext("until %(moment)s") if one.is_open else gettext("opens %(moment)s")) % {"moment": told}


def both_clocks(at: datetime, zone: ZoneInfo, *, closes: bool) -> str:
    """An instant on the reader's clock, with the contract's beside it where that shows another time."""
    reader = get_current_timezone()
    own = format_moment(at, reader, deadline=closes)
    if at.astimezone(reader).utcoffset() == at.astimezone(zone).utcoffset():
        return own
    return f"{own} · {format_moment(at, zone, style='short', deadline=closes)}"


def _days(row: Departure) -> str:
    if row.first == row.last:
        return format_date(row.first)
    return gettext("%(first)s to %(last)s") % {"first": format_date(row.first), "last": format_date(row.last)}


def _departure(row: Departure, names: Mapping[date, str]) -> str:
    if row.kind == "special":
        hours = ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in row.spans)
        return gettext("open %(hours)s only") % {"hours": hours}
    if row.kind == "holiday":
        return names.get(row.first) or gettext("public holiday")
    return pgettext("support", "closed")


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


# Contracts ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PackageLine:
    """One thing that the package settles: its name, and the quota or detail where there is one."""

    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class HomeContract:
    """Everything that the home shows of one contract."""

    contract: Contract
    view: ContractView
    standing: str
    right: FilingRight
    hours: list[HoursView]
    contacts: Sequence[ContractContact]
    most_contacts: int | None
    contacts_clauses: Sequence[str]
    is_contact: bool
    training_required: bool
    environments: Sequence[RecordedEnvironment]
    included: list[PackageLine]
    optional: list[PackageLine]

    @property
    def in_force(self) -> bool:
        return self.standing == "running"


def present_home_contract(
    actor: Actor,
    right: FilingRight,
    at: datetime,
    contacts: Sequence[ContractContact],
    environments: Sequence[RecordedEnvironment],
) -> HomeContract:
    """One contract as it stands at ``at``; ``right`` is the reader's right to file under it."""
    contract = right.contract
    today = at.astimezone(zone_of(contract)).date()
    view, terms = present_contract(contract, today), terms_by_id(contract.terms_id)
    rule, standing = terms.contact_rules, _contract_standing(contract, today)
    return HomeContract(
        contract=contract,
        view=view,
        standing=standing,
        right=right,
        hours=present_hours(contract, view, at) if standing == "running" else [],
        contacts=contacts,
        most_contacts=rule.max_contacts,
        contacts_clauses=rule.clauses,
        is_contact=any(row.membership_id == actor.membership_id for row in contacts),
        training_required=rule.training_required,
        environments=environments,
        included=_package(terms, contract.package, "included"),
        optional=_package(terms, contract.package, "option") + _options(terms),
    )


def _contract_standing(contract: Contract, today: date) -> str:
    if is_in_force(contract, today):
        return "running"
    return "coming" if today < contract.starts_on else "ended"


def _package(terms: Terms, package: str, availability: str) -> list[PackageLine]:
    language = reader_language()
    lines = []
    for entitlement in terms.entitlements:
        value = next((row for row in entitlement.values if row.package == package), None)
        if value is not None and value.availability == availability:
            detail = value.detail.text(language) if value.detail else str(value.quota or "")
            lines.append(PackageLine(entitlement.label.text(language), detail))
    return lines


def _options(terms: Terms) -> list[PackageLine]:
    language = reader_language()
    return [PackageLine(row.label.text(language), "") for row in terms.options]
