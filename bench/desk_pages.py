"""What a page asks of the database: statements, their time and the processor's, one request at a time in one process.

A program of its own, started by desk.py under the web server's login: ``desk_pages.py NOTE RESULT [GROUP …]``. With
``--sessions`` it only opens the sessions and tokens with which the web server is then measured.
"""

import argparse
import json
import os
import re
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()

from django.db import connection
from django.test import Client

from accounts.models import Membership, User
from accounts.tenancy import Actor, acting_as
from accounts.tokens import create_token

ROUNDS, FEWEST_ROUNDS = 25, 5
LONGEST_SECONDS = 3.0
"""After so long a request has been asked often enough, however few rounds those were."""
WARM = 3
FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO")
TOKENS = 40
"""A token may call some hundred times a minute; a measure needs more."""
CSRF = "c" * 32


class Watch:
    """Counts and times what goes to the database."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, float]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if not sql.startswith(FRAME):
                self.statements.append((sql, (time.perf_counter() - began) * 1000))


def measured(ask: Callable[[], Any], rounds: int = ROUNDS) -> dict[str, Any]:
    """Medians over some rounds of a request that was made before; times in milliseconds."""
    for _ in range(WARM):
        ask()
    watch = Watch()
    sql, wall, cpu, counts = [], [], [], []
    with connection.execute_wrapper(watch):
        start = time.perf_counter()
        while len(wall) < rounds and (len(wall) < FEWEST_ROUNDS or time.perf_counter() - start < LONGEST_SECONDS):
            watch.statements.clear()
            busy, began = time.process_time(), time.perf_counter()
            size = ask()
            wall.append((time.perf_counter() - began) * 1000)
            cpu.append((time.process_time() - busy) * 1000)
            sql.append(sum(took for _, took in watch.statements))
            counts.append(len(watch.statements))
    return {
        "statements": max(counts),
        "sql_ms": statistics.median(sql),
        "wall_ms": statistics.median(wall),
        "cpu_ms": statistics.median(cpu),
        "bytes": size,
        "slowest": max(((took, text) for text, took in watch.statements), default=(0, ""))[::-1],
    }


class Visitor:
    """Somebody who is signed in."""

    def __init__(self, user_id: str) -> None:
        self.client = Client(HTTP_HOST="127.0.0.1")
        self.client.force_login(User.objects.get(pk=user_id))

    def get(self, path: str, **headers: str) -> Callable[[], int]:
        """A request that must be answered with a page; it returns the page's size."""

        def ask() -> int:
            response = self.client.get(path, headers=headers)
            if response.status_code != 200:
                raise RuntimeError(f"{path} answered {response.status_code}")
            return len(response.content)

        return ask

    def post(self, path: str, data: Callable[[], Any], expected: int, **options: Any) -> Callable[[], int]:
        def ask() -> int:
            response = self.client.post(path, data(), **options)
            if response.status_code != expected:
                raise RuntimeError(f"{path} answered {response.status_code}: {response.content[:500]!r}")
            return len(response.content)

        return ask


def deep_page(visitor: Visitor, order: str, pages: int) -> str:
    """The address of a page so many pages behind the first one, found by following the links."""
    path = f"/queue/?{urlencode({'state': 'all', 'order': order})}"
    for _ in range(pages):
        page = visitor.client.get(path).content.decode()
        found = re.search(r'href="([^"]*after=[^"]*)"', page)
        if not found:
            break
        path = found.group(1).replace("&amp;", "&")
        path = path if path.startswith("/") else f"/queue/{path}"
    return path


def cases(note: dict[str, Any], engineer: Visitor, contact: Visitor, token: str) -> Iterator[tuple[str, str, Any]]:
    """Group, name and request of everything that is measured here."""
    for order in ("due", "severity", "updated", "opened"):
        yield "queue", f"queue by {order}", engineer.get(f"/queue/?order={order}")
        yield "queue", f"queue by {order}, all states", engineer.get(f"/queue/?state=all&order={order}")
        yield "queue", f"queue by {order}, page 20", engineer.get(deep_page(engineer, order, 20))
    yield "queue", "queue, my own", engineer.get("/queue/?view=mine")
    yield "queue", "queue, nobody has them", engineer.get("/queue/?view=unassigned")
    yield "queue", "queue, overdue", engineer.get("/queue/?view=overdue")
    yield "queue", "queue, recently closed", engineer.get("/queue/?view=closed")
    home = note["customers"][0]
    yield "queue", "queue of a customer", engineer.get(f"/queue/?customer={home}&state=all")
    yield "queue", "queue of a severity", engineer.get("/queue/?severity=critical")
    yield "queue", "numbers on the tabs", engineer.get("/queue/counts/")
    yield "ticket", "ticket page", engineer.get(f"/tickets/{note['reference']}/")
    yield "search", "search by number", engineer.get(f"/queue/?state=all&search={note['number']}")
    reference = f"{note['prefix']}-{note['number']}"
    yield "search", "search by reference", engineer.get(f"/queue/?state=all&search={reference}")
    yield "search", "search, a rare word", engineer.get(f"/queue/?state=all&search={note['rare']}")
    yield "search", "search, a frequent word", engineer.get(f"/queue/?state=all&search={note['frequent']}")
    yield "search", "search, a word that no title has", engineer.get("/queue/?state=all&search=quetzalcoatl")
    yield "home", "customer's home", contact.get("/home/")
    yield "home", "customer's cases", contact.get("/cases/")
    bearer = {"authorization": f"Bearer {token}"}
    yield "api", "API list", engineer.get("/api/v1/tickets?size=50", **bearer)
    yield "api", "API list, open by deadline", engineer.get("/api/v1/tickets?state=open&order=due&size=50", **bearer)


