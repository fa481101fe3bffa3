"""Chromium of the machine, driven by Playwright; where there is none, the tests say how to get it."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_IT = "no Chromium here; install it (Debian: apt-get install chromium) or name it in CHROMIUM"


def find_chromium() -> str | None:
    """The program: CHROMIUM wins, then what is on the path."""
    named = os.environ.get("CHROMIUM")
    return named if named else next(filter(None, map(shutil.which, PROGRAMS)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per test process."""
    program = find_chromium()
    if program is None:
        pytest.skip(HOW_TO_GET_IT)
    # Playwright keeps an event loop in this thread; the tests still use the ORM as ordinary code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = ["--disable-dev-shm-usage"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser, live_server_process: Any) -> Iterator[Callable[..., BrowserContext]]:
    """Make a separate visitor: `new_context(locale="fr-FR", color_scheme="dark", java_script_enabled=False)`."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        settings: dict[str, Any] = {"base_url": live_server_process.base_url, "locale": "en-GB"} | options
        context = browser.new_context(**settings)
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page of one visitor, in English."""
    return new_context().new_page()
