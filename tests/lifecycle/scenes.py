"""Tickets brought to a state through the services, and what a database looked like before an act."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.tenancy import Actor, acting_as
from lifecycle import services
from lifecycle.duties import write_action_plan
from notifications.models import Delivery, OutboxEntry
from slas.models import Clock
from tests.worlds import World, as_system, paris
from tickets.models import Attachment, Comment, Draft, Event, Ticket
from tickets.standing import KEY as STANDING
from tickets.states import State

MONDAY = paris("2026-05-04 08:05")
DUE = paris("2026-05-05 13:00")
"""When a Critical Case filed on that Monday must be answered: 4 business hours from the day after (R2, HSA-1)."""

ROADS: dict[State, tuple[str, ...]] = {
    State.NEW: (),
    State.IN_PROGRESS: ("reply",),
    State.WAITING_CUSTOMER: ("ask",),
    State.RESOLVED: ("reply", "resolve"),
    State.CLOSED: ("reply", "resolve", "close"),
}
SERVICES = {
    "take": services.take_ticket,
    "assign": services.assign_ticket,
    "reply": services.reply,
    "note": services.add_note,
    "ask": services.request_information,
    "call": services.log_call,
    "plan": write_action_plan,
    "resolve": services.resolve_ticket,
    "workaround": services.offer_workaround,
    "accept_workaround": services.accept_workaround,
    "decline_workaround": services.decline_workaround,
    "move": services.move_ticket,
    "reopen": services.reopen_ticket,
    "close": services.close_ticket,
    "severity": services.change_severity,
}
EDITS = frozenset(SERVICES) - {"take", "reply", "note", "ask", "call", "plan", "workaround"}


def arguments(world: World, act: str) -> dict[str, Any]:
    """What a well filled form of ``act`` carries, besides the version."""
    if act == "take":
        return {}
    if act == "assign":
        return {"assignee_id": world.staff["second"].membership_id}
    if act == "resolve":
        return {"resolution_type": "workaround", "body": "Import again."}
    if act in {"close", "accept_workaround"}:
        return {}
    if act == "workaround":
        return {"kind": "provisional", "body": "Use the old report meanwhile."}
    if act == "move":
        return {"step": "confirm_test"}
    if act == "plan":
        return {"body": "First the indexes, then the report.", "expected_plan": 0}
    if act == "severity":
        return {"severity": "minor", "reason_code": "impact_reassessed", "reason": "One user only."}
    return {"body": f"words of {act}"}


def do(world: World, actor: Actor, act: str, ticket: Ticket, at: datetime | None = None, **given: Any) -> Ticket:
    """One act by ``actor``, five minutes after the last one unless told otherwise, on a fresh form."""
    form = arguments(world, act) | given
    if act in EDITS and "expected_version" not in given:
        form["expected_version"] = services.version_for(actor, ticket)
    at = at or ticket.updated_at + timedelta(minutes=5)
    with acting_as(actor):
        return SERVICES[act](actor=actor, at=at, reference=ticket.reference, **form)


def bring_to(world: World, state: State, **filing: Any) -> Ticket:
    """A ticket of the first customer in ``state``, held by nobody."""
    ticket = world.file(MONDAY, **filing)
    for act in ROADS[state]:
        ticket = do(world, world.staff["engineer"], act, ticket)
    assert ticket.state == state
    return ticket


def journal(world: World, ticket: Ticket) -> list[Event]:
    """The whole journal of a ticket."""
    with as_system(world):
        return list(Event.objects.filter(ticket=ticket).order_by("seq"))


def told(event: Event) -> dict[str, Any]:
    """What an event tells of its act, without how the ticket stood then."""
    return {name: value for name, value in event.data.items() if name != STANDING}


def kinds(world: World, ticket: Ticket) -> list[str]:
    """The kinds of a ticket's journal, in order."""
    return [event.kind for event in journal(world, ticket)]


def clock(world: World, ticket: Ticket) -> Clock:
    """The ticket's response clock."""
    with as_system(world):
        return Clock.objects.get(ticket=ticket, target="response")


@dataclass(frozen=True)
class Snapshot:
    """Every row of the ticket side of a provider, by table."""

    tables: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, world: World) -> "Snapshot":
        with as_system(world):
            models = (Ticket, Comment, Event, Attachment, Draft, Clock, OutboxEntry, Delivery)
            return cls({model.__name__: list(model.objects.order_by("pk").values()) for model in models})
