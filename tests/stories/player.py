"""Plays a story: a contract, then dated steps; and writes down what came of it in the words of the story.

A story is a YAML file that a customer could read, in a folder that is called like the terms document:

    title, clauses   what it shows, and where the contract says so
    steps            {at, who, does} in French time; `does: wait` lets time pass until the sweep and the relay look
    clock            what the only clock says in the end; `clocks` where there may be several, by target
    overrides        what the contract changes in its terms
    journal          one line per entry, oldest first
    private          the numbers of the lines that the customer does not see
    told             "what happened → who: how", in the order of the journal
"""

from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from accounts.errors import DomainError, Refused
from accounts.tenancy import Actor, acting_as
from contracts.selectors import terms_of
from lifecycle.timers import sweep
from notifications.models import Delivery
from notifications.relay import relay
from slas.models import Clock
from tests.lifecycle.scenes import do
from tests.worlds import PARIS, World, as_system
from tickets.events import ALERTS, Kind
from tickets.models import Event, Ticket
from tickets.selectors import timeline

FOLDER = Path(__file__).resolve().parent
ACTS = {
    "takes it": "take",
    "assigns it": "assign",
    "replies": "reply",
    "notes": "note",
    "asks": "ask",
    "calls": "call",
    "writes the plan": "plan",
    "resolves": "resolve",
    "offers a workaround": "workaround",
    "accepts the workaround": "accept_workaround",
    "declines the workaround": "decline_workaround",
    "moves it": "move",
    "reopens": "reopen",
    "closes": "close",
    "changes the severity": "severity",
}


def story_paths() -> list[Path]:
    """Every story, by contract and name."""
    return sorted(FOLDER.glob("*/*.yaml"))


def load_story(path: Path) -> dict[str, Any]:
    """The story as written; raises where a part is missing or unknown."""
    story = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked = {"title", "clauses", "steps", "clock" if "clock" in story else "clocks", "journal"}
    missing, unknown = asked - story.keys(), story.keys() - asked - {"private", "told", "overrides"}
    if missing or unknown:
        raise ValueError(f"{path.name}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    return story


def instant(text: str) -> datetime:
    """``2026-05-05 24:00`` is the midnight that closes the day (R1)."""
    day, _, time = text.partition(" ")
    if time == "24:00":
        return datetime.fromisoformat(day).replace(tzinfo=PARIS) + timedelta(days=1)
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def shown(at: datetime | None) -> str | None:
    """An instant in French time, with seconds where there are some."""
    if at is None:
        return None
    local = at.astimezone(PARIS)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


class Player:
    """One ticket of one world, driven by the steps of a story."""

    def __init__(self, world: World):
        self.world = world
        self.named = len(terms_of(world.customers[0].contract).targets) > 1
        self.people: dict[str, Actor] = world.staff | world.customers[0].people
        self.ticket: Ticket | None = None

    def play(self, steps: list[dict[str, Any]]) -> None:
        """Every step, in order; `refused:` says by which code a step is refused."""
        for step in steps:
            step = dict(step)
            at, code = instant(str(step.pop("at"))), step.pop("refused", None)
            try:
                self._step(at, **step)
            except DomainError as error:
                assert code == error.code, f"{step} was refused: {error!r}"
                if isinstance(error, Refused):
                    assert error.message
            else:
                assert code is None, f"{step} was not refused"

    def _step(self, at: datetime, *, does: str, who: str = "", **given: Any) -> None:
        if does == "wait":
            sweep(at=at)
            relay(at=at)
        elif does == "files":
            self.ticket = self.world.file(at, by=self.people[who], **given)
        else:
            if does == "assigns it":
                given = {"assignee_id": self.people[given["to"]].membership_id}
            self.ticket = do(self.world, self.people[who], ACTS[does], self._now(), at=at, **given)

    def _now(self) -> Ticket:
        assert self.ticket is not None
        with as_system(self.world):
            return Ticket.objects.get(pk=self.ticket.pk)

    def clocks(self) -> dict[str, dict[str, str | None]]:
        """Each clock of the ticket by its target, as a story tells it."""
        with as_system(self.world):
            return {row.target: _told(row) for row in Clock.objects.filter(ticket=self.ticket).order_by("target")}

    def states(self) -> tuple[str, str]:
        """The state of the product, and that of the contract."""
        ticket = self._now()
        return ticket.state, ticket.contract_state

    def events(self) -> list[Event]:
        """The whole journal."""
        with as_system(self.world):
            return list(Event.objects.filter(ticket=self.ticket).order_by("seq"))

    def journal(self) -> list[str]:
        """``2026-05-05 13:00 clock_breached (noticed 2026-05-05 13:07)``, one line per entry."""
        return [_line(event, named=self.named) for event in self.events()]

    def customer_journal(self) -> list[str]:
        """The same as the customer's viewer reads it."""
        viewer = self.people["viewer"]
        with acting_as(viewer):
            return [_line(event, named=self.named) for event in timeline(viewer, self._now_seen_by(viewer))]

    def _now_seen_by(self, actor: Actor) -> Ticket:
        assert self.ticket is not None
        return Ticket.objects.visible_to(actor).get(pk=self.ticket.pk)

    def told(self) -> list[str]:
        """``replied → Contact A: in_app, mail``, one line per event and person, by the journal's order."""
        lines = []
        with as_system(self.world):
            rows = Delivery.objects.filter(ticket=self.ticket).select_related("event", "recipient")
            ordered = sorted(rows, key=lambda row: (row.event.seq, row.recipient.display_name, row.channel))
        for (_, name, kind), group in groupby(ordered, lambda r: (r.event.seq, r.recipient.display_name, r.kind)):
            lines.append(f"{kind} → {name}: {', '.join(row.channel for row in group)}")
        return lines


def _told(row: Clock) -> dict[str, str | None]:
    told = {"status": row.status, "due": row.due_at, "met": row.met_at, "breached": row.breached_at}
    told |= {"remaining": f"{row.remaining_seconds // 60} min" if row.remaining_seconds is not None else None}
    return {name: shown(value) if isinstance(value, datetime) else value for name, value in told.items() if value}


def _line(event: Event, *, named: bool) -> str:
    """One entry; an alert names its target where the contract has several."""
    line = f"{shown(event.at)} {event.kind}"
    if named and event.kind in ALERTS:
        line += f" of {event.data['target']}"
    if event.kind == Kind.MOVED:
        line += f" to {event.data['contract_state']['new']}"
    if event.actor_name:
        line += f" by {event.actor_name}"
    if event.recorded_at != event.at:
        line += f" (noticed {shown(event.recorded_at)})"
    return line
