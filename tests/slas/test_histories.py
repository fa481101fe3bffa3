"""Random histories: whatever people do and whenever the sweep comes, rows, journal and fold say the same."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import DomainError
from accounts.tenancy import acting_as
from contracts.publishing import DATA
from contracts.terms import Terms, load_terms
from lifecycle import holds
from lifecycle.timers import sweep
from notifications.models import OutboxEntry
from slas import clocks, duties
from slas.models import Clock
from tests.lifecycle.scenes import MONDAY, SERVICES, do, journal
from tests.terms.test_contracts_in_life import agreed
from tests.worlds import World, as_system, build_world
from tickets.models import Event, Ticket

EXAMPLES = 150 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 12
PEOPLE = ("engineer", "second", "contact")
END = MONDAY + timedelta(days=45)


@dataclass(frozen=True)
class Setting:
    """A contract under which histories are played: its terms, what it changes in them, and what people choose from."""

    document: str
    overrides: dict[str, Any] | None = None

    @cached_property
    def terms(self) -> Terms:
        return load_terms(DATA / f"{self.document}.yaml")

    @cached_property
    def severities(self) -> list[tuple[str, str]]:
        return [
            (item.code, kind.code if kind else "") for item in self.terms.severities for kind in item.kinds or [None]
        ]

    def arguments(self, act: str, choice: int) -> dict[str, Any]:
        """What is chosen in the form of an act, by a number."""
        if act == "severity":
            severity, kind = self.severities[choice % len(self.severities)]
            return {"severity": severity, "severity_kind": kind}
        if act == "move":
            steps = [item.code for item in self.terms.workflow.transitions if item.act == "move"] or ["none"]
            return {"step": steps[choice % len(steps)]}
        resolution_type = self.terms.resolution_types[choice % len(self.terms.resolution_types)].code
        if act == "workaround":
            return {"kind": ("final", "provisional")[choice % 2], "resolution_type": resolution_type}
        if act == "resolve":
            steps = ["", *(item.code for item in self.terms.workflow.transitions if item.act == "resolve")]
            return {"resolution_type": resolution_type, "step": steps[choice // 7 % len(steps)]}
        return {}


SETTINGS = {
    "hopex": Setting("hopex-saas"),
    "octipas": Setting("octipas"),
    "octipas_pausing": Setting("octipas", {"pausing": True}),
    "generix": Setting("generix", agreed("generix")),
    "jalios": Setting("jalios-on-premise", agreed("jalios")),
}
HOLDS = {"hold": holds.hold_ticket, "release": holds.release_ticket}
WAYS = ["take", "reply", "ask", "reply", "workaround", "accept_workaround", "resolve", "move", "reopen", "severity"]
STEP = st.tuples(
    st.integers(0, 20 * 3600),
    st.sampled_from([*sorted(SERVICES), *WAYS, *HOLDS, "sweep"]),
    st.sampled_from(PEOPLE),
    st.integers(0, 99),
)
HISTORY = st.tuples(st.integers(0, 99), st.lists(STEP, max_size=14))
RELAXED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=EXAMPLES,
)


@pytest.fixture(params=SETTINGS.values(), ids=SETTINGS.keys())
def setting(request) -> Setting:
    return request.param


@pytest.fixture
def played(worker_db, setting) -> World:
    """A provider on the terms of the setting."""
    return build_world(document=DATA / f"{setting.document}.yaml", overrides=setting.overrides)


def _held(world: World, setting: Setting, ticket: Ticket, act: str, at: datetime, choice: int) -> Ticket:
    """The manager puts support on hold for one of the contract's reasons, if it has any, or ends the hold."""
    reasons = [hold.code for hold in setting.terms.holds] or ["none"]
    form = {"reason_code": reasons[choice % len(reasons)]} if act == "hold" else {}
    manager = world.staff["manager"]
    with acting_as(manager):
        return HOLDS[act](
            actor=manager, at=at, reference=ticket.reference, reason="?", expected_version=ticket.version, **form
        )


def _play(world: World, setting: Setting, history, *, sweeps: bool = True) -> Ticket:
    """File and do the steps; an act that the ticket's state does not allow is passed over."""
    first, steps = history
    severity, kind = setting.severities[first % len(setting.severities)]
    ticket = world.file(MONDAY, severity=severity, severity_kind=kind)
    people = world.staff | world.customers[0].people
    at = MONDAY
    for seconds, act, who, choice in steps:
        at += timedelta(seconds=seconds)
        if act == "sweep":
            if sweeps:
                sweep(at=at)
                ticket = _fresh(world, ticket)
            continue
        given = setting.arguments(act, choice)
        try:
            with transaction.atomic():
                if act in HOLDS:
                    ticket = _held(world, setting, _fresh(world, ticket), act, at, choice)
                    continue
                ticket = do(world, people[who], act, _fresh(world, ticket), at=at, **given)
        except DomainError:
            continue
    return ticket


def _fresh(world: World, ticket: Ticket) -> Ticket:
    with as_system(world):
        return Ticket.objects.get(pk=ticket.pk)


def _check(command: str = "--check") -> str:
    told = StringIO()
    call_command("rebuild_clocks", *([command] if command else []), stdout=told, stderr=StringIO())
    return told.getvalue()


def _alerts(world: World, ticket: Ticket) -> list[tuple[str, datetime]]:
    rows = [event for event in journal(world, ticket) if event.kind.startswith("clock_")]
    return sorted((event.data["code"], event.at) for event in rows)


def _missed(world: World, ticket: Ticket) -> list[tuple[str, datetime]]:
    rows = [event for event in journal(world, ticket) if event.kind == "duty_missed"]
    return sorted((event.data["day"], event.at) for event in rows)


