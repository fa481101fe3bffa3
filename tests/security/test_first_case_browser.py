"""One case from end to end in Chromium: signed in by one click, filed, explained, taken, answered, mailed."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import DemoAccount
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from notifications.models import Delivery
from notifications.relay import relay
from slas.models import Clock
from tests.worlds import World, build_world, user_of
from tickets.models import Event, Ticket

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
CLAUSE = re.compile(r"\b(?:HSA|HOP|GEN)-\d+[a-z]?|\bR\d+")
REFERENCE = "MEGA-1001"
SECRET = "PRIV thought of ours"


@pytest.fixture
def world(committed_db: Any) -> World:
    made = build_world()
    offers = [
        (made.customers[0].contact, Role.CONTACT, "Customer A"),
        (made.staff["engineer"], Role.ENGINEER_N1, "MEGA"),
    ]
    for position, (actor, role, organisation) in enumerate(offers):
        DemoAccount.objects.create(
            user=user_of(actor),
            position=position,
            name=actor.name,
            role=role,
            organisation=organisation,
            provider_name="MEGA",
        )
    return made


def open_page(new_context: NewContext, **options: Any) -> Page:
    page = new_context(**options).new_page()
    page.set_default_timeout(30_000)
    expect.set_options(timeout=20_000)
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.on("console", lambda said: "Content Security" in said.text and pytest.fail(said.text))
    return page


def one_click(page: Page, actor: Actor) -> Page:
    """The demo's sign-in."""
    page.goto("/sign-in/")
    page.click(f"button[value='{actor.user_id}']")
    page.wait_for_url(re.compile("/(home|queue)/$"))
    return page


def due_at() -> datetime:
    """What the journal's clock says."""
    clock = Clock.objects.get(ticket__reference=REFERENCE)
    assert clock.due_at is not None
    return clock.due_at


def run_relay(database_login: Callable[[str], AbstractContextManager[None]]) -> None:
    with database_login("worker"):
        relay(at=datetime.now(UTC).replace(microsecond=0))


def fill_case(page: Page) -> None:
    page.fill("input[name=title]", "Diagrams do not open")
    page.fill("textarea[name=description]", "Every diagram opens **blank**.")
    for code in ("symptoms", "steps", "consequences"):
        page.fill(f"textarea[name=detail_{code}]", f"The {code} of it")
    page.check("input[name=detail_customisation][value=none]")


def kinds(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".timeline .event__text").all_inner_texts()]


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_critical_case_from_one_click_to_the_mail(
    world: World,
    new_context: NewContext,
    database_login: Callable[[str], AbstractContextManager[None]],
    script: bool,
):
    contact = one_click(open_page(new_context, java_script_enabled=script), world.customers[0].contact)
    contact.click("main a[href='/cases/new/']")
    contact.check("input[name=severity][value=critical]")
    if not script:
        contact.click("button:has-text('Show the deadline')")
    expect(contact.locator("#due")).to_contain_text("must answer by")
    promised = contact.locator("#due strong").inner_text()
    fill_case(contact)
    contact.click("button:has-text('File the case')")
    contact.wait_for_url(f"**/tickets/{REFERENCE}/")
    with acting_as(world.system):
        due = due_at()
    assert (
        datetime.fromisoformat(contact.locator("#ticket-clocks .clock-card time").first.get_attribute("datetime") or "")
        == due
    )
    _check_reckoning(contact, script, promised)

    engineer = one_click(open_page(new_context, java_script_enabled=script), world.staff["engineer"])
    row = engineer.locator(f"#row-{REFERENCE}")
    expect(row).to_contain_text("due in")
    expect(row).to_contain_text("Diagrams do not open")
    row.locator("button").click()
    expect(engineer.locator("main")).to_contain_text(world.staff["engineer"].name)
    engineer.goto(f"/tickets/{REFERENCE}/")
    _write(engineer, "note", SECRET)
    expect(engineer.locator(".comment--private")).to_contain_text(SECRET)
    expect(engineer.locator("#ticket-clocks .clock-card")).to_contain_text("due in")
    _write(engineer, "reply", "We can reproduce it.")
    expect(engineer.locator("#ticket-clocks .clock-card")).to_contain_text("answered in time")

    run_relay(database_login)
    _check_mail(contact)
    _check_both_sides(world, contact, engineer)


