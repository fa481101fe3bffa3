"""The states of a ticket's life (ITIL words). Labels come from the terms; what may follow what, from lifecycle."""

from enum import StrEnum


class State(StrEnum):
    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"


OPEN_STATES = frozenset({State.NEW, State.IN_PROGRESS, State.WAITING_CUSTOMER})
"""States in which work is still owed."""

FINAL_STATES = frozenset({State.CLOSED})


def is_open(state: str) -> bool:
    """Whether work is still owed in ``state``.

    >>> is_open("waiting_customer"), is_open("resolved")
    (True, False)
    """
    return state in OPEN_STATES
