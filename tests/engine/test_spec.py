"""Calendar descriptions: what is refused, what is the same, and what a standard day is."""

from datetime import date

import pytest

from slas.engine import BadSpec, CalendarSpec
from slas.engine.spec import MOST_SPANS, clock, tidy_spans
from tests.engine.worlds import ALWAYS, NINE_TO_SIX, OFFICE_WEEK

DAY = date(2026, 5, 4)


@pytest.mark.parametrize("zone", ["Europe/Pariss", "", "../etc/passwd", "/etc/localtime", "a" * 5000, "Europe", "\0"])
def test_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(BadSpec, match="unknown time zone"):
        CalendarSpec(zone, OFFICE_WEEK)


@pytest.mark.parametrize("days", [0, 6, 8])
def test_a_week_has_seven_days(days: int) -> None:
    with pytest.raises(BadSpec, match=f"a week has 7 days, not {days}"):
        CalendarSpec("UTC", (NINE_TO_SIX,) * days)


@pytest.mark.parametrize("span", [(3600, 3600), (3600, 60), (-1, 60), (0, 86_401)])
def test_hours_that_cannot_be_are_refused(span: tuple[int, int]) -> None:
    with pytest.raises(BadSpec, match="opening hours start before they end"):
        CalendarSpec("UTC", ((span,),) + ((),) * 6)
    with pytest.raises(BadSpec, match="opening hours start before they end"):
        CalendarSpec("UTC", OFFICE_WEEK, special_days=((DAY, (span,)),))


def test_a_day_has_few_opening_hours() -> None:
    spans = tuple((hour * 3600, hour * 3600 + 60) for hour in range(9))
    assert len(tidy_spans(spans[:-1])) == MOST_SPANS == 8
    for wrong in ({"weekly": (spans,) + ((),) * 6}, {"weekly": OFFICE_WEEK, "special_days": ((DAY, spans),)}):
        with pytest.raises(BadSpec, match=f"at most {MOST_SPANS} opening hours, not {MOST_SPANS + 1}"):
            CalendarSpec("UTC", **wrong)


def test_a_special_day_is_given_once() -> None:
    with pytest.raises(BadSpec, match="a special day is given twice"):
        CalendarSpec("UTC", OFFICE_WEEK, special_days=((DAY, ()), (DAY, NINE_TO_SIX)))


@pytest.mark.parametrize(("first", "last"), [(1899, 2000), (2000, 2200), (2001, 2000)])
def test_years_that_cannot_be_are_refused(first: int, last: int) -> None:
    with pytest.raises(BadSpec, match="years run from 1900 to 2199"):
        CalendarSpec("UTC", OFFICE_WEEK, first_year=first, last_year=last)


def test_years_may_be_one_only_and_reach_the_edges() -> None:
    assert CalendarSpec("UTC", OFFICE_WEEK, first_year=1900, last_year=1900).last_year == 1900
    assert CalendarSpec("UTC", OFFICE_WEEK, first_year=2199, last_year=2199).first_year == 2199


@pytest.mark.parametrize("seconds", [-1, 86_401])
def test_a_standard_day_fits_in_a_day(seconds: int) -> None:
    with pytest.raises(BadSpec, match="a standard day lasts at most 24 hours"):
        CalendarSpec("UTC", OFFICE_WEEK, standard_day=seconds)


def test_the_sun_is_followed_over_three_zones_at_most() -> None:
    away = CalendarSpec("America/New_York", OFFICE_WEEK)
    farther = CalendarSpec("Asia/Singapore", OFFICE_WEEK)
    assert CalendarSpec("UTC", OFFICE_WEEK, also_open=(away, farther)).ever_opens
    with pytest.raises(BadSpec, match="at most 3 zones"):
        CalendarSpec("UTC", OFFICE_WEEK, also_open=(away, farther, away))
    with pytest.raises(BadSpec, match="cannot itself have others added"):
        CalendarSpec("UTC", OFFICE_WEEK, also_open=(CalendarSpec("UTC", OFFICE_WEEK, also_open=(away,)),))


