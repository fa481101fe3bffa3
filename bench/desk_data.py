"""The data that ``bench/desk.py`` measures on: three providers whose tickets have a journal, clocks and an outbox.

A few dozen tickets are played through the product's own services. The rest are copies of those, made by what PostgreSQL
itself writes for them (``COPY … TO STDOUT``) with other keys, people, titles and instants: whatever columns and tables
an act fills, a copy has them too. Copies are moved by whole weeks of local time and up to two hours, so that office
hours stay office hours; around public holidays a copied deadline may be off by a day, which no measure notices.

A program of its own, started by desk.py under the worker's login: ``desk_data.py TICKETS NOTE``.
"""

import argparse
import json
import os
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import django
import psycopg
from psycopg import sql

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()


from accounts import actors, services
from accounts.errors import Refused
from accounts.models import Provider
from accounts.roles import Role
from accounts.tenancy import Actor, acting_as
from contracts.models import Contract, TermsVersion
from contracts.publishing import DATA, publish_terms
from contracts.selectors import terms_of
from contracts.services import add_environment, name_contact, sign_contract
from lifecycle import services as acts
from tickets import selectors
from tickets.models import Ticket

PARIS = ZoneInfo("Europe/Paris")
YEARS = 3
WEEKS = 52 * YEARS
OPEN_SHARE, RESOLVED_SHARE = 0.08, 0.04
TICKETS_PER_CUSTOMER = 400
JITTER_SECONDS = 7_200
BLOCK = 2_000
RECENT = 800
"""Tickets that visitors open in turn."""
RARE, FREQUENT = "zanzibar", "import"
"""A word in one title of some thousands, and one in every fifth."""
RARE_EVERY = 3_000
SUBJECTS = (
    "Report", "Diagram", "Import", "Export", "Dashboard", "Workflow", "Password", "Library", "Assessment", "Connector",
    "Search", "Matrix", "Calendar", "Attachment", "Audit",
)  # fmt: skip
TROUBLES = (
    "stays empty", "is slow since the update", "ends with an error", "shows yesterday's figures", "cannot be opened",
    "loses its colours", "asks for rights twice", "prints on the wrong page", "forgets the filter",
)  # fmt: skip
PLACES = (
    "in Lyon",
    "for the risk team",
    "of the finance model",
    "on the test platform",
    "after import",
    "at month end",
)
TICKETS = "tickets_ticket"
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?\+00(?::00)?")


@dataclass
class Customer:
    """Whose tickets they are, and who writes them."""

    id: str
    contract: str
    contract_reference: str
    environment: str
    contact: Actor
    colleague: Actor


@dataclass
class Desk:
    """A provider with its staff and customers."""

    provider: Provider
    share: float
    staff: list[Actor]
    customers: list[Customer]
    manager: Actor
    last_number: int = 0


@dataclass(frozen=True)
class Kind:
    """A sort of ticket: what is done with it, how long after its filing, in minutes of the clock on the wall."""

    name: str
    steps: tuple[tuple[int, str], ...]
    phase: str
    filed_before: timedelta
    weight: int = 1


FINISHED = (
    Kind("answered and closed", ((50, "resolve"), (400, "close")), "closed", timedelta(days=14), 6),
    Kind("closed next day", ((1_500, "resolve"), (1_700, "close")), "closed", timedelta(days=14), 4),
    Kind("told and solved", ((35, "reply"), (1_450, "resolve")), "resolved", timedelta(days=14), 1),
)
PENDING = (
    Kind("nobody has it", ((2, "comment"), (3, "note")), "open", timedelta(minutes=15), 3),
    Kind("taken", ((4, "take"), (6, "note")), "open", timedelta(hours=3), 3),
    Kind("in progress", ((5, "take"), (20, "reply")), "open", timedelta(days=1), 5),
    Kind("asked", ((5, "take"), (25, "ask")), "open", timedelta(days=4), 4),
    Kind("left lying", ((10, "comment"), (15, "note")), "open", timedelta(days=6), 6),
    Kind("taken and left lying", ((10, "take"), (15, "note")), "open", timedelta(days=9), 6),
)


@dataclass
class Pattern:
    """The rows of one played ticket as text, cut at what differs from copy to copy."""

    kind: Kind
    opened: datetime
    pieces: dict[str, list[Any]] = field(default_factory=dict)
    keys: int = 0


def say(text: str) -> None:
    """A line of progress."""
    print(f"    {text}", flush=True)


