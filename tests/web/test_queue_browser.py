"""The tasks of the queue by keyboard alone, and a list that stays open while others work."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.test_ticket_browser import NewContext, enter
from tests.worlds import World, paris
from tickets.models import Ticket

pytestmark = pytest.mark.browser
FILED = paris("2026-05-04 10:00")


def held_by(world: World, number: int) -> str:
    with acting_as(world.system):
        return Ticket.objects.get(number=number).assignee_name


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement?.closest('tr')?.id || document.activeElement?.name || ''")


@pytest.fixture
def world(committed_world: World) -> World:
    for number in range(4):
        committed_world.file(at=FILED + timedelta(days=number), title=f"Report {number + 1}")
    return committed_world


def test_a_desk_works_through_its_queue_by_keys_alone(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"])
    press(page, "j", "j")
    assert focused(page) == "row-MEGA-1002"
    press(page, "k")
    assert focused(page) == "row-MEGA-1001"

    # One ticket, then several: chosen singly and as a range.
    press(page, "a")
    expect(page.locator("#row-MEGA-1001")).to_contain_text("Taken")
    expect(page.locator("#row-MEGA-1001 .row-link")).to_be_focused()
    assert held_by(world, 1001) == "Engineer MEGA"
    press(page, "j", "x", "j", "j", "Shift+X")
    expect(page.locator("[data-picked]")).to_have_text("3 chosen")
    press(page, "k", "x")
    expect(page.locator("[data-picked]")).to_have_text("2 chosen")
    press(page, "a")
    expect(page.locator("h1")).to_have_text("Assign to me")
    expect(page.locator("main")).to_contain_text("Done for 2 tickets.")
    assert [held_by(world, number) for number in (1002, 1003, 1004)] == ["Engineer MEGA", "", "Engineer MEGA"]

    # Back by two keys, a search without stealing letters, and into the ticket where the answer is written.
    press(page, "g", "q")
    page.wait_for_url(re.compile("/queue/$"))
    press(page, "/")
    assert focused(page) == "search"
    page.keyboard.type("report jkxan?")
    expect(page.locator("input[name=search]")).to_have_value("report jkxan?")
    expect(page.locator("input[name=chosen]:checked")).to_have_count(0)
    page.keyboard.press("Control+A")
    page.keyboard.type("report 3")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    press(page, "j", "r")
    page.wait_for_url(re.compile("/tickets/MEGA-1003/#reply$"))
    expect(page.locator(".composer__pane--reply textarea")).to_be_focused()
    page.keyboard.type("We look into it: an answer?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".thread")).to_contain_text("We look into it: an answer?")
    page.evaluate("document.activeElement.blur()")
    press(page, "n")
    expect(page.locator(".composer__pane--note textarea")).to_be_focused()
    page.keyboard.type("Not for him")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment--private")).to_contain_text("Not for him")


def test_the_keys_are_shown_and_can_be_switched_off(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"])
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    press(page, "j")
    assert not focused(page).startswith("row-")
    press(page, "Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    page.goto("/settings/")
    page.locator("button[name=keys][value=off]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Single keys no longer act.")
    page.goto("/queue/")
    press(page, "j", "x", "?")
    assert not focused(page).startswith("row-")
    expect(page.locator("#keys")).not_to_be_visible()
    page.click("[data-key-help]")
    expect(page.locator("#keys")).to_contain_text("They are switched off at present.")


def test_what_is_new_is_offered_and_moves_nothing_until_it_is_asked_for(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"])
    press(page, "j", "j", "x")
    world.file(at=FILED - timedelta(days=1), title="Urgent one")
    second = world.staff["second"]
    with acting_as(second):
        services.take_ticket(actor=second, reference="MEGA-1004", at=FILED + timedelta(days=4))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    offer = page.locator("[data-show-list]")
    expect(offer).to_contain_text("1 new")
    expect(offer).to_contain_text("1 changed")
    expect(page.locator("tr[data-row]")).to_have_count(4)
    assert focused(page) == "row-MEGA-1002"
    press(page, "u")
    expect(page.locator("tr[data-row]")).to_have_count(5)
    expect(page.locator("tr[data-row]").first).to_contain_text("Urgent one")
    expect(page.locator("#row-MEGA-1004")).to_contain_text("Second MEGA")
    expect(page.locator("input[name=chosen]:checked")).to_have_value(re.compile("^MEGA-1002:"))
    expect(page.locator("#row-MEGA-1002 .row-link")).to_be_focused()
    expect(page.locator("[data-picked]")).to_have_text("1 chosen")
    expect(page.locator("#queue-views")).to_contain_text("5")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    expect(offer).to_have_count(0)


def test_a_bulk_act_needs_no_script(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"], java_script_enabled=False)
    page.check("input[name=chosen][value^='MEGA-1001:']")
    page.check("input[name=chosen][value^='MEGA-1003:']")
    page.click("button[name=act][value=assign]")
    page.select_option("select[name=assignee]", label="Second MEGA")
    page.click("button:has-text('Assign')")
    expect(page.locator("main")).to_contain_text("Done for 2 tickets.")
    assert [held_by(world, number) for number in (1001, 1002, 1003)] == ["Second MEGA", "", "Second MEGA"]


def test_a_row_is_a_card_on_a_telephone_and_nothing_is_wider_than_it(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"], viewport={"width": 360, "height": 740})
    for path in ("/queue/", "/queue/?more=1", "/queue/views/", "/queue/views/new/?holder=mine"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    page.goto("/queue/")
    box = page.locator("input[name=chosen]").first
    box.check()
    expect(page.locator("[data-picked]")).to_have_text("1 chosen")
