"""Canned replies in a real browser: by keys alone into the middle of a text, and without any script."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from accounts.tenancy import acting_as
from tests.web.test_ticket_browser import enter
from tests.worlds import World
from tickets.canned import Wording, create_canned_reply
from tickets.models import Draft

pytestmark = pytest.mark.browser


def test_a_canned_reply_is_inserted_where_one_writes_and_kept(
    committed_world: World, new_context: Callable[..., BrowserContext]
):
    ticket = committed_world.file(at=datetime.now(UTC) - timedelta(minutes=1))
    engineer = committed_world.staff["engineer"]
    with acting_as(engineer):
        for title, text in (("Thanks", "Thank you, {{contact}}."), ("Gone", "Until {{due}}")):
            create_canned_reply(actor=engineer, at=ticket.opened_at, wording=Wording(title, body_en=text))
    page = enter(new_context, engineer)
    page.goto(f"/tickets/{ticket.reference}/")
    text = page.locator(".composer__pane--reply textarea")
    told = page.locator(".composer__pane--reply [data-canned-told]")
    text.fill("Before after")
    for _ in range(len("after")):
        text.press("ArrowLeft")
    page.locator("#conversation-title").focus()
    for key in ("c", "T", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(text).to_have_value("Before Thank you, Contact A.after")
    expect(text).to_be_focused()
    expect(page.locator(".composer__pane--reply [data-draft-state]")).to_have_text("Draft kept")
    with acting_as(engineer):
        assert Draft.objects.get().data["body"] == "Before Thank you, Contact A.after"
    page.keyboard.press("Control+z")
    expect(text).to_have_value("Before after")
    page.evaluate("() => { window.fetch = () => Promise.reject(new Error('away')); }")
    page.click(".composer__pane--reply [data-canned-insert]")
    expect(told).to_contain_text("could not be inserted")
    expect(text).to_have_value("Before after")


def test_without_script_the_same_button_brings_the_page_back(
    committed_world: World, new_context: Callable[..., BrowserContext]
):
    ticket = committed_world.file(at=datetime.now(UTC) - timedelta(minutes=1))
    engineer = committed_world.staff["engineer"]
    with acting_as(engineer):
        create_canned_reply(actor=engineer, at=ticket.opened_at, wording=Wording("Look", body_en="See {{reference}}."))
    page = enter(new_context, engineer, java_script_enabled=False)
    page.goto(f"/tickets/{ticket.reference}/")
    page.click("label[for=pick-note]")
    page.fill(".composer__pane--note textarea", "Typed.")
    page.select_option("#note-canned", label="Look · yours")
    page.click(".composer__pane--note [data-canned-insert]")
    expect(page.locator("#pick-note")).to_be_checked()
    expect(page.locator(".composer__pane--note textarea")).to_have_value(f"Typed.\n\nSee {ticket.reference}.")