# Those who are there -------------------------------------------------------------------------------------------------
def desks(tickets: int, now: datetime) -> list[Desk]:
    """Three providers of unlike size, on two contracts' terms."""
    since = now - timedelta(weeks=WEEKS + 8)
    given = (
        ("mega", "MEGA", "MEGA", "hopex-saas.yaml", 0.6),
        ("northwind", "Northwind", "NORTH", "hopex-saas.yaml", 0.25),
        ("chapsvision", "ChapsVision", "CHAPS", "octipas.yaml", 0.15),
    )
    return [
        _desk(slug, name, prefix, DATA / terms, share, tickets, since) for slug, name, prefix, terms, share in given
    ]


def _desk(slug: str, name: str, prefix: str, path: Path, share: float, tickets: int, since: datetime) -> Desk:
    terms, _ = publish_terms(path, at=since, provider=(slug, name, prefix))
    with acting_as(Actor.system(terms.provider_id)):
        provider = Provider.objects.get(pk=terms.provider_id)
        roles = [Role.ENGINEER_N1] * 6 + [Role.ENGINEER_N2] * 4
        staff = [_person(provider, f"engineer{n}", role, since) for n, role in enumerate(roles)]
        manager = _person(provider, "manager", Role.SUPPORT_MANAGER, since)
        number = max(4, round(share * tickets / TICKETS_PER_CUSTOMER))
        customers = [_customer(provider, terms, n, since) for n in range(number)]
    return Desk(provider, share, staff, customers, manager)


def _person(provider: Provider, name: str, role: Role, at: datetime, customer: Any = None) -> Actor:
    """No password: who signs in for a measure is let in by a session of its own."""
    address = f"{name}@{provider.slug}.example"
    user = services.ensure_user(email=address, password=None, language="en", time_zone="Europe/Paris", at=at)
    member = services.add_membership(
        provider_id=provider.id,
        user=user,
        role=role,
        display_name=f"{name.title()} of {provider.name}",
        customer_id=customer.id if customer else None,
        at=at,
    )
    return actors.actor_of(member, user)


def _customer(provider: Provider, terms: TermsVersion, number: int, at: datetime) -> Customer:
    customer = services.create_customer(provider_id=provider.id, name=f"Customer {number:04d}", at=at)
    contract = sign_contract(
        provider_id=provider.id,
        customer_id=customer.id,
        terms=terms,
        reference=f"{provider.ticket_prefix}-C{number:04d}",
        starts_on=at.date(),
        ends_on=None,
        package="standard",
        signed_by=provider.name,
        at=at,
    )
    platform = add_environment(contract=contract, kind="production", name="Production", release="1")
    people = [_person(provider, f"{name}{number}", Role.CONTACT, at, customer) for name in ("contact", "colleague")]
    for person in people:
        name_contact(contract=contract, membership_id=person.person, named_on=at.date(), trained_on=at.date())
    return Customer(str(customer.id), str(contract.id), contract.reference, str(platform.id), *people)


# What is played ------------------------------------------------------------------------------------------------------
def played(desk: Desk, now: datetime) -> list[tuple[Kind, Ticket]]:
    """One ticket of every kind and severity, through the services."""
    made = []
    with acting_as(Actor.system(desk.provider.id)):
        terms = terms_of(Contract.objects.get(pk=desk.customers[0].contract))
    for kind in (*FINISHED, *PENDING):
        for severity in terms.severities:
            made.append((kind, _play(desk, kind, severity.code, terms, now)))
    return made


def _play(desk: Desk, kind: Kind, severity: str, terms: Any, now: datetime) -> Ticket:
    home = desk.customers[0]
    at = _filed_at(kind, now)
    with acting_as(home.contact):
        ticket = acts.file_ticket(**_filing(home, terms, severity), actor=home.contact, at=at)
    for minutes, act in kind.steps:
        moment = at + timedelta(minutes=minutes)
        _do(act, desk, ticket.reference, moment, terms)
    with acting_as(Actor.system(desk.provider.id)):
        return Ticket.objects.get(pk=ticket.pk)


def _do(act: str, desk: Desk, reference: str, at: datetime, terms: Any) -> None:
    """An act; where the contract wants a ticket taken before it is solved, that too."""
    try:
        _ACTS[act](desk, reference, at, terms)
    except Refused:
        _ACTS["take"](desk, reference, at, terms)
        _ACTS[act](desk, reference, at, terms)


