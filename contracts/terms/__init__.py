"""Contract terms as data: read from YAML, checked, immutable. Pure: no framework and no database."""

from contracts.terms.agreed import ContractField, Example, Expected, OwnClause
from contracts.terms.clauses import ClauseEntry, ClauseIndex, known_clauses, load_clauses
from contracts.terms.conduct import (
    Channel,
    Classification,
    DeliveryKind,
    Duty,
    Escalation,
    Lifecycle,
    PriorityMatrix,
    SupportPhase,
    Timer,
)
from contracts.terms.document import Terms, digest_of
from contracts.terms.errors import Problem, TermsError, UnknownTerm
from contracts.terms.model import (
    Alert,
    CalendarTerms,
    Choice,
    ContactRules,
    Figure,
    FormField,
    Kind,
    Label,
    Severity,
    Span,
    StateTerms,
    TargetTerms,
    Transition,
    Workflow,
)
from contracts.terms.overrides import Missing, Overrides, missing_contract_data, parse_overrides
from contracts.terms.parse import load_terms, parse_terms
from contracts.terms.references import cited_clauses
from contracts.terms.service import AvailabilityTerms, CatalogueTerms, NoticeRule, OptionTerms, RequestType

__all__ = [
    "Alert",
    "AvailabilityTerms",
    "CalendarTerms",
    "CatalogueTerms",
    "Channel",
    "Choice",
    "Classification",
    "ClauseEntry",
    "ClauseIndex",
    "ContactRules",
    "ContractField",
    "DeliveryKind",
    "Duty",
    "Escalation",
    "Example",
    "Expected",
    "Figure",
    "FormField",
    "Kind",
    "Label",
    "Lifecycle",
    "Missing",
    "NoticeRule",
    "OptionTerms",
    "Overrides",
    "OwnClause",
    "PriorityMatrix",
    "Problem",
    "RequestType",
    "Severity",
    "Span",
    "StateTerms",
    "SupportPhase",
    "TargetTerms",
    "Terms",
    "TermsError",
    "Timer",
    "Transition",
    "UnknownTerm",
    "Workflow",
    "cited_clauses",
    "digest_of",
    "known_clauses",
    "load_clauses",
    "load_terms",
    "missing_contract_data",
    "parse_overrides",
    "parse_terms",
]