def _check_reckoning(page: Page, script: bool, promised: str) -> None:
    page.click(".clock-card__why summary")
    if not script:
        page.click("text=Open the reckoning")
    steps = page.locator(".ledger__step")
    expect(steps.first).to_be_visible()
    told = page.locator(".ledger").first.inner_text()
    assert steps.count() >= 3
    assert len(set(CLAUSE.findall(told))) >= 2, told
    assert "HSA-8" in told
    assert promised.split(",")[0] in page.locator("main").inner_text()


def _write(page: Page, act: str, text: str) -> None:
    page.click(f"label[for=pick-{act}]")
    page.fill(f".composer__pane--{act} textarea", text)
    page.click(f"#{act}-send")


def _check_mail(page: Page) -> None:
    page.goto("/mailbox/")
    subjects = page.locator(".list .row-link").all_inner_texts()
    assert len(subjects) == len(set(subjects)), subjects
    assert all(REFERENCE in subject for subject in subjects)
    page.click(".list .row-link:has-text('replied')")
    expect(page.locator(".mail")).to_contain_text("We can reproduce it.")
    assert SECRET not in page.content()


def _check_both_sides(world: World, contact: Page, engineer: Page) -> None:
    contact.goto(f"/tickets/{REFERENCE}/")
    engineer.goto(f"/tickets/{REFERENCE}/")
    theirs, ours = kinds(contact), kinds(engineer)
    for lines in (theirs, ours):
        for once in ("filed it", "took it in charge", "answered", "Response: given in time"):
            assert sum(once in line for line in lines) == 1, (once, lines)
    assert (len(theirs), len(ours)) == (5, 6), "one line each, and the escalation that came with the filing"
    assert SECRET not in contact.content()
    assert "private" not in " ".join(theirs)
    expect(contact.locator(".thread")).to_contain_text("We can reproduce it.")
    expect(contact.locator("#ticket-clocks .clock-card")).to_contain_text("answered in time")
    with acting_as(world.system):
        assert list(Event.objects.values_list("kind", flat=True)) == ["filed", "taken", "noted", "replied"]
        told = Delivery.objects.filter(recipient_id=world.customers[0].contact.person)
        assert not told.filter(body_text__contains=SECRET).exists()
        assert told.filter(channel="mail", kind="replied", sent_at__isnull=False).count() == 1


def tab_to(page: Page, selector: str, *, limit: int = 120) -> None:
    """Press Tab until the focus stands on ``selector``; fails where the keyboard cannot get there."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("selector => !!document.activeElement?.matches(selector)", selector):
            return
    pytest.fail(f"Tab never reaches {selector}")


def test_the_keyboard_alone_files_takes_and_answers(world: World, new_context: NewContext):
    contact = open_page(new_context)
    contact.goto("/sign-in/")
    tab_to(contact, f"button[value='{world.customers[0].contact.user_id}']")
    contact.keyboard.press("Enter")
    contact.wait_for_url("**/home/")
    tab_to(contact, "a[href='/cases/new/']")
    contact.keyboard.press("Enter")
    contact.wait_for_url("**/cases/new/")
    tab_to(contact, "input[name=severity]")
    for _ in range(6):
        if contact.locator("input[name=severity][value=critical]").is_checked():
            break
        contact.keyboard.press("ArrowDown")
    expect(contact.locator("#due")).to_contain_text("must answer by")
    for field in ("title", "description", "detail_symptoms", "detail_steps", "detail_consequences"):
        tab_to(contact, f"[name={field}]")
        contact.keyboard.type(f"About {field}")
    tab_to(contact, "input[name=detail_customisation]")
    contact.keyboard.press("Space")
    contact.keyboard.press("Shift+Tab")
    tab_to(contact, "button.btn--primary")
    contact.keyboard.press("Enter")
    contact.wait_for_url(f"**/tickets/{REFERENCE}/")

    engineer = one_click(open_page(new_context), world.staff["engineer"])
    tab_to(engineer, f"#row-{REFERENCE} button")
    engineer.keyboard.press("Enter")
    expect(engineer.locator(f"#row-{REFERENCE}")).to_contain_text("Taken")
    engineer.goto(f"/tickets/{REFERENCE}/")
    tab_to(engineer, ".composer__pane--reply textarea")
    engineer.keyboard.type("By keyboard.")
    engineer.keyboard.press("Control+Enter")
    expect(engineer.locator("#ticket-clocks .clock-card")).to_contain_text("answered in time")
    with acting_as(world.system):
        assert Ticket.objects.get().assignee_id == world.staff["engineer"].person
