"""The profiles of the properties, also where these tests run without the servers of tests/conftest.py."""

from tests.profiles import EXAMPLES, PROFILE

__all__ = ["EXAMPLES", "PROFILE"]
