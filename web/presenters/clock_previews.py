"""What an amendment or days of a calendar do to the deadlines that run, line by line, before anybody decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from slas.amendments import ClockPreview
from slas.clocks import OWED
from web.presenters.vocabulary import Vocabulary

MOST_TICKETS: Final = 200
"""Open tickets whose deadlines a preview counts: a page answers at once, whatever the contract."""
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A deadline that runs: its ticket, when it is due now and then, and why."""

    ticket: str
    target: str
    severity: str
    rank: int
    before: datetime | None
    after: datetime | None
    why: str
    zone: str

    @property
    def moves(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class ClockPreviews:
    """The first lines, how many there are, and whether more tickets are open than were counted."""

    lines: list[ClockLine]
    running: int
    moved: int
    is_partial: bool

    @property
    def rest(self) -> int:
        return self.running - len(self.lines)


def present_amended(found: Sequence[ClockPreview], words: Vocabulary, is_partial: bool) -> ClockPreviews:
    """Deadlines that run keep what they have; beside it what they would be if filed under the amendment (R16)."""
    lines = [_line(one, words, one.would_be_due_at) for one in found if one.status_before in OWED]
    return _previews(lines, is_partial)


def present_moved(found: Iterable[ClockPreview], words: Vocabulary, is_partial: bool) -> ClockPreviews:
    """Deadlines that run on the calendar, those that move first (R19)."""
    lines = [_line(one, words, one.due_after) for one in found if one.is_touched]
    return _previews(sorted(lines, key=lambda line: not line.moves), is_partial)


def _previews(lines: list[ClockLine], is_partial: bool) -> ClockPreviews:
    return ClockPreviews(lines[:SHOWN], len(lines), sum(line.moves for line in lines), is_partial)


def _line(one: ClockPreview, words: Vocabulary, after: datetime | None) -> ClockLine:
    severity = words.severity(one.severity)
    return ClockLine(
        ticket=one.reference,
        target=words.target(one.target),
        severity=severity.label,
        rank=severity.rank,
        before=one.due_before,
        after=after,
        why=one.why,
        zone=words.target_zone(one.target),
    )
