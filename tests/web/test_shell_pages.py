"""The frame, the doors, the preferences, mailbox and notifications, and the pages of failure."""

import uuid
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from accounts.errors import Change, Forbidden, Invalid, NotFound, Refused, Stale
from accounts.middleware import SignInNeeded
from notifications.models import Delivery
from tests.web.test_shell_components import Strict
from tests.worlds import START, World, as_system
from tickets.models import Event
from web import errors, redirects


class Outline(HTMLParser):
    """Headings, landmarks and the names of form controls."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.language = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "html":
            self.language = dict(attrs).get("lang") or ""


def body(answer) -> str:
    return answer.content.decode()


# Doors ---------------------------------------------------------------------------------------------------------------
def test_the_front_door_leads_everybody_to_his_list(world: World, sign_in: Callable):
    assert Client().get("/")["Location"] == "/sign-in/"
    assert sign_in(world.staff["engineer"]).get("/")["Location"] == reverse("queue")
    assert sign_in(world.customers[0].contact).get("/")["Location"] == reverse("customer_home")


@pytest.mark.parametrize("address", ["/sessions/", "/mailbox/", "/notifications/"])
def test_strangers_are_led_to_the_sign_in_page(db, address: str):
    assert Client().get(address)["Location"] == f"/sign-in/?next={address.replace('/', '%2F')}"
    assert Client().post(address)["Location"] == "/sign-in/"


def test_a_boosted_link_leads_the_whole_page_to_sign_in(db):
    answer = Client().get("/sessions/", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/sign-in/?next=%2Fsessions%2F")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "What you typed is still on this page."), ("fr", "Ce que vous avez saisi est toujours sur cette page.")],
)
def test_what_a_page_asks_by_itself_never_leads_it_away(db, settings, language, words):
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    headers = {"HX-Request": "true", "Referer": "http://testserver/cases/new/"}
    answer = client.get("/cases/new/due/?severity=critical", headers=headers)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#toasts", "innerHTML")
    page = answer.content.decode()
    assert words in page
    assert 'role="status"' in page
    assert 'href="/sign-in/?next=%2Fcases%2Fnew%2F" target="_blank"' in page


def test_health_asks_nobody(client: Client):
    assert client.get("/healthz").content == b"ok\n"


# Frame ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "address", ["/sign-in/", "/styleguide/", "/sessions/", "/settings/", "/mailbox/", "/notifications/", "/no/"]
)
def test_every_page_has_the_frame_and_obeys_the_policy(world, sign_in, settings, address, language):
    settings.DEMO_MODE = True
    client = Client() if address == "/sign-in/" else sign_in(world.staff["engineer"])
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = client.get(address)
    outline, strict = Outline(body(answer)), Strict()
    strict.feed(body(answer))
    assert strict.blocked == []
    assert outline.language == language
    assert [outline.tags.count(tag) for tag in ("h1", "main", "title")] == [1, 1, 1]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_the_bar_shows_who_reads_and_where(world: World, sign_in: Callable):
    page = body(sign_in(world.customers[0].contact).get("/sessions/"))
    for text in ("MEGA", "Contact A", "Customer A of MEGA", "contact.a@mega.example", "Times are shown for Paris."):
        assert text in page
    assert reverse("cases") in page
    assert reverse("queue") not in page
    assert "Customer B" not in page


def test_a_viewer_is_not_offered_to_file(world: World, sign_in: Callable):
    assert reverse("new_case") in body(sign_in(world.customers[0].contact).get("/sessions/"))
    assert reverse("new_case") not in body(sign_in(world.customers[0].people["viewer"]).get("/sessions/"))


def test_the_frame_costs_few_queries(world: World, sign_in: Callable, django_assert_max_num_queries):
    client = sign_in(world.customers[0].contact)
    client.get("/notifications/")
    with django_assert_max_num_queries(16):
        client.get("/notifications/")


# Preferences ---------------------------------------------------------------------------------------------------------
def test_the_language_is_kept(db, settings):
    client = Client()
    answer = client.post("/settings/language/", {"language": "fr", "next": "/sign-in/?next=/queue/"})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/queue/")
    assert Outline(body(client.get("/sign-in/"))).language == "fr"
    client.post("/settings/language/", {"language": "en"})
    assert Outline(body(client.get("/sign-in/"))).language == "en"


@pytest.mark.parametrize("language", ["", "tlh", "fr\r\nSet-Cookie: a=b", "\x00"])
def test_a_language_that_is_not_offered_is_refused(db, language: str):
    answer = Client().post("/settings/language/", {"language": language})
    assert answer.status_code == 400
    assert "This language is not offered." in body(answer)
    assert answer.cookies.get("language") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_in_the_first_byte_of_the_page(db, theme: str):
    client = Client()
    client.post("/settings/appearance/", {"theme": theme})
    page = body(client.get("/sign-in/"))
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert f'<meta name="color-scheme" content="{theme}">' in page


def test_without_a_choice_the_device_decides(db):
    client = Client()
    client.cookies["theme"] = "pink"
    page = body(client.get("/sign-in/"))
    assert '<html lang="en">' in page
    assert 'content="light dark"' in page
    assert client.post("/settings/appearance/", {"theme": "pink"}).status_code == 400


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_preferences_lead_nowhere_else(db, address: str):
    assert Client().post("/settings/appearance/", {"theme": "dark", "next": address})["Location"] == "/"
    assert redirects.is_inside(address) is False


@pytest.mark.parametrize("address", ["/sign-out/", "/settings/language/", "/settings/appearance/"])
def test_what_changes_something_takes_a_post(db, address: str):
    answer = Client().get(address)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This page cannot be called like that" in body(answer)


# Mailbox and notifications -------------------------------------------------------------------------------------------
def deliver(world: World, actor, channel: str, subject: str) -> Delivery:
    """A message of the ticket's first event to `actor`."""
    ticket = world.file()
    with as_system(world):
        event = Event.objects.filter(ticket=ticket).order_by("seq").first()
        Delivery.objects.filter(event=event, recipient_id=actor.membership_id).delete()
        return Delivery.objects.create(
            provider_id=actor.provider_id,
            event=event,
            ticket=ticket,
            ticket_reference=ticket.reference,
            recipient_id=actor.membership_id,
            channel=channel,
            kind="filed",
            subject=subject,
            body_text="Good morning,\n<script>alert(1)</script>\nhttps://portal.example/x",
            created_at=START,
            sent_at=START,
        )


