"""What row level security, keys and grants refuse to write, whatever the code above them does."""

from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, models, transaction

from accounts.identifiers import uuid7
from accounts.models import Membership
from accounts.tenancy import Actor, acting_as
from contracts.models import Contract
from notifications.models import Delivery, OutboxEntry
from slas.models import Clock, SweepFailure, TicketDuty
from tests.accounts.oracle import RULES, is_allowed, tenant_models
from tests.accounts.populated import FILED, Populated, populate
from tickets.models import Attachment, Comment, Event, Ticket

BY_LABEL = {model._meta.label: model for model in tenant_models()}
APPEND_ONLY = (
    "tickets.Event",
    "tickets.Comment",
    "contracts.TermsVersion",
    "contracts.ContractAmendment",
    "contracts.ContractChange",
    "contracts.EnvironmentRecord",
    "contracts.CalendarChange",
    "accounts.AuditEntry",
    "contracts.ContractCalendarChange",
)


def _refused(work: Any) -> str:
    """Run ``work``, which the database must refuse; its SQLSTATE."""
    with pytest.raises((ProgrammingError, IntegrityError)) as refusal, transaction.atomic():
        work()
    return str(refusal.value.__cause__.sqlstate)


def _rows(populated: Populated, model: type[models.Model]) -> list[Any]:
    with acting_as(populated.world.system):
        return list(model.objects.all())


def _copy(row: Any) -> Any:
    """A new row like ``row``."""
    copy = type(row)(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields})
    if row._meta.label != "accounts.TicketCounter":
        copy.pk = uuid7()
    return copy


WRITERS = ("contact", "partner", "engineer", "system")


def test_a_row_of_another_provider_cannot_be_inserted(mega, octipas):
    for label, model in BY_LABEL.items():
        foreign = _copy(_rows(octipas, model)[0])
        for who in WRITERS:
            with acting_as(mega.people[who]):
                assert _refused(lambda row=foreign: row.save(force_insert=True)) == "42501", (label, who)


def test_a_row_of_another_customer_cannot_be_inserted_by_a_contact(mega):
    contact = mega.people["contact"]
    for label, model in BY_LABEL.items():
        rule, column = RULES[label]
        if rule not in ("customer", "message"):
            continue
        foreign = _copy(_rows(mega, model)[0])
        if label != "accounts.Customer":
            setattr(foreign, column, mega.people["sibling"].customer_ids[0])
        with acting_as(contact):
            assert _refused(lambda row=foreign: row.save(force_insert=True)) == "42501", label


def test_a_private_message_cannot_be_inserted_by_a_contact(mega):
    private = _copy(next(row for row in _rows(mega, Comment) if row.visibility == "private"))
    private.customer_id, private.ticket_id = mega.tickets[0].customer_id, mega.tickets[0].id
    with acting_as(mega.people["contact"]):
        assert _refused(lambda: private.save(force_insert=True)) == "42501"


def test_a_row_of_another_provider_can_be_neither_changed_nor_removed(mega, octipas):
    for label, model in BY_LABEL.items():
        if label in APPEND_ONLY:
            continue
        keys = [row.pk for row in _rows(octipas, model)]
        field = RULES[label][1] if RULES[label][0] == "shared" else "provider_id"
        for who in WRITERS:
            with acting_as(mega.people[who]):
                theirs = model.objects.filter(pk__in=keys)
                assert theirs.update(**{field: mega.world.provider.id}) == 0, (label, who)
                assert theirs._raw_delete("default") == 0, (label, who)
        assert len(_rows(octipas, model)) == len(keys), label


def test_no_row_can_be_moved_to_another_provider(mega, octipas):
    tried = 0
    for (label, model), who in product(BY_LABEL.items(), WRITERS):
        actor = mega.people[who]
        mine = [row.pk for row in _rows(mega, model) if is_allowed(actor, row)]
        if not mine or label in APPEND_ONLY:
            continue
        move = {"id" if label == "accounts.Provider" else "provider_id": octipas.world.provider.id}
        with acting_as(actor):
            refused = _refused(lambda m=model, k=mine, v=move: m.objects.filter(pk__in=k).update(**v))
        assert refused == "42501", (label, who)
        tried += 1
    assert tried >= 40


