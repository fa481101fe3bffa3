"""Days that a calendar gains, and word owed on business days (HOP-5, R19): what was said in time counts, however late
it is carried; a ticket that owes nothing is left alone, and counts right all the same when it owes again."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import acting_as
from contracts.models import DatedCalendarChange
from contracts.publishing import DATA
from lifecycle import alerts, calendars
from lifecycle.timers import SweepResult, sweep
from slas import duties
from slas.amendments import tickets_to_recompute
from slas.announced import KNOWN_DAYS
from slas.models import TicketDuty
from tests.lifecycle.scenes import MONDAY, do, journal, kinds
from tests.worlds import World, as_system, build_world, paris
from tickets.events import Kind
from tickets.models import Ticket

NOON = paris("2026-05-04 12:00")
CLOSED = paris("2026-05-05 18:00")
MORNING = paris("2026-05-06 08:00")
SECOND = timedelta(seconds=1)
TUESDAY = {"calendar": "fr", "reference": "N-7", "closures": [{"start": "2026-05-05", "end": "2026-05-05"}]}
WEDNESDAY = {"calendar": "fr", "reference": "N-8", "closures": [{"start": "2026-05-06", "end": "2026-05-06"}]}


@pytest.fixture
def world(worker_db: None) -> Iterator[World]:
    """HOPEX: the response stays met, so that days matter to an answered ticket for its duties only."""
    made = build_world()
    yield made
    told = StringIO()
    call_command("rebuild_clocks", "--check", stdout=told, stderr=StringIO())
    assert ", 0 differ" in told.getvalue()


def answered(world: World, **filing: Any) -> Ticket:
    return do(world, world.staff["engineer"], "reply", world.file(MONDAY, **filing))


def announce(world: World, days: dict[str, Any] = TUESDAY, at: datetime = NOON) -> DatedCalendarChange:
    manager = world.staff["manager"]
    with acting_as(manager):
        told = {"name": "Works", "days": days, "late_reason": "A strike."}
        return calendars.add_closure(actor=manager, at=at, terms_code="hopex-saas", **told)


def fresh(world: World, ticket: Ticket) -> Ticket:
    with as_system(world):
        return Ticket.objects.get(pk=ticket.pk)


def daily(world: World, ticket: Ticket) -> TicketDuty:
    with as_system(world):
        return TicketDuty.objects.get(ticket=ticket, code="daily_update")


def days_missed(world: World, ticket: Ticket, at: datetime) -> list[str]:
    """As the page folds them, and as the journal has them."""
    events = journal(world, ticket)
    with as_system(world):
        folded = [one.day.isoformat() for one in duties.missed_days(duties.follow(ticket, events, at), at)]
    assert folded == [event.data["day"] for event in events if event.kind == Kind.DUTY_MISSED]
    return folded


# Said in time, carried late -------------------------------------------------------------------------------------------
def swept(world: World, ticket: Ticket) -> None:
    sweep(at=CLOSED + SECOND)


def answered_late(world: World, ticket: Ticket) -> None:
    do(world, world.customers[0].contact, "reply", ticket, at=CLOSED + SECOND)


@pytest.mark.parametrize("before", [swept, answered_late, lambda *_: None], ids=["sweep", "act", "nothing"])
def test_a_day_closed_in_time_is_never_missed_though_the_worker_is_late(world, before: Callable[..., None]):
    ticket = answered(world)
    announce(world)
    before(world, ticket)
    assert Kind.DUTY_MISSED not in kinds(world, ticket)
    assert calendars.recompute(at=MORNING) == 1
    assert sweep(at=MORNING + SECOND) == SweepResult(0, 0)
    assert days_missed(world, ticket, MORNING + SECOND) == []
    row = daily(world, ticket)
    assert (row.lacking_since, row.due_at) == (None, paris("2026-05-06 18:00"))


def test_a_day_announced_after_it_closed_is_missed(world):
    ticket = answered(world)
    sweep(at=CLOSED + SECOND)
    announce(world, {"calendar": "fr", "reference": "N-9", "days_off": ["2026-05-05"]}, at=CLOSED + timedelta(hours=1))
    calendars.recompute(at=MORNING)
    assert days_missed(world, ticket, MORNING) == ["2026-05-05"]


def test_a_duty_that_ended_before_the_days_were_carried_has_them(world):
    ticket = answered(world)
    announce(world)
    ticket = do(world, world.staff["engineer"], "severity", ticket, at=MORNING)
    assert calendars.recompute(at=MORNING + SECOND) == 0
    assert days_missed(world, ticket, MORNING + SECOND) == []


def test_what_was_announced_is_asked_once_for_a_whole_sweep(world):
    def cost(number: int) -> int:
        for _ in range(number):
            answered(world)
        announce(world, TUESDAY | {"reference": f"N-{number}"})
        with transaction.atomic():
            with CaptureQueriesContext(connection) as queries:
                sweep(at=CLOSED + SECOND)
            transaction.set_rollback(True)
        return len(queries)

    assert cost(1) == cost(4)


# Who is reached -------------------------------------------------------------------------------------------------------
def test_only_what_owes_word_is_written(world):
    owing = answered(world)
    idle = [answered(world, severity="minor"), do(world, world.staff["engineer"], "resolve", answered(world))]
    before = [fresh(world, ticket) for ticket in idle]
    change = announce(world)
    with as_system(world):
        assert tickets_to_recompute(change) == [owing.pk]
    assert calendars.recompute(at=NOON) == 1
    assert [fresh(world, ticket).version for ticket in idle] == [ticket.version for ticket in before]
    assert fresh(world, owing).public_updated_at == NOON, "its next word is due a day later"
    assert daily(world, owing).due_at == paris("2026-05-06 18:00")


def test_a_ticket_on_which_nothing_moves_does_not_pass_for_one_that_was_worked_on(world):
    running, owing = world.file(MONDAY, severity="minor"), answered(world)
    before = [fresh(world, ticket) for ticket in (running, owing)]
    announce(world, {"calendar": "fr", "reference": "N-9", "days_off": ["2026-05-20"]})
    assert calendars.recompute(at=NOON) == 2
    after = [fresh(world, ticket) for ticket in (running, owing)]
    assert [one.public_version for one in after] == [one.public_version + 1 for one in before]
    for moment in ("updated_at", "public_updated_at"):
        assert [getattr(one, moment) for one in after] == [getattr(one, moment) for one in before]
    early = do(world, world.staff["engineer"], "reply", after[1], at=NOON - timedelta(hours=1))
    assert early.updated_at == NOON, "the journal's order stays that of time"


@pytest.mark.parametrize("is_carried_before", [True, False])
def test_a_ticket_that_is_raised_later_counts_with_the_days(world, is_carried_before):
    ticket = answered(world, severity="minor")
    announce(world)
    announce(world, WEDNESDAY)
    if is_carried_before:
        calendars.recompute(at=NOON + timedelta(hours=2))
    raising = NOON + timedelta(hours=3)
    ticket = do(world, world.staff["engineer"], "severity", ticket, at=raising, severity="critical")
    assert [one["days"] for one in journal(world, ticket)[-1].data[KNOWN_DAYS]] == [TUESDAY, WEDNESDAY]
    assert daily(world, ticket).due_at == paris("2026-05-07 18:00")
    calendars.recompute(at=raising + timedelta(hours=1))
    sweep(at=paris("2026-05-07 08:00"))
    assert days_missed(world, ticket, paris("2026-05-07 08:00")) == []


def test_a_customer_who_reopens_has_the_days_too(world):
    ticket = do(world, world.staff["engineer"], "resolve", answered(world))
    announce(world)
    calendars.recompute(at=NOON + timedelta(hours=2))
    ticket = do(world, world.customers[0].contact, "reopen", ticket, at=NOON + timedelta(hours=3))
    assert daily(world, ticket).due_at == paris("2026-05-06 18:00")


def test_an_act_that_changes_nothing_of_what_is_owed_keeps_no_days(world):
    ticket = answered(world)
    announce(world)
    ticket = do(world, world.staff["engineer"], "reply", ticket, at=NOON + timedelta(hours=3))
    assert KNOWN_DAYS not in journal(world, ticket)[-1].data


def test_a_calendar_on_which_duties_alone_count_reaches_them(worker_db, tmp_path: Path):
    """The calendar of the availability is no target's; here word is owed on its days."""
    text = (DATA / "hopex-saas.yaml").read_text()
    start = text.index("code: daily_update")
    other = text[:start] + text[start:].replace("calendar: fr", "calendar: availability", 1)
    file = tmp_path / "hopex-saas.yaml"
    file.write_text(other)
    world = build_world(document=file)
    owing, idle = answered(world), answered(world, severity="minor")
    announce(world, TUESDAY | {"calendar": "availability"})
    assert calendars.recompute(at=NOON) == 1
    assert kinds(world, owing)[-1] == Kind.CALENDAR_CHANGED
    assert Kind.CALENDAR_CHANGED not in kinds(world, idle)
    assert daily(world, owing).due_at == paris("2026-05-06 18:00")


# The cheap first look -------------------------------------------------------------------------------------------------
def test_a_day_that_is_journaled_is_nothing_due_any_more(world):
    ticket = answered(world)
    later = CLOSED + SECOND

    def is_due(at: datetime) -> bool:
        events = journal(world, ticket)
        with as_system(world):
            return alerts.anything_due(ticket, events, at)

    assert not is_due(CLOSED)
    assert is_due(later)
    sweep(at=later)
    assert not is_due(later + SECOND)
    assert is_due(later + timedelta(days=1)), "the next day closed as well"