def _filed_at(kind: Kind, now: datetime) -> datetime:
    """Finished ones on a Tuesday at half past ten; the others as long ago as their kind says."""
    if kind.phase == "open":
        return now - kind.filed_before
    day = (now - kind.filed_before).astimezone(PARIS)
    tuesday = day - timedelta(days=(day.weekday() - 1) % 7)
    return tuesday.replace(hour=10, minute=30, second=0)


def _filing(home: Customer, terms: Any, severity: str) -> dict[str, Any]:
    asked = [one for one in terms.filing if not one.severities or severity in one.severities]
    return {
        "contract_id": UUID(home.contract),
        "environment_id": UUID(home.environment),
        "title": "A title of its own",
        "description": "Since this morning it does so for everybody, on every workstation.\n\n" * 6,
        "severity": severity,
        "severity_kind": next(
            (kind.code for one in terms.severities if one.code == severity for kind in one.kinds), ""
        ),
        "details": {one.code: one.choices[0].code if one.choices else "As it is described above." for one in asked},
    }


def _acting(
    person: Callable[[Desk], Actor], act: Callable[..., Any], *, is_edit: bool = False, **given: Any
) -> Callable[..., None]:
    def done(desk: Desk, reference: str, at: datetime, terms: Any) -> None:
        actor = person(desk)
        told = {name: value(terms) if callable(value) else value for name, value in given.items()}
        with acting_as(actor):
            if is_edit:
                told["expected_version"] = acts.version_for(actor, selectors.ticket(actor, reference))
            act(actor=actor, at=at, reference=reference, **told)

    return done


def _engineer(desk: Desk) -> Actor:
    return desk.staff[0]


def _contact(desk: Desk) -> Actor:
    return desk.customers[0].contact


BODY = "We looked at it together and this is what we found, step by step, on the platform that you named."
_ACTS: Mapping[str, Callable[..., None]] = {
    "take": _acting(_engineer, acts.take_ticket),
    "reply": _acting(_engineer, acts.reply, body=BODY),
    "note": _acting(_engineer, acts.add_note, body=BODY),
    "ask": _acting(_engineer, acts.request_information, body=BODY),
    "comment": _acting(_contact, acts.reply, body=BODY),
    "resolve": _acting(
        _engineer,
        acts.resolve_ticket,
        is_edit=True,
        body=BODY,
        resolution_type=lambda terms: terms.resolution_types[0].code,
    ),
    "close": _acting(_contact, acts.close_ticket, is_edit=True),
}


# How a copy is made --------------------------------------------------------------------------------------------------
def tables_of_tickets(link: psycopg.Connection) -> dict[str, str]:
    """Every table that keeps something of a ticket → the column that names it, the tickets themselves first."""
    rows = link.execute(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'ticket_id' ORDER BY table_name"
    )
    return {TICKETS: "id"} | {str(name): "ticket_id" for (name,) in rows}


def pattern_of(link: psycopg.Connection, tables: Mapping[str, str], desk: Desk, kind: Kind, ticket: Ticket) -> Pattern:
    """The played ticket as text with holes: a string, an instant, or the number of a key or a word."""
    found = Pattern(kind, ticket.opened_at)
    texts = {table: _copied_out(link, table, column, ticket.pk) for table, column in tables.items()}
    own = {row.split("\t", 1)[0]: None for text in texts.values() for row in text.splitlines()}
    holes = {key: number for number, key in enumerate(own)}
    found.keys = len(holes)
    home = desk.customers[0]
    words = {
        home.id: "customer",
        home.contract: "contract",
        home.environment: "environment",
        str(home.contact.membership_id): "contact",
        home.contact.name: "contact_name",
        str(desk.staff[0].membership_id): "engineer",
        desk.staff[0].name: "engineer_name",
        ticket.title: "title",
        ticket.reference: "reference",
    }
    cut = re.compile("|".join([INSTANT.pattern, *(re.escape(one) for one in [*holes, *words])]))
    for table, text in texts.items():
        if table == TICKETS:
            text = _with_number_hole(link, text)
        found.pieces[table] = list(_cut(text, cut, holes, words))
    return found


def _copied_out(link: psycopg.Connection, table: str, column: str, key: UUID) -> str:
    query = sql.SQL("COPY (SELECT * FROM {} WHERE {} = {} ORDER BY 1) TO STDOUT").format(
        sql.Identifier(table), sql.Identifier(column), sql.Literal(str(key))
    )
    with link.cursor().copy(query) as rows:
        return b"".join(bytes(part) for part in rows).decode()


