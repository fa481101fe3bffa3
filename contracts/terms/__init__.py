"""Contract terms as data: read from YAML, checked, immutable. Pure: no framework and no database."""

from contracts.terms.clauses import ClauseEntry, ClauseIndex, known_clauses, load_clauses
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
from contracts.terms.parse import load_terms, parse_terms

__all__ = [
    "Alert",
    "CalendarTerms",
    "Choice",
    "ClauseEntry",
    "ClauseIndex",
    "ContactRules",
    "Figure",
    "FormField",
    "Kind",
    "Label",
    "Problem",
    "Severity",
    "Span",
    "StateTerms",
    "TargetTerms",
    "Terms",
    "TermsError",
    "Transition",
    "UnknownTerm",
    "Workflow",
    "digest_of",
    "known_clauses",
    "load_clauses",
    "load_terms",
    "parse_terms",
]
