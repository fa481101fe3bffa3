"""The first life of a case in a real browser: with script, without it, and with people who try to bring their own."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.tenancy import Actor, acting_as
from tests.worlds import PASSWORD, World, user_of
from tickets.models import Attachment, Comment, Draft, Ticket

pytestmark = pytest.mark.browser
# A busy machine answers late; a wrong answer is wrong at once in every other test of these pages.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
NewContext = Callable[..., BrowserContext]
EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> [x](javascript:alert(1))"


def enter(new_context: NewContext, actor: Actor, **options: Any) -> Page:
    """A visitor who came in by the sign-in form; every complaint of his browser fails the test."""
    page = new_context(**options).new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.on("console", lambda told: told.type == "error" and "Content Security" in told.text and pytest.fail(told.text))
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    page.goto("/sign-in/")
    page.fill("input[name=email]", user_of(actor).email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/(home|queue)/$"))
    return page


def file_case(page: Page, title: str, file: Path) -> None:
    page.goto("/cases/new/")
    page.check("input[name=severity][value=critical]")
    page.fill("input[name=title]", title)
    page.fill("textarea[name=description]", f"**Strong** words. {EVIL}")
    for code in ("symptoms", "steps", "consequences"):
        page.fill(f"textarea[name=detail_{code}]", f"About {code}")
    page.check("input[name=detail_customisation][value=none]")
    page.set_input_files("input[name=files]", file)


def send_case(page: Page) -> None:
    page.click("button:has-text('File the case')")
    page.wait_for_url(re.compile(r"/tickets/MEGA-\d+/"))


def answer(page: Page, act: str, text: str) -> None:
    page.click(f"label[for=pick-{act}]")
    page.fill(f".composer__pane--{act} textarea", text)
    page.click(f"#{act}-send")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "import.log"
    file.write_text("job 4711 aborted")
    return file


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_case_is_filed_taken_answered_and_both_sides_see_it(
    committed_world: World, new_context: NewContext, log: Path, script: bool
):
    world = committed_world
    contact = enter(new_context, world.customers[0].contact, java_script_enabled=script)
    file_case(contact, "Reports stay empty", log)
    if script:
        expect(contact.locator("#due")).to_contain_text("If filed now, MEGA must answer by")
        expect(contact.locator(".attach__kept")).to_contain_text("import.log")
    else:
        contact.click("button:has-text('Show the deadline')")
        expect(contact.locator("#due")).to_contain_text("If filed now, MEGA must answer by")
        expect(contact.locator("input[name=title]")).to_have_value("Reports stay empty")
        expect(contact.locator(".attach__kept")).to_contain_text("import.log")
    send_case(contact)
    expect(contact.locator("#toasts")).to_contain_text("Filed as MEGA-1001.")
    expect(contact.locator("#ticket-clocks .clock-card")).to_contain_text(
        re.compile(r"Due \w+ \d+ \w+ \d+, \d\d:\d\d \(Paris\)")
    )
    expect(contact.locator(".filing")).to_contain_text("import.log")
    assert contact.title().startswith("MEGA-1001")

    engineer = enter(new_context, world.staff["engineer"], java_script_enabled=script)
    expect(engineer.locator("#row-MEGA-1001")).to_contain_text("due in")
    engineer.click("#row-MEGA-1001 button")
    expect(engineer.locator("main")).to_contain_text("Engineer MEGA")
    engineer.goto("/tickets/MEGA-1001/")
    answer(engineer, "note", "Hidden thought")
    expect(engineer.locator(".comment--private")).to_contain_text("Hidden thought")
    answer(engineer, "reply", "We can **reproduce** it.")
    expect(engineer.locator("#toasts")).to_contain_text("Your message was sent.")
    expect(engineer.locator(".thread")).to_contain_text("We can reproduce it.")
    expect(engineer.locator("#ticket-clocks .clock-card")).to_contain_text("answered in time")
    assert engineer.title().startswith("MEGA-1001")

    contact.goto("/tickets/MEGA-1001/")
    expect(contact.locator(".thread")).to_contain_text("We can reproduce it.")
    expect(contact.locator(".timeline")).to_contain_text("Engineer MEGA took it in charge")
    assert "Hidden thought" not in contact.content()
    with acting_as(world.system):
        assert Ticket.objects.get().state == "in_progress"
        assert Attachment.objects.get().ticket_id == Ticket.objects.get().id


def test_why_opens_the_reckoning_in_place_and_on_a_page_of_its_own(committed_world: World, new_context: NewContext):
    ticket = committed_world.file()
    page = enter(new_context, committed_world.customers[0].contact)
    page.goto(f"/tickets/{ticket.reference}/")
    page.click(".clock-card__why summary")
    expect(page.locator("#ticket-clocks .clock-card .ledger__step").first).to_be_visible()
    expect(page.locator("#ticket-clocks .clock-card .ledger")).to_contain_text("HSA-8")
    plain = enter(new_context, committed_world.customers[0].contact, java_script_enabled=False)
    plain.goto(f"/tickets/{ticket.reference}/")
    plain.click(".clock-card__why summary")
    plain.click("text=Open the reckoning")
    expect(plain.locator("h1")).to_have_text("Why this deadline?")
    expect(plain.locator(".ledger")).to_contain_text("HSA-8")


def test_one_form_of_the_composer_is_open_and_the_keyboard_reaches_all(committed_world: World, new_context: NewContext):
    ticket = committed_world.file()
    page = enter(new_context, committed_world.staff["engineer"])
    page.goto(f"/tickets/{ticket.reference}/")
    expect(page.locator(".composer__pane--reply")).to_be_visible()
    expect(page.locator(".composer__pane--note")).to_be_hidden()
    page.focus("#pick-reply")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".composer__pane--ask")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".composer__pane--note")).to_be_visible()
    expect(page.locator(".composer__pane--reply")).to_be_hidden()
    page.fill(".composer__pane--note textarea", "By keyboard alone")
    page.press(".composer__pane--note textarea", "Control+Enter")
    expect(page.locator(".comment--private")).to_contain_text("By keyboard alone")
    with acting_as(committed_world.system):
        assert Comment.objects.get().visibility == "private"


def test_a_preview_and_a_draft_while_one_writes(committed_world: World, new_context: NewContext):
    ticket = committed_world.file()
    page = enter(new_context, committed_world.staff["engineer"])
    page.goto(f"/tickets/{ticket.reference}/")
    page.fill(".composer__pane--reply textarea", f"Half an **answer** {EVIL}")
    page.click(".composer__pane--reply button:has-text('Preview')")
    expect(page.locator(".composer__pane--reply .editor__preview strong")).to_have_text("answer")
    expect(page.locator(".composer__pane--reply [data-draft-state]")).to_have_text("Draft kept")
    page.goto(f"/tickets/{ticket.reference}/")
    expect(page.locator(".composer__pane--reply textarea")).to_have_value(f"Half an **answer** {EVIL}")
    with acting_as(committed_world.staff["engineer"]):
        assert Draft.objects.get().form == f"reply:{ticket.reference}"
    assert page.title().startswith(ticket.reference)


def test_the_loser_of_a_take_sees_who_won_without_leaving_the_queue(committed_world: World, new_context: NewContext):
    ticket = committed_world.file()
    first = enter(new_context, committed_world.staff["engineer"])
    second = enter(new_context, committed_world.staff["second"])
    first.click(f"#row-{ticket.reference} button")
    expect(first.locator(f"#row-{ticket.reference}")).to_contain_text("Taken")
    second.click(f"#row-{ticket.reference} button")
    expect(second.locator(f"#row-{ticket.reference} [role=alert]")).to_have_text("Engineer MEGA already has it.")
    assert second.url.endswith("/queue/")


def test_a_form_that_fails_in_the_browser_keeps_what_was_typed(committed_world: World, new_context: NewContext, log):
    page = enter(new_context, committed_world.customers[0].contact)
    file_case(page, "", log)
    page.click("button:has-text('File the case')")
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("textarea[name=description]")).to_have_value(f"**Strong** words. {EVIL}")
    expect(page.locator(".attach__kept")).to_contain_text("import.log")
    page.click("#errors a")
    expect(page.locator("input[name=title]")).to_be_focused()
    page.fill("input[name=title]", EVIL[:150])
    send_case(page)
    assert page.title().startswith("MEGA-1001")
    expect(page.locator("h1")).to_have_text(" ".join(EVIL[:150].split()))


@pytest.mark.parametrize("width", [360, 768, 1280, 2560])
def test_no_page_is_wider_than_the_screen(committed_world: World, new_context: NewContext, width: int):
    world = committed_world
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    ticket = world.file(title=long[:160], description=f"`{'x' * 300}`\n\n```\n{'y' * 400}\n```\n{long}")
    organisation = world.customers[0]
    contract = f"/contracts/{organisation.contract.id}/"
    places = {
        organisation.contact: ["/cases/", "/cases/new/", contract, f"{contract}clauses/"],
        world.staff["manager"]: [f"{contract}what-if/"],
        world.staff["engineer"]: ["/queue/", f"/tickets/{ticket.reference}/clocks/response/"],
    }
    for actor, paths in places.items():
        page = enter(new_context, actor, viewport={"width": width, "height": 900})
        for path in [*paths, f"/tickets/{ticket.reference}/"]:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
