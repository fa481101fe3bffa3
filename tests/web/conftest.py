from collections.abc import Callable

import pytest
from django.test import Client

from accounts.tenancy import Actor
from tests.worlds import PASSWORD, World, build_world, user_of


@pytest.fixture
def world(db) -> World:
    """One provider, two customers, in the transaction of the test."""
    return build_world()


@pytest.fixture
def committed_world(committed_db) -> World:
    """The same with real commits, for browsers and other processes."""
    return build_world()


@pytest.fixture
def sign_in() -> Callable[[Actor], Client]:
    """`sign_in(actor)`: a browser of his own that came in by the sign-in form."""

    def enter(actor: Actor) -> Client:
        client = Client()
        answer = client.post("/sign-in/", {"email": user_of(actor).email, "password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()
        return client

    return enter
