"""Days that a calendar gains: carried to the clocks that run, told before, and never to one that has ended (R19)."""

from datetime import datetime
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.models import Provider
from accounts.tenancy import Actor, acting_as
from contracts.amendments import announce_days
from contracts.models import CalendarChange, Contract, ContractCalendarChange
from contracts.publishing import DATA, publish_terms
from contracts.selectors import calendar_changes, effective, history
from contracts.terms import load_terms
from lifecycle import calendars, pipeline
from lifecycle.calendars import add_closure
from notifications.models import OutboxEntry
from slas import clocks
from slas.amendments import (
    counts_on,
    open_tickets,
    preview_amendment,
    preview_days,
    tickets_to_recompute,
    with_journal,
)
from slas.models import Clock
from tests.lifecycle.scenes import do, journal, kinds
from tests.worlds import STAFF, START, World, as_system, build_world, organisation, paris, person
from tickets.events import Kind
from tickets.models import Ticket

FILED = paris("2026-05-04 08:05")
DUE = paris("2026-05-05 13:00")
ANNOUNCED = paris("2026-05-04 10:00")
MOVED = paris("2026-05-06 13:00")
CLOSED = {"calendar": "fr", "reference": "N-7", "closures": [{"start": "2026-05-05", "end": "2026-05-05"}]}
LATER_DAY = {"calendar": "fr", "reference": "N-8", "days_off": ["2026-05-20"]}


@pytest.fixture
def world(worker_db: None) -> World:
    """As the worker, who alone may ask which providers there are."""
    return build_world()


def announce(world: World, days: dict[str, Any] | None = None, at: datetime = ANNOUNCED, **given: Any) -> Any:
    manager = world.staff["manager"]
    if "contract_id" not in given:
        given["terms_code"] = given.get("terms_code", "hopex-saas")
    with acting_as(manager):
        told = {"name": "Works on the building", "days": days or CLOSED, "late_reason": "The lift fell."}
        return add_closure(actor=manager, at=at, **told | given)


def clock(world: World, ticket: Ticket) -> Clock:
    with as_system(world):
        return Clock.objects.get(ticket=ticket, target="response")


def agrees(world: World) -> None:
    """The stored rows are what the journal gives."""
    with as_system(world):
        for ticket, events in with_journal(Ticket.objects.order_by("number")):
            assert clocks.differences(ticket, events, list(ticket.clocks.all())) == []


# What it does ---------------------------------------------------------------------------------------------------------
def test_running_clocks_are_computed_again_and_each_change_is_in_the_history(world):
    ticket = world.file(FILED)
    change = announce(world)
    assert clock(world, ticket).due_at == DUE
    assert calendars.recompute(at=ANNOUNCED) == 1
    assert clock(world, ticket).due_at == MOVED
    event = journal(world, ticket)[-1]
    assert (event.kind, event.visibility, event.at) == (Kind.CALENDAR_CHANGED, "public", ANNOUNCED)
    assert event.data["recomputed"] == [
        {
            "target": "response",
            "status": "running",
            "due_before": "2026-05-05T11:00:00+00:00",
            "due_after": "2026-05-06T11:00:00+00:00",
        }
    ]
    assert (event.data["change"], event.data["name"]) == (str(change.id), "Works on the building")
    assert event.data["by"] == world.staff["manager"].name
    with as_system(world):
        ticket.refresh_from_db()
        assert ticket.due_at == MOVED
        assert OutboxEntry.objects.filter(event=event).count() == 1
    agrees(world)


def test_a_second_run_writes_nothing_and_neither_does_a_second_call(world):
    ticket = world.file(FILED)
    change = announce(world)
    assert (calendars.recompute(at=ANNOUNCED), calendars.recompute(at=ANNOUNCED)) == (1, 0)
    with as_system(world):
        assert pipeline.recompute([ticket.id], change, ANNOUNCED) == 0
    assert kinds(world, ticket).count(Kind.CALENDAR_CHANGED) == 1
    agrees(world)


def test_a_deadline_that_stays_is_recorded_but_told_to_nobody(world):
    ticket = world.file(FILED)
    announce(world, LATER_DAY)
    assert calendars.recompute(at=ANNOUNCED) == 1
    event = journal(world, ticket)[-1]
    assert (event.kind, clock(world, ticket).due_at) == (Kind.CALENDAR_CHANGED, DUE)
    with as_system(world):
        assert not OutboxEntry.objects.filter(event=event).exists()