def _with_number_hole(link: psycopg.Connection, text: str) -> str:
    """The number of a ticket is a column of its own, too short to be looked for by its digits."""
    columns = link.execute("SELECT * FROM tickets_ticket LIMIT 0").description or ()
    place = [column.name for column in columns].index("number")
    cells = text.rstrip("\n").split("\t")
    cells[place] = "\x00"
    return "\t".join(cells) + "\n"


def _cut(text: str, cut: re.Pattern[str], holes: Mapping[str, int], words: Mapping[str, str]) -> Iterator[Any]:
    end = 0
    for match in re.finditer(f"{cut.pattern}|\x00", text):
        if match.start() > end:
            yield text[end : match.start()]
        end = match.end()
        told = match.group()
        if told == "\x00":
            yield ("number",)
        elif told in holes:
            yield holes[told]
        elif told in words:
            yield (words[told],)
        else:
            yield datetime.fromisoformat(told if told.endswith(":00") else f"{told}:00")
    yield text[end:]


def moved(piece: Any, weeks: int) -> Any:
    """An instant so many weeks earlier on the clocks of Paris, in seconds since 1970; anything else as it is."""
    if not isinstance(piece, datetime):
        return piece
    local = piece.astimezone(PARIS)
    return (local - timedelta(weeks=weeks)).timestamp()


class Copies:
    """Makes the copies of one provider in the order of their filing, and says how they are spread over time."""

    def __init__(self, desk: Desk, patterns: Sequence[Pattern], number: int, chance: random.Random) -> None:
        self.desk, self.chance, self.last_number = desk, chance, desk.last_number
        finished = [one for one in patterns if one.kind.phase == "closed"]
        resolved = [one for one in patterns if one.kind.phase == "resolved"]
        pending = [one for one in patterns if one.kind.phase == "open"]
        plan = [(one, chance.randrange(0, WEEKS)) for one in self._chosen(finished, number)]
        for place, _ in enumerate(plan):
            if place < number * RESOLVED_SHARE:
                plan[place] = (chance.choice(resolved), chance.randrange(0, 8))
            elif place < number * (RESOLVED_SHARE + OPEN_SHARE):
                plan[place] = (chance.choices(pending, [one.kind.weight for one in pending])[0], 0)
        # Those filed first come first, as they did: keys, numbers and places on the disk follow time.
        plan.sort(key=lambda one: one[0].opened - timedelta(weeks=one[1], seconds=chance.randrange(JITTER_SECONDS)))
        self.plan = plan
        self._moved: dict[tuple[int, int], dict[str, list[Any]]] = {}

    def _chosen(self, patterns: Sequence[Pattern], number: int) -> list[Pattern]:
        return self.chance.choices(patterns, [one.kind.weight for one in patterns], k=number)

    def blocks(self, size: int = BLOCK) -> Iterator[dict[str, str]]:
        """The rows of some tickets at a time, by table."""
        for start in range(0, len(self.plan), size):
            made: dict[str, list[str]] = defaultdict(list)
            for pattern, weeks in self.plan[start : start + size]:
                for table, text in self._copy(pattern, weeks).items():
                    made[table].append(text)
            yield {table: "".join(rows) for table, rows in made.items()}

    def _copy(self, pattern: Pattern, weeks: int) -> dict[str, str]:
        place = (id(pattern), weeks)
        if place not in self._moved:
            self._moved[place] = {
                table: [moved(one, weeks) for one in pieces] for table, pieces in pattern.pieces.items()
            }
        earlier = self.chance.randrange(JITTER_SECONDS)
        filed = pattern.opened - timedelta(weeks=weeks, seconds=earlier)
        keys = _keys(filed, pattern.keys, self.chance)
        words = self._words()
        return {
            table: "".join(_filled(piece, keys, words, earlier) for piece in pieces)
            for table, pieces in self._moved[place].items()
        }

    def _words(self) -> dict[str, str]:
        self.last_number += 1
        home, engineer = self.chance.choice(self.desk.customers), self.chance.choice(self.desk.staff)
        contact = self.chance.choice((home.contact, home.colleague))
        return {
            "customer": home.id,
            "contract": home.contract,
            "environment": home.environment,
            "contact": str(contact.membership_id),
            "contact_name": contact.name,
            "engineer": str(engineer.membership_id),
            "engineer_name": engineer.name,
            "title": self._title(),
            "number": str(self.last_number),
            "reference": f"{self.desk.provider.ticket_prefix}-{self.last_number}",
        }

    def _title(self) -> str:
        chance = self.chance
        words = f"{chance.choice(SUBJECTS)} {chance.randrange(100, 1_000)} {chance.choice(TROUBLES)}"
        title = f"{words} {chance.choice(PLACES)}"
        return f"{title} {RARE}" if self.last_number % RARE_EVERY == 7 else title


