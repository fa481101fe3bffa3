"""The schema of a terms document, as the dataclasses that it becomes.

Amounts of time are whole numbers of a unit of CLAUSES; every item names the clauses on which it stands.
Lists and not mappings hold whatever has an order, since a database does not keep the order of keys.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from contracts.terms.shape import A_DATE, NOT_EMPTY, between, matches

Code = Annotated[str, matches(r"[a-z][a-z0-9_]{0,39}", "lower-case letters, digits and underscores")]
Short = Annotated[str, matches(r"[a-z][a-z0-9_]{0,31}", "at most 32 lower-case letters, digits and underscores")]
Slug = Annotated[str, matches(r"[a-z][a-z0-9-]{0,59}", "lower-case letters, digits and hyphens")]
Version = Annotated[str, matches(r"[0-9][0-9A-Za-z.-]{0,39}", "a version such as 2025.1")]
Clause = Annotated[str, matches(r"[A-Z]{3}-[0-9]{1,3}[a-z]?|R[0-9]{1,2}[a-z]?", "a clause ID such as HSA-8 or R2")]
Clauses = Annotated[tuple[Clause, ...], NOT_EMPTY]
Day = Annotated[str, A_DATE]
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
Hours = Annotated[str, matches(rf"{_TIME}-({_TIME}|24:00)", "hours such as 09:00-18:00")]
Zone = Annotated[str, matches(r"[A-Za-z][A-Za-z0-9_+/-]{0,59}", "a time zone such as Europe/Paris")]
Country = Annotated[str, matches(r"[A-Z]{2}", "a country code such as FR")]
Percent = Annotated[int, between(1, 100)]
Rate = Annotated[str, matches(r"100|[0-9]{1,2}(\.[0-9]{1,4})?", "a percentage such as 99.5")]
Amount = Annotated[int, between(0, 100_000)]

Unit = Literal[
    "hours", "business_hours", "business_days", "days", "weeks", "months", "minutes", "business_minutes"
]  # fmt: skip
RulesName = Literal["mega", "opening", "timer"]
Side = Literal["provider", "customer"]
Phase = Literal["new", "in_progress", "waiting_customer", "resolved", "closed"]
Doing = Literal["take", "ask", "answer", "resume", "resolve", "reopen", "close", "move"]
MOST_ZONES = 3
"""Zones that support can follow the sun over, that of the terms included (R15)."""

PHASES: tuple[str, ...] = get_args(Phase)
DOINGS: tuple[str, ...] = get_args(Doing)


@dataclass(frozen=True, slots=True)
class Label:
    """A text in every language of the portal."""

    en: str
    fr: str

    def text(self, language: str) -> str:
        """The text in a language; in English where there is none."""
        return self.fr if language.lower().split("-")[0] == "fr" else self.en


@dataclass(frozen=True, slots=True)
class Span:
    """An amount of time and its unit."""

    amount: Amount
    unit: Unit


@dataclass(frozen=True, slots=True)
class ProviderTerms:
    slug: Slug
    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a thing of the product is called under this contract."""

    code: Code
    label: Label
    clauses: Clauses
    plural: Label | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """Opening hours of a week; a day that is left out is closed."""

    mon: tuple[Hours, ...] = ()
    tue: tuple[Hours, ...] = ()
    wed: tuple[Hours, ...] = ()
    thu: tuple[Hours, ...] = ()
    fri: tuple[Hours, ...] = ()
    sat: tuple[Hours, ...] = ()
    sun: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Whose public holidays close a calendar, by ISO codes."""

    country: Country
    subdivision: Annotated[str, matches(r"[A-Z0-9-]{1,8}", "an ISO subdivision code such as 57")] | None = None


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """The hours of one date (half day, exceptional opening); no hours close it."""

    date: Day
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which the provider is closed, the last one included."""

    start: Day
    end: Day


