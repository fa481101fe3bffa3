"""One cell of the matrix: a person asks an address by a verb, and what comes of it is judged."""

import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from django.http import QueryDict
from django.test import Client

from tests.security.canaries import Person
from tests.security.cases import NOTHING, Case
from tests.security.corpus import NIGHTLY
from tests.security.observer import Ledger, body_of, stored_files, told, touches, undone
from tests.security.routes import TABLE, VERBS, answered, may_write
from tests.security.stage import Stage

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Visitor:
    """A person with his session, asking as a browser would; ``by_token``: as a program of his would."""

    def __init__(self, person: Person, *, by_token: bool = False) -> None:
        self.person = person
        self.by_token = by_token
        self.client = Client(raise_request_exception=False)

    def ask(self, verb: str, address: str, case: Case) -> Any:
        """One request on a fresh set of cookies."""
        self.client.cookies = SimpleCookie()
        if self.person.session_key and not self.by_token:
            self.client.cookies["session"] = self.person.session_key
        given: dict[str, Any] = {"headers": {"User-Agent": self.person.agent, **case.headers}}
        if self.by_token:
            given["headers"]["Authorization"] = f"Bearer {self.person.token or 'hdt_' + 'x' * 43}"
        if case.query:
            query = QueryDict(mutable=True)
            query.update(case.query)
            given["query_params"] = query
        if verb not in SAFE:
            given["data"] = case.data
            if verb != "POST" or case.is_json:
                given["content_type"] = "application/json"
        return getattr(self.client, verb.lower())(address, **given)


@dataclass
class Verdict:
    """What a walk through the matrix found wrong, and how much it looked at. ``deeds``: by which family of cases of an
    address something was written."""

    faults: list[str] = field(default_factory=list)
    cells: int = 0
    statuses: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    seen: set[int] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    deeds: set[tuple[str, str]] = field(default_factory=set)

    def blame(self, person: Person, verb: str, route: str, case: Case, what: str) -> None:
        """Keep a fault with where it happened."""
        self.faults.append(f"{person.key} {verb} {route} {case.family or 'address'}={case.thing}: {what}")


