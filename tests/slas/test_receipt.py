"""The receipt of a clock: complete, the same for both sides, in both languages, and silent about what is private."""

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.errors import NotFound
from accounts.tenancy import Actor, acting_as
from contracts.amendments import approve_amendment, propose_override
from contracts.publishing import DATA
from contracts.selectors import terms_of
from helpdesk.catalogues import compile_catalogues
from lifecycle import contests, services
from lifecycle.calendars import add_closure, recompute
from lifecycle.contests import Proposal
from slas.engine.ledger import IntervalKind
from slas.models import Clock
from slas.receipt import ClockReceipt, clock_receipt, receipt_document, receipts
from slas.receipt_wording import CHANGES, INTERVALS, OVERRIDES, REASONS, STATUSES
from tests.lifecycle.scenes import DUE, MONDAY, do, journal
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Event, Ticket
from tickets.selectors import ticket as ticket_of

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
NOON = paris("2026-05-05 12:00")

FILED, ASKED, ANSWERED, LATER = (
    paris(f"2026-05-{moment}") for moment in ("04 10:00", "04 11:00", "05 11:00", "05 16:00")
)


@pytest.fixture(scope="module", autouse=True)
def _translations() -> None:
    compile_catalogues()


@pytest.fixture
def pausing(worker_db) -> World:
    """Octipas, with waiting deducted and a figure of its own by agreement."""
    figure = {"target": "resolution", "severity": "blocking", "amount": 20, "unit": "business_hours"}
    agreed = {"pausing": True, "figures": [figure | {"reference": "A-7"}]}
    return build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml", overrides=agreed)


def of(actor: Actor, ticket: Ticket, target: str = "response", at: datetime = NOON) -> ClockReceipt:
    with acting_as(actor):
        return clock_receipt(actor, ticket_of(actor, ticket.reference), target, at=at)


def said(actor: Actor, ticket: Ticket, target: str = "response", at: datetime = NOON, **given: Any) -> dict[str, Any]:
    language, zone = given.get("language", "en"), given.get("zone", PARIS)
    return receipt_document(of(actor, ticket, target, at), language, zone)


def act(actor: Actor, what: Any, ticket: Ticket, at: datetime, **given: Any) -> Ticket:
    with acting_as(actor):
        done: Ticket = what(actor=actor, at=at, reference=ticket.reference, **given)
        return done


def waited(world: World) -> Ticket:
    """Asked on Monday at 11:00, answered a day later."""
    details = {"symptoms": "Nothing opens", "steps": "Open anything"}
    ticket = world.file(FILED, severity="blocking", details=details)
    act(world.staff["engineer"], services.take_ticket, ticket, FILED)
    act(world.staff["engineer"], services.request_information, ticket, ASKED, body="Which browser?")
    return act(world.customers[0].contact, services.reply, ticket, ANSWERED, body="Every browser.")


# What it says ---------------------------------------------------------------------------------------------------------


def test_a_running_clock_from_the_event_to_its_due_time(world: World) -> None:
    ticket = world.file(MONDAY)
    found = said(world.customers[0].contact, ticket)
    assert found["due"] == {"at": "2026-05-05T11:00:00Z", "text": "Tue 5 May 2026, 13:00 (Europe/Paris)"}
    assert (found["status"]["label"], found["severity"]["code"]) == ("Running", "critical")
    assert found["zone"] == "Europe/Paris"
    assert found["totals"]["target"] == {"seconds": 14_400, "text": "4 h"}
    assert (found["totals"]["elapsed"]["seconds"], found["totals"]["remaining"]["seconds"]) == (10_800, 3600)
    assert [line["text"] for line in found["intervals"]] == [
        "Mon 4 May 2026, 08:05 – 24:00: the day of the event does not count.",
        "Tue 5 May 2026, 00:00 – 09:00: outside the opening hours.",
        "Tue 5 May 2026, 09:00 – 12:00: 3 h counted.",
        "Tue 5 May 2026, 12:00 – 13:00: 1 h still to count.",
    ]
    assert [line["forecast"] for line in found["intervals"]] == [False, False, False, True]
    assert [line["text"] for line in found["summary"]["lines"]] == [
        "Mon 4 May 2026: day of the event.",
        "Tue 5 May 2026: 3 h counted, 3 h so far.",
        "Tue 5 May 2026: 1 h to count, 4 h so far.",
    ]
    assert found["steps"][-1]["text"] == "Due Tue 5 May 2026, 13:00 (Europe/Paris)."
    assert all(line["clause"] for line in found["intervals"])


