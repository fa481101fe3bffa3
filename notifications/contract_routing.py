"""Who hears of acts on a contract, and of days that calendars gain: those who decide, and those whom they concern.

A person hears once of each, by mail and in the portal; whoever acted hears nothing. On the customer's side only
contacts whom the contract names hear of it (HOP-9), so nothing of one customer ever reaches another.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import Membership
from accounts.roles import ENGINEERS, PERMISSIONS, STAFF, Role
from contracts.models import CalendarChange, Contract, ContractChange, ContractContact
from contracts.selectors import is_named, zone_of
from notifications.contract_wording import Notice, notice_of_change, notice_of_days, render
from notifications.models import Delivery, OutboxEntry
from notifications.routing import BOTH, IN_APP, People

Channels = tuple[Delivery.Channel, ...]
Told = dict[UUID, tuple[Contract | None, Channels]]
"""Membership → the contract to which his message leads, and how he is told."""

DECIDE = PERMISSIONS["contract.approve"]
ANNOUNCE = PERMISSIONS["calendar.change"]


def deliveries(entry: OutboxEntry, people: People, at: datetime) -> list[Delivery]:
    """The messages of one row of the outbox that tells of a contract."""
    change = entry.contract_change
    if change is not None:
        told, notice = _of_change(change, people, at), notice_of_change(change)
    else:
        days = entry.calendar_change
        assert days is not None  # a constraint says so
        told, notice = _of_days(days, people, at), notice_of_days(days)
    found: list[Delivery] = []
    for key, (contract, channels) in told.items():
        if key != notice.actor_id:
            found += _rows(notice, people.by_id[key], contract, channels, at)
    return found


def may_read(row: Delivery, person: Membership, people: People, at: datetime) -> bool:
    """Whether somebody may still read a message about a contract: staff, or a contact whom it still names."""
    if person.is_staff:
        return True
    contract = row.contract
    return contract is not None and person.id in {one.id for one in _named([contract], people, at)[contract.id]}


def _rows(
    notice: Notice, person: Membership, contract: Contract | None, channels: Channels, at: datetime
) -> Iterator[Delivery]:
    rendered = render(notice, person, contract)
    for channel in channels:
        is_mail = channel == Delivery.Channel.MAIL
        yield Delivery(
            provider_id=person.provider_id,
            contract=contract,
            contract_change_id=notice.contract_change_id,
            calendar_change_id=notice.calendar_change_id,
            recipient_id=person.id,
            channel=channel,
            kind=notice.kind,
            subject=rendered.subject,
            body_text=rendered.body if is_mail else "",
            created_at=at,
            sent_at=None if is_mail else at,
            next_attempt_at=at if is_mail else None,
        )


# Who ------------------------------------------------------------------------------------------------------------------
def _of_change(change: ContractChange, people: People, at: datetime) -> Told:
    """An amendment: those who may decide on both sides, and its proposer. Days and an end: those whom they concern."""
    contract = change.contract
    named = _named([contract], people, at)[contract.id]
    if change.amendment_id is None:
        staff = _staff_concerned(people)
        return {key: (contract, channels) for key, channels in staff.items()} | _each(named, contract)
    deciding = [person for person in named if person.role in DECIDE]
    proposers = ContractChange.objects.filter(amendment_id=change.amendment_id, kind=ContractChange.Kind.PROPOSED)
    keys = [*people.with_roles(DECIDE & STAFF), *(key for key in proposers.values_list("actor_id", flat=True) if key)]
    told = {key: people.by_id[key] for key in keys if key in people.by_id}
    asked = [person for person in told.values() if person.is_staff or person in named]
    return _each(asked, contract) | _each(deciding, contract)


def _each(persons: Iterable[Membership], contract: Contract) -> Told:
    return {person.id: (contract, BOTH) for person in persons}


def _of_days(days: CalendarChange, people: People, at: datetime) -> Told:
    """Days for every contract under some terms: staff once, and each named contact once, led to a contract of his."""
    told: Told = {key: (None, channels) for key, channels in _staff_concerned(people).items()}
    rows = Contract.objects.filter(provider_id=days.provider_id, terms__code=days.terms_code).order_by("reference")
    running = [row for row in rows if row.ends_on is None or at.astimezone(zone_of(row)).date() <= row.ends_on]
    named = _named(running, people, at)
    for contract in running:
        for person in named[contract.id]:
            told.setdefault(person.id, (contract, BOTH))
    return told


def _staff_concerned(people: People) -> dict[UUID, Channels]:
    """The desk works by the calendar and under the contract; whoever may announce or sign answers for it."""
    found: dict[UUID, Channels] = dict.fromkeys(people.with_roles(ENGINEERS | {Role.PRODUCT_MANAGER}), (IN_APP,))
    return found | dict.fromkeys(people.with_roles(ANNOUNCE & STAFF), BOTH)


def _named(rows: Sequence[Contract], people: People, at: datetime) -> dict[UUID, list[Membership]]:
    """The contacts whom each contract names on the day, as far as they still serve its customer. One query."""
    found: dict[UUID, list[Membership]] = {row.id: [] for row in rows}
    today = {row.id: at.astimezone(zone_of(row)).date() for row in rows}
    for contact in ContractContact.objects.filter(contract_id__in=list(found)).order_by("named_on", "id"):
        person = people.by_id.get(contact.membership_id)
        is_here = person is not None and people.serves(person, contact.customer_id)
        if person is not None and is_here and is_named(contact, today[contact.contract_id]):
            found[contact.contract_id].append(person)
    return found
