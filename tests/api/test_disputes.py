"""Holds, exclusions and contests by API: offered where they are possible, done by the services of the pages."""

from datetime import UTC, datetime

import pytest

from contracts.publishing import DATA
from tests.api.programs import Program, program_of
from tests.api.test_tickets import act, told, version_of
from tests.terms.test_contracts_in_life import agreed
from tests.worlds import START, World, as_system, build_world
from tickets.models import Event, Ticket

ABOUT = {"hold", "release", "exclude", "reinstate", "contest", "accept_contest", "decline_contest", "withdraw_contest"}


@pytest.fixture
def manager(world: World) -> Program:
    return program_of(world.staff["manager"])


def offered(program: Program, ticket: Ticket) -> dict[str, dict]:
    """The acts about figures that are on offer; the ticket itself names the same."""
    shown = told(program.get(f"tickets/{ticket.reference}/transitions"))["transitions"]
    named = {one["name"]: one for one in shown}
    assert sorted(named) == told(program.get(f"tickets/{ticket.reference}"))["transitions"]
    return {name: one for name, one in named.items() if name in ABOUT}


def choices(offer: dict, name: str) -> list[str]:
    return [one["code"] for field in offer["fields"] if field["name"] == name for one in field["choices"]]


def last(world: World, ticket: Ticket) -> Event:
    with as_system(world):
        return Event.objects.filter(ticket=ticket).latest("seq")


def opened(world: World, ticket: Ticket, kind: str = "filed") -> str:
    with as_system(world):
        return str(Event.objects.get(ticket=ticket, kind=kind).id)


def test_support_is_put_on_hold_and_given_again_on_the_version_that_was_read(db: None):
    world = build_world("generix", "Generix", "GEN", document=DATA / "generix.yaml", overrides=agreed("generix"))
    manager, ticket = program_of(world.staff["manager"]), world.file()
    offers = offered(manager, ticket)
    assert "release" not in offers
    assert (offers["hold"]["if_match"], choices(offers["hold"], "reason_code")[0]) == (True, "unpaid_invoices")
    sent = {"reason_code": "unpaid_invoices", "reason": "Two invoices are open."}
    assert act(manager, ticket, "hold", sent).status_code == 428
    match = version_of(manager, ticket)
    told(act(manager, ticket, "hold", sent, match=match))
    assert act(manager, ticket, "hold", sent, match=match).status_code == 412
    assert (last(world, ticket).kind, "hold" in offered(manager, ticket)) == ("held", False)
    told(act(manager, ticket, "release", {"reason": "They are paid."}, match=version_of(manager, ticket)))
    assert last(world, ticket).kind == "released"


def test_an_exclusion_and_its_end(world: World, manager: Program, engineer: Program):
    ticket = world.file()
    offers = offered(manager, ticket)
    assert offers.keys() == {"exclude", "contest"}
    assert offers["exclude"]["if_match"] is False
    reason = choices(offers["exclude"], "reason_code")[0]
    sent = {"reason_code": reason, "evidence": "Their network was down."}
    assert act(engineer, ticket, "exclude", sent).status_code == 403
    told(act(manager, ticket, "exclude", sent))
    assert last(world, ticket).data["exclusion"]["reason"] == reason
    assert told(act(manager, ticket, "exclude", sent), 409)["code"] == "already_excluded"
    assert "reinstate" in offered(manager, ticket)
    wrong = told(act(manager, ticket, "exclude", {"reason_code": reason}), 400)
    assert [one["pointer"] for one in wrong["violations"]] == ["/evidence"]
    told(act(manager, ticket, "reinstate", {"reason": "It was ours."}))
    assert last(world, ticket).kind == "reinstated"