def test_it_names_the_terms_and_the_calendar_to_the_version(world: World) -> None:
    ticket = world.file(MONDAY)
    receipt = of(world.customers[0].contact, ticket)
    found = receipt_document(receipt, "en", PARIS)
    assert found["terms"] == {
        "code": world.terms.code, "version": world.terms.version, "digest": world.terms.digest, "name": "HOPEX SaaS",
    }  # fmt: skip
    assert found["calendar"]["digest"] == receipt.reckoning.policy.calendar.spec.digest
    assert (found["calendar"]["zone"], found["calendar"]["country"]) == ("Europe/Paris", "FR")
    assert found["calendar"]["holidays_version"] == holidays.__version__
    assert (found["contract"], found["ticket"]) == (world.customers[0].contract.reference, ticket.reference)


def test_it_is_plain_json_and_the_same_instant_as_everywhere(world: World) -> None:
    ticket = world.file(MONDAY)
    found = said(world.customers[0].contact, ticket)
    assert json.loads(json.dumps(found)) == found
    with as_system(world):
        row = Clock.objects.get(ticket=ticket)
    assert row.due_at == DUE == datetime.fromisoformat(found["due"]["at"])
    assert (found["status"]["code"], found["severity"]["code"]) == (row.status, row.severity)


def test_the_reader_sees_his_own_clock_and_the_contracts(world: World) -> None:
    ticket = world.file(MONDAY)
    found = said(world.customers[0].contact, ticket, zone=NEW_YORK)
    assert found["due"]["at"] == "2026-05-05T11:00:00Z"
    assert found["due"]["text"] == (
        "Tue 5 May 2026, 07:00 (America/New_York), that is Tue 5 May 2026, 13:00 (Europe/Paris)"
    )
    assert (found["zone"], found["reader_zone"]) == ("Europe/Paris", "America/New_York")
    assert found["intervals"][2]["text"].startswith("Tue 5 May 2026, 09:00 – 12:00")


def test_in_french_every_word_is_french(world: World) -> None:
    ticket = do(world, world.staff["engineer"], "severity", world.file(MONDAY), severity="moderate")
    act(world.staff["engineer"], services.reply, ticket, NOON, body="Here.")
    contact = world.customers[0].contact
    english, french = (said(contact, ticket, at=NOON + timedelta(days=9), language=one) for one in ("en", "fr"))
    for name in ("steps", "intervals", "severities", "changes"):
        assert len(english[name]) == len(french[name]) > 0
        for one, other in zip(english[name], french[name], strict=True):
            assert one["text"] != other["text"]
    assert french["status"]["label"] == "Tenu"
    assert french["intervals"][0]["text"] == "lun. 4 mai 2026 à 08:05 – 24:00 : le jour de l’événement ne compte pas."
    assert french["changes"][0]["text"].startswith("Engineer MEGA a changé la sévérité de ")


def test_every_sentence_has_a_french_one_with_the_same_places() -> None:
    places = dict.fromkeys(("span", "seconds", "who", "old", "new", "amount", "severity", "reference", "case"), "•")
    places |= {"before": "•", "after": "•"}
    for table in (INTERVALS, CHANGES, OVERRIDES, STATUSES, REASONS):
        for sentence in table.values():
            told = []
            for language in ("en", "fr"):
                with translation.override(language):
                    told.append(str(sentence).format(**places))
            assert told[0] != told[1] or told[0] == "• → •"
            assert told[0].count("•") == told[1].count("•")


def test_a_pause_is_deducted_and_says_who_began_it(pausing: World) -> None:
    ticket = waited(pausing)
    found = said(pausing.customers[0].contact, ticket, "resolution", LATER)
    assert found["totals"]["deducted"] == {"seconds": 32_400, "text": "9 h"}
    paused = [line for line in found["intervals"] if line["kind"] == "paused"]
    assert [line["measured"] for line in paused] == [25_200, 7200]
    asked = next(event for event in journal(pausing, ticket) if event.kind == "information_requested")
    assert {line["event"] for line in paused} == {str(asked.id)}
    assert [(one["code"], one["who"]) for one in found["changes"]] == [
        ("paused", "Engineer CHAPS"), ("resumed", "Contact A"),
    ]  # fmt: skip
    assert found["changes"][0]["text"] == "Engineer CHAPS asked the customer: the clock stands still."


