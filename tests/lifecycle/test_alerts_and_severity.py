"""Alerts when the severity changes: each belongs to the severity under which it was reached (R18)."""

from datetime import datetime

import pytest

from lifecycle.timers import SweepResult, sweep
from slas.models import Clock, SweepFailure
from tests.lifecycle.scenes import do
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Event, Ticket


@pytest.fixture
def world(worker_db) -> World:
    """As the worker, who alone may ask which providers have something due."""
    return build_world()


def _change(world: World, ticket: Ticket, severity: str, at: datetime, kind: str = "") -> Ticket:
    return do(
        world,
        world.staff["engineer"],
        "severity",
        ticket,
        at=at,
        severity=severity,
        severity_kind=kind,
    )


def _told(world: World, ticket: Ticket) -> list[tuple[str, str, str]]:
    with as_system(world):
        events = Event.objects.filter(ticket=ticket, kind__startswith="clock_").order_by("seq")
        return [(event.kind, event.data["severity_at"], event.data["due_at"]) for event in events]


def test_a_warning_belongs_to_the_severity_under_which_it_was_reached(world):
    ticket = world.file(paris("2026-05-04 08:05"), severity="critical")
    assert sweep(at=paris("2026-05-05 12:00")).alerts == 1
    ticket = _change(world, ticket, "moderate", paris("2026-05-05 12:30"))
    critical = ("clock_approaching", "critical", "2026-05-05T11:00:00+00:00")
    assert _told(world, ticket) == [critical]
    assert sweep(at=paris("2026-05-05 15:45")).alerts == 1
    assert _told(world, ticket) == [critical, ("clock_approaching", "moderate", "2026-05-05T22:00:00+00:00")]


def test_two_changes_past_their_warnings_write_each_warning_once(world):
    ticket = world.file(paris("2026-05-04 08:05"), severity="no_access", severity_kind="platform_down")
    sweep(at=paris("2026-05-05 09:45"))
    ticket = _change(world, ticket, "critical", paris("2026-05-05 09:50"))
    ticket = _change(world, ticket, "moderate", paris("2026-05-05 12:30"))
    assert [(kind, severity) for kind, severity, _ in _told(world, ticket)] == [
        ("clock_approaching", "no_access"),
        ("clock_approaching", "critical"),
    ]
    assert sweep(at=paris("2026-05-05 15:45")).alerts == 1


def test_a_severity_without_a_target_has_no_clock_and_ends_the_sweep(world):
    ticket = world.file(paris("2026-05-04 08:05"), severity="critical")
    none = {"figures": [{"target": "response", "severity": "minor", "amount": None, "unit": None, "reference": "A-1"}]}
    with as_system(world):
        Ticket.objects.filter(pk=ticket.pk).update(details=ticket.details | {"overrides": none})
    _change(world, ticket, "minor", paris("2026-05-04 09:00"))
    with as_system(world):
        assert not Clock.objects.filter(ticket=ticket).exists()
        assert Ticket.objects.get(pk=ticket.pk).due_at is None
    assert sweep(at=paris("2026-06-05 12:00")) == SweepResult(0, 0)


def test_a_clock_that_was_set_aside_can_still_lose_its_target(world):
    ticket = world.file(paris("2026-05-04 08:05"), severity="critical")
    none = {"figures": [{"target": "response", "severity": "minor", "amount": None, "unit": None, "reference": "A-1"}]}
    with as_system(world):
        Ticket.objects.filter(pk=ticket.pk).update(details=ticket.details | {"overrides": none})
        clock = Clock.objects.get(ticket=ticket)
        SweepFailure.objects.bulk_create(
            [SweepFailure(provider_id=ticket.provider_id, clock=clock, at=ticket.opened_at, error="it raised")]
        )
    _change(world, ticket, "minor", paris("2026-05-04 09:00"))
    with as_system(world):
        assert not Clock.objects.filter(ticket=ticket).exists()
