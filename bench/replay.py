"""How long it takes to count a year of tickets again: `python bench/replay.py [--tickets 100000] [--database]`.

Histories are made up in memory, of the shapes that a helpdesk sees: most are answered and resolved, some wait for the
customer, change their severity or are reopened. With `--database` the journal of a made-up provider is also written to
a test database, which is thrown away afterwards, and read back: the figure then includes all reading.
"""

import argparse
import gc
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.harness.settings")
django.setup()


from django.db import connection, connections, transaction

from accounts.identifiers import uuid7
from accounts.tenancy import acting_as
from contracts.publishing import DATA
from contracts.selectors import terms_by_id
from contracts.terms import Terms, load_terms, parse_terms
from slas.engine.instants import to_seconds
from slas.histories import Happened
from slas.replay import Alternative, Case, Replay, compare, replay
from tests.harness.database import Cluster
from tests.worlds import World, build_world

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = 365 * 86_400
JUDGED_AT = datetime(2026, 2, 15, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--terms", default="octipas", help="code of the terms under which the tickets were filed")
    parser.add_argument("--folded", action="store_true", help="also fold each clock by itself, for comparison")
    parser.add_argument("--database", action="store_true", help="also write the histories to a database and read them")
    given = parser.parse_args()
    terms = load_terms(DATA / f"{given.terms}.yaml")
    with timed(f"making {given.tickets:,} histories"):
        cases = list(histories(terms, given.tickets))
    print(f"{sum(len(case.events) for case in cases):,} events, {len(terms.targets)} targets")
    gc.collect()
    for name, alternative in trials(terms).items():
        for in_bulk in (True, False) if given.folded else (True,):
            with timed(f"{name}, {'in bulk where it can' if in_bulk else 'each clock folded'}"):
                result = compare(cases, alternative, JUDGED_AT, in_bulk=in_bulk)
            tell(result)
    if given.database:
        with_database(cases, DATA / f"{given.terms}.yaml")


def trials(terms: Terms) -> dict[str, Alternative]:
    week = {"closures": [{"start": "2025-08-11", "end": "2025-08-15"}]}
    worst, next_one = (severity.code for severity in terms.severities[:2])
    return {
        "a draft with every figure halved": Alternative(terms=halved(terms)),
        "a week of closure": Alternative(calendars={terms.calendars[0].code: week}),
        "the worst severity as the next one": Alternative(severities={worst: next_one}),
    }


def tell(result: Replay) -> None:
    print(
        f"          {result.clocks:,} clocks, {result.in_bulk:,} countings in bulk, "
        f"{len(result.differences):,} differ, {result.changed_outcomes:,} in their outcome, {result.failed} failed"
    )


def with_database(cases: list[Case], document: Path) -> None:
    """Write the histories for a made-up provider, and let the product read them."""
    cluster = Cluster.acquire()
    clone = cluster.clone()
    try:
        login = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, **clone.settings("worker")}
        connections.settings["default"].update(login)
        del connections["default"]
        with transaction.atomic():
            world = build_world("bench", "Bench", "BENCH", customers=1, document=document)
            with timed("writing to the database"), acting_as(world.system):
                fill(world, cases)
            terms = terms_by_id(world.terms.id)
            for name, alternative in trials(terms).items():
                with timed(f"{name}, read from the database"), acting_as(world.system):
                    result = replay(
                        world.system,
                        first_day=date(2024, 12, 31),
                        last_day=date(2026, 1, 1),
                        at=JUDGED_AT,
                        alternative=alternative,
                    )
                tell(result)
            transaction.set_rollback(True)
    finally:
        connection.close()
        clone.drop()
        cluster.release()


def fill(world: World, cases: list[Case]) -> None:
    """Tickets and events, in statements of some thousand rows each."""
    with connection.cursor() as cursor:
        stream = iter(enumerate(cases))
        while chunk := list(islice(stream, 5_000)):
            keys = [uuid7() for _ in chunk]
            insert(
                cursor, "tickets_ticket", [ticket_row(world, key, one) for key, one in zip(keys, chunk, strict=True)]
            )
            insert(
                cursor,
                "tickets_event",
                [
                    event_row(world, key, number, event)
                    for key, (_, case) in zip(keys, chunk, strict=True)
                    for number, event in enumerate(case.events, 1)
                ],
            )


def insert(cursor: Any, table: str, rows: list[dict[str, Any]]) -> None:
    names = ", ".join(rows[0])
    text = f"INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s::json)"
    cursor.execute(text, [json.dumps(rows, default=str)])


