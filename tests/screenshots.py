"""Pictures of every page of a running demo: `make screenshots` while `make run` runs in another terminal.

Each page in French and English, light and dark, at 360, 1280 and 2560 px, into screenshots/, which git ignores.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from helpdesk.environment import running_instance
from tests.harness.browser import HOW_TO_GET_IT, find_chromium

WIDTHS = (360, 1280, 2560)
LANGUAGES = ("fr", "en")
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Shot:
    """A page under a name: who looks (a role of the demo accounts, or nobody) and how to get there.

    ``path`` is an address, or a way of WAYS and where it starts: ``first:/queue/``. ``press`` are things of the page
    that are then pressed, each once: a disclosure to open, a form to send as it is.
    """

    name: str
    role: str
    path: str
    press: tuple[str, ...] = ()


TICKET = "main a[href^='/tickets/']"
CONTRACT = "#ticket-facts a[href^='/contracts/']"
CUSTOMER = "main .table a[href^='/administration/customers/']"
SIGN = "main button[value=preview]"
CHOOSE = "tbody input[name=chosen] >> nth=0"
WAYS: dict[str, tuple[tuple[str, ...], str]] = {
    "first": ((TICKET,), ""),
    "why": ((TICKET,), "clocks/response/"),
    "print": ((TICKET,), "print/"),
    "watchers": ((TICKET,), "watchers/"),
    "environment": (("main a[href^='/environments/']",), ""),
    "contract": ((TICKET, CONTRACT), ""),
    "clauses": ((TICKET, CONTRACT), "clauses/"),
    "what-if": ((TICKET, CONTRACT), "what-if/"),
    "propose": ((TICKET, CONTRACT), "amendments/new/"),
    "announce": ((TICKET, CONTRACT), "days/new/"),
    "mail": (("main a[href^='/mailbox/']",), ""),
    "canned-reply": (("main li a[href^='/canned/']",), ""),
    "customer": ((CUSTOMER,), ""),
    "contacts": ((CUSTOMER, "main a[href$='/contacts/']"), ""),
    "team": (("main .table a[href^='/administration/teams/']",), ""),
    "sign-terms": (("main .list a[href$='/contracts/new/']",), ""),
    "sign": (("main .list a[href$='/contracts/new/']", "main .list a[href*='terms=']"), ""),
    "end": (("main .list a[href$='/end/']",), ""),
    "person": (("main .table a[href^='/administration/people/']",), ""),
}
"""Links that are followed from page to page, then what is added to the last address."""

SHOTS = (
    Shot("sign-in", "", "/sign-in/"),
    Shot("sign-in-refused", "", "/sign-in/", press=("main form[action='/sign-in/'] button",)),
    Shot("forgotten-password", "", "/password/forgotten/"),
    Shot("new-password-dead", "", "/password/new/"),
    Shot("company-sign-in", "", "/sign-in/company/"),
    Shot("join-dead", "", "/join/"),
    Shot("styleguide", "", "/styleguide/"),
    Shot("api", "", "/api/v1/"),
    Shot("home", "contact", "/home/"),
    Shot("home-viewer", "viewer", "/home/"),
    Shot("home-partner", "partner", "/home/"),
    Shot("environment", "contact", "environment:/home/"),
    Shot("cases", "contact", "/cases/"),
    Shot("cases-empty", "contact", "/cases/?search=nothing-of-the-kind"),
    Shot("new-case", "contact", "/cases/new/"),
    Shot("new-case-refused", "contact", "/cases/new/", press=("main button.btn--primary[type=submit]",)),
    Shot("case", "contact", "first:/cases/"),
    Shot("case-turn", "contact", "first:/home/"),
    Shot("why", "contact", "why:/cases/"),
    Shot("contract-customer", "contact", "contract:/cases/"),
    Shot("clauses", "contact", "clauses:/cases/"),
    Shot("mailbox", "contact", "/mailbox/"),
    Shot("mail", "contact", "mail:/mailbox/"),
    Shot("notifications", "contact", "/notifications/"),
    Shot("sessions", "contact", "/sessions/"),
    Shot("preferences", "contact", "/settings/"),
    Shot("nothing-here", "contact", "/nothing-here/"),
    Shot("queue", "engineer_n1", "/queue/"),
    Shot("queue-wide", "engineer_n1", "/queue/?view=open&more=1"),
    Shot("queue-by-team", "support_manager", "/queue/?view=open&more=1&order=team"),
    Shot("queue-empty", "engineer_n1", "/queue/?search=nothing-of-the-kind"),
    Shot("queue-keys", "engineer_n1", "/queue/", press=("[data-key-help]",)),
    Shot("queue-views", "engineer_n1", "/queue/views/"),
    Shot("canned", "engineer_n1", "/canned/"),
    Shot("canned-reply", "engineer_n1", "canned-reply:/canned/"),
    Shot("canned-new", "support_manager", "/canned/new/"),
    Shot("canned-refused", "engineer_n1", "/canned/new/", press=("main button[value=keep]",)),
    Shot("queue-view-new", "engineer_n1", "/queue/views/new/?holder=mine"),
    Shot("queue-bulk-ask", "support_manager", "/queue/?view=open", press=(CHOOSE, "#bulk button[value=severity]")),
    Shot("queue-bulk-team", "support_manager", "/queue/?view=open", press=(CHOOSE, "#bulk button[value=team]")),
    Shot("queue-bulk-resolve", "support_manager", "/queue/?view=open", press=(CHOOSE, "#bulk button[value=resolve]")),
    Shot("ticket", "engineer_n1", "first:/queue/"),
    Shot("ticket-open", "support_manager", "first:/queue/?view=open", press=("#main details:not(.menu) > summary",)),
    Shot("ticket-refused", "engineer_n1", "first:/queue/", press=("#reply-send",)),
    Shot("ticket-resolved", "engineer_n1", "first:/queue/?state=resolved"),
    Shot("ticket-closed", "engineer_n1", "first:/queue/?state=closed"),
    Shot("ticket-plan", "engineer_n1", "first:/queue/", press=("#plan-write > summary",)),
    Shot("ticket-plan-refused", "engineer_n1", "first:/queue/", press=("#plan-write > summary", "#plan-send")),
    Shot("watchers", "engineer_n1", "watchers:/queue/"),
    Shot("watchers-customer", "contact", "watchers:/cases/"),
    Shot("ticket-print", "engineer_n1", "print:/queue/"),
    Shot("not-allowed", "engineer_n1", "/administration/"),
    Shot("what-if", "support_manager", "what-if:/queue/"),
    Shot("announce", "support_manager", "announce:/queue/"),
    Shot("contract-staff", "account_manager", "contract:/queue/?state=all"),
    Shot("propose", "account_manager", "propose:/queue/?state=all"),
    Shot("second-factor", "engineer_n1", "/settings/second-factor/"),
    Shot("sign-on", "engineer_n1", "/settings/sign-on/"),
    Shot("places", "engineer_n1", "/places/"),
    *(
        Shot(
            f"administration-{page.strip('/').replace('/', '-') or 'home'}", "administrator", f"/administration/{page}"
        )
        for page in (
            *("", "customers/", "contracts/", "people/", "partners/", "teams/", "teams/new/", "invitations/"),
            *("security/", "access-review/", "audit/"),
        )
    ),
    Shot("administration-team", "administrator", "team:/administration/teams/"),
    Shot("administration-sign-terms", "account_manager", "sign-terms:/administration/contracts/"),
    Shot("administration-sign", "account_manager", "sign:/administration/contracts/"),
    Shot("administration-sign-refused", "account_manager", "sign:/administration/contracts/", press=(SIGN,)),
    Shot("administration-end", "account_manager", "end:/administration/contracts/"),
    Shot("administration-end-refused", "account_manager", "end:/administration/contracts/", press=(SIGN,)),
    Shot("administration-customer-new", "administrator", "/administration/customers/new/"),
    Shot("administration-customer", "administrator", "customer:/administration/customers/"),
    Shot("administration-contacts", "administrator", "contacts:/administration/customers/"),
    Shot("administration-person", "administrator", "person:/administration/people/"),
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
        enter_as(page, role)
        for shot in (one for one in shots if one.role == role):
            reach(page, shot)
            name = f"{shot.name}-{language}-{theme}-{width}.png"
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=str(into / name), full_page=True)
            taken += 1
            print(f"\r{taken:3} {name:60}", end="", file=sys.stderr)
        context.close()
    return taken


def enter_as(page: Page, role: str) -> None:
    """Sign in with one click as the first demo account of the role; nobody signs in without a role."""
    page.goto("/sign-in/")
    if role:
        page.locator(f"button[name='account'][data-role='{role}']").first.click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)


def reach(page: Page, shot: Shot) -> None:
    """Bring the page of ``shot`` before the browser; where a link of its way is missing, the last page before it."""
    way, _, start = shot.path.partition(":")
    page.goto(start or shot.path)
    links, rest = WAYS[way] if start else ((), "")
    for link in links:
        found = page.locator(link)
        if not found.count():
            print(f"\n{shot.name}: no {link} on {page.url}", file=sys.stderr)
            return
        page.goto(found.first.get_attribute("href") or "/")
    if rest:
        page.goto(f"{page.url.partition('#')[0]}{rest}")
    for thing in shot.press:
        for one in page.locator(thing).all():
            if one.is_visible():
                one.click()
        page.wait_for_selector(".htmx-request", state="detached")
        page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    sys.exit(main())
