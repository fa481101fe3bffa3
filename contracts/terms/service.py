"""The schema of what a contract promises beside its targets: availability, requests, packages, notices, recovery."""

from dataclasses import dataclass
from typing import Annotated, Literal

from contracts.terms.model import Choice, Clause, Clauses, Code, FormField, Hours, Label, Rate, RulesName, Side, Span
from contracts.terms.shape import NOT_EMPTY, between

Included = Literal["included", "on_request", "option", "not_available", "not_applicable"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, slots=True)
class ContractPeriod:
    """Which clauses say from when to when a contract runs; a contract that is silent names none."""

    start_clause: Clause | None = None
    end_clause: Clause | None = None


Anchor = Literal["contract_end"]
"""What a limit is reckoned from where the product knows the day of it: the last day of the contract."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long something is kept; ``counted_from`` says since when, ``purged_every`` how often the rest is deleted.

    With an ``anchor`` the day on which it ends can be told.
    """

    code: Code
    label: Label
    keep: Span
    counted_from: Label
    clauses: Clauses
    purged_every: Span | None = None
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class AvailabilityLimit:
    """The longest unplanned interruption of an environment, per occurrence or per calendar month."""

    environment: Code
    per: Literal["occurrence", "month"]
    limit: Span
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class AvailabilityRate:
    """The share of a calendar month in which an environment must be available: the time it was, by the time of the
    month less planned stops (GEN-5). ``field`` names the contract field that gives the share.

    Settings: whether a partial unavailability counts, and whether a stop announced late is still a planned one.
    """

    environments: Annotated[tuple[Code, ...], NOT_EMPTY]
    clauses: Clauses
    percent: Rate | None = None
    field: Code | None = None
    measured_in: Literal["minutes", "seconds"] = "minutes"
    partial_counts: bool = False
    late_notice_is_planned: bool = True


@dataclass(frozen=True, slots=True)
class AvailabilityTerms:
    """How unplanned interruptions are measured, on which calendar, and against what.

    ``counted_from`` is where an interruption starts: with the customer's declaration (HSA-3) or with the stop (GEN-20).
    """

    calendar: Code
    limits: tuple[AvailabilityLimit, ...]
    exclusions: tuple[Choice, ...]
    clauses: Clauses
    counted_from: Literal["declaration", "stop"] = "declaration"
    rates: tuple[AvailabilityRate, ...] = ()


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """When work that stops the service is done. ``nth`` and ``weekday`` give a day of each month, ``times`` how often
    in ``per``; ``notices`` are the codes of the notices that it needs; ``postponable`` is whether the customer may put
    it off; ``flagged`` what is shown with a warning.
    """

    code: Code
    label: Label
    planned: bool
    text: Label
    clauses: Clauses
    weekdays: tuple[Weekday, ...] = ()
    nth: Annotated[int, between(1, 5)] | None = None
    hours: tuple[Hours, ...] = ()
    times: Annotated[int, between(1, 366)] | None = None
    per: Literal["month", "quarter", "year"] | None = None
    notices: tuple[Code, ...] = ()
    postponable: bool = True
    flagged: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class RecoveryObjective:
    """The longest time to recover, or the most data lost in time, after a disaster (HSA-12, GEN-19).

    ``option`` is the entitlement without which it does not apply; ``field`` names the contract field with the figure.
    A point of recovery is the age of the last backup, never rounded.
    """

    code: Code
    label: Label
    measures: Literal["time", "point"]
    clauses: Clauses
    limit: Span | None = None
    rules: RulesName | None = None
    calendar: Code | None = None
    option: Code | None = None
    field: Code | None = None


@dataclass(frozen=True, slots=True)
class Credits:
    """What makes good a missed availability, how it is asked for (HSA-7); ``notice`` is the code of its deadline."""

    label: Label
    unit: Literal["days_of_service"]
    notice: Code
    in_writing: bool
    sole_remedy: bool
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class Quotes:
    """How work that the contract does not include comes about: its steps in order, who agrees, and at which price."""

    label: Label
    steps: Annotated[tuple[Choice, ...], NOT_EMPTY]
    agreed_by: Annotated[tuple[Side, ...], NOT_EMPTY]
    price: Label
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """An act that is in time only so long before or after something (R6b).

    ``when_late`` says what follows: the act is refused, or goes on with a warning. ``reading`` marks a figure that
    the contract leaves open. ``by`` is who has to act, ``except_for`` what needs no notice, ``anchor`` the day
    that it leads to.
    """

    code: Code
    label: Label
    limit: Span
    direction: Literal["before", "after"]
    rules: RulesName
    clauses: Clauses
    by: Side | None = None
    when_late: Literal["refused", "flagged"] | None = None
    except_for: Label | None = None
    reading: bool = False
    calendar: Code | None = None
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a request with a delivery time of its own."""

    environment: Code
    limit: Span


@dataclass(frozen=True, slots=True)
class RequestItem:
    """An item of the request catalogue; ``after_validation`` lets later stages start at the customer's validation.

    ``entitlement`` or ``option`` is what must be bought to ask for it, ``asks`` what has to be told with it, and
    ``group_of`` how many of what it asks for one delivery time covers.
    """

    code: Code
    label: Label
    stages: Annotated[tuple[Stage, ...], NOT_EMPTY]
    clauses: Clauses
    estimate: bool = False
    after_validation: bool = False
    condition: Label | None = None
    entitlement: Code | None = None
    option: Code | None = None
    asks: tuple[FormField, ...] = ()
    group_of: Annotated[int, between(1, 1000)] | None = None


@dataclass(frozen=True, slots=True)
class RequestType:
    """A request without a delivery time: its steps, what it costs, where it is refused, and by when to ask for it.

    ``notice`` is the code of its deadline, ``refused_in`` the environments in which it cannot be had.
    """

    code: Code
    label: Label
    text: Label
    clauses: Clauses
    quoted: bool = False
    steps: tuple[Choice, ...] = ()
    notice: Code | None = None
    refused_in: tuple[Code, ...] = ()
    entitlement: Code | None = None
    option: Code | None = None


@dataclass(frozen=True, slots=True)
class CatalogueTerms:
    """Requests with delivery times: how they are counted, and whether waiting is deducted.

    ``skips_missing_environments`` leaves out the stages of an environment that the package does not contain.
    """

    calendar: Code
    rules: RulesName
    pauses: bool
    items: tuple[RequestItem, ...]
    clauses: Clauses
    skips_missing_environments: bool = False


@dataclass(frozen=True, slots=True)
class PackageValue:
    """What a package says of one entitlement; ``environments`` are those that it contains."""

    package: Code
    availability: Included
    quota: Annotated[int, between(0, 1_000_000)] | None = None
    detail: Label | None = None
    environments: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Entitlement:
    code: Code
    label: Label
    values: tuple[PackageValue, ...]
    clauses: Clauses


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """An option that can be bought, what it contains, and the types of request that it opens (HOP-15)."""

    code: Code
    label: Label
    contents: Annotated[tuple[Label, ...], NOT_EMPTY]
    clauses: Clauses
    request_types: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Commitment:
    """Anything else that the contract promises or asks, for people to read."""

    code: Code
    label: Label
    text: Label
    clauses: Clauses
    amount: Span | None = None
