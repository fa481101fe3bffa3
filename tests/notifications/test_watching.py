"""Who watches a ticket hears what the contact or the one in charge hears, and nothing that he may not read."""

from datetime import timedelta

import pytest

from accounts.errors import Forbidden, Invalid, NotFound, Refused
from accounts.models import Membership
from accounts.tenancy import Actor, acting_as
from contracts.models import ContractContact
from lifecycle.timers import sweep
from notifications import watching
from notifications.models import Delivery, Watcher
from notifications.relay import relay
from tests.accounts.populated import partner
from tests.lifecycle.scenes import DUE, MONDAY, do
from tests.worlds import World, as_system
from tickets.models import Event, Ticket

SENT = MONDAY + timedelta(days=20)
BOTH, HERE = {"mail", "in_app"}, {"in_app"}


def watch(ticket: Ticket, *people: Actor, by: Actor | None = None) -> None:
    for person in people:
        actor = by or person
        with acting_as(actor):
            watching.add(actor=actor, at=MONDAY, reference=ticket.reference, membership_id=person.person)


def told(world: World, ticket: Ticket, kind: str, because: str = "watching") -> dict[str, set[str]]:
    """Name → channels of those who were told of the last event of ``kind`` for that reason."""
    relay(at=SENT)
    with as_system(world):
        event = Event.objects.filter(ticket=ticket, kind=kind).latest("seq")
        found: dict[str, set[str]] = {}
        for row in Delivery.objects.filter(event=event, because=because).select_related("recipient"):
            found.setdefault(row.recipient.display_name, set()).add(row.channel)
        return found


@pytest.fixture
def watched(world: World) -> Ticket:
    """A ticket that the engineer has, and that a colleague of each side and the manager watch."""
    ticket = do(world, world.staff["engineer"], "take", world.file(MONDAY))
    watch(ticket, world.customers[0].people["colleague"], world.staff["second"])
    return ticket


HEARD = (
    ("engineer", "reply", "replied", {"Colleague A": BOTH, "Second MEGA": HERE}),
    ("engineer", "note", "noted", {"Second MEGA": HERE}),
    ("second", "note", "noted", {}),
    ("contact", "reply", "commented", {"Colleague A": HERE, "Second MEGA": BOTH}),
    ("colleague", "reply", "commented", {"Second MEGA": BOTH}),
    ("engineer", "call", "call_logged", {"Colleague A": BOTH, "Second MEGA": HERE}),
    ("engineer", "severity", "severity_changed", {"Colleague A": BOTH, "Second MEGA": BOTH}),
    ("engineer", "ask", "information_requested", {"Colleague A": BOTH, "Second MEGA": HERE}),
    ("contact", "reply", "answered", {"Colleague A": HERE, "Second MEGA": BOTH}),
    ("engineer", "resolve", "resolved", {"Colleague A": BOTH, "Second MEGA": HERE}),
    ("contact", "close", "closed", {"Colleague A": HERE, "Second MEGA": HERE}),
)


def test_watchers_hear_what_the_contact_or_the_one_in_charge_hears(world, watched):
    people, ticket = world.staff | world.customers[0].people, watched
    for who, act, kind, expected in HEARD:
        ticket = do(world, people[who], act, ticket)
        assert told(world, ticket, kind) == expected, (who, act)


def test_nobody_hears_twice_of_one_event(world, watched):
    watch(watched, world.staff["engineer"], world.customers[0].contact)
    do(world, world.staff["manager"], "reply", watched)
    assert told(world, watched, "replied") == {"Colleague A": BOTH, "Second MEGA": HERE}
    assert told(world, watched, "replied", because="") == {"Contact A": BOTH, "Engineer MEGA": HERE}


def test_of_alerts_only_the_breach_is_told_and_to_staff_only(world, watched):
    sweep(at=DUE - timedelta(minutes=1))
    sweep(at=DUE + timedelta(seconds=1))
    assert told(world, watched, "clock_approaching") == {}
    assert told(world, watched, "clock_breached") == {"Second MEGA": BOTH}


