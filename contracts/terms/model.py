"""The schema of a terms document, as the dataclasses that it becomes.

Amounts of time are whole numbers of a unit of CLAUSES; every item names the clauses on which it stands.
Lists and not mappings hold whatever has an order, since a database does not keep the order of keys.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from contracts.terms.shape import A_DATE, NOT_EMPTY, between, matches

Code = Annotated[str, matches(r"[a-z][a-z0-9_]{0,39}", "lower-case letters, digits and underscores")]
Slug = Annotated[str, matches(r"[a-z][a-z0-9-]{0,59}", "lower-case letters, digits and hyphens")]
Version = Annotated[str, matches(r"[0-9][0-9A-Za-z.-]{0,39}", "a version such as 2025.1")]
Clause = Annotated[str, matches(r"[A-Z]{3}-[0-9]{1,3}[a-z]?|R[0-9]{1,2}[a-z]?", "a clause ID such as HSA-8 or R2")]
Clauses = Annotated[tuple[Clause, ...], NOT_EMPTY]
Day = Annotated[str, A_DATE]
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
Hours = Annotated[str, matches(rf"{_TIME}-({_TIME}|24:00)", "hours such as 09:00-18:00")]
Country = Annotated[str, matches(r"[A-Z]{2}", "a country code such as FR")]
Percent = Annotated[int, between(1, 100)]
Amount = Annotated[int, between(0, 100_000)]

Unit = Literal["hours", "business_hours", "business_days", "days", "weeks", "months"]
RulesName = Literal["mega", "opening", "timer"]
Side = Literal["provider", "customer"]
Availability = Literal["included", "on_request", "option", "not_available", "not_applicable"]


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
    """A calendar (R14). ``from_subsidiary`` leaves zone and holidays to the subsidiary that signed (HSA-6)."""

    code: Code
    label: Label
    zone: Annotated[str, matches(r"[A-Za-z][A-Za-z0-9_+/-]{0,59}", "a time zone such as Europe/Paris")]
    weekly: Week
    clauses: Clauses
    holidays: PublicHolidays | None = None
    days_off: tuple[Day, ...] = ()
    closures: tuple[Closure, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    standard_day_hours: Annotated[int, between(1, 24)] | None = None
    also_open: tuple[Code, ...] = ()
    from_subsidiary: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentTerms:
    code: Code
    label: Label
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Kind:
    """A variety of a severity, asked for beside it."""

    code: Code
    label: Label
    clauses: Clauses
    opens_outage: bool = False
    security: bool = False


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad it is, as the contract defines it; the first in the list is the worst."""

    code: Code
    label: Label
    definition: Label
    clauses: Clauses
    expectations: tuple[Label, ...] = ()
    kinds: tuple[Kind, ...] = ()
    needs_action_plan: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """The amount of one target for one severity; no amount says that there is no target."""

    severity: Code
    clauses: Clauses
    amount: Amount | None = None
    unit: Unit | None = None
    day_after: bool | None = None


@dataclass(frozen=True, slots=True)
class TargetTerms:
    """A target: what starts and meets it, how it is counted, and its figures.

    ``day_after`` is R2, with ``day_after_clause`` where the contract says it; a figure may say otherwise for its
    severity. ``pauses`` is R13. ``environments`` limits the target to some of them (GEN-7).
    """

    code: Code
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

    def figure(self, severity: str) -> Figure | None:
        """The figure for a severity, if the target has one."""
        return next((figure for figure in self.figures if figure.severity == severity), None)


@dataclass(frozen=True, slots=True)
class Computation:
    """How limits are counted, and where the contract says so."""

    rules: RulesName
    month_rollover: Literal["ouvrable", "ouvre"]
    clauses: Clauses


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
    """A state of a ticket and what the two sides call it."""

    code: Code
    label: Label
    clauses: Clauses
    owed: bool
    waits_for: Side | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """An act that moves a ticket, from where to where, and which side may do it."""

    code: Code
    label: Label
    start: Annotated[tuple[Code, ...], NOT_EMPTY]
    end: Code
    by: Annotated[tuple[Side, ...], NOT_EMPTY]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Workflow:
    initial: Code
    states: Annotated[tuple[StateTerms, ...], NOT_EMPTY]
    transitions: Annotated[tuple[Transition, ...], NOT_EMPTY]

    def allows(self, act: str, state: str, side: str) -> bool:
        """Whether a side may do an act on a ticket in a state."""
        return any(
            item.code == act and state in item.start and side in item.by for item in self.transitions
        )  # fmt: skip


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
    """Who may contact support: how many named people, and whether they must be trained."""

    max_contacts: Annotated[int, between(1, 1000)] | None
    training_required: bool
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Retention:
    """How long something is kept; ``counted_from`` says since when."""

    code: Code
    label: Label
    keep: Span
    counted_from: Label
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class AvailabilityLimit:
    """The longest unplanned interruption of an environment, per occurrence or per calendar month."""

    environment: Code
    per: Literal["occurrence", "month"]
    limit: Span
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class AvailabilityTerms:
    calendar: Code
    limits: tuple[AvailabilityLimit, ...]
    exclusions: tuple[Choice, ...]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """An act that is in time only so long before or after something (R6b)."""

    code: Code
    label: Label
    limit: Span
    direction: Literal["before", "after"]
    rules: RulesName
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a request with a delivery time of its own."""

    environment: Code
    limit: Span


@dataclass(frozen=True, slots=True)
class RequestItem:
    """An item of the request catalogue; ``after_validation`` lets later stages start at the customer's validation."""

    code: Code
    label: Label
    stages: Annotated[tuple[Stage, ...], NOT_EMPTY]
    clauses: Clauses
    estimate: bool = False
    after_validation: bool = False
    condition: Label | None = None


@dataclass(frozen=True, slots=True)
class CatalogueTerms:
    """Requests with delivery times: how they are counted, and whether waiting is deducted."""

    calendar: Code
    rules: RulesName
    pauses: bool
    items: tuple[RequestItem, ...]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class PackageValue:
    """What a package says of one entitlement."""

    package: Code
    availability: Availability
    quota: Annotated[int, between(0, 1_000_000)] | None = None
    detail: Label | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    code: Code
    label: Label
    values: tuple[PackageValue, ...]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """An option that can be bought, and what it contains."""

    code: Code
    label: Label
    contents: Annotated[tuple[Label, ...], NOT_EMPTY]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Commitment:
    """Anything else that the contract promises or asks, for people to read."""

    code: Code
    label: Label
    text: Label
    clauses: Clauses
    amount: Span | None = None
