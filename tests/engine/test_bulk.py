"""Arrays of instants answer what the scalar engine answers, one by one."""

from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slas.bulk import BulkCalendar, Lattice, Ranks
from slas.engine import BadAmount, Calendar, CalendarSpec, EngineError, Limit, NoOpenTime, OutsideCalendar, Rules, Unit
from slas.engine.instants import to_seconds
from slas.engine.limits import UNITS, Window, window
from slas.engine.table import compile_table
from tests.engine.test_walk import PERIODS, ZONES, instants
from tests.engine.worlds import ALWAYS, OFFICE_WEEK, at, french, limit, office

MORNING = to_seconds(at("2026-05-04 09:00"))
ALL_UNITS = [(rules, unit) for rules, units in UNITS.items() for unit in units]


def test_a_bucket_is_as_wide_as_edges_allow() -> None:
    regular = Ranks([0, 8, 16], 0, 31)
    assert (regular.shift, len(regular.at_start), regular.comparisons) == (3, 4, 0)
    shifted = Ranks([1, 9, 18], 0, 31)
    assert (shifted.shift, len(shifted.at_start), shifted.comparisons) == (3, 4, 1)
    assert (Ranks([5], 0, 31).shift, Ranks([], 0, 31).shift, Ranks([], 0, 31).comparisons) == (5, 5, 0)
    assert Ranks([10**12, 10**12 + 1], 10**12, 10**12 + 31).shift == 0
    assert (Ranks([1005], 1000, 1030).shift, Ranks([1005], 1000, 1031).shift) == (4, 5)


def test_there_are_never_more_buckets_than_fit_the_cache() -> None:
    most = Ranks([1, 2], 0, 65_535)
    assert (most.shift, len(most.at_start), most.comparisons) == (0, 65_536, 0)
    wider = Ranks([4, 5, 6, 7], 3, 65_539)
    assert (wider.shift, len(wider.at_start), wider.comparisons) == (1, 32_769, 1)
    assert wider.of(np.array([3, 4, 5, 6, 7, 65_539])).tolist() == [0, 1, 2, 3, 4, 4]


def test_instants_of_one_hour_or_one_day_are_told_by_where_it_began() -> None:
    table = compile_table(french().spec, 2026, 2026)
    lattice = Lattice(table, french().zone)
    asked = np.array([to_seconds(at(text)) for text in ("2026-05-04 10:17:31", "2026-05-04 10:00", "2026-12-01 23:59")])
    hours = [at("2026-05-04 10:00"), at("2026-05-04 10:00"), at("2026-12-01 23:00")]
    days = [at("2026-05-04 00:00"), at("2026-05-04 00:00"), at("2026-12-01 00:00")]
    assert lattice.clock_start(asked, 3600).tolist() == [to_seconds(hour) for hour in hours]
    assert lattice.clock_start(asked, 86_400).tolist() == [to_seconds(day) for day in days]


def test_one_amount_serves_all_and_one_instant_is_enough() -> None:
    bulk = BulkCalendar(french())
    assert bulk.add([MORNING, MORNING + 3600], 60).tolist() == [MORNING + 60, MORNING + 3660]
    assert bulk.add(MORNING, [0, 60]).tolist() == [MORNING, MORNING + 60]
    assert bulk.elapsed(MORNING, np.array([MORNING + 60], np.int32)).tolist() == [60]


def test_nothing_in_gives_nothing_out() -> None:
    bulk = BulkCalendar(french())
    for found in (bulk.add([], 3600), bulk.elapsed([], []), bulk.due(limit(1, "days"), [])):
        assert (found.tolist(), found.dtype) == ([], np.int64)


def test_an_answer_is_an_array_of_its_own() -> None:
    starts = np.array([MORNING])
    found = BulkCalendar(french()).add(starts, 0)
    found += 1
    assert starts.tolist() == [MORNING]


def test_more_than_a_block_is_answered_in_full() -> None:
    starts = MORNING + np.arange(40_000) * 997
    found = BulkCalendar(french()).add(starts, 7_200)
    picked = range(0, 40_000, 411)
    assert [int(found[index]) for index in picked] == [french().add_s(int(starts[index]), 7_200) for index in picked]


