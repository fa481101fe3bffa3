"""The worked examples of the documents, reckoned once more by a walk along the wall clock that knows no engine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.terms import Example, Terms, load_terms, parse_overrides
from slas.engine import CalendarSpec
from slas.policies import calendar_for
from tests.engine import naive

DATA = Path(__file__).parents[2] / "contracts" / "data"
DOCUMENTS = [load_terms(path) for path in sorted(DATA.glob("*.yaml")) if path.stem != "clauses"]
CASES = [
    (terms, example)
    for terms in [*DOCUMENTS, load_terms(Path(__file__).parent / "data" / "ipe-noite-e-dia.yaml")]
    for example in terms.examples
    if "follow_the_sun" not in example.overrides
]


def seconds(text: str | None) -> int:
    assert text is not None
    return int(datetime.fromisoformat(text).timestamp())


def week_of(spec: CalendarSpec) -> naive.Week:
    minutes = tuple(tuple((start // 60, end // 60) for start, end in day) for day in spec.weekly)
    return naive.Week(spec.zone, minutes, spec.closed_dates)


def backwards(week: naive.Week, unit: str, amount: int, event: int) -> int:
    """The mirror of the forward rule (R6b): 24:00 of the last day on which an act is still in time."""
    day = week.local(event).date()
    if unit == "business_days":
        last = naive.nth_working_day(week, day, amount, step=-1)
    elif unit == "months":
        last = naive.same_number(day, -amount) or naive.last_of_month(day, -amount)
    else:
        last = day - timedelta(amount)
    return week.midnight(last + timedelta(1))


def asked(terms: Terms, example: Example) -> tuple[str, str, int, bool, bool, str] | None:
    """Rules, unit, amount, whether counting starts the day after and waiting pauses, and the calendar; None: no target.

    Read from the documents themselves.
    """
    if example.op == "limit":
        assert example.rules and example.unit and example.amount is not None and example.calendar
        return example.rules, example.unit, example.amount, False, True, example.calendar
    overrides = parse_overrides(example.overrides, terms)
    target = terms.target_terms(str(example.target))
    if target.environments and example.environment not in target.environments:
        return None
    figure = overrides.figure(target.code, str(example.severity)) or target.figure(str(example.severity))
    if figure is None or figure.amount is None or figure.unit is None:
        return None
    pausing = target.pauses if overrides.pausing is None else overrides.pausing
    return target.rules, figure.unit, figure.amount, target.day_after, pausing, target.calendar


def walked(terms: Terms, example: Example) -> tuple[int | None, int | None]:
    """When it is due, and what remains where it waits."""
    question = asked(terms, example)
    if question is None:
        return None, None
    rules, unit, amount, day_after, pausing, calendar = question
    spec = calendar_for(terms, calendar, overrides=example.overrides).spec
    week, event = week_of(spec), seconds(example.at)
    if example.direction == "before":
        return backwards(week, unit, amount, event), None
    start, end = naive.limit(week, rules, unit, amount, event, day_after=day_after, standard=spec.standard_seconds)
    pauses = [(seconds(first), seconds(last) if last else None) for first, last in example.pauses] if pausing else []
    closed = [(first, last) for first, last in pauses if last is not None]
    due = naive.paused_due(week, start, end, closed) if closed else end
    still = [first for first, last in pauses if last is None]
    return (None, naive.elapsed(week, max(still[0], start), due)) if still else (due, None)


@pytest.mark.parametrize(("terms", "example"), CASES, ids=[f"{terms.code}: {example.code}" for terms, example in CASES])
def test_an_example_comes_out_by_walking(terms: Terms, example: Example) -> None:
    expect = example.expect
    if example.op in ("due", "limit"):
        due = None if expect.due_at is None else seconds(expect.due_at)
        assert walked(terms, example) == (due, expect.remaining)
        return
    week = week_of(calendar_for(terms, str(example.calendar), overrides=example.overrides).spec)
    start = seconds(example.start)
    if example.op == "add":
        found = naive.add(week, start, example.seconds or 0)
        assert found is not None and datetime.fromtimestamp(found, UTC) == datetime.fromisoformat(str(expect.at))
    else:
        assert naive.elapsed(week, start, seconds(example.end)) == expect.seconds
