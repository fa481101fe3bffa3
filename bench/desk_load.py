"""Eight visitors at once, who ask the web server again and again: requests per second and how long they wait.

A program of its own, started by desk.py: ``desk_load.py NOTE SESSIONS PORT RESULT SECONDS [GROUP …]``. It knows no more
of HTTP than it needs, so that it takes little of the processors that it measures.
"""

import argparse
import asyncio
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

CONNECTIONS = 8
WARM_SECONDS = 1.0
FEWEST = 20
"""Answers from which waits can be told."""
ANSWERS = {
    "symptoms": "It stays empty.",
    "steps": "Open it.",
    "consequences": "Ten people wait.",
    "customisation": "none",
}
FILED = {
    "severity": "moderate",
    "title": "Report 512 stays empty in Lyon",
    "description": "Since this morning it stays empty for everybody.",
}

Requests = Callable[[int], Iterator[bytes]]


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def post(path: str, kind: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


class Plans:
    """The requests of each scenario, for one of the visitors."""

    def __init__(self, note: dict[str, Any], sessions: dict[str, Any]) -> None:
        self.note, self.sessions = note, sessions

    def all(self) -> dict[str, tuple[str, int, Requests]]:
        """Name → group, the status that every answer must have, and the requests."""
        search = f"/queue/?state=all&search={self.note['number']}"
        word = f"/queue/?state=all&search={self.note['frequent']}"
        return {
            "queue by due": ("queue", 200, self._desk(itertools.cycle(["/queue/"]))),
            "ticket page": ("ticket", 200, self._desk(self._tickets())),
            "search by number": ("search", 200, self._desk(itertools.cycle([search]))),
            "search, a frequent word": ("search", 200, self._desk(itertools.cycle([word]))),
            "customer's home": ("home", 200, self._contacts("/home/")),
            "API list": ("api", 200, self._programs("/api/v1/tickets?size=50")),
            "filing by the form": ("filing", 303, self._forms),
            "filing by the API": ("filing", 201, self._filing_programs),
        }

    def _tickets(self) -> Iterator[str]:
        numbers = itertools.cycle(range(self.note["recent"]))
        return (f"/tickets/{self.note['prefix']}-{self.note['number'] - number}/" for number in numbers)

    def _desk(self, paths: Iterator[str]) -> Requests:
        def requests(visitor: int) -> Iterator[bytes]:
            cookies = self.sessions["engineers"]
            return (get(path, f"Cookie: {cookies[visitor % len(cookies)]}") for path in paths)

        return requests

    def _contacts(self, path: str) -> Requests:
        def requests(visitor: int) -> Iterator[bytes]:
            people = self.sessions["contacts"]
            return itertools.cycle([get(path, f"Cookie: {people[visitor % len(people)]['cookie']}")])

        return requests

    def _programs(self, path: str) -> Requests:
        def requests(visitor: int) -> Iterator[bytes]:
            # A token may call some hundred times a minute.
            tokens = self.sessions["engineer_tokens"][visitor::CONNECTIONS]
            return itertools.cycle([get(path, f"Authorization: Bearer {token}") for token in tokens])

        return requests

    def _forms(self, visitor: int) -> Iterator[bytes]:
        people = self.sessions["contacts"]
        who = people[visitor % len(people)]
        answers = {f"detail_{code}": text for code, text in ANSWERS.items()}
        form = {**FILED, **answers, "contract": who["contract"], "environment": who["environment"]}
        given = ("application/x-www-form-urlencoded", urlencode(form).encode(), f"Cookie: {who['cookie']}")
        return itertools.cycle([post("/cases/new/", *given, f"X-CSRFToken: {self.sessions['csrf']}")])

    def _filing_programs(self, visitor: int) -> Iterator[bytes]:
        made = []
        for who in self.sessions["contact_tokens"][visitor::CONNECTIONS]:
            body = {**FILED, "contract": who["contract_reference"], "environment": who["environment"]}
            given = ("application/json", json.dumps({**body, "details": ANSWERS}).encode())
            made.append(post("/api/v1/tickets", *given, f"Authorization: Bearer {who['token']}"))
        return itertools.cycle(made)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bool]:
    """One request and its answer: the status, and whether the connection stays open."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), None)
    if length is None:
        await _chunks(reader)
    elif length:
        await reader.readexactly(length)
    return int(head.split(" ", 2)[1]), "connection: close" not in head


async def _chunks(reader: asyncio.StreamReader) -> None:
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)


async def visit(port: int, requests: Iterator[bytes], expected: int, until: float) -> list[tuple[float, float]]:
    """Ask until it is time; each request with when it ended and how long it took, in seconds."""
    told: list[tuple[float, float]] = []
    link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while time.perf_counter() < until:
        link = link or await asyncio.open_connection("127.0.0.1", port)
        request, began = next(requests), time.perf_counter()
        try:
            status, stays = await ask(*link, request)
        except (asyncio.IncompleteReadError, ConnectionError):
            # The server ended a connection that it had kept open; a browser tries again too.
            link = None
            continue
        if status != expected:
            raise SystemExit(f"{request.split(b' HTTP', 1)[0].decode()} answered {status}, not {expected}.")
        ended = time.perf_counter()
        told.append((ended, ended - began))
        if not stays:
            link[1].close()
            link = None
    if link:
        link[1].close()
    return told


async def run(port: int, requests: Requests, expected: int, seconds: float) -> dict[str, float]:
    """All visitors at once; what they see before the server is warm does not count."""
    start = time.perf_counter() + WARM_SECONDS
    end = start + seconds
    visits = (visit(port, requests(visitor), expected, end) for visitor in range(CONNECTIONS))
    told = [one for visit in await asyncio.gather(*visits) for one in visit if start <= one[0] <= end]
    waits = sorted(took * 1000 for _, took in told)
    if len(waits) < FEWEST:
        # A machine that is busy with something else: patience tells more than a guess.
        return await run(port, requests, expected, seconds * 4)
    cuts = statistics.quantiles(waits, n=100)
    return {"per_second": len(waits) / seconds, "p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("note", type=Path)
    parser.add_argument("sessions", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("result", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("groups", nargs="*")
    options = parser.parse_args()
    plans = Plans(json.loads(options.note.read_text()), json.loads(options.sessions.read_text()))
    found = []
    for name, (group, expected, requests) in plans.all().items():
        if options.groups and group not in options.groups:
            continue
        one = {"group": group, "name": name, **asyncio.run(run(options.port, requests, expected, options.seconds))}
        print(f"    {name:38} {one['per_second']:6.0f}/s, {_waits(one)}", flush=True)
        found.append(one)
    options.result.write_text(json.dumps(found))


def _waits(one: dict[str, Any]) -> str:
    return ", ".join(f"{name} {one[f'{name}_ms']:.0f} ms" for name in ("p50", "p95", "p99"))


if __name__ == "__main__":
    main()