def test_everybody_reads_his_own_mail_and_no_other(world: World, sign_in: Callable, settings):
    settings.DEMO_MODE = True
    mail = deliver(world, world.staff["engineer"], "mail", "A case was <filed>")
    client, other = sign_in(world.staff["engineer"]), sign_in(world.staff["manager"])
    assert "A case was &lt;filed&gt;" in body(client.get("/mailbox/"))
    page = body(client.get(f"/mailbox/{mail.id}/"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="https://portal.example/x"' in page
    assert str(mail.id) not in body(other.get("/mailbox/"))
    assert other.get(f"/mailbox/{mail.id}/").status_code == 404
    assert client.get(f"/mailbox/{uuid.uuid4()}/").status_code == 404


def test_outside_the_demo_there_is_no_mailbox(world: World, sign_in: Callable, settings):
    settings.DEMO_MODE = False
    mail = deliver(world, world.staff["engineer"], "mail", "A case was filed")
    client = sign_in(world.staff["engineer"])
    assert client.get("/mailbox/").status_code == 404
    assert client.get(f"/mailbox/{mail.id}/").status_code == 404
    assert "/mailbox/" not in body(client.get("/sessions/"))


def test_notifications_are_counted_and_marked_by_their_reader_only(world: World, sign_in: Callable):
    note = deliver(world, world.staff["engineer"], "in_app", "Deadline in one hour")
    client, other = sign_in(world.staff["engineer"]), sign_in(world.staff["manager"])
    page = body(client.get("/notifications/"))
    assert 'aria-label="Notifications: 1 unread"' in page
    assert "Deadline in one hour" in page
    assert "Deadline in one hour" not in body(other.get("/notifications/"))
    other.post("/notifications/read/", {"ids": str(note.id)})
    assert 'aria-label="Notifications: 1 unread"' in body(client.get("/notifications/"))
    assert client.post("/notifications/read/", {"ids": [str(note.id), "nonsense"]})["Location"] == "/notifications/"
    assert 'aria-label="Notifications: 0 unread"' in body(client.get("/notifications/"))


def test_marking_nothing_marks_nothing(world: World, sign_in: Callable):
    deliver(world, world.staff["engineer"], "in_app", "Deadline in one hour")
    client = sign_in(world.staff["engineer"])
    client.post("/notifications/read/", {"ids": "nonsense"})
    client.post("/notifications/read/")
    assert 'aria-label="Notifications: 1 unread"' in body(client.get("/notifications/"))


# Failures ------------------------------------------------------------------------------------------------------------
def asked(path: str = "/x/", *, htmx: bool = False, **headers: str):
    request = RequestFactory().get(path, headers={"HX-Request": "true"} if htmx else {}, **headers)
    request.user, request.actor, request.request_id = AnonymousUser(), None, "f00d"
    request.htmx = HtmxDetails(request)
    return request


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotFound(), 404, "Nothing here"),
        (Forbidden(), 403, "You may not do this"),
        (Refused("It is closed.", clause="HSA-23"), 409, "It is closed."),
        (Refused(), 409, "A rule of the contract"),
        (Invalid({"severity": ["Choose one."]}), 400, "Choose one."),
        (Stale(changes=[Change(START, "Inès Caradec", "provider", "taken")]), 409, "<li>Inès Caradec (support), <time"),
    ],
)
def test_each_refusal_has_its_page_and_its_fragment(error, status: int, words: str):
    page, part = errors.error_page(asked(), error), errors.error_page(asked(htmx=True), error)
    assert (page.status_code, part.status_code) == (status, status)
    assert words in body(page)
    assert words in body(part)
    assert "<html" in body(page)
    assert "<html" not in body(part)


