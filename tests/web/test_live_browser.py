"""Pages that stay open, in a real browser: what the other side does is offered, and nothing typed is taken away."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.tenancy import acting_as
from lifecycle import contests, services
from lifecycle.contests import Proposal
from tests.web.test_ticket_browser import enter
from tests.worlds import START, World
from tickets.models import Event, Ticket

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
OFFER = "#live a"


def look(page: Page) -> None:
    """What happens every half minute, and whenever somebody comes back to the page."""
    with page.expect_response("**/live/?version=*"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def answer(world: World, ticket: Ticket, body: str) -> None:
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        services.reply(actor=engineer, at=START, reference=ticket.reference, body=body)


def test_news_are_offered_and_what_is_being_typed_stays(committed_world: World, new_context: NewContext):
    world, ticket = committed_world, committed_world.file()
    page = enter(new_context, world.customers[0].contact)
    page.goto(f"/tickets/{ticket.reference}/")
    page.fill(".composer textarea", "Half a sentence")
    look(page)
    expect(page.locator(OFFER)).to_have_count(0)
    answer(world, ticket, "Try the newest release.")
    look(page)
    expect(page.locator(OFFER)).to_have_text("New activity: show it")
    expect(page.locator(".thread")).not_to_contain_text("Try the newest release.")
    expect(page.locator(".composer textarea")).to_have_value("Half a sentence")
    page.click(OFFER)
    expect(page.locator(".thread")).to_contain_text("Try the newest release.")
    expect(page.locator("#ticket-history")).to_contain_text("Engineer MEGA answered")
    expect(page.locator(".composer textarea")).to_have_value("Half a sentence")
    expect(page.locator(OFFER)).to_have_count(0)
    expect(page.locator("#conversation-title")).to_be_focused()
    look(page)
    expect(page.locator(OFFER)).to_have_count(0)


def test_forms_that_nobody_touched_follow_the_new_state(committed_world: World, new_context: NewContext):
    world, ticket = committed_world, committed_world.file()
    page = enter(new_context, world.customers[0].contact)
    page.goto(f"/tickets/{ticket.reference}/")
    engineer = world.staff["engineer"]
    told = {"actor": engineer, "at": START, "reference": ticket.reference}
    with acting_as(engineer):
        services.take_ticket(**told)
        services.resolve_ticket(**told, resolution_type="workaround", body="Import again.", expected_version=2)
    look(page)
    page.click(OFFER)
    expect(page.locator("#turn-title")).to_have_text("Does the resolution hold?")
    page.click("#close-send")
    expect(page.locator("#toasts")).to_contain_text(f"{ticket.reference} is closed.")


def test_a_signed_out_page_asks_once_and_then_rests(committed_world: World, new_context: NewContext):
    world, ticket = committed_world, committed_world.file()
    page = enter(new_context, world.staff["engineer"])
    page.goto(f"/tickets/{ticket.reference}/")
    page.fill(".composer__pane--reply textarea", "Not yet sent")
    page.context.clear_cookies(name="session")
    look(page)
    expect(page.locator("#toasts")).to_contain_text("You are signed out")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    assert not [url for url in asked if "/live/" in url]
    expect(page.locator(".composer__pane--reply textarea")).to_have_value("Not yet sent")


def test_the_filing_form_outlives_the_session(committed_world: World, new_context: NewContext):
    page = enter(new_context, committed_world.customers[0].contact)
    page.goto("/cases/new/")
    page.fill("input[name=title]", "Typed for an hour")
    page.fill("textarea[name=description]", "Long words")
    page.context.clear_cookies(name="session")
    page.check("input[name=severity][value=critical]")
    notice = page.locator("#toasts [role=status]")
    expect(notice).to_contain_text("What you typed is still on this page.")
    expect(notice).to_be_in_viewport()
    assert page.url.endswith("/cases/new/")
    expect(page.locator("input[name=title]")).to_have_value("Typed for an hour")
    expect(page.locator("textarea[name=description]")).to_have_value("Long words")
    expect(notice.locator("a")).to_have_attribute("href", "/sign-in/?next=%2Fcases%2Fnew%2F")


def contest(world: World, ticket: Ticket) -> None:
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        filed = Event.objects.get(ticket=ticket, kind="filed")
        proposal = Proposal("severity", filed.id, severity="minor")
        contests.contest(actor=engineer, at=START, reference=ticket.reference, proposal=proposal, reason="One user.")


def test_a_contest_of_the_other_side_comes_to_the_page_that_stands_open(
    committed_world: World, new_context: NewContext
):
    world, ticket = committed_world, committed_world.file()
    page = enter(new_context, world.customers[0].contact)
    page.goto(f"/tickets/{ticket.reference}/")
    contest(world, ticket)
    look(page)
    page.click(OFFER)
    expect(page.locator("#ticket-decide")).to_contain_text("A contest waits for your decision")
    expect(page.locator("#contest-list")).to_contain_text("The severity should have been Minor.")
    page.click("#contest-list button:has-text('Agree and count again')")
    expect(page.locator("#toasts")).to_contain_text("Agreed. The deadlines were counted again.")


def test_a_contest_half_written_stays_while_the_other_sides_comes(committed_world: World, new_context: NewContext):
    world, ticket = committed_world, committed_world.file()
    page = enter(new_context, world.customers[0].contact)
    page.goto(f"/tickets/{ticket.reference}/")
    page.click("summary:has-text('Contest a severity')")
    page.fill("#contest_severity textarea", "Half a reason")
    contest(world, ticket)
    look(page)
    page.click(OFFER)
    expect(page.locator("#contest-list")).to_contain_text("The severity should have been Minor.")
    expect(page.locator("#contest_severity textarea")).to_have_value("Half a reason")
    expect(page.locator("#contest_severity [data-draft-state]")).to_have_text("Draft kept", timeout=10_000)
    page.reload()
    expect(page.locator("#contest_severity textarea")).to_have_value("Half a reason")
    expect(page.locator("#contest_severity textarea")).to_be_visible()
