"""The filing form and the lists: what they offer, in the words of the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.timezone import get_current_timezone

from contracts.models import Contract, Environment
from contracts.selectors import platforms_of, terms_of
from contracts.terms import Severity
from lifecycle.filing import environments_asked
from slas.models import Clock
from slas.selectors import Receipt, ReceiptLine
from tickets.models import Ticket, Workaround
from tickets.states import OPEN_STATES
from web.forms.acts import join_severity
from web.forms.cases import Question
from web.moments import format_deadline, zone_named
from web.presenters.vocabulary import SeverityWords, TargetFigure, Vocabulary


@dataclass(frozen=True, slots=True)
class SeverityOption:
    """One severity of the filing form. With ``kinds`` the choice is among those, else it is ``value`` itself."""

    value: str
    label: str
    rank: int
    definition: str
    figures: list[TargetFigure]
    clauses: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...] = ()
    expectations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseShape:
    """What the filing form offers under one contract."""

    contract: Contract
    contracts: list[tuple[str, str]]
    environments: list[tuple[str, str]]
    environment_kinds: dict[str, str]
    severities: list[SeverityOption]
    severity_choices: list[tuple[str, str]]
    questions: list[Question]

    def form_options(self) -> dict[str, Any]:
        """Keyword arguments of ``CaseForm``."""
        return {
            "contracts": self.contracts,
            "environments": self.environments,
            "severities": self.severity_choices,
            "questions": self.questions,
        }


def case_shape(contract: Contract, allowed: Sequence[Contract]) -> CaseShape:
    """The form under ``contract``, one of those that are ``allowed``."""
    words = Vocabulary.of(contract)
    platforms = platforms_of(contract)
    asked = environments_asked(words.terms, platforms)
    kinds = {str(row.id): row.kind for row in platforms} | {code: code for code in asked}
    return CaseShape(
        contract=contract,
        contracts=[(str(row.id), contract_line(row)) for row in allowed],
        environments=[
            *((str(row.id), _platform(row)) for row in platforms),
            *((code, words.environment(code)) for code in asked),
        ],
        environment_kinds=kinds,
        severities=[_option(row, words) for row in words.terms.severities],
        severity_choices=words.severity_choices(),
        questions=[_question(row, words) for row in words.terms.filing],
    )


def _platform(row: Environment) -> str:
    kind = row.get_kind_display()
    return row.name if row.name.casefold() == kind.casefold() else f"{row.name} · {kind}"


def contract_line(contract: Contract) -> str:
    """A contract in one line: its reference and what it is about."""
    words = Vocabulary.of(contract)
    return f"{contract.reference} · {words.terms.name.text(words.language)}"


def _option(row: Severity, words: Vocabulary) -> SeverityOption:
    spoken = words.severity(row.code)
    figures = words.promised_figures(row.code)
    kinds = tuple((join_severity(row.code, kind.code), kind.label.text(words.language)) for kind in row.kinds)
    clauses = dict.fromkeys([*row.clauses, *(one.figure.clause for one in figures if one.figure.clause)])
    return SeverityOption(
        value=row.code,
        label=spoken.label,
        rank=spoken.rank,
        definition=row.definition.text(words.language),
        figures=figures,
        clauses=tuple(clauses),
        kinds=kinds,
        expectations=tuple(text.text(words.language) for text in row.expectations),
    )


def _question(row: Any, words: Vocabulary) -> Question:
    return Question(
        code=row.code,
        label=row.label.text(words.language),
        hint=row.hint.text(words.language),
        kind=row.kind,
        required=row.required,
        clause=row.clauses[0],
        choices=tuple((choice.code, choice.label.text(words.language)) for choice in row.choices),
        severities=row.severities,
    )


@dataclass(frozen=True, slots=True)
class DuePreview:
    """By when what would be due for a ticket filed now; without ``dues`` the severity has no target."""

    provider: str
    severity: str
    dues: list["Due"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Due:
    """One target that would be due, and why then."""

    name: str
    met_by: str
    by: str
    steps: list[dict[str, str]]


def present_preview(receipts: Sequence[Receipt], words: Vocabulary, severity: str, kind: str) -> DuePreview:
    """The statement beside the severity."""
    dues = []
    for receipt in receipts:
        if receipt.due_at is not None:
            by = format_deadline(receipt.due_at, zone_named(receipt.zone, words.zone()), get_current_timezone())
            steps = without_instants(receipt.lines)
            dues.append(Due(words.target(receipt.target), words.met_by(receipt.target), by, steps))
    return DuePreview(words.terms.provider.name, words.severity(severity, kind).full, dues)


def without_instants(lines: Sequence[ReceiptLine]) -> list[dict[str, str]]:
    """The lines of a reckoning for the ledger. Their sentences name the instants already."""
    return [{"text": line.text, "clause": line.clause} for line in lines]


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket of a list."""

    reference: str
    title: str
    customer: str
    state: str
    state_label: str
    severity_rank: int
    severity_label: str
    assignee: str
    clock: Clock | None
    clock_name: str
    met_by: str
    zone: str
    look: str
    updated_at: datetime
    opened_at: datetime
    can_take: bool = False


