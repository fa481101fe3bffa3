"""The rules by which time is counted, followed by tickets that are filed and worked on, under each of the contracts.

What is due was reckoned by hand, on the clock of Paris; midnight that ends a day is 00:00 of the next.
"""

from datetime import datetime
from typing import Any

import pytest

from contracts.models import Contract
from contracts.publishing import DATA
from lifecycle.timers import sweep
from slas.models import Clock
from tests.lifecycle.scenes import do
from tests.terms.test_contracts_in_life import agreed
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Ticket

CONTRACTS = {
    "hopex-on-premise": None,
    "hopex-saas": None,
    "octipas": None,
    "generix": agreed("generix"),
    "jalios-on-premise": agreed("jalios"),
}
LIGHTEST = {
    "hopex-on-premise": ("minor", "critical"),
    "hopex-saas": ("minor", "no_access"),
    "octipas": ("minor", "blocking"),
    "generix": ("p3", "p1"),
    "jalios-on-premise": ("minor", "blocking"),
}
"""Contract → its lightest severity with a target, and its gravest."""

OFFICE = {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
LATE = {day: ["09:30-18:30"] for day in ("mon", "tue", "wed", "thu", "fri")}


def figure(severity: str, amount: int, unit: str, target: str = "response") -> dict[str, Any]:
    row = {"target": target, "severity": severity, "amount": amount, "unit": unit, "reference": "A-1"}
    return {"figures": [row]}


def opening(week: dict[str, list[str]], calendar: str = "fr") -> dict[str, Any]:
    return {"calendars": [{"calendar": calendar, "reference": "A-1", "weekly": week}]}


def world_of(contract: str) -> World:
    return build_world("it", "It", "IT", document=DATA / f"{contract}.yaml", overrides=CONTRACTS[contract])


def filed(world: World, at: str, severity: str, overrides: dict[str, Any] | None = None) -> Ticket:
    if overrides is not None:
        with as_system(world):
            Contract.objects.filter(pk=world.customers[0].contract.pk).update(overrides=overrides)
    terms_kind = "no_access_all_users" if severity == "no_access" else ""
    return world.file(paris(at), severity=severity, severity_kind=terms_kind)


def clock(world: World, ticket: Ticket, target: str) -> Clock:
    with as_system(world):
        return Clock.objects.get(ticket=ticket, target=target)


def due(world: World, ticket: Ticket, target: str) -> datetime | None:
    return clock(world, ticket, target).due_at


RECKONED: dict[str, list[tuple[str, str, str, str, str, dict[str, Any] | None]]] = {
    "hopex-on-premise": [
        ("R2 R3 critical", "response", "critical", "2026-05-05 10:17", "2026-05-06 13:00", None),
        ("R2 R14 over a holiday", "response", "critical", "2026-05-07 09:30", "2026-05-11 13:00", None),
        ("R1 R2 a business day", "response", "moderate", "2026-05-22 11:00", "2026-05-27 00:00", None),
        ("R2 filed on a Saturday", "response", "minor", "2026-05-02 11:00", "2026-05-06 00:00", None),
        ("R6 past midnight in Paris only", "response", "critical", "2026-05-05 00:30", "2026-05-06 13:00", None),
        ("R3 nine hours end at closing", "response", "critical", "2026-05-05 10:17", "2026-05-06 18:00",
         figure("critical", 9, "business_hours")),
        ("R4 opening at half past", "response", "critical", "2026-05-05 10:17", "2026-05-06 14:00", opening(LATE)),
        ("R5 no 31 April: Friday is a holiday", "response", "minor", "2026-03-31 10:00", "2026-05-03 00:00",
         figure("minor", 1, "months")),
        ("R5 read as worked days", "response", "minor", "2026-03-31 10:00", "2026-05-05 00:00",
         figure("minor", 1, "months") | {"month_rollover": "ouvre"}),
    ],
    "hopex-saas": [
        ("R2 no access too", "response", "no_access", "2026-05-04 08:05", "2026-05-05 10:00", None),
        ("R7 the night the clocks go forward", "response", "no_access", "2026-03-28 10:00", "2026-03-30 01:00",
         figure("no_access", 24, "hours")),
        ("R14 French hours whoever signed", "response", "no_access", "2026-05-01 10:00", "2026-05-04 10:00",
         {"subsidiary": {"name": "MEGA UK", "zone": "Europe/London", "holidays": {"country": "GB"},
                         "reference": "S-1"}}),
        ("R15 follow the sun", "response", "no_access", "2026-05-04 08:05", "2026-05-05 04:00",
         {"follow_the_sun": {"reference": "O-1", "zones": [{"zone": "Asia/Singapore", "weekly": OFFICE}]}}),
        ("R17 a figure of the contract", "response", "critical", "2026-05-05 10:17", "2026-05-06 11:00",
         figure("critical", 2, "business_hours")),
    ],
    "octipas": [
        ("R8 to the second", "acknowledgement", "blocking", "2026-05-04 17:30:30", "2026-05-05 10:30:30", None),
        ("R8 from the next opening", "acknowledgement", "blocking", "2026-05-02 11:00:00", "2026-05-04 11:00", None),
        ("R8 24 hours of support", "resolution", "blocking", "2026-05-04 10:00", "2026-05-06 16:00", None),
        ("R9 seven days of support", "resolution", "major", "2026-04-30 15:00", "2026-05-13 15:00", None),
        ("R8 nothing is rounded", "acknowledgement", "blocking", "2026-05-05 09:40", "2026-05-05 11:40", opening(LATE)),
    ],
    "generix": [
        ("R8 to the second", "gti", "p1", "2026-06-12 18:45:10", "2026-06-15 08:15:10", None),
        ("R9 a day of eleven hours", "gtr", "p2", "2026-05-22 15:00", "2026-05-26 15:00", None),
        ("R7 over the night the clocks go back", "gtr", "p3", "2026-10-21 12:00", "2026-10-28 12:00", None),
        ("R14 the national day", "gti", "p3", "2026-07-13 17:30", "2026-07-15 10:30", None),
    ],
    "jalios-on-premise": [
        ("R8 over lunch", "take_up", "blocking", "2026-06-15 12:00", "2026-06-15 14:30", None),
        ("R14 over Easter", "take_up", "serious", "2026-04-03 16:00", "2026-04-07 11:00", None),
        ("R9 two days of support", "take_up", "minor", "2026-06-29 09:00", "2026-06-30 18:00", None),
        ("R8 over Armistice Day", "resolution", "blocking", "2026-11-10 14:00", "2026-11-12 14:30", None),
    ],
}  # fmt: skip


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_ticket_is_due_when_a_person_reckons_by_the_rule(db, contract: str):
    world = world_of(contract)
    wrong = []
    for rule, target, severity, at, expected, overrides in RECKONED[contract]:
        found = due(world, filed(world, at, severity, overrides or CONTRACTS[contract] or {}), target)
        if found != paris(expected):
            wrong.append(f"{rule}: {found and found.astimezone(paris(expected).tzinfo)} and not {expected}")
    assert wrong == []


@pytest.mark.parametrize("contract", CONTRACTS)
def test_nothing_that_no_person_did_meets_a_target(worker_db, contract: str):
    """R6c: neither the receipt of the filing, nor the sweep with its warnings and breaches, nor a private note."""
    world = world_of(contract)
    ticket = filed(world, "2026-06-16 09:00", LIGHTEST[contract][1])
    do(world, world.staff["engineer"], "note", ticket, paris("2026-06-16 09:05"))
    sweep(at=paris("2026-07-16 09:00"))
    with as_system(world):
        rows = list(Clock.objects.filter(ticket=ticket))
    assert rows and {(row.status, row.met_at) for row in rows} == {("breached", None)}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_graver_severity_counts_what_is_not_met_from_the_filing(db, contract: str):
    """R18: as if it had been filed so; what was met stays met, and late at once where its new time had passed."""
    world = world_of(contract)
    light, grave = LIGHTEST[contract]
    ticket = filed(world, "2026-06-16 09:00", light)
    same = filed(world, "2026-06-16 09:00", grave)
    kind = "no_access_all_users" if grave == "no_access" else ""
    reason = ticket_reason(world)
    do(world, world.staff["engineer"], "severity", ticket, paris("2026-06-16 09:20"), severity=grave,
       severity_kind=kind, reason_code=reason)  # fmt: skip
    with as_system(world):
        dues = [dict(Clock.objects.filter(ticket=one).values_list("target", "due_at")) for one in (ticket, same)]
    assert dues[0] == dues[1] != {}


def ticket_reason(world: World) -> str:
    from_terms = world.terms.document["severity_change_reasons"]
    return str(from_terms[0]["code"])


@pytest.mark.parametrize(
    ("contract", "target", "moves"),
    [("octipas", "resolution", False), ("jalios-on-premise", "resolution", False), ("generix", "gtr", True)],
)
def test_waiting_moves_a_deadline_only_where_the_contract_deducts_it(db, contract: str, target: str, moves: bool):
    """R11, R12 and R13: an hour of opening time, and a night between that counts for nothing."""
    world = world_of(contract)
    ticket = filed(world, "2026-06-15 14:00", LIGHTEST[contract][1])
    ticket = do(world, world.staff["engineer"], "take", ticket, paris("2026-06-15 14:05"))
    before = due(world, ticket, target)
    ticket = do(world, world.staff["engineer"], "ask", ticket, paris("2026-06-15 17:30"))
    waiting = clock(world, ticket, target)
    assert (waiting.status, waiting.due_at) == (("paused", None) if moves else ("running", before))
    assert (waiting.remaining_seconds == 1800) == moves
    ticket = do(world, world.customers[0].contact, "reply", ticket, paris("2026-06-16 08:30"))
    assert due(world, ticket, target) == (paris("2026-06-16 09:00") if moves else before)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_clock_keeps_what_held_when_it_was_filed(db, contract: str):
    """R16, R17: another figure and other hours reach what is filed later, and nothing that runs."""
    world = world_of(contract)
    grave = LIGHTEST[contract][1]
    former = filed(world, "2026-06-16 09:00", grave)
    with as_system(world):
        rows = dict(Clock.objects.filter(ticket=former).values_list("target", "due_at"))
    target = next(iter(rows))
    changed = {**(CONTRACTS[contract] or {})}
    own = [row for row in changed.get("figures", ()) if (row["target"], row["severity"]) != (target, grave)]
    changed |= {"figures": own + figure(grave, 40, "business_hours", target)["figures"]}
    later = filed(world, "2026-06-16 09:00", grave, changed)
    do(world, world.staff["engineer"], "note", former, paris("2026-06-16 09:10"))
    assert due(world, former, target) == rows[target]
    assert due(world, later, target) > paris("2026-06-19 12:00")
