"""Acts after which a clock could not be counted any more are refused in words, and leave nothing behind."""

from typing import Any

import pytest
from django.db import transaction

from accounts.errors import Refused
from contracts.models import Contract
from contracts.publishing import DATA
from tests.lifecycle.scenes import MONDAY, Snapshot, do
from tests.web.conftest import sign_in
from tests.web.reading import text_of
from tests.worlds import World, as_system, build_world
from tickets.models import Ticket

__all__ = ["sign_in"]
A_MINUTE_A_WEEK = {"calendar": "fr", "reference": "A-1", "weekly": {"mon": ["09:00-09:01"]}}
NEVER = {"target": "response", "severity": "critical", "amount": 100_000, "unit": "business_hours", "reference": "A-1"}


@pytest.fixture
def minor(world: World) -> Ticket:
    """Filed as minor under an old contract in whose hours a critical answer would never be due."""
    with as_system(world):
        overrides = {"figures": [NEVER], "calendars": [A_MINUTE_A_WEEK]}
        Contract.objects.filter(pk=world.customers[0].contract.pk).update(overrides=overrides)
    return world.file(MONDAY, severity="minor")


def _refused(world: World, ticket: Ticket, act: str, **given: Any) -> Refused:
    before = Snapshot.of(world)
    with pytest.raises(Refused) as refusal, transaction.atomic():
        do(world, world.staff["engineer"], act, ticket, **given)
    assert Snapshot.of(world) == before
    assert refusal.value.code == "cannot_be_counted"
    return refusal.value


def test_a_severity_whose_figure_the_hours_never_hold_is_refused(world, minor):
    assert "cannot be counted" in _refused(world, minor, "severity", severity="critical").message
    assert do(world, world.staff["engineer"], "severity", minor, severity="moderate").severity == "moderate"


def test_a_reopening_that_could_not_be_counted_is_refused(db):
    world = build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml")
    ticket = world.file(MONDAY, severity="blocking")
    ticket = do(world, world.staff["engineer"], "take", ticket)
    ticket = do(world, world.staff["engineer"], "resolve", ticket, resolution_type="correction")
    figure = NEVER | {"target": "resolution", "severity": "blocking"}
    overrides = {"figures": [figure], "calendars": [A_MINUTE_A_WEEK]}
    with as_system(world):
        Ticket.objects.filter(pk=ticket.pk).update(details=ticket.details | {"overrides": overrides})
    _refused(world, ticket, "reopen")


def test_the_page_tells_it_and_keeps_what_was_typed(world, minor, sign_in):
    engineer = sign_in(world.staff["engineer"])
    given = {"severity": "critical", "reason_code": "impact_reassessed", "reason": "Everybody is stopped."}
    answer = engineer.post(f"/tickets/{minor.reference}/severity/", given | {"expected_version": minor.version})
    assert answer.status_code == 409
    assert "The deadlines of this contract cannot be counted." in text_of(answer)
    assert "Everybody is stopped." in answer.content.decode()
