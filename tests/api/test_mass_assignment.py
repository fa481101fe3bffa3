"""No write takes a field that it does not list: neither a column of any table nor what attackers like to try (G6)."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Membership
from api.acts import ACTS
from slas.models import Clock
from tests.api.programs import Program
from tests.api.test_tickets import act, filing, told, version_of
from tests.worlds import World, as_system
from tickets.models import Attachment, Comment, Event, Ticket

GENERIC = frozenset(
    {
        "id",
        "pk",
        "_id",
        "admin",
        "is_admin",
        "is_staff",
        "is_superuser",
        "role",
        "roles",
        "permissions",
        "scopes",
        "user",
    }
    | {"user_id", "owner", "tenant", "tenant_id", "organisation_id", "account", "password", "__proto__", "constructor"}
    | {"created_at", "deleted", "private", "internal", "public", "expected_version", "actor", "at", "contract_id"}
)
COLUMNS = frozenset(
    name
    for model in (Ticket, Comment, Event, Attachment, Clock, Membership)
    for column in model._meta.concrete_fields
    for name in (column.name, column.attname)
)
VALUES = ("closed", "00000000-0000-7000-8000-000000000000")


def _state(world: World) -> list[Any]:
    with as_system(world):
        return [list(model.objects.order_by("pk").values()) for model in (Ticket, Comment, Event, Attachment, Clock)]


def _taken(send: Callable[[dict[str, Any]], Any], body: dict[str, Any], known: set[str]) -> set[str]:
    """The names that a write did not refuse by name; sent by tens, because a refusal names as many."""
    names = sorted((GENERIC | COLUMNS) - known)
    taken: set[str] = set()
    for start in range(0, len(names), 10):
        few = names[start : start + 10]
        wrong = told(send(body | dict.fromkeys(few, VALUES[start // 10 % 2])), 400)["violations"]
        taken |= set(few) - {one["pointer"][1:] for one in wrong if one["code"] == "unknown"}
    return taken


def test_a_filing_takes_no_other_field(world: World, contact: Program):
    world.file()
    before, body = _state(world), filing(world)
    known = {*body, "severity_kind", "attachments"}
    taken = _taken(lambda sent: contact.ask("POST", "tickets", sent), body, known)
    assert (taken, _state(world)) == (set(), before)


def test_a_message_takes_no_other_field(world: World, engineer: Program):
    address = f"tickets/{world.file().reference}/comments"
    before, body = _state(world), {"body": "An answer."}
    known = {"body", "visibility", "attachments"}
    taken = _taken(lambda sent: engineer.ask("POST", address, sent), body, known)
    assert (taken, _state(world)) == (set(), before)


@pytest.mark.parametrize("name", [one.name for one in ACTS])
def test_an_act_takes_no_other_field(world: World, engineer: Program, name: str):
    ticket = world.file()
    chosen = next(one for one in ACTS if one.name == name)
    before, match = _state(world), version_of(engineer, ticket)
    known = set(chosen.body().fields)
    taken = _taken(lambda sent: act(engineer, ticket, name, sent, match=match), dict(chosen.example), known)
    assert (taken, _state(world)) == (set(), before)
