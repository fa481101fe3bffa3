"""Every task of the queue and of a ticket with the keyboard alone: reached by Tab, seen, done, and nobody is lost."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.tenancy import acting_as
from lifecycle import services
from tests.web.test_queue_browser import focused, press
from tests.web.test_ticket_browser import NewContext, enter
from tests.worlds import World
from tickets.models import Event, Ticket

pytestmark = pytest.mark.browser
MOST_STOPS = 120

# Where the focus is, and by what it is seen: an outline or a ring on it, on what it draws, or on what stands for it.
STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const drawn = (node, part) => {
    const style = getComputedStyle(node, part);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)
      || (node.matches(':focus-within') && node.matches('.editor') && style.boxShadow !== 'none');
  };
  const near = [at, at.parentElement, at.closest('label, .choice, .editor'), at.nextElementSibling].filter(Boolean);
  return {
    html: at.outerHTML.slice(0, 140),
    id: at.id,
    order: [...document.querySelectorAll('*')].indexOf(at),
    isSeen: near.some((node) => drawn(node) || drawn(node, '::after')),
    isInView: box.bottom > 0 && box.top < innerHeight && at.checkVisibility(),
    positive: at.tabIndex > 0,
  };
}"""


def here(page: Page) -> str:
    """The outer markup of what has the focus, for messages and for knowing that something has it."""
    stop = page.evaluate(STOP)
    return stop["html"] if stop else ""


def keeps_its_focus(page: Page) -> None:
    """Whoever acted stands somewhere afterwards, not again at the top of the page."""
    expect(page.locator("body")).not_to_be_focused()