def test_days_recorded_without_effect_count_when_the_severity_changes_later(world):
    """Minor runs longer: it meets the day that did not touch the figure it had when the day was announced."""
    ticket = world.file(FILED)
    announce(world, {"calendar": "fr", "reference": "N-9", "days_off": ["2026-05-06"]})
    calendars.recompute(at=ANNOUNCED)
    assert clock(world, ticket).due_at == DUE
    do(world, world.staff["engineer"], "severity", ticket_of(world, ticket), at=paris("2026-05-04 11:00"))
    # Two business days from the 4th: the 5th, then, over a holiday on the 8th and two more days, the 7th.
    assert clock(world, ticket).due_at == paris("2026-05-08 00:00")
    agrees(world)


def ticket_of(world: World, ticket: Ticket) -> Ticket:
    with as_system(world):
        return Ticket.objects.get(pk=ticket.pk)


def test_what_has_ended_is_never_touched(world):
    met, breached, closed = (world.file(FILED) for _ in range(3))
    do(world, world.staff["engineer"], "reply", met, at=paris("2026-05-04 09:00"))
    for act in ("reply", "resolve", "close"):
        closed = do(world, world.staff["engineer"], act, ticket_of(world, closed))
    before, told = kinds(world, closed), kinds(world, met)
    late = paris("2026-05-05 14:00")
    announce(world, at=late, days=CLOSED)
    calendars.recompute(at=late)
    assert kinds(world, closed) == before
    # The response stays as it was met; word of every business day is owed on other days (HOP-5).
    assert kinds(world, met) == [*told, Kind.CALENDAR_CHANGED]
    assert journal(world, met)[-1].data["recomputed"] == []
    # What is late counts again under another severity (R18), so its journal has the days; what it says stays.
    event = journal(world, breached)[-1]
    assert (event.kind, event.data["targets"], event.data["recomputed"]) == (Kind.CALENDAR_CHANGED, ["response"], [])
    row = clock(world, breached)
    assert (row.status, row.due_at, clock(world, met).due_at) == ("breached", DUE, DUE)
    agrees(world)


def test_what_fell_due_before_is_a_breach_although_the_sweep_had_not_seen_it(world):
    ticket = world.file(FILED)
    change = announce(world, at=paris("2026-05-05 12:00"))
    with as_system(world):
        assert pipeline.recompute([ticket.id], change, paris("2026-05-05 13:30")) == 1
    assert kinds(world, ticket)[-2:] == [Kind.CLOCK_BREACHED, Kind.CALENDAR_CHANGED]
    assert (clock(world, ticket).status, clock(world, ticket).due_at) == ("breached", DUE)
    agrees(world)


def test_a_ticket_filed_afterwards_has_the_days_from_its_filing(world):
    announce(world)
    ticket = world.file(paris("2026-05-04 11:00"))
    assert ticket.details["overrides"] == {"calendars": [CLOSED]}
    assert clock(world, ticket).due_at == MOVED
    assert calendars.recompute(at=paris("2026-05-04 12:00")) == 0
    assert kinds(world, ticket) == [Kind.FILED]


def test_a_change_for_one_contract_reaches_its_tickets_alone(world):
    mine, other = world.file(FILED), world.file(FILED, of=1)
    contract = world.customers[0].contract
    announce(world, contract_id=contract.id)
    assert calendars.recompute(at=ANNOUNCED) == 1
    assert (clock(world, mine).due_at, clock(world, other).due_at) == (MOVED, DUE)
    with acting_as(world.customers[0].contact) as _:
        assert [row.days for row in calendar_changes(world.customers[0].contact, contract)] == [CLOSED]
        assert history(world.customers[0].contact, contract)[0].kind == "calendar_changed"
        assert effective(contract, ANNOUNCED).overrides == {"calendars": [CLOSED]}
        assert effective(contract, FILED).overrides == {}
    with as_system(world):
        assert effective(world.customers[1].contract, ANNOUNCED).overrides == {}


def test_other_providers_with_the_same_terms_are_not_concerned(world):
    elsewhere = build_world("octipas", "Octipas", "OCTI")
    theirs = elsewhere.file(FILED)
    announce(world)
    assert calendars.recompute(at=ANNOUNCED) == 0
    assert clock(elsewhere, theirs).due_at == DUE


def test_many_tickets_are_done_in_batches(world):
    tickets = [world.file(FILED) for _ in range(5)]
    announce(world)
    assert calendars.recompute(at=ANNOUNCED, batch=2) == 5
    assert {clock(world, ticket).due_at for ticket in tickets} == {MOVED}


