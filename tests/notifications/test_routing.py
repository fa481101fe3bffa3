"""Who hears of what: each kind of event, and nobody who may not read it."""

from datetime import timedelta

import pytest

from accounts.models import Membership, User
from accounts.tenancy import acting_as
from lifecycle.timers import sweep
from notifications.models import Delivery, OutboxEntry
from notifications.relay import relay
from notifications.routing import ROUTES, People
from tests.accounts.populated import partner
from tests.lifecycle.scenes import DUE, MONDAY, bring_to, do, journal
from tests.worlds import World, as_system, build_world, membership_of
from tickets.events import Kind
from tickets.models import Event, Ticket
from tickets.states import State

SENT = MONDAY + timedelta(days=60)
ENGINEERS = {"Engineer MEGA", "Second MEGA"}


def _told(world: World, ticket: Ticket, kind: str) -> dict[str, set[str]]:
    """Name → channels of those who were told of the last event of ``kind``."""
    relay(at=SENT)
    with as_system(world):
        event = Event.objects.filter(ticket=ticket, kind=kind).latest("seq")
        found: dict[str, set[str]] = {}
        for row in Delivery.objects.filter(event=event).select_related("recipient"):
            found.setdefault(row.recipient.display_name, set()).add(row.channel)
        return found


BOTH, HERE = {"mail", "in_app"}, {"in_app"}


def test_every_kind_of_event_has_a_route():
    assert ROUTES.keys() == set(Kind)


def test_a_filing_reaches_the_engineers_and_is_confirmed_to_its_author(world):
    ticket = world.file(MONDAY, by=world.customers[0].people["colleague"], severity="moderate")
    assert _told(world, ticket, "filed") == dict.fromkeys(ENGINEERS, BOTH) | {"Colleague A": {"mail"}}


def test_a_critical_filing_reaches_the_levels_of_the_escalation_too(world):
    """Engineers are a level too: each is told once by each channel (HOP-5)."""
    ticket = do(world, world.staff["second"], "take", world.file(MONDAY))
    told = dict.fromkeys(ENGINEERS | {"Manager MEGA"}, BOTH) | {"Contact A": {"mail"}}
    assert _told(world, ticket, "filed") == told


def test_a_plan_reaches_the_contact_and_a_day_without_word_those_whom_the_terms_name(world):
    ticket = do(world, world.staff["second"], "plan", do(world, world.staff["engineer"], "take", world.file(MONDAY)))
    assert _told(world, ticket, "action_plan") == {"Contact A": BOTH, "Engineer MEGA": HERE}
    do(world, world.staff["second"], "note", ticket, at=DUE + timedelta(days=1))
    assert _told(world, ticket, "duty_missed") == {"Engineer MEGA": BOTH, "Manager MEGA": BOTH}


@pytest.mark.parametrize(
    ("road", "who", "act", "kind", "told"),
    [
        ((), "engineer", "take", "taken", {"Contact A": BOTH}),
        ((), "engineer", "assign", "assigned", {"Second MEGA": BOTH, "Contact A": HERE}),
        ((), "engineer", "reply", "replied", {"Contact A": BOTH}),
        (("take",), "second", "reply", "replied", {"Contact A": BOTH, "Engineer MEGA": HERE}),
        (("take",), "second", "note", "noted", {"Engineer MEGA": HERE}),
        ((), "second", "note", "noted", {}),
        (("take",), "second", "ask", "information_requested", {"Contact A": BOTH, "Engineer MEGA": HERE}),
        (("ask",), "contact", "reply", "answered", dict.fromkeys(ENGINEERS, BOTH)),
        (("take", "ask"), "contact", "reply", "answered", {"Engineer MEGA": BOTH}),
        (("take",), "colleague", "reply", "commented", {"Engineer MEGA": BOTH, "Contact A": HERE}),
        ((), "engineer", "call", "call_logged", {"Contact A": BOTH}),
        (("take",), "second", "resolve", "resolved", {"Contact A": BOTH, "Engineer MEGA": HERE}),
        (("take", "resolve"), "contact", "reopen", "reopened", {"Engineer MEGA": BOTH}),
        (("take", "resolve"), "engineer", "reopen", "reopened", {"Contact A": HERE}),
        (("take", "resolve"), "colleague", "close", "closed", {"Contact A": HERE, "Engineer MEGA": HERE}),
        (("take",), "second", "severity", "severity_changed", {"Contact A": BOTH, "Engineer MEGA": BOTH}),
    ],
)
def test_an_act_reaches_those_whom_it_concerns_and_not_its_doer(world, road, who, act, kind, told):
    people = world.staff | world.customers[0].people
    ticket = world.file(MONDAY)
    for step in road:
        ticket = do(world, people["engineer"], step, ticket)
    ticket = do(world, people[who], act, ticket)
    assert _told(world, ticket, kind) == told


