"""What each act records, and forms that are out of date."""

from datetime import UTC, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from accounts.errors import Invalid, NotFound, Refused, Stale
from accounts.models import Membership
from accounts.tenancy import acting_as
from tests.accounts.populated import partner, upload
from tests.lifecycle.scenes import (
    DUE,
    MONDAY,
    SERVICES,
    Snapshot,
    arguments,
    bring_to,
    clock,
    do,
    journal,
    kinds,
    told,
)
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Attachment, Ticket
from tickets.selectors import conversation, timeline
from tickets.states import State


def _refuses(world: World, why: type[Exception], actor, act: str, ticket: Ticket, **given):
    before = Snapshot.of(world)
    with pytest.raises(why) as refusal, transaction.atomic():
        do(world, actor, act, ticket, **given)
    assert Snapshot.of(world) == before
    return refusal.value


def _data(world: World, ticket: Ticket) -> dict:
    return told(journal(world, ticket)[-1])


# What an act records --------------------------------------------------------------------------------------------------
def test_taking_and_assigning_tell_who_has_it(world):
    engineer, second = world.staff["engineer"], world.staff["second"]
    ticket = do(world, engineer, "take", world.file(MONDAY))
    assert (ticket.assignee_id, ticket.assignee_name) == (engineer.membership_id, engineer.name)
    assert _data(world, ticket)["assignee"] == {"old": "", "new": engineer.name}
    ticket = do(world, engineer, "assign", ticket)
    assert (ticket.assignee_id, ticket.assignee_name) == (second.membership_id, second.name)
    assert _data(world, ticket) == {"assignee": {"old": engineer.name, "new": second.name}}
    assert _refuses(world, Refused, engineer, "assign", ticket).code == "same_assignee"


def test_a_ticket_goes_only_to_active_people_of_the_desk(world):
    ticket = world.file(MONDAY)
    stranger = build_world("octipas", "Octipas", "OCTI").staff["engineer"]
    with as_system(world):
        Membership.objects.filter(pk=world.staff["manager"].membership_id).update(is_active=False)
    others = [world.staff[name].membership_id for name in ("manager", "auditor", "account_manager")]
    others += [world.customers[0].contact.membership_id, stranger.membership_id, uuid4()]
    messages = {
        str(_refuses(world, Invalid, world.staff["engineer"], "assign", ticket, assignee_id=other).errors)
        for other in others
    }
    assert len(messages) == 1
    assert "assignee" in messages.pop()


def test_resolving_and_reopening_keep_the_type_and_the_instant(world):
    ticket = bring_to(world, State.RESOLVED)
    assert (ticket.resolution_type, ticket.resolved_at) == ("workaround", ticket.updated_at)
    assert _data(world, ticket) == {
        "resolution_type": "workaround",
        "state": {"old": "in_progress", "new": "resolved"},
        "contract_state": {"old": "in_progress", "new": "resolved"},
        "step": "resolve",
    }
    ticket = do(world, world.customers[0].contact, "reopen", ticket)
    assert (ticket.state, ticket.resolution_type, ticket.resolved_at) == ("in_progress", "", None)
    assert _data(world, ticket) == {
        "resolution_type": {"old": "workaround", "new": ""},
        "state": {"old": "resolved", "new": "in_progress"},
        "contract_state": {"old": "resolved", "new": "in_progress"},
        "step": "reopen",
    }
    ticket = do(world, world.staff["second"], "resolve", ticket, resolution_type="correction")
    ticket = do(world, world.staff["second"], "close", ticket)
    assert (ticket.state, ticket.closed_at, ticket.resolution_type) == ("closed", ticket.updated_at, "correction")
    moved = {"old": "resolved", "new": "closed"}
    assert _data(world, ticket) == {"state": moved, "contract_state": moved, "step": "close"}


def test_a_resolution_is_of_a_type_of_the_contract(world):
    ticket = bring_to(world, State.IN_PROGRESS)
    refusal = _refuses(world, Invalid, world.staff["engineer"], "resolve", ticket, resolution_type="magic")
    assert refusal.errors.keys() == {"resolution_type"}


def test_a_severity_change_tells_old_new_and_why(world):
    engineer = world.staff["engineer"]
    ticket = world.file(MONDAY)
    ticket = do(
        world,
        engineer,
        "severity",
        ticket,
        severity="no_access",
        severity_kind="platform_down",
        reason_code="impact_grew",
        reason="Nobody\r\ngets in",
    )
    assert (ticket.severity, ticket.severity_kind) == ("no_access", "platform_down")
    assert _data(world, ticket) == {
        "severity": {"old": "critical", "old_kind": "", "new": "no_access", "kind": "platform_down"},
        "reason_code": "impact_grew",
        "reason": "Nobody\ngets in",
    }
    assert (ticket.due_at, clock(world, ticket).due_at) == (paris("2026-05-05 10:00"), paris("2026-05-05 10:00"))
    same = {"severity": "no_access", "severity_kind": "platform_down"}
    assert _refuses(world, Refused, engineer, "severity", ticket, **same).code == "same_severity"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"severity": "catastrophic"}, "severity"),
        ({"severity": "no_access"}, "severity_kind"),
        ({"reason_code": "whim"}, "reason_code"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": "\x00"}, "reason"),
    ],
)
def test_a_severity_change_needs_a_reason_of_the_contract(world, given, field):
    refusal = _refuses(world, Invalid, world.staff["engineer"], "severity", world.file(MONDAY), **given)
    assert refusal.errors.keys() == {field}