def test_a_refusal_names_its_clause():
    assert '<span class="clause">HSA-23</span>' in body(errors.error_page(asked(), Refused("No.", clause="HSA-23")))


def test_stale_is_a_failed_precondition_where_one_was_stated():
    assert errors.error_page(asked(HTTP_IF_MATCH='"3"'), Stale()).status_code == 412


def test_a_nameless_visitor_is_led_to_sign_in():
    assert (
        errors.error_page(asked("/cases/?page=2"), SignInNeeded())["Location"]
        == "/sign-in/?next=%2Fcases%2F%3Fpage%3D2"
    )


def test_an_unknown_address_is_calm(db):
    answer = Client().get("/does/not/exist")
    assert answer.status_code == 404
    assert "Check the address, or go back to your list." in body(answer)


@pytest.mark.parametrize("address", ["/%00", "/%ff", "/mailbox/%00/", "/tickets/..%2f..%2f/", "/" + "a" * 3000])
def test_naughty_addresses_are_not_found(db, address: str):
    assert Client().get(address).status_code == 404


def test_a_form_that_is_too_large_says_so(db):
    answer = Client().post("/sign-in/", {"email": "a@b.example", "password": "x" * 3_000_000})
    assert answer.status_code == 413
    assert "This is too large" in body(answer)


def test_a_fault_shows_its_number_and_needs_no_database(django_db_blocker):
    request = asked()
    with django_db_blocker.block():
        answer = errors.server_error(request)
    assert answer.status_code == 500
    assert "f00d" in body(answer)


def test_a_lost_database_is_unavailable_not_broken():
    try:
        raise OperationalError("connection refused")
    except OperationalError:
        answer = errors.server_error(asked())
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "connection refused" not in body(answer)


@pytest.mark.parametrize("status", sorted(errors.TEXTS))
def test_every_failure_says_what_to_do_next(status: int):
    assert all(str(text) for text in errors.TEXTS[status])
