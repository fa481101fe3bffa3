"""What a service may answer instead of doing the act. Each face maps these once, to a page or a status.

``message`` is already in the language of the reader: services run while that language is active.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class DomainError(Exception):
    """Base of every refusal. ``code`` is stable and meant for programs, ``message`` for people."""

    code = "error"

    def __init__(self, message: str = "", *, code: str | None = None, params: Mapping[str, Any] | None = None):
        super().__init__(message or code or self.code)
        self.message = message
        self.code = code or self.code
        self.params: dict[str, Any] = dict(params or {})


class NotFound(DomainError):
    """The thing does not exist, or the actor may not know that it does: the two look the same."""

    code = "not_found"


class Forbidden(DomainError):
    """The actor may see the thing but this act is not among his rights."""

    code = "forbidden"


class Refused(DomainError):
    """A rule of the contract or of the ticket's life says no. ``clause`` names the rule where there is one."""

    code = "refused"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        clause: str = "",
        params: Mapping[str, Any] | None = None,
    ):
        super().__init__(message, code=code, params=params)
        self.clause = clause


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened since the stale form was opened: who, of which side (as ``Actor.side``), what, when."""

    at: datetime
    actor_name: str
    actor_side: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Stale(DomainError):
    """Somebody changed fields or state since the actor's page was rendered; ``changes`` says what."""

    code = "stale"

    def __init__(self, message: str = "", *, changes: Sequence[Change] = ()):
        super().__init__(message)
        self.changes = tuple(changes)


class Invalid(DomainError):
    """Field errors: ``{"severity": ["…"], …}``; the key ``""`` is for the form as a whole."""

    code = "invalid"

    def __init__(self, errors: Mapping[str, Sequence[str]], message: str = ""):
        super().__init__(message)
        self.errors = {name: list(messages) for name, messages in errors.items()}
