"""axe-core, on every page that there is a picture of: nothing stands in the way of WCAG 2.2 AA.

By day each page is tried once, in a language, on a ground and at a width that change from page to page by a fixed
rule; nightly each page is tried in all of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import RequestFactory
from django.urls import Resolver404, resolve
from playwright.sync_api import BrowserContext, Page

from accounts.tenancy import acting_as
from lifecycle import services
from tests.conftest import _use_login
from tests.harness.database import Clone
from tests.profiles import PROFILE
from tests.screenshots import LANGUAGES, SHOTS, THEMES, WIDTHS, Shot, reach
from tests.security.routes import answered, walk
from tests.security.stage import Stage, build_stage
from tests.web.test_second_factor import code_of
from tests.web.test_ticket_browser import enter
from tests.worlds import PASSWORD, World, user_of
from web.errors import server_error

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
Variant = tuple[str, str, int]
Judge = Callable[..., None]

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ASKED = {"runOnly": STANDARD, "resultTypes": ["violations"], "preload": False}
PEOPLE = {
    "contact": "contact_a",
    "viewer": "viewer_a",
    "partner": "partner",
    "engineer_n1": "engineer",
    "support_manager": "manager",
    "account_manager": "account_manager",
    "administrator": "administrator",
    "auditor": "auditor",
}
"""Roles of the list of pages → people of the stage."""

DAY: list[Variant] = list(product(LANGUAGES, THEMES, WIDTHS[:2]))
NIGHT: list[Variant] = list(product(LANGUAGES, THEMES, WIDTHS))
STEP = 3
"""From page to page the variant goes on by three of eight: every page differs from its neighbours in two respects."""

NO_PAGES = {
    "healthz": "plain text for a load balancer",
    "readyz": "JSON for a load balancer",
    "metrics": "plain text for a collector of figures",
    "home": "leads to the queue or to a customer's home",
    "sign_on_callback": "the identity provider comes back here; it leads on, or shows the dead link of joining",
    "mfa_authenticate": "only between password and code; tried below",
    "queue_counts": "a part of the queue's page",
    "queue_live": "a part of the queue's page",
    "queue_file": "a file",
    "new_case_due": "a part of the filing page",
    "ticket_live": "a part of the ticket's page",
    "ticket_severity_due": "a part of the ticket's page",
    "ticket_colleagues": "the names that are offered while one writes",
    "attachment": "a file",
    "attachment_picture": "a picture",
    "access_review_file": "a file",
    "queue_view": "the form of queue_view_new, filled in",
}
"""Addresses that answer GET and are no page of their own, with the reason."""


@dataclass
class Walk:
    """A visit of pages, with what axe found on them and which addresses they were."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)

    def enter(self, session_key: str) -> None:
        """Go on as somebody else."""
        self.page.context.clear_cookies()
        if session_key:
            self.page.context.add_cookies([{"name": "session", "value": session_key, "url": self.url}])

    def wear(self, variant: Variant) -> None:
        """Change language, ground and width of the window."""
        language, theme, width = variant
        self.page.context.add_cookies([{"name": "language", "value": language, "url": self.url}])
        # Without motion: axe is to see a colour, and not one on its way to another.
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": 900})

    def look(self, shot: Shot, variant: Variant) -> None:
        """Go to the page and ask axe."""
        self.wear(variant)
        reach(self.page, shot)
        self.judge(f"{shot.name} {variant}")

    def judge(self, name: str, part: str | None = None) -> None:
        """Ask axe about what is before the browser, or about a part that lies over the rest."""
        self.visited |= {_route(self.page.url)}
        found = Axe().run(self.page, part, ASKED).response["violations"]
        for fault in found:
            places = [f"    {node['html'][:160]}\n      {node['failureSummary']}" for node in fault["nodes"][:5]]
            self.faults.append("\n".join([f"{name}: {fault['id']}, {len(fault['nodes'])}×", *places]))


def _route(url: str) -> str:
    try:
        return resolve(urlsplit(url).path).url_name or ""
    except Resolver404:
        return ""


def pages() -> set[str]:
    """Names of all addresses that answer a browser with a page."""
    names = {route.name for route in walk() if "GET" in answered(route.name)}
    return {name for name in names if not name.startswith("api_")} - NO_PAGES.keys() | {"api_reference"}


@pytest.fixture
def committed_stage(committed_db: Clone) -> Iterator[Stage]:
    """The stage of the matrix, really committed: every kind of thing, and a session for everybody."""
    yield build_stage(lambda process: _use_login(committed_db, process))
    _use_login(committed_db, "web")


@pytest.fixture
def walk_of(new_context: NewContext, live_server_process: Any) -> Walk:
    page = new_context().new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    return Walk(page, live_server_process.base_url)


