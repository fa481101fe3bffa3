import pytest

from tests.accounts.populated import Populated, populate
from tests.worlds import World, build_world


@pytest.fixture
def world(db) -> World:
    """One provider, two customers, in the transaction of the test."""
    return build_world()


@pytest.fixture
def mega(db) -> Populated:
    """A provider with rows in every table."""
    return populate("mega", "MEGA", "MEGA")


@pytest.fixture
def octipas(db) -> Populated:
    """Another provider, to be foreign to."""
    return populate("octipas", "Octipas", "OCTI")