def present_rows(
    tickets: Sequence[Ticket],
    clocks: Mapping[UUID, Sequence[Clock]],
    at: datetime,
    *,
    side: str,
    may_take: bool = False,
) -> list[Row]:
    """The rows of a list as ``side`` reads them at the instant ``at``."""
    known = _ListWords(side)
    return [_row(ticket, clocks.get(ticket.id, ()), at, known, may_take) for ticket in tickets]


class _ListWords:
    """The words of a list: many tickets, few terms, severities and states."""

    def __init__(self, side: str) -> None:
        self.side = side
        self._of_terms: dict[UUID, Vocabulary] = {}
        self._severities: dict[tuple[UUID, str, str], SeverityWords] = {}
        self._states: dict[tuple[UUID, str], str] = {}

    def of(self, ticket: Ticket) -> Vocabulary:
        """The vocabulary of the ticket's terms; its own figures are none of a list's business."""
        found = self._of_terms.get(ticket.terms_id)
        if found is None:
            found = self._of_terms[ticket.terms_id] = Vocabulary(terms_of(ticket))
        return found

    def severity(self, ticket: Ticket) -> SeverityWords:
        key = (ticket.terms_id, ticket.severity, ticket.severity_kind)
        if key not in self._severities:
            self._severities[key] = self.of(ticket).severity(ticket.severity, ticket.severity_kind)
        return self._severities[key]

    def state(self, ticket: Ticket) -> str:
        key = (ticket.terms_id, ticket.contract_state)
        if key not in self._states:
            self._states[key] = self.of(ticket).state(ticket.contract_state, self.side)
        return self._states[key]


def _row(ticket: Ticket, clocks: Sequence[Clock], at: datetime, known: _ListWords, may_take: bool) -> Row:
    words = known.of(ticket)
    severity = known.severity(ticket)
    clock = leading_clock(clocks)
    return Row(
        reference=ticket.reference,
        title=ticket.title,
        customer=ticket.customer.name,
        state=ticket.state,
        state_label=known.state(ticket),
        severity_rank=severity.rank,
        severity_label=severity.label,
        assignee=ticket.assignee_name,
        clock=clock,
        clock_name=words.target(clock.target) if clock and len(words.terms.targets) > 1 else "",
        met_by=words.met_by(clock.target) if clock else "",
        zone=words.target_zone(clock.target) if clock else "",
        look=_look(clock, ticket, at),
        updated_at=ticket.updated_at if known.side == "provider" else ticket.public_updated_at,
        opened_at=ticket.opened_at,
        can_take=may_take and ticket.assignee_id is None and ticket.state in OPEN_STATES,
    )


def waits_for(side: str, ticket: Ticket, words: Vocabulary) -> bool:
    """Whether it is the turn of ``side``, as the contract has it; a workaround on offer is the customer's turn too."""
    if ticket.workaround == Workaround.OFFERED and ticket.state in OPEN_STATES:
        return side == "customer"
    return words.waits_for(ticket.contract_state) == side


def leading_clock(clocks: Sequence[Clock]) -> Clock | None:
    """The clock that a list shows: the one still owed that is due first, else the first."""
    owed = [(row.due_at, row.target, row) for row in clocks if row.met_at is None and row.due_at is not None]
    return min(owed)[2] if owed else next(iter(clocks), None)


def _look(clock: Clock | None, ticket: Ticket, at: datetime) -> str:
    if clock is None or clock.met_at or clock.due_at is None or ticket.state not in OPEN_STATES:
        return ""
    if at > clock.due_at or clock.status == "breached":
        return "is-late"
    started = clock.started_at or at
    return "is-soon" if clock.status == "running" and clock.due_at - at <= (clock.due_at - started) / 4 else ""