@dataclass
class Matrix:
    """A walk of one person over addresses. ``watch`` also looks for changes in the database."""

    stage: Stage
    person: Person
    ledger: Ledger | None = None
    verbs: Iterable[str] = VERBS
    few: bool = False
    by_token: bool = False
    verdict: Verdict = field(default_factory=Verdict)

    def walk(self, routes: Iterable[str] | None = None) -> Verdict:
        """Every case of every address by every verb; a stranger's thing is compared with what is not there."""
        visitor = Visitor(self.person, by_token=self.by_token)
        before = self.ledger.digest() if self.ledger else ""
        for route in routes if routes is not None else TABLE:
            cases = TABLE[route](self.stage, self.person)
            if self.few:
                cases = _few(cases)
            for verb in self.verbs:
                absent: dict[str, bytes] = {}
                asked = self._asked_by(verb, route, cases)
                groups = [[case] for case in asked] if verb == "POST" else [asked]
                for group in groups:
                    self._look(visitor, verb, route, group, absent, before)
        return self.verdict

    def _asked_by(self, verb: str, route: str, cases: list[Case]) -> list[Case]:
        """All night long everything. By day what is one's own, what is not there, and some of the strangers' things;
        a verb that the address does not answer with a stranger's thing and with none. What is left out is another
        choice for each person, so that everything is tried by several.
        """
        if NIGHTLY:
            return cases
        few = _few(cases)
        two = few[:1] + few[-1:] * (len(few) > 1)
        if verb == "HEAD":
            return two
        if verb not in answered(route):
            return two if self._is_its_turn(verb, route) else []
        kept = (
            case for case in cases if case.entitled or case.thing == NOTHING or self._is_its_turn(verb, route, case)
        )
        return list(kept) or few

    def _is_its_turn(self, verb: str, route: str, case: Case | None = None) -> bool:
        turn = f"{self.person.key} {verb} {route} {case and (case.family, case.thing)}"
        return zlib.crc32(turn.encode()) % 6 == 0

    def _look(
        self, visitor: Visitor, verb: str, route: str, group: list[Case], absent: dict[str, bytes], before: str
    ) -> None:
        """Ask for each of the group, and look afterwards whether anything was written. Then all of it is undone."""
        files = stored_files() if self.ledger else 0
        with undone():
            touched = touches() if self.ledger else 0
            for case in group:
                self._cell(visitor, verb, route, case, absent)
            changed = self.ledger is not None and touches() != touched and self.ledger.digest() != before
        if changed and (verb != "POST" or not may_write(route, self.person, group[0])):
            self.verdict.blame(self.person, verb, route, group[0], "something was written")
        if changed:
            self.verdict.written.add(route)
            self.verdict.deeds.add((route, group[0].family))
        if self.ledger and stored_files() != files:
            self.verdict.blame(self.person, verb, route, group[0], "a file was stored")

    def _cell(self, visitor: Visitor, verb: str, route: str, case: Case, absent: dict[str, bytes]) -> None:
        text = self._asked(visitor, verb, route, case)
        if case.thing == NOTHING:
            absent[case.family] = text
        elif not case.entitled and text != absent[case.family]:
            self._ask_again(visitor, verb, route, case)

    def _asked(self, visitor: Visitor, verb: str, route: str, case: Case) -> bytes:
        answer = visitor.ask(verb, case.address(route), case)
        body = body_of(answer)
        self.verdict.cells += 1
        self.verdict.statuses[(route, verb, answer.status_code)] += 1
        self._judge_text(verb, route, case, answer, body)
        return told(answer, body, case.asked)

    def _ask_again(self, visitor: Visitor, verb: str, route: str, case: Case) -> None:
        """Pages tell how long is left: only a difference that stays counts."""
        cases = TABLE[route](self.stage, self.person)
        nothing = next(one for one in cases if one.thing == NOTHING and one.family == case.family)
        for _ in range(3):
            absent, text = (self._asked(visitor, verb, route, one) for one in (nothing, case))
            if absent == text:
                return
        self.verdict.blame(self.person, verb, route, case, _difference(absent, text))

    def _judge_text(self, verb: str, route: str, case: Case, answer: Any, body: bytes) -> None:
        headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        cookies = answer.cookies.output()
        text = b"\n".join([headers.encode(), cookies.encode(), body])
        for stranger in self.stage.aviary.strangers(self.person, text, case.asked):
            self.verdict.blame(self.person, verb, route, case, f"{answer.status_code} tells {stranger}")
        self.verdict.seen |= self.stage.aviary.found(body)
        if answer.status_code >= 500:
            reason = getattr(answer, "exc_info", None)
            self.verdict.blame(self.person, verb, route, case, f"{answer.status_code} {reason and reason[1]!r}")
        if verb == "HEAD" and body:
            self.verdict.blame(self.person, verb, route, case, "HEAD has a body")


def _few(cases: list[Case]) -> list[Case]:
    """For verbs that no view answers: what is not there, one thing of one's own, and two of different strangers."""
    plain = [case for case in cases if not case.family]
    strangers = [case for case in plain if not case.entitled and case.thing != NOTHING]
    chosen = [case for case in plain if case.thing == NOTHING]
    chosen += [case for case in plain if case.entitled][:1] + strangers[:1] + strangers[-1:]
    return [case for n, case in enumerate(chosen) if case not in chosen[:n]]


def _difference(absent: bytes, text: bytes) -> str:
    """Where the answer for a stranger's thing departs from that for no thing at all."""
    at = next((n for n, (a, b) in enumerate(zip(absent, text, strict=False)) if a != b), min(len(absent), len(text)))
    before, after = absent[max(at - 60, 0) : at + 60], text[max(at - 60, 0) : at + 60]
    return f"differs from what is not there: {before!r} / {after!r}"