def tab_to(page: Page, wanted: Locator, *, back: bool = False) -> None:
    """Press Tab until the focus is there: nothing else may be needed."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_STOPS):
        if wanted.evaluate("(node) => node === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"Tab does not reach {wanted}; it ends at {here(page)}")


def choose(page: Page, wanted: Locator, letters: str) -> None:
    """Reach a list of choices and type the beginning of one."""
    tab_to(page, wanted)
    page.keyboard.type(letters)


def write(page: Page, act: str) -> None:
    """Reach the tabs of the composer and go along them with the arrow."""
    tab_to(page, page.locator(".composer__pick:checked"))
    for _ in range(page.locator(".composer__pick").count()):
        if page.locator(f"#pick-{act}").is_checked():
            return
        press(page, "ArrowRight")
    pytest.fail(f"No tab {act}")


def walk(page: Page) -> list[dict]:
    """All stops of one round with Tab from the top of the page."""
    page.evaluate("() => { document.activeElement.blur(); window.scrollTo(0, 0); getSelection().removeAllRanges(); }")
    stops: list[dict] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (stops and stop["order"] == stops[0]["order"]):
            return stops
        stops.append(stop)
    pytest.fail(f"No end after {MOST_STOPS} stops: {stops[-1]['html']}")


@pytest.fixture
def world(committed_world: World) -> World:
    for number in range(3):
        committed_world.file(at=datetime.now(UTC) - timedelta(minutes=9 - number), title=f"Report {number + 1}")
    return committed_world


@pytest.mark.parametrize("path", ["/queue/?more=1", "/tickets/MEGA-1001/"])
def test_a_round_with_tab_goes_forward_is_seen_at_every_stop_and_ends(world: World, new_context: NewContext, path: str):
    page = enter(new_context, world.staff["manager"])
    page.goto(path)
    page.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    stops = walk(page)
    assert "skip" in stops[0]["html"]
    assert len(stops) > 30
    assert [stop["order"] for stop in stops] == sorted(stop["order"] for stop in stops)
    faults = [stop for stop in stops if not stop["isSeen"] or not stop["isInView"] or stop["positive"]]
    assert not faults, "\n".join(f"{stop['html']} {stop}" for stop in faults)


def test_the_desk_filters_arranges_and_keeps_its_queue(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"])
    press(page, "Tab", "Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    # Going through the choices changes nothing; Enter applies the one that is reached.
    choose(page, page.locator("select[name=holder]"), "N")
    chosen = page.locator("select[name=holder]").input_value()
    assert chosen and "holder=" not in page.url
    press(page, "Enter")
    page.wait_for_url(re.compile(f"holder={chosen}"))
    tab_to(page, page.get_by_role("link", name="Keep as a view"))
    press(page, "Enter")
    tab_to(page, page.get_by_label("Name of the view"))
    page.keyboard.type("Free ones")
    tab_to(page, page.get_by_role("button", name="Keep"))
    press(page, "Enter")
    expect(page.locator("#queue-views [aria-current]")).to_contain_text("Free ones")

    tab_to(page, page.get_by_role("link", name="Views and columns"))
    press(page, "Enter")
    choose(page, page.get_by_label("Column 7"), "Con")
    tab_to(page, page.get_by_role("button", name="Keep"))
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("The queue now looks as you chose.")
    page.goto("/queue/")
    expect(page.locator("thead")).to_contain_text("Contract")
    tab_to(page, page.locator("thead").get_by_role("link", name="Severity"))
    press(page, "Enter")
    expect(page.locator("th[aria-sort]")).to_contain_text("Severity")
    tab_to(page, page.get_by_role("link", name="More filters"))
    press(page, "Enter")
    expect(page.get_by_label("Environment")).to_be_visible()


def test_several_tickets_change_severity_and_each_result_is_reached(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"])
    press(page, "j", "x", "j", "x")
    with acting_as(world.staff["second"]):
        services.take_ticket(actor=world.staff["second"], reference="MEGA-1002", at=datetime.now(UTC))
    tab_to(page, page.locator("#bulk button[value=severity]"))
    press(page, "Enter")
    choose(page, page.get_by_label("New severity"), "Min")
    choose(page, page.get_by_label("Reason"), "The")
    tab_to(page, page.locator("textarea[name=reason]"))
    page.keyboard.type("Few are concerned.")
    tab_to(page, page.get_by_role("button", name="Change the severity"))
    press(page, "Enter")
    expect(page.locator("main")).to_contain_text("Done for 1 ticket.")
    tab_to(page, page.locator("main").get_by_role("link", name="MEGA-1001"))
    tab_to(page, page.locator("input[name=chosen]").first)
    tab_to(page, page.get_by_role("button", name="Try again with those that are ticked"))
    tab_to(page, page.get_by_role("link", name="Back to the queue"), back=True)
    press(page, "Enter")
    expect(page.locator("h1")).to_have_text("Queue")


def test_the_dialog_of_keys_holds_the_focus_and_gives_it_back(world: World, new_context: NewContext):
    page = enter(new_context, world.staff["engineer"])
    press(page, "j", "j")
    row = focused(page)
    press(page, "?")
    inside = "() => document.getElementById('keys').contains(document.activeElement)"
    seen = []
    for _ in range(6):
        seen.append(page.evaluate(inside) or page.evaluate("document.activeElement === document.body"))
        press(page, "Tab")
    assert all(seen)
    assert page.evaluate("document.getElementById('keys').matches(':modal')")
    press(page, "Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    assert focused(page) == row
    press(page, "o")
    page.wait_for_url(re.compile("/tickets/"))


def test_an_engineer_brings_a_ticket_to_its_resolution(world: World, new_context: NewContext, tmp_path: Path):
    page = enter(new_context, world.staff["engineer"])
    page.goto("/tickets/MEGA-1001/")
    tab_to(page, page.locator("#take-send"))
    press(page, "Enter")
    expect(page.locator("#ticket-head")).to_contain_text("In progress")
    expect(page.locator("#take-send")).to_have_count(0)
    keeps_its_focus(page)

    tab_to(page, page.locator("#ticket-share summary"))
    press(page, "Enter")
    tab_to(page, page.get_by_role("link", name="Print view"))
    press(page, "Escape")
    expect(page.locator("#ticket-share summary")).to_be_focused()

    write(page, "ask")
    tab_to(page, page.locator(".composer__pane--ask textarea"))
    page.keyboard.type("Which release is it?")
    (tmp_path / "steps.txt").write_text("one, two")
    attach = page.locator(".composer__pane--ask input[type=file]")
    tab_to(page, attach)
    attach.set_input_files(tmp_path / "steps.txt")
    expect(page.locator(".composer__pane--ask .attach__kept")).to_contain_text("steps.txt")
    keeps_its_focus(page)
    tab_to(page, page.locator("#ask-send"))
    press(page, "Enter")
    expect(page.locator("#ticket-head")).to_contain_text("Waiting for the customer")
    expect(page.locator(".thread")).to_contain_text("steps.txt")
    keeps_its_focus(page)

    tab_to(page, page.locator("#ticket-severity summary"))
    press(page, "Enter")
    choose(page, page.locator("#severity_severity"), "Min")
    expect(page.locator("#severity-due")).to_contain_text("met already, and not counted again")
    expect(page.locator("#severity_severity")).to_be_focused()
    choose(page, page.locator("#severity_reason_code"), "The")
    tab_to(page, page.locator("#severity-send"))
    press(page, "Enter")
    expect(page.locator("#errors")).to_be_focused()
    tab_to(page, page.locator("#errors a").first)
    press(page, "Enter")
    expect(page.locator("#severity_reason")).to_be_focused()
    page.keyboard.type("One user only.")
    tab_to(page, page.locator("#severity-send"))
    press(page, "Enter")
    expect(page.locator("#ticket-head")).to_contain_text("Minor")
    keeps_its_focus(page)

    write(page, "resolve")
    choose(page, page.locator(".composer__pane--resolve select"), "W")
    tab_to(page, page.locator(".composer__pane--resolve textarea"))
    page.keyboard.type("Import again.")
    press(page, "Control+Enter")
    expect(page.locator("#ticket-head")).to_contain_text("Resolved")
    keeps_its_focus(page)


def test_a_contact_reopens_contests_and_goes_on(world: World, new_context: NewContext):
    engineer = world.staff["engineer"]
    with acting_as(engineer):
        told = {"actor": engineer, "reference": "MEGA-1001", "at": datetime.now(UTC)}
        services.take_ticket(**told)
        services.resolve_ticket(**told, resolution_type="workaround", body="Import again.", expected_version=2)
    page = enter(new_context, world.customers[0].contact)
    page.goto("/tickets/MEGA-1001/")
    tab_to(page, page.locator("#ticket-turn summary:has-text('Reopen')"))
    press(page, "Enter")
    tab_to(page, page.locator("#ticket-turn textarea"))
    page.keyboard.type("It is empty again.")
    tab_to(page, page.locator("#reopen-send"))
    press(page, "Enter")
    expect(page.locator("#ticket-history")).to_contain_text("reopened")
    keeps_its_focus(page)

    tab_to(page, page.locator("summary:has-text('Contest a severity')"))
    press(page, "Enter")
    choose(page, page.locator("#contest_severity select[name=entry]"), "Cri")
    choose(page, page.locator("#contest_severity select[name=severity]"), "No")
    tab_to(page, page.locator("#contest_severity textarea"))
    page.keyboard.type("Nobody could work at all.")
    tab_to(page, page.locator("#contest_severity-send"))
    press(page, "Enter")
    expect(page.locator("#contest-list")).to_contain_text("Nobody could work at all.")
    keeps_its_focus(page)
    with acting_as(world.system):
        assert Event.objects.filter(ticket=Ticket.objects.get(number=1001), kind="contested").exists()
