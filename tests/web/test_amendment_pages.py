"""Where amendments are drawn up and days announced: looked at first, nothing typed is lost, only by those who may."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import acting_as
from contracts.models import CalendarChange, ContractAmendment, ContractCalendarChange, ContractChange
from contracts.publishing import DATA
from helpdesk.demo.scripts import read_cast
from lifecycle.agreements import approve_amendment, propose_amendment
from notifications.models import Delivery, OutboxEntry
from tests.security.corpus import EVERYTHING, TRAPS
from tests.web.reading import Form, form_of, text_of
from tests.worlds import World, as_system, build_world
from tickets.models import Ticket

TODAY = datetime.now(UTC).date()
FROM = TODAY + timedelta(days=40)

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def address(world: World, page: str, of: int = 0) -> str:
    return f"/contracts/{world.customers[of].contract.id}/{page}/new/"


def drawn_up(client: Client, world: World, **given: Any) -> dict[str, Any]:
    """The form as it comes, with a reference, a day and a reason, and whatever else somebody typed."""
    path = address(world, "amendments")
    form: Form = form_of(client.get(path), path)
    return form.filled(reference="AV-3", in_force_from=FROM.isoformat(), reason="As agreed by telephone.", **given)


def send(client: Client, world: World, page: str, data: dict[str, Any], action: str = "preview") -> HttpResponse:
    return client.post(address(world, page), data | {"action": action})


def confirm(client: Client, world: World, page: str, looked: HttpResponse, action: str) -> HttpResponse:
    """Press the button of the preview, everything else as the page holds it."""
    return client.post(address(world, page), form_of(looked, address(world, page)).filled(action=action))


def flat(answer: HttpResponse) -> str:
    return " ".join(text_of(answer).split())


def this_second() -> datetime:
    """A request reads the clock in whole seconds: what came before it must not seem to lie ahead of it."""
    return datetime.now(UTC).replace(microsecond=0)


def amendments(world: World) -> list[ContractAmendment]:
    with as_system(world):
        return list(ContractAmendment.objects.order_by("id"))


FASTER = {"figure_response_critical_amount": "2", "figure_response_critical_unit": "business_hours"}


# Proposing ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "sentence", "stays"),
    [
        ("en", "Critical response: 4 → 2 business hours from", "1 deadline runs and stays as it is"),
        ("fr", "4 → 2 heures ouvrées à partir du", "1 échéance court et reste telle quelle"),
    ],
)
def test_a_proposal_is_shown_in_words_before_it_is_made(
    world: World, sign_in: Callable, language: str, sentence: str, stays: str
):
    ticket = world.file(this_second())
    client = sign_in(world.staff["account_manager"])
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    looked = send(client, world, "amendments", drawn_up(client, world, **FASTER))
    text = flat(looked)
    assert looked.status_code == 200
    assert sentence in text and stays in text and ticket.reference in text
    assert amendments(world) == []
    made = confirm(client, world, "amendments", looked, "propose")
    assert made.status_code == 303
    (row,) = amendments(world)
    figure = {"target": "response", "severity": "critical", "amount": 2, "unit": "business_hours", "reference": "AV-3"}
    assert (row.overrides, row.in_force_from, row.terms_id) == ({"figures": [figure]}, FROM, None)
    with as_system(world):
        assert ContractChange.objects.get(amendment=row).data["reason"] == "As agreed by telephone."
        assert OutboxEntry.objects.filter(contract_change__amendment=row).count() == 1
    page = flat(client.get(made["Location"].partition("#")[0]))
    assert sentence in page


def test_nothing_is_proposed_that_was_not_looked_at(world: World, sign_in: Callable):
    client = sign_in(world.staff["account_manager"])
    data = drawn_up(client, world, **FASTER)
    first = send(client, world, "amendments", data, "propose")
    assert (first.status_code, amendments(world)) == (200, [])
    assert "Look at this before you propose it" in text_of(first)
    other = form_of(first, address(world, "amendments")).filled(figure_response_critical_amount="3", action="propose")
    second = client.post(address(world, "amendments"), other)
    assert (second.status_code, amendments(world)) == (200, [])
    assert "4 → 3 business hours" in flat(second)
    assert confirm(client, world, "amendments", second, "propose").status_code == 303
    assert amendments(world)[0].overrides["figures"][0]["amount"] == 3


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"reference": ""}, "reference", "This field is required."),
        ({"reason": " "}, "reason", "This field is required."),
        ({"in_force_from": "2020-01-01"}, "in_force_from", "never applies to the past"),
        ({"in_force_from": "2040-01-01"}, "in_force_from", "does not run on that day"),
        ({"in_force_until": TODAY.isoformat()}, "in_force_until", "end before it begins"),
        ({"figure_response_critical_amount": "0"}, "figure_response_critical_amount", "greater than or equal to 1"),
        (
            {"figure_response_critical_amount": "2"},
            "figure_response_critical_unit",
            "Choose the unit of this amount",
        ),
        (
            {"figure_response_critical_unit": "business_hours"},
            "figure_response_critical_amount",
            "Give an amount.",
        ),
        ({"figure_response_critical_unit": "minutes"}, "figure_response_critical_unit", "Choose one of those offered."),
        ({"hours_fr_mon": "from nine"}, "hours_fr_mon", "Write hours as 09:00-18:00"),
        ({"hours_fr_mon": "14:00-18:00, 09:00-15:00"}, "hours_fr_mon", "overlap"),
        ({f"hours_fr_{day}": "" for day in WEEK}, "hours_fr_mon", "at least one day"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    world: World, sign_in: Callable, wrong: dict[str, str], field: str, told: str
):
    client = sign_in(world.staff["account_manager"])
    typed = {"in_force_until": (FROM + timedelta(days=90)).isoformat(), "hours_fr_sat": "10:00-12:00"}
    data = drawn_up(client, world, **typed) | wrong
    answer = send(client, world, "amendments", data, "propose")
    assert (answer.status_code, amendments(world)) == (422, [])
    html = answer.content.decode()
    start = html.index(f'id="id_{field}-error"')
    assert told in html[start : start + 600]
    kept = form_of(answer, address(world, "amendments")).fields
    assert kept["hours_fr_sat"] == [wrong.get("hours_fr_sat", "10:00-12:00")]
    assert kept["reason"] == [data["reason"]] or field == "reason"


def test_a_reference_that_is_taken_and_a_change_of_nothing_are_told(world: World, sign_in: Callable):
    client = sign_in(world.staff["account_manager"])
    nothing = send(client, world, "amendments", drawn_up(client, world))
    assert (nothing.status_code, "Say what changes." in text_of(nothing)) == (422, True)
    looked = send(client, world, "amendments", drawn_up(client, world, **FASTER))
    assert confirm(client, world, "amendments", looked, "propose").status_code == 303
    again = send(client, world, "amendments", drawn_up(client, world, **FASTER))
    assert (again.status_code, "an amendment of that reference already" in text_of(again)) == (422, True)


def test_figures_that_no_calendar_can_hold_are_refused_in_words(world: World, sign_in: Callable):
    client = sign_in(world.staff["account_manager"])
    week = {f"hours_fr_{day}": "" for day in ("tue", "wed", "thu", "fri")} | {"hours_fr_mon": "09:00-09:01"}
    huge = {"figure_response_critical_amount": "100000", "figure_response_critical_unit": "business_hours"}
    answer = send(client, world, "amendments", drawn_up(client, world) | week | huge)
    assert (answer.status_code, "No deadline can be counted" in text_of(answer)) == (409, True)


def test_only_what_was_changed_differs_from_what_holds_on_that_day(world: World, sign_in: Callable):
    """An agreed amendment begins before the new one: its figure is not put back by fields that show today."""
    signers = world.staff["account_manager"], world.customers[0].contact
    minor = {"target": "response", "severity": "minor", "amount": 7, "unit": "business_days", "reference": "AV-1"}
    with acting_as(signers[0]):
        agreed = propose_amendment(
            actor=signers[0],
            at=this_second(),
            contract_id=world.customers[0].contract.id,
            reference="AV-1",
            in_force_from=FROM - timedelta(days=5),
            overrides={"figures": [minor]},
        )
    for actor in signers:
        with acting_as(actor):
            approve_amendment(actor=actor, at=this_second(), amendment_id=agreed.id)
    client = sign_in(signers[0])
    looked = send(client, world, "amendments", drawn_up(client, world, **FASTER))
    assert "4 → 2 business hours" in flat(looked) and "7 business days" not in flat(looked)
    confirm(client, world, "amendments", looked, "propose")
    figures = {row["severity"]: row["reference"] for row in amendments(world)[1].overrides["figures"]}
    assert figures == {"minor": "AV-1", "critical": "AV-3"}


def test_hours_waiting_and_the_absence_of_a_deadline_can_change_and_go_back(world: World, sign_in: Callable):
    client = sign_in(world.staff["account_manager"])
    changes = {
        "hours_fr_sat": "09:00 – 12:00",
        "holidays_fr": "on",
        "pausing": "no",
        "month_rollover": "ouvre",
        "figure_response_minor_unit": "none",
    }
    looked = send(client, world, "amendments", drawn_up(client, world, **changes))
    text = flat(looked)
    assert looked.status_code == 200, text
    assert "Saturday: closed → 09:00–12:00" in text and "→ no target" in text
    confirm(client, world, "amendments", looked, "propose")
    (row,) = amendments(world)
    (week,) = row.overrides["calendars"]
    assert week["weekly"]["sat"] == ["09:00-12:00"] and week["open_on_holidays"] is True
    assert (row.overrides["pausing"], row.overrides["month_rollover"]) == (False, "ouvre")
    for actor in (world.staff["account_manager"], world.customers[0].contact):
        with acting_as(actor):
            approve_amendment(actor=actor, at=this_second(), amendment_id=row.id)
    back = {
        "reference": "AV-4",
        "base_day": FROM.isoformat(),
        "in_force_from": FROM.isoformat(),
    }
    data = drawn_up(client, world) | back
    data["seen"] = ""
    shown = send(client, world, "amendments", data)
    data = form_of(shown, address(world, "amendments")).filled()
    data |= {"hours_fr_sat": "", "pausing": "terms", "month_rollover": "terms", "figure_response_minor_unit": "terms"}
    data.pop("holidays_fr", None)
    looked = send(client, world, "amendments", data)
    assert "Saturday: 09:00–12:00 → closed" in flat(looked)
    confirm(client, world, "amendments", looked, "propose")
    assert amendments(world)[1].overrides == {}


@pytest.mark.parametrize("document", ["generix", "jalios-on-premise", "octipas", "hopex-on-premise"])
def test_every_contract_has_a_form_and_what_it_holds_is_a_change_of_nothing(db, sign_in: Callable, document: str):
    slug = document.partition("-")[0]
    brought = [given["customers"][0].get("overrides") for given in read_cast() if given["key"] == slug]
    world = build_world("vendor", "Vendor", "VEND", 1, DATA / f"{document}.yaml", brought[0] if brought else None)
    client = sign_in(world.staff["account_manager"])
    answer = send(client, world, "amendments", drawn_up(client, world))
    assert (answer.status_code, "Say what changes." in text_of(answer)) == (422, True)


# Who ------------------------------------------------------------------------------------------------------------------
def test_a_named_contact_proposes_for_the_customer(world: World, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    assert "amendments/new/" in client.get(f"/contracts/{world.customers[0].contract.id}/").content.decode()
    looked = send(client, world, "amendments", drawn_up(client, world, **FASTER))
    assert confirm(client, world, "amendments", looked, "propose").status_code == 303
    with as_system(world):
        assert ContractChange.objects.get(kind="proposed").actor_side == "customer"


def test_a_contact_whom_the_contract_does_not_name_any_more_does_not(world: World, sign_in: Callable):
    with as_system(world):
        world.customers[0].contract.contacts.update(replaced_on=TODAY - timedelta(days=1))
    client = sign_in(world.customers[0].contact)
    assert "amendments/new/" not in client.get(f"/contracts/{world.customers[0].contract.id}/").content.decode()
    assert client.get(address(world, "amendments")).status_code == 403
    assert client.post(address(world, "amendments"), {"action": "propose"}).status_code == 403


@pytest.mark.parametrize("who", ["viewer", "engineer", "auditor"])
def test_others_are_offered_nothing_and_refused(world: World, sign_in: Callable, who: str):
    client = sign_in(world.staff.get(who) or world.customers[0].people[who])
    html = client.get(f"/contracts/{world.customers[0].contract.id}/").content.decode()
    assert "amendments/new/" not in html and "days/new/" not in html
    assert client.get(address(world, "amendments")).status_code == 403
    assert client.get(address(world, "days")).status_code == (404 if who == "viewer" else 403)


def test_a_stranger_finds_no_page(world: World, sign_in: Callable):
    client = sign_in(world.customers[1].contact)
    assert client.get(address(world, "amendments")).status_code == 404
    assert client.get(address(world, "days")).status_code == 404


# Announcing days ------------------------------------------------------------------------------------------------------
def announcement(world: World, client: Client, **given: Any) -> dict[str, Any]:
    path = address(world, "days")
    form = form_of(client.get(path), path)
    told = {"first_day": FROM.isoformat(), "name": "Bridge", "reference": "N-12", "calendar": "fr"}
    return form.filled(**told | given)


def test_a_closure_is_looked_at_with_what_it_moves_and_then_announced(world: World, sign_in: Callable):
    now = this_second()
    ticket = world.file(now)
    with as_system(world):
        due = Ticket.objects.get(pk=ticket.pk).due_at
    assert due is not None
    client = sign_in(world.staff["manager"])
    # The days of the calendar's own zone: around midnight they are not those of UTC.
    first, last = (instant.astimezone(ZoneInfo("Europe/Paris")).date() for instant in (now, due))
    given = {"first_day": first.isoformat(), "last_day": last.isoformat(), "scope": "all", "late_reason": "Flood."}
    looked = send(client, world, "days", announcement(world, client, **given))
    text = flat(looked)
    assert looked.status_code == 200, text
    assert "1 deadline runs on this calendar; 1 of them moves." in text and ticket.reference in text
    with as_system(world):
        assert not CalendarChange.objects.exists()
    assert confirm(client, world, "days", looked, "announce").status_code == 303
    with as_system(world):
        row = CalendarChange.objects.get()
        assert row.days["closures"] == [{"start": first.isoformat(), "end": last.isoformat()}]
        assert (row.late_reason, row.name) == ("Flood.", "Bridge")
        assert OutboxEntry.objects.filter(calendar_change=row).count() == 1
    page = flat(sign_in(world.customers[1].contact).get(f"/contracts/{world.customers[1].contract.id}/"))
    assert "Announced by Manager MEGA, N-12" in page and "Announced late because: Flood." in page


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Too late for the reasonable notice: “Notice of planned maintenance” is 5 business days (HSA-5)."),
        ("fr", "Trop tard pour un préavis raisonnable : « Préavis de maintenance planifiée » est de 5 jours ouvrés"),
    ],
)
def test_a_closure_without_notice_is_refused_in_words_unless_it_is_said_why(
    world: World, sign_in: Callable, language: str, told: str
):
    client = sign_in(world.staff["manager"])
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    data = announcement(world, client, first_day=(TODAY + timedelta(days=2)).isoformat())
    refused = send(client, world, "days", data, "announce")
    assert refused.status_code == 422
    assert told in flat(refused)
    assert 'id="id_late_reason-error"' in refused.content.decode()
    looked = send(client, world, "days", data | {"late_reason": "The building is shut."})
    assert confirm(client, world, "days", looked, "announce").status_code == 303


def test_an_opening_for_one_contract_needs_hours_and_no_notice(world: World, sign_in: Callable):
    client = sign_in(world.staff["manager"])
    soon = TODAY + timedelta(days=1)
    data = announcement(world, client, what="open", first_day=soon.isoformat(), last_day=soon.isoformat())
    assert "Write hours as 09:00-18:00" in text_of(send(client, world, "days", data))
    looked = send(client, world, "days", data | {"hours": "09:00-12:00"})
    assert confirm(client, world, "days", looked, "announce").status_code == 303
    with as_system(world):
        row = ContractCalendarChange.objects.get()
        assert row.days["special_days"] == [{"date": soon.isoformat(), "hours": ["09:00-12:00"]}]
        assert row.contract_id == world.customers[0].contract.id
        change = ContractChange.objects.get(kind="calendar_changed")
        assert OutboxEntry.objects.filter(contract_change=change).count() == 1
    page = flat(client.get(f"/contracts/{world.customers[0].contract.id}/"))
    assert "open 09:00–12:00 on" in page


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"first_day": "2020-01-01"}, "first_day", "What has passed stays as it was counted"),
        ({"last_day": TODAY.isoformat()}, "last_day", "end before it begins"),
        ({"last_day": "2030-01-01"}, "first_day", "lasts longer than"),
        ({"hours": "09:00-12:00"}, "hours", "Leave the hours empty"),
        (
            {"what": "open", "hours": "09:00-12:00", "last_day": (FROM + timedelta(days=31)).isoformat()},
            "last_day",
            "At most 31 days",
        ),
        ({"calendar": "moon"}, "calendar", "Choose one of those offered."),
    ],
)
def test_what_is_wrong_with_an_announcement_stands_beside_its_field(
    world: World, sign_in: Callable, wrong: dict[str, str], field: str, told: str
):
    client = sign_in(world.staff["manager"])
    data = announcement(world, client) | wrong
    answer = send(client, world, "days", data, "announce")
    html = answer.content.decode()
    assert answer.status_code == 422, text_of(answer)
    start = html.index(f'id="id_{field}-error"')
    assert told in html[start : start + 600]
    kept = form_of(answer, address(world, "days")).fields
    assert kept["reference"] == ["N-12"]


def test_days_that_are_announced_already_are_refused(world: World, sign_in: Callable):
    client = sign_in(world.staff["manager"])
    looked = send(client, world, "days", announcement(world, client))
    assert confirm(client, world, "days", looked, "announce").status_code == 303
    again = send(client, world, "days", announcement(world, client))
    assert (again.status_code, "announced already" in text_of(again)) == (409, True)


# Costs and lists ------------------------------------------------------------------------------------------------------
def test_a_preview_asks_the_same_number_of_questions_for_one_ticket_and_for_many(world: World, sign_in: Callable):
    client = sign_in(world.staff["manager"])
    proposal, days = drawn_up(client, world, **FASTER), announcement(world, client)

    def cost() -> list[int]:
        found = []
        for page, data in (("amendments", proposal), ("days", days)):
            send(client, world, page, data)
            with CaptureQueriesContext(connection) as captured:
                assert send(client, world, page, data).status_code == 200
            found.append(len(captured))
        return found

    world.file(this_second())
    one = cost()
    for _ in range(4):
        world.file(this_second())
    assert cost() == one
    assert max(one) <= 60


def test_a_message_about_a_contract_leads_to_it(world: World, sign_in: Callable):
    contact = world.customers[0].contact
    with as_system(world):
        change = ContractChange.objects.filter(contract=world.customers[0].contract).first()
        Delivery.objects.create(
            provider_id=world.provider.id,
            contract=world.customers[0].contract,
            contract_change=change,
            recipient_id=contact.membership_id,
            channel="in_app",
            kind="amendment_proposed",
            subject="Somebody proposes the amendment AV-1",
            created_at=this_second(),
            sent_at=this_second(),
        )
    html = sign_in(contact).get("/notifications/").content.decode()
    assert f'href="/contracts/{world.customers[0].contract.id}/#amendments">Somebody proposes' in html


def test_the_form_keeps_its_day_when_it_is_sent_with_a_strange_one(world: World, sign_in: Callable):
    client = sign_in(world.staff["account_manager"])
    for strange in ("0001-01-01", "9999-12-31", "yesterday", "2026-13-45"):
        answer = send(client, world, "amendments", drawn_up(client, world, **FASTER) | {"base_day": strange})
        assert answer.status_code in {200, 422}, strange


@pytest.mark.parametrize("page", ["amendments", "days"])
def test_every_field_bears_what_nobody_should_send(world: World, sign_in: Callable, page: str):
    """Each field gets a trap in turn, all at once: refused beside the field or taken as text, never a fault of ours."""
    client = sign_in(world.staff["account_manager"])
    data = (drawn_up if page == "amendments" else announcement)(world=world, client=client)
    corpus = [*TRAPS, *EVERYTHING]
    for offset in range(0, len(corpus), 31):
        traps = {name: corpus[(offset + n) % len(corpus)] for n, name in enumerate(data)}
        assert send(client, world, page, traps).status_code in {400, 413, 422}, offset
        one = list(data)[offset % len(data)]
        answer = send(client, world, page, data | {one: corpus[offset]})
        assert answer.status_code in {200, 400, 409, 413, 422}, (one, offset)


def test_whoever_sends_a_form_of_former_times_is_shown_what_holds_now(world: World, sign_in: Callable):
    client = sign_in(world.staff["account_manager"])
    stale = drawn_up(client, world, **FASTER) | {"seen": "0" * 64}
    answer = send(client, world, "amendments", stale, "propose")
    assert (answer.status_code, amendments(world)) == (422, [])
    assert "agreed meanwhile" in text_of(answer)
    looked = send(client, world, "amendments", form_of(answer, address(world, "amendments")).filled())
    assert confirm(client, world, "amendments", looked, "propose").status_code == 303
