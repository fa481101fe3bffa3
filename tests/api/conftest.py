from collections.abc import Callable

import pytest
from django.test import Client

from accounts.tenancy import Actor
from tests.api.programs import Program, program_of
from tests.worlds import PASSWORD, World, build_world, user_of


@pytest.fixture
def world(db: None) -> World:
    """One provider, two customers, in the transaction of the test."""
    return build_world()


@pytest.fixture
def contact(world: World) -> Program:
    """A program of the contact of the first customer."""
    return program_of(world.customers[0].contact)


@pytest.fixture
def engineer(world: World) -> Program:
    """A program of an engineer."""
    return program_of(world.staff["engineer"])


@pytest.fixture
def sign_in() -> Callable[[Actor], Client]:
    """`sign_in(actor)`: a browser that came in by the form, and whose forms need their token."""

    def enter(actor: Actor) -> Client:
        client = Client(enforce_csrf_checks=True)
        client.get("/sign-in/")
        form = {"email": user_of(actor).email, "password": PASSWORD}
        answer = client.post("/sign-in/", form, headers={"X-CSRFToken": client.cookies["csrf"].value})
        assert answer.status_code == 302, answer.content.decode()
        return client

    return enter