def test_a_watcher_reads_why_he_has_the_mail_and_where_to_stop_it(world, watched, mails):
    do(world, world.staff["engineer"], "reply", watched)
    relay(at=SENT)
    bodies = {mail["To"]: mail.get_content() for mail in mails() if "Engineer MEGA replied" in mail["Subject"]}
    assert "because you watch this Case" in bodies["colleague.a@mega.example"]
    assert "/settings/" in bodies["colleague.a@mega.example"]
    assert "because you watch" not in bodies["contact.a@mega.example"]


# Rights ---------------------------------------------------------------------------------------------------------------
def _leave(world: World, actor: Actor) -> None:
    Membership.objects.filter(pk=actor.membership_id).update(is_active=False)


def _no_longer_named(world: World, actor: Actor) -> None:
    ContractContact.objects.filter(membership_id=actor.membership_id).update(replaced_on=MONDAY.date())


def _removed(world: World, actor: Actor) -> None:
    Watcher.objects.filter(membership_id=actor.membership_id).delete()


def _viewer(world: World, actor: Actor) -> None:
    Membership.objects.filter(pk=actor.membership_id).update(role="viewer")


@pytest.mark.parametrize("loses", [_leave, _no_longer_named, _removed, _viewer])
def test_a_watcher_who_lost_his_right_gets_nothing_also_where_the_mail_was_already_made(world, watched, mails, loses):
    colleague = world.customers[0].people["colleague"]
    do(world, world.staff["engineer"], "reply", watched)
    with as_system(world):
        # The mail server is away: what is made waits.
        Delivery.objects.all().delete()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notifications.relay._send_one", lambda *_: False)
        relay(at=SENT)
    with as_system(world):
        assert Delivery.objects.filter(recipient_id=colleague.person, channel="mail", sent_at__isnull=True).exists()
        loses(world, colleague)
    relay(at=SENT)
    assert "colleague.a@mega.example" not in {mail["To"] for mail in mails()}
    do(world, world.staff["engineer"], "reply", watched, at=MONDAY + timedelta(days=1))
    assert "Colleague A" not in told(world, watched, "replied")


def test_what_happened_before_somebody_watched_is_not_told_to_him(world):
    ticket = do(world, world.staff["engineer"], "reply", world.file(MONDAY))
    second = world.staff["second"]
    with acting_as(second):
        late = MONDAY + timedelta(hours=1)
        watching.add(actor=second, at=late, reference=ticket.reference, membership_id=second.person)
    assert told(world, ticket, "replied") == {}


def test_a_private_note_never_reaches_a_watching_contact(world, watched, mails):
    do(world, world.staff["engineer"], "note", watched, body="PRIV-7 @Second MEGA")
    relay(at=SENT)
    with as_system(world):
        noted = Event.objects.get(ticket=watched, kind="noted")
        outside = Membership.objects.exclude(customer__isnull=True).values("pk")
        assert Delivery.objects.filter(event=noted).exists()
        assert not Delivery.objects.filter(event=noted, recipient__in=outside).exists()
        assert not Delivery.objects.filter(body_text__contains="PRIV-7", recipient__in=outside).exists()
    staff = {"second@mega.example", "engineer@mega.example"}
    assert {mail["To"] for mail in mails() if "PRIV-7" in mail.get_content()} <= staff


def test_whoever_wants_no_mails_of_what_he_watches_keeps_all_others(world, watched):
    colleague, contact = world.customers[0].people["colleague"], world.customers[0].contact
    watch(watched, contact)
    for actor in (colleague, contact):
        with acting_as(actor):
            assert watching.has_mails(actor)
            watching.choose_mails(actor=actor, at=MONDAY, wanted=False)
            assert not watching.has_mails(actor)
    do(world, world.staff["engineer"], "reply", watched)
    assert told(world, watched, "replied") == {"Colleague A": HERE, "Second MEGA": HERE}
    assert told(world, watched, "replied", because="") == {"Contact A": BOTH}
    with acting_as(colleague):
        watching.choose_mails(actor=colleague, at=MONDAY, wanted=True)
        assert watching.has_mails(colleague)


