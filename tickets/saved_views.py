"""Views of the queue that people keep or share, and how each of them likes it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import JSONField, QuerySet, Value
from django.utils.translation import gettext as _

from accounts.errors import Forbidden, Invalid, NotFound
from accounts.identifiers import uuid7
from accounts.questions import question
from accounts.tenancy import Actor
from tickets.models import QueuePreference, QueueView, SavedView, SharedView
from tickets.text import bounded, clean_line

MOST_VIEWS: Final = 20
"""Views that a person may keep, and that a provider may share: more would no longer be found among each other."""
MAX_NAME: Final = 60
MAX_COLUMNS: Final = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """A view that somebody kept or shared."""

    id: UUID
    name: str
    owner_id: UUID
    filters: dict[str, str]
    columns: tuple[str, ...]
    is_shared: bool

    @property
    def code(self) -> str:
        """How the address of the queue names it."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the queue remembers about a person: his own views, those that are shared with him, and what he likes."""

    own: tuple[Kept, ...] = ()
    shared: tuple[Kept, ...] = ()
    columns: tuple[str, ...] = ()
    opens_with: str = ""

    def view(self, code: str) -> Kept | None:
        """The view of that code; None where there is none for this person."""
        return next((view for view in (*self.own, *self.shared) if view.code == code), None)


@dataclass(frozen=True, slots=True)
class Look:
    """What a view holds: filters as the form of the queue sends them, and columns."""

    name: str
    filters: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] = ()


def memory(actor: Actor) -> Memory:
    """All that the queue remembers about the actor, in one statement."""
    found: dict[str, list[Kept]] = {"own": [], "shared": [], "liked": []}
    for kind, key, name, owner, filters, columns in _remembered(actor):
        found[kind].append(Kept(key, name, owner, filters, tuple(columns), kind == "shared"))
    likes = next(iter(found["liked"]), None)
    return Memory(
        _by_name(found["own"]),
        _by_name(found["shared"]),
        likes.columns if likes else (),
        likes.name if likes else "",
    )


@question
def _remembered(actor: Actor) -> QuerySet[Any, Any]:
    own = _told(SavedView.objects.visible_to(actor), "own")
    shared = _told(SharedView.objects.visible_to(actor), "shared")
    liked = QueuePreference.objects.visible_to(actor).annotate(
        kind=Value("liked"), nothing=Value({}, output_field=JSONField())
    )
    likes = liked.values_list("kind", "owner_id", "opens_with", "owner_id", "nothing", "columns")
    return own.union(shared, likes, all=True)


def _told(rows: QuerySet[Any], kind: str) -> QuerySet[Any, Any]:
    return rows.annotate(kind=Value(kind)).values_list("kind", "id", "name", "owner_id", "filters", "columns")


def _by_name(views: Sequence[Kept]) -> tuple[Kept, ...]:
    return tuple(sorted(views, key=lambda view: view.name.casefold()))


def may_change(actor: Actor, view: Kept) -> bool:
    """One's own views; shared ones too if one made them, or looks after all of them."""
    return view.owner_id == actor.membership_id or (view.is_shared and actor.may("queue.curate"))


def keep_view(*, actor: Actor, at: datetime, look: Look, is_shared: bool = False) -> UUID:
    """Keep a view for oneself, or share it with everybody of the provider.

    Raises ``Invalid`` for a name that is empty, too long or taken, and where there are too many; ``Forbidden``.
    """
    actor.require("queue.share" if is_shared else "queue.keep")
    kind: type[QueueView] = SharedView if is_shared else SavedView
    known = kind.objects.visible_to(actor)
    if known.count() >= MOST_VIEWS:
        raise Invalid({"name": [_("There are already %(n)d views. Delete one first.") % {"n": MOST_VIEWS}]})
    made = kind(
        id=uuid7(), provider_id=actor.provider_id, owner_id=actor.person, **_checked(look, known), updated_at=at
    )
    with _one_of_a_name():
        made.save(force_insert=True)
    return made.id


def change_view(*, actor: Actor, at: datetime, view_id: UUID, look: Look) -> None:
    """Give a view another name, other filters or columns. Raises ``NotFound``, ``Forbidden`` or ``Invalid``."""
    rows, kept = _changeable(actor, view_id)
    others = rows.exclude(pk=kept.id)
    with _one_of_a_name():
        rows.filter(pk=kept.id).update(**_checked(look, others), updated_at=at)


def forget_view(*, actor: Actor, view_id: UUID) -> None:
    """Delete a view. Raises ``NotFound`` or ``Forbidden``."""
    rows, kept = _changeable(actor, view_id)
    rows.filter(pk=kept.id).delete()


def prefer(*, actor: Actor, at: datetime, columns: Sequence[str], opens_with: str) -> None:
    """Keep somebody's columns and the code of the view with which his queue opens; empty: as the product has it."""
    actor.require("queue.keep")
    row = QueuePreference(
        owner_id=actor.person,
        provider_id=actor.provider_id,
        columns=list(columns)[:MAX_COLUMNS],
        opens_with=opens_with,
        updated_at=at,
    )
    QueuePreference.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["owner"],
        update_fields=["columns", "opens_with", "updated_at"],
    )


def _changeable(actor: Actor, view_id: UUID) -> tuple[QuerySet[Any], Kept]:
    """The rows among which a view stands, and the view. One that is not visible is not found."""
    found = memory(actor).view(str(view_id))
    if found is None:
        raise NotFound
    if not may_change(actor, found):
        raise Forbidden
    kind = SharedView if found.is_shared else SavedView
    return kind.objects.visible_to(actor), found


@contextmanager
def _one_of_a_name() -> Iterator[None]:
    """Of two views that get one name at once, the second is refused like one that comes later."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise _taken() from error


def _taken() -> Invalid:
    return Invalid({"name": [_("Another view has this name.")]})


def _checked(look: Look, others: QuerySet[Any]) -> dict[str, Any]:
    name = bounded(clean_line(look.name, field="name"), field="name", maximum=MAX_NAME)
    if others.filter(name=name).exists():
        raise _taken()
    return {"name": name, "filters": dict(look.filters), "columns": list(look.columns)[:MAX_COLUMNS]}