def test_what_the_contract_agreed_is_told_with_its_paper(pausing: World) -> None:
    ticket = waited(pausing)
    found = said(pausing.customers[0].contact, ticket, "resolution", LATER)
    assert [(one["code"], one["reference"], one["text"]) for one in found["overrides"]] == [
        ("figure", "A-7", "20 business hours for Blocking, agreed in A-7."),
        ("pausing", "", "Waiting for the customer stops the clock, agreed for this contract."),
    ]
    assert {one["clause"] for one in found["overrides"]} == {"R17"}
    other = said(pausing.customers[0].contact, ticket, "acknowledgement", LATER)
    assert [one["code"] for one in other["overrides"]] == ["pausing"]


def test_a_change_of_severity_keeps_both_and_who_and_why(world: World) -> None:
    ticket = world.file(MONDAY)
    act(
        world.staff["engineer"], services.change_severity, ticket, MONDAY + timedelta(hours=2), severity="moderate",
        severity_kind="", reason_code="impact_reassessed", reason="One user only.", expected_version=1,
    )  # fmt: skip
    found = said(world.customers[0].contact, ticket)
    assert [(one["severity"]["code"], one["amount"]) for one in found["severities"]][0] == (
        "critical", "4 business hours",
    )  # fmt: skip
    assert found["severities"][0]["due"]["at"] == "2026-05-05T11:00:00Z"
    assert found["severities"][1]["severity"]["code"] == "moderate"
    (change,) = found["changes"]
    assert (change["code"], change["who"], change["reason"], change["clause"]) == (
        "severity_changed", "Engineer MEGA", "One user only.", "R18",
    )  # fmt: skip
    assert change["text"].endswith("Reason: One user only.")


def test_a_contest_agreed_keeps_the_figures_from_before_and_after(pausing: World) -> None:
    ticket = waited(pausing)
    contact, manager = pausing.customers[0].contact, pausing.staff["manager"]
    asked = next(event for event in journal(pausing, ticket) if event.kind == "information_requested")
    before = said(contact, ticket, "resolution", LATER)
    act(contact, contests.contest, ticket, LATER, proposal=Proposal("pause", asked.id), reason="We had phoned.")
    opened: UUID = journal(pausing, ticket)[-1].id
    act(manager, contests.accept_contest, ticket, LATER + timedelta(minutes=1), contest_id=opened)
    after = said(contact, ticket, "resolution", LATER + timedelta(minutes=2))
    assert (before["totals"]["deducted"]["seconds"], after["totals"]["deducted"]["seconds"]) == (32_400, 0)
    told = {one["code"]: one for one in after["changes"]}
    assert told["contested_pause"]["text"] == "Contact A contested a wait. Reason: We had phoned."
    figures = told["contest_accepted"]["figures"]
    assert datetime.fromisoformat(figures["before"]["due_at"]) == datetime.fromisoformat(before["due"]["at"])
    assert datetime.fromisoformat(figures["after"]["due_at"]) == datetime.fromisoformat(after["due"]["at"])
    as_it_was = said(contact, ticket, "resolution", LATER)
    assert as_it_was["totals"] == before["totals"]


def test_an_exclusion_is_told_in_the_contracts_words(world: World) -> None:
    ticket = world.file(MONDAY)
    with as_system(world):
        reason = world_terms(world).exclusion_reasons[0]
    act(
        world.staff["manager"], contests.exclude_ticket, ticket, paris("2026-05-05 10:00"), reason_code=reason.code,
        evidence="The certificate of the customer had expired.",
    )  # fmt: skip
    found = said(world.customers[0].contact, ticket)
    assert found["status"]["code"] == "excluded"
    assert [line["excluded"] for line in found["intervals"]] == [False, False, False, True, True]
    assert found["intervals"][-1]["text"].endswith("still to count. (out of the figures)")
    (change,) = found["changes"]
    assert (change["reason"], change["clause"]) == (reason.label.en, reason.clauses[0])


