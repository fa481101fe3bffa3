"""Watching, mentions and who is here, over the pages; and an answer that waits because somebody wrote first."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.tenancy import Actor, acting_as
from contracts.models import ContractContact
from lifecycle import services
from notifications.models import Watcher
from tests.web.reading import form_of, text_of
from tests.web.test_lists import references
from tests.web.test_query_budget import questions
from tests.worlds import World, paris
from tickets.models import Comment, Ticket

FILED = paris("2026-05-04 10:00")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(at=FILED)


@pytest.fixture
def address(ticket: Ticket) -> str:
    return f"/tickets/{ticket.reference}/"


@pytest.fixture
def engineer(world: World, sign_in) -> Client:
    return sign_in(world.staff["engineer"])


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


def say(actor: Actor, ticket: Ticket, service: Any = services.reply, body: str = "Words", minutes: int = 5) -> None:
    with acting_as(actor):
        service(actor=actor, reference=ticket.reference, at=FILED + timedelta(minutes=minutes), body=body)


def watching(world: World) -> set[str]:
    with acting_as(world.system):
        return {row.membership.display_name for row in Watcher.objects.select_related("membership")}


# Watchers -------------------------------------------------------------------------------------------------------------
def test_one_click_watches_and_another_one_stops(world: World, engineer: Client, address: str):
    page = engineer.get(address)
    assert "Nobody watches." in text_of(page)
    answer = engineer.post(f"{address}watch/", form_of(page, f"{address}watch/").filled(watch="on"))
    assert (answer.status_code, answer["Location"]) == (303, f"{address}#ticket-watchers")
    assert watching(world) == {"Engineer MEGA"}
    card = engineer.post(f"{address}watch/", {"watch": "off"}, headers=HTMX)
    assert card.status_code == 200 and 'id="ticket-watchers"' in card.content.decode()
    assert "<html" not in card.content.decode() and watching(world) == set()
    assert engineer.post(f"{address}watch/", {"watch": "perhaps"}).status_code == 400


def test_a_contact_brings_in_colleagues_and_sees_none_of_the_desk(world: World, engineer: Client, contact, address):
    engineer.post(f"{address}watch/", {"watch": "on"})
    page = contact.get(f"{address}watchers/")
    form = form_of(page, "")
    colleague = world.customers[0].people["colleague"]
    assert set(form.offered["membership"]) == {str(colleague.person), str(world.customers[0].contact.person)}
    assert contact.post(f"{address}watchers/", form.filled(membership=str(colleague.person))).status_code == 303
    assert watching(world) == {"Engineer MEGA", "Colleague A"}
    for path in (address, f"{address}watchers/"):
        card = re.search(
            r'id="ticket-watchers".*?</section>|<ul class="list">.*?</ul>', contact.get(path).content.decode(), re.S
        )
        assert card and "Colleague A" in card[0] and "Engineer" not in card[0]
    assert "added by Contact A" in text_of(engineer.get(f"{address}watchers/"))


def test_who_is_not_offered_is_refused_and_nothing_is_written(world: World, contact: Client, address: str):
    strangers = (world.staff["engineer"], world.customers[1].contact, world.customers[0].people["viewer"])
    for key in [*(str(one.person) for one in strangers), "nonsense", "", "\x00"]:
        answer = contact.post(f"{address}watchers/", {"act": "add", "membership": key})
        assert answer.status_code == 422 and "Choose one of those offered." in text_of(answer)
    assert contact.post(f"{address}watchers/", {"act": "sing"}).status_code == 400
    assert watching(world) == set()


def test_readers_see_who_watches_and_change_nothing(world: World, sign_in, address: str):
    for actor in (world.customers[0].people["viewer"], world.staff["auditor"]):
        client = sign_in(actor)
        page = client.get(address)
        assert "Who watches" in text_of(page) and "watch-send" not in page.content.decode()
        assert client.get(f"{address}watchers/").status_code == 200
        assert client.post(f"{address}watch/", {"watch": "on"}).status_code == 403
        told = {"act": "add", "membership": str(actor.person)}
        assert client.post(f"{address}watchers/", told).status_code == 403
    assert watching(world) == set()


def test_a_contact_whom_the_contract_no_longer_names_reads_why_he_cannot_watch(world: World, contact, address: str):
    with acting_as(world.system):
        contacts = ContractContact.objects.filter(membership_id=world.customers[0].contact.person)
        contacts.update(replaced_on=FILED.date())
    for headers in (HTMX, {}):
        answer = contact.post(f"{address}watch/", {"watch": "on"}, headers=headers)
        assert answer.status_code == 409
        assert "Only the contacts whom the contract names can watch." in text_of(answer)
    assert watching(world) == set()


def test_the_page_asks_as_often_for_many_watchers_as_for_none(world: World, engineer: Client, address: str):
    none = questions(engineer, address)
    for key in ("engineer", "second", "manager"):
        told = {"act": "add", "membership": str(world.staff[key].person)}
        assert engineer.post(f"{address}watchers/", told).status_code == 303
    assert len(questions(engineer, address)) == len(none)


def test_the_queue_shows_what_one_watches(world: World, engineer: Client, ticket: Ticket, address: str):
    world.file(at=FILED)
    engineer.post(f"{address}watch/", {"watch": "on"})
    assert references(engineer.get("/queue/?view=watched")) == [ticket.reference]
    assert references(engineer.get("/queue/?watched=mine&state=all")) == [ticket.reference]
    assert engineer.get("/queue/?watched=yours").status_code == 400
    assert "Watched by me" in text_of(engineer.get("/queue/counts/"))


def test_mails_of_what_one_watches_are_switched_off_and_on(engineer: Client):
    page = engineer.get("/settings/")
    assert "come by mail and in the portal" in text_of(page)
    assert engineer.post("/settings/watching/", {"mails": "off"}).status_code == 303
    assert "come in the portal only" in text_of(engineer.get("/settings/"))
    assert engineer.post("/settings/watching/", {"mails": "on"}).status_code == 303
    assert "come by mail and in the portal" in text_of(engineer.get("/settings/"))
    assert engineer.post("/settings/watching/", {"mails": "x"}).status_code == 400


# Mentions -------------------------------------------------------------------------------------------------------------
def test_a_mention_stands_out_and_one_of_nobody_is_told(world: World, engineer: Client, contact, address: str):
    form = form_of(engineer.get(address), f"{address}reply/")
    body = "Ask @second@mega.example or @Nobody Atall. `@Second MEGA` <mark>x</mark>"
    page = engineer.post(f"{address}reply/", form.filled(body=body), headers=HTMX)
    assert "Nobody was told by this mention: @Nobody." in text_of(page)
    shown = "Ask <mark>@Second MEGA</mark> or @Nobody Atall. <code>@Second MEGA</code> &lt;mark&gt;x&lt;/mark&gt;"
    assert shown in page.content.decode() and shown in contact.get(address).content.decode()
    assert watching(world) == {"Second MEGA"}


def test_what_a_contact_writes_with_an_at_is_text(world: World, contact: Client, address: str):
    form = form_of(contact.get(address), f"{address}reply/")
    page = contact.post(f"{address}reply/", form.filled(body="@Engineer MEGA, @Nobody"), headers=HTMX)
    assert "<mark>" not in page.content.decode() and "Nobody was told" not in text_of(page)
    assert watching(world) == set()


def test_colleagues_are_proposed_to_staff_only(world: World, engineer: Client, contact: Client, address: str):
    answer = engineer.get(f"{address}colleagues/")
    assert answer.content.decode().count('role="option"') == len(world.staff)
    assert 'data-text="Second MEGA"' in answer.content.decode()
    assert "Contact A" not in text_of(answer) and "mega.example" not in answer.content.decode()
    assert contact.get(f"{address}colleagues/").status_code == 404
    assert "data-colleagues" not in contact.get(address).content.decode()


# Who else is here -----------------------------------------------------------------------------------------------------
def test_presence_is_for_staff_shows_nothing_without_a_valkey_and_breaks_nothing(
    engineer: Client, contact: Client, address: str, settings
):
    for url in ("", "redis://127.0.0.1:1/0"):
        settings.REDIS_URL = url
        answer = engineer.post(f"{address}presence/", {"does": "writes"})
        assert (answer.status_code, text_of(answer).strip()) == (200, "")
    assert engineer.post(f"{address}presence/", {"does": "sings"}).status_code == 400
    assert engineer.post("/tickets/MEGA-4999/presence/", {"does": "reads"}).status_code == 404
    assert engineer.get(f"{address}presence/").status_code == 405
    assert contact.post(f"{address}presence/", {"does": "reads"}).status_code == 404
    assert "data-presence" in engineer.get(address).content.decode()
    assert "data-presence" not in contact.get(address).content.decode()


def test_colleagues_see_each_other_and_no_contact(world: World, sign_in, engineer: Client, address, valkey, settings):
    settings.REDIS_URL = valkey.url
    second = sign_in(world.staff["second"])
    assert text_of(second.post(f"{address}presence/", {"does": "writes"})).strip() == ""
    answer = engineer.post(f"{address}presence/", {"does": "reads"})
    assert text_of(answer).strip() == "Second MEGA is writing"
    assert text_of(second.post(f"{address}presence/", {"does": "left"})).strip() == "Engineer MEGA is reading this"
    assert text_of(engineer.post(f"{address}presence/", {"does": "reads"})).strip() == ""


# An answer that waits -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("act", ["reply", "ask"])
def test_an_answer_waits_once_where_somebody_answered_first(world: World, engineer: Client, ticket, address, act):
    form = form_of(engineer.get(address), f"{address}{act}/")
    say(world.staff["second"], ticket, body="Already done.")
    page = engineer.post(f"{address}{act}/", form.filled(body="My own words"), headers=HTMX)
    assert page.status_code == 409
    text = text_of(page)
    assert "Somebody wrote while you were writing." in text and "Second MEGA" in text and "Already done." in text
    again = form_of(page, f"{address}{act}/")
    assert again.fields["body"] == ["My own words"] and "Send it all the same" in text
    assert engineer.post(f"{address}{act}/", again.filled(), headers=HTMX).status_code == 200
    with acting_as(world.system):
        assert Comment.objects.filter(ticket=ticket, body="My own words").count() == 1


def test_a_contact_waits_for_public_messages_only(world: World, contact: Client, ticket: Ticket, address: str):
    engineer = world.staff["engineer"]
    form = form_of(contact.get(address), f"{address}reply/")
    say(engineer, ticket, services.add_note, "PRIV-7")
    say(world.customers[0].contact, ticket, body="From another window.")
    answer = contact.post(f"{address}reply/", form.filled(body="One"), headers=HTMX)
    assert answer.status_code == 200, "one's own message and a private note hold nothing back"
    form = form_of(answer, f"{address}reply/")
    say(engineer, ticket, body="Try again.", minutes=9)
    page = contact.post(f"{address}reply/", form.filled(body="Two"), headers=HTMX)
    assert page.status_code == 409 and "Try again." in text_of(page) and "PRIV-7" not in text_of(page)


def test_a_private_note_and_a_form_of_former_times_wait_for_nobody(world: World, engineer: Client, ticket, address):
    form = form_of(engineer.get(address), f"{address}note/")
    say(world.staff["second"], ticket)
    assert engineer.post(f"{address}note/", form.filled(body="To us"), headers=HTMX).status_code == 200
    assert engineer.post(f"{address}reply/", {"body": "Without a version"}).status_code == 303
