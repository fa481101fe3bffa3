"""Two engineers on one ticket, in real browsers: each sees the other, and an @ proposes a colleague."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpdesk.embedded.valkey import ValkeyServer
from tests.harness.database import Clone
from tests.harness.servers import WebProcess, product_environment, web_process
from tests.web.test_ticket_browser import enter
from tests.worlds import World

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
NOTE = ".composer__pane--note textarea"


@pytest.fixture
def server(committed_db: Clone, valkey: ValkeyServer, tmp_path: Path) -> Iterator[WebProcess]:
    """A web server that has a Valkey."""
    environ = product_environment(committed_db.process_environment(), redis_url=valkey.url)
    process = web_process(environ, tmp_path / "web.log")
    process.start()
    yield process
    process.stop()


def look(page: Page) -> None:
    """What happens every twenty seconds, and whenever somebody comes back to the page."""
    with page.expect_response("**/presence/"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_two_engineers_see_each_other_and_one_calls_the_other(
    committed_world: World, new_context: NewContext, server: WebProcess
):
    world, ticket = committed_world, committed_world.file()
    address = f"/tickets/{ticket.reference}/"
    here, there = (enter(new_context, world.staff[key], base_url=server.base_url) for key in ("engineer", "second"))
    here.goto(address)
    told = here.locator("[data-present]")
    expect(told).to_have_attribute("role", "status")
    before = here.locator("#conversation").bounding_box()
    there.goto(address)
    expect(there.locator("[data-present]")).to_have_text("Engineer MEGA is reading this")
    look(here)
    expect(told).to_have_text("Second MEGA is reading this")
    assert here.locator("#conversation").bounding_box() == before, "the page does not move"
    with there.expect_response("**/presence/"):
        there.fill(".composer__pane--reply textarea", "I begin")
    look(here)
    expect(told).to_have_text("Second MEGA is writing")
    there.goto("/queue/")
    look(here)
    expect(told).to_have_text("")
    _call(here)


def _call(page: Page) -> None:
    page.click("label[for=pick-note]")
    page.locator(NOTE).press_sequentially("Ask @mega")
    options = page.locator("#mentions [role=option]")
    expect(options).to_have_count(6)
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    page.locator(NOTE).fill("")
    page.locator(NOTE).press_sequentially("Ask @sec")
    expect(options).to_have_count(1)
    chosen = options.first.get_attribute("id")
    expect(page.locator(NOTE)).to_have_attribute("aria-activedescendant", chosen or "")
    page.keyboard.press("Enter")
    expect(page.locator(NOTE)).to_have_value("Ask @Second MEGA ")
    page.click("#note-send")
    expect(page.locator(".comment__body mark")).to_have_text("@Second MEGA")
    expect(page.locator("#ticket-watchers")).to_contain_text("Second MEGA")