def test_a_contact_cannot_hand_his_ticket_to_another_customer(mega):
    sibling = mega.people["sibling"].customer_ids[0]
    with acting_as(mega.people["contact"]):
        assert _refused(lambda: Ticket.objects.update(customer_id=sibling)) == "42501"


def test_a_persons_place_at_another_provider_can_be_read_but_not_changed(mega, octipas):
    mine, there = mega.people["contact"], octipas.people["contact"]
    doubled = Actor(mine.provider_id, mine.role, mine.membership_id, there.user_id, mine.customer_ids)
    with acting_as(doubled):
        theirs = Membership.objects.filter(pk=there.membership_id)
        assert theirs.count() == 1
        assert theirs.update(provider_id=mine.provider_id, customer_id=mine.customer_ids[0]) == 0
        assert theirs.update(role="administrator") == 0


# Keys -----------------------------------------------------------------------------------------------------------------
def _composite_keys() -> list[tuple[str, str, tuple[str, ...]]]:
    """(constraint, table, columns) of every foreign key that carries the tenant."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.conname, c.conrelid::regclass::text, array_agg(a.attname ORDER BY k.position)
               FROM pg_constraint c
               CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(number, position)
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
               WHERE c.contype = 'f' AND c.conname LIKE '%_same_tenant' GROUP BY 1, 2 ORDER BY 1"""
        )
        return [(name, table, tuple(columns)) for name, table, columns in cursor.fetchall()]


def test_every_key_inside_a_tenant_carries_the_tenant(db):
    keyed = {(table, column) for _, table, columns in _composite_keys() for column in columns}
    tenant = set(BY_LABEL.values())
    unkeyed = {
        f"{label}.{field.name}"
        for label, model in BY_LABEL.items()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model in tenant and field.related_model._meta.model_name != "provider"
        if (model._meta.db_table, field.column) not in keyed
    }
    assert unkeyed == set()


# Unique inside a parent whose random key nobody can guess; made different here so that only the key is asked.
UNIQUE_IN_PARENT = {
    "contracts.Environment": {"name": "Elsewhere"},
    "slas.Clock": {"target": "elsewhere"},
    "contracts.ContractAmendment": {"reference": "elsewhere"},
    "contracts.EnvironmentRecord": {"number": 999},
    "tickets.SavedView": {"name": "elsewhere"},
}


def _of_one_source(row: Any, column: str) -> dict[str, Any]:
    """A message tells of one thing: one that is to tell of a contract or of days gives up its event."""
    if not row._meta.label.startswith("notifications.") or not column.endswith("_change_id"):
        return {}
    given: dict[str, Any] = {"event_id": None, "ticket_id": None}
    has_customer = hasattr(row, "customer_id")
    if column == "contract_change_id":
        ours = Contract.objects.filter(customer_id=row.customer_id) if has_customer else Contract.objects.all()
        given["contract_id"] = ours[0].pk
    elif has_customer:
        given["customer_id"] = None
    return given


def _point_elsewhere(row: Any, column: str, value: UUID) -> None:
    """Write ``row`` with another parent: changed in place, or where history cannot change, as a new row."""
    if row._meta.label not in APPEND_ONLY:
        others = UNIQUE_IN_PARENT.get(row._meta.label, {}) | _of_one_source(row, column)
        type(row).objects.filter(pk=row.pk).update(**{column: value}, **others)
        return
    copy = _copy(row)
    setattr(copy, column, value)
    if isinstance(copy, Event):
        copy.seq, copy.dedupe_key = 999, None
    for name, other in UNIQUE_IN_PARENT.get(row._meta.label, {}).items():
        setattr(copy, name, other)
    copy.save(force_insert=True)


