"""Unique words for every text that the product stores, and who may ever read each of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from accounts.tenancy import Actor

MARK = re.compile(rb"zq(\d{4})x", re.IGNORECASE)
REFERENCE = re.compile(rb"\b(?:MEGA|OCTI)-\d{4}\b")


@dataclass(frozen=True)
class Audience:
    """``customer`` None: everybody of the provider. ``private``: staff only. ``owners``: these people only."""

    provider: str
    customer: str | None = None
    private: bool = False
    owners: frozenset[str] = frozenset()


@dataclass
class Person:
    """A principal of the matrix. ``provider`` is empty for whoever may see nothing at all."""

    key: str
    provider: str = ""
    customers: frozenset[str] = frozenset()
    actor: Actor | None = None
    session_key: str = ""
    token: str = ""
    agent: str = ""

    @property
    def acting(self) -> Actor:
        """The actor of somebody who has one."""
        assert self.actor is not None
        return self.actor

    @property
    def is_staff(self) -> bool:
        return bool(self.provider) and self.acting.is_staff

    @property
    def is_external(self) -> bool:
        return bool(self.provider) and not self.is_staff

    def may(self, permission: str) -> bool:
        """Whether the role holds ``permission``."""
        return bool(self.provider) and self.acting.may(permission)

    def serves(self, provider: str, customer: str | None) -> bool:
        """Whether rows of that customer are this person's business."""
        if not self.provider or provider != self.provider:
            return False
        return self.is_staff or customer is None or customer in self.customers


def may_read(person: Person, audience: Audience) -> bool:
    """The oracle, written down by hand and apart from the product's predicate."""
    if audience.owners:
        return person.key in audience.owners and bool(person.provider)
    if audience.private and not person.is_staff:
        return False
    return person.serves(audience.provider, audience.customer)


@dataclass
class Aviary:
    """Every canary that was let out, and the references of tickets."""

    labels: list[tuple[str, Audience]] = field(default_factory=list)
    references: dict[str, Audience] = field(default_factory=dict)

    def word(self, label: str, provider: str, customer: str | None = None, **more: object) -> str:
        """A new word such as ``zq0017xtitle``; ``private=True`` or ``owners={...}`` narrow who may read it."""
        owners = frozenset(more.get("owners", ()))  # type: ignore[arg-type]
        audience = Audience(provider, customer, bool(more.get("private")), owners)
        self.labels.append((label, audience))
        return f"zq{len(self.labels) - 1:04d}x{label}"

    def found(self, text: bytes) -> set[int]:
        """Numbers of the canaries that sing in ``text``."""
        return {int(number) for number in MARK.findall(text)}

    def strangers(self, person: Person, text: bytes, asked: Iterable[str] = ()) -> list[str]:
        """What stands in ``text`` and is none of this person's business; ``asked`` are references he sent himself."""
        told = [self._name(number) for number in sorted(self.found(text)) if not may_read(person, self._of(number))]
        known = set(asked)
        for raw in sorted(set(REFERENCE.findall(text))):
            reference = raw.decode()
            audience = self.references.get(reference)
            if audience and reference not in known and not may_read(person, audience):
                told.append(reference)
        return told

    def _of(self, number: int) -> Audience:
        return self.labels[number][1]

    def _name(self, number: int) -> str:
        label, audience = self.labels[number]
        return f"zq{number:04d}x{label} of {audience}"