def world_terms(world: World) -> Any:
    return terms_of(world.customers[0].contract)


def test_an_amendment_is_told_with_who_approved_it_on_either_side(world: World) -> None:
    signer, contact = world.staff["account_manager"], world.customers[0].contact
    figure = {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "AM-1"}
    with acting_as(signer):
        proposed = propose_override(
            actor=signer, at=paris("2026-04-01 10:00"), contract_id=world.customers[0].contract.id,
            overrides={"figures": [figure]}, reference="AM-1", in_force_from=date(2026, 4, 15),
        )  # fmt: skip
    for actor, day in ((signer, "2026-04-02"), (contact, "2026-04-03")):
        with acting_as(actor):
            approve_amendment(actor=actor, at=paris(f"{day} 10:00"), amendment_id=proposed.id)
    before, after = world.file(paris("2026-04-10 10:00")), world.file(MONDAY)
    assert said(contact, before)["overrides"] == []
    (told,) = said(contact, after)["overrides"]
    assert (told["code"], told["reference"], told["amount"]) == ("figure", "AM-1", 2)
    assert [(one["side"], one["name"], one["given"]["at"]) for one in told["approvals"]] == [
        ("provider", signer.name, "2026-04-02T08:00:00Z"), ("customer", contact.name, "2026-04-03T08:00:00Z"),
    ]  # fmt: skip
    assert said(contact, after)["due"]["at"] == "2026-05-05T09:00:00Z"


def test_days_that_the_calendar_gained_are_told_with_their_paper(world: World) -> None:
    ticket, contact = world.file(MONDAY), world.customers[0].contact
    close(world)
    found = said(contact, ticket)
    assert found["due"]["at"] == "2026-05-06T11:00:00Z"
    assert [(one["code"], one["reference"]) for one in found["overrides"]] == [("calendar", "N-7")]
    (change,) = found["changes"]
    assert change["text"] == (
        "Manager MEGA changed the calendar: the clock was counted again. Reason: Works on the building (N-7)"
    )
    assert change["figures"] == {
        "before": {"due_at": "2026-05-05T11:00:00+00:00"}, "after": {"due_at": "2026-05-06T11:00:00+00:00"},
    }  # fmt: skip
    assert "closure" in {line["kind"] for line in found["intervals"]}


def close(world: World) -> None:
    """The support centre is closed on Tuesday 5 May, announced the day before."""
    manager, announced = world.staff["manager"], paris("2026-05-04 10:00")
    days = {"calendar": "fr", "reference": "N-7", "closures": [{"start": "2026-05-05", "end": "2026-05-05"}]}
    with acting_as(manager):
        told = {"name": "Works on the building", "days": days, "late_reason": "The lift fell."}
        add_closure(actor=manager, at=announced, terms_code=world.terms.code, **told)
    assert recompute(at=announced) == 1


def test_a_breached_clock_shows_by_how_much(world: World) -> None:
    ticket = world.file(MONDAY)
    do(world, world.staff["engineer"], "reply", ticket, at=paris("2026-05-05 15:30"))
    found = said(world.customers[0].contact, ticket, at=LATER)
    assert (found["status"]["label"], found["totals"]["late"]["text"]) == ("Breached", "2 h 30 min")
    assert found["intervals"][-1]["text"] == "Tue 5 May 2026, 13:00 – 15:30: 2 h 30 min late."
    assert found["met"]["at"] == "2026-05-05T13:30:00Z"


def test_a_long_wait_is_summed_up_by_week(pausing: World) -> None:
    ticket = waited(pausing)
    act(pausing.staff["engineer"], services.request_information, ticket, LATER, body="And now?")
    found = said(pausing.customers[0].contact, ticket, "resolution", LATER + timedelta(days=30))
    assert found["summary"]["by"] == "week"
    assert len(found["summary"]["lines"]) == 5 < 20 < len(found["intervals"])
    for name, kind in (("counted", "elapsed"), ("deducted", "deducted")):
        assert sum(line[name] for line in found["summary"]["lines"]) == found["totals"][kind]["seconds"]
    assert found["summary"]["lines"][1]["text"] == ("Mon 11 May 2026 – Sun 17 May 2026: 36 h deducted, public holiday.")


