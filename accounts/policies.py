"""Row level security as migration operations: each tenant table says its scope once, in its migration.

Context comes from ``set_config(…, true)`` and is read through a scalar sub-select, so that PostgreSQL evaluates it once
per query and not once per row. An unset context reads as NULL, which matches nothing.
"""

from collections.abc import Sequence
from typing import Any

from django.db import migrations

OWNER, APP, WORKER, SEARCH = "helpdesk_owner", "helpdesk_app", "helpdesk_worker", "helpdesk_search"

_PROVIDER = "(SELECT nullif(current_setting('app.provider_id', true), '')::uuid)"
_MEMBERSHIP = "(SELECT nullif(current_setting('app.membership_id', true), '')::uuid)"
_USER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
_STAFF = "(SELECT coalesce(current_setting('app.audience', true), '') = 'staff')"
_OWN = {"user_id": _USER, "membership_id": _MEMBERSHIP}
_CUSTOMERS = "(SELECT nullif(current_setting('app.customer_ids', true), '')::uuid[])"


def _read_condition(
    provider: str,
    customer: str | None,
    visibility: str | None,
    staff_only: bool,
    recipient: str | None,
    own: str | None,
    unbound: tuple[str, str] | None,
    holder: str | None,
) -> str:
    terms = [f"{provider} = {_PROVIDER}"]
    if staff_only:
        terms.append(_STAFF)
    if holder:
        terms.append(f"({holder} IS NULL OR {holder} = {_MEMBERSHIP} OR ({_STAFF} AND {_MEMBERSHIP} IS NULL))")
    if recipient:
        terms.append(f"({recipient} = {_MEMBERSHIP} OR ({_STAFF} AND {_MEMBERSHIP} IS NULL))")
    if customer:
        terms.append(f"({_STAFF} OR {customer} = ANY ({_CUSTOMERS}::uuid[]))")
    if visibility:
        terms.append(f"({_STAFF} OR {visibility} = 'public')")
    if unbound:
        binding, holder = unbound
        terms.append(f"({binding} IS NOT NULL OR {holder} = {_MEMBERSHIP} OR ({_STAFF} AND {_MEMBERSHIP} IS NULL))")
    condition = " AND ".join(terms)
    return f"(({condition}) OR {own} = {_OWN[own]})" if own else f"({condition})"


def _write_condition(provider: str, customer: str | None, staff_only: bool) -> str:
    terms = [f"{provider} = {_PROVIDER}"]
    if staff_only:
        terms.append(_STAFF)
    if customer:
        terms.append(f"({_STAFF} OR {customer} = ANY ({_CUSTOMERS}::uuid[]))")
    return "(" + " AND ".join(terms) + ")"


def protect(
    table: str,
    *,
    provider: str = "provider_id",
    customer: str | None = "customer_id",
    visibility: str | None = None,
    staff_only: bool = False,
    recipient: str | None = None,
    own: str | None = None,
    unbound: tuple[str, str] | None = None,
    holder: str | None = None,
    write_unread: bool = False,
) -> migrations.RunSQL:
    """Row level security with FORCE on ``table``.

    ``write_unread``: an actor may insert rows of his tenant that he may not read back (private events, the outbox).
    ``unbound``: ``(binding column, holder column)``: while the first is NULL the row is its holder's alone (uploads).
    ``holder``: a row that names a membership there is for it alone, and cannot be handed to another one; one that names
    none is shared.
    ``own``: a person may read, not write, the rows that name him (``user_id`` or ``membership_id``) before he has a
    tenant.
    """
    read = _read_condition(provider, customer, visibility, staff_only, recipient, own, unbound, holder)
    write = _write_condition(provider, customer, staff_only and not write_unread)
    check = write if write_unread else f"({read} AND {write})"
    kept = check if holder else write
    actors = f"{APP}, {WORKER}"
    forward: list[Any] = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant_read ON {table} FOR SELECT TO {actors} USING {read}",
        f"CREATE POLICY tenant_insert ON {table} FOR INSERT TO {actors} WITH CHECK {check}",
        f"CREATE POLICY tenant_update ON {table} FOR UPDATE TO {actors} USING ({read} AND {write}) WITH CHECK {kept}",
        f"CREATE POLICY tenant_delete ON {table} FOR DELETE TO {actors} USING ({read} AND {write})",
        f"CREATE POLICY owner_all ON {table} TO {OWNER} USING (true) WITH CHECK (true)",
        f"CREATE POLICY search_read ON {table} FOR SELECT TO {SEARCH} USING (true)",
    ]
    names = ("tenant_read", "tenant_insert", "tenant_update", "tenant_delete", "owner_all", "search_read")
    backward: list[Any] = [f"DROP POLICY IF EXISTS {name} ON {table}" for name in names]
    backward.append(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    backward.append(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    return migrations.RunSQL(forward, backward)


def same_tenant(
    table: str, columns: Sequence[str], parent: str, parent_columns: Sequence[str], *, cascade: bool = False
) -> migrations.RunSQL:
    """A composite foreign key: foreign-key checks bypass row level security, so the tenant is part of the key.

    ``cascade``: the row goes with its parent, also where whoever removes the parent may not see the row.
    """
    name = f"{table}_{columns[-1]}_same_tenant"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({', '.join(columns)}) "
        f"REFERENCES {parent} ({', '.join(parent_columns)}){' ON DELETE CASCADE' if cascade else ''}",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def append_only(table: str) -> migrations.RunSQL:
    """Nobody but the owner (retention, migrations) may change or remove a row: by grant and by trigger."""
    function = f"{table}_is_append_only"
    return migrations.RunSQL(
        [
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP}, {WORKER}",
            f"""CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF current_user <> '{OWNER}' THEN
                RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'insufficient_privilege';
              END IF;
              RETURN coalesce(NEW, OLD);
            END $$""",
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
        ],
        [
            f"DROP TRIGGER append_only ON {table}",
            f"DROP FUNCTION {function}()",
            f"GRANT UPDATE, DELETE ON {table} TO {APP}, {WORKER}",
        ],
    )


def cross_tenant_function(signature: str, query: str, *, login: str = WORKER) -> migrations.RunSQL:
    """A function returning ids across tenants, for one login only: the worker's, unless told otherwise.

    It runs as the search role, which holds read policies and nothing else, and returns ids only; the rows themselves
    are then read under that provider's own context.
    """
    return migrations.RunSQL(
        [
            f"""CREATE FUNCTION {signature} RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
            SET search_path = public, pg_temp AS $${query}$$""",
            f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {signature} TO {login}",
            f"ALTER FUNCTION {signature} OWNER TO {SEARCH}",
        ],
        [f"DROP FUNCTION {signature}"],
    )
