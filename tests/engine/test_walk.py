"""The engine against a walk along the wall clock, on calendars, instants, amounts and pauses made at random."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from slas.engine import Calendar, CalendarSpec, Limit, NoOpenTime, Rules, Unit
from slas.engine.limits import due, latest, window
from slas.engine.pauses import merged, moved
from tests.engine import naive
from tests.engine.conftest import EXAMPLES, PROFILE

ZONES = [
    "Europe/Paris",
    "America/New_York",
    "Asia/Tehran",  # changed its clocks at midnight
    "America/Sao_Paulo",  # so did this one, until 2019
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
]
PERIODS = [
    ("2011-03-01", 60), ("2011-10-10", 60), ("2016-02-15", 60), ("2016-09-10", 80),
    ("2024-02-01", 120), ("2024-09-20", 110), ("2026-03-01", 80),
]  # fmt: skip


@st.composite
def spans(draw: st.DrawFn, grain: int = 15) -> tuple[tuple[int, int], ...]:
    """None to two stretches of a day, in minutes."""
    points = draw(st.lists(st.integers(0, 1440 // grain), min_size=0, max_size=4, unique=True))
    edges = [point * grain for point in sorted(points)][: len(points) // 2 * 2]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


@st.composite
def weeks(draw: st.DrawFn) -> naive.Week:
    zone = draw(st.sampled_from(ZONES))
    day = draw(spans())
    minutes = draw(
        st.one_of(
            st.just((((540, 1080),),) * 5 + ((), ())),
            st.just((((0, 1440),),) * 7),
            st.just(((day,) * 5) + ((), ())),
            st.tuples(*[spans()] * 7),
        )
    )
    assume(any(minutes))
    start, _ = draw(st.sampled_from(PERIODS))
    first = date.fromisoformat(start)
    closed = draw(st.frozensets(st.integers(0, 60).map(lambda days: first + timedelta(days)), max_size=5))
    return naive.Week(zone, minutes, closed)


@st.composite
def instants(draw: st.DrawFn) -> int:
    start, days = draw(st.sampled_from(PERIODS))
    first = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp())
    step = draw(st.sampled_from([1, 60, 900, 3600]))
    return first + draw(st.integers(0, days * 86_400 // step)) * step


@st.composite
def pauses(draw: st.DrawFn, around: int) -> naive.Pauses:
    """Up to four pauses within three weeks, perhaps overlapping, on odd seconds or on the stroke of the hour."""
    found: naive.Pauses = []
    for _ in range(draw(st.integers(0, 4))):
        step = draw(st.sampled_from([1, 3600]))
        begins = around - around % step + draw(st.integers(-86_400 // step, 20 * 86_400 // step)) * step
        found.append((begins, begins + draw(st.integers(0, 4 * 86_400 // step)) * step))
    return found


def compiled(week: naive.Week) -> Calendar:
    seconds = tuple(tuple((a * 60, b * 60) for a, b in day) for day in week.minutes)
    return Calendar(CalendarSpec(week.zone, seconds, week.closed))


def utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@given(weeks(), instants(), st.integers(0, 12 * 86_400))
def test_elapsed_is_what_the_walk_counts(week: naive.Week, start: int, span: int) -> None:
    calendar = compiled(week)
    assert calendar.elapsed(utc(start), utc(start + span)) == naive.elapsed(week, start, start + span)
    assert calendar.is_open(utc(start)) == week.is_open(start)


@given(weeks(), instants(), st.integers(0, 40 * 3600))
def test_add_ends_where_the_walk_ends(week: naive.Week, start: int, seconds: int) -> None:
    expected = naive.add(week, start, seconds, horizon=60 * 86_400)
    assume(expected is not None)
    assert compiled(week).add(utc(start), seconds) == utc(expected)  # type: ignore[arg-type]


@given(weeks(), instants(), st.integers(0, 40 * 3600))
def test_subtract_ends_where_the_walk_back_ends(week: naive.Week, end: int, seconds: int) -> None:
    expected = naive.subtract(week, end, seconds, horizon=60 * 86_400)
    assume(expected is not None)
    assert compiled(week).subtract(utc(end), seconds) == utc(expected)  # type: ignore[arg-type]


RULES = st.sampled_from(
    [("mega", unit) for unit in ("hours", "business_hours", "business_days", "days", "weeks", "months")]
    + [("opening", unit) for unit in ("minutes", "business_minutes", "business_hours", "business_days")]
    + [("timer", unit) for unit in ("minutes", "hours", "days", "business_days", "months")]
)


@st.composite
def limited(draw: st.DrawFn) -> tuple[naive.Week, int, tuple[str, str], int, bool]:
    rules = draw(RULES)
    most = {"minutes": 3000, "business_minutes": 2000, "hours": 60, "business_hours": 40, "weeks": 3, "months": 3}.get(
        rules[1], 12
    )
    return draw(weeks()), draw(instants()), rules, draw(st.integers(0, most)), draw(st.booleans())


@given(limited())
def test_limit_ends_where_the_clauses_say(case: tuple[naive.Week, int, tuple[str, str], int, bool]) -> None:
    week, event, (rules, unit), amount, day_after = case
    assume(sum(b - a for day in week.minutes for a, b in day) >= 600)
    calendar = compiled(week)
    standard = calendar.spec.standard_seconds
    limit = Limit(amount, Unit(unit), Rules(rules), day_after=day_after)
    expected = naive.limit(week, rules, unit, amount, event, day_after=day_after, standard=standard)
    laid = window(limit, calendar, event)
    assert (laid.start, laid.base) == expected


@st.composite
def paused_limits(draw: st.DrawFn) -> tuple[naive.Week, int, tuple[str, str], int, naive.Pauses]:
    week, event, rules, amount, _ = draw(limited())
    return week, event, rules, amount if "minutes" in rules[1] else min(amount, 20), draw(pauses(event))


@given(paused_limits())
def test_pauses_move_a_limit_by_the_time_that_counted(
    case: tuple[naive.Week, int, tuple[str, str], int, naive.Pauses],
) -> None:
    week, event, (rules, unit), amount, breaks = case
    assume(sum(b - a for day in week.minutes for a, b in day) >= 600)
    assume(unit not in naive.BY_CLOCK)
    calendar = compiled(week)
    laid = window(Limit(amount, Unit(unit), Rules(rules)), calendar, event)
    expected = naive.paused_due(week, laid.start, laid.base, breaks)
    found = due(Limit(amount, Unit(unit), Rules(rules)), calendar, utc(event), breaks)
    assert (found.due, found.left) == (expected, None)


@given(paused_limits(), st.integers(-86_400, 15 * 86_400))
def test_an_open_pause_leaves_what_remained_when_it_began(
    case: tuple[naive.Week, int, tuple[str, str], int, naive.Pauses], after: int
) -> None:
    week, event, (rules, unit), amount, breaks = case
    assume(sum(b - a for day in week.minutes for a, b in day) >= 600)
    assume(unit not in naive.BY_CLOCK)
    calendar, begins = compiled(week), event + after
    limit = Limit(amount, Unit(unit), Rules(rules))
    laid = window(limit, calendar, event)
    before = [(start, min(end or 0, begins)) for start, end in breaks if start < begins]
    until = naive.paused_due(week, laid.start, laid.base, before)
    left = naive.elapsed(week, max(begins, laid.start), until) if begins < until else 0
    found = due(limit, calendar, utc(event), [*breaks, (begins, None)])
    if left:
        assert (found.due, found.left) == (None, left)
    else:
        assert (found.due, found.left) == (naive.paused_due(week, laid.start, laid.base, before), None)


@given(limited())
def test_a_backward_limit_mirrors_the_forward_one(
    case: tuple[naive.Week, int, tuple[str, str], int, bool],
) -> None:
    week, event, (rules, unit), amount, _ = case
    assume(sum(b - a for day in week.minutes for a, b in day) >= 600)
    calendar = compiled(week)
    day = week.local(event).date()
    if unit in naive.BY_CLOCK:
        expected: int | None = event - amount * naive.BY_CLOCK[unit]
    elif unit in ("business_hours", "business_minutes"):
        expected = naive.subtract(week, event, amount * (3600 if unit == "business_hours" else 60))
    elif rules == "opening":
        expected = naive.subtract(week, event, amount * calendar.spec.standard_seconds)
    elif unit == "business_days":
        expected = week.midnight(naive.nth_working_day(week, day, amount, step=-1) + timedelta(1))
    elif unit == "months":
        last = naive.same_number(day, -amount) or naive.last_of_month(day, -amount)
        expected = week.midnight(last + timedelta(1))
    else:
        expected = week.midnight(day - timedelta(amount * (7 if unit == "weeks" else 1)) + timedelta(1))
    assert latest(Limit(amount, Unit(unit), Rules(rules)), calendar, event) == expected


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=8))
@example([(0, 5), (5, 5)])
def test_merged_pauses_cover_the_same_seconds_once(drawn: list[tuple[int, int]]) -> None:
    given_pauses = [(start, start + length) for start, length in drawn]
    found = merged(given_pauses)
    covered = {second for start, end in given_pauses for second in range(start, end)}
    assert sum(end - start for start, end in found if end is not None) == len(covered)
    assert {second for start, end in found for second in range(start, end or 0)} == covered
    assert all(first[1] is not None and first[1] < second[0] for first, second in zip(found, found[1:], strict=False))


@st.composite
def unions(draw: st.DrawFn) -> tuple[naive.Union, Calendar]:
    """Two or three calendars as one, walked and compiled."""
    home, *away = draw(st.lists(weeks(), min_size=2, max_size=3))
    also = tuple(compiled(week).spec for week in away)
    spec = compiled(home).spec
    return naive.Union((home, *away)), Calendar(CalendarSpec(spec.zone, spec.weekly, spec.holidays, also_open=also))


@given(unions(), instants(), st.integers(0, 10 * 86_400))
def test_a_union_is_open_when_one_of_its_calendars_is(
    union: tuple[naive.Union, Calendar], start: int, span: int
) -> None:
    walked, joined = union
    assert joined.elapsed(utc(start), utc(start + span)) == naive.elapsed(walked, start, start + span)
    day = walked.local(start).date()
    assert joined.working_day_after(day, 3) == naive.nth_working_day(walked, day, 3)


@given(unions(), instants(), st.integers(0, 60 * 3600))
def test_add_in_a_union_ends_where_the_walk_ends(union: tuple[naive.Union, Calendar], start: int, seconds: int) -> None:
    walked, joined = union
    expected = naive.add(walked, start, seconds, horizon=60 * 86_400)
    assume(expected is not None)
    assert joined.add(utc(start), seconds) == utc(expected)  # type: ignore[arg-type]


WALKS = (
    test_elapsed_is_what_the_walk_counts,
    test_add_ends_where_the_walk_ends,
    test_subtract_ends_where_the_walk_back_ends,
    test_limit_ends_where_the_clauses_say,
    test_pauses_move_a_limit_by_the_time_that_counted,
    test_an_open_pause_leaves_what_remained_when_it_began,
    test_a_backward_limit_mirrors_the_forward_one,
    test_a_union_is_open_when_one_of_its_calendars_is,
    test_add_in_a_union_ends_where_the_walk_ends,
)


def test_the_walk_is_gone_often_enough() -> None:
    assert len(WALKS) * EXAMPLES["default-engine"] >= 2_000
    assert len(WALKS) * EXAMPLES["nightly"] >= 20_000
    if PROFILE in ("default-engine", "nightly"):
        assert settings.default is not None
        assert settings.default.max_examples == EXAMPLES[PROFILE]


@given(weeks(), instants(), st.integers(1, 30 * 3600))
def test_moving_without_pauses_moves_nothing(week: naive.Week, start: int, seconds: int) -> None:
    calendar = compiled(week)
    try:
        base = calendar.add_s(start, seconds)
    except NoOpenTime:
        assume(False)
    assert moved(calendar, start, base, []).due == base
