"""Who watches a ticket, whom its messages mention and who looks at it just now, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from accounts.models import Membership
from accounts.roles import Role
from accounts.tenancy import Actor
from notifications.models import Watcher
from notifications.presence import Present
from notifications.watching import may_remove, watchers
from tickets.models import Event, Ticket, Visibility


@dataclass(frozen=True, slots=True)
class WatcherRow:
    """One watcher: ``added_by`` is empty for somebody who chose to watch."""

    key: UUID
    name: str
    side: str
    is_reader: bool
    added_by: str
    added_at: datetime
    may_remove: bool


@dataclass(frozen=True, slots=True)
class WatchersView:
    """The watchers of a ticket whom the reader may know of. ``is_watching``: he is one of them."""

    rows: Sequence[WatcherRow]
    is_watching: bool
    may_watch: bool


def present_watchers(actor: Actor, ticket: Ticket) -> WatchersView:
    """One question to the database, however many there are."""
    rows = [_row(actor, row) for row in watchers(actor, ticket)]
    return WatchersView(rows, any(row.is_reader for row in rows), actor.may("ticket.watch"))


def _row(actor: Actor, row: Watcher) -> WatcherRow:
    return WatcherRow(
        key=row.membership_id,
        name=row.membership.display_name,
        side="provider" if row.visibility == Visibility.PRIVATE else "customer",
        is_reader=row.membership_id == actor.membership_id,
        added_by=row.added_by_name if row.added_by_id != row.membership_id else "",
        added_at=row.added_at,
        may_remove=may_remove(actor, row),
    )


def mentions_of(journal: Iterable[Event]) -> dict[UUID | None, list[str]]:
    """Message → the names that it mentions."""
    return {event.comment_id: [one["name"] for one in event.data["mentions"]] for event in journal if _mentions(event)}


def _mentions(event: Event) -> bool:
    return bool(event.comment_id and event.data.get("mentions"))


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who can be mentioned. ``text`` is what mentions him: his address where others have the same name."""

    name: str
    text: str
    role: str


def present_colleagues(people: Sequence[Membership]) -> list[Colleague]:
    """The people of the desk as they are proposed behind an @."""
    names = [person.display_name.lower() for person in people]
    return [
        Colleague(
            name=person.display_name,
            text=person.display_name if names.count(person.display_name.lower()) == 1 else person.user.email,
            role=str(Role(person.role).label),
        )
        for person in people
    ]


def presence_words(others: Iterable[Present]) -> list[str]:
    """A sentence for each of the others, as far as there is one for what he does."""
    said = {"reads": gettext("%(name)s is reading this"), "writes": gettext("%(name)s is writing")}
    return [said[one.does] % {"name": one.name} for one in others if one.does in said]


def nobody_mentioned(names: Sequence[str]) -> str:
    """What is told to somebody who addressed people whom the desk does not have."""
    told = gettext("Nobody was told by this mention: %(names)s. Write the full name or the address of a colleague.")
    return told % {"names": ", ".join(f"@{name}" for name in names)}
