"""The words of a contract's terms, in the reader's language."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, ngettext, pgettext

from accounts.tenancy import Actor
from contracts.selectors import contracts, terms_of
from contracts.terms import Choice, Duty, Figure, Hold, Span, TargetTerms, Terms, Transition, UnknownTerm
from contracts.terms.overrides import Overrides, parse_overrides
from tickets.states import State
from web.forms.acts import join_severity, split_severity
from web.moments import reader_language

_MOST_RANKS: Final = 4


@dataclass(frozen=True, slots=True)
class SeverityWords:
    """A severity as a page shows it. ``rank`` counts from 1, the gravest, to at most 4."""

    code: str
    label: str
    rank: int
    kind: str = ""

    @property
    def full(self) -> str:
        """Severity and kind in one phrase."""
        if not self.kind:
            return self.label
        return gettext("%(severity)s – %(kind)s") % {"severity": self.label, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class FigureWords:
    """What a target gives for a severity: an amount and its clause; a reference where the contract has another (R17).

    An empty ``text`` says that there is no such target.
    """

    text: str = ""
    clause: str = ""
    reference: str = ""

    @property
    def agreed(self) -> str:
        """Where a figure that departs from the terms was agreed; empty for one of the terms."""
        return agreed_words(self.reference) if self.reference else ""


@dataclass(frozen=True, slots=True)
class TargetFigure:
    """A target by its name, what meets it, and its figure for a severity."""

    name: str
    met_by: str
    figure: FigureWords

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell: a figure, or an agreement that there is none."""
        return bool(self.figure.text or self.figure.agreed)


@dataclass(frozen=True, slots=True)
class TicketWords:
    """What the customer's contract calls a ticket, and the two phrases that are made of it."""

    one: str
    many: str
    new: str
    file: str


def ticket_words(actor: Actor) -> TicketWords:
    """The words of the reader's contract; the product's own where he has none. Reads one row."""
    holder = contracts(actor).first()
    if holder is None:
        return TicketWords(gettext("Ticket"), gettext("Tickets"), gettext("New ticket"), gettext("File the ticket"))
    terms, language = terms_of(holder), reader_language()
    return TicketWords(
        terms.word("ticket", language),
        terms.word("ticket", language, plural=True),
        terms.word("new_ticket", language),
        terms.word("file_ticket", language),
    )


