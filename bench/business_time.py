"""Business time side by side with what others offer: ``make bench``, or ``python bench/business_time.py``.

One calendar (Mon-Fri 09:00-18:00 in Paris, French public holidays) and one set of starts for everybody, all in one
run. Everybody takes instants in UTC and gives them back in UTC, whatever he reckons in between. Printed are medians,
how many times the engine's own each one is, and on how many of the inputs he gives the exact answer, with the reasons
where he does not. The slow ones are stopped after some seconds (``--all`` lets them finish).

The measure of the machine is the bare bisect: the shortest program that is right, with no zone, no years, no refusals.
"""

import argparse
import gc
import os
import platform
import random
import statistics
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from slas.bulk import BulkCalendar
from slas.engine import Calendar, CalendarSpec
from slas.engine.table import compile_table
from slas.policies import public_holidays

try:
    import businesstimedelta
    import numpy as np
    import pandas as pd
    import pytz
    from business_duration import businessDuration
    from workalendar.core import Calendar as WorkCalendar
    from workalendar.europe import France
except ModuleNotFoundError as error:
    sys.exit(
        f"{error.name} is not installed. `make bench` installs the peers, which nothing else needs, and runs this."
    )

PARIS = ZoneInfo("Europe/Paris")
FIRST, LAST = 2016, 2031
CHANGES = ("2024-03-30T06:00+01:00", "2024-10-26T06:00+02:00")
"""The mornings before the clocks changed."""
HOURS = (1, 9, 63)
SPANS = (1, 30, 365)
ROUNDS = 9
CHUNK = 25
MANY = 1_000_000

USUAL = (1.1, 1.4)
"""Microseconds that the bare bisect takes on the kind of machine for which the bars are meant."""
RATIO, FLAT, BULK, COMPILE = 1.5, 1.25, 60.0, 30.0
"""Times the bare bisect; the longest over the shortest; ns a result; ms for 16 years."""

Input = tuple[datetime, Any]
Question = Callable[[datetime, Any], object]
Works = Callable[[date], bool]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Verdict = tuple[str, bool]


@dataclass(frozen=True)
class Office:
    """Opening hours that are the same on every working day, in Paris."""

    opens: int
    closes: int
    weekdays: range
    holidays: frozenset[date]

    @property
    def day(self) -> int:
        return (self.closes - self.opens) * 3600

    def calendar(self) -> Calendar:
        hours = ((self.opens * 3600, self.closes * 3600),)
        week = tuple(hours if day in self.weekdays else () for day in range(7))
        return Calendar(CalendarSpec("Europe/Paris", week, self.holidays, first_year=FIRST, last_year=LAST))


@dataclass(frozen=True)
class Contestant:
    """Somebody who adds opening seconds to an instant, or counts them between two, or both."""

    name: str
    add: Question | None = None
    elapsed: Question | None = None


@dataclass
class Score:
    """Microseconds an operation, chunk by chunk, and the answers by input."""

    times: list[float] = field(default_factory=list)
    answers: dict[int, object] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.times or [float("nan")])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long one peer may take for one question")
    parser.add_argument("--all", action="store_true", help="let everybody answer every input (some minutes)")
    options = parser.parse_args()
    patience = float("inf") if options.all else options.seconds
    holidays = frozenset(day for day in public_holidays("FR") if FIRST <= day.year <= LAST)
    office = Office(9, 18, range(5), holidays)
    _print_machine()
    verdicts = _scalar(office, _starts(options.starts), patience)
    _changes_of_clocks(Office(0, 6, range(7), frozenset()), patience)
    verdicts += _bulk(office) + _compiling(office)
    print("\nBars")
    for text, reached in verdicts:
        print(f"  {'reached' if reached else 'MISSED '}  {text}")
    return 0 if all(reached for _, reached in verdicts) else 1


def _edges() -> tuple[int, int]:
    first, last = datetime(FIRST, 1, 1, tzinfo=PARIS), datetime(LAST, 12, 31, tzinfo=PARIS)
    return int(first.timestamp()), int(last.timestamp())


def _starts(count: int) -> list[datetime]:
    """Instants of one year in no order: half of them to the second, half on the stroke of an hour."""
    chance = random.Random(2026)
    first = int(datetime(2024, 1, 1, tzinfo=PARIS).timestamp())
    found = [first + chance.randrange(366 * 86_400) for _ in range(count)]
    return [datetime.fromtimestamp(at - at % 3600 if index % 2 else at, UTC) for index, at in enumerate(found)]


def _print_machine() -> None:
    names = [line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}")
    print(f"{os.cpu_count()} cores, {names[0] if names else platform.machine()}, load {load}")


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if os.path.exists(path) else []


# One by one -----------------------------------------------------------------------------------------------------------


