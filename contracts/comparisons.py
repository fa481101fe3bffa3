"""An amendment beside what holds without it: the base that a proposal starts from, and the difference in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from contracts.models import Contract, ContractAmendment, TermsVersion
from contracts.selectors import Agreement, Effective, Timeline, terms_by_id, timelines, zone_of
from contracts.terms import TermsError
from contracts.terms.amended import changes_between
from contracts.terms.diff import Difference
from contracts.terms.overrides import parse_overrides


@dataclass(frozen=True, slots=True)
class Comparison:
    """What would hold without an amendment, and with it, on its first day. Announced days (R19) are in neither."""

    first_day: date
    before: Effective
    after: Effective

    def differences(self) -> list[Difference]:
        """What changes, in words. Raises TermsError where one of the two sets of overrides does not fit its terms."""
        was, own = (parse_overrides(one.overrides, one.terms) for one in (self.before, self.after))
        return changes_between(self.before.terms, was, self.after.terms, own, self.first_day)


def compare_proposed(
    contract: Contract,
    at: datetime,
    first_day: date,
    terms: TermsVersion | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Comparison:
    """A proposal over what both sides have agreed for its first day. None leaves terms or overrides as they are."""
    base = _base(timelines([contract])[contract.id], at, first_day)
    return _compared(base, first_day, terms.id if terms else None, overrides)


def compare_each(
    contract: Contract, rows: Iterable[ContractAmendment], at: datetime, timeline: Timeline | None = None
) -> dict[UUID, Comparison]:
    """Each amendment over what held, or would hold, without it; as many queries for many as for one.

    ``timeline`` is that of the contract, where the caller has read it already.
    """
    timeline = timeline or timelines([contract])[contract.id]
    return {
        row.id: _compared(_without(timeline, row, at), row.in_force_from, row.terms_id, row.overrides) for row in rows
    }


def differences_or_none(comparison: Comparison) -> list[Difference] | None:
    """The difference in words; None where the overrides do not fit the terms any more."""
    try:
        return comparison.differences()
    except TermsError:
        return None


def _without(timeline: Timeline, row: ContractAmendment, at: datetime) -> Effective:
    """What an agreed amendment found when it came into force, or what one that waits would find."""
    own = next((item for item in timeline.agreed if item.amendment.id == row.id), None)
    if own is None:
        return _base(timeline, at, row.in_force_from)
    former = [item for item in timeline.agreed if _order(item) < _order(own)]
    return _base(replace(timeline, agreed=former), own.agreed_at, row.in_force_from)


def _order(item: Agreement) -> tuple[date, datetime, UUID]:
    return item.amendment.in_force_from, item.agreed_at, item.amendment.id


def _base(timeline: Timeline, at: datetime, first_day: date) -> Effective:
    """What holds from the first moment at which something of ``first_day`` that is decided at ``at`` could hold."""
    begins = datetime.combine(first_day, time.min, zone_of(timeline.contract))
    return replace(timeline, days=()).at(max(at, begins))


def _compared(
    base: Effective, first_day: date, terms_id: UUID | None, overrides: Mapping[str, Any] | None
) -> Comparison:
    key = terms_id or base.terms_id
    document = base.overrides if overrides is None else dict(overrides)
    return Comparison(first_day, base, Effective(key, terms_by_id(key), document))