def ticket_row(world: World, key: Any, numbered: tuple[int, Case]) -> dict[str, Any]:
    number, case = numbered
    contract, contact = world.customers[0].contract, world.customers[0].contact
    filed, last = case.events[0].at, case.events[-1].at
    return {
        "id": key, "provider_id": contract.provider_id, "customer_id": contract.customer_id,
        "contract_id": contract.id, "terms_id": contract.terms_id, "environment_id": None, "number": number + 1,
        "reference": case.reference, "state": "closed", "contract_state": "closed", "title": "A made-up ticket",
        "description": "", "details": {"environment_kind": "", "overrides": {}}, "severity": "", "severity_kind": "",
        "resolution_type": "correction", "author_id": contact.membership_id, "author_name": contact.name,
        "assignee_id": None, "assignee_name": "", "opened_at": filed, "updated_at": last, "public_updated_at": last,
        "resolved_at": last, "closed_at": last, "due_at": None, "version": len(case.events),
        "public_version": len(case.events), "workaround": "", "workaround_kind": "",
    }  # fmt: skip


def event_row(world: World, key: Any, number: int, event: Happened) -> dict[str, Any]:
    contract = world.customers[0].contract
    data = {**event.data, "title": "A made-up ticket"} if number == 1 else event.data
    return {
        "id": uuid7(), "provider_id": contract.provider_id, "customer_id": contract.customer_id, "ticket_id": key,
        "seq": number, "kind": event.kind, "visibility": "public", "at": event.at, "recorded_at": event.at,
        "actor_id": None, "actor_name": "Somebody", "actor_side": event.actor_side, "comment_id": None,
        "data": data, "dedupe_key": None,
    }  # fmt: skip


@contextmanager
def timed(what: str) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.process_time()
    yield
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{wall:7.2f} s ({processor:6.2f} s of this process)  {what}")


def halved(terms: Terms) -> Terms:
    document = terms.to_document()
    for target in document["targets"]:
        for figure in target["figures"]:
            if figure.get("amount"):
                figure["amount"] = max(figure["amount"] // 2, 1)
    return parse_terms(document | {"examples": []})


def histories(terms: Terms, number: int, seed: int = 7) -> Iterator[Case]:
    """Tickets of a year in the order of their filing; the same for the same seed."""
    chance = random.Random(seed)
    severities = [severity.code for severity in terms.severities]
    starts = sorted(chance.randrange(YEAR) for _ in range(number))
    for index, start in enumerate(starts):
        filed = FIRST + timedelta(seconds=start)
        events = tuple(_life(chance, filed, severities, terms.workflow.initial))
        yield Case(f"T-{index + 1}", "BENCH", terms, "", "", (), events)


def _life(chance: random.Random, filed: datetime, severities: list[str], initial: str) -> Iterator[Happened]:
    severity = chance.choice(severities)
    yield Happened("filed", to_seconds(filed), "customer", _severity(None, severity))
    now = filed + timedelta(seconds=chance.randrange(60, 2 * 86_400))
    yield Happened("taken", to_seconds(now), "provider", _move("new", "in_progress"))
    state = "in_progress"
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        now += timedelta(seconds=chance.randrange(60, 86_400))
        yield Happened("replied", to_seconds(now), "provider")
    if chance.random() < 0.1:
        now += timedelta(seconds=chance.randrange(60, 86_400))
        changed = chance.choice(severities)
        yield Happened("severity_changed", to_seconds(now), "provider", _severity(severity, changed))
        severity = changed
    if chance.random() < 0.25:
        now += timedelta(seconds=chance.randrange(60, 86_400))
        yield Happened("information_requested", to_seconds(now), "provider", _move(state, "waiting_customer"))
        now += timedelta(seconds=chance.randrange(600, 5 * 86_400))
        yield Happened("answered", to_seconds(now), "customer", _move("waiting_customer", state))
    now += timedelta(seconds=chance.randrange(60, 8 * 86_400))
    yield Happened("resolved", to_seconds(now), "provider", _move(state, "resolved"))
    if chance.random() < 0.05:
        now += timedelta(seconds=chance.randrange(600, 3 * 86_400))
        yield Happened("reopened", to_seconds(now), "customer", _move("resolved", state))
        now += timedelta(seconds=chance.randrange(600, 3 * 86_400))
        yield Happened("resolved", to_seconds(now), "provider", _move(state, "resolved"))
    now += timedelta(seconds=chance.randrange(600, 9 * 86_400))
    yield Happened("closed", to_seconds(now), "customer", _move("resolved", "closed"))


def _severity(old: str | None, new: str) -> str:
    return json.dumps({"severity": {"old": old, "new": new, "kind": ""}})


def _move(old: str, new: str) -> str:
    return json.dumps({"state": {"old": old, "new": new}})


if __name__ == "__main__":
    main()