def _everybody(office: Office) -> list[Contestant]:
    """The engine first, then the bare bisect, then the peers."""
    calendar = office.calendar()
    calendar.covering(*_edges())
    engine = Contestant("this engine", calendar.add, calendar.elapsed)
    peers = (_bare, _numpy, _workalendar, _business_duration, _businesstimedelta, _pandas)
    return [engine, *(peer(office) for peer in peers)]


def _scalar(office: Office, starts: list[datetime], patience: float) -> list[Verdict]:
    added = {f"{hours} h": [(start, hours * 3600) for start in starts] for hours in HOURS}
    counted = {f"{days} d": [(start, start + timedelta(days)) for start in starts] for days in SPANS}
    return _rivalry("add", office, added, patience) + _rivalry("elapsed", office, counted, patience)


def _rivalry(title: str, office: Office, sizes: dict[str, list[Input]], patience: float) -> list[Verdict]:
    """One operation at every size."""
    scores = [_asked(title, office, size, inputs, patience) for size, inputs in sizes.items()]
    ours, bare = [found[0].median for found in scores], [found[1].median for found in scores]
    print(f"\nThe bare bisect here takes {min(bare):.2f} to {max(bare):.2f} µs for {title}; ", end="")
    print(f"the bars are meant for a machine where it takes {USUAL[0]} to {USUAL[1]}.")
    worst = max(own / other for own, other in zip(ours, bare, strict=True))
    spread = max(ours) / min(ours)
    return [
        _verdict(f"{title} within {RATIO} times the bare bisect", f"{worst:.2f} times", worst <= RATIO),
        _verdict(f"{title} flat from {' to '.join((*sizes,)[::2])}", f"slowest {spread:.2f} x fastest", spread <= FLAT),
    ]


def _changes_of_clocks(office: Office, patience: float) -> None:
    """The same questions where hours are open in which the clocks change: every night until 06:00."""
    first = [datetime.fromisoformat(text).astimezone(UTC) for text in CHANGES]
    starts = [start + timedelta(minutes=1.5 * step) for start in first for step in range(960)]
    _asked("Across a change of clocks: add", office, "8 h", [(start, 8 * 3600) for start in starts], patience)
    _asked("Across a change of clocks: elapsed", office, "1 d", [(at, at + timedelta(1)) for at in starts], patience)


def _asked(title: str, office: Office, size: str, inputs: list[Input], patience: float) -> list[Score]:
    """One question to all who can answer it, and what they answered printed."""
    operation = title.split()[-1]
    asked = [(one.name, getattr(one, operation)) for one in _everybody(office) if getattr(one, operation)]
    scores = _compete([question for _, question in asked], inputs, patience)
    print(f"\n{title} {size}, {len(inputs)} starts")
    for (name, _), score in zip(asked, scores, strict=True):
        _print_score(name, score, scores[0], inputs, office)
    return scores


def _verdict(what: str, found: str, reached: bool) -> Verdict:
    return f"{what:<44} {found}", reached


def _compete(questions: Sequence[Question], inputs: list[Input], patience: float) -> list[Score]:
    """Everybody in turn, round after round, so that a busy moment of the machine meets all alike."""
    scores = [Score() for _ in questions]
    spent = [0.0] * len(questions)
    gc.disable()
    for _ in range(ROUNDS):
        for index, question in enumerate(questions):
            if spent[index] < 1:
                spent[index] += _round(question, inputs, scores[index], patience)
    gc.enable()
    return scores


def _round(question: Question, inputs: list[Input], score: Score, patience: float) -> float:
    """Every input once, or as many as patience allows; the seconds that it took."""
    begun = time.perf_counter()
    for start in range(0, len(inputs), CHUNK):
        chunk = inputs[start : start + CHUNK]
        before = time.perf_counter()
        try:
            answers: list[object] = [question(instant, other) for instant, other in chunk]
            score.times.append((time.perf_counter() - before) / len(chunk) * 1e6)
        except Exception:  # whatever a peer raises: the inputs are then asked one by one, and not timed
            answers = [_answer(question, *one) for one in chunk]
        score.answers.update(enumerate(answers, start))
        if time.perf_counter() - begun > patience:
            break
    return time.perf_counter() - begun


def _answer(question: Question, instant: datetime, other: Any) -> object:
    try:
        return question(instant, other)
    except Exception as error:
        return error


def _print_score(name: str, score: Score, engine: Score, inputs: list[Input], office: Office) -> None:
    reasons = Counter(
        _reason(answer, engine.answers[index], inputs[index], office) for index, answer in score.answers.items()
    )
    right, asked = reasons.pop("", 0), len(score.answers)
    why = "; ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    print(
        f"  {name:<34} {score.median:10.2f} µs {score.median / engine.median:9.1f} x   {right} of {asked} agree", end=""
    )
    print(f" ({why})" if why else "")


