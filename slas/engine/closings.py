"""When the business days of a calendar close: for what is owed once on each of them."""

from dataclasses import dataclass
from datetime import date, datetime

from slas.engine.calendar import Calendar
from slas.engine.instants import from_seconds


@dataclass(frozen=True, slots=True)
class BusinessDay:
    """A day on which the calendar opens: its local date, its 00:00, and the end of its last opening hours."""

    day: date
    starts_at: datetime
    closes_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether an instant is of this day, the closing instant included; what comes later that evening is not."""
        return self.starts_at <= at <= self.closes_at


def business_day(calendar: Calendar, day: date) -> BusinessDay | None:
    """A local date as a business day; None where the calendar is closed. Raises OutsideCalendar."""
    if not calendar.is_working_day(day):
        return None
    start = calendar.start_of(day)
    closes = calendar.openings_s(start, calendar.end_of(day))[-1][1]
    return BusinessDay(day, from_seconds(start), from_seconds(closes))
