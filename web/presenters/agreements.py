"""What was agreed on a contract over time: versions of its terms, amendments and who approved them, announced days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, pgettext

from accounts.tenancy import Actor
from contracts.models import Contract, ContractAmendment, ContractChange, TermsVersion
from contracts.selectors import terms_of
from contracts.terms import TermsError
from web.presenters.contracts import own_facts
from web.presenters.vocabulary import Vocabulary, side_words, span_words

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
class AmendmentView:
    """An amendment, what it changes in words, how it stands, and whether the reader decides on it."""

    id: UUID
    reference: str
    in_force_from: date
    in_force_until: date | None
    changes: list[str]
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
    actor: Actor, contract: Contract, rows: Iterable[ContractAmendment], *, may_approve: bool
) -> list[AmendmentView]:
    """The amendments with their words; ``may_approve`` says whether the reader speaks for his side."""
    return [_amendment(actor, contract, row, may_approve) for row in rows]


def _amendment(actor: Actor, contract: Contract, row: ContractAmendment, may_approve: bool) -> AmendmentView:
    told = sorted(row.changes.all(), key=lambda change: (change.at, str(change.id)))
    approved = {change.actor_side for change in told if change.kind == Kind.APPROVED}
    declined = any(change.kind == Kind.DECLINED for change in told)
    state, tone, icon = _standing(approved, declined)
    return AmendmentView(
        id=row.id,
        reference=row.reference,
        in_force_from=row.in_force_from,
        in_force_until=row.in_force_until,
        changes=_changes(contract, row),
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


def _changes(contract: Contract, row: ContractAmendment) -> list[str]:
    """What an amendment says: another version of the terms, and the whole set of the contract's own figures."""
    found = []
    if row.terms is not None:
        found.append(gettext("Terms in version %(version)s") % {"version": row.terms.version})
    if row.overrides is not None:
        holder = _Amended(row.terms_id or contract.terms_id, row.overrides)
        try:
            found += _figures(Vocabulary.of(holder)) + [f"{one['label']}: {one['text']}" for one in own_facts(holder)]  # type: ignore[arg-type]
        except TermsError:
            found.append(gettext("Figures of the contract"))
        if not row.overrides:
            found.append(gettext("Nothing departs from the terms any more"))
    return found


@dataclass(frozen=True, slots=True)
class _Amended:
    """A contract as an amendment would have it, for its words."""

    terms_id: UUID
    overrides: dict[str, Any]


def _figures(words: Vocabulary) -> list[str]:
    return [
        gettext("%(target)s, %(severity)s: %(figure)s")
        % {
            "target": words.target(row.target),
            "severity": words.severity(row.severity).label,
            "figure": span_words(row.amount, row.unit) if row.amount and row.unit else gettext("no deadline"),
        }
        for row in words.changes.figures
    ]


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
