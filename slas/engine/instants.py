"""Instants as whole seconds since 1970 (UTC), and the local clock beside them.

Inside the engine an instant is an int; aware datetimes come in and UTC datetimes go out.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from slas.engine.errors import NaiveInstant, OutsideCalendar

FIRST_YEAR = 1900
LAST_YEAR = 2199
DAY = 86_400
MINUTE = 60
HOUR = 3_600

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def to_seconds(at: datetime) -> int:
    """Whole seconds since 1970 of an aware instant; fractions are dropped (R6).

    >>> to_seconds(datetime(1970, 1, 1, 0, 0, 59, 999999, tzinfo=UTC))
    59

    Raises NaiveInstant without a time zone.
    """
    try:
        since = at - _EPOCH
    except TypeError as error:
        raise NaiveInstant(f"{at.isoformat()} has no time zone: add one, such as Z or +01:00") from error
    return since.days * DAY + since.seconds


def from_seconds(seconds: int) -> datetime:
    """The UTC instant of whole seconds since 1970.

    Raises OutsideCalendar where no datetime can hold it.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError) as error:
        raise OutsideCalendar(f"the result is after the year {LAST_YEAR}") from error


def offset_at(seconds: int, zone: ZoneInfo) -> int:
    """By how many seconds the local clock is ahead of UTC at an instant."""
    offset = (_EPOCH + timedelta(0, seconds)).astimezone(zone).utcoffset()
    assert offset is not None
    return offset.days * DAY + offset.seconds


def local_date(seconds: int, zone: ZoneInfo) -> date:
    """The day that the local clock shows at an instant (R6)."""
    return (_EPOCH + timedelta(0, seconds)).astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> int:
    """00:00 of a day in a zone; where the clocks skip it, the instant at which they do."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    offset = midnight.utcoffset()
    assert offset is not None
    naive = (day.toordinal() - _EPOCH_ORDINAL) * DAY
    return naive - offset.days * DAY - offset.seconds


def day_end(day: date, zone: ZoneInfo) -> int:
    """24:00 of a day: 00:00 of the next one (R1)."""
    return day_start(day + timedelta(1), zone)


def wall_midnight(ordinal: int) -> int:
    """Seconds that a clock without any zone would show at 00:00 of a day, for reckoning with local hours."""
    return (ordinal - _EPOCH_ORDINAL) * DAY


def wall_ordinal(wall_seconds: int) -> int:
    """The day (proleptic ordinal) of such a clock reading."""
    return wall_seconds // DAY + _EPOCH_ORDINAL


def hour_end(seconds: int, zone: ZoneInfo) -> int:
    """End of the clock hour in which an instant lies; 10:00:00 lies in 10-11, which ends at 11:00."""
    return seconds + HOUR - (seconds + offset_at(seconds, zone)) % HOUR


def rounded_up_to_hour(seconds: int, zone: ZoneInfo) -> int:
    """The instant itself on the stroke of an hour, else the end of its clock hour (R4)."""
    into_hour = (seconds + offset_at(seconds, zone)) % HOUR
    return seconds + HOUR - into_hour if into_hour else seconds


def check_date(day: date) -> date:
    """The day, where the engine can reckon with it; OutsideCalendar else."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise OutsideCalendar(f"{day} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return day