def test_a_ticket_that_cannot_be_folded_stops_no_other(world, caplog):
    broken, sound = world.file(FILED), world.file(FILED)
    with as_system(world):
        Ticket.objects.filter(pk=broken.pk).update(details={"overrides": {"figures": "nonsense"}})
    announce(world)
    assert calendars.recompute(at=ANNOUNCED) == 1
    assert (clock(world, broken).due_at, clock(world, sound).due_at) == (DUE, MOVED)
    assert str(broken.id) in caplog.text


# Announcing -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["engineer", "auditor"])
def test_only_some_of_the_provider_announce(world, who):
    actor = world.staff[who]
    with acting_as(actor), pytest.raises(Forbidden):
        announce_days(actor=actor, at=ANNOUNCED, name="No", days=CLOSED, terms_code="hopex-saas")


def test_a_customer_does_not_announce(world):
    actor = world.customers[0].contact
    with acting_as(actor), pytest.raises(Forbidden):
        announce_days(actor=actor, at=ANNOUNCED, name="No", days=CLOSED, contract_id=world.customers[0].contract.id)


def test_the_database_takes_days_for_everybody_from_the_provider_only(world):
    """Whatever the code above it does: a customer reads when support is closed, and does not say so."""
    announce(world)
    contact = world.customers[0].contact
    with acting_as(contact):
        row = CalendarChange.objects.get()
        forged = CalendarChange(
            provider_id=row.provider_id,
            terms_code=row.terms_code,
            name="For ever closed",
            days=row.days,
            last_day=row.last_day,
            decided_by_id=contact.membership_id,
            decided_by_name=contact.name,
            at=row.at,
        )
        with pytest.raises(ProgrammingError) as refusal, transaction.atomic():
            forged.save(force_insert=True)
        assert refusal.value.__cause__.sqlstate == "42501"


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"calendar": "fr", "reference": "N-1", "days_off": ["2026-05-03"]}, "days"),
        ({"calendar": "fr", "reference": "N-1"}, "days"),
        ({"calendar": "nowhere", "reference": "N-1", "days_off": ["2026-05-20"]}, "days"),
        ({"calendar": "fr", "reference": "N-1", "weekly": {"mon": ["09:00-18:00"]}}, "days"),
        ({"calendar": "fr", "days_off": ["2026-05-20"]}, "days"),
        ({"calendar": "fr", "reference": "N-1", "days_off": "2026-05-20"}, "days"),
    ],
)
def test_days_that_do_not_fit_are_refused(world, days, field):
    with pytest.raises(Invalid) as refusal:
        announce(world, days)
    assert refusal.value.errors.keys() == {field}
    with as_system(world):
        assert not CalendarChange.objects.exists() and not ContractCalendarChange.objects.exists()


def test_a_change_needs_a_name_is_announced_once_and_for_terms_that_exist(world):
    manager = world.staff["manager"]
    with acting_as(manager), pytest.raises(Invalid) as refusal:
        announce_days(actor=manager, at=ANNOUNCED, name=" ", days=CLOSED, terms_code="hopex-saas")
    assert refusal.value.errors.keys() == {"name"}
    announce(world)
    with pytest.raises(Refused) as again:
        announce(world)
    assert again.value.code == "days_already_announced"
    with pytest.raises(NotFound):
        announce(world, terms_code="unknown")


# Told before ----------------------------------------------------------------------------------------------------------
def test_the_preview_of_days_is_what_then_happens(world):
    running, met, other = (world.file(FILED) for _ in range(3))
    do(world, world.staff["engineer"], "reply", met, at=paris("2026-05-04 09:00"))
    with as_system(world):
        lines = {line.reference: line for line in preview_days(open_tickets(world.provider.id), CLOSED, ANNOUNCED)}
    assert (lines[running.reference].due_before, lines[running.reference].due_after) == (DUE, MOVED)
    assert lines[running.reference].is_touched and lines[running.reference].moves
    assert lines[running.reference].clause == "R19"
    assert not lines[met.reference].is_touched and "has ended" in lines[met.reference].why
    announce(world)
    calendars.recompute(at=ANNOUNCED)
    for ticket in (running, met, other):
        assert clock(world, ticket).due_at == lines[ticket.reference].due_after


def test_the_preview_of_days_says_why_a_clock_stays(world):
    ticket = world.file(FILED)
    with as_system(world):
        (outside,) = preview_days(open_tickets(world.provider.id, terms_code="hopex-saas"), LATER_DAY, ANNOUNCED)
        other = {"calendar": "availability", "reference": "N-2", "days_off": ["2026-05-05"]}
        codes = {calendar.code for calendar in clocks.terms_of(ticket).calendars}
        (elsewhere,) = preview_days(
            open_tickets(world.provider.id), other | {"calendar": (codes - {"fr"}).pop()}, ANNOUNCED
        )
    assert outside.is_touched and not outside.moves and "outside" in outside.why
    assert not elsewhere.is_touched and "another calendar" in elsewhere.why


