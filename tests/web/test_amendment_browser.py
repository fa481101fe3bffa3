"""An amendment is drawn up in a real browser, on a telephone and without scripts: seen in words, then proposed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.web.test_ticket_browser import enter
from tests.worlds import World

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
FROM = datetime.now(UTC).date() + timedelta(days=40)


def test_an_amendment_is_proposed_on_a_narrow_screen_without_scripts(committed_world: World, new_context: NewContext):
    world = committed_world
    world.file(datetime.now(UTC))
    options = {"java_script_enabled": False, "viewport": {"width": 360, "height": 780}}
    page = enter(new_context, world.staff["account_manager"], **options)
    page.goto(f"/contracts/{world.customers[0].contract.id}/")
    page.get_by_role("link", name="Propose an amendment").click()
    page.get_by_label("Reference of the amendment").fill("AV-3")
    page.get_by_label("In force from").fill(FROM.isoformat())
    page.get_by_label("Why, as both sides read it").fill("As agreed by telephone.")
    critical = page.get_by_role("group", name="Critical")
    critical.get_by_label("Amount").fill("2")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the unit of this amount")
    critical.get_by_label("Unit").select_option("business_hours")
    page.get_by_role("button", name="See what it changes").click()
    expect(page.locator("#preview")).to_contain_text("Critical response: 4 → 2 business hours from")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Propose this amendment").click()
    expect(page.locator("#amendments")).to_contain_text("Waits for approval")
    expect(page.locator("#amendments")).to_contain_text("As agreed by telephone.")
