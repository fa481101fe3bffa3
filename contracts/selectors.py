"""Questions about contracts: which the actor sees, what holds under them when, under which he may file."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Protocol
from uuid import UUID
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils.translation import gettext as _

from accounts.errors import NotFound
from accounts.questions import question
from accounts.tenancy import Actor
from contracts.models import (
    CalendarChange,
    Contract,
    ContractAmendment,
    ContractCalendarChange,
    ContractChange,
    ContractContact,
    DatedCalendarChange,
    Environment,
    TermsVersion,
)
from contracts.terms import Terms, parse_terms


def contracts(actor: Actor) -> QuerySet[Contract]:
    """The contracts that the actor may see, with their customer; the terms document itself is left in the database."""
    rows = Contract.objects.visible_to(actor).select_related("customer", "terms")
    return rows.defer("terms__document", "terms__holiday_record").order_by("customer__name", "reference")


def contract(actor: Actor, contract_id: UUID) -> Contract:
    """One contract; raises ``NotFound`` where it does not exist for the actor."""
    found = contracts(actor).filter(pk=contract_id).first()
    if found is None:
        raise NotFound
    return found


def platforms_of(contract: Contract) -> list[Environment]:
    """The environments of a contract that its reader may see, by kind and name; read once for a contract in hand."""
    known: dict[str, Any] = contract.__dict__
    if "_platforms" not in known:
        known["_platforms"] = _platforms(contract.id)
    found: list[Environment] = known["_platforms"]
    return found


@question
def _platforms(contract_id: UUID) -> QuerySet[Environment]:
    return Environment.objects.filter(contract=contract_id).order_by("kind", "name")


class PinsTerms(Protocol):
    """Whatever refers to a published version of the terms: a contract, a ticket, a clock."""

    terms_id: UUID


@lru_cache(maxsize=256)
def terms_by_id(terms_id: UUID) -> Terms:
    """The terms of a published version. They never change, so each text is parsed once, whoever published it.

    The caller already holds a row that refers to them, hence the cache may outlive the tenant context.
    """
    digest, document = TermsVersion.objects.values_list("digest", "document").get(pk=terms_id)
    found = _PARSED.get(digest)
    if found is None:
        found = _PARSED[digest] = parse_terms(document, source=str(terms_id), stored=True)
    return found


_PARSED: WeakValueDictionary[str, Terms] = WeakValueDictionary()
"""Terms that are in use, by the digest of their text."""


def terms_of(holder: PinsTerms) -> Terms:
    """The terms that a ticket or clock pins, or with which a contract was signed (see ``effective``)."""
    return terms_by_id(holder.terms_id)


def zone_of(holder: PinsTerms) -> ZoneInfo:
    """The time zone in which the contract counts: that of the calendar of its first target (R6, R14)."""
    return _zone(terms_of(holder))


def _zone(terms: Terms) -> ZoneInfo:
    code = terms.targets[0].calendar if terms.targets else terms.calendars[0].code
    return ZoneInfo(terms.calendar(code).zone)


# What holds under a contract ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Agreement:
    """An amendment that both sides approved: by whom, and the day and the instant from which it holds.

    ``agreed_at`` is the second of the two approvals: nothing holds before it (R16).
    """

    amendment: ContractAmendment
    provider: ContractChange
    customer: ContractChange

    @property
    def agreed_at(self) -> datetime:
        return max(self.provider.at, self.customer.at)

    def holds(self, at: datetime, day: date) -> bool:
        """Whether it holds at an instant that falls on ``day`` in the contract's zone."""
        last = self.amendment.in_force_until
        begun = self.amendment.in_force_from <= day and self.agreed_at <= at
        return begun and (last is None or day <= last)


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds under a contract at an instant: the version of the terms, and the overrides as a plain document.

    ``overrides`` has the signed or last agreed set, with the days that calendars have gained since. ``source`` is the
    amendment from which the set comes; None where it was signed with the contract.
    """

    terms_id: UUID
    terms: Terms
    overrides: dict[str, Any]
    source: Agreement | None = None


def effective(contract: Contract, at: datetime) -> Effective:
    """The one look-up of what an event of ``at`` falls under (R16, R17, R19): what was known and in force then."""
    return effective_each([contract], at)[contract.id]


def effective_each(rows: Sequence[Contract], at: datetime) -> dict[UUID, Effective]:
    """``effective`` for many contracts of one provider, with as many queries as for one."""
    return {key: timeline.at(at) for key, timeline in timelines(rows, until=at).items()}


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of terms, without its text."""

    terms_id: UUID
    first_day: date
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that ever changes what holds under a contract, read once: any instant is then answered without a query.

    ``days`` are those that its calendars gained, with the instants of their announcement, in that order; ``versions``
    holds for a contract that follows its terms the published ones of each code, by their first day.
    """

    contract: Contract
    agreed: Sequence[Agreement]
    days: Sequence[tuple[datetime, dict[str, Any]]]
    versions: Mapping[str, Sequence[Version]]

    def at(self, at: datetime) -> Effective:
        """What holds at an instant (R16, R17, R19): what was known and in force then."""
        row, day = self.contract, at.astimezone(zone_of(self.contract)).date()
        holding = [item for item in self.agreed if item.holds(at, day)]
        terms_id = self._terms_id(at, day, holding)
        terms = terms_by_id(terms_id)
        source = next((item for item in reversed(holding) if item.amendment.overrides is not None), None)
        overrides = row.overrides if source is None else source.amendment.overrides
        known = {calendar.code for calendar in terms.calendars}
        days = [item for announced, item in self.days if announced <= at and item["calendar"] in known]
        return Effective(terms_id, terms, with_days(overrides, days), source)

    def _terms_id(self, at: datetime, day: date, holding: Sequence[Agreement]) -> UUID:
        amendment = next((item.amendment for item in reversed(holding) if item.amendment.terms_id), None)
        since = amendment.in_force_from if amendment else self.contract.starts_on
        pinned = amendment.terms_id if amendment else self.contract.terms_id
        assert pinned is not None
        if not self.contract.follows_terms:
            return pinned
        published = self.versions.get(terms_by_id(pinned).code, ())
        begun = [one for one in published if one.first_day <= day and one.published_at <= at]
        return begun[-1].terms_id if begun and begun[-1].first_day > since else pinned


def timelines(rows: Sequence[Contract], until: datetime | None = None) -> dict[UUID, Timeline]:
    """The timelines of contracts of one provider, with as many queries as for one; ``until`` leaves later days out.

    Under most contracts nothing ever changes: one question finds that out.
    """
    amended, with_shared_days, with_own_days = _what_changes(rows)
    agreed = _agreements(row.id for row in rows) if amended else {}
    days = _calendar_days(rows, until) if with_shared_days or with_own_days else {}
    versions = _versions(rows, agreed)
    return {row.id: Timeline(row, agreed.get(row.id, []), days.get(row.id, []), versions) for row in rows}


_WHAT_CHANGES: Final = """
SELECT EXISTS (SELECT FROM contracts_contractchange WHERE contract_id = ANY (%(rows)s) AND kind = 'approved'),
  EXISTS (SELECT FROM contracts_calendarchange WHERE provider_id = %(provider)s AND terms_code = ANY (%(codes)s)),
  EXISTS (SELECT FROM contracts_contractcalendarchange WHERE contract_id = ANY (%(rows)s))