@RELAXED
@given(history=HISTORY)
def test_rows_are_what_the_journal_folds_to(played, setting, history):
    with transaction.atomic():
        ticket = _fresh(played, _play(played, setting, history))
        events = journal(played, ticket)
        with as_system(played):
            rows = list(Clock.objects.filter(ticket=ticket))
            assert clocks.differences(ticket, events, rows) == []
        assert _check() == "1 tickets folded, 0 differ\n"
        assert [event.seq for event in events] == list(range(1, ticket.version + 1))
        assert sum(event.visibility == "public" for event in events) == ticket.public_version
        transaction.set_rollback(True)


@RELAXED
@given(history=HISTORY)
def test_after_the_last_sweep_the_journal_holds_every_alert_once(played, setting, history):
    with transaction.atomic():
        ticket = _play(played, setting, history)
        sweep(at=END)
        ticket = _fresh(played, ticket)
        events = journal(played, ticket)
        with as_system(played):
            reached = [alert for one in clocks.reckon(ticket, events, END) for alert in clocks.due_alerts(one)]
            expected = sorted((alert.code, alert.at) for alert in reached)
            lacking = duties.missed_days(duties.follow(ticket, events, END), END)
            assert not Clock.objects.filter(next_action_at__isnull=False).exists()
        assert _alerts(played, ticket) == expected
        assert _missed(played, ticket) == sorted((one.day.isoformat(), one.closed_at) for one in lacking)
        assert len(expected) + len(lacking) == len({event.dedupe_key for event in events if event.dedupe_key})
        assert _check() == "1 tickets folded, 0 differ\n"
        transaction.set_rollback(True)


@RELAXED
@given(history=HISTORY)
def test_how_often_the_sweep_comes_changes_no_alert(played, setting, history):
    """Swept all the time, or only once at the end: the same alerts at the same instants."""
    found = []
    for sweeps in (True, False):
        with transaction.atomic():
            ticket = _play(played, setting, history, sweeps=sweeps)
            sweep(at=END)
            told = (_alerts(played, ticket), _missed(played, ticket))
            found.append((*told, _fresh(played, ticket).due_at))
            transaction.set_rollback(True)
    assert found[0] == found[1]


@RELAXED
@given(history=HISTORY)
def test_every_event_has_its_outbox_row_but_a_warning_overtaken_by_its_breach(played, setting, history):
    with transaction.atomic():
        ticket = _play(played, setting, history)
        events = journal(played, ticket)
        with as_system(played):
            told = set(OutboxEntry.objects.values_list("event_id", flat=True))
        untold = [event for event in events if event.pk not in told]
        assert {event.kind for event in untold} <= {"clock_approaching"}
        for warning in untold:
            together = [event for event in events if event.recorded_at == warning.recorded_at]
            assert "clock_breached" in {event.kind for event in together}
        transaction.set_rollback(True)


EARLIER = (MONDAY - timedelta(days=9)).astimezone(UTC)
TAMPERED = {
    "status": "paused",
    "severity": "minor",
    "started_at": EARLIER,
    "due_at": EARLIER,
    "remaining_seconds": 17,
    "met_at": EARLIER,
    "breached_at": EARLIER,
    "next_action_at": EARLIER,
    "next_action": "approaching:99",
}


def test_rebuild_finds_and_repairs_every_column_that_was_tampered_with(world):
    running, met = world.file(MONDAY), world.file(MONDAY)
    do(world, world.staff["engineer"], "reply", met)
    assert TAMPERED.keys() == set(clocks.DERIVED)
    with as_system(world):
        before = list(Clock.objects.order_by("pk").values())
    for column, value in TAMPERED.items():
        for ticket in (running, met):
            with as_system(world):
                Clock.objects.filter(ticket=ticket).update(**{column: value})
            with pytest.raises(CommandError, match="Run rebuild_clocks without --check"):
                _check()
            told = _check("")
            assert f"{ticket.reference} response.{column}: the row has {value}" in told, column
            assert told.endswith("2 tickets folded, 1 differ\n"), column
            with as_system(world):
                assert list(Clock.objects.order_by("pk").values()) == before, column
    assert _check() == "2 tickets folded, 0 differ\n"


def test_rebuild_restores_rows_that_are_gone_and_the_tickets_own_due_time(world):
    ticket = world.file(MONDAY)
    with as_system(world):
        Clock.objects.all()._raw_delete("default")
        Ticket.objects.update(due_at=None)
    assert "1 tickets folded, 1 differ" in _check("")
    with as_system(world):
        row = Clock.objects.get()
        assert (row.due_at, Ticket.objects.get().due_at) == (ticket.due_at, ticket.due_at)
        Clock.objects.create(**_columns(row) | {"target": "resolution"})
    assert "the row is not in the journal" in _check("")
    with as_system(world):
        assert [row.target for row in Clock.objects.all()] == ["response"]
        assert Event.objects.count() == 1


def _columns(row: Clock) -> dict:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "id"}


def test_a_row_that_was_set_aside_is_reported_and_comes_back_when_its_ticket_is_mended(world):
    ticket = world.file(MONDAY, severity="moderate")
    with as_system(world):
        Ticket.objects.update(details={"overrides": {"figures": [{"target": "?"}]}})
    assert sweep(at=END).set_aside == 1
    with as_system(world):
        Ticket.objects.update(details=ticket.details)
    with pytest.raises(CommandError):
        _check()
    assert "the sweep has set the row aside" in _check("")
    assert sweep(at=END).alerts == 2
    assert [code for code, _ in _alerts(world, ticket)] == ["approaching:75", "breach"]
    assert _check() == "1 tickets folded, 0 differ\n"
