"""The ticket's state machine, on a proxy: whoever imports only ``tickets`` cannot move a ticket.

Only ``lifecycle.pipeline`` may import this module.
"""

from django_fsm import ConcurrentTransitionMixin, transition

from tickets.models import Ticket
from tickets.states import State

STATE = Ticket._meta.get_field("state")


class TicketProcess(ConcurrentTransitionMixin, Ticket):
    """A ticket that can move. The transitions are the superset of every contract's workflow; the terms narrow it.

    Each is called like the act in the workflow of the terms.
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

    @transition(field=STATE, source=[State.NEW, State.IN_PROGRESS, State.WAITING_CUSTOMER], target=State.RESOLVED)
    def resolve(self) -> None:
        """A resolution was given."""

    @transition(field=STATE, source=[State.RESOLVED], target=State.IN_PROGRESS)
    def reopen(self) -> None:
        """The resolution did not hold."""

    @transition(field=STATE, source=[State.RESOLVED], target=State.CLOSED)
    def close(self) -> None:
        """The resolution was accepted: final."""