def _reason(found: object, expected: Any, asked: Input, office: Office) -> str:
    """Why an answer differs from the engine's; nothing where it does not."""
    if found == expected:
        return ""
    start, other = asked
    end = expected if isinstance(expected, datetime) else other
    by_night = office.opens < 3
    across = by_night and start.astimezone(PARIS).utcoffset() != end.astimezone(PARIS).utcoffset()
    if isinstance(found, Exception):
        return f"fail with {type(found).__name__}" + (" across a change of clocks" if across else "")
    if isinstance(found, datetime) and expected.astimezone(PARIS).time() == clock(office.closes):
        return "give another opening instead of the closing"
    if isinstance(found, int) and found == expected // 3600 * 3600:
        return "drop a part of an hour"
    if isinstance(found, int) and found == expected - 3600 and not across:
        return "leave out the hour that ends at closing"
    return "are wrong across a change of clocks" if across else "are wrong otherwise"


# The contestants ------------------------------------------------------------------------------------------------------


def _bare(office: Office) -> Contestant:
    """Bisect over cumulative opening time."""
    table = compile_table(office.calendar().spec, FIRST, LAST)
    opens, closes, before, through = table.opens, table.closes, table.before, table.through

    def count(at: datetime) -> int:
        seconds = int(at.timestamp())
        index = bisect_right(opens, seconds) - 1
        return before[index] + min(seconds, closes[index]) - opens[index]

    def add(start: datetime, seconds: int) -> datetime:
        total = count(start) + seconds
        index = bisect_left(through, total)
        return datetime.fromtimestamp(closes[index] - through[index] + total, UTC)

    return Contestant("bare bisect over datetimes", add, lambda start, end: count(end) - count(start))


def _glued(
    name: str, office: Office, ahead: Callable[[date, int], date], between: Callable[[date, date], int], works: Works
) -> Contestant:
    """Whole days from a library, with the hours of the first and the last day glued on: right while all are alike."""

    def into_day(local: datetime) -> int:
        if not works(local.date()):
            return 0
        return min(max((local.hour - office.opens) * 3600 + local.minute * 60 + local.second, 0), office.day)

    def add(start: datetime, seconds: int) -> datetime:
        local = start.astimezone(PARIS)
        days, rest = divmod(into_day(local) + seconds - 1, office.day)
        day = ahead(local.date(), days)
        opening = datetime(day.year, day.month, day.day, office.opens, tzinfo=PARIS)
        return (opening + timedelta(0, rest + 1)).astimezone(UTC)

    def elapsed(start: datetime, end: datetime) -> int:
        first, last = start.astimezone(PARIS), end.astimezone(PARIS)
        return between(first.date(), last.date()) * office.day - into_day(first) + into_day(last)

    return Contestant(name, add, elapsed)


def _numpy(office: Office) -> Contestant:
    mask = [day in office.weekdays for day in range(7)]
    days = np.busdaycalendar(weekmask=mask, holidays=sorted(office.holidays))
    return _glued(
        "numpy busday and glue",
        office,
        lambda day, count: np.busday_offset(day, count, roll="forward", busdaycal=days).item(),
        lambda first, last: int(np.busday_count(first, last, busdaycal=days)),
        lambda day: bool(np.is_busday(day, busdaycal=days)),
    )


class Daily(WorkCalendar):
    """No weekends, no holidays."""

    def get_weekend_days(self) -> tuple[int, ...]:
        return ()


def _workalendar(office: Office) -> Contestant:
    """Its own French holidays, which are the same."""
    known = France() if office.holidays else Daily()

    def ahead(day: date, count: int) -> date:
        return known.add_working_days(day, count if known.is_working_day(day) else count + 1)

    def between(first: date, last: date) -> int:
        """Working days from the first to the last, the last not counted."""
        yesterday = timedelta(1)
        return known.get_working_days_delta(first - yesterday, last - yesterday) if first < last else 0

    return _glued("workalendar and glue", office, ahead, between, known.is_working_day)


def _businesstimedelta(office: Office) -> Contestant:
    zone = pytz.timezone("Europe/Paris")
    rules: list[Any] = [
        businesstimedelta.WorkDayRule(clock(office.opens), clock(office.closes), list(office.weekdays), tz=zone)
    ]
    if office.holidays:
        rules.append(businesstimedelta.HolidayRule(office.holidays, tz=zone))
    rule = businesstimedelta.Rules(rules)
    return Contestant(
        "businesstimedelta",
        lambda start, seconds: (start + businesstimedelta.BusinessTimeDelta(rule, seconds=seconds)).astimezone(UTC),
        lambda start, end: int(rule.difference(start, end).timedelta.total_seconds()),
    )


