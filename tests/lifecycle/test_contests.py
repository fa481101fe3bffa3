"""Exclusions and contests: what both sides agree on corrects the clocks, and nothing of the past is rewritten."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.errors import Forbidden, Invalid, NotFound, Refused, Stale
from accounts.models import Provider
from accounts.tenancy import Actor, acting_as
from contracts.models import Contract
from contracts.publishing import DATA, publish_terms
from lifecycle import contests, services
from lifecycle.contests import Proposal
from slas import clocks
from slas.models import Clock
from tests.lifecycle.scenes import journal, kinds
from tests.worlds import STAFF, START, World, as_system, build_world, organisation, paris, person
from tickets.models import Event, Ticket

FILED = paris("2026-05-04 10:00")
ASKED = paris("2026-05-04 11:00")
ANSWERED = paris("2026-05-05 11:00")
LATER = paris("2026-05-05 16:00")


@pytest.fixture
def world(db) -> Iterator[World]:
    made = build_world()
    yield made
    _rows_agree_with_the_journal(made)


@pytest.fixture
def pausing(db) -> Iterator[World]:
    """Octipas with waiting deducted, by agreement with the first customer (R13)."""
    terms, _ = publish_terms(DATA / "octipas.yaml", at=START, provider=("chaps", "Chaps", "CHAPS"))
    with acting_as(Actor.system(terms.provider_id)):
        provider = Provider.objects.get(pk=terms.provider_id)
        staff = {key: person(provider, f"{key}@chaps.example", role, key.title()) for key, role in STAFF.items()}
        made = [organisation(provider, terms, key, f"Customer {key}") for key in "ab"]
        Contract.objects.filter(pk=made[0].contract.pk).update(overrides={"pausing": True})
    world = World(provider, terms, staff, made)
    yield world
    _rows_agree_with_the_journal(world)


def _octipas(world: World, of: int = 0) -> Ticket:
    details = {"symptoms": "Nothing opens", "steps": "Open anything"}
    ticket = world.file(FILED, of=of, severity="blocking", details=details)
    _as(world.staff["engineer"], services.take_ticket, ticket, FILED)
    return ticket


def _waited(world: World) -> tuple[Ticket, Event]:
    """A ticket that waited a day for its customer, and the question that began it."""
    ticket = _octipas(world)
    _as(world.staff["engineer"], services.request_information, ticket, ASKED, body="Which browser?")
    _as(world.customers[0].contact, services.reply, ticket, ANSWERED, body="Every browser.")
    return ticket, next(event for event in journal(world, ticket) if event.kind == "information_requested")


def _as(actor: Actor, act: Any, ticket: Ticket, at: datetime, **given: Any) -> Ticket:
    with acting_as(actor):
        found: Ticket = act(actor=actor, at=at, reference=ticket.reference, **given)
        return found


def _contest(world: World, ticket: Ticket, proposal: Proposal, by: Actor | None = None, at: datetime = LATER) -> UUID:
    actor = by or world.customers[0].contact
    _as(actor, contests.contest, ticket, at, proposal=proposal, reason="We had answered by telephone.")
    return journal(world, ticket)[-1].id


def _clock(world: World, ticket: Ticket, target: str) -> Clock:
    with as_system(world):
        return Clock.objects.get(ticket=ticket, target=target)


def _rows_agree_with_the_journal(world: World) -> None:
    with as_system(world):
        for ticket in Ticket.objects.all():
            events = list(Event.objects.filter(ticket=ticket).order_by("seq"))
            assert clocks.differences(ticket, events, Clock.objects.filter(ticket=ticket)) == []


def test_a_pause_taken_out_by_agreement_is_counted_from_then_on(pausing):
    ticket, asked = _waited(pausing)
    assert _clock(pausing, ticket, "resolution").due_at == paris("2026-05-07 16:00")
    contest_id = _contest(pausing, ticket, Proposal("pause", asked.id))
    assert _clock(pausing, ticket, "resolution").due_at == paris("2026-05-07 16:00")

    _as(pausing.staff["manager"], contests.accept_contest, ticket, LATER, contest_id=contest_id)
    assert _clock(pausing, ticket, "resolution").due_at == paris("2026-05-06 16:00")
    told = journal(pausing, ticket)[-1]
    assert told.kind == "contest_accepted"
    figures = told.data["figures"]["resolution"]
    assert figures["before"]["due_at"] == "2026-05-07T14:00:00+00:00"
    assert figures["after"]["due_at"] == "2026-05-06T14:00:00+00:00"


def test_what_the_clock_said_before_the_correction_can_still_be_folded(pausing):
    ticket, asked = _waited(pausing)
    contest_id = _contest(pausing, ticket, Proposal("pause", asked.id))
    _as(pausing.staff["manager"], contests.accept_contest, ticket, LATER, contest_id=contest_id)
    events = journal(pausing, ticket)
    with as_system(pausing):
        ticket.refresh_from_db()
        before = {one.target: one.state for one in clocks.reckon(ticket, events, paris("2026-05-05 15:59"))}
        after = {one.target: one.state for one in clocks.reckon(ticket, events, LATER)}
    assert before["resolution"].due_at == paris("2026-05-07 16:00")
    assert after["resolution"].due_at == paris("2026-05-06 16:00")


def test_a_pause_gets_the_bounds_agreed(pausing):
    ticket, asked = _waited(pausing)
    bounds = Proposal("pause", asked.id, ASKED, paris("2026-05-04 13:00"))
    contest_id = _contest(pausing, ticket, bounds)
    _as(pausing.staff["manager"], contests.accept_contest, ticket, LATER, contest_id=contest_id)
    assert _clock(pausing, ticket, "resolution").due_at == paris("2026-05-06 18:00")
    again = _contest(pausing, ticket, Proposal("pause", asked.id), at=paris("2026-05-05 16:10"))
    _as(pausing.staff["manager"], contests.accept_contest, ticket, paris("2026-05-05 16:20"), contest_id=again)
    assert _clock(pausing, ticket, "resolution").due_at == paris("2026-05-06 16:00")


def test_a_wait_that_nobody_recorded_is_put_in_by_agreement(pausing):
    ticket = _octipas(pausing)
    wait = Proposal("pause", None, paris("2026-05-04 14:00"), paris("2026-05-04 15:30"))
    contest_id = _contest(pausing, ticket, wait, by=pausing.staff["engineer"])
    _as(pausing.customers[0].contact, contests.accept_contest, ticket, LATER, contest_id=contest_id)
    assert _clock(pausing, ticket, "resolution").due_at == paris("2026-05-06 17:30")
    with as_system(pausing):
        ticket.refresh_from_db()
    assert ticket.due_at == paris("2026-05-06 17:30")


def test_a_correction_can_undo_a_breach_and_the_journal_keeps_what_was_told(pausing):
    ticket = _octipas(pausing)
    late = paris("2026-05-06 16:30")
    contest_id = _contest(
        pausing,
        ticket,
        Proposal("pause", None, paris("2026-05-05 09:00"), paris("2026-05-05 18:00")),
        by=pausing.staff["engineer"],
        at=late,
    )
    assert "clock_breached" in kinds(pausing, ticket)
    _as(pausing.customers[0].contact, contests.accept_contest, ticket, late, contest_id=contest_id)
    clock = _clock(pausing, ticket, "resolution")
    assert (clock.status, clock.breached_at, clock.due_at) == ("running", None, paris("2026-05-07 16:00"))
    assert kinds(pausing, ticket).count("clock_breached") == 1
    assert "clock_approaching" in kinds(pausing, ticket)


def test_no_warning_is_told_of_a_time_before_the_correction(pausing):
    ticket, asked = _waited(pausing)
    contest_id = _contest(pausing, ticket, Proposal("pause", asked.id), at=paris("2026-05-06 11:00"))
    before = kinds(pausing, ticket).count("clock_approaching")
    _as(
        pausing.staff["manager"],
        contests.accept_contest,
        ticket,
        paris("2026-05-06 12:00"),
        contest_id=contest_id,
    )
    assert kinds(pausing, ticket).count("clock_approaching") == before == 0
    _as(pausing.staff["engineer"], services.reply, ticket, paris("2026-05-06 16:30"), body="Still on it.")
    told = [event.data["due_at"] for event in journal(pausing, ticket) if event.kind == "clock_breached"]
    assert told == ["2026-05-06T14:00:00+00:00"]


def test_a_severity_is_corrected_from_where_it_was_set(world):
    ticket = world.file(FILED, severity="critical")
    _as(world.staff["engineer"], services.reply, ticket, paris("2026-05-05 15:00"), body="We look.")
    assert _clock(world, ticket, "response").status == "breached"
    filed = journal(world, ticket)[0]
    proposal = Proposal("severity", filed.id, severity="moderate")
    contest_id = _contest(world, ticket, proposal, by=world.staff["engineer"])
    _as(world.customers[0].contact, contests.accept_contest, ticket, LATER, contest_id=contest_id, reason="Agreed.")
    clock = _clock(world, ticket, "response")
    assert (clock.status, clock.severity, clock.met_at) == ("met", "moderate", paris("2026-05-05 15:00"))
    with as_system(world):
        ticket.refresh_from_db()
    assert ticket.severity == "moderate"
    figures = journal(world, ticket)[-1].data["figures"]["response"]
    assert (figures["before"]["status"], figures["after"]["status"]) == ("breached", "met")


def test_what_is_over_is_not_escalated_by_a_correction(world):
    ticket = world.file(FILED, severity="minor")
    for act in (services.reply, services.resolve_ticket, services.close_ticket):
        given = {"resolution_type": "workaround"} if act is services.resolve_ticket else {}
        words = {} if act is services.close_ticket else {"body": "Import it again."}
        versions = {} if act is services.reply else {"expected_version": journal(world, ticket)[-1].seq}
        _as(world.staff["engineer"], act, ticket, paris("2026-05-04 10:00"), **words, **given, **versions)
    proposal = Proposal("severity", journal(world, ticket)[0].id, severity="critical")
    contest_id = _contest(world, ticket, proposal)
    _as(world.staff["manager"], contests.accept_contest, ticket, LATER, contest_id=contest_id)
    told = journal(world, ticket)[-1]
    assert (told.kind, "escalation" in told.data) == ("contest_accepted", False)
    with as_system(world):
        ticket.refresh_from_db()
    assert (ticket.state, ticket.severity) == ("closed", "critical")


def test_an_older_severity_is_corrected_without_touching_the_present_one(world):
    ticket = world.file(FILED, severity="critical")
    _as(
        world.staff["engineer"],
        services.change_severity,
        ticket,
        FILED,
        severity="minor",
        reason_code="impact_reassessed",
        reason="One user.",
        expected_version=1,
    )
    filed = journal(world, ticket)[0]
    contest_id = _contest(world, ticket, Proposal("severity", filed.id, severity="moderate"))
    _as(world.staff["manager"], contests.accept_contest, ticket, LATER, contest_id=contest_id)
    with as_system(world):
        ticket.refresh_from_db()
    assert ticket.severity == "minor"
    with pytest.raises(Refused) as caught:
        _contest(world, ticket, Proposal("severity", filed.id, severity="moderate"), at=paris("2026-05-05 17:00"))
    assert caught.value.code == "same_severity"


def test_an_exclusion_covers_the_clock_and_can_be_taken_back(world):
    ticket = world.file(FILED)
    manager = world.staff["manager"]
    reason = _reason(world)
    _as(manager, contests.exclude_ticket, ticket, ASKED, reason_code=reason, evidence="The firewall was changed.")
    assert _clock(world, ticket, "response").status == "excluded"
    figures = journal(world, ticket)[-1].data["figures"]["response"]
    assert (figures["before"]["status"], figures["after"]["status"]) == ("running", "excluded")
    with pytest.raises(Refused):
        _as(manager, contests.exclude_ticket, ticket, ASKED, reason_code=reason, evidence="Again.")
    _as(manager, contests.reinstate_ticket, ticket, LATER, reason="A mistake.")
    assert _clock(world, ticket, "response").status == "breached"
    with pytest.raises(Refused):
        _as(manager, contests.reinstate_ticket, ticket, LATER, reason="Once more.")


def test_an_exclusion_contested_and_agreed_never_was(world):
    ticket = world.file(FILED)
    manager = world.staff["manager"]
    _as(manager, contests.exclude_ticket, ticket, ASKED, reason_code=_reason(world), evidence="Firewall.")
    excluded = journal(world, ticket)[-1]
    contest_id = _contest(world, ticket, Proposal("exclusion", excluded.id), at=ASKED)
    _as(manager, contests.accept_contest, ticket, ASKED, contest_id=contest_id)
    assert _clock(world, ticket, "response").status == "running"
    with pytest.raises(Refused):
        _contest(world, ticket, Proposal("exclusion", excluded.id))
    _as(manager, contests.exclude_ticket, ticket, LATER, reason_code=_reason(world), evidence="Again the firewall.")
    assert _clock(world, ticket, "response").status == "excluded"


def _reason(world: World) -> str:
    return str(world.terms.document["exclusion_reasons"][0]["code"])


def test_only_a_manager_excludes_and_for_a_reason_of_the_contract(world):
    ticket = world.file(FILED)
    for actor in (world.staff["engineer"], world.customers[0].contact, world.staff["auditor"]):
        with pytest.raises(Forbidden):
            _as(actor, contests.exclude_ticket, ticket, ASKED, reason_code=_reason(world), evidence="Why not.")
    with pytest.raises(Invalid):
        _as(world.staff["manager"], contests.exclude_ticket, ticket, ASKED, reason_code="whim", evidence="Why not.")
    with pytest.raises(Invalid):
        _as(world.staff["manager"], contests.exclude_ticket, ticket, ASKED, reason_code=_reason(world), evidence=" ")


def test_the_other_side_decides_and_once(pausing):
    ticket, asked = _waited(pausing)
    contact, manager = pausing.customers[0].contact, pausing.staff["manager"]
    contest_id = _contest(pausing, ticket, Proposal("pause", asked.id))
    for act, given in ((contests.accept_contest, {}), (contests.decline_contest, {"reason": "No."})):
        with pytest.raises(Refused) as caught:
            _as(contact, act, ticket, LATER, contest_id=contest_id, **given)
        assert caught.value.code == "own_contest"
        with pytest.raises(Forbidden):
            _as(pausing.staff["engineer"], act, ticket, LATER, contest_id=contest_id, **given)
    with pytest.raises(Refused) as caught:
        _as(manager, contests.withdraw_contest, ticket, LATER, contest_id=contest_id)
    assert caught.value.code == "not_your_contest"
    with pytest.raises(Refused) as caught:
        _contest(pausing, ticket, Proposal("pause", asked.id))
    assert caught.value.code == "already_contested"

    _as(manager, contests.decline_contest, ticket, LATER, contest_id=contest_id, reason="Nobody had called.")
    assert _clock(pausing, ticket, "resolution").due_at == paris("2026-05-07 16:00")
    with pytest.raises(Refused) as caught:
        _as(manager, contests.accept_contest, ticket, LATER, contest_id=contest_id)
    assert caught.value.code == "contest_ended"
    again = _contest(pausing, ticket, Proposal("pause", asked.id))
    _as(contact, contests.withdraw_contest, ticket, LATER, contest_id=again)
    states = [one.ended.kind if one.ended else None for one in contests.contests_of(journal(pausing, ticket))]
    assert states == ["contest_declined", "contest_withdrawn"]


def test_an_unknown_contest_is_not_found(pausing):
    ticket, _ = _waited(pausing)
    for act in (contests.accept_contest, contests.withdraw_contest):
        with pytest.raises(NotFound):
            _as(pausing.customers[0].contact, act, ticket, LATER, contest_id=uuid4())


def test_a_strangers_ticket_does_not_exist(pausing):
    ticket, asked = _waited(pausing)
    with pytest.raises(NotFound):
        _contest(pausing, ticket, Proposal("pause", asked.id), by=pausing.customers[1].contact)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-05-04 15:00", "2026-05-04 15:00"),
        ("2026-05-04 15:00", "2026-05-04 14:00"),
        ("2026-05-04 09:59", "2026-05-04 14:00"),
        ("2026-05-04 12:00", "2026-05-05 16:01"),
        ("2026-05-04 12:00", None),
        (None, "2026-05-04 12:00"),
        (None, None),
    ],
)
def test_bounds_that_cannot_be_are_refused(pausing, start, end):
    ticket, _ = _waited(pausing)
    proposal = Proposal("pause", None, paris(start) if start else None, paris(end) if end else None)
    with pytest.raises(Invalid):
        _contest(pausing, ticket, proposal)


def test_what_the_journal_does_not_hold_cannot_be_contested(pausing, world):
    ticket, asked = _waited(pausing)
    filed = journal(pausing, ticket)[0]
    for proposal in (
        Proposal("pause", uuid4()),
        Proposal("pause", filed.id),
        Proposal("severity", asked.id, severity="minor"),
        Proposal("severity", None, severity="minor"),
        Proposal("severity", filed.id, severity="blocking"),
        Proposal("exclusion", asked.id),
        Proposal("exclusion"),
    ):
        with pytest.raises(Refused):
            _contest(pausing, ticket, proposal)
    for proposal in (Proposal("weather", asked.id), Proposal("severity", filed.id, severity="huge")):
        with pytest.raises(Invalid):
            _contest(pausing, ticket, proposal)


def test_where_waiting_pauses_nothing_there_is_no_pause_to_contest(pausing):
    ticket = _octipas(pausing, of=1)
    wait = Proposal("pause", None, FILED, paris("2026-05-04 12:00"))
    with pytest.raises(Refused) as caught:
        _contest(pausing, ticket, wait, by=pausing.customers[1].contact)
    assert (caught.value.code, caught.value.clause) == ("nothing_to_contest", "R13")


def test_a_closed_ticket_can_still_be_contested(world):
    ticket = world.file(FILED)
    engineer = world.staff["engineer"]
    ticket = _as(engineer, services.reply, ticket, paris("2026-05-05 15:00"), body="We look.")
    ticket = _as(
        engineer,
        services.resolve_ticket,
        ticket,
        paris("2026-05-05 15:10"),
        resolution_type="workaround",
        body="Do this.",
        expected_version=services.version_for(engineer, ticket),
    )
    version = services.version_for(engineer, ticket)
    ticket = _as(engineer, services.close_ticket, ticket, paris("2026-05-05 15:20"), expected_version=version)
    contest_id = _contest(world, ticket, Proposal("severity", journal(world, ticket)[0].id, severity="minor"))
    _as(world.staff["manager"], contests.accept_contest, ticket, LATER, contest_id=contest_id)
    assert _clock(world, ticket, "response").status == "met"


def _resolve(world: World, ticket: Ticket, at: datetime) -> Ticket:
    engineer = world.staff["engineer"]
    return _as(
        engineer,
        services.resolve_ticket,
        ticket,
        at,
        resolution_type="correction",
        body="Install this.",
        expected_version=_version(world, ticket, engineer),
    )


def _version(world: World, ticket: Ticket, actor: Actor) -> int:
    with as_system(world):
        return services.version_for(actor, Ticket.objects.get(pk=ticket.pk))


def test_what_was_met_waits_no_more_however_long_the_wait_agreed(pausing):
    ticket = _octipas(pausing)
    _resolve(pausing, ticket, paris("2026-05-04 12:00"))
    wait = Proposal("pause", None, paris("2026-05-04 11:00"), paris("2026-05-04 15:00"))
    contest_id = _contest(pausing, ticket, wait)
    _as(pausing.staff["manager"], contests.accept_contest, ticket, LATER, contest_id=contest_id)
    clock = _clock(pausing, ticket, "resolution")
    assert (clock.status, clock.met_at) == ("met", paris("2026-05-04 12:00"))
    assert clock.due_at == paris("2026-05-06 17:00")


def test_a_workaround_accepted_while_it_waits_leaves_no_pause_open(pausing):
    """Accepted, answered, resolved and reopened: the clock runs on, less the wait up to the acceptance."""
    engineer, contact = pausing.staff["engineer"], pausing.customers[0].contact
    ticket = _octipas(pausing)
    offered = paris("2026-05-04 10:10")
    _as(engineer, services.offer_workaround, ticket, offered, kind="provisional", body="Use the old screen.")
    _as(engineer, services.request_information, ticket, paris("2026-05-04 10:20"), body="Which browser?")
    accepted = {"expected_version": _version(pausing, ticket, contact)}
    _as(contact, services.accept_workaround, ticket, paris("2026-05-04 10:40"), **accepted)
    clock = _clock(pausing, ticket, "resolution")
    assert (clock.status, clock.due_at) == ("met", paris("2026-05-06 16:20"))
    _as(contact, services.reply, ticket, paris("2026-05-04 11:00"), body="Every browser.")
    _resolve(pausing, ticket, paris("2026-05-04 12:00"))
    again = {"expected_version": _version(pausing, ticket, contact), "body": "It is back."}
    _as(contact, services.reopen_ticket, ticket, paris("2026-05-04 14:00"), **again)
    clock = _clock(pausing, ticket, "resolution")
    assert (clock.status, clock.met_at) == ("running", None)
    assert clock.due_at == paris("2026-05-07 10:40")
    assert clock.next_action_at is not None


def test_a_form_opened_before_a_severity_was_agreed_is_stale(world):
    ticket = world.file(FILED)
    engineer = world.staff["engineer"]
    opened_on = _version(world, ticket, engineer)
    proposal = Proposal("severity", journal(world, ticket)[0].id, severity="moderate")
    contest_id = _contest(world, ticket, proposal, by=engineer, at=FILED)
    _as(world.customers[0].contact, contests.accept_contest, ticket, FILED, contest_id=contest_id)
    with pytest.raises(Stale):
        _as(
            engineer,
            services.change_severity,
            ticket,
            ASKED,
            severity="minor",
            reason_code="impact_reassessed",
            reason="One user.",
            expected_version=opened_on,
        )