@dataclass(frozen=True, slots=True)
class CalendarTerms:
    """A calendar (R14). ``from_subsidiary`` leaves zone and holidays to the subsidiary that signed (HSA-6), and
    ``from_contract`` the hours to what the contract subscribed (GEN-6): then ``weekly`` is empty here.
    """

    code: Code
    label: Label
    zone: Zone
    weekly: Week
    clauses: Clauses
    holidays: PublicHolidays | None = None
    days_off: tuple[Day, ...] = ()
    closures: tuple[Closure, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    standard_day_hours: Annotated[int, between(1, 24)] | None = None
    also_open: tuple[Code, ...] = ()
    from_subsidiary: bool = False
    from_contract: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentTerms:
    code: Code
    label: Label
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Kind:
    """A variety of a severity, asked for beside it."""

    code: Short
    label: Label
    clauses: Clauses
    opens_outage: bool = False
    security: bool = False


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad it is, as the contract defines it; the first in the list is the worst."""

    code: Short
    label: Label
    definition: Label
    clauses: Clauses
    expectations: tuple[Label, ...] = ()
    kinds: tuple[Kind, ...] = ()
    needs_action_plan: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """The amount of one target for one severity; no amount says that there is no target.

    ``from_contract`` says that only the contract can tell: it gives an amount or says that there is none (GEN-6).
    """

    severity: Code
    clauses: Clauses
    amount: Amount | None = None
    unit: Unit | None = None
    day_after: bool | None = None
    from_contract: bool = False


@dataclass(frozen=True, slots=True)
class TargetTerms:
    """A target: what starts and meets it, how it is counted, and its figures.

    ``day_after`` is R2, with ``day_after_clause`` where the contract says it; a figure may say otherwise for its
    severity. ``pauses`` is R13. ``environments`` limits the target to some of them (GEN-7). ``reopening`` says what a
    reopening does to a target that was met: it stays met, or it counts on from the original event, the time between
    the resolution and the reopening deducted; ``reopening_clause`` says where the contract stands for that.
    ``follow_the_sun`` lets the hours of other zones count where the contract bought them (R15).
    """

    code: Short
    label: Label
    starts_when: Literal["filed"]
    met_by: Literal["contact", "take_up", "resolution", "resolution_or_accepted_workaround"]
    calendar: Code
    rules: RulesName
    pauses: bool
    clauses: Clauses
    figures: Annotated[tuple[Figure, ...], NOT_EMPTY]
    day_after: bool = False
    day_after_clause: Clause | None = None
    pauses_clause: Clause | None = None
    environments: tuple[Code, ...] = ()
    reopening: Literal["stays_met", "counts_on"] = "stays_met"
    reopening_clause: Clause | None = None
    follow_the_sun: bool = False

    def figure(self, severity: str) -> Figure | None:
        """The figure for a severity, if the target has one."""
        return next((figure for figure in self.figures if figure.severity == severity), None)


@dataclass(frozen=True, slots=True)
class Computation:
    """How limits are counted, and where the contract says so.

    ``registered_letters`` is what dates a notice sent that way (HOP-18).
    """

    rules: RulesName
    month_rollover: Literal["ouvrable", "ouvre"]
    clauses: Clauses
    registered_letters: Literal["first_presentation"] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A choice that was made where the text leaves one: which, and what it means in this contract."""

    code: Clause
    setting: Code
    value: Code
    text: Label
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Alert:
    """Whom to tell when a share of a target's counted time has passed; 100 per cent is the breach."""

    code: Annotated[str, matches(r"approaching:[1-9][0-9]?|breach", "approaching:75, or breach")]
    percent: Percent
    recipients: Annotated[tuple[Code, ...], NOT_EMPTY]
    clauses: Clauses
    reading: bool
    targets: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class StateTerms:
    """A state of a ticket and what the two sides call it. ``phase`` says which state of the product it is, where its
    code is not one of those.
    """

    code: Code
    label: Label
    clauses: Clauses
    owed: bool
    waits_for: Side | None = None
    phase: Phase | None = None

    @property
    def within(self) -> str:
        """The state of the product that this one is; its own code where the terms do not say."""
        return self.phase or self.code


@dataclass(frozen=True, slots=True)
class Transition:
    """A step from some states to another, and which side may take it. ``does`` says which act of the product it is,
    where its code is not one of those; a step of the contract's own is a ``move``.
    """

    code: Code
    label: Label
    start: Annotated[tuple[Code, ...], NOT_EMPTY]
    end: Code
    by: Annotated[tuple[Side, ...], NOT_EMPTY]
    clauses: Clauses
    does: Doing | None = None

    @property
    def act(self) -> str:
        """The act of the product that takes this step."""
        return self.does or (self.code if self.code in DOINGS else "move")


@dataclass(frozen=True, slots=True)
class Workflow:
    """The contract's own states and the steps between them. A ticket starts in ``initial``."""

    initial: Code
    states: Annotated[tuple[StateTerms, ...], NOT_EMPTY]
    transitions: Annotated[tuple[Transition, ...], NOT_EMPTY]

    def state(self, code: str) -> StateTerms | None:
        """The state with a code, if there is one."""
        return next((item for item in self.states if item.code == code), None)

    def phase(self, state: str) -> str:
        """The state of the product behind a state of the contract; the code itself where the contract has no such."""
        found = self.state(state)
        return found.within if found else state

    def ways(self, act: str, state: str, side: str) -> tuple[Transition, ...]:
        """The steps by which a side does an act of the product from a state, in the order of the terms."""
        return tuple(
            item for item in self.transitions if item.act == act and state in item.start and side in item.by
        )  # fmt: skip

    def way(self, name: str, state: str, side: str) -> Transition | None:
        """The step of that code, else the one that does that act, from a state and for a side.

        None where there is none, and where several do the act, of which one has to be named.
        """
        ways = [
            item
            for item in self.transitions
            if name in (item.code, item.act) and state in item.start and side in item.by
        ]
        named = next((item for item in ways if item.code == name), None)
        return named or (ways[0] if len(ways) == 1 else None)

    def allows(self, name: str, state: str, side: str) -> bool:
        """Whether a side may do an act of the product, or take a step of that code, on a ticket in a state."""
        return bool(self.ways(name, state, side)) or self.way(name, state, side) is not None

    def clause(self, name: str) -> str:
        """The clause of a step or act, wherever it starts; empty where the contract knows no such."""
        return next((item.clauses[0] for item in self.transitions if name in (item.code, item.act)), "")


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list of reasons or types."""

    code: Code
    label: Label
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class FormField:
    """A question asked when a ticket is filed. ``severities`` limits where it is asked."""

    code: Code
    label: Label
    hint: Label
    kind: Literal["text", "long_text", "choice"]
    required: bool
    clauses: Clauses
    choices: tuple[Choice, ...] = ()
    severities: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Who may contact support: how many named people, whether they must be trained, and what else they must be.

    ``roles`` are the duties of which a contact must have one (OCT-4), ``approved_by`` the sides that validate a
    contact (JAL-4b), ``third_parties`` whether somebody else's staff may be named (JAL-27), ``first_level`` who helps
    the end users, ``author_only`` whether only the author of a ticket moves it, and ``reassignable`` whether another
    contact can become its author (JAL-7).
    """

    max_contacts: Annotated[int, between(1, 1000)] | None
    training_required: bool
    clauses: Clauses
    roles: tuple[Choice, ...] = ()
    approved_by: tuple[Side, ...] = ()
    third_parties: Literal["no", "if_trained"] = "no"
    first_level: Side | None = None
    author_only: bool = False
    reassignable: bool = True