def test_one_side_contests_and_the_other_decides(world: World, contact: Program, manager: Program, engineer: Program):
    ticket = world.file()
    entry = opened(world, ticket)
    sent = {"about": "severity", "entry": entry, "severity": "minor", "reason": "One user only."}
    told(act(contact, ticket, "contest", sent))
    contest = str(last(world, ticket).id)
    assert choices(offered(contact, ticket)["withdraw_contest"], "contest") == [contest]
    assert "accept_contest" not in offered(contact, ticket)
    assert "accept_contest" not in offered(engineer, ticket)
    assert choices(offered(manager, ticket)["decline_contest"], "contest") == [contest]
    assert told(act(contact, ticket, "accept_contest", {"contest": contest}), 409)["code"] == "own_contest"
    answer = told(act(manager, ticket, "accept_contest", {"contest": contest}))
    assert answer["severity"]["code"] == "minor"
    assert told(act(manager, ticket, "decline_contest", {"contest": contest, "reason": "No."}), 409)["code"] == (
        "contest_ended"
    )
    assert "withdraw_contest" not in offered(contact, ticket)


def test_a_contest_is_withdrawn_or_declined(world: World, contact: Program, manager: Program):
    ticket = world.file()
    sent = {"about": "severity", "entry": opened(world, ticket), "severity": "minor", "reason": "One user only."}
    told(act(contact, ticket, "contest", sent))
    told(act(contact, ticket, "withdraw_contest", {"contest": str(last(world, ticket).id)}))
    told(act(contact, ticket, "contest", sent))
    told(act(manager, ticket, "decline_contest", {"contest": str(last(world, ticket).id), "reason": "All were."}))
    assert last(world, ticket).kind == "contest_declined"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"about": "weather", "reason": "x"}, {"/about"}),
        ({"about": "pause", "reason": "x", "starts_at": "2026-05-04", "ends_at": 5}, {"/starts_at", "/ends_at"}),
        ({"about": "pause", "reason": "x", "starts_at": "2026-05-04T08:00:00", "ends_at": None}, {"/starts_at"}),
        ({"about": "severity", "reason": "", "entry": "x"}, {"/reason", "/entry"}),
    ],
)
def test_what_no_contest_can_hold_is_refused_by_field(world: World, contact: Program, body: dict, pointers: set):
    wrong = told(act(contact, world.file(), "contest", body), 400)
    assert {one["pointer"] for one in wrong["violations"]} == pointers


def test_a_missing_pause_has_bounds_within_the_life_of_the_ticket(db: None):
    world = build_world("generix", "Generix", "GEN", document=DATA / "generix.yaml", overrides=agreed("generix"))
    contact, ticket = program_of(world.customers[0].contact), world.file()
    bounds = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02t00:00:00.5+01:00"}
    wrong = told(act(contact, ticket, "contest", {"about": "pause", "reason": "x", **bounds}), 400)
    assert [one["pointer"] for one in wrong["violations"]] == ["/starts_at"]
    started = START.astimezone(UTC)
    bounds = {"starts_at": started.isoformat(), "ends_at": datetime(2026, 1, 6, 9, tzinfo=UTC).isoformat()}
    told(act(contact, ticket, "contest", {"about": "pause", "reason": "x", **bounds}))
    assert last(world, ticket).data["contest"]["about"] == "pause"


def test_an_act_done_twice_under_one_key_is_done_once(world: World, manager: Program):
    ticket = world.file()
    sent = {"reason_code": "guide_not_followed", "evidence": "Their network was down."}
    first, again = (act(manager, ticket, "exclude", sent, **{"Idempotency-Key": "one-and-the-same"}) for _ in "ab")
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    with as_system(world):
        assert Event.objects.filter(ticket=ticket, kind="excluded").count() == 1


def test_another_provider_s_contest_is_not_there(world: World, manager: Program, contact: Program):
    other = build_world("octipas", "Octipas", "OCTI")
    theirs = other.file()
    strange = opened(other, theirs)
    assert act(manager, theirs, "accept_contest", {"contest": strange}).status_code == 404
    assert act(manager, world.file(), "accept_contest", {"contest": strange}).status_code == 404