"""


def _what_changes(rows: Sequence[Contract]) -> tuple[bool, bool, bool]:
    """Whether anything was agreed under any of the contracts, and whether its calendars gained days."""
    if not rows:
        return False, False, False
    codes = sorted({terms_of(row).code for row in rows})
    given: dict[str, Any] = {"rows": [row.id for row in rows], "provider": rows[0].provider_id, "codes": codes}
    with connection.cursor() as cursor:
        cursor.execute(_WHAT_CHANGES, given)
        found: tuple[bool, bool, bool] = cursor.fetchone()
    return found


def _versions(rows: Sequence[Contract], agreed: Mapping[UUID, Sequence[Agreement]]) -> dict[str, list[Version]]:
    """The published versions, by code, of whatever terms the contracts that follow their terms may pin."""
    following = [row for row in rows if row.follows_terms]
    amended = (item.amendment.terms_id for row in following for item in agreed.get(row.id, ()))
    pinned = {row.terms_id for row in following} | {terms_id for terms_id in amended if terms_id}
    found: dict[str, list[Version]] = {terms_by_id(terms_id).code: [] for terms_id in pinned}
    if found:
        published = _by_first_day(following[0].provider_id, *found)
        first_day = KT("document__effective_from")
        for key, code, begins, at in published.values_list("id", "code", first_day, "published_at"):
            found[code].append(Version(key, date.fromisoformat(begins), at))
    return found


def as_in_force(contract: Contract, at: datetime, timeline: Timeline | None = None) -> Contract:
    """The contract as it stands at an instant, for pages: a copy with the terms and overrides that hold then.

    It is made to be read and never saved. ``timeline`` is its own, where the caller has read it already.
    """
    return _standing(contract, timeline.at(at) if timeline else effective(contract, at))


def _standing(row: Contract, holding: Effective) -> Contract:
    shown = copy(row)
    shown.terms_id, shown.overrides = holding.terms_id, holding.overrides
    return shown


def terms_at(contract: Contract, at: datetime) -> Terms:
    """The version of the terms that holds under a contract at an instant (R16)."""
    return effective(contract, at).terms


def overrides_at(contract: Contract, at: datetime) -> dict[str, Any]:
    """What a contract changes in its terms at an instant, as a document (R17)."""
    return effective(contract, at).overrides


def agreements(contract: Contract) -> list[Agreement]:
    """The amendments that both sides approved, in the order of their days."""
    return _agreements([contract.id]).get(contract.id, [])


def amendments(actor: Actor, contract: Contract) -> list[ContractAmendment]:
    """Every amendment proposed for a contract, with its decisions in ``changes``; the latest day first."""
    rows = ContractAmendment.objects.visible_to(actor).filter(contract=contract).prefetch_related("changes")
    return list(rows.select_related("terms").defer("terms__document", "terms__holiday_record").reverse())


def history(actor: Actor, contract: Contract) -> list[ContractChange]:
    """Everything that was done to a contract, the latest first."""
    return list(ContractChange.objects.visible_to(actor).filter(contract=contract).order_by("-at", "-id"))


def calendar_changes(actor: Actor, contract: Contract) -> list[DatedCalendarChange]:
    """The days that calendars of a contract have gained, in the order in which they were announced."""
    code = terms_of(contract).code
    shared = CalendarChange.objects.visible_to(actor).filter(terms_code=code)
    own = ContractCalendarChange.objects.visible_to(actor).filter(contract=contract)
    return sorted([*shared, *own], key=lambda row: (row.at, row.id))


def _agreements(contract_ids: Iterable[UUID]) -> dict[UUID, list[Agreement]]:
    decisions = ContractChange.objects.filter(contract_id__in=list(contract_ids), kind=ContractChange.Kind.APPROVED)
    sides: dict[ContractAmendment, dict[str, ContractChange]] = {}
    for decision in decisions.select_related("amendment"):
        assert decision.amendment is not None  # a constraint says so
        sides.setdefault(decision.amendment, {})[decision.actor_side] = decision
    found: dict[UUID, list[Agreement]] = {}
    for amendment, by in sides.items():
        if by.keys() == {"provider", "customer"}:
            agreement = Agreement(amendment, by["provider"], by["customer"])
            found.setdefault(amendment.contract_id, []).append(agreement)
    for rows in found.values():
        # Of two that begin on the same day the one agreed later holds.
        rows.sort(key=lambda item: (item.amendment.in_force_from, item.agreed_at, item.amendment.id))
    return found


def _calendar_days(
    rows: Sequence[Contract], until: datetime | None
) -> dict[UUID, list[tuple[datetime, dict[str, Any]]]]:
    if not rows:
        return {}
    codes = {row.id: terms_of(row).code for row in rows}
    shared = CalendarChange.objects.filter(provider_id=rows[0].provider_id, terms_code__in=set(codes.values()))
    own = ContractCalendarChange.objects.filter(contract_id__in=codes.keys())
    if until is not None:
        shared, own = shared.filter(at__lte=until), own.filter(at__lte=until)
    everything: list[DatedCalendarChange] = sorted([*shared, *own], key=lambda change: (change.at, change.id))
    found: dict[UUID, list[tuple[datetime, dict[str, Any]]]] = {}
    for change in everything:
        for key, code in codes.items():
            if code == getattr(change, "terms_code", None) or key == getattr(change, "contract_id", None):
                found.setdefault(key, []).append((change.at, change.days))
    return found


def with_days(overrides: dict[str, Any] | None, days: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Overrides with further calendar days; what is there already is not added twice."""
    document = dict(overrides or {})
    own = list(document.get("calendars", ()))
    fresh = [item for item in days if item not in own]
    return document | {"calendars": [*own, *fresh]} if fresh else document


