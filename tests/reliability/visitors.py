"""Signed-in people who speak HTTP to a running server, from threads."""

import http.client
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from accounts.roles import Role
from accounts.tenancy import Actor
from tests.worlds import World, as_system, person, user_of

LONG = os.environ.get("HELPDESK_LONG_RUNS") == "1"
"""Set by the nightly run: more rounds, more kills, longer outages."""

CSRF = "a" * 32


@dataclass(frozen=True)
class Answer:
    """Status and text; status 0 where the server was not there."""

    status: int
    text: str


@dataclass(frozen=True)
class Visitor:
    """One person with an open session. Each request has a connection of its own."""

    actor: Actor
    session: str

    @classmethod
    def sign_in(cls, actor: Actor) -> "Visitor":
        """A session as the sign-in page leaves it; without the page, so that its limits do not slow a crowd down."""
        client = Client()
        client.force_login(user_of(actor), backend=settings.AUTHENTICATION_BACKENDS[0])
        return cls(actor, client.cookies[settings.SESSION_COOKIE_NAME].value)

    def get(self, base_url: str, path: str) -> Answer:
        """Open a page."""
        return self._ask(base_url, "GET", path, None)

    def post(self, base_url: str, path: str, **fields: str) -> Answer:
        """Send a form."""
        return self._ask(base_url, "POST", path, urlencode({"csrfmiddlewaretoken": CSRF, **fields}))

    def _ask(self, base_url: str, method: str, path: str, body: str | None) -> Answer:
        cookies = f"{settings.SESSION_COOKIE_NAME}={self.session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
        headers = {"Cookie": f"{cookies}; {settings.LANGUAGE_COOKIE_NAME}=en"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException):
            return Answer(0, "")
        finally:
            connection.close()

    def is_signed_in(self) -> bool:
        """Whether the session is still there."""
        return SessionStore(self.session).exists(self.session)


def crowd(world: World, number: int) -> list[Visitor]:
    """Engineers with open sessions."""
    with as_system(world):
        actors = [
            person(world.provider, f"crowd{count}@mega.example", Role.ENGINEER_N1, f"Engineer {count}")
            for count in range(number)
        ]
    return [Visitor.sign_in(actor) for actor in actors]


def at_once(calls, *, threads: int = 24) -> list[Answer]:
    """Every call, as many at a time as there are threads."""
    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
