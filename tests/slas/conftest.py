import pytest

from tests.worlds import World, build_world


@pytest.fixture
def world(worker_db) -> World:
    """One provider, two customers, as the worker, in the transaction of the test."""
    return build_world()
