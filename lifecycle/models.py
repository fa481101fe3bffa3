"""The ticket's state machine, on a proxy: whoever imports only ``tickets`` cannot move a ticket.

Only ``lifecycle.pipeline`` may import this module.
"""

from django_fsm import RETURN_VALUE, ConcurrentTransitionMixin, transition

from tickets.models import Ticket
from tickets.states import OPEN_STATES, State

STATE = Ticket._meta.get_field("state")
OPEN = [state for state in State if state in OPEN_STATES]


class TicketProcess(ConcurrentTransitionMixin, Ticket):
    """A ticket that can move. The transitions are the superset of every contract's workflow; the terms narrow it.

    Each is called like an act of the product, which the steps of a contract's workflow name in ``does``. Where the
    contract decides in which state an act ends, that state is handed in.
    """

    class Meta:
        proxy = True

    @transition(field=STATE, source=[State.NEW], target=State.IN_PROGRESS)
    def take(self) -> None:
        """Somebody works on it."""

    @transition(field=STATE, source=[State.NEW, State.IN_PROGRESS], target=State.WAITING_CUSTOMER)
    def ask(self) -> None:
        """Work waits for an answer of the customer."""

    @transition(field=STATE, source=[State.WAITING_CUSTOMER], target=State.IN_PROGRESS)
    def answer(self) -> None:
        """The customer answered."""

    @transition(field=STATE, source=[State.WAITING_CUSTOMER], target=State.IN_PROGRESS)
    def resume(self) -> None:
        """Work goes on without waiting for the answer."""

    @transition(field=STATE, source=OPEN, target=RETURN_VALUE(State.RESOLVED, State.CLOSED))
    def resolve(self, end: State = State.RESOLVED) -> State:
        """A resolution was given; under some contracts it is final at once."""
        return end

    @transition(field=STATE, source=[State.RESOLVED], target=State.IN_PROGRESS)
    def reopen(self) -> None:
        """The resolution did not hold."""

    @transition(field=STATE, source=[State.RESOLVED], target=State.CLOSED)
    def close(self) -> None:
        """The resolution was accepted: final."""

    @transition(field=STATE, source=OPEN, target=RETURN_VALUE(*OPEN))
    @transition(field=STATE, source=[State.RESOLVED], target=RETURN_VALUE(State.RESOLVED))
    def move(self, end: State) -> State:
        """A step of the contract's own. It neither resolves nor reopens: those have acts of their own."""
        return end


ACTS = frozenset(item.name for item in TicketProcess(state=State.NEW).get_all_state_transitions())
"""The acts of the product that move a ticket."""

ENDS_WHERE_TOLD = frozenset({"resolve", "move"})
"""Transitions that are told in which state they end."""