def test_alerts_reach_those_whom_the_terms_name(world):
    unheld, held = world.file(MONDAY), do(world, world.staff["second"], "take", world.file(MONDAY))
    sweep(at=DUE - timedelta(minutes=1))
    sweep(at=DUE + timedelta(seconds=1))
    everybody = dict.fromkeys(ENGINEERS, BOTH)
    assert _told(world, unheld, "clock_approaching") == everybody
    assert _told(world, held, "clock_approaching") == everybody
    bosses = {"Manager MEGA": BOTH, "Account_Manager MEGA": BOTH}
    assert _told(world, unheld, "clock_breached") == everybody | bosses
    assert _told(world, held, "clock_breached") == {"Second MEGA": BOTH} | bosses


def test_no_private_event_ever_reaches_a_customer(world):
    """Even where the author of the ticket holds every audience."""
    helper = partner(world, "partner", (0,))
    ticket = do(world, world.staff["engineer"], "take", world.file(MONDAY))
    ticket = do(world, world.staff["second"], "note", ticket, body="PRIV-7")
    sweep(at=DUE - timedelta(minutes=1))
    relay(at=SENT)
    with as_system(world):
        private = Event.objects.filter(visibility="private")
        assert private.count() == 2
        assert Delivery.objects.filter(event__in=private).exists()
        outside = Membership.objects.exclude(customer__isnull=True).values("pk")
        assert not Delivery.objects.filter(event__in=private, recipient__in=outside).exists()
        assert not Delivery.objects.filter(recipient_id=helper.membership_id).exists()
        assert not Delivery.objects.filter(body_text__contains="PRIV-7", recipient__in=outside).exists()
        people = People.of_provider(world.provider.id)
        contact = people.by_id[world.customers[0].contact.membership_id]
        for event in Event.objects.all():
            assert people.may_read(contact, event) == (event.visibility == "public"), event.kind


def test_who_may_read_an_event(world):
    other = build_world("octipas", "Octipas", "OCTI")
    granted, newcomer = partner(world, "partner", (0,)), partner(world, "newcomer", ())
    event = journal(world, world.file(MONDAY))[0]
    with as_system(world):
        people = People.of_provider(world.provider.id)
        readers = {person.display_name for person in people.by_id.values() if people.may_read(person, event)}
        staff = {"Engineer MEGA", "Second MEGA", "Manager MEGA", "Account_Manager MEGA", "Auditor MEGA"}
        staff.add("Administrator MEGA")
        assert readers == staff | {"Contact A", "Colleague A", "Viewer A", "Partner"}
        assert other.staff["engineer"].membership_id not in people.by_id
        assert newcomer.membership_id in people.by_id
        one = People.one(granted.membership_id)
        assert one.may_read(one.by_id[granted.membership_id], event)


def test_somebody_who_has_left_is_told_nothing(world):
    with as_system(world):
        Membership.objects.filter(pk=world.staff["second"].membership_id).update(is_active=False)
    User.objects.filter(pk=world.staff["engineer"].user_id).update(is_active=False)
    ticket = world.file(MONDAY, severity="moderate")
    assert _told(world, ticket, "filed") == {"Contact A": {"mail"}}
    with as_system(world):
        assert OutboxEntry.objects.get().routed_at == SENT


def test_the_engineers_hear_of_an_answer_when_the_one_who_has_the_ticket_has_left(world):
    ticket = do(world, world.staff["manager"], "take", world.file(MONDAY))
    ticket = do(world, world.customers[0].contact, "reply", ticket)
    with as_system(world):
        Membership.objects.filter(pk=world.staff["manager"].membership_id).update(is_active=False)
    assert _told(world, ticket, "commented") == dict.fromkeys(ENGINEERS, BOTH)
    sweep(at=DUE + timedelta(seconds=1))
    told = _told(world, ticket, "clock_breached")
    assert told == dict.fromkeys(ENGINEERS | {"Account_Manager MEGA"}, BOTH)


def test_the_people_of_one_provider_are_those_of_no_other(world):
    other = build_world("octipas", "Octipas", "OCTI")
    mine, theirs = bring_to(world, State.CLOSED), bring_to(other, State.CLOSED)
    relay(at=SENT)
    for owner, ticket in ((world, mine), (other, theirs)):
        with as_system(owner):
            rows = list(Delivery.objects.select_related("recipient"))
        assert {row.ticket_id for row in rows} == {ticket.pk}
        assert {row.recipient.provider_id for row in rows} == {owner.provider.id}
        addresses = {row.recipient_id for row in rows}
        with as_system(owner):
            assert {membership_of(actor).pk for actor in owner.staff.values()} & addresses
    with acting_as(world.customers[1].contact):
        assert not Delivery.objects.exists()