def test_a_message_has_words_that_can_be_kept(world):
    ticket = world.file(MONDAY)
    for act in ("reply", "note", "ask", "call"):
        for body in ("", " \n\t ", "x" * 50_001, "a\x00b", "\ud800"):
            refusal = _refuses(world, Invalid, world.staff["engineer"], act, ticket, body=body)
            assert refusal.errors.keys() == {"body"}, (act, body[:9])


# Stale forms ----------------------------------------------------------------------------------------------------------
def test_an_edit_says_what_it_was_opened_on(world):
    working, resolved = bring_to(world, State.IN_PROGRESS), bring_to(world, State.RESOLVED)
    for act in ("assign", "resolve", "severity", "reopen", "close"):
        ticket = resolved if act in ("reopen", "close") else working
        for version in (None, -1, ticket.version + 1):
            refusal = _refuses(world, Invalid, world.staff["engineer"], act, ticket, expected_version=version)
            assert refusal.errors.keys() == {"expected_version"}, (act, version)


def test_of_two_editors_the_second_is_told_what_the_first_changed(world):
    first, second = world.staff["engineer"], world.staff["second"]
    opened = bring_to(world, State.IN_PROGRESS)
    do(world, first, "severity", opened)
    for act in ("assign", "resolve"):
        stale = _refuses(world, Stale, second, act, opened, expected_version=opened.version)
        (change,) = stale.changes
        assert (change.kind, change.actor_name, change.actor_side) == ("severity_changed", first.name, "provider")
        assert change.data["severity"]["new"] == "minor"


def test_words_said_meanwhile_do_not_make_a_form_stale(world):
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    opened = bring_to(world, State.IN_PROGRESS)
    do(world, contact, "reply", opened)
    do(world, engineer, "note", opened)
    do(world, engineer, "call", opened)
    after = do(world, world.staff["second"], "assign", opened, expected_version=opened.version)
    assert after.assignee_name == "Second MEGA"


def test_a_customers_form_counts_what_the_customer_can_see(world):
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    opened = bring_to(world, State.RESOLVED)
    for _ in range(3):
        do(world, engineer, "note", opened)
    assert opened.version + 3 == len(journal(world, opened))
    refusal = _refuses(world, Invalid, contact, "close", opened, expected_version=opened.public_version + 1)
    assert refusal.errors.keys() == {"expected_version"}
    closed = do(world, contact, "close", opened, expected_version=opened.public_version)
    assert closed.state == State.CLOSED


def test_a_customers_stale_form_is_told_public_changes_only(world):
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    opened = bring_to(world, State.RESOLVED)
    do(world, engineer, "note", opened)
    again = do(world, engineer, "reopen", opened)
    again = do(world, engineer, "resolve", again)
    stale = _refuses(world, Stale, contact, "close", again, expected_version=opened.public_version)
    assert [change.kind for change in stale.changes] == ["reopened", "resolved"]
    again = do(world, contact, "reopen", again)
    stale = _refuses(world, Stale, engineer, "resolve", again, expected_version=again.version - 1)
    assert [(change.kind, change.actor_side) for change in stale.changes] == [("reopened", "customer")]


# Who can reach a ticket at all ----------------------------------------------------------------------------------------
def test_a_ticket_of_others_looks_like_one_that_does_not_exist(world):
    ticket = bring_to(world, State.IN_PROGRESS)
    other = build_world("octipas", "Octipas", "OCTI")
    strangers = [world.customers[1].contact, other.staff["engineer"], other.customers[0].contact]
    strangers += [partner(world, "partner", (1,)), other.system]
    for act in SERVICES:
        for stranger in strangers:
            refusal = _refuses(world, NotFound, stranger, act, ticket)
            assert (refusal.code, refusal.message, refusal.params) == ("not_found", "", {})
    with acting_as(world.staff["engineer"]), pytest.raises(NotFound):
        form = arguments(world, "reply")
        SERVICES["reply"](actor=world.staff["engineer"], at=MONDAY, reference="MEGA-9999", **form)


