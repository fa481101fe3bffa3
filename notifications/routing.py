"""Who hears of an event, and how. Decided when the message is made, with the rights that people have then.

A ticket may have changed hands between the event and the message. What both sides may read goes to whoever had the
ticket when it happened. What is private goes to whoever has it now: nobody is called to work that was taken from him.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership, PartnerGrant, TeamMember
from accounts.roles import ENGINEERS, PERMISSIONS, STAFF, Role
from notifications.models import Delivery
from notifications.watching import Watching
from tickets.events import Kind
from tickets.models import Event, Ticket, Visibility
from tickets.standing import Standing

MAIL, IN_APP = Delivery.Channel.MAIL, Delivery.Channel.IN_APP
BOTH = (MAIL, IN_APP)

AUTHOR, CONFIRMED, ASSIGNEE = "author", "confirmed", "assignee"
ENGINEERS_OR_ASSIGNEE, NAMED, MANAGERS, TEAM = "engineers_or_assignee", "named_by_terms", "managers", "team"
ESCALATED = "escalated"
"""The levels of an escalation that begins with the event (HOP-5)."""

ROUTES: dict[Kind, tuple[tuple[str, tuple[Delivery.Channel, ...]], ...]] = {
    Kind.FILED: ((CONFIRMED, (MAIL,)), (ENGINEERS_OR_ASSIGNEE, BOTH), (ESCALATED, BOTH)),
    Kind.TAKEN: ((AUTHOR, BOTH),),
    Kind.ASSIGNED: ((ASSIGNEE, BOTH), (AUTHOR, (IN_APP,))),
    Kind.TEAM_CHANGED: ((TEAM, BOTH), (AUTHOR, (IN_APP,))),
    Kind.REPLIED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.NOTED: ((ASSIGNEE, (IN_APP,)),),
    Kind.INFORMATION_REQUESTED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.ANSWERED: ((ENGINEERS_OR_ASSIGNEE, BOTH), (AUTHOR, (IN_APP,))),
    Kind.COMMENTED: ((ENGINEERS_OR_ASSIGNEE, BOTH), (AUTHOR, (IN_APP,))),
    Kind.CALL_LOGGED: ((AUTHOR, BOTH),),
    Kind.ACTION_PLAN: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.RESOLVED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.WORKAROUND_OFFERED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.WORKAROUND_ACCEPTED: ((ENGINEERS_OR_ASSIGNEE, BOTH), (AUTHOR, (IN_APP,))),
    Kind.WORKAROUND_DECLINED: ((ENGINEERS_OR_ASSIGNEE, BOTH), (AUTHOR, (IN_APP,))),
    Kind.MOVED: ((AUTHOR, BOTH), (ENGINEERS_OR_ASSIGNEE, (IN_APP,))),
    Kind.REOPENED: ((ENGINEERS_OR_ASSIGNEE, BOTH), (AUTHOR, (IN_APP,))),
    Kind.CLOSED: ((AUTHOR, (IN_APP,)), (ASSIGNEE, (IN_APP,))),
    Kind.SEVERITY_CHANGED: ((AUTHOR, BOTH), (ASSIGNEE, BOTH), (ESCALATED, BOTH)),
    Kind.CALENDAR_CHANGED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.EXCLUDED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.REINSTATED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,))),
    Kind.HELD: ((AUTHOR, BOTH), (ASSIGNEE, BOTH)),
    Kind.RELEASED: ((AUTHOR, BOTH), (ASSIGNEE, BOTH)),
    Kind.CONTESTED: ((AUTHOR, BOTH), (ASSIGNEE, (IN_APP,)), (MANAGERS, BOTH)),
    Kind.CONTEST_ACCEPTED: ((AUTHOR, BOTH), (ASSIGNEE, BOTH), (MANAGERS, (IN_APP,)), (ESCALATED, BOTH)),
    Kind.CONTEST_DECLINED: ((AUTHOR, BOTH), (ASSIGNEE, BOTH), (MANAGERS, (IN_APP,))),
    Kind.CONTEST_WITHDRAWN: ((AUTHOR, (IN_APP,)), (ASSIGNEE, (IN_APP,)), (MANAGERS, (IN_APP,))),
    Kind.CLOCK_APPROACHING: ((NAMED, BOTH),),
    Kind.CLOCK_BREACHED: ((NAMED, BOTH),),
    Kind.DUTY_MISSED: ((NAMED, BOTH),),
}
"""Kind of event → audiences and channels. Every kind has a row; a test fails where one is missing."""

_ROLE_GROUPS = {
    "engineers": ENGINEERS,
    "support_manager": frozenset({Role.SUPPORT_MANAGER}),
    "account_manager": frozenset({Role.ACCOUNT_MANAGER}),
    "product_manager": frozenset({Role.PRODUCT_MANAGER}),
    "administrator": frozenset({Role.ADMINISTRATOR}),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be told, by the channels of his audience. ``because`` is that of ``Delivery``."""

    membership: Membership
    channels: tuple[Delivery.Channel, ...]
    because: str = ""


