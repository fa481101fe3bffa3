"""The desk's queue and the customer's list: order, filters, paging, and who sees which row."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from accounts.services import grant_customer
from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.reading import form_of, text_of
from tests.worlds import World, build_world, membership_of, paris, person
from tickets.models import Ticket

FILED = paris("2026-05-04 10:00")


@pytest.fixture
def engineer(world: World, sign_in) -> Client:
    return sign_in(world.staff["engineer"])


@pytest.fixture
def contact(world: World, sign_in) -> Client:
    return sign_in(world.customers[0].contact)


def references(answer) -> list[str]:
    """The tickets of a list, from top to bottom."""
    return re.findall(r'class="row-link truncate" href="/tickets/([A-Z0-9-]+)/"', answer.content.decode())


def resolve(world: World, ticket: Ticket) -> None:
    engineer = world.staff["engineer"]
    told = {"actor": engineer, "reference": ticket.reference, "at": FILED + timedelta(hours=1)}
    with acting_as(engineer):
        taken = services.take_ticket(**told)
        services.resolve_ticket(**told, resolution_type="workaround", body="So.", expected_version=taken.version)


def test_the_queue_is_sorted_by_deadline(world: World, engineer: Client):
    minor = world.file(at=FILED, severity="minor")
    critical = world.file(at=FILED, severity="critical", of=1)
    urgent = world.file(at=FILED, severity="no_access", severity_kind="platform_down")
    assert references(engineer.get("/queue/")) == [urgent.reference, critical.reference, minor.reference]


def test_a_row_says_in_words_what_it_shows_in_colour(world: World, engineer: Client):
    world.file(at=FILED)
    page = engineer.get("/queue/")
    text = text_of(page)
    assert re.search(r"overdue by \d+ d", text)
    assert "Customer A of MEGA" in text
    assert "Critical" in text
    assert "New" in text
    assert 'class="is-late"' in page.content.decode()


def test_the_filters_narrow_the_queue(world: World, engineer: Client):
    first = world.file(at=FILED, title="Import of the suppliers")
    second = world.file(at=FILED, severity="minor", of=1, title="Export to the intranet")
    third = world.file(at=FILED, title="Already resolved")
    resolve(world, third)
    with acting_as(world.staff["engineer"]):
        services.take_ticket(actor=world.staff["engineer"], reference=first.reference, at=FILED)

    def found(**query: str) -> set[str]:
        return set(references(engineer.get(f"/queue/?{urlencode(query)}")))

    one, two, three = first.reference, second.reference, third.reference
    assert found() == {one, two}
    assert found(state="all") == {one, two, three}
    assert found(state="resolved") == {three}
    assert found(state="in_progress") == {one}
    assert found(holder="mine") == {one}
    assert found(holder="unassigned") == {two}
    assert found(severity="minor") == {two}
    assert found(customer=str(world.customers[1].customer.id)) == {two}
    assert found(search="SUPPLIERS") == {one}
    assert found(search=two.lower()) == {two}
    assert found(search="%") == set()
    assert found(search="nothing like it") == set()
    assert found(state="all", order="opened") == {one, two, three}


def test_an_empty_queue_says_what_to_do(world: World, engineer: Client):
    assert "Nothing waits here" in text_of(engineer.get("/queue/"))
    assert "No ticket matches these filters" in text_of(engineer.get("/queue/?search=x"))


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "holder=everybody",
        "severity=urgent",
        "customer=not-a-uuid",
        "customer=00000000-0000-7000-8000-000000000000",
        "order=password",
        "order=-due",
        "after=!!!!",
        "after=WyJ4Il0=",
        "after=W251bGwsICJ4Il0=",
        "after=" + "A" * 500,
        "after=%00",
        "after=" + "W" * 396,
        "search=%00",
        "search=" + "a" * 161,
        "state=open%00",
    ],
)
def test_what_no_filter_offers_is_a_bad_request(world: World, engineer: Client, query: str):
    assert engineer.get(f"/queue/?{query}").status_code == 400


def test_a_cursor_of_another_shape_is_a_bad_request(world: World, engineer: Client):
    for cursor in ("bnVsbA==", "W10=", "WzEsMl0=", "Int9Ig==", "WyIyMDI2LTAxLTAxIiwgIjAiXQ==", "é", "😀"):
        assert engineer.get("/queue/", {"after": cursor}).status_code == 400, cursor


def test_an_unknown_parameter_changes_nothing(world: World, engineer: Client):
    ticket = world.file(at=FILED)
    answer = engineer.get("/queue/?assignee__user__password__startswith=a&title__regex=(")
    assert references(answer) == [ticket.reference]


def test_pages_follow_each_other_without_a_gap(world: World, engineer: Client, monkeypatch):
    monkeypatch.setattr("web.views.queue.PAGE", 2)
    filed = [world.file(at=FILED + timedelta(days=day)).reference for day in range(5)]
    seen, url = [], "/queue/"
    for _page in range(3):
        answer = engineer.get(url)
        seen += references(answer)
        found = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
        url = found.group(1).replace("&amp;", "&") if found else ""
    assert seen == filed
    assert url == ""


def test_the_queue_shows_no_other_providers_ticket(world: World, engineer: Client):
    other = build_world("generix", "Generix", "GNX")
    theirs = other.file(at=FILED)
    mine = world.file(at=FILED)
    assert references(engineer.get("/queue/?state=all")) == [mine.reference]
    assert engineer.get(f"/tickets/{theirs.reference}/").status_code == 404
    assert "Generix" not in engineer.get("/queue/").content.decode()


def test_customers_have_no_queue_and_staff_no_cases(world: World, engineer: Client, contact: Client):
    assert contact.get("/queue/").status_code == 404
    assert engineer.get("/cases/").status_code == 404


def test_what_waits_for_the_customer_comes_first(world: World, contact: Client):
    calm = world.file(at=FILED + timedelta(hours=5), title="Calm one")
    asked = world.file(at=FILED, title="Asked one")
    resolved = world.file(at=FILED, title="Resolved one")
    actor = world.staff["engineer"]
    with acting_as(actor):
        services.request_information(actor=actor, reference=asked.reference, at=FILED, body="Which?")
    resolve(world, resolved)
    page = contact.get("/cases/")
    assert references(page) == [asked.reference, resolved.reference, calm.reference]
    text = text_of(page)
    assert text.index("Waiting for you") < text.index("Asked one") < text.index("With support") < text.index("Calm one")


def test_the_list_shows_ones_own_organisation_alone(world: World, contact: Client):
    mine = world.file(at=FILED)
    world.file(at=FILED, of=1, title="Of another customer")
    for query in ("", "?state=all", "?search=another", "?search=MEGA-1002"):
        page = contact.get(f"/cases/{query}")
        assert "Of another customer" not in page.content.decode()
        assert references(page) in ([mine.reference], [])


def test_a_partner_reads_whose_case_it_is(world: World, sign_in):
    with acting_as(world.system):
        partner = person(world.provider, "partner@it.example", Role.PARTNER, "Paula Partner")
        for organisation in world.customers:
            grant_customer(membership=membership_of(partner), customer_id=organisation.customer.id, at=FILED)
    world.file(at=FILED)
    world.file(at=FILED, of=1)
    client = sign_in(partner)
    text = text_of(client.get("/cases/"))
    assert "MEGA-1001 · Customer A of MEGA" in text
    assert "MEGA-1002 · Customer B of MEGA" in text
    assert client.get("/cases/new/").status_code == 200
    assert client.post("/tickets/MEGA-1001/reply/", {"body": "x"}).status_code == 403


def test_a_private_note_does_not_move_a_case_in_the_list(world: World, contact: Client):
    older = world.file(at=FILED)
    newer = world.file(at=FILED + timedelta(hours=1))
    actor = world.staff["engineer"]
    with acting_as(actor):
        services.add_note(actor=actor, reference=older.reference, at=FILED + timedelta(hours=2), body="Hidden")
    assert references(contact.get("/cases/")) == [newer.reference, older.reference]


def test_the_list_speaks_the_readers_language(world: World, contact: Client):
    world.file(at=FILED, severity="moderate")
    contact.cookies["language"] = "fr"
    text = text_of(contact.get("/cases/"))
    assert "Modéré" in text
    assert "Nouveau" in text


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "More than 2 titles have these words"), ("fr", "Plus de 2 titres contiennent ces mots")],
)
def test_lists_tell_that_a_search_was_cut(world: World, monkeypatch, sign_in, language: str, told: str):
    for name in ("tickets.queue.MOST_FOUND", "web.presenters.queue.MOST_FOUND"):
        monkeypatch.setattr(name, 2)
    for title in ("Same words", "Same words", "Same words again"):
        world.file(at=FILED, title=title)
    User.objects.update(language=language)
    desk, contact = sign_in(world.staff["engineer"]), sign_in(world.customers[0].contact)
    for client, path in ((desk, "/queue/"), (contact, "/cases/")):
        assert told in text_of(client.get(path, {"search": "same"}))
        assert told not in text_of(client.get(path, {"search": "again"}))
        assert told not in text_of(client.get(path))
    assert told in text_of(desk.get("/queue/?search=same&holder=mine"))
    assert told in desk.get("/queue/file/?search=same").content.decode("utf-8-sig")
    assert told not in desk.get("/queue/file/?search=again").content.decode("utf-8-sig")


def test_a_search_is_kept_in_its_field(world: World, contact: Client):
    page = contact.get("/cases/", {"search": 'a"b <c>', "state": "all"})
    assert form_of(page, "/cases/").fields["search"] == ['a"b <c>']
    assert "Nothing matches your search" in text_of(page)


@pytest.mark.parametrize("query", ["state=nonsense", "after=x", "search=" + "a" * 200, "state=%00"])
def test_the_list_refuses_what_it_does_not_offer(world: World, contact: Client, query: str):
    assert contact.get(f"/cases/?{query}").status_code == 400


def test_pages_go_on_where_every_row_of_the_first_waits_for_the_reader(world: World, contact: Client, monkeypatch):
    monkeypatch.setattr("web.views.cases.PAGE", 2)
    actor = world.staff["engineer"]
    calm = world.file(at=FILED)
    asked = [world.file(at=FILED + timedelta(days=day)) for day in (1, 2)]
    with acting_as(actor):
        for one in asked:
            at = FILED + timedelta(days=3)
            services.request_information(actor=actor, reference=one.reference, at=at, body="Which?")
    page = contact.get("/cases/")
    assert sorted(references(page)) == [one.reference for one in asked]
    found = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
    assert found
    assert references(contact.get(found.group(1).replace("&amp;", "&"))) == [calm.reference]
