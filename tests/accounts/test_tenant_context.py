"""The context of row level security: only in a transaction, put back afterwards, gone with the transaction."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.errors import Forbidden, NotFound
from accounts.tenancy import Actor, acting_as, apply_settings, enter_context, personal_context, tenant_context
from lifecycle.services import reply, take_ticket
from tests.accounts.populated import FILED, Populated, populate
from tests.worlds import build_world
from tickets.models import Comment, Ticket

NAMES = ("app.provider_id", "app.customer_ids", "app.audience", "app.membership_id", "app.user_id")


def settings() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}', true)" for name in NAMES))
        return {name: value or "" for name, value in zip(NAMES, cursor.fetchone(), strict=True)}


def test_a_person_under_no_membership_is_nobody_of_a_tenant_and_the_former_context_comes_back(mega):
    contact, engineer = mega.people["contact"], mega.people["engineer"]
    with acting_as(contact):
        before = settings()
        with personal_context(engineer.user_id):
            assert settings() == dict.fromkeys(NAMES, "") | {"app.user_id": str(engineer.user_id)}
        assert settings() == before


def test_the_settings_say_who_acts(mega):
    contact, engineer = mega.people["contact"], mega.people["engineer"]
    with acting_as(contact):
        assert settings() == {
            "app.provider_id": str(contact.provider_id),
            "app.customer_ids": "{" + str(contact.customer_ids[0]) + "}",
            "app.audience": "external",
            "app.membership_id": str(contact.membership_id),
            "app.user_id": str(contact.user_id),
        }
    with acting_as(engineer):
        assert (settings()["app.customer_ids"], settings()["app.audience"]) == ("{}", "staff")
    with acting_as(mega.world.system):
        assert (settings()["app.audience"], settings()["app.membership_id"]) == ("staff", "")


def test_the_context_of_a_whole_transaction_goes_with_it(committed_db):
    world = build_world()
    with CaptureQueriesContext(connection) as asked, acting_as(world.staff["engineer"]):
        assert settings()["app.audience"] == "staff"
    assert sum("set_config" in one["sql"] for one in asked) == 1
    assert settings() == dict.fromkeys(NAMES, "")


def test_a_nested_context_puts_the_former_one_back(mega):
    with acting_as(mega.people["contact"]):
        before = settings()
        with tenant_context(mega.world.system):
            assert Comment.objects.filter(visibility="private").count() == 2
        assert settings() == before
        assert Comment.objects.filter(visibility="private").count() == 0
        with transaction.atomic(), tenant_context(mega.people["engineer"]):
            assert settings() != before
        assert settings() == before


@pytest.mark.parametrize("failure", [ValueError, DatabaseError])
def test_an_error_takes_the_inner_context_with_it(mega, failure):
    def fail() -> None:
        if failure is DatabaseError:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
        raise failure

    with acting_as(mega.people["contact"]):
        before = settings()
        with pytest.raises(failure), acting_as(mega.world.system):
            fail()
        assert settings() == before


def test_a_refused_act_leaves_the_context_of_its_caller(mega):
    contact = mega.people["contact"]
    with acting_as(contact):
        before = settings()
        for act, refusal, reference in (
            (take_ticket, Forbidden, mega.tickets[0].reference),
            (take_ticket, NotFound, mega.tickets[1].reference),
        ):
            with pytest.raises(refusal):
                act(actor=contact, at=FILED, reference=reference)
        reply(actor=contact, at=FILED, reference=mega.tickets[0].reference, body="thanks")
        assert settings() == before


def test_a_context_needs_a_transaction(committed_db):
    actor = Actor.system(populate("mega", "MEGA", "MEGA").world.provider.id)
    with pytest.raises(RuntimeError, match="transaction"):
        enter_context(actor)
    with pytest.raises(RuntimeError, match="transaction"):
        apply_settings({"app.audience": "staff"})
    assert set(settings().values()) == {""}


def _seen(populated: Populated, who: str) -> set:
    with acting_as(populated.people[who]):
        return set(Ticket.objects.values_list("pk", flat=True))


def test_a_connection_that_is_used_again_remembers_nobody(committed_db):
    mega, octipas = populate("mega", "MEGA", "MEGA"), populate("octipas", "Octipas", "OCTI")
    one, other = mega.tickets[0].pk, octipas.tickets[0].pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()
    for turn in range(300):
        assert _seen(mega, "contact") == {one}
        if turn % 3 == 0:
            with pytest.raises(ZeroDivisionError), acting_as(mega.people["engineer"]):
                raise ZeroDivisionError
        assert not Ticket.objects.exists(), "outside any context"
        assert _seen(octipas, "contact") == {other}
        assert set(settings().values()) == {""}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == backend