def test_a_calendar_grows_as_far_as_the_amounts_reach() -> None:
    bulk = BulkCalendar(office())
    assert bulk.elapsed([MORNING], [MORNING + 60]).tolist() == [60]
    ten_years = 9 * 3600 * 2610
    assert bulk.add([MORNING, MORNING], [ten_years, 60]).tolist() == [office().add_s(MORNING, ten_years), MORNING + 60]
    assert bulk.elapsed([MORNING - 10**9], [MORNING]).tolist() == [office().elapsed_s(MORNING - 10**9, MORNING)]


def test_the_last_second_that_opens_can_be_reached_and_no_later_one() -> None:
    only = CalendarSpec("UTC", OFFICE_WEEK, first_year=2026, last_year=2026)
    total = 261 * 9 * 3600
    first = to_seconds(at("2026-01-01T00:00Z"))
    last = to_seconds(at("2026-12-31T18:00Z"))
    bulk = BulkCalendar(Calendar(only))
    assert bulk.add([first, last - 1, last], [total, 1, 0]).tolist() == [last, last, last]
    for starts, amounts in (([first], [total + 1]), ([last], [1]), ([first], [2**63 - 1]), ([first, last], [0, 2**62])):
        with pytest.raises(NoOpenTime, match="not open long enough before the end of 2026"):
            bulk.add(starts, amounts)


def test_the_first_second_of_all_can_be_reached_beside_none() -> None:
    hours = ((0, 8192),)
    special = ((date(2026, 5, 4), hours), (date(2026, 5, 5), hours))
    spec = CalendarSpec("UTC", ((),) * 7, special_days=special, first_year=2026, last_year=2026)
    first, opening = to_seconds(at("2026-01-01T00:00Z")), to_seconds(at("2026-05-04T00:00Z"))
    assert BulkCalendar(Calendar(spec)).add([first, first], [0, 1]).tolist() == [first, opening + 1]


def test_a_calendar_that_never_opens_says_so() -> None:
    bulk = BulkCalendar(Calendar(CalendarSpec("UTC", ((),) * 7)))
    assert bulk.elapsed([MORNING], [MORNING + 10**7]).tolist() == [0]
    assert bulk.add([MORNING], 0).tolist() == [MORNING]
    with pytest.raises(NoOpenTime, match="never opens"):
        bulk.add([MORNING, MORNING], [0, 1])


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(BadAmount, match="cannot be negative"):
        BulkCalendar(french()).add([MORNING, MORNING], [60, -1])


@pytest.mark.parametrize("values", [[1.5], ["2026-05-04"], [None], [2**63], np.array(["2026-05-04"], "datetime64[s]")])
def test_only_whole_numbers_are_taken(values: object) -> None:
    bulk = BulkCalendar(french())
    for question in (bulk.add, bulk.elapsed):
        with pytest.raises(BadAmount, match="whole seconds, not "):
            question([MORNING], values)
        with pytest.raises(BadAmount, match="whole seconds, not "):
            question(values, [60])
    with pytest.raises(BadAmount):
        bulk.due(limit(1, "days"), values)  # type: ignore[arg-type]


@pytest.mark.parametrize("outside", [-(2**63), to_seconds(at("1969-12-31T12:00Z")), 4_102_444_800, 2**62])
def test_instants_that_the_calendar_does_not_know_are_refused(outside: int) -> None:
    bulk = BulkCalendar(Calendar(CalendarSpec("Europe/Paris", OFFICE_WEEK, first_year=1970, last_year=2099)))
    questions = [
        lambda: bulk.add([MORNING, outside], 60),
        lambda: bulk.add([outside], 0),
        lambda: bulk.elapsed([MORNING, outside], [MORNING, MORNING]),
        lambda: bulk.elapsed([MORNING, MORNING], [MORNING, outside]),
        lambda: bulk.due(limit(1, "days"), [MORNING, outside]),
        lambda: bulk.due(limit(1, "hours", "timer"), [MORNING, outside]),
    ]
    for question in questions:
        with pytest.raises(OutsideCalendar, match="outside this calendar, which knows the years 1970 to 2099"):
            question()


@pytest.mark.parametrize("counted", ALL_UNITS)
def test_the_night_of_the_change_of_clocks_is_counted_as_one_by_one(counted: tuple[Rules, Unit]) -> None:
    events = [to_seconds(at("2026-10-24T22:00Z")) + 601 * step for step in range(200)]
    for calendar in (french(), Calendar(CalendarSpec("Australia/Lord_Howe", ALWAYS))):
        for day_after in (False, True):
            what = Limit(3, counted[1], counted[0], day_after=day_after)
            expected = [window(what, calendar, event).base for event in events]
            assert BulkCalendar(calendar).due(what, events).tolist() == expected


