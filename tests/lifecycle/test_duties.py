"""Duties in the life of a ticket (HOP-5): rows, the sweep, the escalation, the action plan."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.errors import Forbidden, Invalid, NotFound, Refused, Stale
from accounts.roles import Role
from accounts.tenancy import acting_as
from contracts.publishing import DATA
from lifecycle.duties import write_action_plan
from lifecycle.timers import SweepResult, sweep
from notifications.models import Delivery, OutboxEntry
from notifications.relay import relay
from slas import duties
from slas.models import SweepFailure, TicketDuty
from slas.selectors import lacking_of
from tests.lifecycle.scenes import MONDAY, bring_to, do, journal, kinds, told
from tests.worlds import World, as_system, build_world, paris, person
from tickets.models import Comment, Ticket
from tickets.states import State

CLOSED = paris("2026-05-05 18:00")
"""When the first business day after that Monday ends."""
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(worker_db) -> World:
    """As the worker, who alone may ask which providers have something due."""
    return build_world()


def rows(world: World, ticket: Ticket) -> dict[str, TicketDuty]:
    with as_system(world):
        return {row.code: row for row in TicketDuty.objects.filter(ticket=ticket)}


def lacking(world: World, ticket: Ticket) -> set[str]:
    return {code for code, row in rows(world, ticket).items() if row.lacking_since}


def answered(world: World, **filing) -> Ticket:
    """A ticket whose response is given: no clock is left to come due."""
    return do(world, world.staff["engineer"], "reply", world.file(MONDAY, **filing))


# Rows -----------------------------------------------------------------------------------------------------------------
def test_rows_follow_the_acts(world):
    engineer = world.staff["engineer"]
    ticket = world.file(MONDAY, severity="moderate")
    assert rows(world, ticket) == {}
    ticket = do(world, engineer, "severity", ticket, severity="critical")
    assert lacking(world, ticket) == {"assign_at_once", "action_plan"}
    daily = rows(world, ticket)["daily_update"]
    assert (daily.due_at, daily.next_action_at, daily.lacking_since) == (CLOSED, CLOSED + SECOND, None)
    ticket = do(world, engineer, "take", ticket)
    ticket = do(world, engineer, "plan", ticket)
    assert (set(rows(world, ticket)), lacking(world, ticket)) == (
        {"assign_at_once", "action_plan", "daily_update"},
        set(),
    )
    ticket = do(world, engineer, "resolve", ticket)
    assert rows(world, ticket) == {}
    ticket = do(world, engineer, "reopen", ticket)
    assert set(rows(world, ticket)) == {"assign_at_once", "action_plan", "daily_update"}
    ticket = do(world, engineer, "severity", ticket, severity="minor")
    assert rows(world, ticket) == {}


def test_a_rebuild_finds_and_mends_every_column(world):
    ticket = world.file(MONDAY)
    before = rows(world, ticket)
    for column in duties.DERIVED:
        with as_system(world):
            TicketDuty.objects.filter(code="daily_update").update(**{column: MONDAY - SECOND})
        with pytest.raises(CommandError):
            call_command("rebuild_clocks", "--check", stdout=StringIO(), stderr=StringIO())
        out = StringIO()
        call_command("rebuild_clocks", stdout=out, stderr=StringIO())
        assert f"{ticket.reference} daily_update.{column}: the row has" in out.getvalue()
        after = rows(world, ticket)
        assert {code: getattr(row, column) for code, row in after.items()} == {
            code: getattr(row, column) for code, row in before.items()
        }
    with as_system(world):
        TicketDuty.objects.all()._raw_delete("default")
    call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
    assert set(rows(world, ticket)) == set(before)


# The sweep ------------------------------------------------------------------------------------------------------------
def test_a_day_without_word_is_written_once_dated_at_closing_and_told(world):
    ticket = answered(world)
    assert sweep(at=CLOSED) == SweepResult(0, 0)
    noticed = CLOSED + timedelta(hours=2)
    assert sweep(at=noticed) == SweepResult(1, 0)
    assert sweep(at=noticed) == sweep(at=noticed + SECOND) == SweepResult(0, 0)
    event = journal(world, ticket)[-1]
    assert (event.kind, event.at, event.recorded_at, event.visibility) == ("duty_missed", CLOSED, noticed, "public")
    assert told(event) == {
        "duty": "daily_update",
        "day": "2026-05-05",
        "due_at": CLOSED.astimezone(event.at.tzinfo).isoformat(),
        "recipients": ["assignee", "support_manager"],
    }
    assert lacking(world, ticket) >= {"daily_update"}
    relay(at=noticed)
    with as_system(world):
        names = set(Delivery.objects.filter(event=event).values_list("recipient__display_name", "channel"))
    assert names == {
        (name, channel) for name in ("Engineer MEGA", "Second MEGA", "Manager MEGA") for channel in ("in_app", "mail")
    }
    assert sweep(at=CLOSED + timedelta(days=1, seconds=1)) == SweepResult(1, 0)
    assert rows(world, ticket)["daily_update"].next_action_at == paris("2026-05-07 18:00:01")


def test_after_a_standstill_every_day_is_written_and_the_last_one_is_told(world):
    ticket = answered(world)
    assert sweep(at=paris("2026-05-12 08:00")).alerts == 4
    assert kinds(world, ticket)[2:] == ["duty_missed"] * 4
    with as_system(world):
        (row,) = OutboxEntry.objects.filter(event__kind="duty_missed")
        assert row.event.data["day"] == "2026-05-11"


def test_an_act_does_not_overtake_the_day_that_closed_before_it(world):
    ticket = answered(world)
    ticket = do(world, world.customers[0].contact, "reply", ticket, at=CLOSED + timedelta(hours=1))
    assert kinds(world, ticket)[2:] == ["duty_missed", "commented"]
    assert sweep(at=CLOSED + timedelta(hours=2)) == SweepResult(0, 0)


def test_word_of_the_day_leaves_the_sweep_nothing(world):
    ticket = do(world, world.staff["engineer"], "reply", answered(world), at=CLOSED - timedelta(hours=1))
    assert sweep(at=CLOSED + SECOND) == SweepResult(0, 0)
    assert kinds(world, ticket) == ["filed", "replied", "replied"]


def test_a_sweep_of_duties_costs_the_same_for_one_and_for_five(world):
    def cost(number: int) -> int:
        for _ in range(number):
            answered(world)
        with transaction.atomic():
            with CaptureQueriesContext(connection) as queries:
                sweep(at=CLOSED + SECOND)
            transaction.set_rollback(True)
        return len(queries)

    assert cost(1) == cost(4)


def test_a_duty_that_raises_is_set_aside_and_stops_nobody(world, monkeypatch):
    bad, good = answered(world), answered(world)
    follow = duties.follow

    def failing(ticket, *given):
        if ticket.pk == bad.pk:
            raise ZeroDivisionError
        return follow(ticket, *given)

    monkeypatch.setattr(duties, "follow", failing)
    assert sweep(at=CLOSED + SECOND) == SweepResult(1, 1)
    assert sweep(at=CLOSED + SECOND) == SweepResult(0, 0)
    with as_system(world):
        failure = SweepFailure.objects.get()
        assert (failure.duty.ticket_id, failure.clock_id) == (bad.pk, None)
    monkeypatch.undo()
    assert kinds(world, good)[-1] == "duty_missed"
    call_command("rebuild_clocks", stdout=StringIO(), stderr=StringIO())
    assert sweep(at=CLOSED + SECOND) == SweepResult(1, 0)


def test_two_sweeps_at_once_write_every_day_once(committed_db, database_login):
    world = build_world()
    tickets = [answered(world, of=number % 2) for number in range(6)]
    barrier, results = threading.Barrier(2), []

    def work() -> None:
        try:
            barrier.wait()
            results.append(sweep(at=CLOSED + SECOND, batch=2))
        finally:
            connections.close_all()

    with database_login("worker"):
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rest = sweep(at=CLOSED + SECOND)
    assert sum(result.alerts for result in results) + rest.alerts == 6
    assert {tuple(kinds(world, ticket)) for ticket in tickets} == {("filed", "replied", "duty_missed")}


# Escalation -----------------------------------------------------------------------------------------------------------
def test_opening_and_raising_escalate_once_to_whoever_has_the_roles(world):
    with as_system(world):
        owner = person(world.provider, "pm@mega.example", Role.PRODUCT_MANAGER, "Product Manager")
    manager = world.staff["manager"]
    ticket = world.file(MONDAY, severity="moderate")
    ticket = do(world, world.staff["engineer"], "severity", ticket, severity="critical")
    event = journal(world, ticket)[-1]
    assert event.data["escalation"]["levels"] == ["support", "support_management", "product_managers"]
    for _ in range(2):
        relay(at=MONDAY + timedelta(hours=1))
    with as_system(world):
        told_to = Delivery.objects.filter(event=event, channel="mail").values_list("recipient_id", flat=True)
        assert sorted(map(str, told_to)) == sorted(
            str(one.membership_id) for one in (owner, manager, world.staff["second"], world.customers[0].contact)
        )
        body = Delivery.objects.get(event=event, channel="mail", recipient_id=owner.membership_id).body_text
    assert "Escalated at once: Support, Support management, Product Managers (HOP-5)" in body
    ticket = do(world, world.staff["engineer"], "severity", ticket, severity="minor")
    assert "escalation" not in journal(world, ticket)[-1].data
    ticket = do(world, world.staff["engineer"], "severity", ticket, severity="critical")
    assert "escalation" in journal(world, ticket)[-1].data, "raised again, it goes up again"
    assert "escalation" in journal(world, world.file(MONDAY))[0].data
    assert "escalation" not in journal(world, world.file(MONDAY, severity="moderate"))[0].data


# The action plan ------------------------------------------------------------------------------------------------------
def test_a_plan_is_a_public_message_with_a_version_and_meets_the_response(world):
    engineer = world.staff["engineer"]
    ticket = do(world, engineer, "plan", world.file(MONDAY), body="First **this**.")
    ticket = do(world, engineer, "plan", ticket, body="Then that.", expected_plan=1)
    first, second = journal(world, ticket)[1:]
    assert (told(first)["action_plan"], told(second)["action_plan"]) == ({"old": 0, "new": 1}, {"old": 1, "new": 2})
    assert (first.visibility, ticket.state) == ("public", State.IN_PROGRESS)
    assert [met["target"] for met in first.data["clocks"]] == ["response"]
    with acting_as(world.customers[0].people["viewer"]):
        bodies = Comment.objects.visible_to(world.customers[0].people["viewer"]).filter(kind="action_plan")
        assert [row.body for row in bodies] == ["First **this**.", "Then that."]


@pytest.mark.parametrize(("expected", "error"), [(0, Stale), (None, Invalid), (2, Invalid), (-1, Invalid)])
def test_a_plan_takes_the_place_of_the_one_that_was_seen(world, expected, error):
    engineer = world.staff["engineer"]
    ticket = do(world, engineer, "plan", world.file(MONDAY))
    with pytest.raises(error) as refused, transaction.atomic():
        do(world, world.staff["second"], "plan", ticket, expected_plan=expected)
    if error is Stale:
        assert [change.actor_name for change in refused.value.changes] == ["Engineer MEGA"]
    assert len(journal(world, ticket)) == 2


def test_a_plan_makes_no_other_form_stale(world):
    ticket = bring_to(world, State.IN_PROGRESS)
    do(world, world.staff["engineer"], "plan", ticket)
    changed = do(world, world.staff["manager"], "severity", ticket, at=MONDAY + timedelta(hours=1))
    assert changed.severity == "minor"


def test_who_may_not_write_a_plan(world):
    ticket = world.file(MONDAY)
    for actor, error in (
        (world.customers[0].contact, Forbidden),
        (world.staff["auditor"], Forbidden),
        (world.customers[1].contact, NotFound),
    ):
        with pytest.raises(error), transaction.atomic():
            do(world, actor, "plan", ticket)
    with pytest.raises(Refused) as refused, transaction.atomic():
        do(world, world.staff["engineer"], "plan", bring_to(world, State.RESOLVED))
    assert refused.value.code == "not_open"


def test_a_contract_without_action_plans_refuses_one(worker_db):
    world = build_world("octipas", "Octipas", "OCTI", document=DATA / "octipas.yaml")
    ticket = world.file(MONDAY)
    with acting_as(world.staff["engineer"]), pytest.raises(Refused) as refused, transaction.atomic():
        write_action_plan(
            actor=world.staff["engineer"], at=MONDAY, reference=ticket.reference, body="Plan", expected_plan=0
        )
    assert refused.value.code == "no_action_plan"
    assert rows(world, ticket) == {}


# Walls ----------------------------------------------------------------------------------------------------------------
def test_another_customer_and_another_provider_see_no_duty(world):
    other = build_world("octipas", "Octipas", "OCTI")
    ticket = world.file(MONDAY)
    for actor, seen in (
        (world.staff["engineer"], 2),
        (world.customers[0].contact, 2),
        (world.customers[1].contact, 0),
        (other.staff["engineer"], 0),
    ):
        with acting_as(actor):
            assert len(lacking_of(actor, [ticket]).get(ticket.id, ())) == seen
            assert TicketDuty.objects.count() == (3 if seen else 0), "also without the predicate"