# Who may be added -----------------------------------------------------------------------------------------------------
def test_each_side_adds_its_own_people_and_nobody_else(world):
    ticket, other = world.file(MONDAY), world.file(MONDAY, of=1)
    engineer, first, second = world.staff["engineer"], world.customers[0], world.customers[1]
    watch(ticket, world.staff["manager"], by=engineer)
    watch(ticket, first.people["colleague"], by=first.contact)
    for by, person in (
        (engineer, first.contact),
        (engineer, world.staff["auditor"]),
        (first.contact, engineer),
        (first.contact, first.people["viewer"]),
        (first.contact, second.contact),
    ):
        with acting_as(by), pytest.raises(Invalid):
            watching.add(actor=by, at=MONDAY, reference=ticket.reference, membership_id=person.person)
    with acting_as(first.contact), pytest.raises(NotFound):
        told = {"actor": first.contact, "reference": other.reference, "membership_id": first.contact.person}
        watching.add(**told, at=MONDAY)
    for who in (world.staff["auditor"], first.people["viewer"], partner(world, "partner", (0,))):
        with acting_as(who), pytest.raises(Forbidden):
            watching.add(actor=who, at=MONDAY, reference=ticket.reference, membership_id=who.person)
    with as_system(world):
        rows = {(row.membership.display_name, row.added_by_name, row.visibility) for row in Watcher.objects.all()}
    assert rows == {("Manager MEGA", "Engineer MEGA", "private"), ("Colleague A", "Contact A", "public")}


def test_a_contact_whom_the_contract_no_longer_names_is_told_why_he_cannot_watch(world):
    ticket, contact = world.file(MONDAY), world.customers[0].contact
    with as_system(world):
        _no_longer_named(world, contact)
    with acting_as(contact), pytest.raises(Refused) as refused:
        watching.add(actor=contact, at=MONDAY, reference=ticket.reference, membership_id=contact.person)
    assert refused.value.code == "not_a_contact"


def test_customers_know_of_their_own_watchers_only(world, watched):
    with acting_as(world.customers[0].contact):
        names = [row.membership.display_name for row in watching.watchers(world.customers[0].contact, watched)]
    assert names == ["Colleague A"]
    with acting_as(world.customers[1].contact):
        assert not Watcher.objects.exists()
    with acting_as(world.staff["auditor"]):
        assert len(watching.watchers(world.staff["auditor"], watched)) == 2


def test_who_may_remove_whom(world, watched):
    contact, colleague = world.customers[0].contact, world.customers[0].people["colleague"]
    told = {"reference": watched.reference}
    with acting_as(contact), pytest.raises(Forbidden):
        watching.remove(actor=contact, **told, membership_id=colleague.person)
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        with pytest.raises(Forbidden):
            watching.remove(actor=engineer, **told, membership_id=colleague.person)
        watching.remove(actor=engineer, **told, membership_id=world.staff["second"].person)
    with acting_as(colleague):
        watching.remove(actor=colleague, **told, membership_id=colleague.person)
        watching.remove(actor=colleague, **told, membership_id=colleague.person)
        assert not Watcher.objects.exists()


def test_to_watch_twice_is_to_watch_once_and_there_is_an_end_to_how_many(world, watched, monkeypatch):
    second, engineer = world.staff["second"], world.staff["engineer"]
    watch(watched, second, second)
    monkeypatch.setattr(watching, "MOST_WATCHERS", 2)
    with acting_as(engineer), pytest.raises(Refused):
        watching.add(actor=engineer, at=MONDAY, reference=watched.reference, membership_id=engineer.person)
    with as_system(world):
        assert Watcher.objects.count() == 2


def test_watching_is_no_act_on_the_ticket(world, watched):
    with as_system(world):
        now = Ticket.objects.get(pk=watched.pk)
        assert (now.version, now.updated_at) == (watched.version, watched.updated_at)
        assert Event.objects.filter(ticket=watched).count() == 2