def test_the_commonest_day_is_the_standard_one_and_the_longer_of_two() -> None:
    short, long = ((0, 3600),), ((0, 7200),)
    assert CalendarSpec("UTC", (short,) * 3 + (long,) * 2 + ((),) * 2).standard_seconds == 3600
    assert CalendarSpec("UTC", (short,) * 2 + (long,) * 2 + ((),) * 3).standard_seconds == 7200
    assert CalendarSpec("UTC", (short,) * 7, standard_day=32_400).standard_seconds == 32_400
    assert CalendarSpec("UTC", ((),) * 7).standard_seconds == 0
    assert CalendarSpec("UTC", (((0, 60), (120, 180)),) * 7).standard_seconds == 120


def test_ever_opens_looks_at_everything_that_may_open() -> None:
    closed = ((),) * 7
    assert not CalendarSpec("UTC", closed).ever_opens
    assert not CalendarSpec("UTC", closed, special_days=((DAY, ()),)).ever_opens
    assert CalendarSpec("UTC", closed, special_days=((DAY, NINE_TO_SIX),)).ever_opens
    assert CalendarSpec("UTC", closed, also_open=(CalendarSpec("UTC", OFFICE_WEEK),)).ever_opens
    assert not CalendarSpec("UTC", closed, also_open=(CalendarSpec("UTC", closed),)).ever_opens


def test_equal_descriptions_have_one_digest_and_any_change_another() -> None:
    base = CalendarSpec("UTC", OFFICE_WEEK)
    same = CalendarSpec("UTC", ((((32_400, 36_000)), ((36_000, 64_800))),) * 5 + ((), ()))
    assert (base, base.digest, hash(base)) == (same, same.digest, hash(same))
    days = frozenset({DAY})
    others = [
        CalendarSpec("Europe/Paris", OFFICE_WEEK),
        CalendarSpec("UTC", ALWAYS),
        CalendarSpec("UTC", OFFICE_WEEK, days),
        CalendarSpec("UTC", OFFICE_WEEK, days_off=days),
        CalendarSpec("UTC", OFFICE_WEEK, closures=days),
        CalendarSpec("UTC", OFFICE_WEEK, special_days=((DAY, ()),)),
        CalendarSpec("UTC", OFFICE_WEEK, standard_day=3600),
        CalendarSpec("UTC", OFFICE_WEEK, first_year=1970),
        CalendarSpec("UTC", OFFICE_WEEK, last_year=2099),
        CalendarSpec("UTC", OFFICE_WEEK, also_open=(base,)),
    ]
    assert len({base.digest, *(other.digest for other in others)}) == len(others) + 1
    assert base not in others


def test_spans_are_put_in_order_and_joined() -> None:
    assert tidy_spans([(10, 20), (0, 5), (4, 8), (20, 30)]) == ((0, 8), (10, 30))
    assert tidy_spans([(0, 50), (10, 20)]) == ((0, 50),)
    assert tidy_spans([(0, 86_400)]) == ((0, 86_400),)


def test_clock_shows_seconds_only_where_there_are_some() -> None:
    assert [clock(second) for second in (0, 34_200, 86_400, 3661)] == ["00:00", "09:30", "24:00", "01:01:01"]


def test_a_later_span_is_joined_with_the_one_before_it_and_not_with_the_first() -> None:
    assert tidy_spans([(0, 5), (10, 20), (15, 18)]) == ((0, 5), (10, 20))


def test_clock_counts_minutes_and_seconds_apart() -> None:
    assert [clock(second) for second in (3599, 3600 + 59 * 60, 62, 120)] == ["00:59:59", "01:59", "00:01:02", "00:02"]


def test_a_standard_day_may_last_the_whole_day() -> None:
    assert CalendarSpec("UTC", OFFICE_WEEK, standard_day=86_400).standard_seconds == 86_400


def test_special_days_are_the_same_in_any_order_and_tidied() -> None:
    late, early = (date(2026, 12, 31), ((36_000, 43_200), (32_400, 36_000))), (date(2026, 12, 24), ())
    one, other = (CalendarSpec("UTC", OFFICE_WEEK, special_days=days) for days in ((late, early), (early, late)))
    assert (
        one.special_days == other.special_days == ((date(2026, 12, 24), ()), (date(2026, 12, 31), ((32_400, 43_200),)))
    )
    assert one.digest == other.digest
