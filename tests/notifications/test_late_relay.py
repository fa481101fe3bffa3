"""A relay that comes late tells what was so when it happened, to those whom it concerned then."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Membership
from lifecycle.timers import sweep
from notifications.models import Delivery, OutboxEntry
from notifications.relay import relay
from tests.lifecycle.scenes import DUE, MONDAY, do, journal
from tests.worlds import World, as_system, paris
from tickets.models import Ticket
from tickets.standing import Standing

LATE = MONDAY + timedelta(days=60)
BOTH, HERE = {"mail", "in_app"}, {"in_app"}

STORY = (
    ("engineer", "take", {}),
    ("second", "note", {"body": "PRIVATE"}),
    ("engineer", "severity", {"severity": "minor"}),
    ("contact", "reply", {}),
    ("manager", "assign", {}),
    ("second", "ask", {}),
    ("contact", "reply", {}),
    ("second", "severity", {"severity": "no_access", "severity_kind": "platform_down"}),
    ("manager", "take_over", {}),
    ("engineer", "resolve", {}),
    ("contact", "reopen", {}),
    ("engineer", "call", {}),
    ("engineer", "resolve", {}),
    ("colleague", "close", {}),
)


def _play(world: World, after: Callable[[], object]) -> Ticket:
    """A life in which severity, due time and assignee change; ``after`` is called after each act."""
    people = world.staff | world.customers[0].people
    ticket = world.file(MONDAY)
    after()
    for who, act, given in STORY:
        if act == "take_over":
            act, given = "assign", {"assignee_id": world.staff["engineer"].membership_id}
        ticket = do(world, people[who], act, ticket, **given)
        after()
    return ticket


def _told(world: World) -> list[tuple]:
    with as_system(world):
        rows = Delivery.objects.filter(event__visibility="public").select_related("recipient", "event")
        return sorted((r.event.seq, r.recipient.display_name, r.channel, r.subject, r.body_text) for r in rows)


def test_what_both_sides_may_read_is_told_alike_in_time_and_late(world):
    found = []
    for after in (lambda: relay(at=LATE), lambda: None):
        with transaction.atomic():
            _play(world, after)
            relay(at=LATE)
            found.append(_told(world))
            transaction.set_rollback(True)
    in_time, late = found
    assert len(in_time) > 25
    assert late == in_time


def _mails(world: World, ticket: Ticket, kind: str, **which) -> list[Delivery]:
    with as_system(world):
        rows = Delivery.objects.filter(ticket=ticket, kind=kind, channel="mail", **which)
        return list(rows.select_related("recipient").order_by("event__seq", "recipient__display_name"))


def test_a_late_confirmation_says_the_severity_and_due_time_of_the_filing(world):
    ticket = world.file(MONDAY)
    ticket = do(world, world.staff["engineer"], "severity", ticket, severity="minor")
    ticket = do(world, world.staff["engineer"], "reply", ticket)
    relay(at=LATE)
    filed = _mails(world, ticket, "filed", recipient_id=world.customers[0].contact.membership_id)
    changed = _mails(world, ticket, "severity_changed")
    assert "Severity: Critical" in filed[0].body_text
    assert "Response due: Tue 5 May 2026, 13:00" in filed[0].body_text
    assert "Critical → Minor" in changed[0].body_text
    assert "Response due: Wed 6 May 2026, 24:00" in changed[0].body_text
    assert "Severity: Minor" in _mails(world, ticket, "replied")[0].body_text


def test_each_assignment_names_and_reaches_its_own_assignee(world):
    engineer, second = (world.staff[name].membership_id for name in ("engineer", "second"))
    ticket = world.file(MONDAY)
    ticket = do(world, world.staff["manager"], "assign", ticket, assignee_id=second)
    ticket = do(world, world.staff["manager"], "assign", ticket, assignee_id=engineer)
    relay(at=LATE)
    told = [(row.recipient.display_name, row.subject) for row in _mails(world, ticket, "assigned")]
    assert [name for name, _ in told] == ["Second MEGA", "Engineer MEGA"]
    assert all(f"assigned to {name}" in subject for name, subject in told)


def _people(world: World, ticket: Ticket, kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with as_system(world):
        for row in Delivery.objects.filter(ticket=ticket, kind=kind).select_related("recipient"):
            found.setdefault(row.recipient.display_name, set()).add(row.channel)
    return found


def test_a_private_note_is_not_told_to_who_has_just_lost_the_ticket(world):
    """It goes to whoever has the ticket when it is told."""
    ticket = do(world, world.staff["engineer"], "take", world.file(MONDAY))
    ticket = do(world, world.staff["account_manager"], "note", ticket, body="PRIVATE")
    ticket = do(world, world.staff["manager"], "assign", ticket)
    assert ticket.assignee_name == "Second MEGA"
    relay(at=LATE)
    assert _people(world, ticket, "noted") == {"Second MEGA": HERE}


def test_a_private_warning_calls_who_has_the_ticket_now(world):
    ticket = do(world, world.staff["manager"], "take", world.file(MONDAY))
    sweep(at=DUE - timedelta(minutes=1))
    with as_system(world):
        ticket = Ticket.objects.get(pk=ticket.pk)
    ticket = do(world, world.staff["manager"], "assign", ticket)
    relay(at=LATE)
    assert _people(world, ticket, "clock_approaching") == dict.fromkeys({"Second MEGA", "Engineer MEGA"}, BOTH)


def test_what_the_customer_said_goes_to_who_had_the_ticket_then(world):
    ticket = do(world, world.staff["engineer"], "take", world.file(MONDAY))
    ticket = do(world, world.customers[0].contact, "reply", ticket)
    ticket = do(world, world.staff["manager"], "assign", ticket)
    sweep(at=DUE + timedelta(seconds=1))
    relay(at=LATE)
    assert _people(world, ticket, "commented") == {"Engineer MEGA": BOTH}
    bosses = {"Manager MEGA": BOTH, "Account_Manager MEGA": BOTH}
    assert _people(world, ticket, "clock_breached") == {"Second MEGA": BOTH} | bosses


def test_where_who_had_it_then_has_left_who_has_it_now_is_called(world):
    ticket = do(world, world.staff["engineer"], "take", world.file(MONDAY))
    ticket = do(world, world.customers[0].contact, "reply", ticket)
    ticket = do(world, world.staff["manager"], "assign", ticket)
    with as_system(world):
        Membership.objects.filter(pk=world.staff["engineer"].membership_id).update(is_active=False)
    relay(at=LATE)
    assert _people(world, ticket, "commented") == {"Second MEGA": BOTH}


def test_a_filing_is_told_to_the_engineers_although_somebody_has_taken_it_since(world):
    ticket = do(world, world.staff["second"], "take", world.file(MONDAY))
    relay(at=LATE)
    everybody = dict.fromkeys({"Engineer MEGA", "Second MEGA", "Manager MEGA"}, BOTH)
    assert _people(world, ticket, "filed") == everybody | {"Contact A": {"mail"}}


@pytest.mark.parametrize("swept", [False, True])
def test_every_event_says_how_its_ticket_stood(world, swept):
    """After each act the last event says what the ticket itself says."""
    seen: list[tuple] = []

    def compare() -> None:
        if swept:
            sweep(at=DUE + timedelta(days=1))
        with as_system(world):
            ticket = Ticket.objects.get()
        last = Standing.after(journal(world, ticket)[-1], ticket)
        assert last == Standing.of(ticket)
        seen.append((last.severity, last.due_at, last.assignee_name))

    _play(world, compare)
    assert len(seen) == len(STORY) + 1
    assert {severity for severity, *_ in seen} == {"critical", "minor", "no_access"}
    assert {name for *_, name in seen} == {"", "Engineer MEGA", "Second MEGA"}
    assert seen[0][1:] == (DUE, "")
    with as_system(world):
        assert OutboxEntry.objects.filter(event__data__has_key="ticket").count() == OutboxEntry.objects.count()


def test_what_a_ticket_was_survives_the_way_through_the_journal(world):
    ticket = world.file(MONDAY, severity="moderate")
    (event,) = journal(world, ticket)
    assert Standing.after(event, ticket) == Standing("moderate", paris("2026-05-06 00:00"), None, "")
    ticket = do(world, world.staff["engineer"], "reply", do(world, world.staff["engineer"], "take", ticket))
    event = journal(world, ticket)[-1]
    engineer = world.staff["engineer"]
    assert Standing.after(event, ticket) == Standing("moderate", None, engineer.membership_id, engineer.name)