class Vocabulary:
    """What things are called under one version of the terms. A code of former times is shown as it is."""

    def __init__(self, terms: Terms, language: str | None = None, overrides: Mapping[str, Any] | None = None):
        self.terms = terms
        self.language = language or reader_language()
        self._overrides = overrides or {}

    @classmethod
    def of(cls, holder: Any) -> "Vocabulary":
        """The vocabulary of a contract, ticket or clock, with the figures that the contract has of its own (R17).

        A ticket keeps those that its contract had when it was filed (R16).
        """
        details = getattr(holder, "details", None) or {}
        return cls(terms_of(holder), overrides=getattr(holder, "overrides", None) or details.get("overrides"))

    @cached_property
    def changes(self) -> Overrides:
        """What the contract changes in its terms. Raises ``TermsError`` where that does not fit them."""
        return parse_overrides(self._overrides, self.terms)

    def state(self, code: str, side: str = "customer") -> str:
        """The word for a state. The terms speak to the customer ("waiting for you"); the desk is told who that is."""
        if side == "provider" and code == State.WAITING_CUSTOMER:
            return gettext("Waiting for the customer")
        return self._known(lambda: self.terms.state(code).label.text(self.language), code)

    def waits_for(self, code: str) -> str:
        """The side for whom a ticket in this state waits: ``provider``, ``customer`` or empty."""
        return self._known(lambda: self.terms.state(code).waits_for or "", "")

    def severity(self, code: str, kind: str = "") -> SeverityWords:
        order = [item.code for item in self.terms.severities]
        if code not in order:
            return SeverityWords(code, code, _MOST_RANKS)
        found = self.terms.severity(code)
        named = next((item.label.text(self.language) for item in found.kinds if item.code == kind), "")
        return SeverityWords(code, found.label.text(self.language), self.rank(code), named)

    def rank(self, code: str) -> int:
        """1 for the gravest. Severities beyond the fourth look like the fourth."""
        order = [item.code for item in self.terms.severities]
        return min(order.index(code) + 1, _MOST_RANKS) if code in order else _MOST_RANKS

    def resolution(self, code: str) -> str:
        return self._known(lambda: self.terms.resolution_type(code).label.text(self.language), code)

    def reason(self, code: str) -> str:
        found = next((row for row in self.terms.severity_change_reasons if row.code == code), None)
        return found.label.text(self.language) if found else code

    def exclusion_reason(self, code: str) -> Choice | None:
        """One of the contract's reasons for leaving a ticket out of the figures."""
        return next((row for row in self.terms.exclusion_reasons if row.code == code), None)

    def hold(self, code: str) -> Hold | None:
        """One of the contract's reasons for withholding support (GEN-8)."""
        return next((row for row in self.terms.holds if row.code == code), None)

    def duty(self, code: str) -> Duty | None:
        """One of the duties of the contract (HOP-5)."""
        return next((row for row in self.terms.duties if row.code == code), None)

    def duty_clause(self, met_by: str, code: str = "") -> str:
        """The clause of the duty of that code, else of the one that is fulfilled so."""
        found = self.duty(code) or next((row for row in self.terms.duties if row.met_by == met_by), None)
        return found.clauses[0] if found else ""

    def hold_choices(self) -> list[tuple[str, str]]:
        return [(row.code, row.label.text(self.language)) for row in self.terms.holds]

    def target(self, code: str) -> str:
        return self._known(lambda: self.terms.target_terms(code).label.text(self.language), code)

    def target_clause(self, code: str, severity: str) -> str:
        """The clause that sets the figure of a target for a severity, whatever the environment."""
        figure = self._known(lambda: self.terms.target_terms(code).figure(severity), None)
        return figure.clauses[0] if figure else ""

    def figure(self, code: str, severity: str, environment: str = "") -> Figure | None:
        """The figure of the terms, which may leave the amount to the contract; None where the target is not that of the
        environment (GEN-7)."""
        target = self._known(lambda: self.terms.target_terms(code), None)
        if target is None or (target.environments and environment not in target.environments):
            return None
        found: Figure | None = target.figure(severity)
        return found

    def figure_words(self, code: str, severity: str, environment: str = "") -> FigureWords:
        """The figure that applies: the contract's own where it has one (R17), else that of the terms."""
        figure = self.figure(code, severity, environment)
        if figure is None:
            return FigureWords()
        own = self.changes.figure(code, severity)
        amount, unit = (own.amount, own.unit) if own else (figure.amount, figure.unit)
        text = span_words(amount, unit) if amount and unit else ""
        return FigureWords(text, figure.clauses[0], own.reference if own else "")

    def target_zone(self, code: str) -> str:
        """The zone in which a target is counted, which its deadline is shown in."""
        return self._known(lambda: self.terms.calendar(self.terms.target_terms(code).calendar).zone, "")

    def zone(self) -> ZoneInfo:
        """The zone of the contract's first target, in which its days begin and end."""
        return ZoneInfo(next((self.target_zone(target.code) for target in self.terms.targets), "") or "UTC")

    def target_terms_clause(self, code: str) -> str:
        """The clause on which a target stands, whatever the severity."""
        return self._known(lambda: self.terms.target_terms(code).clauses[0], "")

    def met_by(self, code: str) -> str:
        """What meets a target: ``contact`` for an answer; empty for a target of former times."""
        return self._known(lambda: self.terms.target_terms(code).met_by, "")

    @property
    def has_response(self) -> bool:
        """Whether the contract has a target that an answer meets."""
        return any(target.met_by == "contact" for target in self.terms.targets)

    def step(self, code: str) -> Transition | None:
        """A step of the contract's workflow."""
        return next((row for row in self.terms.workflow.transitions if row.code == code), None)

    def target_figures(self, severity: str, environment: str = "") -> list["TargetFigure"]:
        """What each target of the contract gives for a severity, in the order of the terms."""
        return [
            TargetFigure(self.target(row.code), row.met_by, self.figure_words(row.code, severity, environment))
            for row in self.terms.targets
        ]

    def promised_figures(self, severity: str) -> list["TargetFigure"]:
        """As ``target_figures`` before it is known which environment is concerned: a target that only some of them have
        is shown with their names (GEN-7)."""
        return [
            TargetFigure(
                self.target_where(row),
                row.met_by,
                self.figure_words(row.code, severity, next(iter(row.environments), "")),
            )
            for row in self.terms.targets
        ]

    def target_where(self, target: TargetTerms) -> str:
        """The name of a target, with the environments that have it where not all do (GEN-7)."""
        name = target.label.text(self.language)
        if not target.environments:
            return name
        return gettext("%(target)s, %(environments)s") % {"target": name, "environments": self.environments_of(target)}

    def environments_of(self, target: TargetTerms) -> str:
        """The environments that have a target, where not all do."""
        return ", ".join(self.environment(code) for code in target.environments)

    def environment(self, code: str) -> str:
        """What the contract calls one of its environments."""
        return self._known(lambda: self.terms.environment(code).label.text(self.language), code)

    def filing_label(self, code: str) -> str:
        found = next((row for row in self.terms.filing if row.code == code), None)
        return found.label.text(self.language) if found else code

    def filing_answer(self, code: str, value: str) -> str:
        """What was answered to a question of the filing form, in words where the answers were given."""
        field = next((row for row in self.terms.filing if row.code == code), None)
        choice = next((row for row in field.choices if row.code == value), None) if field else None
        return choice.label.text(self.language) if choice else value

    def resolution_choices(self) -> list[tuple[str, str]]:
        return [(row.code, row.label.text(self.language)) for row in self.terms.resolution_types]

    def reason_choices(self) -> list[tuple[str, str]]:
        return [(row.code, row.label.text(self.language)) for row in self.terms.severity_change_reasons]

    def severity_choices(self) -> list[tuple[str, str]]:
        """Severities and their kinds as one list of values (``no_access:platform_down``)."""
        values = (
            join_severity(item.code, kind)
            for item in self.terms.severities
            for kind in ([row.code for row in item.kinds] or [""])
        )
        return [(value, self.severity(*split_severity(value)).full) for value in values]

    @staticmethod
    def _known(look_up: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return look_up()
        except UnknownTerm:
            return otherwise


def in_a_row(parts: Iterable[str]) -> str:
    """Several statements in one line; French sets a space before the mark between them."""
    return pgettext("between statements", "; ").join(parts)


def side_words(side: str) -> str:
    """Which side of the contract somebody acts for; empty for the product itself."""
    return {"provider": pgettext("side", "support"), "customer": pgettext("side", "customer")}.get(side, "")


def state_choices() -> list[tuple[str, str]]:
    """Filters by state for lists over several contracts, in the product's own words."""
    return [
        ("open", gettext("All open")),
        (State.NEW, gettext("New")),
        (State.IN_PROGRESS, gettext("In progress")),
        (State.WAITING_CUSTOMER, gettext("Waiting for the customer")),
        (State.RESOLVED, gettext("Resolved")),
        (State.CLOSED, gettext("Closed")),
        ("all", gettext("All")),
    ]


def severity_filters(vocabularies: Sequence[Vocabulary]) -> list[tuple[str, str]]:
    """The severities of several contracts, gravest first, each code once."""
    found: dict[str, str] = {}
    for vocabulary in vocabularies:
        for item in vocabulary.terms.severities:
            found.setdefault(item.code, vocabulary.severity(item.code).label)
    return list(found.items())


def agreed_words(reference: str) -> str:
    """Where something that departs from the terms was agreed."""
    return gettext("agreed in %(reference)s") % {"reference": reference}


def span_words(amount: int, unit: str) -> str:
    """An amount of time as contracts say it.

    Raises ``KeyError`` for a unit that contracts do not use.
    """
    templates = {
        "minutes": ngettext("%(n)d minute", "%(n)d minutes", amount),
        "business_minutes": ngettext("%(n)d business minute", "%(n)d business minutes", amount),
        "hours": ngettext("%(n)d hour", "%(n)d hours", amount),
        "business_hours": ngettext("%(n)d business hour", "%(n)d business hours", amount),
        "business_days": ngettext("%(n)d business day", "%(n)d business days", amount),
        "days": ngettext("%(n)d day", "%(n)d days", amount),
        "weeks": ngettext("%(n)d week", "%(n)d weeks", amount),
        "months": ngettext("%(n)d month", "%(n)d months", amount),
    }
    return templates[unit] % {"n": amount}


def limit_words(span: Span) -> str:
    """A span of the terms in words."""
    return span_words(span.amount, span.unit)