def _business_duration(office: Office) -> Contestant:
    """It takes local times without a zone, and counts only."""
    opens, closes, closed = clock(office.opens), clock(office.closes), sorted(office.holidays)
    weekend = [day for day in range(7) if day not in office.weekdays]

    def elapsed(start: datetime, end: datetime) -> int:
        first, last = (at.astimezone(PARIS).replace(tzinfo=None) for at in (start, end))
        return int(businessDuration(first, last, opens, closes, weekend, closed, unit="sec"))

    return Contestant("business-duration", None, elapsed)


def _pandas(office: Office) -> Contestant:
    """It takes local times without a zone, and whole hours."""
    hour = pd.offsets.CustomBusinessHour(
        start=clock(office.opens),
        end=clock(office.closes),
        weekmask="".join("01"[day in office.weekdays] for day in range(7)),
        holidays=sorted(office.holidays),
    )
    steps = {count: count * hour for count in (*HOURS, 8)}

    def local(at: datetime) -> pd.Timestamp:
        return pd.Timestamp(at).tz_convert(PARIS).tz_localize(None)

    def add(start: datetime, seconds: int) -> datetime:
        return (local(start) + steps[seconds // 3600]).tz_localize(PARIS).to_pydatetime().astimezone(UTC)

    def elapsed(start: datetime, end: datetime) -> int:
        return 3600 * max(len(pd.date_range(local(start), local(end), freq=hour)) - 1, 0)

    return Contestant("pandas CustomBusinessHour", add, elapsed)


# Many at once ---------------------------------------------------------------------------------------------------------


def _bulk(office: Office) -> list[Verdict]:
    calendar = office.calendar()
    chance = np.random.default_rng(2026)
    first, last = _edges()
    starts = chance.integers(first, last - 400 * 86_400, MANY)
    amounts, ends = chance.integers(1, 63 * 3600, MANY), starts + chance.integers(0, 365 * 86_400, MANY)
    bulk, plain = BulkCalendar(calendar), _Searched(calendar)
    print(f"\n{MANY:,} unsorted instants to the second over {LAST - FIRST + 1} years, ns a result".replace(",", " "))
    worst = 0.0
    for title, question, other, arguments in (
        ("add", bulk.add, plain.add, (starts, amounts)),
        ("elapsed", bulk.elapsed, plain.elapsed, (starts, ends)),
    ):
        ours, theirs = _per_result(question, arguments), _per_result(other, arguments)
        same = int((question(*arguments) == other(*arguments)).sum())
        print(
            f"  {title:<8} this engine {ours:6.1f}   numpy searchsorted {theirs:6.1f} ({theirs / ours:.1f} x)", end=""
        )
        print(f"   {same} of {MANY} agree")
        worst = max(worst, ours)
    return [_verdict("bulk within 60 ns a result", f"{worst:.1f} ns", worst <= BULK)]


class _Searched:
    """Plain searchsorted over cumulative opening time."""

    def __init__(self, calendar: Calendar) -> None:
        table = compile_table(calendar.spec, FIRST, LAST)
        self.opens, self.closes = np.array(table.opens), np.array(table.closes)
        self.before, self.through = np.array(table.before), np.array(table.through)

    def count(self, at: Ints) -> Ints:
        index = np.searchsorted(self.opens, at, side="right") - 1
        return np.where(index < 0, 0, self.before[index] + np.minimum(at, self.closes[index]) - self.opens[index])

    def add(self, starts: Ints, amounts: Ints) -> Ints:
        totals = self.count(starts) + amounts
        index = np.searchsorted(self.through, totals)
        return self.closes[index] - self.through[index] + totals

    def elapsed(self, starts: Ints, ends: Ints) -> Ints:
        return self.count(ends) - self.count(starts)


def _per_result(question: Callable[..., Ints], arguments: tuple[Ints, Ints]) -> float:
    return _median_seconds(lambda: question(*arguments)) / MANY * 1e9


def _median_seconds(work: Callable[[], object]) -> float:
    """Of the processor, so that long work is not charged for what others do on a busy machine."""
    times = []
    for _ in range(ROUNDS):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return statistics.median(times)


# Compiling ------------------------------------------------------------------------------------------------------------


def _compiling(office: Office) -> list[Verdict]:
    milliseconds = _median_seconds(lambda: office.calendar().covering(*_edges())) * 1e3
    print(f"\nCompiling {LAST - FIRST + 1} years: {milliseconds:.1f} ms")
    return [_verdict("16 years compiled under 30 ms", f"{milliseconds:.1f} ms", milliseconds < COMPILE)]


if __name__ == "__main__":
    sys.exit(main())
