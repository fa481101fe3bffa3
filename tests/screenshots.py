"""Pictures of every page of a running demo: `make screenshots` while `make run` runs in another terminal.

Each page in French and English, light and dark, at 360, 1280 and 2560 px, into screenshots/, which git ignores.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from helpdesk.environment import running_instance
from tests.harness.browser import HOW_TO_GET_IT, find_chromium

WIDTHS = (360, 1280, 2560)
LANGUAGES = ("fr", "en")
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Shot:
    """A page under a name: who looks (a role of the demo accounts, or nobody) and how to get there."""

    name: str
    role: str
    path: str


SHOTS = (
    Shot("sign-in", "", "/sign-in/"),
    Shot("home", "contact", "/home/"),
    Shot("home-viewer", "viewer", "/home/"),
    Shot("home-partner", "partner", "/home/"),
    Shot("environment", "contact", "environment:/home/"),
    Shot("cases", "contact", "/cases/"),
    Shot("new-case", "contact", "/cases/new/"),
    Shot("case", "contact", "first:/cases/"),
    Shot("why", "contact", "why:/cases/"),
    Shot("contract-customer", "contact", "contract:/cases/"),
    Shot("clauses", "contact", "clauses:/cases/"),
    Shot("mailbox", "contact", "/mailbox/"),
    Shot("notifications", "contact", "/notifications/"),
    Shot("sessions", "contact", "/sessions/"),
    Shot("preferences", "contact", "/settings/"),
    Shot("nothing-here", "contact", "/nothing-here/"),
    Shot("queue", "engineer_n1", "/queue/"),
    Shot("queue-empty", "engineer_n1", "/queue/?search=nothing-of-the-kind"),
    Shot("ticket", "engineer_n1", "first:/queue/"),
    Shot("ticket-print", "engineer_n1", "print:/queue/"),
    Shot("what-if", "support_manager", "what-if:/queue/"),
    Shot("forgotten-password", "", "/password/forgotten/"),
    Shot("company-sign-in", "", "/sign-in/company/"),
    Shot("second-factor", "engineer_n1", "/settings/second-factor/"),
    Shot("sign-on", "engineer_n1", "/settings/sign-on/"),
    Shot("places", "engineer_n1", "/places/"),
    *(
        Shot(f"administration-{page.strip('/') or 'home'}", "administrator", f"/administration/{page}")
        for page in ("", "customers/", "people/", "partners/", "invitations/", "security/", "access-review/", "audit/")
    ),
    Shot("styleguide", "", "/styleguide/"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=running_instance().get("HELPDESK_PUBLIC_URL", "http://localhost:8000"))
    parser.add_argument("--into", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", default="", help="a part of the page's name")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--themes", default=",".join(THEMES))
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if options.only in shot.name]
    variants = [
        (language, theme, int(width))
        for language in options.languages.split(",")
        for theme in options.themes.split(",")
        for width in options.widths.split(",")
    ]
    program = find_chromium()
    if program is None:
        print(HOW_TO_GET_IT, file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        taken = sum(_take(browser, options.url, options.into, shots, *variant) for variant in variants)
        browser.close()
    print(f"\n{taken} pictures in {options.into}/")
    return 0 if taken else 1


def _take(browser: Browser, url: str, into: Path, shots: list[Shot], language: str, theme: str, width: int) -> int:
    taken = 0
    for role in dict.fromkeys(shot.role for shot in shots):
        context = browser.new_context(
            base_url=url, viewport={"width": width, "height": 900}, color_scheme=theme, locale=language
        )
        context.add_cookies([{"name": "language", "value": language, "url": url}])
        page = context.new_page()
        _prepare(page, role)
        for shot in (one for one in shots if one.role == role):
            page.goto(_address(page, shot))
            name = f"{shot.name}-{language}-{theme}-{width}.png"
            page.screenshot(path=str(into / name), full_page=True)
            taken += 1
            print(f"\r{taken:3} {name:60}", end="", file=sys.stderr)
        context.close()
    return taken


def _prepare(page: Page, role: str) -> None:
    """Sign in with one click as the first demo account of the role."""
    page.goto("/sign-in/")
    if role:
        page.locator(f"button[name='account'][data-role='{role}']").first.click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)


def _address(page: Page, shot: Shot) -> str:
    kind, _, start = shot.path.partition(":")
    if not start:
        return shot.path
    page.goto(start)
    return next(_links(page, kind), start)


def _links(page: Page, kind: str) -> Iterator[str]:
    if kind in {"first", "why", "print"}:
        first = page.locator("main a[href^='/tickets/']").first.get_attribute("href") or ""
        if kind == "first":
            yield first
            return
        yield f"{first}clocks/response/" if kind == "why" else f"{first}print/"
    if kind == "environment":
        yield page.locator("main a[href^='/environments/']").first.get_attribute("href") or "/home/"
    if kind in {"contract", "clauses", "what-if"}:
        page.goto(page.locator("main a[href^='/tickets/']").first.get_attribute("href") or "/")
        try:
            link = page.locator("#ticket-facts a[href^='/contracts/']").first.get_attribute("href", timeout=2000)
            yield f"{link}{kind}/" if link and kind != "contract" else link or "/"
        except Error:
            return


if __name__ == "__main__":
    sys.exit(main())
