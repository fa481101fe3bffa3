"""One address, two sides: what each reads on the page of a ticket, and what neither may."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from contracts.selectors import terms_of
from lifecycle import services
from tests.web.reading import actions_of, section, text_of
from tests.worlds import World, paris
from tickets.events import Kind
from tickets.models import Ticket
from web.presenters.timeline import event_words
from web.presenters.vocabulary import Vocabulary

FILED = paris("2026-05-04 10:00")
SECRET = "PRIV-7f3a do not tell them"


@pytest.fixture
def ticket(world: World) -> Ticket:
    """Filed, taken, noted in private, answered in time."""
    filed = world.file(at=FILED)
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        told = {"actor": engineer, "reference": filed.reference}
        services.take_ticket(**told, at=FILED + timedelta(minutes=5))
        services.add_note(**told, at=FILED + timedelta(minutes=10), body=SECRET)
        services.reply(**told, at=FILED + timedelta(minutes=30), body="We look into **it**.")
    return filed


@pytest.fixture
def address(ticket: Ticket) -> str:
    return f"/tickets/{ticket.reference}/"


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


@pytest.fixture
def engineer(world: World, sign_in) -> Client:
    return sign_in(world.staff["engineer"])


def test_both_sides_read_the_same_conversation_and_history(address: str, contact: Client, engineer: Client):
    for client in (contact, engineer):
        text = text_of(client.get(address))
        assert "Reports stay empty after the import" in text
        assert "We look into it." in text
        assert "Contact A filed it with severity Critical" in text
        assert "Engineer MEGA took it in charge" in text
        assert "Engineer MEGA answered" in text
        assert "Response: given in time" in text
        assert "answered in time" in text


def test_the_private_note_is_on_one_side_only(address: str, contact: Client, engineer: Client):
    for_staff = engineer.get(address).content.decode()
    assert SECRET in for_staff
    assert "comment--private" in for_staff
    assert "Private note: staff only" in for_staff
    assert "wrote a private note" in for_staff
    for_customer = contact.get(address).content.decode()
    assert SECRET not in for_customer
    assert "private" not in for_customer.lower()
    assert "wrote a private note" not in for_customer


def test_a_private_note_changes_nothing_on_the_customers_page(
    world: World, ticket: Ticket, address: str, contact: Client
):
    def without_tokens(html: str) -> list[str]:
        return [line for line in html.splitlines() if "csrf" not in line.lower() and "data-now" not in line]

    before = contact.get(address).content.decode()
    with acting_as(world.staff["engineer"]):
        services.add_note(
            actor=world.staff["engineer"], reference=ticket.reference, at=FILED + timedelta(hours=1), body=SECRET
        )
    assert without_tokens(contact.get(address).content.decode()) == without_tokens(before)


def test_the_deadline_is_what_the_contract_says(address: str, contact: Client):
    page = contact.get(address)
    assert "Due Tue 5 May 2026, 13:00 (Paris)" in text_of(page)
    assert 'datetime="2026-05-05T11:00:00+00:00"' in page.content.decode()


def test_the_reckoning_opens_line_by_line_with_clauses(address: str, contact: Client, engineer: Client):
    pages = [client.get(f"{address}clocks/response/") for client in (contact, engineer)]
    for page in pages:
        text = text_of(page)
        assert "Due Tue 5 May 2026, 13:00 (Paris)" in text
        for clause in ("HSA-1", "HSA-8", "HSA-24", "R6c"):
            assert clause in text, clause
        assert "HOPEX SaaS · 2025.4" in text
        assert "Counted in the time of Europe/Paris" in text
    ledgers = [page.content.decode().split('<ol class="ledger">')[1].split("</ol>")[0] for page in pages]
    assert ledgers[0] == ledgers[1]


def test_htmx_gets_the_lines_alone(address: str, contact: Client):
    part = contact.get(f"{address}clocks/response/", headers={"HX-Request": "true"}).content.decode()
    assert '<ol class="ledger">' in part
    assert "<html" not in part


def test_the_reckoning_speaks_french(address: str, contact: Client):
    contact.cookies["language"] = "fr"
    text = text_of(contact.get(f"{address}clocks/response/"))
    assert "5 mai 2026 à 13:00 (Paris)" in text


@pytest.mark.parametrize("target", ["nonsense", "restore", "response/x", "RESPONSE", "%00", "a" * 40])
def test_a_target_that_the_ticket_does_not_have_is_not_found(address: str, contact: Client, target: str):
    assert contact.get(f"{address}clocks/{target}/").status_code == 404


def test_each_side_is_offered_its_acts(address: str, contact: Client, engineer: Client):
    def acts(client: Client) -> set[str]:
        return {
            action.removeprefix(address).strip("/")
            for action in actions_of(client.get(address))
            if action.startswith(address)
        }

    assert acts(contact) == {"reply", "contest", "watch"}
    works = {"reply", "note", "ask", "call", "plan", "resolve", "assign", "severity", "contest"}
    assert acts(engineer) == works | {"watch", "presence"}


def test_a_viewer_and_an_auditor_read_but_do_not_write(world: World, address: str, sign_in):
    for actor in (world.customers[0].people["viewer"], world.staff["auditor"]):
        page = sign_in(actor).get(address)
        assert page.status_code == 200
        assert not {action for action in actions_of(page) if action.startswith(address)}


def test_an_account_manager_answers_but_does_not_work_on_it(world: World, address: str, sign_in):
    page = sign_in(world.staff["account_manager"]).get(address)
    assert {action for action in actions_of(page) if action.startswith(address)} == {
        f"{address}reply/",
        f"{address}note/",
        f"{address}contest/",
        f"{address}exclude/",
        f"{address}watch/",
        f"{address}presence/",
    }


def test_a_strangers_ticket_looks_like_one_that_does_not_exist(world: World, address: str, sign_in):
    stranger = sign_in(world.customers[1].contact)
    for path in (address, f"{address}clocks/response/"):
        foreign, missing = stranger.get(path), stranger.get(path.replace("MEGA-1001", "MEGA-9999"))
        assert foreign.status_code == missing.status_code == 404
        assert "Reports stay empty" not in foreign.content.decode()


@pytest.mark.parametrize(
    "reference",
    ["MEGA-0", "mega-1001", "MEGA-99999999999999999999", "MEGA-1001%00", "%00", "MEGA-1001'--", "..%2f", "MEGA-١"],
)
def test_any_other_reference_is_simply_not_found(world: World, ticket: Ticket, contact: Client, reference: str):
    assert contact.get(f"/tickets/{reference}/").status_code == 404


def test_the_state_is_told_from_the_readers_side(world: World, ticket: Ticket, address: str, contact, engineer):
    actor = world.staff["engineer"]
    with acting_as(actor):
        services.request_information(
            actor=actor, reference=ticket.reference, at=FILED + timedelta(hours=1), body="Which repository?"
        )
    assert "Waiting for you" in text_of(contact.get(address))
    assert "MEGA asked you a question" in text_of(contact.get(address))
    staff_text = text_of(engineer.get(address))
    assert "Waiting for the customer" in staff_text
    assert "Waiting for you" not in staff_text


def test_a_resolution_waits_for_the_customer(world: World, ticket: Ticket, address: str, contact: Client):
    actor = world.staff["engineer"]
    with acting_as(actor):
        services.resolve_ticket(
            actor=actor,
            reference=ticket.reference,
            at=FILED + timedelta(hours=2),
            resolution_type="workaround",
            body="Restart the import.",
            expected_version=Ticket.objects.get(pk=ticket.pk).version,
        )
    page = contact.get(address)
    assert "A resolution was given: Workaround." in text_of(page)
    assert {f"{address}close/", f"{address}reopen/"} <= actions_of(page)


def test_markup_in_every_field_is_text(world: World, sign_in):
    evil = "<script>alert(1)</script>"
    organisation = world.customers[0]
    details = {"symptoms": evil, "steps": evil, "consequences": evil, "customisation": "none"}
    filed = world.file(title=f"T {evil}", description=evil, details=details)
    for actor in (organisation.contact, world.staff["engineer"]):
        for path in (f"/tickets/{filed.reference}/", "/cases/" if actor.is_external else "/queue/"):
            html = sign_in(actor).get(path).content.decode()
            assert "<script>alert" not in html
            assert "&lt;script&gt;alert(1)" in html


def test_pages_carry_no_inline_style_or_script(world: World, address: str, contact: Client, engineer: Client):
    for client in (contact, engineer):
        html = client.get(address).content.decode()
        assert " style=" not in html
        assert " onclick=" not in html
        assert html.count("<script") == html.count("<script type=") + html.count("<script src=") + html.count(
            "<script defer"
        )


def test_the_page_is_one_outline_with_landmarks_and_labels(address: str, engineer: Client):
    html = engineer.get(address).content.decode()
    assert html.count("<h1") == 1
    assert html.count("<main") == 1
    assert 'aria-labelledby="conversation-title"' in html
    ids = [part.split('"')[0] for part in html.split(' id="')[1:]]
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})


def test_the_page_of_a_ticket_writes_nothing(world: World, ticket: Ticket, address: str, contact: Client):
    contact.get(address)
    with acting_as(world.system):
        assert Ticket.objects.get(pk=ticket.pk).version == 4


def test_the_reckoning_shows_the_severity_that_it_counted_by(world: World, ticket: Ticket, address: str, contact):
    actor = world.staff["engineer"]
    told = {"actor": actor, "reference": ticket.reference}
    with acting_as(actor):
        services.change_severity(
            **told,
            at=FILED + timedelta(hours=2),
            severity="minor",
            severity_kind="",
            reason_code=terms_of(ticket).severity_change_reasons[0].code,
            reason="Agreed",
            expected_version=Ticket.objects.get(pk=ticket.pk).version,
        )
    page = contact.get(f"{address}clocks/response/")
    meta = section(page, '<div class="page-head__meta">', "</header>")
    assert "Critical" in meta
    assert "Minor" not in meta


def test_who_may_not_answer_is_told_who_may(world: World, ticket: Ticket, address: str, sign_in, contact: Client):
    viewer, actor = sign_in(world.customers[0].people["viewer"]), world.staff["engineer"]
    told = {"actor": actor, "reference": ticket.reference}
    with acting_as(actor):
        services.request_information(**told, at=FILED + timedelta(hours=1), body="Which?")
    text = text_of(viewer.get(address))
    assert "MEGA asked a question" in text
    assert "asked you" not in text
    with acting_as(actor):
        version = Ticket.objects.get(pk=ticket.pk).version
        resolution = {"resolution_type": "workaround", "body": "So.", "expected_version": version}
        services.resolve_ticket(**told, at=FILED + timedelta(hours=2), **resolution)
    text = text_of(viewer.get(address))
    assert "A contact of the contract accepts it or reopens." in text
    assert "Does the resolution hold?" not in text
    assert "Does the resolution hold?" in text_of(contact.get(address))


@pytest.mark.parametrize(
    ("side", "words"), [("customer", "accepted the resolution and closed it"), ("provider", "closed it")]
)
def test_closing_is_worded_by_the_side_that_closed(world: World, ticket: Ticket, side: str, words: str):
    assert event_words(Kind.CLOSED, {}, Vocabulary.of(ticket), side) == words
