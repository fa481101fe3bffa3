"""Every address, by every verb, by every kind of person, for things of his own, of others and of nobody."""

import logging
from collections.abc import Iterator

import pytest

from accounts.access import Audience
from tests.security.conftest import policies_apply
from tests.security.matrix import Matrix
from tests.security.routes import TABLE, walk

PEOPLE = (
    "anonymous",
    "without_membership",
    "colleague_b",  # disabled
    "gone_a",  # his membership has ended
    "contact_a",
    "colleague_a",
    "viewer_a",
    "partner",
    "contact_b",
    "contact_e",  # his contract has ended
    "contact_c",
    "engineer",
    "silent",
    "manager",
    "account_manager",
    "auditor",
    "octipas_engineer",
    "octipas_manager",
)
PUBLIC = {"home", "sign_in", "sign_out", "set_language", "set_appearance", "healthz"}


@pytest.fixture(autouse=True)
def _quiet(settings) -> Iterator[None]:
    settings.DEMO_MODE = True
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_address_is_classified_and_in_the_table():
    routes = list(walk())
    assert [route.name for route in routes if route.access is None] == []
    assert {route.name for route in routes} == TABLE.keys()


def test_only_these_addresses_are_open_to_everybody():
    by_audience = {route.name: route.access.audience for route in walk() if route.access}
    assert {name for name, audience in by_audience.items() if audience == Audience.PUBLIC} == PUBLIC
    assert {name for name, audience in by_audience.items() if audience == Audience.DEMO} == {
        "demo_sign_in",
        "styleguide",
    }


def test_an_address_with_a_parameter_is_tried_with_things_of_every_owner(stage):
    person = stage.people["contact_a"]
    for route in walk():
        if route.parameters:
            cases = TABLE[route.name](stage, person)
            assert all(case.kwargs.keys() == route.parameters for case in cases), route.name
            things = {case.thing for case in cases}
            strangers = {case.thing for case in cases if not case.entitled and case.kwargs}
            assert "nonexistent" in things, route.name
            assert len(strangers) >= 3, route.name
            assert any(case.entitled for case in cases), route.name


@pytest.mark.parametrize("key", PEOPLE)
def test_nobody_learns_or_changes_what_is_not_his(stage, ledger, key):
    assert policies_apply()
    verdict = Matrix(stage, stage.people[key], ledger).walk()
    assert not verdict.faults, "\n".join(verdict.faults)