def _filled(piece: Any, keys: Sequence[str], words: Mapping[str, str], earlier: int) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, tuple):
        return words[piece[0]]
    if isinstance(piece, float):
        # The form that JSON keeps; a column takes it too.
        return datetime.fromtimestamp(int(piece) - earlier, UTC).isoformat()
    return keys[piece]


def _keys(at: datetime, number: int, chance: random.Random) -> list[str]:
    """Keys as the product makes them: the instant first, so that later ones sort later."""
    told = f"{int(at.timestamp() * 1000):012x}"
    return [
        f"{told[:8]}-{told[8:]}-7{n:03x}-{0x8000 | chance.getrandbits(14):04x}-{chance.getrandbits(48):012x}"
        for n in range(number)
    ]


# Writing it all ------------------------------------------------------------------------------------------------------
def fill(admin_url: str, found: Sequence[Desk], tickets: int, now: datetime) -> None:
    """Play, then copy until there are so many tickets; then statistics, as a server makes them by itself."""
    chance = random.Random(20260504)
    with psycopg.connect(admin_url, autocommit=True) as link:
        # Keys are right by the way they are made; checking each again would take most of the time.
        link.execute("SET session_replication_role = replica")
        tables = tables_of_tickets(link)
        began, done = time.monotonic(), 0
        for desk in found:
            own = played(desk, now)
            patterns = [pattern_of(link, tables, desk, kind, ticket) for kind, ticket in own]
            desk.last_number = max(ticket.number for _, ticket in own)
            copies = Copies(desk, patterns, max(0, round(desk.share * tickets) - len(own)), chance)
            link.execute("UPDATE notifications_outboxentry SET routed_at = created_at")
            for block in copies.blocks():
                _copy_in(link, block)
                done += block[TICKETS].count("\n")
                _tell(done, tickets, began)
            desk.last_number = copies.last_number
            link.execute(
                "UPDATE accounts_ticketcounter SET last_number = %s WHERE provider_id = %s",
                [copies.last_number, desk.provider.id],
            )
        link.execute("UPDATE notifications_outboxentry SET routed_at = created_at WHERE routed_at IS NULL")
        say("VACUUM ANALYZE")
        link.execute("VACUUM ANALYZE")


def _tell(done: int, tickets: int, began: float) -> None:
    if done % 20_000 < BLOCK:
        say(f"{done:,} of {tickets:,} tickets, {time.monotonic() - began:.0f} s")


def _copy_in(link: psycopg.Connection, block: Mapping[str, str]) -> None:
    with link.transaction():
        for table, text in block.items():
            with link.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                copy.write(text)


def note_of(found: Sequence[Desk]) -> dict[str, Any]:
    """Whom the measures may act as, and what they may ask for."""
    home = found[0]
    with acting_as(Actor.system(home.provider.id)):
        own = Ticket.objects.count()
        reference = (
            Ticket.objects.filter(state="in_progress").order_by("-number").values_list("reference", flat=True)[0]
        )
    return {
        "engineers": [str(one.user_id) for one in home.staff],
        "contacts": [
            {
                "user": str(one.contact.user_id),
                "contract": one.contract,
                "contract_reference": one.contract_reference,
                "environment": one.environment,
            }
            for one in home.customers
        ],
        "customers": [one.id for one in home.customers],
        "provider": str(home.provider.id),
        "reference": reference,
        "number": home.last_number - own // 10,
        "recent": min(RECENT, own // 2),
        "prefix": home.provider.ticket_prefix,
        "rare": RARE,
        "frequent": FREQUENT,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tickets", type=int)
    parser.add_argument("note", type=Path)
    options = parser.parse_args()
    now = datetime.now(UTC).replace(microsecond=0)
    found = desks(options.tickets, now)
    say(f"{sum(len(desk.customers) for desk in found)} customers of {len(found)} providers")
    fill(os.environ["BENCH_ADMIN_URL"], found, options.tickets, now)
    options.note.write_text(json.dumps(note_of(found)))


if __name__ == "__main__":
    main()
