"""From journal events to the facts that a clock is folded from.

What a target counts is told by the terms (``met_by``, ``pauses``, ``reopening``) and never by its name: a contract may
call its targets what it likes.
"""

from collections.abc import Callable, Iterable, Mapping

from contracts.terms import TargetTerms, Terms, Workflow
from slas.corrections import corrected
from slas.engine import Fact, FactKind
from tickets.events import CONTACT, Kind
from tickets.models import Event
from tickets.states import OPEN_STATES, State

PROVIDER, CUSTOMER = "provider", "customer"
WAITING = "waiting_customer"
"""Why a clock is paused: of several reasons each ends by itself."""

Meets = Callable[[Event, Workflow], bool]


def is_contact(event: Event, workflow: Workflow) -> bool:
    """A person of the provider spoke to the customer (R6c)."""
    return event.kind in CONTACT and event.actor_side == PROVIDER


def is_take_up(event: Event, workflow: Workflow) -> bool:
    """Somebody of the provider took it, was given it, moved it out of where tickets start, or spoke to the customer."""
    if event.actor_side != PROVIDER:
        return False
    return event.kind in {Kind.TAKEN, Kind.ASSIGNED} or _leaves_the_start(event, workflow) or event.kind in CONTACT


def is_resolution(event: Event, workflow: Workflow) -> bool:
    """Work was owed before it and is not any more: only what resolves leads there."""
    state = _moved(event, "state")
    return bool(state) and state["old"] in OPEN_STATES and state["new"] not in OPEN_STATES


def is_resolution_or_accepted_workaround(event: Event, workflow: Workflow) -> bool:
    """As a resolution, or the customer accepted a workaround, final or provisional (OCT-10)."""
    return event.kind == Kind.WORKAROUND_ACCEPTED or is_resolution(event, workflow)


FACTS: Mapping[str, Meets] = {
    "contact": is_contact,
    "take_up": is_take_up,
    "resolution": is_resolution,
    "resolution_or_accepted_workaround": is_resolution_or_accepted_workaround,
}
"""``met_by`` of a target → which event meets it. A new value adds its reader here."""


def facts_of(terms: Terms, target: str, events: Iterable[Event]) -> list[Fact]:
    """The facts of one target, in the order of the journal, with what was agreed to correct in them.

    Raises UnknownTerm for a target that the terms lack.
    """
    events = list(events)
    reader = _Reader(terms.target_terms(target), terms.workflow)
    return corrected([fact for event in events for fact in reader.read(event)], events)


class _Reader:
    """Reads a journal from its beginning: what an event means depends on those before it."""

    def __init__(self, target: TargetTerms, workflow: Workflow):
        self._target, self._workflow = target, workflow
        self._meets = FACTS[target.met_by]
        self._met = self._waits = self._paused = False

    def read(self, event: Event) -> Iterable[Fact]:
        """The facts that an event brings. An answer ends the pause first; what is met waits no more."""
        key = str(event.id)
        self._waits = self._now_waits(event)
        told = list(self._tells(event, key))
        if self._paused and (self._met or not self._waits):
            self._paused = False
            yield Fact(FactKind.RESUMED, event.at, reason=WAITING, event_id=key)
        yield from told
        if self._waits and not self._paused and not self._met:
            self._paused = True
            yield Fact(FactKind.PAUSED, event.at, reason=WAITING, event_id=key)

    def _now_waits(self, event: Event) -> bool:
        """Whether the customer is waited for after an event (R11)."""
        state = _moved(event, "contract_state") or _moved(event, "state")
        return _waits_for_customer(self._workflow, str(state["new"])) if state else self._waits

    def _tells(self, event: Event, key: str) -> Iterable[Fact]:
        if event.kind == Kind.FILED:
            yield Fact(FactKind.STARTED, event.at, severity=event.data["severity"]["new"], event_id=key)
        elif event.kind == Kind.SEVERITY_CHANGED:
            yield Fact(FactKind.SEVERITY_CHANGED, event.at, severity=event.data["severity"]["new"], event_id=key)
        elif self._meets(event, self._workflow):
            self._met = True
            yield Fact(FactKind.MET, event.at, event_id=key)
        elif event.kind == Kind.CLOSED:
            yield Fact(FactKind.CANCELLED, event.at, event_id=key)
        elif event.kind == Kind.REOPENED and self._target.reopening == "counts_on" and self._met:
            self._met = False
            yield Fact(FactKind.REOPENED, event.at, event_id=key)
        elif event.kind == Kind.EXCLUDED:
            yield Fact(FactKind.EXCLUDED, event.at, event_id=key)
        elif event.kind == Kind.REINSTATED:
            yield Fact(FactKind.REINSTATED, event.at, event_id=key)
        elif event.kind == Kind.HELD:
            yield Fact(FactKind.HELD, event.at, reason=event.data["hold"]["new"], event_id=key)
        elif event.kind == Kind.RELEASED:
            yield Fact(FactKind.RELEASED, event.at, reason=event.data["hold"]["old"], event_id=key)


def _moved(event: Event, name: str) -> Mapping[str, object]:
    told = event.data.get(name)
    return told if isinstance(told, Mapping) else {}


def _leaves_the_start(event: Event, workflow: Workflow) -> bool:
    state, within = _moved(event, "contract_state"), _moved(event, "state")
    left = state.get("old") == workflow.initial and state.get("new") != workflow.initial
    return left or (within.get("old") == State.NEW and within.get("new") != State.NEW)


def _waits_for_customer(workflow: Workflow, code: str) -> bool:
    state = workflow.state(code)
    return state.waits_for == CUSTOMER if state else code == State.WAITING_CUSTOMER