def _refusal_of_key(row: Any, column: str, value: UUID) -> tuple[str, str, str]:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        _point_elsewhere(row, column, value)
    told = refusal.value.__cause__.diag
    return told.sqlstate, told.constraint_name, told.message_primary


def test_a_foreign_key_answers_alike_for_foreign_and_nonexistent(mega, octipas):
    by_table = {model._meta.db_table: model for model in BY_LABEL.values()}
    keys = _composite_keys()
    assert len(keys) >= 20
    for name, table, columns in keys:
        model, column = by_table[table], columns[-1]
        own = next((row for row in _rows(mega, model) if getattr(row, column) is not None), _rows(mega, model)[0])
        parents = model._meta.get_field(column.removesuffix("_id")).related_model
        foreign = _rows(octipas, parents)[-1].pk
        with acting_as(mega.world.system):
            answers = {_refusal_of_key(own, column, value) for value in (foreign, uuid7())}
        # Where a row has children of its own, their keys may speak first; the answer is the same for both.
        assert len(answers) == 1, name
        assert next(iter(answers))[0] == "23503"


def test_a_message_of_another_ticket_can_be_neither_journaled_nor_given_a_file(mega):
    """Of the same customer: the key holds the ticket, too."""
    other = mega.world.file(FILED, of=0)
    ours = [row for row in _rows(mega, Comment) if row.ticket_id == mega.tickets[0].pk]
    assert ours
    with acting_as(mega.world.system):
        event = Event.objects.get(ticket=other)
        event.pk, event.seq, event.comment_id = uuid7(), 99, ours[0].pk
        assert _refused(lambda: event.save(force_insert=True)) == "23503"
        files = Attachment.objects.filter(comment__isnull=False)
        assert _refused(lambda: files.update(ticket_id=other.pk)) == "23503"
        unbound = Attachment.objects.filter(ticket__isnull=True)
        assert _refused(lambda: unbound.update(comment_id=ours[0].pk)) == "23514"


def test_what_is_told_of_an_event_names_the_ticket_of_that_event(mega):
    other = mega.world.file(FILED, of=0)
    with acting_as(mega.world.system):
        for model in (OutboxEntry, Delivery):
            rows = model.objects.filter(ticket=mega.tickets[0])
            assert rows.exists()
            assert _refused(lambda rows=rows: rows.update(ticket_id=other.pk)) == "23503"


def test_a_failure_of_the_sweep_goes_with_its_row_even_where_it_cannot_be_seen(mega):
    """A customer's act may take a target or a duty away; failures are for staff only."""
    with acting_as(mega.people["contact"]):
        assert not SweepFailure.objects.exists()
        for model in (Clock, TicketDuty):
            model.objects.filter(ticket=mega.tickets[0]).delete()
    with acting_as(mega.world.system):
        assert [(row.clock or row.duty).ticket_id for row in SweepFailure.objects.all()] == [mega.tickets[1].pk] * 2


# The journal ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("label", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {} SET provider_id = provider_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nobody_who_serves_may_rewrite_history(app_connection, worker_connection, label, act):
    for link in (app_connection, worker_connection):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute(act.format(BY_LABEL[label]._meta.db_table))
        link.rollback()


