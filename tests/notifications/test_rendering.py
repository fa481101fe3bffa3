"""The words of a message: language, both time zones, and nothing that breaks out of a header."""

from datetime import timedelta

import pytest

from accounts.models import Membership, User
from accounts.tenancy import acting_as
from contracts.selectors import terms_of
from lifecycle import contests
from lifecycle.timers import sweep
from notifications.models import Delivery
from notifications.relay import relay
from notifications.rendering import _HEADLINES, render
from tests.lifecycle.scenes import DUE, MONDAY, do, journal
from tests.worlds import World, as_system
from tickets.events import Kind
from tickets.models import Event, Ticket

SENT = MONDAY + timedelta(days=60)
NASTY = "Empty\r\nBcc: victim@example.com\r\n\r\n<script>\u2028x\u2029\x0bé\t=1+1"


def _reader(world: World, who: str, **user) -> Membership:
    """A person with another language or time zone."""
    actor = (world.staff | world.customers[0].people)[who]
    User.objects.filter(pk=actor.user_id).update(**user)
    return Membership.objects.select_related("user").get(pk=actor.membership_id)


def _rendered(world: World, ticket: Ticket, who: str, **user):
    with as_system(world):
        event = Event.objects.filter(ticket=ticket).select_related("comment").latest("seq")
        return render(event, Ticket.objects.get(pk=ticket.pk), _reader(world, who, **user))


def test_a_confirmation_says_by_when_an_answer_is_due_in_the_readers_language(world):
    ticket = world.file(MONDAY)
    english = _rendered(world, ticket, "contact", language="en")
    french = _rendered(world, ticket, "contact", language="fr")
    assert english.subject == "[MEGA-1001] Case MEGA-1001 was filed — Reports stay empty after the import"
    assert french.subject.startswith("[MEGA-1001] ")
    assert "was filed" not in french.subject
    for rendered, words in ((english, "Tue 5 May 2026"), (french, "5 mai 2026")):
        assert words in rendered.body
        assert "13:00" in rendered.body
        assert "/MEGA-1001/" in rendered.body
    assert "Contact A" in english.body.splitlines()[0]
    assert "Critique" in french.body
    assert "Critical" in english.body


def test_a_due_time_is_told_in_the_readers_zone_and_in_the_contracts(world):
    ticket = world.file(MONDAY)
    at_home = _rendered(world, ticket, "contact", time_zone="Europe/Paris")
    assert "Europe/Paris" in at_home.body
    assert at_home.body.count("Europe/Paris") == 1
    abroad = _rendered(world, ticket, "contact", time_zone="America/New_York")
    due = next(line for line in abroad.body.splitlines() if "Europe/Paris" in line)
    assert "07:00" in due
    assert "America/New_York" in due
    assert "13:00" in due


def test_midnight_is_told_as_the_end_of_the_day(world):
    ticket = world.file(MONDAY, severity="moderate")
    assert "Tue 5 May 2026, 24:00" in _rendered(world, ticket, "contact", language="en").body


def test_only_the_contracts_own_midnight_closes_a_day(world):
    """Midnight on another clock is the start of a day there, and no end (R1)."""
    moderate = world.file(MONDAY, severity="moderate")
    abroad = _rendered(world, moderate, "contact", language="en", time_zone="America/New_York").body
    assert "Tue 5 May 2026, 24:00 (Europe/Paris) = Tue 5 May 2026, 18:00 (America/New_York)" in abroad
    neighbour = _rendered(world, moderate, "contact", language="en", time_zone="Europe/Brussels").body
    assert "Europe/Brussels" not in neighbour
    critical = world.file(MONDAY)
    east = _rendered(world, critical, "contact", language="en", time_zone="Asia/Magadan").body
    assert "Tue 5 May 2026, 13:00 (Europe/Paris) = Tue 5 May 2026, 22:00 (Asia/Magadan)" in east
    midnight = _rendered(world, critical, "contact", language="en", time_zone="Pacific/Fiji").body
    assert "= Tue 5 May 2026, 23:00 (Pacific/Fiji)" in midnight
    dateline = _rendered(world, critical, "contact", language="en", time_zone="Pacific/Tongatapu").body
    assert "= Wed 6 May 2026, 00:00 (Pacific/Tongatapu)" in dateline


