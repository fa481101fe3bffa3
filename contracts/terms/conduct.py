"""The schema of how the two sides deal with each other: classifying, timers, channels, escalation, duties, versions."""

from dataclasses import dataclass
from typing import Annotated, Literal

from contracts.terms.model import Choice, Clauses, Code, FormField, Label, RulesName, Side, Span
from contracts.terms.shape import NOT_EMPTY, between

Rank = Annotated[int, between(1, 20)]


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """What the list of severities is called, who sets it, and how it changes afterwards (GEN-2, GEN-11, JAL-3).

    ``adaptable`` lets a contract word the definitions differently (JAL-2).
    """

    label: Label
    set_by: Side
    changed_by: Literal["provider", "agreement", "arbitration"]
    clauses: Clauses
    adaptable: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """One entry of a classification. ``billed`` work needs the approval of ``approved_by`` first (GEN-1)."""

    code: Code
    label: Label
    definition: Label
    clauses: Clauses
    billed: bool = False
    approved_by: Side | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """A list of which every ticket gets one entry: its nature (JAL-1), its qualification (GEN-1).

    ``needed_for`` is the act that asks for it.
    """

    code: Code
    label: Label
    set_by: Side
    needed_for: Literal["filing", "resolution"]
    categories: Annotated[tuple[Category, ...], NOT_EMPTY]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class PriorityCell:
    """The priority of a nature at a severity."""

    category: Code
    severity: Code
    priority: Code


@dataclass(frozen=True, slots=True)
class PriorityMatrix:
    """The provider's own priority, from a classification and the severity (JAL-3). ``internal`` hides it from the
    customer until it is shared; ``reading`` marks a table that the contract leaves open.
    """

    label: Label
    classification: Code
    priorities: Annotated[tuple[Choice, ...], NOT_EMPTY]
    cells: Annotated[tuple[PriorityCell, ...], NOT_EMPTY]
    internal: bool
    arbitrated: bool
    reading: bool
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class TimerVariant:
    """Another length of a timer: for one priority, or where the condition holds."""

    code: Code
    limit: Span
    clauses: Clauses
    priority: Code | None = None
    condition: Label | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that happens by itself when time has passed (R10).

    It runs while a ticket is in ``state``, or since what ``starts_when`` says. At its end the ticket takes the step
    ``transition``, or somebody is told (``does``). ``agreed_longer`` lets both sides agree on a longer time for one
    ticket. A timer with variants by priority needs no ``limit`` of its own.
    """

    code: Code
    label: Label
    does: Literal["transition", "notice", "flag", "release"]
    rules: RulesName
    calendar: Code
    text: Label
    clauses: Clauses
    limit: Span | None = None
    state: Code | None = None
    starts_when: Literal["delivery", "provider_comment", "version_offered"] | None = None
    transition: Code | None = None
    variants: tuple[TimerVariant, ...] = ()
    agreed_longer: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach support. ``accepts`` says for what; ``severities`` limits it (none: all); ``calendar`` gives its
    hours (none: day and night); ``needs_ticket`` asks for a ticket first; ``starts_clock`` says whether a case that
    comes this way starts the clocks (HOP-7, JAL-8, GEN-9).
    """

    code: Code
    label: Label
    accepts: tuple[Literal["incident", "request", "alarm"], ...]
    clauses: Clauses
    severities: tuple[Code, ...] = ()
    environments: tuple[Code, ...] = ()
    calendar: Code | None = None
    needs_ticket: bool = False
    starts_clock: bool = True
    text: Label | None = None


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """A step up. ``asks_for`` is what must be there before it is taken (GEN-12); ``recipients`` are told when the
    escalation begins by itself."""

    code: Code
    label: Label
    rank: Rank
    does: Label
    clauses: Clauses
    asks_for: tuple[Choice, ...] = ()
    recipients: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalation:
    """A chain of levels, the lowest rank first. ``severities`` start it by themselves (HOP-5)."""

    code: Code
    label: Label
    kind: Literal["functional", "hierarchical"]
    levels: Annotated[tuple[EscalationLevel, ...], NOT_EMPTY]
    clauses: Clauses
    severities: tuple[Code, ...] = ()
    opened_by: tuple[Side, ...] = ("provider",)


