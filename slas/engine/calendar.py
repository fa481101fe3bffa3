"""Business time: whether it is open, how much opening time lies between two instants, and where an amount ends.

Methods ending in ``_s`` reckon in whole seconds since 1970 for the rest of the engine; the others take aware
datetimes and answer in UTC. All of them are binary searches in a table that is compiled for the years in use and grows
when a question reaches further.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from slas.engine.errors import BadAmount, NoOpenTime, OutsideCalendar
from slas.engine.instants import (
    check_date,
    day_end,
    day_start,
    from_seconds,
    local_date,
    to_seconds,
)
from slas.engine.spec import CalendarSpec, zone_named
from slas.engine.table import Table, compile_table


@dataclass(frozen=True, slots=True)
class Opening:
    """One stretch of opening time, the end not included."""

    starts_at: datetime
    ends_at: datetime


class Calendar:
    """A compiled calendar. Equal specs give equal answers; a calendar never changes what it says."""

    __slots__ = ("_table", "spec", "zone")

    def __init__(self, spec: CalendarSpec) -> None:
        self.spec = spec
        self.zone: ZoneInfo = zone_named(spec.zone)
        self._table: Table | None = None

    @property
    def tz(self) -> str:
        """The name of the time zone."""
        return self.spec.zone

    def __repr__(self) -> str:
        return f"Calendar({self.spec.zone}, {self.spec.digest[:12]})"

    # In datetimes ----------------------------------------------------------------------------------------------------

    def is_open(self, at: datetime) -> bool:
        """Whether the calendar is open at an instant; at the closing instant it no longer is."""
        return self.opening_at(at) is not None

    def opening_at(self, at: datetime) -> Opening | None:
        """The stretch of opening time in which an instant lies, if any."""
        seconds = to_seconds(at)
        table = self.covering(seconds, seconds)
        index = bisect_right(table.opens, seconds) - 1
        if index < 0 or seconds >= table.closes[index]:
            return None
        return Opening(from_seconds(table.opens[index]), from_seconds(table.closes[index]))

    def next_opening(self, at: datetime) -> datetime:
        """The first open instant from ``at`` on: ``at`` itself where it is open. NoOpenTime where none follows."""
        return from_seconds(self.next_opening_s(to_seconds(at)))

    def add(self, start: datetime, seconds: int) -> datetime:
        """The earliest instant at which ``seconds`` of opening time have passed since ``start`` (R3, R8).

        0 seconds answer ``start``. An amount that ends at closing time ends there, not at the next opening.
        Raises BadAmount, NaiveInstant, OutsideCalendar, NoOpenTime.
        """
        return from_seconds(self.add_s(to_seconds(start), seconds))

    def subtract(self, end: datetime, seconds: int) -> datetime:
        """The latest instant with ``seconds`` of opening time left before ``end`` (R6b), the mirror of ``add``."""
        return from_seconds(self.subtract_s(to_seconds(end), seconds))

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Seconds of opening time between two instants; 0 where the end is before the start."""
        return self.elapsed_s(to_seconds(start), to_seconds(end))

    # In seconds ------------------------------------------------------------------------------------------------------

    def add_s(self, start: int, seconds: int) -> int:
        """``add`` in whole seconds since 1970."""
        table = self.covering(start, start)
        if seconds <= 0:
            return _nothing_added(start, seconds)
        while (found := table.first_reaching(table.count(start) + seconds)) is None:
            table = self.later(table)
        return found

    def subtract_s(self, end: int, seconds: int) -> int:
        """``subtract`` in whole seconds since 1970."""
        table = self.covering(end, end)
        if seconds <= 0:
            return _nothing_added(end, seconds)
        while (found := table.last_holding(table.count(end) - seconds)) is None:
            table = self._earlier(table)
        return found

    def elapsed_s(self, start: int, end: int) -> int:
        """``elapsed`` in whole seconds since 1970."""
        table = self.covering(start, end)
        return table.count(end) - table.count(start) if end > start else 0

    def next_opening_s(self, at: int) -> int:
        """``next_opening`` in whole seconds since 1970."""
        table = self.covering(at, at)
        while (index := bisect_right(table.closes, at)) == len(table.closes):
            table = self.later(table)
        return max(table.opens[index], at)

    def openings_s(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretches of opening time between two instants, cut at both."""
        table = self.covering(start, end)
        low, high = bisect_right(table.closes, start), bisect_left(table.opens, end)
        pairs = zip(table.opens[low:high], table.closes[low:high], strict=True)
        return [(max(opens, start), min(closes, end)) for opens, closes in pairs]

    # Days ------------------------------------------------------------------------------------------------------------

    def date_of(self, seconds: int) -> date:
        """The local date of an instant (R6)."""
        self.covering(seconds, seconds)
        return local_date(seconds, self.zone)

    def start_of(self, day: date) -> int:
        """00:00 of a local date, in seconds since 1970."""
        return day_start(check_date(day), self.zone)

    def end_of(self, day: date) -> int:
        """24:00 of a local date (R1), in seconds since 1970."""
        return day_end(check_date(day), self.zone)

    def is_working_day(self, day: date) -> bool:
        """Whether the home calendar opens at all on a local date."""
        return bool(self.spec.hours_on(check_date(day)))

    def is_ouvrable(self, day: date) -> bool:
        """Whether a date is a *jour ouvrable*: Monday to Saturday, not a public holiday (R5)."""
        return check_date(day).weekday() < 6 and day not in self.spec.holidays

    def working_day_after(self, day: date, count: int) -> date:
        """The ``count``-th working day after a date, that date not counted; the date itself for 0."""
        return self._nth_working_day(check_date(day), count, forward=True)

    def working_day_before(self, day: date, count: int) -> date:
        """The ``count``-th working day before a date, that date not counted; the date itself for 0 (R6b)."""
        return self._nth_working_day(check_date(day), count, forward=False)

    def _nth_working_day(self, day: date, count: int, *, forward: bool) -> date:
        if count == 0:
            return day
        year = self._known(day.year, f"{day}")
        table = self._for_years(year, year)
        while True:
            if forward:
                index = bisect_right(table.working, day.toordinal()) + count - 1
                if index < len(table.working):
                    return date.fromordinal(table.working[index])
                table = self.later(table)
            else:
                index = bisect_left(table.working, day.toordinal()) - count
                if index >= 0:
                    return date.fromordinal(table.working[index])
                table = self._earlier(table)

    # The table -------------------------------------------------------------------------------------------------------

    def covering(self, start: int, end: int) -> Table:
        """A table that holds both instants; OutsideCalendar where the calendar does not know them."""
        low, high = (start, end) if start <= end else (end, start)
        table = self._table
        if table is not None and table.first <= low and high < table.last:
            return table
        return self._for_years(self._year_of(low), self._year_of(high))

    def _year_of(self, seconds: int) -> int:
        try:
            year = local_date(seconds, self.zone).year
        except OverflowError as error:
            raise OutsideCalendar(self._outside("an instant")) from error
        return self._known(year, f"an instant in the year {year}")

    def _known(self, year: int, what: str) -> int:
        """The year, where the calendar knows it; OutsideCalendar else."""
        if not self.spec.first_year <= year <= self.spec.last_year:
            raise OutsideCalendar(self._outside(what))
        return year

    def _outside(self, what: str) -> str:
        return f"{what} is outside this calendar, which knows the years {self.spec.first_year} to {self.spec.last_year}"

    def _for_years(self, first: int, last: int) -> Table:
        """A table that holds these years and those that were in use before."""
        table = self._table
        if table is not None:
            if table.first_year <= first and last <= table.last_year:
                return table
            first, last = min(first, table.first_year), max(last, table.last_year)
        # Another thread may build the same table; both are right, and the last one stays.
        self._table = compile_table(self.spec, first, last)
        return self._table

    def later(self, table: Table) -> Table:
        """A table that reaches twice as far into the future."""
        spec = self.spec
        if table.last_year == spec.last_year or not spec.ever_opens:
            raise NoOpenTime(self._too_long(f"before the end of {spec.last_year}"))
        years = table.last_year + 1 - table.first_year
        return self._for_years(table.first_year, min(table.last_year + years, spec.last_year))

    def _earlier(self, table: Table) -> Table:
        """A table that reaches twice as far into the past."""
        spec = self.spec
        if table.first_year == spec.first_year or not spec.ever_opens:
            raise NoOpenTime(self._too_long(f"after the start of {spec.first_year}"))
        years = table.last_year + 1 - table.first_year
        return self._for_years(max(table.first_year - years, spec.first_year), table.last_year)

    def _too_long(self, limit: str) -> str:
        if not self.spec.ever_opens:
            return "this calendar never opens"
        return f"the calendar is not open long enough {limit}"


def _nothing_added(at: int, seconds: int) -> int:
    """Where one stands, for an amount of nothing; less than nothing is refused."""
    if seconds < 0:
        raise BadAmount("an amount of time cannot be negative")
    return at
