"""A calendar compiled: sorted opening intervals with running totals, so that questions are binary searches."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, chain, islice
from zoneinfo import ZoneInfo

from slas.engine.errors import OutsideCalendar
from slas.engine.instants import DAY, day_start, offset_at, wall_midnight, wall_ordinal
from slas.engine.spec import CalendarSpec, zone_named

Interval = tuple[int, int]

MOST_INTERVALS = 400_000
"""Openings that one table may hold. A day with two openings takes 220,000 of them in 300 years."""


@dataclass(frozen=True, slots=True)
class Table:
    """Opening intervals of whole years, half open, in seconds since 1970.

    ``before[i]`` and ``through[i]`` are the opening seconds from the start of the table to the opening and to the
    closing of interval i. ``working`` holds the ordinals of the home calendar's working days.
    """

    first_year: int
    last_year: int
    first: int
    last: int
    opens: list[int]
    closes: list[int]
    before: list[int]
    through: list[int]
    working: list[int]

    def count(self, at: int) -> int:
        """Opening seconds between the start of the table and an instant."""
        index = bisect_right(self.opens, at) - 1
        if index < 0:
            return 0
        close = self.closes[index]
        return self.through[index] if at >= close else self.through[index] - close + at

    def first_reaching(self, total: int) -> int | None:
        """The earliest instant by which ``total`` opening seconds (at least 1) have passed; None past the table."""
        index = bisect_left(self.through, total)
        if index == len(self.through):
            return None
        return self.closes[index] - (self.through[index] - total)

    def last_holding(self, total: int) -> int | None:
        """The latest instant by which no more than ``total`` opening seconds have passed; None before the table."""
        index = bisect_right(self.before, total) - 1
        return None if index < 0 else self.opens[index] + total - self.before[index]


def compile_table(spec: CalendarSpec, first_year: int, last_year: int) -> Table:
    """Every opening interval of the years, in the calendar's own zone and in those that are added to it.

    Raises OutsideCalendar rather than hold more than ``MOST_INTERVALS``.
    """
    home = zone_named(spec.zone)
    first, last = day_start(date(first_year, 1, 1), home), day_start(date(last_year + 1, 1, 1), home)
    everything = chain.from_iterable(_openings(one, first, last) for one in (spec, *spec.also_open))
    found = list(islice(everything, MOST_INTERVALS + 1))
    if len(found) > MOST_INTERVALS:
        years = f"{first_year} to {last_year}"
        raise OutsideCalendar(f"this calendar opens too often to be counted over the years {years}: ask for less time")
    intervals = _merged(found)
    lengths = [close - open_ for open_, close in intervals]
    return Table(
        first_year=first_year,
        last_year=last_year,
        first=first,
        last=last,
        opens=[open_ for open_, _ in intervals],
        closes=[close for _, close in intervals],
        before=list(accumulate(lengths, initial=0))[:-1],
        through=list(accumulate(lengths)),
        working=_working_days(spec, first_year, last_year),
    )


def _openings(spec: CalendarSpec, first: int, last: int) -> Iterator[Interval]:
    """Instants whose local clock reads within the opening hours, stretch by stretch of one UTC offset.

    Reading the clock, and not adding hours to midnight, keeps days of 23 and 25 hours right (R7).
    """
    for start, end, offset in stretches(zone_named(spec.zone), first, last):
        for ordinal in range(wall_ordinal(start + offset), wall_ordinal(end + offset) + 1):
            midnight = wall_midnight(ordinal) - offset
            for span_start, span_end in spec.hours_on(date.fromordinal(ordinal)):
                opens, closes = max(midnight + span_start, start), min(midnight + span_end, end)
                if opens < closes:
                    yield opens, closes


def stretches(zone: ZoneInfo, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """The time between two instants cut where the UTC offset changes: (start, end, offset)."""
    start, offset, at = first, offset_at(first, zone), first
    while at < last:
        ahead = min(at + DAY, last)
        if offset_at(ahead, zone) != offset:
            change = _first_change(zone, at, ahead, offset)
            yield start, change, offset
            start, offset, ahead = change, offset_at(change, zone), change
        at = ahead
    yield start, last, offset


def _first_change(zone: ZoneInfo, same: int, changed: int, offset: int) -> int:
    """The second at which the offset stops being what it was at ``same``."""
    while changed - same > 1:
        middle = (same + changed) // 2
        if offset_at(middle, zone) == offset:
            same = middle
        else:
            changed = middle
    return changed


def _merged(intervals: list[Interval]) -> list[Interval]:
    """Intervals in order, those that touch or overlap joined."""
    intervals.sort()
    joined: list[Interval] = []
    for opens, closes in intervals:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _working_days(spec: CalendarSpec, first_year: int, last_year: int) -> list[int]:
    days = range(date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal() + 1)
    return [ordinal for ordinal in days if spec.hours_on(date.fromordinal(ordinal))]
