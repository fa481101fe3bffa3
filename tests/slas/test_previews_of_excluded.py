"""A ticket out of the figures has not ended: what a change would do to it is told as it is (R16, R19)."""

import pytest
from django.utils import translation

from accounts.tenancy import acting_as
from contracts.selectors import terms_of
from lifecycle import contests
from slas.amendments import ClockPreview, open_tickets, preview_amendment, preview_days
from tests.lifecycle.scenes import MONDAY, do
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Ticket

LATER = paris("2026-05-04 12:00")
DAYS = {"calendar": "fr", "reference": "N-7", "closures": [{"start": "2026-05-05", "end": "2026-05-05"}]}


@pytest.fixture
def world(db) -> World:
    return build_world()


def excluded(world: World, ticket: Ticket) -> None:
    manager, reason = world.staff["manager"], terms_of(ticket).exclusion_reasons[0].code
    with acting_as(manager):
        contests.exclude_ticket(
            actor=manager, at=LATER, reference=ticket.reference, reason_code=reason, evidence="Their line was down."
        )


def previewed(world: World, days: dict | None = None) -> ClockPreview:
    with as_system(world):
        rows = open_tickets(world.provider.id)
        (line,) = preview_days(rows, days, LATER) if days else preview_amendment(rows, LATER)
        return line


def test_days_reach_it_if_it_is_taken_in_again(world):
    excluded(world, world.file(MONDAY))
    line = previewed(world, DAYS)
    assert (line.status_before, line.status_after, line.moves) == ("excluded", "excluded", False)
    assert line.why == (
        "It is out of the service-level figures; if it is taken in again, it is counted with these days."
    )
    with translation.override("fr"):
        assert "en cas de réintégration" in previewed(world, DAYS).why


def test_days_do_not_reach_it_where_it_was_met_before(world):
    ticket = do(world, world.staff["engineer"], "reply", world.file(MONDAY))
    excluded(world, ticket)
    assert "do not touch what it is counted from" in previewed(world, DAYS).why


def test_another_version_of_the_terms_leaves_it_under_its_own(world):
    excluded(world, world.file(MONDAY))
    line = previewed(world)
    assert line.why.startswith("It is out of the service-level figures, and underneath stays under hopex-saas ")
    assert "ended" not in line.why


def test_what_has_ended_is_said_to_have_ended(world):
    do(world, world.staff["engineer"], "reply", world.file(MONDAY))
    assert previewed(world, DAYS).why == "It has ended: the past does not change."
    assert previewed(world).why == "It has ended: the past does not change."