@dataclass(frozen=True, slots=True)
class Duty:
    """What a side owes: once, within some time, or again and again. ``severities`` limits it; ``option`` is what has to
    be bought for it; ``when_missing`` says what follows where it is not done.

    ``met_by`` is what in the life of a ticket fulfils it: a duty that names it is followed, ticket by ticket. One that
    comes back every business day has the ``calendar`` of those days and the ``recipients`` who hear of a day without.
    """

    code: Code
    label: Label
    text: Label
    by: Side
    clauses: Clauses
    severities: tuple[Code, ...] = ()
    within: Span | None = None
    every: Span | None = None
    option: Code | None = None
    when_missing: Literal["flagged", "severity_lowered", "excluded"] | None = None
    met_by: Literal["assignee", "action_plan", "public_update"] | None = None
    calendar: Code | None = None
    recipients: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Space:
    """Who sees and does what in a place of support: a customer's projects, a partner's view of them (JAL-4, JAL-5)."""

    code: Code
    label: Label
    text: Label
    members: Literal["customer", "partner"]
    may: Annotated[tuple[Literal["read", "file", "reply", "manage_members"], ...], NOT_EMPTY]
    clauses: Clauses
    secret: bool = True


@dataclass(frozen=True, slots=True)
class DeliveryKind:
    """What a correction comes in. ``severities`` and ``conditions`` must hold before it can be asked for (JAL-19);
    ``answers`` are what the customer can say to it (HOP-12); ``concerns`` which part of the product.
    """

    code: Code
    label: Label
    clauses: Clauses
    text: Label | None = None
    severities: tuple[Code, ...] = ()
    conditions: tuple[Choice, ...] = ()
    answers: tuple[Choice, ...] = ()
    concerns: Literal["everything", "core", "modules"] = "everything"
    recommended_flag: bool = False


@dataclass(frozen=True, slots=True)
class SupportPhase:
    """A stretch of a version's life. ``length`` is left out where the support policy dates it (HSA-10).

    ``severities`` and ``deliveries`` are what it entitles to (none: all, unless ``nothing_owed``); ``on_subscription``
    phases run only where they were bought (JAL-26); ``conditions`` must hold meanwhile.
    """

    code: Code
    label: Label
    text: Label
    clauses: Clauses
    length: Span | None = None
    severities: tuple[Code, ...] = ()
    deliveries: tuple[Code, ...] = ()
    nothing_owed: bool = False
    on_subscription: bool = False
    conditions: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Which versions are supported and how: by phases in order, or the last version and some before it (GEN-8)."""

    label: Label
    counted_from: Label
    clauses: Clauses
    phases: tuple[SupportPhase, ...] = ()
    versions_before_last: Annotated[int, between(0, 20)] | None = None
    restored_by: Label | None = None
    restored_within: Span | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why support can be withheld when a ticket is filed, and who may let it through (GEN-8)."""

    code: Code
    label: Label
    clauses: Clauses
    overridden_by: Side | None = None


@dataclass(frozen=True, slots=True)
class SecurityRules:
    """How security problems are handled: how they are filed, who is told what, and how often (JAL-23, HOP-10)."""

    text: Label
    confidential: bool
    clauses: Clauses
    filed_as: Code | None = None
    contacts: tuple[Choice, ...] = ()
    advisories: tuple[Choice, ...] = ()
    grouped_every: tuple[Span, ...] = ()
    at_once_for: Label | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A meeting, report or audit that comes round: how often, on whose initiative, and what it holds."""

    code: Code
    label: Label
    every: Span
    initiative: Side
    contents: Annotated[tuple[Label, ...], NOT_EMPTY]
    clauses: Clauses
    option: Code | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision on a request for evolution: where the ticket goes, and what must come with it (JAL-18)."""

    code: Code
    label: Label
    accepted: bool
    transition: Code
    clauses: Clauses
    needs: tuple[Literal["explanation", "version"], ...] = ()


@dataclass(frozen=True, slots=True)
class EvolutionTerms:
    """How a request for evolution is decided, and by whom."""

    category: Code
    roles: Annotated[tuple[Choice, ...], NOT_EMPTY]
    steps: Annotated[tuple[Choice, ...], NOT_EMPTY]
    outcomes: Annotated[tuple[Outcome, ...], NOT_EMPTY]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is asked for when a ticket is filed, by its name where it has one (JAL-9)."""

    code: Code
    label: Label
    hint: Label
    required: bool
    clauses: Clauses
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class FilingRules:
    """What filing asks beside its questions: files, a good title, and a look at what is already known."""

    clauses: Clauses
    one_subject: bool = False
    attachments: tuple[Attachment, ...] = ()
    title_hint: Label | None = None
    vague_titles: tuple[Label, ...] = ()
    suggestions: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """What is kept about each platform of the customer (HOP-11, JAL-29)."""

    text: Label
    questions: Annotated[tuple[FormField, ...], NOT_EMPTY]
    clauses: Clauses
    copied_to_tickets: bool = True
