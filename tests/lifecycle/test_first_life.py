"""A ticket's first life, from filing to closing: one journal event per act, clocks and messages with them."""

from datetime import timedelta

import pytest

from accounts.errors import Forbidden, Invalid, NotFound, Refused, Stale
from accounts.tenancy import acting_as
from lifecycle import services
from notifications.models import OutboxEntry
from slas.models import Clock
from tests.worlds import World, as_system, filing, paris
from tickets.models import Comment, Event, Ticket
from tickets.states import State

MONDAY = paris("2026-05-04 08:05")


def _act(world: World, actor, name: str, ticket: Ticket, at=None, **given):
    with acting_as(actor):
        return getattr(services, name)(
            actor=actor,
            at=at or ticket.updated_at + timedelta(minutes=5),
            reference=ticket.reference,
            **given,
        )


def _kinds(world: World, ticket: Ticket) -> list[str]:
    with as_system(world):
        return list(Event.objects.filter(ticket=ticket).order_by("seq").values_list("kind", flat=True))


def _counts(world: World) -> tuple[int, int, int, int]:
    with as_system(world):
        return tuple(model.objects.count() for model in (Event, Comment, OutboxEntry, Ticket))


def test_filing_numbers_journals_and_starts_the_response_clock(world):
    ticket = world.file(MONDAY, severity="no_access", severity_kind="platform_down")
    assert (ticket.reference, ticket.state, ticket.version) == ("MEGA-1001", State.NEW, 1)
    with as_system(world):
        clock = Clock.objects.get(ticket=ticket)
        assert OutboxEntry.objects.get().event.kind == "filed"
    assert (clock.target, clock.status) == ("response", "running")
    assert clock.due_at == ticket.due_at == paris("2026-05-05 10:00")
    assert _kinds(world, ticket) == ["filed"]


def test_numbers_follow_each_other_without_gaps_after_a_refusal(world):
    first = world.file(MONDAY)
    with pytest.raises(Invalid):
        world.file(MONDAY, severity="catastrophic")
    assert (first.number, world.file(MONDAY).number) == (1001, 1002)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"description": "\ud800"}, "description"),
        ({"severity": "catastrophic"}, "severity"),
        ({"severity": "no_access"}, "severity_kind"),
        ({"severity_kind": "platform_down"}, "severity_kind"),
        ({"environment_id": None}, "environment"),
        ({"details": {}}, "symptoms"),
    ],
)
def test_a_bad_filing_names_its_field_and_writes_nothing(world, change, field):
    with pytest.raises(Invalid) as refusal:
        world.file(MONDAY, **change)
    assert field in refusal.value.errors
    assert _counts(world) == (0, 0, 0, 0)


def test_only_named_contacts_may_file(world):
    customer = world.customers[0]
    with pytest.raises(Forbidden):
        world.file(MONDAY, by=customer.people["viewer"])
    with pytest.raises(NotFound):
        world.file(MONDAY, by=world.customers[1].contact)
    assert _counts(world) == (0, 0, 0, 0)


def test_nothing_is_filed_after_the_end_of_the_contract(world):
    with pytest.raises(Refused) as refusal:
        world.file(paris("2029-01-01 00:00"))
    assert refusal.value.clause == "HSA-20"
    world.file(paris("2028-12-31 23:59"))


def test_take_reply_resolve_close_is_one_event_each_and_the_reply_meets_the_clock(world):
    ticket = world.file(MONDAY)
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    ticket = _act(world, engineer, "take_ticket", ticket)
    assert (ticket.state, ticket.assignee_name) == (State.IN_PROGRESS, engineer.name)
    ticket = _act(world, engineer, "reply", ticket, body="We reproduce it.")
    with as_system(world):
        clock = Clock.objects.get(ticket=ticket)
        reply = Event.objects.get(kind="replied")
    assert (clock.status, clock.met_at, ticket.due_at) == ("met", ticket.updated_at, None)
    assert reply.data["clocks"] == [{"target": "response", "status": "met", "at": reply.at.isoformat()}]
    ticket = _act(
        world,
        engineer,
        "resolve_ticket",
        ticket,
        resolution_type="workaround",
        body="Import again.",
        expected_version=ticket.version,
    )
    ticket = _act(world, contact, "close_ticket", ticket, expected_version=ticket.public_version)
    assert ticket.state == State.CLOSED
    assert _kinds(world, ticket) == ["filed", "taken", "replied", "resolved", "closed"]


