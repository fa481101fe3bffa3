"""The frame in Chromium: policy obeyed, narrow and wide, without JavaScript, by keyboard, countdowns that move on."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.worlds import PASSWORD, World

Visitor = Callable[..., BrowserContext]


def listen(page: Page) -> list[str]:
    """Everything that the browser complains of: blocked by policy, broken script, missing file."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def enter(page: Page, email: str = "engineer@mega.example") -> None:
    page.goto("/sign-in/?next=/sessions/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Active sessions")).to_be_visible()


def overflow(page: Page) -> int:
    """How far the page reaches beyond its own width (the strip of the scroll bar does not count)."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.body.getBoundingClientRect().width"))


@pytest.mark.parametrize("width", [320, 360, 768, 1280, 2560])
def test_nothing_is_wider_than_the_screen_and_nothing_is_blocked(new_context: Visitor, width: int):
    page = new_context(viewport={"width": width, "height": 900}).new_page()
    complaints = listen(page)
    for address in ("/styleguide/", "/sign-in/"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert overflow(page) == 0, address
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ground_follows_the_device_and_the_choice_wins(new_context: Visitor, scheme: Any):
    page = new_context(color_scheme=scheme).new_page()
    ground = "getComputedStyle(document.body).backgroundColor"
    page.goto("/sign-in/")
    as_device = page.evaluate(ground)
    assert as_device == {"light": "rgb(244, 246, 247)", "dark": "rgb(14, 20, 24)"}[scheme]
    page.locator("summary[aria-label='Language and appearance']").click()
    page.get_by_role("button", name={"light": "Dark", "dark": "Light"}[scheme]).click()
    page.wait_for_url("**/sign-in/")
    assert page.evaluate(ground) != as_device


def test_targets_are_large_enough_for_a_finger(page: Page):
    page.goto("/styleguide/")
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
          .filter((e) => e.checkVisibility() && !e.closest('.prose, p, .crumbs, .skip, .table') && !e.matches('.skip'))
          .map((e) => (e.matches('input[type=radio], input[type=checkbox]') ? e.closest('label') : e))
          .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24)
          .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_signing_in_and_out_works_without_javascript(new_context: Visitor, committed_world: World):
    page = new_context(java_script_enabled=False).new_page()
    enter(page)
    page.locator("summary", has_text="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto("/sessions/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_going_back_after_signing_out_shows_nothing(page: Page, committed_world: World):
    enter(page)
    page.locator("summary", has_text="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    page.go_back()
    expect(page.get_by_role("heading", name="Active sessions")).to_have_count(0)
    assert page.evaluate("localStorage.length") == 0
    assert "Active sessions" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_the_keyboard_reaches_everything_and_sees_where_it_is(page: Page, committed_world: World):
    enter(page)
    page.goto("/sessions/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    menu = page.locator("summary", has_text="Account of")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu).to_be_focused()


def test_only_one_menu_is_open(page: Page, committed_world: World):
    enter(page)
    page.locator("summary", has_text="Account of").click()
    page.locator("summary[aria-label='Language and appearance']").click()
    expect(page.locator("details.menu[open]")).to_have_count(1)
    page.locator("h1").click()
    expect(page.locator("details.menu[open]")).to_have_count(0)


def test_countdowns_move_on_and_nothing_else_moves(page: Page):
    page.clock.install(time=dt.datetime(2026, 11, 3, 9, 0, tzinfo=dt.UTC))
    page.goto("/styleguide/")
    clock = page.locator(".clock").nth(2)
    expect(clock).to_have_text("due in 14 min")
    places = "[...document.querySelectorAll('.clock-card, h2')].map((e) => Math.round(e.getBoundingClientRect().top))"
    before = page.evaluate(places)
    page.clock.fast_forward("03:30")
    expect(clock).to_have_text("due in 10 min")
    assert page.evaluate(places) == before
    page.clock.fast_forward("20:00")
    expect(clock).to_contain_text("overdue by")
    expect(clock).to_have_class("clock clock--overdue tone-red")
    assert clock.locator("use").get_attribute("href").endswith("#alert-triangle")


def test_the_page_holds_still_while_it_loads(page: Page):
    page.add_init_script(
        """window.shifts = []; new PerformanceObserver((list) => list.getEntries().forEach((e) =>
           e.hadRecentInput || shifts.push(e.value))).observe({type: 'layout-shift', buffered: true});"""
    )
    page.goto("/styleguide/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.01


def test_a_quiet_reader_gets_no_motion(new_context: Visitor):
    page = new_context(reduced_motion="reduce").new_page()
    page.goto("/styleguide/")
    assert page.evaluate("getComputedStyle(document.querySelector('.btn')).transitionDuration") in ("0s", "")


def test_the_wrong_password_takes_the_focus_to_the_message(page: Page, committed_world: World):
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").fill("engineer@mega.example")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("do not open an account")
    expect(alert).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_have_value("engineer@mega.example")
