"""Rows that were queued before events kept how their ticket stood: they are sent with what is known, and no guess."""

from collections.abc import Callable

import pytest

from notifications.models import Delivery, OutboxEntry
from notifications.relay import relay
from tests.lifecycle.scenes import DUE, MONDAY, do, journal
from tests.worlds import World, as_system, paris
from tickets.standing import KEY, Standing

SENT = paris("2026-05-04 20:00")


@pytest.fixture(autouse=True)
def _older(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are written as they were before they kept it."""
    monkeypatch.setattr(Standing, "keep_in", lambda self, event: None)


def _bodies(world: World, kind: str) -> dict[str, str]:
    with as_system(world):
        rows = Delivery.objects.filter(kind=kind, channel="mail")
        return {row.recipient.display_name: row.body_text for row in rows.select_related("recipient")}


@pytest.fixture
def mailed(world: World, mails: Callable) -> Callable[[str], dict[str, str]]:
    def send(kind: str) -> dict[str, str]:
        relay(at=SENT)
        with as_system(world):
            assert not OutboxEntry.objects.filter(failed_at__isnull=False).exists()
            assert not OutboxEntry.objects.filter(routed_at__isnull=True).exists()
        return _bodies(world, kind)

    return send


def test_a_filing_is_told_with_its_own_severity_and_the_due_time_that_still_holds(world, mailed):
    (event,) = journal(world, world.file(MONDAY))
    assert KEY not in event.data
    found = mailed("filed")
    assert found.keys() == {"Contact A", "Engineer MEGA", "Second MEGA", "Manager MEGA"}
    assert "Severity: Critical" in found["Contact A"]
    assert "Tue 5 May 2026, 13:00 (Europe/Paris)" in found["Contact A"]


def test_what_changed_since_is_not_told_as_if_it_had_been_so_then(world, mailed):
    ticket = world.file(MONDAY)
    for act in ("take", "reply"):
        ticket = do(world, world.staff["engineer"], act, ticket)
    do(world, world.staff["engineer"], "severity", ticket, severity="minor")
    filed = mailed("filed")
    assert "Severity: Critical" in filed["Contact A"]
    assert "due" not in filed["Contact A"]
    replied = _bodies(world, "replied")["Contact A"]
    assert "Severity" not in replied
    assert "words of reply" in replied


def test_what_an_event_says_itself_comes_first(world):
    ticket = do(world, world.staff["engineer"], "assign", world.file(MONDAY))
    second = world.staff["second"]
    ticket = do(world, world.staff["engineer"], "severity", ticket, severity="minor")
    with as_system(world):
        ticket.refresh_from_db()
    filed, assigned, changed = journal(world, ticket)
    assert Standing.after(filed, ticket) == Standing("critical", None, second.membership_id, second.name)
    assert Standing.after(assigned, ticket) == Standing("", None, second.membership_id, second.name)
    last = Standing.after(changed, ticket)
    assert (last.severity, last.due_at) == ("minor", ticket.due_at)
    assert last.due_at is not None and last.due_at != DUE
