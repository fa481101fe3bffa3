"""What another severity would do to the deadlines is told before it is changed, and is what then happens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from accounts.tenancy import acting_as
from lifecycle import services
from slas.models import Clock
from tests.web.reading import form_of, text_of
from tests.worlds import PARIS, World, paris
from tickets.models import Event, Ticket
from web.forms.acts import split_severity
from web.moments import format_deadline
from web.presenters.severities import SeverityDue, present_severity_change

FILED = paris("2026-05-04 10:00")
SOON = FILED + timedelta(minutes=30)


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.file(at=FILED)


@pytest.fixture
def engineer(world: World, sign_in: Callable) -> Client:
    return sign_in(world.staff["engineer"])


def address(ticket: Ticket) -> str:
    return f"/tickets/{ticket.reference}/"


def asked(world: World, ticket: Ticket, severity: str, at: datetime = SOON) -> SeverityDue:
    actor = world.staff["engineer"]
    with acting_as(actor), timezone.override(PARIS):
        return present_severity_change(actor, Ticket.objects.get(pk=ticket.pk), severity, at)


def act(world: World, ticket: Ticket, service: Callable[..., Any], **given: Any) -> None:
    actor = world.staff["engineer"]
    with acting_as(actor):
        service(actor=actor, at=SOON, reference=ticket.reference, **given)


def change(world: World, ticket: Ticket, chosen: str) -> None:
    severity, kind = split_severity(chosen)
    told = {"reason_code": "impact_reassessed", "reason": "As agreed.", "expected_version": ticket.version}
    act(world, ticket, services.change_severity, severity=severity, severity_kind=kind, **told)


def due(world: World, ticket: Ticket) -> str:
    with acting_as(world.system):
        row = Clock.objects.get(ticket=ticket, target="response")
    return format_deadline(row.due_at, PARIS, PARIS) if row.due_at else ""


@pytest.mark.parametrize("severity", ["no_access:platform_down", "moderate", "minor"])
def test_the_preview_is_what_the_change_then_does(world: World, ticket: Ticket, severity: str):
    before = due(world, ticket)
    [told] = asked(world, ticket, severity).dues
    change(world, ticket, severity)
    after = due(world, ticket)
    assert after and after != before
    assert (told.outcome, told.by, told.now) == ("moves", after, before)
    assert any(step["clause"].startswith("HSA-") for step in told.steps)


def test_a_deadline_that_has_passed_under_the_other_severity_is_told_as_late(world: World, ticket: Ticket):
    change(world, ticket, "minor")
    [told] = asked(world, ticket, "critical", FILED + timedelta(days=1, hours=4)).dues
    assert (told.outcome, told.by) == ("late", "Tue 5 May 2026, 13:00 (Paris)")


def test_a_deadline_missed_under_the_one_severity_may_run_again_under_the_other(world: World, ticket: Ticket):
    [told] = asked(world, ticket, "minor", FILED + timedelta(days=1, hours=4)).dues
    change(world, ticket, "minor")
    assert (told.outcome, told.by) == ("moves", due(world, ticket))


def test_a_target_that_is_met_is_not_counted_again(world: World, ticket: Ticket):
    act(world, ticket, services.reply, body="Hello")
    assert [one.outcome for one in asked(world, ticket, "moderate").dues] == ["met"]


def test_the_severity_that_it_has_is_told_as_such(world: World, ticket: Ticket):
    told = asked(world, ticket, "critical")
    assert (told.dues, told.refusal) == ([], "It already has this severity.")


def test_the_statement_in_both_languages(world: World, ticket: Ticket):
    told = asked(world, ticket, "minor")
    said = {}
    for language in ("en", "fr"):
        with translation.override(language):
            said[language] = " ".join(render_to_string("tickets/_severity_due.html", {"severity_due": told}).split())
    assert "If changed now: Response by <strong>" in said["en"]
    assert "instead of Tue 5 May 2026, 13:00 (Paris)." in said["en"]
    assert "En cas de changement maintenant" in said["fr"]


def test_asking_writes_nothing(world: World, ticket: Ticket, engineer: Client):
    with acting_as(world.system):
        before = Event.objects.filter(ticket=ticket).count()
    assert engineer.get(f"{address(ticket)}severity/due/", {"severity": "minor"}).status_code == 200
    form = form_of(engineer.get(address(ticket)), f"{address(ticket)}severity/")
    typed = form.filled(severity="minor", reason="Half written", act="preview")
    assert engineer.post(f"{address(ticket)}severity/", typed).status_code == 200
    with acting_as(world.system):
        assert Event.objects.filter(ticket=ticket).count() == before
        assert Ticket.objects.get(pk=ticket.pk).severity == "critical"


def test_without_script_the_form_comes_back_as_typed_with_the_deadlines(world: World, engineer: Client):
    ticket = world.file(at=datetime.now(UTC) - timedelta(minutes=1))
    form = form_of(engineer.get(address(ticket)), f"{address(ticket)}severity/")
    typed = form.filled(severity="minor", reason="Half written", act="preview")
    page = engineer.post(f"{address(ticket)}severity/", typed)
    assert "If changed now: Response by" in text_of(page)
    again = form_of(page, f"{address(ticket)}severity/")
    assert (again.fields["severity"], again.fields["reason"]) == (["minor"], ["Half written"])
    assert 'id="severity_reason_code-error"' not in page.content.decode()


def test_a_severity_of_no_contract_is_refused(ticket: Ticket, engineer: Client):
    assert engineer.get(f"{address(ticket)}severity/due/", {"severity": "apocalypse"}).status_code == 400
    form = form_of(engineer.get(address(ticket)), f"{address(ticket)}severity/")
    page = engineer.post(f"{address(ticket)}severity/", form.filled(severity="apocalypse", act="preview"))
    assert page.status_code == 200
    assert "Choose a severity to see" in text_of(page)


def test_who_may_not_change_it_may_not_ask(world: World, ticket: Ticket, sign_in: Callable):
    for actor, status in ((world.staff["auditor"], 403), (world.customers[0].contact, 404)):
        assert sign_in(actor).get(f"{address(ticket)}severity/due/?severity=minor").status_code == status
