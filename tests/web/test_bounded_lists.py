"""Lists and filters stay bounded however many customers and tickets there are, and still find everything."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts import services as people
from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.reading import form_of, section, text_of
from tests.worlds import World, paris
from web.views import cases, queue

FILED = paris("2026-05-04 10:00")


@pytest.fixture
def engineer(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["engineer"])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists short enough to be outgrown in a test."""
    monkeypatch.setattr(queue, "MOST_CUSTOMERS", 3)
    monkeypatch.setattr(cases, "PAGE", 3)


def add_customers(world: World, *names: str) -> list[str]:
    with acting_as(world.system):
        return [str(people.create_customer(provider_id=world.provider.id, name=name, at=FILED).id) for name in names]


def offered(client: Client, query: str = "") -> list[str]:
    return [
        value for value in form_of(client.get(f"/queue/{query or '?more=1'}"), "/queue/").offered["customer"] if value
    ]


def test_few_customers_are_all_offered_and_nothing_more_is_asked(world: World, engineer: Client):
    assert offered(engineer) == [str(row.customer.id) for row in world.customers]
    assert "customer_name" not in form_of(engineer.get("/queue/?more=1"), "/queue/").fields


def test_many_customers_are_cut_and_a_part_of_the_name_finds_the_rest(world: World, engineer: Client, few):
    keys = add_customers(world, "Zeta One", "Zeta Two", "Omega")
    page = engineer.get("/queue/?more=1")
    assert len(offered(engineer)) == 3
    assert "More than 3: a part of the name" in page.content.decode()
    assert set(offered(engineer, "?customer_name=zeta")) == set(keys[:2])
    assert offered(engineer, "?customer_name=%25") == []


def test_a_customer_beyond_the_cut_can_be_chosen_and_stays_chosen(world: World, engineer: Client, few):
    zeta = add_customers(world, "Xi", "Zeta")[1]
    world.file(at=FILED)
    page = engineer.get(f"/queue/?customer={zeta}")
    assert form_of(page, "/queue/").fields["customer"] == [zeta]
    assert "No ticket matches these filters" in text_of(page)
    assert zeta in offered(engineer, f"?customer={zeta}&customer_name=Customer")


def test_customers_of_others_cannot_be_chosen_whatever_is_typed(world: World, engineer: Client, few):
    for wanted in ("00000000-0000-7000-8000-000000000000", "x", "{}", "1" * 32):
        assert engineer.get("/queue/", {"customer": wanted}).status_code == 400
    for typed in ("\x00", "x" * 161):
        assert engineer.get("/queue/", {"customer_name": typed}).status_code == 400


def test_what_waits_for_the_customer_is_found_behind_many_others(world: World, sign_in: Callable, few):
    actor = world.staff["engineer"]
    asked = world.file(at=FILED, title="Asked long ago")
    with acting_as(actor):
        services.request_information(actor=actor, reference=asked.reference, at=FILED, body="Which release?")
    for number in range(5):
        world.file(at=FILED + timedelta(hours=1 + number), title=f"Later {number}")
    page = sign_in(world.customers[0].contact).get("/cases/")
    waiting = section(page, "waiting-title", "rest-title")
    assert "Asked long ago" in waiting
    assert "Later" not in waiting
    assert page.content.decode().count("Asked long ago") == 1


def test_a_question_stands_before_any_number_of_resolutions(world: World, sign_in: Callable, few):
    actor = world.staff["engineer"]
    asked = world.file(at=FILED, title="The question")
    with acting_as(actor):
        services.request_information(actor=actor, reference=asked.reference, at=FILED, body="Which release?")
    for number in range(4):
        given = {"actor": actor, "reference": world.file(at=FILED, title=f"Solved {number}").reference}
        with acting_as(actor):
            services.take_ticket(**given, at=FILED + timedelta(hours=number))
            services.resolve_ticket(
                **given,
                at=FILED + timedelta(hours=number),
                resolution_type="workaround",
                body="So.",
                expected_version=2,
            )
    page = sign_in(world.customers[0].contact).get("/cases/")
    text = text_of(page)
    assert text.index("The question") < text.index("Solved 3")
    assert "Waiting for you 3+" in " ".join(text.split())
