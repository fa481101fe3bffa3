import pytest

from tests.worlds import World, build_world


@pytest.fixture
def world(db) -> World:
    """One provider, two customers, in the transaction of the test."""
    return build_world()
