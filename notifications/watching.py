"""Who watches a ticket: he is told what the contact or the one in charge is told, as far as he may read it.

Staff may watch and ask colleagues to; on the customer's side only the contacts whom the contract names (HOP-9), who may
bring in one another. It is no act on the ticket: no version, no clock and no journal knows of it. The row says who
added whom, and when.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.errors import Forbidden, Invalid, Refused
from accounts.identifiers import uuid7
from accounts.models import Membership
from accounts.questions import question
from accounts.roles import PERMISSIONS
from accounts.selectors import colleagues
from accounts.tenancy import Actor
from contracts.models import ContractContact
from contracts.selectors import is_named, zone_of
from notifications.models import Watcher, WatchingPreference
from tickets import selectors
from tickets.models import Ticket, Visibility

MOST_WATCHERS = 50
"""Per ticket: more would be a mailing list."""


# Questions ------------------------------------------------------------------------------------------------------------
def watchers(actor: Actor, ticket: Ticket) -> list[Watcher]:
    """Who watches, as far as the actor may know: staff of everybody, a customer of his own people. By time."""
    return _watchers(actor, ticket.pk)


@question
def _watchers(actor: Actor, ticket_id: UUID) -> QuerySet[Watcher]:
    rows = Watcher.objects.visible_to(actor).filter(ticket_id=ticket_id).select_related("membership")
    present = rows.filter(membership__is_active=True, membership__user__is_active=True)
    return present.order_by("added_at", "id")


def watched_by(actor: Actor) -> QuerySet[Any, Any]:
    """The keys of the tickets that the actor watches, to be asked within another question."""
    return Watcher.objects.visible_to(actor).filter(membership_id=actor.person).values("ticket_id")


def candidates(actor: Actor, ticket: Ticket, at: datetime) -> list[Membership]:
    """Whom the actor could ask to watch: people of his own side who do not yet. By name."""
    known = {row.membership_id for row in watchers(actor, ticket)}
    return [person for person in _own_side(actor, ticket, at) if person.id not in known]


def may_remove(actor: Actor, row: Watcher) -> bool:
    """Oneself always; staff any colleague, a contact those whom he added."""
    if not actor.may("ticket.watch"):
        return False
    if row.membership_id == actor.membership_id:
        return True
    if actor.is_staff:
        return row.visibility == Visibility.PRIVATE
    return row.added_by_id == actor.membership_id


def has_mails(actor: Actor) -> bool:
    """Whether the actor wants mails of what he watches."""
    row = WatchingPreference.objects.visible_to(actor).first()
    return row is None or row.has_mails


def _own_side(actor: Actor, ticket: Ticket, at: datetime) -> list[Membership]:
    if actor.is_staff:
        return [person for person in colleagues(actor) if person.role in PERMISSIONS["ticket.watch"]]
    rows = ContractContact.objects.visible_to(actor).filter(contract_id=ticket.contract_id)
    contacts = rows.select_related("membership__user").order_by("membership__display_name", "id")
    today = _today(ticket, at)
    named = {row.membership_id: row.membership for row in contacts if is_named(row, today)}
    return [person for person in named.values() if _is_contact(person, ticket)]


def _is_contact(person: Membership, ticket: Ticket) -> bool:
    active = person.is_active and person.user.is_active
    return active and person.customer_id == ticket.customer_id and person.role in PERMISSIONS["ticket.watch"]


def _today(ticket: Ticket, at: datetime) -> date:
    return at.astimezone(zone_of(ticket)).date()


# Acts -----------------------------------------------------------------------------------------------------------------
def add(*, actor: Actor, at: datetime, reference: str, membership_id: UUID) -> Ticket:
    """Let somebody of the actor's own side watch, perhaps himself; twice changes nothing.

    Raises ``NotFound``, ``Forbidden``, ``Invalid`` for somebody who may not watch, ``Refused`` where too many do.
    """
    actor.require("ticket.watch")
    ticket = selectors.ticket(actor, reference)
    found = next((one for one in _own_side(actor, ticket, at) if one.id == membership_id), None)
    if found is None and membership_id == actor.membership_id:
        told = _("Only the contacts whom the contract names can watch. Ask one of them to keep you informed.")
        raise Refused(told, code="not_a_contact")
    if found is None:
        raise Invalid({"membership": [_("Choose one of those offered.")]})
    _write(actor, at, ticket, [found])
    return ticket


def remove(*, actor: Actor, reference: str, membership_id: UUID) -> Ticket:
    """Let somebody watch no longer; whoever does not watch stays as he is. Raises ``NotFound`` and ``Forbidden``."""
    actor.require("ticket.watch")
    ticket = selectors.ticket(actor, reference)
    rows = Watcher.objects.visible_to(actor).filter(ticket_id=ticket.pk, membership_id=membership_id)
    row = rows.first()
    if row is not None and not may_remove(actor, row):
        raise Forbidden
    rows.delete()
    return ticket


def add_mentioned(actor: Actor, at: datetime, ticket: Ticket, people: Sequence[Membership]) -> None:
    """Whoever is mentioned hears how it goes on. Beyond the limit he is told this once and watches nothing."""
    able = [person for person in people if person.role in PERMISSIONS["ticket.watch"]]
    try:
        _write(actor, at, ticket, able)
    except Refused:
        return


def choose_mails(*, actor: Actor, at: datetime, wanted: bool) -> None:
    """Whether mails of what the actor watches go to him; notifications in the portal always do."""
    WatchingPreference.objects.bulk_create(
        [WatchingPreference(owner_id=actor.person, provider_id=actor.provider_id, has_mails=wanted, updated_at=at)],
        update_conflicts=True,
        unique_fields=["owner"],
        update_fields=["has_mails", "updated_at"],
    )


def _write(actor: Actor, at: datetime, ticket: Ticket, people: Sequence[Membership]) -> None:
    if not people:
        return
    if Watcher.objects.visible_to(actor).filter(ticket_id=ticket.pk).count() + len(people) > MOST_WATCHERS:
        raise Refused(_("At most %(n)d people can watch one ticket.") % {"n": MOST_WATCHERS}, code="too_many_watchers")
    visibility = Visibility.PRIVATE if actor.is_staff else Visibility.PUBLIC
    rows = [
        Watcher(
            id=uuid7(),
            provider_id=ticket.provider_id,
            customer_id=ticket.customer_id,
            ticket_id=ticket.pk,
            membership_id=person.id,
            visibility=visibility,
            added_by_id=actor.person,
            added_by_name=actor.name,
            added_at=at,
        )
        for person in people
    ]
    Watcher.objects.bulk_create(rows, ignore_conflicts=True)


# For the relay --------------------------------------------------------------------------------------------------------
class Watching:
    """Who watches some tickets and may still do so, read once per batch of messages."""

    def __init__(self, tickets: Iterable[Ticket], at: datetime):
        self._tickets = {ticket.pk: ticket for ticket in tickets}
        rows = Watcher.objects.filter(ticket_id__in=list(self._tickets)).order_by("added_at", "id")
        self._rows = list(rows.select_related("membership__user"))
        self._at = at
        self._named = self._contacts()
        self._silent = self._without_mails()

    def of(self, ticket: Ticket, since: datetime) -> list[Membership]:
        """The people of both sides who watch it now and did so at ``since``."""
        rows = (row for row in self._rows if row.ticket_id == ticket.pk and row.added_at <= since)
        return [row.membership for row in rows if self._may_watch(row, ticket)]

    def wants_mails(self, person: Membership) -> bool:
        """Whether he wants mails of what he watches."""
        return person.id not in self._silent

    def _may_watch(self, row: Watcher, ticket: Ticket) -> bool:
        person = row.membership
        if person.role not in PERMISSIONS["ticket.watch"]:
            return False
        if person.is_staff:
            return True
        return _is_contact(person, ticket) and (ticket.contract_id, person.id) in self._named

    def _contacts(self) -> set[tuple[UUID, UUID]]:
        """(contract, person) of those whom the contracts name on the day; asked only where a customer watches."""
        outside = {row.membership_id for row in self._rows if not row.membership.is_staff}
        if not outside:
            return set()
        contracts = {ticket.contract_id: _today(ticket, self._at) for ticket in self._tickets.values()}
        rows = ContractContact.objects.filter(contract_id__in=list(contracts), membership_id__in=outside)
        return {(row.contract_id, row.membership_id) for row in rows if is_named(row, contracts[row.contract_id])}

    def _without_mails(self) -> set[UUID]:
        if not self._rows:
            return set()
        rows = WatchingPreference.objects.filter(owner__in={row.membership_id for row in self._rows}, has_mails=False)
        return set(rows.values_list("owner_id", flat=True))
