"""The customer's home: what waits, tickets in short, support hours, contracts, contacts and environments."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.tenancy import Actor, acting_as
from contracts.amendments import propose_amendment
from contracts.environments import record_environment, record_file
from contracts.models import Contract, ContractContact
from contracts.publishing import DATA
from contracts.services import add_environment, name_contact, sign_contract
from lifecycle import contests, services
from tests.accounts.populated import partner
from tests.security.corpus import MARKUP, NAMES, TRAPS
from tests.web.test_query_budget import questions
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Event, Ticket

FILED = paris("2026-05-04 10:00")
SignIn = Callable[[Actor], Client]


def text_of(client: Client, path: str = "/home/", status: int = 200, **more: Any) -> str:
    """The words of a page, in one line."""
    answer = client.get(path, **more)
    assert answer.status_code == status, answer.content.decode()
    body = re.search(r"<main.*</main>", answer.content.decode(), re.DOTALL)
    assert body
    return " ".join(re.sub(r"<[^>]+>", " ", body[0]).split())


def act(world: World, service: Callable[..., Any], ticket: Ticket, who: str = "engineer", **given: Any) -> None:
    actor = world.staff[who]
    with acting_as(actor):
        service(actor=actor, at=FILED + timedelta(minutes=9), reference=ticket.reference, **given)


# Where everybody begins -----------------------------------------------------------------------------------------------
def test_the_front_door_leads_customers_home_and_staff_to_the_queue(world: World, sign_in: SignIn):
    assert sign_in(world.customers[0].contact).get("/").headers["Location"] == "/home/"
    assert sign_in(world.staff["engineer"]).get("/").headers["Location"] == "/queue/"


def test_staff_have_no_customer_home(world: World, sign_in: SignIn):
    assert sign_in(world.staff["engineer"]).get("/home/").status_code == 404


def test_an_empty_home_says_what_will_be_there(world: World, sign_in: SignIn):
    told = text_of(sign_in(world.customers[0].contact))
    assert "Nothing waits for you." in told
    assert "Nothing is open" in told
    assert "No technical record yet. With one, support asks less." in told


# What waits -----------------------------------------------------------------------------------------------------------
def test_whatever_waits_leads_to_its_act_in_one_click(world: World, sign_in: SignIn):
    contact = world.customers[0].contact
    asked, resolved, contested = (world.file(FILED, title=f"Ticket {n}") for n in "abc")
    act(world, services.take_ticket, asked)
    act(world, services.request_information, asked, body="Which release?")
    act(world, services.take_ticket, resolved)
    with as_system(world):
        resolved.refresh_from_db()
    done = {"resolution_type": "workaround", "expected_version": resolved.version}
    act(world, services.resolve_ticket, resolved, body="Import again.", **done)
    with as_system(world):
        filed = Event.objects.get(ticket=contested, kind="filed").id
    proposal = contests.Proposal("severity", filed, severity="minor")
    act(world, contests.contest, contested, proposal=proposal, reason="One user only.")
    page = sign_in(contact).get("/home/").content.decode()
    for ticket, place in ((asked, "composer"), (resolved, "ticket-turn")):
        assert f'href="/tickets/{ticket.reference}/#{place}"' in page
    assert f'href="/tickets/{contested.reference}/#contests"' in page
    for why in ("MEGA asks you", "A resolution waits for your word"):
        assert why in page


def test_a_workaround_on_offer_waits_in_the_words_of_its_contract(db, sign_in: SignIn):
    world = build_world(slug="octipas", name="Octipas", prefix="OCTI", customers=1, document=DATA / "octipas.yaml")
    offered = world.file(FILED)
    act(world, services.offer_workaround, offered, body="Use the old one.", kind="provisional")
    client = sign_in(world.customers[0].contact)
    assert f'href="/tickets/{offered.reference}/#workaround"' in client.get("/home/").content.decode()
    assert "A workaround is on offer" in text_of(client)


def test_a_contest_that_was_decided_or_is_ones_own_waits_no_more(world: World, sign_in: SignIn):
    contact = world.customers[0].contact
    theirs, own = world.file(FILED, title="Theirs"), world.file(FILED, title="Own")
    for ticket, actor in ((theirs, world.staff["engineer"]), (own, contact)):
        with as_system(world):
            filed = Event.objects.get(ticket=ticket, kind="filed").id
        proposal = contests.Proposal("severity", filed, severity="minor")
        with acting_as(actor):
            contests.contest(actor=actor, at=FILED, reference=ticket.reference, proposal=proposal, reason="One user.")
    client = sign_in(contact)
    page = client.get("/home/").content.decode()
    assert f"/tickets/{theirs.reference}/#contests" in page
    assert f"/tickets/{own.reference}/#contests" not in page
    with as_system(world):
        opened = Event.objects.get(ticket=theirs, kind="contested").id
    with acting_as(contact):
        given = {"actor": contact, "at": FILED, "reference": theirs.reference, "contest_id": opened}
        contests.decline_contest(**given, reason="All of us.")
    assert "#contests" not in client.get("/home/").content.decode()


def propose(world: World) -> Any:
    manager = world.staff["account_manager"]
    given = {"contract_id": world.customers[0].contract.id, "reference": "AV-7", "in_force_from": date(2026, 9, 1)}
    with acting_as(manager):
        return propose_amendment(actor=manager, at=FILED, terms=world.terms, overrides={"pausing": True}, **given)


def test_an_amendment_waits_for_those_who_decide_and_for_nobody_else(world: World, sign_in: SignIn):
    proposed = propose(world)
    people = world.customers[0].people
    link = f"/contracts/{world.customers[0].contract.id}/#amendment-{proposed.id}"
    assert link in sign_in(people["contact"]).get("/home/").content.decode()
    assert link not in sign_in(people["viewer"]).get("/home/").content.decode()
    assert link not in sign_in(world.customers[1].contact).get("/home/").content.decode()
    with as_system(world):
        ContractContact.objects.filter(membership_id=people["contact"].membership_id).update(
            replaced_on=date(2026, 2, 1)
        )
    assert link not in sign_in(people["contact"]).get("/home/").content.decode()


def test_a_viewer_reads_what_waits_and_is_not_asked(world: World, sign_in: SignIn):
    ticket = world.file(FILED)
    act(world, services.request_information, ticket, body="Which release?")
    client = sign_in(world.customers[0].people["viewer"])
    told, page = text_of(client), client.get("/home/").content.decode()
    assert "Waiting for a contact of the contract" in told
    assert f'href="/tickets/{ticket.reference}/"' in page and "#composer" not in page
    assert "/cases/new/" not in page
    assert "Only the contacts named in the contract may contact support." in told


# Tickets in short -----------------------------------------------------------------------------------------------------
def test_open_cases_are_counted_by_severity(world: World, sign_in: SignIn):
    for severity in ("minor", "critical", "minor"):
        world.file(FILED, severity=severity)
    world.file(FILED, of=1)
    page = sign_in(world.customers[0].contact).get("/home/").content.decode()
    counted = re.search(r"home__counts.*?</ul>", page, re.DOTALL)
    assert counted
    told = re.sub(r"<[^>]+>", " ", counted[0]).split()
    assert [word for word in told if word in {"Critical", "Minor", "1", "2", "3"}] == ["Critical", "1", "Minor", "2"]


# Contracts ------------------------------------------------------------------------------------------------------------
def test_the_contract_is_told_with_deadlines_package_and_contacts(world: World, sign_in: SignIn):
    told = text_of(sign_in(world.customers[0].contact))
    assert "1 business hour" in told and "4 business hours" in told
    assert "Standard" in told and "Included in the package" in told and "Available as an option" in told
    assert "2 of 3 places are taken." in told
    assert "Contact A · you · trained" in told and "You may file under this contract." in told


def test_a_contact_who_is_not_trained_is_told_so(world: World, sign_in: SignIn):
    with as_system(world):
        ContractContact.objects.filter(contract=world.customers[0].contract).update(trained_on=None)
    told = text_of(sign_in(world.customers[0].contact))
    assert "not trained yet" in told
    assert "Your training is not recorded yet." in told


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [(date(2024, 1, 1), date(2025, 1, 1), "The contract has ended"), (date(2090, 1, 1), None, "Support begins on")],
)
def test_a_contract_out_of_force_says_so_and_tells_no_hours(
    world: World, sign_in: SignIn, first: date, last: date | None, told: str
):
    with as_system(world):
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(starts_on=first, ends_on=last)
    page = text_of(sign_in(world.customers[0].contact))
    assert told in page
    assert "Open now" not in page and "Closed now" not in page


def test_a_reader_elsewhere_reads_his_own_clock_and_that_of_the_contract(world: World, sign_in: SignIn):
    client = sign_in(world.customers[0].contact)
    assert " (Tokyo)" not in text_of(client)
    client.post("/settings/time-zone/", {"time_zone": "Asia/Tokyo"})
    told = re.search(r"(?:until|opens) .*? \(Tokyo\) · .*? \(Paris\)", text_of(client))
    assert told
    assert "Hours on the clock of the contract: Paris." in text_of(client)


def test_a_partner_sees_every_customer_by_name_and_acts_nowhere(world: World, sign_in: SignIn):
    world.file(FILED)
    actor = partner(world, "integrator", (0, 1))
    client = sign_in(actor)
    told = text_of(client)
    assert "Customer A of MEGA" in told and "Customer B of MEGA" in told
    assert world.customers[0].contract.reference in told and world.customers[1].contract.reference in told
    assert "/cases/new/" not in client.get("/home/").content.decode()


def test_a_partner_of_nobody_is_told_whom_to_ask(world: World, sign_in: SignIn):
    told = text_of(sign_in(partner(world, "newcomer", ())))
    assert "No contract is known here" in told


def test_the_home_asks_as_often_for_many_contracts_and_cases_as_for_one(world: World, sign_in: SignIn):
    contact, first = world.customers[0].contact, world.customers[0]
    client = sign_in(contact)
    grow(world, 0)
    one = questions(client, "/home/")
    with as_system(world):
        for number in (1, 2):
            contract = sign_contract(
                provider_id=world.provider.id,
                customer_id=first.customer.id,
                terms=world.terms,
                reference=f"MORE-{number}",
                starts_on=date(2026, 1, 1),
                ends_on=None,
                package="essential",
                signed_by="MEGA France",
                at=FILED,
            )
            add_environment(contract=contract, kind="production", name="Production")
            name_contact(
                contract=contract,
                membership_id=contact.person,
                named_on=contract.starts_on,
                trained_on=contract.starts_on,
            )
    grow(world, 1)
    grow(world, 2)
    many = questions(client, "/home/")
    assert len(many) == len(one), "\n".join(many)
    assert len(many) <= 24, "\n".join(many)


def grow(world: World, number: int) -> None:
    """One more ticket that waits, one that was contested, one environment with a record."""
    contact, first = world.customers[0].contact, world.customers[0]
    asked, contested = world.file(FILED), world.file(FILED)
    act(world, services.request_information, asked, body="Which release?")
    with as_system(world):
        filed = Event.objects.get(ticket=contested, kind="filed").id
        made = add_environment(contract=first.contract, kind="development", name=f"Workshop {number}")
    proposal = contests.Proposal("severity", filed, severity="minor")
    act(world, contests.contest, contested, proposal=proposal, reason="One user only.")
    with acting_as(contact):
        record_environment(actor=contact, at=FILED, environment_id=made.id, facts={"software": "6"}, number=0)


def test_a_french_reader_finds_no_english_word(world: World, sign_in: SignIn):
    client = sign_in(world.customers[0].contact)
    client.post("/settings/language/", {"language": "fr"})
    told = text_of(client)
    for word in ("Accueil", "Rien ne vous attend", "Heures de support", "Qui peut contacter le support"):
        assert word in told
    for word in ("Support hours", "Open now", "Closed now", "Waiting", "Environments", "trained "):
        assert word not in told


# Environments ---------------------------------------------------------------------------------------------------------
def address(world: World) -> str:
    return f"/environments/{world.customers[0].production.id}/"


def facts_of(world: World) -> dict[str, str]:
    contact = world.customers[0].contact
    with acting_as(contact):
        return dict(record_file(contact, world.customers[0].production.id).facts)


def test_a_contact_writes_the_record_and_reads_its_history(world: World, sign_in: SignIn):
    client = sign_in(world.customers[0].contact)
    answer = client.post(
        address(world), {"number": "0", "software": "HOPEX 6.0", "remarks": "Two <b>nodes</b>\r\n& one"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, address(world))
    client.post(address(world), {"number": "1", "software": "HOPEX 6.1"})
    page = client.get(address(world)).content.decode()
    assert "As of record 2" in page and "As of record 1" in page
    assert "HOPEX 6.0" in page and "Two &lt;b&gt;nodes&lt;/b&gt;" in page
    assert facts_of(world) == {"software": "HOPEX 6.1"}
    assert "Technical record of" in text_of(client)


def test_a_form_of_before_comes_back_with_what_was_typed(world: World, sign_in: SignIn):
    client, other = sign_in(world.customers[0].contact), sign_in(world.customers[0].people["colleague"])
    client.post(address(world), {"number": "0", "software": "HOPEX 6.0"})
    answer = other.post(address(world), {"number": "0", "software": "HOPEX 5.0"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else has changed this record meanwhile." in page
    assert "HOPEX 5.0" in page and 'name="number" value="1"' in page
    assert facts_of(world) == {"software": "HOPEX 6.0"}


def test_too_long_a_text_is_told_beside_its_field(world: World, sign_in: SignIn):
    answer = sign_in(world.customers[0].contact).post(address(world), {"number": "0", "database": "x" * 2001})
    assert answer.status_code == 422
    assert "At most 2000 characters" in answer.content.decode()
    assert facts_of(world) == {}


def test_whatever_is_typed_is_kept_as_typed_or_refused(world: World, sign_in: SignIn):
    client = sign_in(world.customers[0].contact)
    for text in (*TRAPS, *MARKUP, *NAMES):
        number = _number(world)
        answer = client.post(address(world), {"number": number, "remarks": text})
        assert answer.status_code in {303, 422}, repr(text)
        if answer.status_code == 303:
            kept = text.replace("\r\n", "\n").replace("\r", "\n").strip()
            assert facts_of(world).get("remarks", "") == kept
        assert client.get(address(world)).status_code == 200
    for number in ("", "-1", "x", "99999999999999999999", "1.5"):
        assert client.post(address(world), {"number": number, "remarks": "x"}).status_code == 422


def _number(world: World) -> int:
    contact = world.customers[0].contact
    with acting_as(contact):
        return record_file(contact, world.customers[0].production.id).number


def test_those_who_only_read_get_no_form(world: World, sign_in: SignIn):
    for actor in (world.customers[0].people["viewer"], world.staff["auditor"], partner(world, "reader", (0,))):
        client = sign_in(actor)
        assert f'action="{address(world)}"' not in client.get(address(world)).content.decode()
        assert client.post(address(world), {"number": "0", "software": "6"}).status_code == 403
    assert facts_of(world) == {}


def test_support_keeps_the_record_too_and_strangers_see_nothing(world: World, sign_in: SignIn):
    assert sign_in(world.staff["engineer"]).post(address(world), {"number": "0", "software": "6"}).status_code == 303
    assert facts_of(world) == {"software": "6"}
    assert sign_in(world.customers[1].contact).get(address(world)).status_code == 404