Told = dict[UUID, set[Delivery.Channel]]


def recipients(event: Event, ticket: Ticket, people: "People", watching: Watching | None = None) -> list[Recipient]:
    """Everybody who is told of ``event``: by each channel once, never somebody who may not see it, and never the one
    who did it, except that whoever files has a mail that confirms it and says by when an answer is due.

    Whoever is mentioned is told that; what is a person's part in the matter goes before his watching it.
    """
    mentioned = dict.fromkeys(mentioned_in(event), set(BOTH))
    concerned = _concerned(event, ticket, people)
    onlookers = _watching(event, ticket, watching) if watching else {}
    parts: tuple[tuple[str, Told], ...] = (
        (Delivery.Because.MENTIONED, mentioned),
        ("", _without(concerned, mentioned)),
        (Delivery.Because.WATCHING, _without(_without(onlookers, mentioned), concerned)),
    )
    return [
        Recipient(people.by_id[key], tuple(sorted(channels)), because)
        for because, told in parts
        for key, channels in told.items()
        if channels and key in people.by_id and people.may_read(people.by_id[key], event)
    ]


def mentioned_in(event: Event) -> list[UUID]:
    """Who is addressed by name in the message of an event, but for its author."""
    keys = (UUID(one["id"]) for one in event.data.get("mentions", []))
    return [key for key in keys if key != event.actor_id]


def _without(told: Told, known: Told) -> Told:
    return {key: channels - known.get(key, set()) for key, channels in told.items()}


def _concerned(event: Event, ticket: Ticket, people: "People") -> Told:
    found: Told = {}
    for audience, channels in ROUTES[Kind(event.kind)]:
        for membership_id in _audience(audience, event, ticket, people):
            if membership_id != event.actor_id or audience == CONFIRMED:
                found.setdefault(membership_id, set()).update(channels)
    return found


def _watching(event: Event, ticket: Ticket, watching: Watching) -> Told:
    """The customer's watchers hear what its contact hears. The provider's hear what the one in charge hears, in the
    portal also what is told to the contact alone; of what is private only the notes."""
    found: Told = {}
    for person in watching.of(ticket, event.recorded_at):
        channels = _of_staff(event) if person.is_staff else _channels(event, {AUTHOR})
        if not watching.wants_mails(person):
            channels = channels - {MAIL}
        if person.id != event.actor_id:
            found[person.id] = channels
    return found


def _of_staff(event: Event) -> set[Delivery.Channel]:
    if event.visibility == Visibility.PRIVATE and event.kind != Kind.NOTED:
        return set()
    told = _channels(event, {ASSIGNEE, ENGINEERS_OR_ASSIGNEE})
    if "assignee" in event.data.get("recipients", []):
        told |= _channels(event, {NAMED})
    return told or _channels(event, {AUTHOR}) & {IN_APP}


def _channels(event: Event, audiences: Collection[str]) -> set[Delivery.Channel]:
    rows = ROUTES[Kind(event.kind)]
    return {channel for audience, channels in rows if audience in audiences for channel in channels}


