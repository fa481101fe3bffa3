"""What if: the page tries out other rules on past tickets, and nothing is written."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import acting_as
from contracts.publishing import DATA
from lifecycle import services
from slas.replay import Difference, Outcome, Reason, Replay
from tests.web.reading import text_of
from tests.web.test_query_budget import FRAME
from tests.worlds import World, as_system, build_world, paris
from tickets.models import Event, Ticket
from web.presenters.replays import csv_rows
from web.views import contracts as views

FILED = paris("2026-05-04 10:00")


@pytest.fixture
def world(db) -> World:
    return build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml")


@pytest.fixture
def tickets(world: World) -> list[Ticket]:
    """Taken three hours after the filing: too late for a blocking one, in time for a major one."""
    found = []
    for _ in range(3):
        details = {"symptoms": "Nothing opens", "steps": "Open anything"}
        ticket = world.file(FILED, severity="blocking", details=details)
        engineer = world.staff["engineer"]
        with acting_as(engineer):
            services.take_ticket(actor=engineer, at=paris("2026-05-04 13:00"), reference=ticket.reference)
        found.append(ticket)
    return found


@pytest.fixture
def manager(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["manager"])


def _address(world: World, of: int = 0) -> str:
    return f"/contracts/{world.customers[of].contract.id}/what-if/"


GIVEN = {"first_day": "2026-05-01", "last_day": "2026-05-31", "what": "severities", "severity_blocking": "major"}


def _ask(client: Client, world: World, **given: Any) -> Any:
    return client.post(_address(world), GIVEN | given)


def test_other_severities_show_before_and_after_and_each_ticket_that_differs(
    world: World, tickets: list[Ticket], manager: Client
):
    answer = _ask(manager, world)
    assert answer.status_code == 200
    text = text_of(answer)
    assert "0 → 3 (+3)" in text
    assert "3 → 0 (−3)" in text
    assert "severity Blocking → Major" in text
    for ticket in tickets:
        assert f'href="/tickets/{ticket.reference}/"' in answer.content.decode()


def test_nothing_is_written(world: World, tickets: list[Ticket], manager: Client):
    with as_system(world):
        before = (Event.objects.count(), [ticket.severity for ticket in Ticket.objects.order_by("pk")])
    _ask(manager, world)
    with as_system(world):
        assert (Event.objects.count(), [ticket.severity for ticket in Ticket.objects.order_by("pk")]) == before


def test_further_closures_move_deadlines(world: World, tickets: list[Ticket], manager: Client):
    page = manager.get(_address(world)).content.decode()
    calendar = page.split('name="calendar"')[1].split('<option value="')[1].split('"')[0]
    answer = _ask(manager, world, what="days", calendar=calendar, days="2026-05-04\n2026-05-05 2026-05-06")
    assert answer.status_code == 200
    assert "another calendar" in text_of(answer)


def test_a_draft_of_the_terms_is_tried_out_from_a_file_and_kept_for_the_next_page(
    world: World, tickets: list[Ticket], manager: Client
):
    text = (DATA / "octipas.yaml").read_text(encoding="utf-8").replace("amount: 2,", "amount: 5,", 1)
    file = SimpleUploadedFile("draft.yaml", text.encode(), content_type="text/yaml")
    answer = _ask(manager, world, what="terms", file=file)
    assert answer.status_code == 200, text_of(answer)[-2000:]
    assert "2 business hours → 5 business hours" in text_of(answer)
    assert "amount: 5," in answer.content.decode()


def test_a_draft_that_is_wrong_says_where_and_keeps_its_text(world: World, manager: Client):
    text = (DATA / "octipas.yaml").read_text(encoding="utf-8").replace("amount: 2,", "amount: many,", 1)
    answer = _ask(manager, world, what="terms", document=text)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "What is wrong with the draft" in page
    assert "line " in page
    assert "amount: many," in page


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"first_day": "2026-06-31"}, "first_day"),
        ({"last_day": "2026-04-01"}, "last_day"),
        ({"what": "severities", "severity_blocking": ""}, "severity_blocking"),
        ({"what": "severities", "severity_blocking": "gone"}, "severity_blocking"),
        ({"what": "days", "calendar": "", "days": "2026-05-04"}, "calendar"),
        ({"what": "terms"}, "document"),
        ({"what": "terms", "document": "x: [*a]"}, "document"),
        ({"what": "the weather"}, "what"),
    ],
)
def test_bad_input_comes_back_beside_its_field(world: World, manager: Client, given: dict[str, str], field: str):
    answer = _ask(manager, world, **given)
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in answer.content.decode() or f'href="#id_{field}' in answer.content.decode()


@pytest.mark.parametrize(
    "days", ["soon", "2026-13-01", "2026-05-04 2026-05-01", "2026-05-04 2026-05-05 2026-05-06", ""]
)
def test_days_that_are_none_are_told_with_the_line(world: World, manager: Client, days: str):
    page = manager.get(_address(world)).content.decode()
    calendar = page.split('name="calendar"')[1].split('<option value="')[1].split('"')[0]
    answer = _ask(manager, world, what="days", calendar=calendar, days=days)
    assert answer.status_code == 422
    assert 'id="id_days-error"' in answer.content.decode()
    assert days in answer.content.decode()


def test_the_table_is_downloaded(world: World, tickets: list[Ticket], manager: Client):
    answer = _ask(manager, world, action="csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["ticket"] for row in rows} == {ticket.reference for ticket in tickets}
    changed = [row for row in rows if row["status_before"] != row["status_after"]]
    assert {(row["status_before"], row["status_after"]) for row in changed} == {("breached", "met")}


def test_a_table_is_named_for_its_contract_whatever_that_is_called(world: World, manager: Client):
    contract = world.customers[0].contract
    with as_system(world):
        type(contract).objects.filter(pk=contract.pk).update(reference='2026/17 "é"\n')
    answer = _ask(manager, world, action="csv")
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''2026-17-%C3%A9--what-if.csv"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(start: str):
    outcome = Outcome("met", "blocking", None)
    reason = Reason("severity", f"{start}cmd|x", "b")
    found = Replay(FILED)
    found.differences.append(
        Difference(f"{start}1", f"{start}2", f"{start}3", outcome, outcome, (reason,), "Europe/Paris")
    )
    (cells,) = csv_rows(found, outcomes_only=False)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert [cells[0], cells[1], cells[2]] == [f"'{start}1", f"'{start}2", f"'{start}3"]


def test_pages_of_differences_are_walked_by_the_same_form(
    world: World, tickets: list[Ticket], manager: Client, monkeypatch
):
    monkeypatch.setattr(views, "PAGE", 2)
    first = _ask(manager, world, outcomes_only="on")
    assert 'name="offset" value="2"' in first.content.decode()
    assert "Differences 1–2 of 3" in text_of(first)
    second = _ask(manager, world, outcomes_only="on", offset="2")
    assert "Differences 3–3 of 3" in text_of(second)
    assert 'name="offset" value="0"' in second.content.decode()


def test_too_many_tickets_are_left_to_the_command(world: World, tickets: list[Ticket], manager: Client, monkeypatch):
    monkeypatch.setattr(views, "MOST_TICKETS", 2)
    answer = _ask(manager, world)
    assert answer.status_code == 409
    assert "Use the command sla_replay instead." in text_of(answer)


@pytest.mark.parametrize("who", ["engineer", "auditor"])
def test_who_may_not_replay_is_refused(world: World, sign_in: Callable, who: str):
    client = sign_in(world.staff[who])
    assert client.get(_address(world)).status_code == 403
    assert _ask(client, world).status_code == 403
    assert "what-if" not in client.get(_address(world).removesuffix("what-if/")).content.decode()


def test_for_a_customer_the_page_does_not_exist(world: World, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    assert client.get(_address(world)).status_code == 404
    assert _ask(client, world).status_code == 404


def test_more_tickets_ask_no_more_questions(world: World, tickets: list[Ticket], manager: Client):
    def count() -> int:
        _ask(manager, world)
        with CaptureQueriesContext(connection) as captured:
            _ask(manager, world)
        return len([row for row in captured.captured_queries if not row["sql"].startswith(FRAME)])

    before = count()
    for _ in range(3):
        world.file(FILED, severity="blocking", details={"symptoms": "Nothing opens", "steps": "Open anything"})
    assert count() == before <= 20


def test_the_page_speaks_french(world: World, tickets: list[Ticket], manager: Client):
    manager.cookies["language"] = "fr"
    text = text_of(_ask(manager, world))
    assert "tickets recalculés" in text
    assert "Et si ?" in text
