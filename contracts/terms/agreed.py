"""The schema of what only a contract can tell, of clauses of the document's own, and of its worked examples."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from contracts.terms.model import Amount, Clauses, Code, Label, RulesName, Unit
from contracts.terms.shape import AN_INSTANT, NOT_EMPTY, between, matches

Instant = Annotated[str, AN_INSTANT]
Seconds = Annotated[int, between(0, 1_000_000_000)]
FieldKind = Literal["percent", "span", "hours", "text"]


@dataclass(frozen=True, slots=True)
class ContractField:
    """Something that every contract under these terms must bring, since the terms have no default for it (GEN-6).

    ``required`` means that it may not be left out; a contract can still say that it has none.
    """

    code: Code
    label: Label
    kind: FieldKind
    required: bool
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class LanguageTerms:
    """The languages in which support is given (GEN-14)."""

    codes: Annotated[tuple[Literal["fr", "en"], ...], NOT_EMPTY]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class OwnClause:
    """A clause that this document brings itself, for a contract outside the clause index of the product."""

    id: Annotated[str, matches(r"[A-Z]{3}-[0-9]{1,3}[a-z]?", "a clause ID such as KOM-1")]
    title: Label


@dataclass(frozen=True, slots=True)
class Expected:
    """What an example comes to, as ``sla_compute`` answers it; instants in any zone."""

    due_at: Instant | None = None
    at: Instant | None = None
    seconds: Seconds | None = None
    remaining: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A worked deadline: a question as ``sla_compute`` takes it, what it must come to, and why.

    ``terms`` is left out: an example asks the document in which it stands, and names its calendars and targets.
    """

    code: Code
    op: Literal["due", "limit", "add", "elapsed"]
    expect: Expected
    why: Label
    clauses: Clauses
    severity: Code | None = None
    target: Code | None = None
    environment: Code | None = None
    at: Instant | None = None
    start: Instant | None = None
    end: Instant | None = None
    seconds: Seconds | None = None
    amount: Amount | None = None
    unit: Unit | None = None
    rules: RulesName | None = None
    direction: Literal["after", "before"] | None = None
    calendar: Code | None = None
    pauses: tuple[tuple[Instant | None, ...], ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def line(self, terms: str) -> dict[str, Any]:
        """The question under some terms, as a line of ``sla_compute``."""
        asked = {key: value for key, value in asdict(self).items() if key not in _NOT_ASKED and value not in (None, ())}
        if "pauses" in asked:
            asked["pauses"] = [list(pause) for pause in self.pauses]
        if not self.overrides:
            del asked["overrides"]
        return {"id": self.code, "terms": terms} | asked


_NOT_ASKED = ("code", "expect", "why", "clauses")
