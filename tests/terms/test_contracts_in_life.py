"""Generix and Jalios through the services: their own states, clocks from contract data, and what is refused."""

from typing import Any

import pytest

from accounts.errors import DomainError
from contracts.publishing import DATA
from contracts.terms import load_terms, missing_contract_data
from helpdesk.demo.scripts import read_cast
from slas.models import Clock
from tests.lifecycle.scenes import do
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Ticket

FILED = paris("2026-06-16 09:00")


def agreed(provider: str) -> dict[str, Any]:
    """What the demo's contract with a provider brings: illustrative figures and hours."""
    (given,) = [given for given in read_cast() if given["key"] == provider]
    overrides: dict[str, Any] = given["customers"][0]["overrides"]
    return overrides


@pytest.fixture
def generix(db) -> World:
    return build_world("generix", "Generix", "GEN", document=DATA / "generix.yaml", overrides=agreed("generix"))


@pytest.fixture
def jalios(db) -> World:
    document = DATA / "jalios-on-premise.yaml"
    return build_world("jalios", "Jalios", "JAL", document=document, overrides=agreed("jalios"))


def clocks(world: World, ticket: Ticket) -> dict[str, Clock]:
    with as_system(world):
        return {clock.target: clock for clock in Clock.objects.filter(ticket=ticket)}


def acts(world: World, ticket: Ticket, *steps: tuple[str, str, dict[str, Any]]) -> tuple[Ticket, list[str]]:
    """Acts of the engineer (``e``) or the contact (``c``), and the contract's state after each."""
    who = {"e": world.staff["engineer"], "c": world.customers[0].contact}
    walked = []
    for side, act, given in steps:
        ticket = do(world, who[side], act, ticket, **given)
        walked.append(ticket.contract_state)
    return ticket, walked


@pytest.mark.parametrize(("provider", "document"), [("generix", "generix"), ("jalios", "jalios-on-premise")])
def test_the_contracts_of_the_demo_bring_all_that_their_terms_leave_to_them(provider: str, document: str) -> None:
    terms = load_terms(DATA / f"{document}.yaml")
    assert missing_contract_data(terms, agreed(provider)) == []
    for section in ("figures", "calendars"):
        assert {item["reference"] for item in agreed(provider)[section]} == {"Illustrative figure"}


# Generix --------------------------------------------------------------------------------------------------------------
def test_reaction_and_resolution_are_counted_in_the_hours_subscribed(generix: World) -> None:
    found = clocks(generix, generix.file(FILED, severity="p1"))
    assert {target: clock.due_at for target, clock in found.items()} == {
        "gti": paris("2026-06-16 09:30"),
        "gtr": paris("2026-06-16 13:00"),
    }


def test_the_reaction_is_met_by_taking_the_ticket_up(generix: World) -> None:
    ticket, _ = acts(generix, generix.file(FILED, severity="p1"), ("e", "take", {"at": paris("2026-06-16 09:30")}))
    clock = clocks(generix, ticket)["gti"]
    assert (clock.status, clock.met_at) == ("met", paris("2026-06-16 09:30"))


def test_waiting_for_information_is_deducted_from_the_resolution_time(generix: World) -> None:
    ticket, _ = acts(
        generix,
        generix.file(FILED, severity="p1"),
        ("e", "take", {"at": paris("2026-06-16 09:10")}),
        ("e", "ask", {"at": paris("2026-06-16 10:00"), "body": "Which file?"}),
    )
    paused = clocks(generix, ticket)["gtr"]
    assert (paused.status, paused.due_at, paused.remaining_seconds) == ("paused", None, 3 * 3600)
    ticket, _ = acts(generix, ticket, ("c", "reply", {"at": paris("2026-06-16 11:30"), "body": "orders.csv"}))
    assert clocks(generix, ticket)["gtr"].due_at == paris("2026-06-16 14:30")


def test_a_request_has_a_time_to_react_and_by_choice_none_to_resolve(generix: World) -> None:
    assert list(clocks(generix, generix.file(FILED, severity="p4"))) == ["gti"]


# Jalios ---------------------------------------------------------------------------------------------------------------
def test_a_ticket_is_specified_planned_delivered_reopened_and_closed(jalios: World) -> None:
    ticket = jalios.file(FILED, severity="blocking")
    assert (ticket.state, ticket.contract_state) == ("new", "open")
    ticket, walked = acts(
        jalios,
        ticket,
        ("e", "take", {}),
        ("e", "ask", {"body": "Which version?"}),
        ("c", "reply", {"body": "10 SP5."}),
        ("e", "move", {"step": "plan_delivery"}),
        ("e", "resolve", {"resolution_type": "service_pack", "body": "In SP6."}),
        ("c", "reopen", {"body": "Still there."}),
        ("e", "resolve", {"resolution_type": "patch", "body": "A patch.", "step": "deliver_patch"}),
        ("c", "close", {}),
    )
    assert walked == [
        "open_taken", "to_specify", "open_taken", "to_deliver", "to_close", "open_taken", "to_close", "closed",
    ]  # fmt: skip
    assert ticket.resolution_type == "patch"


def test_a_comment_reopens_nothing(jalios: World) -> None:
    _, walked = acts(
        jalios,
        jalios.file(FILED, severity="minor"),
        ("e", "take", {}),
        ("e", "resolve", {"resolution_type": "answered", "body": "It is a cache.", "step": "resolve"}),
        ("c", "reply", {"body": "I do not agree."}),
    )
    assert walked[1:] == ["to_close", "to_close"]


def test_closed_is_final(jalios: World) -> None:
    ticket, walked = acts(
        jalios,
        jalios.file(FILED, severity="minor"),
        ("e", "take", {}),
        ("e", "resolve", {"resolution_type": "answered", "body": "It is a cache.", "step": "resolve"}),
        ("c", "close", {}),
    )
    assert walked[-1] == "closed"
    with pytest.raises(DomainError):
        acts(jalios, ticket, ("c", "reopen", {"body": "Again."}))


def test_an_evolution_is_accepted_for_delivery_or_turned_down_for_good(jalios: World) -> None:
    to_decide = [("e", "take", {}), ("e", "move", {"step": "hand_to_rnd"})]
    _, accepted = acts(
        jalios, jalios.file(FILED, severity="minor"), *to_decide, ("e", "move", {"step": "accept_evolution"})
    )
    assert accepted == ["open_taken", "to_decide", "to_deliver"]
    ticket, refused = acts(
        jalios,
        jalios.file(FILED, severity="minor"),
        *to_decide,
        ("e", "resolve", {"resolution_type": "not_retained", "body": "It does not fit the product."}),
    )
    assert (refused[-1], ticket.state) == ("closed", "closed")


def test_a_fix_that_does_not_satisfy_lets_the_resolution_count_on(jalios: World) -> None:
    ticket = jalios.file(FILED, severity="blocking")
    assert clocks(jalios, ticket)["resolution"].due_at == paris("2026-06-17 09:30")
    ticket, _ = acts(
        jalios,
        ticket,
        ("e", "take", {"at": paris("2026-06-16 09:20")}),
        (
            "e",
            "resolve",
            {"at": paris("2026-06-16 10:00"), "resolution_type": "patch", "body": "Try.", "step": "resolve"},
        ),
    )
    assert clocks(jalios, ticket)["resolution"].status == "met"
    ticket, _ = acts(jalios, ticket, ("c", "reopen", {"at": paris("2026-06-16 11:00"), "body": "It fails."}))
    clock = clocks(jalios, ticket)["resolution"]
    assert (clock.status, clock.due_at) == ("running", paris("2026-06-17 10:30"))