@pytest.mark.parametrize("label", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {} SET provider_id = provider_id", "DELETE FROM {}"])
def test_history_stays_even_where_a_grant_slipped_in(committed_db, label, act):
    mega = populate("mega", "MEGA", "MEGA")
    table = BY_LABEL[label]._meta.db_table
    with committed_db.cluster.admin(committed_db.name) as link, link.transaction(force_rollback=True):
        link.execute(f"GRANT UPDATE, DELETE ON {table} TO helpdesk_app")
        link.execute("SET LOCAL ROLE helpdesk_app")
        link.execute("SELECT set_config('app.provider_id', %s, true)", [str(mega.world.provider.id)])
        link.execute("SELECT set_config('app.audience', 'staff', true)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            link.execute(act.format(table))


def test_nobody_who_serves_may_truncate_anything(app_connection):
    rows = app_connection.execute(
        """SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
           AND (has_table_privilege('helpdesk_app', c.oid, 'TRUNCATE')
             OR has_table_privilege('helpdesk_worker', c.oid, 'TRUNCATE'))"""
    ).fetchall()
    assert rows == []


def test_a_migration_of_the_owner_reaches_every_providers_rows(committed_db, owner_connection):
    worlds = [populate("mega", "MEGA", "MEGA"), populate("octipas", "Octipas", "OCTI")]
    tickets = sum(len(world.tickets) for world in worlds)
    assert owner_connection.execute("UPDATE tickets_ticket SET title = 'backfilled'").rowcount == tickets == 4
    assert owner_connection.execute("UPDATE tickets_event SET data = '{}'").rowcount == 3 * tickets
    assert owner_connection.execute("DELETE FROM tickets_draft").rowcount == 2 * tickets


# Rights of the logins -------------------------------------------------------------------------------------------------
def test_the_app_cannot_become_anybody_else(app_connection):
    app_connection.execute("RESET ROLE")
    assert app_connection.execute("SELECT current_user, session_user").fetchone() == ("helpdesk_app", "helpdesk_app")
    for role in ("helpdesk_owner", "helpdesk_worker", "helpdesk_search", "helpdesk_backup", "postgres"):
        for statement in (f"SET ROLE {role}", f"SET SESSION AUTHORIZATION {role}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app_connection.execute(statement)
            app_connection.rollback()


def test_switching_row_security_off_is_an_error_and_not_a_way_round(app_connection):
    app_connection.execute("SET LOCAL row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        app_connection.execute("SELECT count(*) FROM tickets_ticket")


def test_policies_cannot_be_dropped_or_lifted_by_those_who_serve(app_connection, worker_connection):
    for link in (app_connection, worker_connection):
        for statement in (
            "ALTER TABLE tickets_ticket DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE tickets_ticket NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY tenant_read ON tickets_ticket",
            "CREATE POLICY all_of_it ON tickets_ticket USING (true)",
            "CREATE TABLE public.mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                link.execute(statement)
            link.rollback()


def test_questions_across_tenants_belong_to_one_login_each(owner_connection):
    rows = owner_connection.execute(
        """SELECT p.proname, pg_get_userbyid(p.proowner), p.proconfig, pg_get_function_result(p.oid),
                  has_function_privilege('helpdesk_worker', p.oid, 'EXECUTE'),
                  has_function_privilege('helpdesk_app', p.oid, 'EXECUTE'),
                  has_function_privilege('helpdesk_backup', p.oid, 'EXECUTE')
           FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1"""
    ).fetchall()
    ids, worker, app, both = "SETOF uuid", [True, False], [False, True], [True, True]
    own_places = "TABLE(membership_id uuid, provider_name character varying, customer_name character varying)"
    told = {
        "all_providers": (ids, worker),
        "api_token_user": (ids, app),
        "helpdesk_figures": ("TABLE(name text, value numeric)", both),
        "invitation_provider": (ids, app),
        "places_of_user": (own_places, app),
        "providers_with_due_clocks": (ids, worker),
        "providers_with_waiting_invitations": (ids, worker),
        "providers_with_waiting_messages": (ids, worker),
        "tickets_found": (ids, both),
    }
    assert [row[0] for row in rows] == sorted(told)
    for name, *found in rows:
        answer, logins = told[name]
        assert found == ["helpdesk_search", ["search_path=public, pg_temp"], answer, *logins, False], name


def test_the_search_role_cannot_sign_in_and_writes_nothing(owner_connection):
    row = owner_connection.execute(
        "SELECT rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'helpdesk_search'"
    ).fetchone()
    assert row == (False, False, False)
    written = owner_connection.execute(
        """SELECT table_name FROM information_schema.role_table_grants
           WHERE grantee = 'helpdesk_search' AND privilege_type <> 'SELECT'"""
    ).fetchall()
    assert written == []
