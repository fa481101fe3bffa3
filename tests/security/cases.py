"""What the tables of routes are made of: one call with whose business it is, and the things that many rows name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import reverse

from tests.security.canaries import Person
from tests.security.stage import Owned, Stage
from tickets.models import Ticket

NOBODY = UUID("00000000-0000-7000-8000-000000000000")
NO_REFERENCE = "MEGA-4999"
NO_CONTRACT = "NO-SUCH-CONTRACT"
NOTHING = "nonexistent"


@dataclass(frozen=True)
class Case:
    """One call of a route. ``entitled``: whether the thing that it names is this person's business.

    ``asked`` are the identifiers that the request itself carries; an answer may repeat them.
    """

    thing: str
    entitled: bool
    kwargs: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    family: str = ""
    is_json: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """The path of the call."""
        return reverse(name, kwargs=self.kwargs)


def serves(person: Person, owned: Owned) -> bool:
    return person.serves("octipas" if owned.key == "c" else "mega", owned.key)


Cases = Callable[[Stage, Person], list[Case]]
"""The calls of an address for one person."""


def own_of(stage: Stage, person: Person) -> Owned | None:
    """The first customer with a ticket that is this person's business."""
    return next((owned for owned in stage.customers.values() if serves(person, owned) and owned.ticket), None)


def tickets(
    stage: Stage, person: Person, which: str = "ticket", data: Callable[[Ticket | None], dict[str, Any]] | None = None
) -> list[Case]:
    """A ticket of each customer, and none."""
    made = data or (lambda ticket: {})
    cases = [Case(NOTHING, False, {"reference": NO_REFERENCE}, data=made(None), asked=(NO_REFERENCE,))]
    for key, owned in stage.customers.items():
        ticket: Ticket = getattr(owned, which)
        reference = {"reference": ticket.reference}
        cases.append(Case(key, serves(person, owned), reference, data=made(ticket), asked=(ticket.reference,)))
    return cases


def act(which: str = "ticket", **given: str) -> Cases:
    """An act on a ticket with a body that would be accepted."""

    def cases(stage: Stage, person: Person) -> list[Case]:
        def data(ticket: Ticket | None) -> dict[str, Any]:
            if ticket is None:
                return {**given, "expected_version": "1"}
            version = ticket.public_version if person.is_external else ticket.version
            return {**given, "expected_version": str(version)}

        return tickets(stage, person, which, data)

    return cases


def receipts(stage: Stage, person: Person) -> list[Case]:
    return [
        Case(case.thing, case.entitled, {**case.kwargs, "target": "response"}, asked=case.asked)
        for case in tickets(stage, person)
    ]


def files(stage: Stage, person: Person) -> list[Case]:
    """Files of public and private messages, and uploads that nobody has sent yet."""
    cases = [Case(NOTHING, False, {"attachment_id": NOBODY}, asked=(str(NOBODY),))]
    for owned in stage.customers.values():
        for name, row in owned.files.items():
            if owned.key == "e" and name != "public":
                continue
            entitled = serves(person, owned) and (name != "private" or person.is_staff)
            if name.startswith("loose_"):
                entitled = name == f"loose_{person.key}" and bool(person.provider)
            is_loose = name.startswith("loose_")
            thing = name if is_loose else f"{owned.key}:{name}"
            cases.append(Case(thing, entitled, {"attachment_id": row.id}, asked=(str(row.id),)))
    return cases


def loose(stage: Stage, person: Person) -> list[Case]:
    """Files by whose id somebody might take them along: one's own upload, and those of others, sent or not."""
    shown = {NOTHING, "a:public", "a:private", "loose_contact_a", "loose_engineer", "loose_contact_c"}
    return [case for case in files(stage, person) if case.thing in shown | {f"loose_{person.key}"}]


def contracts(stage: Stage, person: Person) -> list[Case]:
    cases = [Case(NOTHING, False, {"contract_id": NOBODY}, asked=(str(NOBODY),))]
    for key, owned in stage.customers.items():
        asked = (str(owned.contract.id),)
        cases.append(Case(key, serves(person, owned), {"contract_id": owned.contract.id}, asked=asked))
    return cases


def plain(**data: str) -> Cases:
    return lambda stage, person: [Case("-", True, data=data)]
