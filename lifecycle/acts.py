"""What a service decides, and the pipeline carries out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tickets.events import Kind
from tickets.models import Attachment, Ticket, Visibility


@dataclass(frozen=True, slots=True)
class Message:
    """What is said with an act; becomes a comment of the conversation."""

    body: str
    visibility: str = Visibility.PUBLIC
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """What a service decided under lock. ``transition`` names an act of the product or a step of the contract, done by
    ``side`` where that is not the actor's; ``changes`` are columns to set. One that ``corrects`` keeps the figures from
    before and after.
    """

    kind: Kind
    transition: str = ""
    side: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    message: Message | None = None
    visibility: str = Visibility.PUBLIC
    corrects: bool = False


Decide = Callable[[Ticket], Act]