def latest_terms(provider_id: UUID, code: str) -> TermsVersion | None:
    """The version of ``code`` that begins last, in force already or not; of several editions of it the last one."""
    return _by_first_day(provider_id, code).last()


def terms_in_force(provider_id: UUID, code: str, at: datetime, day: date) -> TermsVersion | None:
    """The version of ``code`` in force on ``day``, of those published by ``at``: a later one changes no past (R16)."""
    return _by_first_day(provider_id, code, until=day).filter(published_at__lte=at).last()


def _by_first_day(provider_id: UUID, *codes: str, until: date = date.max) -> QuerySet[TermsVersion]:
    """The versions of each of ``codes`` as published that begin until a day. A later one ends the range of the one
    before, so the document is asked."""
    rows = TermsVersion.objects.filter(provider_id=provider_id, code__in=codes)
    begun = rows.annotate(first_day=KT("document__effective_from")).filter(first_day__lte=until.isoformat())
    return begun.order_by("first_day", "published_at", "id").defer("document", "holiday_record")


@dataclass(frozen=True, slots=True)
class FilingRight:
    """Whether the actor may file under a contract on a day, and if not, why and by which clause; ``holding`` is what
    holds under it then."""

    contract: Contract
    holding: Effective
    allowed: bool
    reason: str = ""
    clause: str = ""


