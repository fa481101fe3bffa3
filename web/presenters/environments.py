"""Technical records in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from contracts.environments import FACTS, changed_facts
from contracts.models import EnvironmentRecord
from web.forms.environments import FACT_LABELS


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record of the history: who wrote it when, for which side, what it changed, and what it says."""

    number: int
    who: str
    side: str
    at: datetime
    changed: list[str | Promise]
    facts: list[tuple[str | Promise, str]]


def present_facts(facts: Mapping[str, str]) -> list[tuple[str | Promise, str]]:
    """Name and text of whatever a record says, in the order in which it is asked."""
    return [(FACT_LABELS[code], facts[code]) for code in FACTS if facts.get(code)]


def present_records(records: Sequence[EnvironmentRecord]) -> list[RecordView]:
    """The records, the latest first, each with what it changed in the one before it.

    Of the oldest that is shown it is told only where it is the first of all.
    """
    return [_record(row, records[place + 1 : place + 2]) for place, row in enumerate(records)]


def _record(row: EnvironmentRecord, before: Sequence[EnvironmentRecord]) -> RecordView:
    is_known = bool(before) or row.number == 1
    old = before[0].facts if before else {}
    changed = [FACT_LABELS[code] for code in changed_facts(old, row.facts)] if is_known else []
    facts = present_facts(row.facts)
    return RecordView(row.number, row.author_name, row.author_side, row.at, changed, facts)