@pytest.mark.parametrize(
    ("what", "times"),
    [
        (limit(4, "business_hours"), 48),
        (limit(4, "business_hours", day_after=True), 2),
        (limit(4, "business_days"), 2),
        (limit(4, "business_days", day_after=True), 2),
    ],
)
def test_an_hour_or_a_day_is_reckoned_once(what: Limit, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(of: Limit, calendar: Calendar, event: int) -> Window:
        asked.append(event)
        return window(of, calendar, event)

    monkeypatch.setattr("slas.bulk.window", counted)
    events = to_seconds(at("2026-05-04 00:00")) + np.arange(96) * 1800
    assert len(BulkCalendar(french()).due(what, events)) == 96
    assert len(asked) == times


def test_a_limit_that_leaves_every_calendar_is_refused() -> None:
    with pytest.raises(EngineError):
        BulkCalendar(french()).due(limit(1_000_000, "months"), [MORNING])


@st.composite
def odd_hours(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Up to four stretches of a day that begin and end on any second, often within moments of each other."""
    within = draw(st.sampled_from([90, 4_000, 86_400]))
    points = sorted(draw(st.lists(st.integers(0, within), max_size=8, unique=True)))
    return tuple(zip(points[::2], points[1::2], strict=False))


@st.composite
def specs(draw: st.DrawFn) -> CalendarSpec:
    first = date.fromisoformat(draw(st.sampled_from(PERIODS))[0])
    week = draw(st.one_of(st.just(OFFICE_WEEK), st.just(ALWAYS), st.tuples(*[odd_hours()] * 7)))
    away = CalendarSpec(draw(st.sampled_from(ZONES)), OFFICE_WEEK)
    return CalendarSpec(
        draw(st.sampled_from(ZONES)),
        week,
        frozenset({first}),
        special_days=((date(first.year, 12, 24), ((32_400, 43_200),)),),
        also_open=draw(st.sampled_from([(), (away,)])),
    )


@st.composite
def some_instants(draw: st.DrawFn) -> list[int]:
    """Instants in no order within some weeks of each other."""
    first = draw(instants())
    return [first + later for later in draw(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=12))]


@given(specs(), some_instants(), st.data())
def test_elapsed_of_pairs_is_the_scalar_one(spec: CalendarSpec, starts: list[int], data: st.DataObject) -> None:
    ends = [start + data.draw(st.integers(-100_000, 9_000_000)) for start in starts]
    scalar = Calendar(spec)
    expected = [scalar.elapsed_s(start, end) for start, end in zip(starts, ends, strict=True)]
    assert BulkCalendar(scalar).elapsed(starts, ends).tolist() == expected


@given(specs(), some_instants(), st.data())
def test_add_of_amounts_is_the_scalar_one(spec: CalendarSpec, starts: list[int], data: st.DataObject) -> None:
    assume(spec.ever_opens)
    amounts = [data.draw(st.one_of(st.just(0), st.integers(0, 500_000))) for _ in starts]
    scalar = Calendar(spec)
    try:
        expected = [scalar.add_s(start, amount) for start, amount in zip(starts, amounts, strict=True)]
    except NoOpenTime:  # such as a calendar that opens on one day of all its years
        with pytest.raises(NoOpenTime):
            BulkCalendar(scalar).add(starts, amounts)
    else:
        assert BulkCalendar(scalar).add(starts, amounts).tolist() == expected


@given(specs(), some_instants(), st.sampled_from(ALL_UNITS), st.data())
def test_due_is_the_base_of_the_window(
    spec: CalendarSpec, events: list[int], counted: tuple[Rules, Unit], data: st.DataObject
) -> None:
    assume(sum(end - start for spans in spec.weekly for start, end in spans) >= 3600)
    what = Limit(data.draw(st.integers(0, 12)), counted[1], counted[0], day_after=data.draw(st.booleans()))
    scalar = Calendar(spec)
    expected = [window(what, scalar, event).base for event in events]
    assert BulkCalendar(scalar).due(what, events).tolist() == expected


@given(st.sets(st.integers(-500, 500), max_size=40), st.lists(st.integers(-500, 500), min_size=1))
def test_ranks_are_those_of_a_search(edges: set[int], values: list[int]) -> None:
    ordered = sorted(edges)
    found = Ranks(ordered, -500, 500).of(np.array(values))
    assert found.tolist() == [sum(edge <= value for edge in ordered) for value in values]