def test_every_clock_of_a_ticket_comes_in_the_order_of_the_terms(pausing: World) -> None:
    ticket, contact = waited(pausing), pausing.customers[0].contact
    with acting_as(contact):
        found = receipts(contact, ticket_of(contact, ticket.reference), at=LATER)
    assert [one.target for one in found] == ["acknowledgement", "resolution"]
    for one in found:
        past = [item for item in one.account.intervals if not item.forecast]
        assert sum(item.seconds for item in past) == one.account.elapsed_seconds
        assert sum(item.counted for item in one.summary if not item.forecast) == one.account.elapsed_seconds


# Who may read what ----------------------------------------------------------------------------------------------------


def test_both_sides_read_the_same_reckoning(pausing: World) -> None:
    ticket = waited(pausing)
    act(pausing.staff["engineer"], services.add_note, ticket, LATER, body="The customer is slow, between us.")
    readers = (pausing.staff["engineer"], pausing.customers[0].contact)
    sides = [said(actor, ticket, "resolution", LATER) for actor in readers]
    assert sides[0] == sides[1]


def test_private_work_leaves_no_trace(world: World) -> None:
    ticket = world.file(MONDAY)
    contact = world.customers[0].contact
    before = said(contact, ticket)
    act(world.staff["engineer"], services.add_note, ticket, MONDAY + timedelta(hours=1), body="SECRET-CANARY")
    assert said(contact, ticket) == before
    assert "SECRET-CANARY" not in json.dumps(said(world.staff["engineer"], ticket))


def test_an_entry_that_is_private_is_in_nobody_elses_receipt(world: World) -> None:
    """Should an entry that bears on a clock ever be private, the customer's receipt is as if it had never been."""
    ticket, contact = world.file(MONDAY), world.customers[0].contact
    before = said(contact, ticket)
    with as_system(world):
        (filed,) = Event.objects.filter(ticket=ticket)
        told = {"severity": {"old": "critical", "new": "minor", "kind": ""}, "reason": "SECRET-CANARY"}
        Event.objects.create(
            provider_id=filed.provider_id, customer_id=filed.customer_id, ticket=ticket, seq=2,
            kind="severity_changed", visibility="private", at=MONDAY + timedelta(hours=1),
            recorded_at=MONDAY + timedelta(hours=1), actor_name="SECRET-CANARY", actor_side="provider", data=told,
        )  # fmt: skip
    assert "SECRET-CANARY" in json.dumps(said(world.staff["engineer"], ticket))
    assert said(contact, ticket) == before


def test_a_stranger_finds_no_ticket_and_a_wrong_target_no_clock(world: World) -> None:
    ticket = world.file(MONDAY)
    for stranger in (world.customers[1].contact, build_world("octipas", "O", "OCTI").staff["engineer"]):
        with pytest.raises(NotFound):
            of(stranger, ticket)
    for target in ("resolution", "nonsense"):
        with pytest.raises(NotFound):
            of(world.customers[0].contact, ticket, target)


def test_a_strangers_eyes_see_no_facts_even_with_the_ticket_in_hand(world: World) -> None:
    ticket = world.file(MONDAY)
    stranger = world.customers[1].contact
    with acting_as(stranger):
        assert receipts(stranger, ticket, at=NOON) == []


def test_the_number_of_queries_does_not_grow_with_the_journal(pausing: World) -> None:
    ticket, contact = waited(pausing), pausing.customers[0].contact
    counts = []
    for _ in range(2):
        with acting_as(contact):
            loaded = ticket_of(contact, ticket.reference)
            receipts(contact, loaded, at=LATER)
            with CaptureQueriesContext(connection) as queries:
                made = receipts(contact, loaded, at=LATER + timedelta(hours=9))
                for one in made:
                    receipt_document(one, "fr", NEW_YORK)
        counts.append(len(queries))
        for hour in range(4):
            act(pausing.staff["engineer"], services.reply, ticket, LATER + timedelta(hours=hour), body="Still at it.")
    assert counts[0] == counts[1] == 2


def test_intervals_have_a_sentence_each() -> None:
    assert set(INTERVALS) == set(IntervalKind)
