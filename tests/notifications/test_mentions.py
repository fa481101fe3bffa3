"""@name in a message of staff: who is meant, who is told, once, and what stays text."""

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from accounts.models import Membership, User
from accounts.tenancy import acting_as
from notifications import watching
from notifications.models import Delivery, Watcher
from notifications.relay import relay
from tests.lifecycle.scenes import MONDAY, do, journal
from tests.worlds import as_system, build_world
from tickets.mentions import MOST_MENTIONS, read
from tickets.models import Comment

SENT = MONDAY + timedelta(days=60)


@dataclass
class Colleague:
    display_name: str
    email: str = ""
    id: UUID = field(default_factory=uuid4)

    @property
    def user(self) -> SimpleNamespace:
        return SimpleNamespace(email=self.email or f"{self.display_name.replace(' ', '.').lower()}@mega.example")


DESK = [
    Colleague("Anna"), Colleague("Anna Martin"), Colleague("Jean-Noël O’Brien"), Colleague("Paul Roux"),
    Colleague("Paul Roux", "paul.roux2@mega.example"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "people", "unknown", "stays"),
    [
        ("@Anna look", ["Anna"], [], True),
        ("Please, @Anna Martin!", ["Anna Martin"], [], True),
        ("(@anna martin), @Anna", ["Anna Martin", "Anna"], [], False),
        ("@Annabel", [], ["Annabel"], True),
        ("@Anna_Martin", [], ["Anna_Martin"], True),
        ("@Jean-Noël O’Brien,", ["Jean-Noël O’Brien"], [], True),
        ("@anna.martin@mega.example please", ["Anna Martin"], [], False),
        ("@anna@mega.example.org", [], ["anna@mega.example.org"], True),
        ("@Paul Roux", [], ["Paul Roux"], True),
        ("@paul.roux2@mega.example", ["Paul Roux"], [], False),
        ("write to anna@Anna Martin or https://x.example/@Anna", [], [], True),
        ("`@Anna` and\n```\n@Anna Martin\n```\n", [], [], True),
        ("``` not closed @Anna", [], [], True),
        ("a lone @ and @@Anna and @", [], [], True),
        ("@Anna @Anna @Nobody @Nobody", ["Anna"], ["Nobody"], True),
    ],
)
def test_what_is_a_mention(text, people, unknown, stays):
    found = read(text, DESK)
    assert [person.display_name for person in found.people] == people
    assert list(found.unknown) == unknown
    assert (found.text == text) == stays


def test_a_name_is_put_where_an_address_or_small_letters_stood():
    assert read("@anna.martin@mega.example, @ANNA.", DESK).text == "@Anna Martin, @Anna."


def test_beyond_the_limit_an_at_is_a_character():
    assert read("@Nobody " * MOST_MENTIONS + "@Anna", DESK).people == ()
    assert read("@Nobody " * (MOST_MENTIONS - 1) + "@Anna", DESK).people == (DESK[0],)


# In the life of a ticket ----------------------------------------------------------------------------------------------
def rows(world, ticket):
    relay(at=SENT)
    relay(at=SENT)
    with as_system(world):
        found = Delivery.objects.filter(ticket=ticket, because="mentioned").select_related("recipient")
        return sorted((row.recipient.display_name, row.channel) for row in found)


@pytest.mark.parametrize("act", ["note", "reply"])
def test_a_colleague_who_is_mentioned_is_told_once_and_watches(world, mails, act):
    ticket = do(world, world.staff["second"], "take", world.file(MONDAY))
    User.objects.filter(pk=world.staff["second"].user_id).update(language="fr")
    body = "@Second MEGA @second@mega.example @Engineer MEGA, which release?"
    do(world, world.staff["engineer"], act, ticket, body=body)
    assert rows(world, ticket) == [("Second MEGA", "in_app"), ("Second MEGA", "mail")]
    told = [mail for mail in mails() if "vous mentionne" in mail["Subject"]]
    assert [(mail["To"], "Engineer MEGA vous mentionne" in mail["Subject"]) for mail in told] == [
        ("second@mega.example", True)
    ]
    assert "> @Second MEGA @Second MEGA @Engineer MEGA, which release?" in told[0].get_content()
    with as_system(world):
        event = journal(world, ticket)[-1]
        second = Delivery.objects.filter(event=event, recipient_id=world.staff["second"].person)
        assert {row.because for row in second} == {"mentioned"} and second.count() == 2
        assert [(row.membership.display_name, row.added_by_name) for row in Watcher.objects.all()] == [
            ("Second MEGA", "Engineer MEGA")
        ]
        assert "mega.example" not in Comment.objects.get(pk=event.comment_id).body


def test_a_mention_comes_by_mail_also_to_whoever_wants_none_of_what_he_watches(world):
    ticket, second = world.file(MONDAY), world.staff["second"]
    with acting_as(second):
        watching.choose_mails(actor=second, at=MONDAY, wanted=False)
    do(world, world.staff["engineer"], "note", ticket, body="@Second MEGA?")
    assert ("Second MEGA", "mail") in rows(world, ticket)


def test_no_contact_can_be_mentioned_and_no_contact_mentions(world):
    ticket, engineer = world.file(MONDAY), world.staff["engineer"]
    do(world, engineer, "note", ticket, body="@Contact A @contact.a@mega.example @Colleague A")
    do(world, world.customers[0].contact, "reply", ticket, body="@Engineer MEGA please")
    assert rows(world, ticket) == []
    assert not any("mentions" in event.data for event in journal(world, ticket))
    with as_system(world):
        assert not Watcher.objects.exists()
        noted = journal(world, ticket)[1]
        assert noted.kind == "noted" and noted.visibility == "private"
        outside = Membership.objects.exclude(customer__isnull=True).values("pk")
        assert not Delivery.objects.filter(event=noted, recipient__in=outside).exists()
        assert Comment.objects.get(pk=noted.comment_id).body == "@Contact A @contact.a@mega.example @Colleague A"


def test_nobody_of_another_provider_or_who_has_left_is_meant(world):
    build_world("octipas", "Octipas", "OCTI")
    ticket, engineer = world.file(MONDAY), world.staff["engineer"]
    with as_system(world):
        Membership.objects.filter(pk=world.staff["second"].membership_id).update(is_active=False)
    do(world, engineer, "note", ticket, body="@Engineer OCTI @Second MEGA @engineer@octipas.example")
    assert rows(world, ticket) == []


def test_an_auditor_is_told_but_watches_nothing(world):
    ticket = world.file(MONDAY)
    do(world, world.staff["engineer"], "note", ticket, body="@Auditor MEGA")
    assert rows(world, ticket) == [("Auditor MEGA", "in_app"), ("Auditor MEGA", "mail")]
    with as_system(world):
        assert not Watcher.objects.exists()