_contracts = question(contracts)


def filing_contracts(actor: Actor, at: datetime) -> list[FilingRight]:
    """The actor's contracts, as they stand at ``at``, with his right to file under each (HOP-9)."""
    named = _contacts_of(actor)
    rows = _contracts(actor)
    holding = effective_each(rows, at)
    return [
        _filing_right(_standing(row, holding[row.id]), holding[row.id], named.get(row.id, []), actor, at)
        for row in rows
    ]


def filing_right(actor: Actor, row: Contract, at: datetime, holding: Effective | None = None) -> FilingRight:
    """The actor's right to file under one contract; the day is that of the contract's zone (R6).

    ``holding`` is what holds then, where the caller has looked it up already.
    """
    return _filing_right(row, holding or effective(row, at), _contacts_of(actor).get(row.id, []), actor, at)


def _contacts_of(actor: Actor) -> dict[UUID, list[ContractContact]]:
    found: dict[UUID, list[ContractContact]] = {}
    if actor.membership_id is None:
        return found
    for row in _named(actor, actor.membership_id):
        found.setdefault(row.contract_id, []).append(row)
    return found


@question
def _named(actor: Actor, membership_id: UUID) -> QuerySet[ContractContact]:
    return ContractContact.objects.visible_to(actor).filter(membership_id=membership_id)


def is_named(row: ContractContact, on: date) -> bool:
    """Being named and being replaced are acts with a date (HOP-9): both take effect on their day."""
    return row.named_on <= on and (row.replaced_on is None or on < row.replaced_on)


def _filing_right(
    row: Contract, holding: Effective, known: Sequence[ContractContact], actor: Actor, at: datetime
) -> FilingRight:
    terms = holding.terms
    rule = terms.contact_rules
    clause = rule.clauses[-1]
    on = at.astimezone(_zone(terms)).date()
    contact = next((item for item in known if is_named(item, on)), None)
    if on < row.starts_on:
        return FilingRight(
            row, holding, False, _("This contract has not started yet."), terms.period.start_clause or ""
        )
    if row.ends_on and on > row.ends_on:
        reason = _("This contract has ended: nothing can be filed under it.")
        return FilingRight(row, holding, False, reason, terms.period.end_clause or "")
    if contact is None or not actor.may("ticket.file"):
        reason = _("Only the contacts named in the contract may contact support. Ask one of them to file.")
        return FilingRight(row, holding, False, reason, clause)
    if rule.training_required and (contact.trained_on is None or contact.trained_on > on):
        reason = _("Your training is not recorded yet. Ask your account manager to record it.")
        return FilingRight(row, holding, False, reason, clause)
    return FilingRight(row, holding, True)


# What a customer's home tells -----------------------------------------------------------------------------------------
def contacts_of(actor: Actor, rows: Sequence[Contract], at: datetime) -> dict[UUID, list[ContractContact]]:
    """Who may contact support under each contract on the day of ``at`` (HSA-19), first named first. One query."""
    found: dict[UUID, list[ContractContact]] = {row.id: [] for row in rows}
    days = {row.id: at.astimezone(zone_of(row)).date() for row in rows}
    named = ContractContact.objects.visible_to(actor).filter(contract_id__in=list(found)).select_related("membership")
    for contact in named.order_by("named_on", "id"):
        if is_named(contact, days[contact.contract_id]):
            found[contact.contract_id].append(contact)
    return found


def amendments_to_decide(actor: Actor, contract_ids: Sequence[UUID]) -> list[ContractAmendment]:
    """The amendments of contracts on which the actor's side has yet to decide, the oldest first; one query.

    Whether the actor speaks for his side is asked elsewhere.
    """
    decided = ContractChange.objects.filter(amendment_id=OuterRef("pk")).filter(
        Q(kind=ContractChange.Kind.DECLINED) | Q(kind=ContractChange.Kind.APPROVED, actor_side=actor.side)
    )
    rows = ContractAmendment.objects.visible_to(actor).filter(~Exists(decided), contract_id__in=contract_ids)
    return list(rows.select_related("contract__customer").order_by("proposed_at", "id"))
