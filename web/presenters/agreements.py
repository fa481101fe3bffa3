"""What was agreed on a contract over time: versions of its terms, amendments and who approved them, announced days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext, pgettext

from accounts.tenancy import Actor
from contracts.comparisons import Comparison, compare_each, differences_or_none
from contracts.models import Contract, ContractAmendment, ContractChange, DatedCalendarChange, TermsVersion
from contracts.selectors import Timeline, terms_of
from contracts.terms import Terms, TermsError
from contracts.terms.amended import days_words
from contracts.terms.diff import Difference
from contracts.terms.overrides import parse_overrides
from web.moments import reader_language
from web.presenters.vocabulary import side_words

Kind = ContractChange.Kind


@dataclass(frozen=True, slots=True)
class Decision:
    """One side's word: approved, declined with a reason, or (in the first place) who proposed it."""

    text: str
    who: str
    side: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One thing that changes, in words, and the clause on which it stands."""

    text: str
    clause: str


@dataclass(frozen=True, slots=True)
class DaysView:
    """Days that a calendar gained (R19): what they are called, which they are, and who announced them when."""

    name: str
    calendar: str
    days: list[str]
    reference: str
    who: str
    at: datetime
    late_reason: str


@dataclass(frozen=True, slots=True)
class AmendmentView:
    """An amendment, what it changes in words, how it stands, and whether the reader decides on it."""

    id: UUID
    reference: str
    in_force_from: date
    in_force_until: date | None
    changes: list[ChangeView]
    decisions: list[Decision]
    state: str
    tone: str
    icon: str
    decides: bool


@dataclass(frozen=True, slots=True)
class VersionView:
    """A published version of the terms and the days on which it is in force."""

    version: str
    first_day: date | None
    last_day: date | None
    is_own: bool


def present_amendments(
    actor: Actor, timeline: Timeline, rows: Iterable[ContractAmendment], at: datetime, *, may_approve: bool
) -> list[AmendmentView]:
    """The amendments with their words; ``may_approve`` says whether the reader speaks for his side.

    ``timeline`` is that of the contract as it was signed.
    """
    rows = list(rows)
    compared = compare_each(timeline.contract, rows, at, timeline)
    return [_amendment(actor, row, compared[row.id], may_approve) for row in rows]


def _amendment(actor: Actor, row: ContractAmendment, comparison: Comparison, may_approve: bool) -> AmendmentView:
    told = sorted(row.changes.all(), key=lambda change: (change.at, str(change.id)))
    approved = {change.actor_side for change in told if change.kind == Kind.APPROVED}
    declined = any(change.kind == Kind.DECLINED for change in told)
    state, tone, icon = _standing(approved, declined)
    return AmendmentView(
        id=row.id,
        reference=row.reference,
        in_force_from=row.in_force_from,
        in_force_until=row.in_force_until,
        changes=change_views(differences_or_none(comparison)),
        decisions=[_decision(change) for change in told],
        state=state,
        tone=tone,
        icon=icon,
        decides=may_approve and not declined and actor.side not in approved,
    )


def _standing(approved: set[str], declined: bool) -> tuple[str, str, str]:
    if declined:
        return pgettext("amendment", "Declined"), "grey", "circle-off"
    if approved == {"provider", "customer"}:
        return pgettext("amendment", "Agreed"), "green", "circle-check"
    return pgettext("amendment", "Waits for approval"), "amber", "hourglass"


def _decision(change: ContractChange) -> Decision:
    words = {
        Kind.PROPOSED: pgettext("amendment", "Proposed"),
        Kind.APPROVED: pgettext("amendment", "Approved"),
        Kind.DECLINED: pgettext("amendment", "Declined"),
    }
    reason = str(change.data.get("reason") or "")
    text = words.get(Kind(change.kind), str(change.kind))
    return Decision(text, change.actor_name, side_words(change.actor_side), change.at, reason)


def change_views(found: Sequence[Difference] | None) -> list[ChangeView]:
    """What changes, as a list to read; a line that says so where nothing does, or where it fits the terms no more."""
    if found is None:
        return [ChangeView(gettext("It does not fit the terms that hold by then."), "")]
    language = reader_language()
    told = [ChangeView(item.text.text(language), item.clauses[0] if item.clauses else "") for item in found]
    return told or [ChangeView(gettext("Nothing becomes otherwise than it is."), "")]


def present_days(rows: Iterable[DatedCalendarChange], terms: Terms) -> list[DaysView]:
    """Announced days in words, the latest announcement first."""
    return [_days(row, terms) for row in reversed(list(rows))]


def _days(row: DatedCalendarChange, terms: Terms) -> DaysView:
    language = reader_language()
    try:
        (item,) = parse_overrides({"calendars": [row.days]}, terms).calendars
        calendar, days = terms.calendar(item.calendar).label.text(language), days_words(item)
    except TermsError:
        # A calendar that these terms do not have any more: the announcement stays on record.
        calendar, days = str(row.days["calendar"]), []
    told = [text.text(language) for text in days]
    reference = str(row.days["reference"])
    return DaysView(row.name, calendar, told, reference, row.decided_by_name, row.at, row.late_reason)


def present_versions(contract: Contract, rows: Iterable[TermsVersion]) -> list[VersionView]:
    """The versions of the terms, the latest first; ``is_own`` marks the one that holds for the contract now."""
    return [
        VersionView(
            row.version,
            row.in_force.lower if row.in_force else None,
            row.in_force.upper if row.in_force else None,
            row.id == contract.terms_id,
        )
        for row in rows
    ]


def version_rows(actor: Actor, contract: Contract) -> Sequence[TermsVersion]:
    """The published versions of the contract's terms, without their documents."""
    rows = TermsVersion.objects.visible_to(actor).filter(code=terms_of(contract).code)
    return list(rows.defer("document", "holiday_record").order_by("-published_at"))