def _audience(audience: str, event: Event, ticket: Ticket, people: "People") -> Iterable[UUID]:
    if audience in {AUTHOR, CONFIRMED}:
        return [ticket.author_id]
    if audience == ASSIGNEE:
        holder = _holder(event, ticket)
        return [holder] if holder else []
    if audience == ENGINEERS_OR_ASSIGNEE:
        return _called(event, ticket, people)
    if audience == TEAM:
        return people.of_team(UUID(event.data["team"]["id"]))
    if audience == MANAGERS:
        return people.with_roles(PERMISSIONS["ticket.agree"] & STAFF)
    told = event.data.get("escalation", {}) if audience == ESCALATED else event.data
    return _named(event, ticket, people, told)


def _holder(event: Event, ticket: Ticket) -> UUID | None:
    """Whose ticket it was when the event had happened; whose it is now, where the event is private."""
    return Standing.after(event, ticket).assignee_id if event.visibility == Visibility.PUBLIC else ticket.assignee_id


def _called(event: Event, ticket: Ticket, people: "People") -> list[UUID]:
    """Who is to act: whose ticket it was; whose it is now, if that person has left; the engineers where it is free."""
    holders = (_holder(event, ticket), ticket.assignee_id)
    present = [holder for holder in holders if holder in people.by_id]
    if holders[0] is None or not present:
        return people.with_roles(ENGINEERS)
    return present[:1]


def _named(event: Event, ticket: Ticket, people: "People", told: Mapping[str, Any]) -> list[UUID]:
    """Whom the terms name, as the journal keeps it."""
    found: list[UUID] = []
    for role in told.get("recipients", []):
        if role == "assignee":
            found += _called(event, ticket, people)
        else:
            found += people.with_roles(_ROLE_GROUPS.get(role, frozenset()))
    return found


class People:
    """The active members of one provider's world, read once per relay batch."""

    def __init__(self, memberships: QuerySet[Membership], grants: QuerySet[PartnerGrant]):
        active = memberships.filter(is_active=True, user__is_active=True)
        self.by_id = {row.id: row for row in active.select_related("user")}
        self._given = grants

    @cached_property
    def _grants(self) -> set[tuple[UUID, UUID]]:
        """What partners were given; asked of the database only where somebody is neither staff nor of the customer."""
        return {(row.membership_id, row.customer_id) for row in self._given}

    @classmethod
    def of_provider(cls, provider_id: UUID) -> "People":
        """Everybody of a provider's world."""
        return cls(
            Membership.objects.filter(provider_id=provider_id),
            PartnerGrant.objects.filter(provider_id=provider_id),
        )

    @classmethod
    def one(cls, membership_id: UUID) -> "People":
        """A single person, for a last look at his rights."""
        return cls(
            Membership.objects.filter(pk=membership_id),
            PartnerGrant.objects.filter(membership_id=membership_id),
        )

    def of_team(self, team_id: UUID) -> list[UUID]:
        """Members who work in a team and whose role may still be given tickets; asked of the database once, however
        many teams."""
        return self._teams.get(team_id, [])

    @cached_property
    def _teams(self) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = {}
        desk = self.with_roles(PERMISSIONS["ticket.be_assigned"])
        for row in TeamMember.objects.filter(membership__in=desk).order_by("id"):
            found.setdefault(row.team_id, []).append(row.membership_id)
        return found

    def with_roles(self, roles: Iterable[str]) -> list[UUID]:
        """Members who hold one of ``roles``."""
        wanted = set(roles)
        return [key for key, row in self.by_id.items() if row.role in wanted]

    def may_read(self, person: Membership, event: Event) -> bool:
        """Whether ``person`` may read ``event`` now; asked when the message is made, and again when it is sent."""
        if person.is_staff:
            return True
        return event.visibility == Visibility.PUBLIC and self.serves(person, event.customer_id)

    def serves(self, person: Membership, customer_id: UUID) -> bool:
        """Whether somebody who is not staff belongs to a customer, or was granted it as a partner."""
        return person.customer_id == customer_id or (person.id, customer_id) in self._grants
