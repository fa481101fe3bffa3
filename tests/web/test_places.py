"""A person with several memberships chooses where he works."""

from collections.abc import Callable

from django.test import Client

from accounts import services
from accounts.actors import SIGN_ON_KEY
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from tests.web.test_query_budget import questions
from tests.worlds import START, World, build_world, user_of


def second_place(world: World, actor: Actor, *, other: World) -> str:
    """``actor`` is an engineer of ``other``'s provider too."""
    with acting_as(other.system):
        told = {"provider_id": other.provider.id, "user": user_of(actor), "at": START}
        return str(services.add_membership(**told, role=Role.ENGINEER_N1, display_name="Consultant").id)


def test_choosing_another_place_changes_what_is_seen(world: World, sign_in: Callable[[Actor], Client]):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    contact = world.customers[0].contact
    ours, theirs = world.file(), other.file()
    client = sign_in(contact)
    assert "Change organisation" not in client.get("/sessions/").content.decode()
    wanted = second_place(world, contact, other=other)
    page = client.get("/places/").content.decode()
    assert "Octipas" in page and "Customer A of MEGA" in page
    assert "Change organisation" in page
    assert client.get(f"/tickets/{theirs.reference}/").status_code == 404
    assert client.post("/places/choose/", {"membership": wanted}).status_code == 303
    assert client.get(f"/tickets/{theirs.reference}/").status_code == 200
    assert client.get(f"/tickets/{ours.reference}/").status_code == 404


def test_somebody_elses_place_does_not_exist(world: World, sign_in: Callable[[Actor], Client]):
    client = sign_in(world.customers[0].contact)
    before = client.session.get("membership_id")
    for wanted in (world.staff["administrator"].person, "nonsense", ""):
        assert client.post("/places/choose/", {"membership": str(wanted)}).status_code == 404
    assert client.session.get("membership_id") == before


def test_a_session_of_a_single_sign_on_opens_the_places_of_its_provider_only(
    world: World, sign_in: Callable[[Actor], Client]
):
    other = build_world("octipas", "Octipas", "OCTI", 1)
    contact = world.customers[0].contact
    wanted = second_place(world, contact, other=other)
    client = sign_in(contact)
    session = client.session
    session[SIGN_ON_KEY] = str(world.provider.id)
    session.save()
    assert "Octipas" not in client.get("/places/").content.decode()
    assert client.post("/places/choose/", {"membership": wanted}).status_code == 404
    session[SIGN_ON_KEY] = str(other.provider.id)
    session.save()
    assert client.get("/cases/").status_code == 404
    assert client.get("/queue/").status_code == 200


def test_the_page_asks_as_often_for_three_places_as_for_two(world: World, sign_in: Callable[[Actor], Client]):
    contact = world.customers[0].contact
    client = sign_in(contact)
    second_place(world, contact, other=build_world("octipas", "Octipas", "OCTI", 1))
    two = questions(client, "/places/")
    second_place(world, contact, other=build_world("jalios", "Jalios", "JALI", 1))
    assert len(questions(client, "/places/")) == len(two)
