"""From journal events to the facts that a clock is folded from."""

from collections.abc import Iterable

from slas.engine import Fact, FactKind
from tickets.events import CONTACT, Kind
from tickets.models import Event


def response_facts(events: Iterable[Event]) -> list[Fact]:
    """Facts of the response target, in the order of the journal.

    It starts at the filing and is met by the first contact of a person of the provider (R6c). It never pauses: the
    question to the customer that would pause it is itself that contact.
    """
    facts: list[Fact] = []
    for event in events:
        facts.extend(_facts_of(event))
    return facts


def _facts_of(event: Event) -> Iterable[Fact]:
    key = str(event.id)
    if event.kind == Kind.FILED:
        yield Fact(FactKind.STARTED, event.at, severity=event.data["severity"]["new"], event_id=key)
    elif event.kind == Kind.SEVERITY_CHANGED:
        yield Fact(FactKind.SEVERITY_CHANGED, event.at, severity=event.data["severity"]["new"], event_id=key)
    elif event.kind == Kind.CLOSED:
        yield Fact(FactKind.CANCELLED, event.at, event_id=key)
    elif event.kind in CONTACT and event.actor_side == "provider":
        yield Fact(FactKind.MET, event.at, event_id=key)


FACTS = {"response": response_facts}
"""Target → how its facts are read from the journal. A new target adds its reader here."""
