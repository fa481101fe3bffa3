"""Duties and the action plan by program (HOP-5)."""

from datetime import timedelta

from django.utils import timezone

from tests.api.programs import PROBLEM, Program
from tests.api.test_tickets import act, told
from tests.worlds import World


def test_a_ticket_is_told_with_what_is_owed_and_a_plan_ends_one_lack(world: World, contact: Program, engineer: Program):
    ticket = world.file(timezone.now() - timedelta(minutes=1))
    for program in (contact, engineer):
        shown = told(program.get(f"tickets/{ticket.reference}"))
        duties = {one["code"]: one for one in shown["duties"]}
        assert shown["action_plan_version"] == 0
        assert list(duties) == ["assign_at_once", "action_plan", "daily_update"]
        assert duties["action_plan"]["lacking_since"] == duties["action_plan"]["since"] == shown["opened_at"]
        assert duties["daily_update"]["due_at"] > shown["as_of"]
        assert {one["clause"] for one in duties.values()} == {"HOP-5"}
    shown = told(act(engineer, ticket, "plan", {"body": "First **this**.", "expected_plan": 0}))
    assert shown["action_plan_version"] == 1
    assert {one["code"]: one["lacking_since"] for one in shown["duties"]}["action_plan"] is None
    event = told(contact.get(f"tickets/{ticket.reference}/events"))["events"][-1]
    assert (event["kind"], event["data"]["action_plan"]) == ("action_plan", {"old": 0, "new": 1})


def test_a_plan_that_was_not_read_is_not_replaced(world: World, engineer: Program, contact: Program):
    ticket = world.file()
    told(act(engineer, ticket, "plan", {"body": "First.", "expected_plan": 0}))
    late = act(engineer, ticket, "plan", {"body": "Second.", "expected_plan": 0})
    assert late.status_code in {409, 412}
    assert late["Content-Type"].startswith(PROBLEM)
    assert "plan" in told(engineer.get(f"tickets/{ticket.reference}"))["transitions"]
    assert "plan" not in told(contact.get(f"tickets/{ticket.reference}"))["transitions"]
    assert act(contact, ticket, "plan", {"body": "Mine.", "expected_plan": 1}).status_code == 403


def test_a_ticket_of_another_severity_owes_nothing(world: World, engineer: Program):
    ticket = world.file(severity="moderate")
    assert told(engineer.get(f"tickets/{ticket.reference}"))["duties"] == []
