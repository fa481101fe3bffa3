"""What a calendar is made of (R14), checked on the way in. Compiling it is the work of ``table``."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

from slas.engine.errors import BadSpec
from slas.engine.instants import DAY, FIRST_YEAR, LAST_YEAR

Span = tuple[int, int]
"""Opening hours on the local clock: seconds after 00:00, the end not included; 24:00 is 86,400."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_MEMBERS = 3
MOST_SPANS = 8
"""Opening hours that one day may have: more would be no working day, only a long computation."""


@dataclass(frozen=True)
class CalendarSpec:
    """A time zone, the hours of a week, and every date that departs from them. Raises BadSpec.

    ``holidays`` are public holidays, ``days_off`` other days not worked in the country, ``closures`` the provider's
    own; on all of them it is closed. ``special_days`` (half days, exceptional openings) come first: they give the
    hours of one date, whatever else that date is. ``also_open`` adds the opening instants of calendars in other zones
    (follow the sun, R15); working days stay those of the calendar itself. ``standard_day`` is the opening time in
    seconds that one business day stands for (R9); 0 takes the commonest day of the week's hours.
    ``first_year`` to ``last_year`` are the years for which holidays are known.
    """

    zone: str
    weekly: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()
    days_off: frozenset[date] = frozenset()
    closures: frozenset[date] = frozenset()
    special_days: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    also_open: tuple["CalendarSpec", ...] = ()
    standard_day: int = 0
    first_year: int = FIRST_YEAR
    last_year: int = LAST_YEAR

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if len(self.weekly) != len(WEEKDAYS):
            raise BadSpec(f"a week has 7 days, not {len(self.weekly)}")
        object.__setattr__(self, "weekly", tuple(tidy_spans(spans) for spans in self.weekly))
        special = {day: tidy_spans(spans) for day, spans in self.special_days}
        if len(special) != len(self.special_days):
            raise BadSpec("a special day is given twice")
        object.__setattr__(self, "special_days", tuple(sorted(special.items())))
        if not FIRST_YEAR <= self.first_year <= self.last_year <= LAST_YEAR:
            raise BadSpec(f"years run from {FIRST_YEAR} to {LAST_YEAR}: not {self.first_year} to {self.last_year}")
        if not 0 <= self.standard_day <= DAY:
            raise BadSpec("a standard day lasts at most 24 hours")
        self._check_members()

    def _check_members(self) -> None:
        if len(self.also_open) >= MAX_MEMBERS:
            raise BadSpec(f"a calendar follows the sun over at most {MAX_MEMBERS} zones, its own included")
        if any(member.also_open for member in self.also_open):
            raise BadSpec("a calendar added to another one cannot itself have others added")

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """A sha256 that changes whenever the calendar does."""
        parts: list[object] = [self.zone, self.weekly, self.special_days, self.standard_seconds]
        parts += [sorted(days) for days in (self.holidays, self.days_off, self.closures)]
        parts += [self.first_year, self.last_year, [member.digest for member in self.also_open]]
        return sha256(repr(parts).encode()).hexdigest()

    @cached_property
    def closed_dates(self) -> frozenset[date]:
        """Dates on which the hours of the week do not count."""
        return self.holidays | self.days_off | self.closures

    @cached_property
    def special_hours(self) -> dict[date, tuple[Span, ...]]:
        """The hours of each special day."""
        return dict(self.special_days)

    @cached_property
    def ever_opens(self) -> bool:
        """Whether there is any opening time at all."""
        special = any(spans for _, spans in self.special_days)
        return any(self.weekly) or special or any(member.ever_opens for member in self.also_open)

    @cached_property
    def standard_seconds(self) -> int:
        """Opening time that a business day stands for where days are counted as hours (R9)."""
        if self.standard_day:
            return self.standard_day
        lengths = Counter(sum(end - start for start, end in spans) for spans in self.weekly if spans)
        return max(lengths, key=lambda length: (lengths[length], length), default=0)

    def hours_on(self, day: date) -> tuple[Span, ...]:
        """Opening hours of one local date; none when it is closed."""
        special = self.special_hours.get(day)
        if special is not None:
            return special
        return () if day in self.closed_dates else self.weekly[day.weekday()]


def tidy_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that touch or overlap joined. Raises BadSpec, also for more than ``MOST_SPANS``.

    >>> tidy_spans([(50400, 64800), (28800, 46800), (46800, 50400)])
    ((28800, 64800),)
    """
    given = sorted(spans)
    if len(given) > MOST_SPANS:
        raise BadSpec(f"a day has at most {MOST_SPANS} opening hours, not {len(given)}")
    joined: list[Span] = []
    for start, end in given:
        if not 0 <= start < end <= DAY:
            shown = f"{clock(start)}-{clock(end)}"
            raise BadSpec(f"opening hours start before they end, within 00:00 to 24:00: not {shown}")
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def clock(seconds: int) -> str:
    """Seconds after midnight as a clock shows them.

    >>> clock(34200), clock(86400)
    ('09:30', '24:00')
    """
    hours, rest = divmod(seconds, 3600)
    return f"{hours:02}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")


@lru_cache(maxsize=512)
def zone_named(name: str) -> ZoneInfo:
    """The time zone of that IANA name; BadSpec where there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise BadSpec(f"unknown time zone {name[:60]!r}: use an IANA name such as Europe/Paris") from error