# Private and public ---------------------------------------------------------------------------------------------------
def test_a_file_is_seen_by_those_who_see_its_message(world):
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    ticket = world.file(MONDAY)
    do(world, engineer, "note", ticket, attachment_ids=[upload(engineer, "private.log").id])
    do(world, engineer, "reply", ticket, attachment_ids=[upload(engineer, "public.log").id])
    do(world, engineer, "ask", ticket, attachment_ids=[upload(engineer, "question.log").id])
    ticket = do(world, contact, "reply", ticket, attachment_ids=[upload(contact, "answer.log").id])

    def names(actor) -> list[str]:
        with acting_as(actor):
            return [file.filename for row in conversation(actor, ticket) for file in row.attachments.all()]

    assert names(engineer) == ["private.log", "public.log", "question.log", "answer.log"]
    assert names(contact) == ["public.log", "question.log", "answer.log"]
    with acting_as(contact):
        assert not Attachment.objects.filter(filename="private.log").exists()


def test_a_file_of_somebody_else_is_not_bound(world):
    ticket = world.file(MONDAY)
    foreign = upload(world.staff["second"])
    for act in ("reply", "note", "ask"):
        refusal = _refuses(world, Invalid, world.staff["engineer"], act, ticket, attachment_ids=[foreign.id])
        assert refusal.errors.keys() == {"files"}


def test_both_sides_read_the_same_history_but_for_what_is_private(world):
    engineer, contact = world.staff["engineer"], world.customers[0].contact
    ticket = world.file(MONDAY)
    for actor, act in ((engineer, "take"), (engineer, "note"), (engineer, "ask"), (contact, "reply")):
        ticket = do(world, actor, act, ticket)
    with acting_as(engineer):
        provider_side = [event.kind for event in timeline(engineer, ticket)]
    with acting_as(contact):
        customer_side = [event.kind for event in timeline(contact, ticket)]
    assert provider_side == ["filed", "taken", "noted", "information_requested", "answered"]
    assert customer_side == ["filed", "taken", "information_requested", "answered"]


# Acts and clocks ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("act", ["reply", "ask", "call"])
def test_a_persons_contact_meets_the_response_and_the_event_says_so(world, act):
    ticket = do(world, world.staff["engineer"], act, world.file(MONDAY), at=DUE)
    row = clock(world, ticket)
    assert (row.status, row.met_at, row.breached_at, row.next_action_at, ticket.due_at) == (
        "met",
        DUE,
        None,
        None,
        None,
    )
    assert _data(world, ticket)["clocks"] == [
        {"target": "response", "status": "met", "at": DUE.astimezone(UTC).isoformat()}
    ]
    again = do(world, world.staff["engineer"], "reply", ticket)
    assert "clocks" not in _data(world, again)
    assert clock(world, again).met_at == DUE


@pytest.mark.parametrize("act", ["take", "assign", "note", "severity"])
def test_nothing_else_meets_the_response(world, act):
    ticket = do(world, world.staff["engineer"], act, world.file(MONDAY))
    assert clock(world, ticket).status == "running"
    assert "clocks" not in _data(world, ticket)


def test_the_customers_own_words_meet_nothing(world):
    ticket = do(world, world.customers[0].people["colleague"], "reply", world.file(MONDAY))
    assert clock(world, ticket).status == "running"


def test_a_late_contact_is_told_as_late_after_the_breach(world):
    late = DUE + timedelta(seconds=1)
    ticket = do(world, world.staff["engineer"], "reply", world.file(MONDAY), at=late)
    assert kinds(world, ticket) == ["filed", "clock_approaching", "clock_breached", "replied"]
    row = clock(world, ticket)
    assert (row.status, row.breached_at, row.met_at, ticket.due_at) == ("breached", DUE, late, None)
    told = {"target": "response", "status": "breached", "at": late.astimezone(UTC).isoformat()}
    assert _data(world, ticket)["clocks"] == [told]


@pytest.mark.parametrize("who", ["contact", "engineer"])
def test_an_act_after_the_due_instant_finds_the_breach_written_before_it(world, who):
    """The sweep has not run; even a customer, who cannot see the warning, does not overtake it."""
    actor = world.customers[0].contact if who == "contact" else world.staff["engineer"]
    act = "reply" if who == "contact" else "note"
    late = DUE + timedelta(hours=2)
    ticket = do(world, actor, act, world.file(MONDAY), at=late)
    events = journal(world, ticket)
    last = "commented" if who == "contact" else "noted"
    assert [event.kind for event in events] == ["filed", "clock_approaching", "clock_breached", last]
    breach = events[2]
    assert (breach.at, breach.recorded_at, breach.visibility) == (DUE, late, "public")
    assert (breach.actor_id, breach.actor_side) == (None, "system")
    assert (ticket.version, ticket.public_version) == (4, 3 if who == "contact" else 2)
    assert ticket.public_updated_at == late
    again = do(world, actor, act, ticket)
    assert kinds(world, again).count("clock_breached") == kinds(world, again).count("clock_approaching") == 1
