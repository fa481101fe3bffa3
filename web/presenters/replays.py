"""What other rules would have come to: counts before and after, and the tickets that differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext

from slas.engine import Status
from slas.receipt_wording import STATUSES
from slas.replay import Difference, Outcome, Reason, Replay
from slas.wording import duration_text
from web.moments import format_deadline
from web.presenters.vocabulary import Vocabulary, in_a_row

SHOWN: Final = (Status.MET, Status.BREACHED, Status.PAUSED, Status.RUNNING)
CSV_COLUMNS: Final = (
    "ticket", "contract", "target", "severity_before", "severity_after", "status_before", "status_after",
    "due_before", "due_after", "moved_seconds", "reason",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Count:
    """How many clocks had a status, and would have it."""

    before: int
    after: int

    @property
    def change(self) -> str:
        """``+3`` or ``−2``; empty where nothing changes."""
        moved = self.after - self.before
        return f"{'+' if moved > 0 else '−'}{abs(moved)}" if moved else ""


@dataclass(frozen=True, slots=True)
class TallyRow:
    """The counts of one target and severity, each with the head of its column."""

    target: str
    severity: str
    pairs: list[tuple[str, Count]]
    others: Count


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One clock that comes out differently."""

    ticket: str
    target: str
    severity: str
    before: str
    after: str
    due_before: str
    due_after: str
    moved: str
    why: str
    changes_outcome: bool


@dataclass(frozen=True, slots=True)
class ReplayView:
    """The answer as the page shows it."""

    tickets: int
    clocks: int
    changed: int
    total: int
    heads: list[str]
    tallies: list[TallyRow]
    rows: list[DifferenceRow]
    first: int
    last: int
    previous: int | None
    following: int | None
    failed: int
    failures: list[tuple[str, str]]


def present_replay(found: Replay, words: Vocabulary, given: Mapping[str, Any], size: int) -> ReplayView:
    """One page of the differences with the counts of all."""
    offset = given.get("offset") or 0
    page = found.page(offset, size, outcomes_only=bool(given.get("outcomes_only")))
    return ReplayView(
        tickets=found.tickets,
        clocks=found.clocks,
        changed=found.changed_outcomes,
        total=page.total,
        heads=[str(STATUSES[status]) for status in SHOWN],
        tallies=[_tally(one, words) for one in found.tallies],
        rows=[_row(one, words) for one in page.rows],
        first=offset + 1 if page.rows else 0,
        last=offset + len(page.rows),
        previous=max(offset - size, 0) if offset else None,
        following=page.next_offset,
        failed=found.failed,
        failures=found.failures[:20],
    )


def _tally(one: Any, words: Vocabulary) -> TallyRow:
    counts = [Count(one.before.get(status, 0), one.after.get(status, 0)) for status in SHOWN]
    others = Count(
        sum(one.before.values()) - sum(count.before for count in counts),
        sum(one.after.values()) - sum(count.after for count in counts),
    )
    pairs = [(str(STATUSES[status]), count) for status, count in zip(SHOWN, counts, strict=True)]
    return TallyRow(words.target(one.target), _severity(one.severity, words), pairs, others)


def _severity(code: str, words: Vocabulary) -> str:
    return words.severity(code).label if code else gettext("no target")


def _row(one: Difference, words: Vocabulary) -> DifferenceRow:
    before, after = (_severity(side.severity, words) for side in (one.before, one.after))
    return DifferenceRow(
        ticket=one.ticket,
        target=words.target(one.target),
        severity=before if before == after else f"{before} → {after}",
        before=str(STATUSES[one.before.status]),
        after=str(STATUSES[one.after.status]),
        due_before=_due(one.before, one.zone),
        due_after=_due(one.after, one.zone),
        moved=_moved(one.moved_seconds),
        why=in_a_row(_why(reason, words) for reason in one.reasons),
        changes_outcome=one.changes_outcome,
    )


def _why(reason: Reason, words: Vocabulary) -> str:
    """The reason in words; severities by their labels, where the terms of today know them."""
    if reason.code == "severity":
        sides = (words.severity(str(side)).label for side in (reason.before, reason.after))
        reason = Reason(reason.code, *sides)
    return reason.text


def _due(side: Outcome, zone: str) -> str:
    return format_deadline(side.due_at, ZoneInfo(zone), get_current_timezone()) if side.due_at else "—"


def _moved(seconds: int | None) -> str:
    if not seconds:
        return ""
    text = gettext("%(time)s later") if seconds > 0 else gettext("%(time)s sooner")
    return text % {"time": duration_text(abs(seconds))}


def csv_rows(found: Replay, *, outcomes_only: bool) -> Iterator[list[str]]:
    """Every difference as the cells of a table; instants in UTC."""
    for one in found.differences:
        if outcomes_only and not one.changes_outcome:
            continue
        cells = (
            one.ticket, one.contract, one.target, one.before.severity, one.after.severity, one.before.status,
            one.after.status, _iso(one.before), _iso(one.after), one.moved_seconds,
            "; ".join(reason.text for reason in one.reasons),
        )  # fmt: skip
        yield [_cell(cell) for cell in cells]


def _iso(side: Outcome) -> str:
    return side.due_at.isoformat() if side.due_at else ""


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text
