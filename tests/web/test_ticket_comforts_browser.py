"""Small comforts of the ticket page in a real browser: copying, pasting a screenshot, asking what a severity does."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.tenancy import acting_as
from tests.tickets.test_pictures import png
from tests.web.test_ticket_browser import enter
from tests.worlds import World
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
BRING = """([selector, kind, bytes, text]) => {
  const data = new DataTransfer();
  const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  data.items.add(new File([raw], "image.png", { type: "image/png" }));
  if (text) data.setData("text/plain", text);
  const given = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...given, clipboardData: data })
    : new DragEvent("drop", { ...given, dataTransfer: data });
  document.querySelector(selector).dispatchEvent(event);
}"""
PICTURE = base64.b64encode(png(60, 40)).decode()


@pytest.fixture
def ticket(committed_world: World) -> Ticket:
    return committed_world.file(at=datetime.now(UTC) - timedelta(minutes=1))


def bring(page: Page, kind: str, text: str = "") -> None:
    page.evaluate(BRING, [".composer__pane--reply textarea", kind, PICTURE, text])


def test_a_screenshot_is_pasted_kept_sent_and_seen(committed_world: World, ticket: Ticket, new_context: NewContext):
    page = enter(new_context, committed_world.staff["engineer"])
    page.goto(f"/tickets/{ticket.reference}/")
    page.fill(".composer__pane--reply textarea", "As you see here:")
    kept = page.locator(".composer__pane--reply .attach__kept li")
    bring(page, "paste")
    bring(page, "drop")
    expect(kept).to_have_count(2)
    expect(kept.first).to_contain_text("screenshot-")
    expect(page.locator(".composer__pane--reply textarea")).to_have_value("As you see here:")
    page.click("#reply-send")
    shown = page.locator("#conversation .file-chip__picture")
    expect(shown).to_have_count(2)
    assert shown.first.evaluate("async (image) => (await image.decode(), image.naturalWidth)") == 60
    with acting_as(committed_world.system):
        assert Attachment.objects.filter(ticket=ticket).count() == 2


def test_text_that_comes_with_its_picture_is_pasted_as_text(
    committed_world: World, ticket: Ticket, new_context: NewContext
):
    page = enter(new_context, committed_world.staff["engineer"])
    page.goto(f"/tickets/{ticket.reference}/")
    bring(page, "paste", "a cell of a table")
    bring(page, "drop")
    expect(page.locator(".composer__pane--reply .attach__kept li")).to_have_count(1)


def test_number_and_link_are_copied_by_keyboard(committed_world: World, ticket: Ticket, new_context: NewContext):
    page = enter(new_context, committed_world.staff["engineer"])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/tickets/{ticket.reference}/")
    page.locator("#ticket-share summary").press("Enter")
    page.get_by_role("button", name="Copy the number").press("Enter")
    expect(page.locator("[data-copy-told]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == ticket.reference


def test_where_the_clipboard_is_closed_the_text_is_selected(
    committed_world: World, ticket: Ticket, new_context: NewContext
):
    page = enter(new_context, committed_world.staff["engineer"])
    page.goto(f"/tickets/{ticket.reference}/")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('closed')); }")
    page.locator("#ticket-share summary").press("Enter")
    page.get_by_role("button", name="Copy the link").press("Enter")
    expect(page.locator("[data-copy-told]")).to_contain_text("Selected")
    link = page.locator("#share-2")
    selected = link.evaluate("(field) => field.value.slice(field.selectionStart, field.selectionEnd)")
    assert selected.endswith(f"/tickets/{ticket.reference}/")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_deadlines_follow_the_severity_that_is_chosen(
    committed_world: World, ticket: Ticket, new_context: NewContext, script: bool
):
    page = enter(new_context, committed_world.staff["engineer"], java_script_enabled=script)
    page.goto(f"/tickets/{ticket.reference}/")
    page.click("#ticket-severity summary")
    page.fill("#severity_reason", "Half written")
    page.select_option("#severity_severity", "minor")
    if not script:
        page.click("button:has-text('Show the deadlines')")
    expect(page.locator("#severity-due")).to_contain_text("If changed now: Response by")
    expect(page.locator("#severity_severity")).to_have_value("minor")
    expect(page.locator("#severity_reason")).to_have_value("Half written")