def test_a_private_note_meets_nothing_and_leaves_no_trace_for_the_customer(world):
    ticket = world.file(MONDAY)
    contact = world.customers[0].contact
    before = (ticket.public_version, ticket.public_updated_at)
    ticket = _act(world, world.staff["engineer"], "add_note", ticket, body="PRIV-1")
    assert (ticket.public_version, ticket.public_updated_at) == before
    with acting_as(contact):
        assert Comment.objects.count() == 0
        assert list(Event.objects.values_list("kind", flat=True)) == ["filed"]
    with as_system(world):
        assert Clock.objects.get(ticket=ticket).status == "running"


def test_a_customer_cannot_write_notes_take_or_change_the_severity(world):
    ticket = world.file(MONDAY)
    contact = world.customers[0].contact
    before = _counts(world)
    with pytest.raises(Forbidden):
        _act(world, contact, "add_note", ticket, body="x")
    with pytest.raises(Forbidden):
        _act(world, contact, "take_ticket", ticket)
    assert _counts(world) == before


def test_the_second_to_take_is_told_who_has_it(world):
    ticket = world.file(MONDAY)
    _act(world, world.staff["engineer"], "take_ticket", ticket)
    with pytest.raises(Refused) as refusal:
        _act(world, world.staff["second"], "take_ticket", ticket)
    assert (refusal.value.code, refusal.value.params) == (
        "already_taken",
        {"assignee": world.staff["engineer"].name},
    )


def test_asking_waits_and_the_answer_resumes(world):
    ticket = world.file(MONDAY)
    ticket = _act(world, world.staff["engineer"], "request_information", ticket, body="Which release?")
    assert ticket.state == State.WAITING_CUSTOMER
    ticket = _act(world, world.customers[0].contact, "reply", ticket, body="HOPEX 6")
    assert ticket.state == State.IN_PROGRESS
    assert _kinds(world, ticket) == ["filed", "information_requested", "answered"]


def test_a_severity_change_counts_again_from_the_filing(world):
    ticket = world.file(MONDAY, severity="minor")
    assert ticket.due_at == paris("2026-05-07 00:00")
    ticket = _act(
        world,
        world.staff["engineer"],
        "change_severity",
        ticket,
        severity="critical",
        reason_code="impact_reassessed",
        reason="All users are concerned.",
        expected_version=ticket.version,
    )
    assert ticket.due_at == paris("2026-05-05 13:00")


def test_a_stale_edit_is_refused_with_what_changed_and_a_reply_is_not_a_change(world):
    ticket = world.file(MONDAY)
    engineer, second = world.staff["engineer"], world.staff["second"]
    opened_on = ticket.version
    ticket = _act(world, engineer, "reply", ticket, body="Hello")
    opened_after_reply = ticket.version
    _act(world, engineer, "add_note", ticket, body="note")
    change = {"severity": "minor", "reason_code": "impact_reassessed", "reason": "x"}
    _act(world, engineer, "change_severity", ticket, expected_version=opened_after_reply, **change)
    with pytest.raises(Stale) as refusal:
        _act(
            world,
            second,
            "resolve_ticket",
            ticket,
            resolution_type="workaround",
            body="y",
            expected_version=opened_on,
        )
    assert [item.kind for item in refusal.value.changes] == ["replied", "severity_changed"]


def test_a_strangers_ticket_does_not_exist(world):
    ticket = world.file(MONDAY)
    with pytest.raises(NotFound):
        _act(world, world.customers[1].contact, "reply", ticket, body="Hello?")
    with acting_as(world.customers[1].contact):
        assert Ticket.objects.count() == 0


def test_only_the_proxy_can_move_a_ticket(world):
    ticket = world.file(MONDAY)
    with as_system(world):
        plain = Ticket.objects.get(pk=ticket.pk)
    assert not hasattr(plain, "resolve")
    with pytest.raises(AttributeError):
        plain.state = State.CLOSED


def test_filing_arguments_of_the_world_are_complete(world):
    assert filing(world.customers[0])["contract_id"] == world.customers[0].contract.id