def test_axe_finds_nothing_on_any_page(committed_stage: Stage, walk_of: Walk):
    for role in dict.fromkeys(shot.role for shot in SHOTS):
        walk_of.enter(committed_stage.people[PEOPLE[role]].session_key if role else "")
        for number, shot in enumerate(SHOTS):
            if shot.role == role:
                for variant in NIGHT if PROFILE == "nightly" else [DAY[number * STEP % len(DAY)]]:
                    walk_of.look(shot, variant)
    assert not walk_of.faults, "\n".join(walk_of.faults)
    assert pages() - walk_of.visited == set(), "a page without a line in tests/screenshots.py, or that nobody reaches"


def test_axe_finds_nothing_where_only_an_act_leads(committed_world: World, walk_of: Walk, new_context: NewContext):
    world = committed_world
    for number in (1, 2):
        world.file(at=datetime.now(UTC) - timedelta(minutes=number), title=f"Report {number}")
    walk_of.page = enter(new_context, world.staff["engineer"])
    page = walk_of.page
    for number, shown in enumerate((_menus, _results, _conflict, _without_token, _broken, _second_factor)):
        walk_of.wear(DAY[number * STEP % len(DAY)])
        shown(page, world, walk_of.judge)
    assert not walk_of.faults, "\n".join(walk_of.faults)


def _menus(page: Page, world: World, judge: Judge) -> None:
    page.goto("/tickets/MEGA-1001/")
    for number in range(page.locator("details.menu > summary").count()):
        menu = page.locator("details.menu > summary").nth(number)
        if menu.is_visible():
            menu.press("Enter")
            judge(f"menu {number}", "details.menu[open]")
            page.keyboard.press("Escape")


def _results(page: Page, world: World, judge: Judge) -> None:
    """A bulk act whose form is not filled in, then one half of which comes too late."""
    page.goto("/queue/?view=open")
    page.check("input[name=chosen] >> nth=0")
    page.check("input[name=chosen] >> nth=1")
    page.click("#bulk button[value=severity]")
    page.click("main button[type=submit]")
    judge("a bulk act, not filled in")
    second = world.staff["second"]
    with acting_as(second):
        services.take_ticket(actor=second, reference="MEGA-1002", at=datetime.now(UTC))
    page.select_option("select[name=severity]", "minor")
    page.select_option("select[name=reason_code]", index=1)
    page.fill("textarea[name=reason]", "Few are concerned.")
    page.click("main button[type=submit]")
    page.locator("h1 + p[role=status]").wait_for()
    judge("results of a bulk act")


def _conflict(page: Page, world: World, judge: Judge) -> None:
    """What another severity would do; then somebody was quicker."""
    page.goto("/tickets/MEGA-1001/")
    page.click("#ticket-severity summary")
    page.select_option("#severity_severity", "critical")
    page.locator("#severity-due time, #severity-due p").first.wait_for()
    judge("preview of a severity")
    page.evaluate("document.querySelectorAll('[name=expected_version]').forEach((field) => (field.value = '1'))")
    page.select_option("#severity_reason_code", index=1)
    page.fill("#severity_reason", "Many are concerned.")
    page.click("#severity-send")
    page.locator("#ticket [role=alert], #toasts [role=alert]").first.wait_for()
    judge("somebody was quicker")


def _without_token(page: Page, world: World, judge: Judge) -> None:
    page.goto("/settings/")
    page.evaluate("document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((field) => field.remove())")
    page.click("main form button[type=submit] >> nth=0")
    page.locator(".error-page").wait_for()
    judge("a form without its token")


def _broken(page: Page, world: World, judge: Judge) -> None:
    """The page of a fault of ours, which stands without session and database."""
    answer = server_error(RequestFactory().get("/", headers={"Accept-Language": "fr"}))
    page.route("**/broken/", lambda route: route.fulfill(body=answer.content, content_type="text/html", status=500))
    page.goto("/broken/")
    judge("a fault of ours")


def _second_factor(page: Page, world: World, judge: Judge) -> None:
    """The recovery codes, then the question between password and code."""
    page.goto("/settings/second-factor/")
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.fill("input[name=code]", code_of(secret))
    page.fill("input[name=password]", PASSWORD)
    page.click("main form:has(input[name=code]) button[type=submit]")
    page.locator("main li.mono, main .mono >> nth=9").first.wait_for()
    judge("recovery codes")
    page.context.clear_cookies(name="session")
    page.goto("/sign-in/")
    page.fill("input[name=email]", user_of(world.staff["engineer"]).email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/sign-in/code/")
    judge("asked for the code")


def test_axe_itself_would_find_something(walk_of: Walk):
    walk_of.page.set_content("<html lang='en'><title>t</title><main><img src='/x.png'><button></button></main></html>")
    walk_of.judge("a poor page")
    assert {fault.split(",")[0] for fault in walk_of.faults} == {"a poor page: image-alt", "a poor page: button-name"}
