"""Support withheld for a reason of the contract (GEN-8): no clock runs, both sides read why, and it can be ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from accounts.errors import Forbidden, Invalid, NotFound, Refused, Stale
from accounts.tenancy import Actor, acting_as
from contracts.publishing import DATA
from lifecycle import holds
from lifecycle.timers import sweep
from notifications.models import Delivery
from notifications.relay import relay
from slas import clocks
from slas.models import Clock
from slas.receipt import clock_receipt, receipt_document
from tests.lifecycle.scenes import Snapshot, do, journal, kinds
from tests.terms.test_contracts_in_life import agreed
from tests.worlds import PARIS, World, as_system, build_world, paris, user_of
from tickets.events import Kind
from tickets.models import Event, Ticket
from tickets.selectors import ticket as ticket_of

FILED = paris("2026-06-16 09:00")
HELD = paris("2026-06-16 10:00")
RELEASED = paris("2026-06-17 09:30")
UNPAID = {"reason_code": "unpaid_invoices", "reason": "Two invoices are open."}


@pytest.fixture
def generix(worker_db) -> World:
    return build_world("generix", "Generix", "GEN", document=DATA / "generix.yaml", overrides=agreed("generix"))


@pytest.fixture
def ticket(generix: World) -> Ticket:
    """P1, with 30 minutes to react and 4 hours to resolve; it was taken up in time."""
    return do(generix, generix.staff["engineer"], "take", generix.file(FILED, severity="p1"), paris("2026-06-16 09:10"))


def act(world: World, what: Callable[..., Ticket], ticket: Ticket, at: datetime, **given: Any) -> Ticket:
    actor: Actor = given.pop("by", world.staff["manager"])
    given.setdefault("expected_version", ticket.version if actor.sees_private else ticket.public_version)
    with acting_as(actor), transaction.atomic():
        return what(actor=actor, at=at, reference=ticket.reference, **given)


def hold(world: World, ticket: Ticket, at: datetime = HELD, **given: Any) -> Ticket:
    return act(world, holds.hold_ticket, ticket, at, **(UNPAID | given))


def release(world: World, ticket: Ticket, at: datetime = RELEASED, **given: Any) -> Ticket:
    return act(world, holds.release_ticket, ticket, at, **({"reason": "They are paid."} | given))


def clock(world: World, ticket: Ticket, target: str = "gtr") -> Clock:
    with as_system(world):
        return Clock.objects.get(ticket=ticket, target=target)


def receipt(world: World, ticket: Ticket, at: datetime, language: str = "en") -> dict[str, Any]:
    contact = world.customers[0].contact
    with acting_as(contact):
        found = clock_receipt(contact, ticket_of(contact, ticket.reference), "gtr", at=at)
        return receipt_document(found, language, PARIS)


# What it does to the clocks -------------------------------------------------------------------------------------------
def test_nothing_is_owed_while_support_is_on_hold_and_what_remained_runs_on(generix, ticket):
    ticket = hold(generix, ticket)
    held = clock(generix, ticket)
    assert (held.status, held.due_at, held.remaining_seconds, held.next_action_at) == ("paused", None, 3 * 3600, None)
    assert ticket.due_at is None
    ticket = release(generix, ticket)
    found = clock(generix, ticket)
    assert (found.status, found.due_at) == ("running", paris("2026-06-17 12:30"))
    assert ticket.due_at == paris("2026-06-17 12:30")
    with as_system(generix):
        rows = Clock.objects.filter(ticket=ticket)
        assert clocks.differences(ticket, Event.objects.filter(ticket=ticket).order_by("seq"), rows) == []


def test_it_stops_the_reaction_time_too_which_no_waiting_stops(generix):
    ticket = hold(generix, generix.file(FILED, severity="p1"), paris("2026-06-16 09:10"))
    assert clock(generix, ticket, "gti").remaining_seconds == 20 * 60
    ticket = release(generix, ticket, paris("2026-06-16 15:00"))
    assert clock(generix, ticket, "gti").due_at == paris("2026-06-16 15:20")


def test_waiting_and_a_hold_at_the_same_time_are_deducted_once(generix, ticket):
    ticket = do(generix, generix.staff["engineer"], "ask", ticket, HELD)
    ticket = hold(generix, ticket, paris("2026-06-16 10:30"))
    ticket = do(generix, generix.customers[0].contact, "reply", ticket, paris("2026-06-16 11:00"))
    assert clock(generix, ticket).status == "paused"
    ticket = release(generix, ticket, paris("2026-06-16 11:30"))
    assert clock(generix, ticket).due_at == paris("2026-06-16 14:30")


def test_no_warning_and_no_breach_while_it_lasts(generix, ticket):
    ticket = hold(generix, ticket)
    assert sweep(at=paris("2026-09-01 09:00")).alerts == 0
    ticket = release(generix, ticket, paris("2026-09-01 09:00"))
    sweep(at=paris("2026-09-01 13:00"))
    assert kinds(generix, ticket)[-2:] == ["clock_approaching", "clock_breached"]


# The account ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "line", "reason"),
    [
        ("en", "16 Jun 2026, 10:00 – 19:00: support was on hold, 9 h deducted.", "Invoices are not paid – Two"),
        ("fr", "à 10:00 – 19:00 : support suspendu, 9 h déduites.", "Des factures ne sont pas réglées – Two"),
    ],
)
def test_the_receipt_tells_the_hold_with_its_clause_who_and_why(generix, ticket, language, line, reason):
    ticket = release(generix, hold(generix, ticket))
    found = receipt(generix, ticket, paris("2026-06-17 10:00"), language)
    stretches = [item for item in found["intervals"] if item["kind"] == "held"]
    assert {item["clause"] for item in stretches} == {"GEN-8"}
    assert stretches[0]["text"].endswith(line)
    assert found["totals"]["deducted"]["seconds"] == (9 + 1.5) * 3600
    assert "GEN-8" in {step["clause"] for step in found["steps"]}
    held, released = [row for row in found["changes"] if row["code"] in ("held", "released")]
    assert held["reason"].startswith(reason)
    assert (held["who"], held["clause"], released["clause"]) == ("Manager GEN", "GEN-8", "GEN-8")
    assert released["reason"] == "They are paid."


def test_the_receipt_of_a_hold_that_lasts_shows_what_remains(generix, ticket):
    found = receipt(generix, hold(generix, ticket), paris("2026-06-16 18:00"))
    assert found["due"] is None
    (last,) = [step for step in found["steps"] if "remain" in step["text"]]
    assert (last["text"], last["clause"]) == ("Support is on hold: there is no due time, and 3 h remain.", "GEN-8")


def test_the_journal_has_one_entry_for_each_act_with_the_reason(generix, ticket):
    ticket = release(generix, hold(generix, ticket))
    held, released = journal(generix, ticket)[-2:]
    assert (held.kind, held.visibility, held.data["hold"]) == (
        Kind.HELD, "public", {"old": "", "new": "unpaid_invoices"},
    )  # fmt: skip
    assert (released.kind, released.data["hold"]) == (Kind.RELEASED, {"old": "unpaid_invoices", "new": ""})
    assert (held.data["reason"], released.data["reason"]) == ("Two invoices are open.", "They are paid.")


# Who is told ----------------------------------------------------------------------------------------------------------
def test_both_sides_are_told_in_their_language(generix, ticket):
    contact, engineer = generix.customers[0].contact, generix.staff["engineer"]
    user_of(contact).__class__.objects.filter(pk=contact.user_id).update(language="fr")
    release(generix, hold(generix, ticket))
    relay(at=RELEASED)
    with as_system(generix):
        mails = Delivery.objects.filter(channel="mail", kind__in=["held", "released"]).order_by("created_at", "id")
        found = {(row.kind, row.recipient_id): row for row in mails}
    assert {key[1] for key in found} == {contact.membership_id, engineer.membership_id}
    french = found["held", contact.membership_id]
    assert "support suspendu" in french.subject
    assert "Motif : Des factures ne sont pas réglées – Two invoices are open." in french.body_text
    english = found["released", engineer.membership_id]
    assert "support goes on" in english.subject
    assert "Reason: They are paid." in english.body_text
    assert "Wed 17 Jun 2026, 12:30 (Europe/Paris)" in english.body_text


# What is refused ------------------------------------------------------------------------------------------------------
def _refuses(world: World, why: type[Exception], call: Callable[[], Any]) -> Any:
    before = Snapshot.of(world)
    with pytest.raises(why) as refusal:
        call()
    assert Snapshot.of(world) == before
    return refusal.value


@pytest.mark.parametrize("who", ["engineer", "auditor"])
def test_only_managers_hold_and_release(generix, ticket, who):
    _refuses(generix, Forbidden, lambda: hold(generix, ticket, by=generix.staff[who]))
    held = hold(generix, ticket, by=generix.staff["account_manager"])
    _refuses(generix, Forbidden, lambda: release(generix, held, by=generix.staff[who]))


def test_no_customer_holds_or_releases(generix, ticket):
    _refuses(generix, Forbidden, lambda: hold(generix, ticket, by=generix.customers[0].contact))
    _refuses(generix, NotFound, lambda: hold(generix, ticket, by=generix.customers[1].contact))
    held = hold(generix, ticket)
    _refuses(generix, Forbidden, lambda: release(generix, held, by=generix.customers[0].contact))


def test_one_hold_at_a_time_and_none_is_ended_that_is_not_there(generix, ticket):
    assert _refuses(generix, Refused, lambda: release(generix, ticket)).code == "not_held"
    held = hold(generix, ticket)
    again = _refuses(generix, Refused, lambda: hold(generix, held, RELEASED, reason_code="old_version"))
    assert again.code == "already_held"
    released = release(generix, held)
    assert _refuses(generix, Refused, lambda: release(generix, released)).code == "not_held"
    assert holds.standing_hold(journal(generix, hold(generix, released, paris("2026-06-17 10:00")))) is not None


@pytest.mark.parametrize(("given", "field"), [({"reason_code": "mood"}, "reason_code"), ({"reason": " "}, "reason")])
def test_a_reason_of_the_contract_and_an_explanation_are_needed(generix, ticket, given, field):
    assert list(_refuses(generix, Invalid, lambda: hold(generix, ticket, **given)).errors) == [field]


def test_an_outdated_form_is_refused(generix, ticket):
    do(generix, generix.staff["engineer"], "severity", ticket, severity="p2", reason_code="agreed_with_customer")
    _refuses(generix, Stale, lambda: hold(generix, ticket, paris("2026-06-16 11:00")))


def test_what_is_resolved_is_not_held_and_what_is_closed_not_released(generix, ticket):
    resolved = do(generix, generix.staff["engineer"], "resolve", hold(generix, ticket), resolution_type="fix")
    _refuses(generix, Refused, lambda: hold(generix, resolved, RELEASED))
    closed = do(generix, generix.customers[0].contact, "close", resolved)
    assert _refuses(generix, Refused, lambda: release(generix, closed)).code == "closed"


@pytest.mark.parametrize(("language", "words"), [("en", "knows no reason"), ("fr", "ne prévoit aucun motif")])
def test_a_contract_without_such_a_clause_knows_no_hold(worker_db, language, words):
    world = build_world()
    ticket = world.file(FILED)
    with translation.override(language):
        refusal = _refuses(world, Refused, lambda: hold(world, ticket))
    assert refusal.code == "no_holds" and words in refusal.message
