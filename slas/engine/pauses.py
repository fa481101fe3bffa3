"""Pauses (R11, R12): what waiting for the customer takes out of the time counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from slas.engine.calendar import Calendar
from slas.engine.errors import BadPause
from slas.engine.instants import from_seconds, to_seconds

Pause = tuple[int, int | None]
"""Start and end in seconds since 1970; None while it is still open."""

Deduction = tuple[int, int | None, int]
"""A pause, and the counted seconds that it took out of the time before the due instant."""


class Meter(Protocol):
    """What counts: the opening time of a calendar, or every second."""

    def add_s(self, start: int, seconds: int) -> int: ...

    def elapsed_s(self, start: int, end: int) -> int: ...


class EverySecond:
    """A meter that never stops: limits in hours run day and night (R7)."""

    __slots__ = ()

    def add_s(self, start: int, seconds: int) -> int:
        return start + seconds

    def elapsed_s(self, start: int, end: int) -> int:
        return max(end - start, 0)


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit ends. While paused ``due`` is None, and ``left`` tells the counted seconds that remain (R12)."""

    due: int | None
    left: int | None
    deductions: tuple[Deduction, ...] = ()


def pause(start: datetime, end: datetime | None) -> Pause:
    """A pause from aware datetimes. Raises BadPause where it ends before it starts."""
    starts, ends = to_seconds(start), None if end is None else to_seconds(end)
    if ends is not None and ends < starts:
        raise BadPause(f"a pause ends ({end}) before it starts ({start})")
    return starts, ends


def merged(pauses: Iterable[Pause]) -> list[Pause]:
    """Pauses in order, overlapping and touching ones joined, so that time paused twice counts once (R11)."""
    joined: list[Pause] = []
    for start, end in sorted(pauses, key=lambda item: item[0]):
        if end is not None and end < start:
            raise BadPause("a pause ends before it starts")
        if not joined or (joined[-1][1] is not None and start > joined[-1][1]):
            joined.append((start, end))
        elif joined[-1][1] is not None:
            joined[-1] = (joined[-1][0], None if end is None else max(end, joined[-1][1]))
    return joined


def moved(meter: Meter, start: int, base: int, pauses: Sequence[Pause]) -> Due:
    """The due instant of a limit that counts from ``start`` and without pauses ends at ``base``.

    What has to be counted is the meter's time between the two. It is counted again around the pauses, and ends at the
    first instant that completes it; a pause counts only as far as it lies before the due time as moved so far. With
    nothing deducted the due time stays ``base``, also where that is 24:00 of a day that closed hours earlier (R12).
    """
    left, position = meter.elapsed_s(start, base), start
    deductions: list[Deduction] = []
    for begins, ends in merged(pauses):
        begins = max(begins, start)
        if ends is not None and meter.elapsed_s(begins, ends) == 0:
            continue
        counted = meter.elapsed_s(position, begins)
        if counted >= left:
            break
        left -= counted
        if ends is None:
            return Due(None, left, (*deductions, (begins, None, 0)))
        deductions.append((begins, ends, meter.elapsed_s(begins, ends)))
        position = ends
    return Due(meter.add_s(position, left) if deductions else base, None, tuple(deductions))


def elapsed(calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> int:
    """Opening seconds between two instants that no pause covers; 0 where the end is before the start."""
    first, last = to_seconds(start), to_seconds(end)
    counted = calendar.elapsed_s(first, last)
    for begins, ends in merged(pauses):
        until = last if ends is None else min(ends, last)
        counted -= calendar.elapsed_s(max(begins, first), until)
    return counted


def add(calendar: Calendar, start: datetime, seconds: int, pauses: Sequence[Pause] = ()) -> Due:
    """Where an amount of opening time ends, pauses deducted."""
    first = to_seconds(start)
    return moved(calendar, first, calendar.add_s(first, seconds), pauses)


def due_at(due: Due) -> datetime | None:
    """The due instant in UTC, if there is one."""
    return None if due.due is None else from_seconds(due.due)
