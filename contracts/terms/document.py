"""A terms document as a whole, and the look-ups in it."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal, Protocol, TypeVar

from contracts.terms.agreed import ContractField, Example, LanguageTerms, OwnClause
from contracts.terms.conduct import (
    Channel,
    Classification,
    DeliveryKind,
    Duty,
    EnvironmentRecord,
    Escalation,
    EvolutionTerms,
    FilingRules,
    Hold,
    Lifecycle,
    PriorityMatrix,
    Review,
    SecurityRules,
    SeverityRules,
    Space,
    Timer,
)
from contracts.terms.errors import UnknownTerm
from contracts.terms.model import (
    Alert,
    CalendarTerms,
    Choice,
    Computation,
    ContactRules,
    Day,
    EnvironmentTerms,
    Figure,
    FormField,
    Label,
    ProviderTerms,
    Reading,
    Severity,
    Slug,
    StateTerms,
    TargetTerms,
    Version,
    Word,
    Workflow,
)
from contracts.terms.service import (
    AvailabilityTerms,
    CatalogueTerms,
    Commitment,
    ContractPeriod,
    Credits,
    Entitlement,
    MaintenanceWindow,
    NoticeRule,
    OptionTerms,
    Quotes,
    RecoveryObjective,
    RequestType,
    Retention,
)
from contracts.terms.shape import NOT_EMPTY, matches

Family = Annotated[str, matches(r"[A-Z]{3}", "the letters that begin its clause IDs, such as HSA")]


class HasCode(Protocol):
    @property
    def code(self) -> str: ...


Coded = TypeVar("Coded", bound=HasCode)


@dataclass(frozen=True)
class Terms:
    """One version of a contract's terms. Equal when the documents are; immutable, so that it can be a cache key."""

    schema: Literal[1]
    code: Slug
    version: Version
    effective_from: Day
    name: Label
    source: str
    provider: ProviderTerms
    vocabulary: tuple[Word, ...]
    calendars: Annotated[tuple[CalendarTerms, ...], NOT_EMPTY]
    environments: Annotated[tuple[EnvironmentTerms, ...], NOT_EMPTY]
    severities: Annotated[tuple[Severity, ...], NOT_EMPTY]
    computation: Computation
    targets: tuple[TargetTerms, ...]
    readings: tuple[Reading, ...]
    alerts: tuple[Alert, ...]
    workflow: Workflow
    resolution_types: Annotated[tuple[Choice, ...], NOT_EMPTY]
    contact_rules: ContactRules
    filing: tuple[FormField, ...]
    severity_change_reasons: tuple[Choice, ...] = ()
    exclusion_reasons: tuple[Choice, ...] = ()
    out_of_scope: tuple[Choice, ...] = ()
    availability: AvailabilityTerms | None = None
    retention: tuple[Retention, ...] = ()
    notices: tuple[NoticeRule, ...] = ()
    catalogue: CatalogueTerms | None = None
    packages: tuple[Choice, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    options: tuple[OptionTerms, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    period: ContractPeriod = ContractPeriod()
    clause_families: tuple[Family, ...] = ()
    own_clauses: tuple[OwnClause, ...] = ()
    languages: LanguageTerms | None = None
    severity_rules: SeverityRules | None = None
    classifications: tuple[Classification, ...] = ()
    priority: PriorityMatrix | None = None
    timers: tuple[Timer, ...] = ()
    channels: tuple[Channel, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    duties: tuple[Duty, ...] = ()
    spaces: tuple[Space, ...] = ()
    filing_rules: FilingRules | None = None
    environment_record: EnvironmentRecord | None = None
    deliveries: tuple[DeliveryKind, ...] = ()
    lifecycle: Lifecycle | None = None
    holds: tuple[Hold, ...] = ()
    security: SecurityRules | None = None
    reviews: tuple[Review, ...] = ()
    evolution: EvolutionTerms | None = None
    quotes: Quotes | None = None
    request_types: tuple[RequestType, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    recovery: tuple[RecoveryObjective, ...] = ()
    credits: Credits | None = None
    contract_fields: tuple[ContractField, ...] = ()
    examples: tuple[Example, ...] = ()
    document: Mapping[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Terms) else NotImplemented

    @cached_property
    def digest(self) -> str:
        """A sha256 of the document that does not depend on the order of keys."""
        return digest_of(self.document)

    def to_document(self) -> dict[str, Any]:
        """The document as plain JSON values, to be stored or parsed again."""
        return deepcopy(dict(self.document))

    # Lookups. All raise UnknownTerm for a code that these terms do not have. ---------------------------

    @property
    def target_names(self) -> tuple[str, ...]:
        return tuple(target.code for target in self.targets)

    def severity(self, code: str) -> Severity:
        return _found(self.severities, code, "severity")

    def target_terms(self, code: str) -> TargetTerms:
        return _found(self.targets, code, "target")

    def calendar(self, code: str) -> CalendarTerms:
        return _found(self.calendars, code, "calendar")

    def environment(self, code: str) -> EnvironmentTerms:
        return _found(self.environments, code, "environment")

    def state(self, code: str) -> StateTerms:
        return _found(self.workflow.states, code, "state")

    def timer(self, code: str) -> Timer:
        return _found(self.timers, code, "timer")

    def notice(self, code: str) -> NoticeRule:
        return _found(self.notices, code, "notice")

    def contract_field(self, code: str) -> ContractField:
        return _found(self.contract_fields, code, "contract field")

    def resolution_type(self, code: str) -> Choice:
        return _found(self.resolution_types, code, "resolution type")

    def target(self, code: str, severity: str, environment: str | None = None) -> Figure | None:
        """The figure of a target for a severity; None where the contract sets none there (GEN-7)."""
        target = self.target_terms(code)
        self.severity(severity)
        if environment is not None:
            self.environment(environment)
        if target.environments and environment not in target.environments:
            return None
        figure = target.figure(severity)
        return None if figure is None or figure.amount is None else figure

    def word(self, code: str, language: str, *, plural: bool = False) -> str:
        """What a thing is called on the screen, such as ``ticket``."""
        found = _found(self.vocabulary, code, "word")
        return (found.plural if plural and found.plural else found.label).text(language)

    def label(self, path: str, language: str) -> str:
        """The label at a path of section and codes: ``severities.critical``, ``workflow.states.new``."""
        place: Any = self
        for part in path.split("."):
            place = _found(place, part, "entry") if isinstance(place, tuple) else getattr(place, part, None)
        found = getattr(place, "label", place)
        if not isinstance(found, Label):
            raise UnknownTerm(f"{self.code} has no label at {path!r}")
        return found.text(language)


def digest_of(document: Mapping[str, Any]) -> str:
    """A sha256 over canonical JSON."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _found(items: tuple[Coded, ...], code: str, what: str) -> Coded:
    for item in items:
        if item.code == code:
            return item
    known = ", ".join(item.code for item in items)
    raise UnknownTerm(f"unknown {what} {str(code)[:60]!r}: use {known}")