def filing_cases(note: dict[str, Any], contact: Visitor, token: str) -> Iterator[tuple[str, str, Any]]:
    """Acts: each leaves a ticket behind, so they come last."""
    who = note["contacts"][0]
    yield "filing", "filing by the form", contact.post("/cases/new/", lambda: filing_form(who), 303)
    yield (
        "filing",
        "filing by the API",
        contact.post(
            "/api/v1/tickets",
            lambda: json.dumps(filing_body(who)),
            201,
            content_type="application/json",
            headers={"authorization": f"Bearer {token}"},
        ),
    )


FILED = {
    "severity": "moderate",
    "title": "Report 512 stays empty in Lyon",
    "description": "Since this morning it stays empty for everybody.",
}
ANSWERS = {
    "symptoms": "It stays empty.",
    "steps": "Open it.",
    "consequences": "Ten people wait.",
    "customisation": "none",
}


def filing_form(who: dict[str, str]) -> dict[str, str]:
    """The form of a new case as a browser sends it."""
    return {
        "contract": who["contract"],
        "environment": who["environment"],
        **FILED,
        **{f"detail_{code}": text for code, text in ANSWERS.items()},
    }


def filing_body(who: dict[str, str]) -> dict[str, Any]:
    """The same as a program sends it."""
    return {
        "contract": who["contract_reference"],
        "environment": who["environment"],
        **FILED,
        "details": ANSWERS,
    }


def sessions(note: dict[str, Any]) -> dict[str, Any]:
    """Cookies and tokens for the measures through the web server."""

    def cookie(user_id: str) -> str:
        client = Client()
        client.force_login(User.objects.get(pk=user_id))
        return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()) + f"; csrf={CSRF}"

    people = note["contacts"][:TOKENS]
    return {
        "csrf": CSRF,
        "engineers": [cookie(key) for key in note["engineers"]],
        "contacts": [{**who, "cookie": cookie(who["user"])} for who in people],
        "contact_tokens": [
            {**who, "token": new_token(note["provider"], who["user"])} for who in _repeated(people, TOKENS)
        ],
        "engineer_tokens": [new_token(note["provider"], key) for key in _repeated(note["engineers"], TOKENS)],
    }


def _repeated(rows: list[Any], number: int) -> list[Any]:
    return [rows[n % len(rows)] for n in range(number)]


def new_token(provider: str, user_id: str) -> str:
    """The secret of a fresh token of that person."""
    with acting_as(Actor.system(UUID(provider))):
        holder = Membership.objects.get(user_id=user_id, provider_id=provider)
        name = f"measure {secrets.token_hex(4)}"
        given = {"scopes": ["tickets:read", "tickets:write"], "at": datetime.now(UTC), "lasts": timedelta(days=1)}
        return create_token(membership=holder, name=name, **given)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("note", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("groups", nargs="*")
    parser.add_argument("--sessions", action="store_true")
    options = parser.parse_args()
    note = json.loads(options.note.read_text())
    if options.sessions:
        options.result.write_text(json.dumps(sessions(note)))
        return
    engineer, contact = Visitor(note["engineers"][0]), Visitor(note["contacts"][0]["user"])
    reader = new_token(note["provider"], note["engineers"][0])
    filer = new_token(note["provider"], note["contacts"][0]["user"])
    found = []
    for group, name, ask in [*cases(note, engineer, contact, reader), *filing_cases(note, contact, filer)]:
        if options.groups and group not in options.groups:
            continue
        one = {"group": group, "name": name, **measured(ask)}
        print(
            f"    {name:38} {one['statements']:3} SQL {one['sql_ms']:7.1f} ms, "
            f"{one['cpu_ms']:6.1f} ms processor, {one['wall_ms']:6.1f} ms in all",
            flush=True,
        )
        found.append(one)
    options.result.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