def test_the_preview_of_an_amendment_says_that_running_clocks_stay_and_what_a_new_ticket_would_have(world):
    ticket = world.file(FILED)
    figure = {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "A-1"}
    with as_system(world):
        rows = open_tickets(world.provider.id, contract_id=world.customers[0].contract.id)
        (line,) = preview_amendment(rows, ANNOUNCED, overrides={"figures": [figure]})
        (same,) = preview_amendment(rows, ANNOUNCED)
        assert preview_amendment(open_tickets(world.provider.id, terms_code="octipas"), ANNOUNCED) == []
    assert (line.due_before, line.due_after, line.would_be_due_at) == (DUE, DUE, paris("2026-05-05 11:00"))
    assert not line.is_touched and not line.moves and line.clause == "R16"
    assert line.why == f"It started under hopex-saas {world.terms.version} and runs on under that version."
    assert same.would_be_due_at == DUE
    assert line.reference == ticket.reference


def test_a_draft_without_the_target_says_nothing_of_its_clocks(world):
    world.file(FILED)
    with as_system(world):
        (line,) = preview_amendment(open_tickets(world.provider.id), ANNOUNCED, terms=load_terms(DATA / "octipas.yaml"))
    assert line.would_be_due_at is None and line.due_after == DUE


def test_tickets_are_found_by_what_runs_on_the_calendar(world):
    ticket = world.file(FILED)
    change = announce(world)
    with as_system(world):
        assert tickets_to_recompute(change) == [ticket.id]
    availability = {"calendar": "availability", "reference": "N-3", "days_off": ["2026-05-20"]}
    with as_system(world):
        codes = {calendar.code for calendar in clocks.terms_of(ticket).calendars} - {"fr"}
    other = announce(world, availability | {"calendar": codes.pop()})
    with as_system(world):
        assert tickets_to_recompute(other) == []


# Other targets and calendars ------------------------------------------------------------------------------------------
@pytest.fixture
def pausing(worker_db: None) -> World:
    """Octipas with waiting deducted, by agreement with its customer (R13)."""
    terms, _ = publish_terms(DATA / "octipas.yaml", at=START, provider=("chaps", "Chaps", "CHAPS"))
    with acting_as(Actor.system(terms.provider_id)):
        provider = Provider.objects.get(pk=terms.provider_id)
        staff = {key: person(provider, f"{key}@chaps.example", role, key.title()) for key, role in STAFF.items()}
        made = organisation(provider, terms, "a", "Customer A")
        Contract.objects.filter(pk=made.contract.pk).update(overrides={"pausing": True})
    return World(provider, terms, staff, [made])


def test_a_clock_that_waits_follows_the_days_once_it_runs_again(pausing):
    ticket = pausing.file(FILED, severity="blocking", details={"symptoms": "Nothing opens", "steps": "Open anything"})
    engineer, contact = pausing.staff["engineer"], pausing.customers[0].contact
    do(pausing, engineer, "ask", ticket, at=paris("2026-05-04 17:00"))
    calendar = clocks.terms_of(ticket).target_terms("resolution").calendar
    announce(pausing, CLOSED | {"calendar": calendar}, at=paris("2026-05-04 17:30"), terms_code="octipas")
    assert calendars.recompute(at=paris("2026-05-04 17:30")) == 1
    event = journal(pausing, ticket)[-1]
    (told,) = event.data["recomputed"]
    assert (told["target"], told["status"]) == ("resolution", "paused")
    assert (told["due_before"], told["due_after"]) == (None, None)
    do(pausing, contact, "reply", ticket_of(pausing, ticket), at=paris("2026-05-06 09:00"))
    with as_system(pausing):
        row = Clock.objects.get(ticket=ticket, target="resolution")
    # Eight of twenty-four hours passed on Monday; Tuesday is closed; nine on Wednesday leave seven for Thursday.
    assert row.due_at == paris("2026-05-07 16:00")
    agrees(pausing)


def test_a_target_counts_on_the_calendars_with_which_its_own_is_also_open(draft):
    def change(document: dict[str, Any]) -> None:
        first = document["calendars"][0]
        second = first | {"code": "night", "label": {"en": "Night hours", "fr": "Horaires de nuit"}}
        document["calendars"].append(second)
        first["also_open"] = ["night"]

    terms = load_terms(draft(change))
    own = terms.target_terms("response").calendar
    other = next(row.code for row in terms.calendars if row.code not in (own, "night"))
    assert [counts_on(terms, "response", code) for code in (own, "night", other)] == [True, True, False]