def test_a_severity_change_tells_old_new_and_why(world):
    ticket = world.file(MONDAY)
    ticket = do(world, world.staff["engineer"], "severity", ticket, reason="One user only.")
    body = _rendered(world, ticket, "contact", language="en").body
    assert "Critical → Minor" in body
    assert "One user only." in body
    assert "Critique → Mineur" in _rendered(world, ticket, "contact", language="fr").body


def test_words_of_a_message_are_quoted_line_by_line(world):
    ticket = do(world, world.staff["engineer"], "reply", world.file(MONDAY), body="First\n\nFrom: me\n.\nLast")
    assert "> First\n> \n> From: me\n> .\n> Last" in _rendered(world, ticket, "contact").body


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_kind_of_event_can_be_told(world, language):
    """A whole life, told in both languages: no message fails and none is empty."""
    people = world.staff | world.customers[0].people
    ticket = world.file(MONDAY)
    sweep(at=DUE - timedelta(minutes=1))
    sweep(at=DUE + timedelta(seconds=1))
    with as_system(world):
        ticket = Ticket.objects.get(pk=ticket.pk)
    for who, act in (
        ("engineer", "take"),
        ("contact", "reply"),
        ("engineer", "assign"),
        ("second", "note"),
        ("second", "ask"),
        ("contact", "reply"),
        ("second", "call"),
        ("second", "reply"),
        ("second", "severity"),
        ("second", "resolve"),
        ("contact", "reopen"),
        ("second", "resolve"),
        ("contact", "close"),
    ):
        ticket = do(world, people[who], act, ticket)
    with as_system(world):
        reader = _reader(world, "manager", language=language)
        told = {event.kind: render(event, ticket, reader) for event in Event.objects.select_related("comment")}
    assert len(told) == 15
    for kind, rendered in told.items():
        assert rendered.subject.startswith("[MEGA-1001] "), kind
        assert len(rendered.body.splitlines()) >= 5, kind
        assert "%(" not in rendered.subject + rendered.body, kind


def test_nothing_that_people_type_becomes_a_header(world, mails):
    with as_system(world):
        everybody = Membership.objects.filter(provider_id=world.provider.id)
        everybody.update(display_name="Ada\r\nBcc: victim@example.com\nX-Evil: 1")
    ticket = world.file(MONDAY, title=NASTY, description=NASTY)
    ticket = do(world, world.staff["engineer"], "reply", ticket, body=NASTY)
    do(world, world.staff["engineer"], "severity", ticket, reason=NASTY)
    relay(at=SENT)
    found = mails()
    assert len(found) == 6
    for message in found:
        assert sorted(message.keys()) == [
            "Auto-Submitted",
            "Content-Transfer-Encoding",
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To",
        ]
        assert "victim" not in message["To"]
        assert "\n" not in message["Subject"]
        assert message.get_content_type() == "text/plain"
    with as_system(world):
        assert not Delivery.objects.filter(channel="mail", sent_at__isnull=True).exists()


def test_a_subject_has_a_measure(world):
    ticket = world.file(MONDAY, title="é" * 160)
    rendered = _rendered(world, ticket, "contact")
    assert len(rendered.subject) <= 300
    assert rendered.subject.endswith("é" * 160)
    assert journal(world, ticket)[0].data["title"] == "é" * 160


def test_an_exclusion_and_a_contest_are_told_with_their_words(world):
    ticket = world.file(MONDAY)
    manager, contact = world.staff["manager"], world.customers[0].contact
    reason = terms_of(world.customers[0].contract).exclusion_reasons[0]
    told = {"reference": ticket.reference, "at": MONDAY}
    with acting_as(manager):
        contests.exclude_ticket(actor=manager, reason_code=reason.code, evidence="The line was down.", **told)
    excluded = _rendered(world, ticket, "contact", language="en")
    assert "Case MEGA-1001 is out of the service-level figures" in excluded.subject
    assert f"Reason: {reason.label.en}" in excluded.body
    assert "Evidence: The line was down." in excluded.body
    with acting_as(contact):
        wanted = contests.Proposal("exclusion", journal(world, ticket)[-1].id)
        contests.contest(actor=contact, proposal=wanted, reason="It was up.", **told)
    contested = _rendered(world, ticket, "manager", language="fr")
    assert "Contact A conteste" in contested.subject
    assert "> It was up." in contested.body


def test_every_kind_has_a_headline():
    assert set(_HEADLINES) == set(Kind)
