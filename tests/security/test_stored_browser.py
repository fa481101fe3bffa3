"""Everything hostile that could be stored, then every page that shows it, in Chromium: nothing runs, nothing leaves."""

import http.client
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import BrowserContext, Download, Page

from accounts.models import Customer, Membership
from accounts.tenancy import Actor, acting_as
from contracts.models import Contract, Environment
from lifecycle.services import add_note, file_ticket, reply
from notifications.models import Delivery
from tests.security.corpus import FORMULAS, MARKDOWN, MARKUP, TEXT
from tests.security.uploads import SCRIPT, SVG, baits
from tests.worlds import PASSWORD, World, build_world, filing, paris, user_of
from tickets.attachments import store_upload
from tickets.drafts import save_draft
from tickets.models import Attachment, Event

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
FILED = paris("2026-05-04 10:00")
WATCH = """
window.pwned = undefined;
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
TOUCH = """() => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  document.querySelectorAll("main *").forEach((one) => {
    for (const kind of ["mouseover", "focus", "toggle", "animationend"]) one.dispatchEvent(new Event(kind));
  });
}"""
LINKS = "() => [...document.querySelectorAll('a[href], area[href]')].map((one) => one.href)"


class Guard:
    """One visitor under watch: what his browser does that it should not."""

    def __init__(self, new_context: NewContext, actor: Actor, **options: Any) -> None:
        self.faults: list[str] = []
        context = new_context(accept_downloads=True, **options)
        context.add_init_script(WATCH)
        self.page: Page = context.new_page()
        self.page.on("dialog", lambda dialog: (self.faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", self._request)
        self.page.on("popup", lambda popup: self.faults.append(f"popup {popup.url}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"script error {error}"))
        self.page.goto("/sign-in/")
        self.home = urlsplit(self.page.url).netloc
        self.page.fill("input[name=email]", user_of(actor).email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and getattr(self, "home", parts.netloc) != parts.netloc:
            self.faults.append(f"request to {request.url}")

    def look(self, address: str) -> str:
        """Open a page, touch everything on it, and ask it what happened."""
        answer = self.page.goto(address)
        assert answer is not None and answer.status == 200, (address, answer and answer.status)
        self.page.evaluate(TOUCH)
        self.page.wait_for_timeout(150)
        if self.page.evaluate("() => window.pwned") is not None:
            self.faults.append(f"{address}: something ran")
        self.faults += [f"{address}: policy {told}" for told in self.page.evaluate("() => window.violations")]
        for link in self.page.evaluate(LINKS):
            if urlsplit(link).scheme not in {"http", "https", "mailto"}:
                self.faults.append(f"{address}: a link to {link}")
        return self.page.content()


@pytest.fixture
def world(committed_db: Any) -> World:
    return build_world(customers=1)


def _rename(world: World) -> None:
    """Names that an administrator could have typed."""
    organisation = world.customers[0]
    with acting_as(world.system):
        Customer.objects.filter(pk=organisation.customer.pk).update(name=MARKUP[10])
        Contract.objects.filter(pk=organisation.contract.pk).update(reference=MARKUP[12][:40], signed_by=MARKUP[6][:80])
        Environment.objects.filter(pk=organisation.production.pk).update(name=MARKUP[7][:80], release=MARKUP[0][:40])
        for number, actor in enumerate([*organisation.people.values(), *world.staff.values()]):
            Membership.objects.filter(pk=actor.person).update(display_name=MARKUP[number * 2][:120])


def _fill(world: World) -> str:
    """A conversation of the whole corpus; returns its reference."""
    organisation, engineer = world.customers[0], world.staff["engineer"]
    contact = organisation.contact
    with acting_as(contact):
        names = [*MARKUP[:8], "\u202etxt.exe.png"]
        files = [
            store_upload(actor=contact, at=FILED, upload=SimpleUploadedFile(name or "x", SCRIPT)) for name in names
        ]
        details = {"symptoms": MARKUP[0], "steps": MARKUP[5], "consequences": MARKUP[9], "customisation": "none"}
        given = filing(organisation, actor=contact, at=FILED, title=MARKUP[1], description="\n\n".join(MARKUP))
        ticket = file_ticket(**given | {"details": details, "attachment_ids": [row.id for row in files]})
        for title in [*MARKUP[2::5], *FORMULAS[::4], *MARKDOWN[::6]]:
            file_ticket(**filing(organisation, actor=contact, at=FILED, title=title.strip() or "x"))
        save_draft(
            actor=contact,
            at=FILED,
            form="new-case",
            data={"title": MARKUP[6], "description": MARKUP[4], "detail_symptoms": MARKUP[7], "severity": MARKUP[8]},
        )
        save_draft(actor=contact, at=FILED, form=f"reply:{ticket.reference}", data={"body": MARKUP[4]})
    at = FILED + timedelta(minutes=5)
    with acting_as(engineer):
        for body in [*MARKUP, *MARKDOWN, *(text for text in TEXT if text.strip("\u200b\u200c\u200d\ufeff "))]:
            reply(actor=engineer, at=at, reference=ticket.reference, body=body)
        add_note(actor=engineer, at=at, reference=ticket.reference, body="\n\n".join([*MARKUP, *MARKDOWN]))
    return ticket.reference


def _tell(world: World) -> None:
    """Messages as the relay would write them, with hostile subjects and bodies."""
    with acting_as(world.system):
        event = Event.objects.filter(kind="replied").first()
        assert event is not None
        for channel in Delivery.Channel.values:
            for actor in (world.customers[0].contact, world.staff["engineer"]):
                Delivery.objects.create(
                    provider=world.provider,
                    event=event,
                    ticket_id=event.ticket_id,
                    ticket_reference=MARKUP[0][:24],
                    recipient_id=actor.person,
                    channel=channel,
                    kind="replied",
                    subject=MARKUP[6] + MARKUP[10],
                    body_text="\n".join([*MARKUP, *MARKDOWN]),
                    created_at=FILED,
                    sent_at=FILED,
                )


def test_nothing_that_was_stored_ever_runs(world: World, new_context: NewContext):
    reference = _fill(world)
    _rename(world)
    _tell(world)
    contract = f"/contracts/{world.customers[0].contract.pk}/"
    ticket = f"/tickets/{reference}/"
    common = [ticket, f"{ticket}clocks/response/", contract, "/notifications/", "/mailbox/"]
    echoed = "search=%22%3E%3Csvg%20onload%3Dwindow.pwned%3D1%3E"
    sides = {
        world.customers[0].contact: ["/cases/?state=all", f"/cases/?{echoed}", "/cases/new/", *common],
        world.staff["engineer"]: ["/queue/?state=all", f"/queue/?state=all&{echoed}", *common],
    }
    for actor, addresses in sides.items():
        guard = Guard(new_context, actor)
        for address in addresses:
            guard.look(address)
        with acting_as(actor):
            mail = Delivery.objects.filter(channel="mail").first()
        assert mail is not None
        assert "window.pwned" in guard.look(f"/mailbox/{mail.pk}/")
        assert guard.faults == []


def test_a_preview_of_the_whole_corpus_runs_nothing(world: World, new_context: NewContext):
    ticket = world.file()
    guard = Guard(new_context, world.staff["engineer"])
    guard.look(f"/tickets/{ticket.reference}/")
    guard.page.fill(".composer__pane--reply textarea", "\n\n".join([*MARKUP, *MARKDOWN]))
    guard.page.click(".composer__pane--reply button:has-text('Preview')")
    guard.page.locator(".composer__pane--reply .editor__preview p").first.wait_for()
    guard.page.evaluate(TOUCH)
    guard.page.wait_for_timeout(300)
    assert guard.page.evaluate("() => window.pwned") is None
    assert guard.page.evaluate("() => window.violations") == []
    assert guard.faults == []


def test_an_attachment_opened_by_its_address_is_a_download_and_never_a_page(world: World, new_context: NewContext):
    contact = world.customers[0].contact
    opened = [bait for bait in baits() if not bait.refused and bait.content and len(bait.content) < 100_000]
    with acting_as(contact):
        rows: list[Attachment] = [
            store_upload(
                actor=contact, at=FILED, upload=SimpleUploadedFile(bait.name.strip("/\\") or "x", bait.content)
            )
            for bait in opened[:: max(len(opened) // 16, 1)]
        ]
        rows.append(store_upload(actor=contact, at=FILED, upload=SimpleUploadedFile("drawing.svg", SVG)))
    guard = Guard(new_context, contact)
    downloads: list[Download] = []
    guard.page.on("download", lambda download: downloads.append(download))
    for row in rows:
        guard.page.goto("/cases/")
        guard.page.evaluate("(address) => { location.href = address; }", f"/attachments/{row.pk}/")
        guard.page.wait_for_timeout(120)
        assert guard.page.url.endswith("/cases/"), row.filename
        assert guard.page.evaluate("() => window.pwned") is None, row.filename
    assert len(downloads) == len(rows)
    assert guard.faults == []


@pytest.mark.parametrize(
    "path", ["/tickets/%00/", "/%00", "/attachments/%ff/", "/tickets/MEGA-1%0d%0aX:%20y/", "/%", "//evil"]
)
def test_the_real_server_answers_strange_paths_calmly(world: World, live_server_process: Any, path: str):
    parts = urlsplit(live_server_process.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in {302, 400, 404}, (answer.status, body[:200])
    assert answer.getheader("X") is None


def test_the_guard_notices_what_it_is_there_for(world: World, new_context: NewContext):
    guard = Guard(new_context, world.customers[0].contact)
    guard.page.goto("about:blank")
    guard.page.set_content("<img src=x onerror='window.pwned=1'><img src='http://evil.example/pixel'>")
    guard.page.wait_for_function("() => window.pwned === 1")
    assert any("evil.example" in fault for fault in guard.faults)
    guard.look("/cases/")
    guard.page.evaluate(
        "() => { const s = document.createElement('style'); s.textContent = 'a{}'; document.body.append(s); }"
    )
    guard.page.wait_for_function("() => window.violations.length > 0")
