"""Roles and rights on a server of this module's own, since roles belong to a whole server."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from helpdesk import provisioning
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.environment import BASE_DIR

PASSWORDS = {login: f"secret of {login}" for login in provisioning.LOGINS}
ROLES = """
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit
FROM pg_roles WHERE rolname LIKE 'helpdesk_%' ORDER BY rolname
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    home = tmp_path_factory.mktemp("provisioning")
    started = PostgresServer(home / "postgres", "root", home / "postgres.log", durable=False)
    started.start()
    provisioning.provision(started.url(), "product", PASSWORDS)
    yield started
    started.stop()


def connect(server: PostgresServer, login: str) -> psycopg.Connection:
    """A connection to the product's database under a login."""
    return psycopg.connect(server.url(login, PASSWORDS[login], "product"), autocommit=True)


def admin(server: PostgresServer, database: str = "product") -> psycopg.Connection:
    """A connection as superuser."""
    return psycopg.connect(server.url(database=database), autocommit=True)


def test_roles_have_the_rights_they_need_and_no_other(server: PostgresServer) -> None:
    with admin(server) as connection:
        rows = connection.execute(ROLES).fetchall()
    #   name, login, superuser, bypasses row level security, makes roles, makes databases, inherits
    assert rows == [
        ("helpdesk_app", True, False, False, False, False, True),
        ("helpdesk_backup", True, False, True, False, False, True),
        ("helpdesk_owner", True, False, False, False, False, False),
        ("helpdesk_search", False, False, False, False, False, True),
        ("helpdesk_worker", True, False, False, False, False, True),
    ]


def test_repeating_it_changes_nothing(server: PostgresServer) -> None:
    state = "SELECT (SELECT array_agg(rolname ORDER BY 1) FROM pg_roles), (SELECT array_agg(extname ORDER BY 1) FROM pg_extension), (SELECT count(*) FROM pg_default_acl)"  # noqa: E501
    with admin(server) as connection:
        before = connection.execute(state).fetchone()
        report = provisioning.provision(server.url(), "product", PASSWORDS)
        assert connection.execute(state).fetchone() == before
    assert "role helpdesk_app: kept" in report.lines
    assert "database product: kept" in report.lines


def test_extensions_are_there(server: PostgresServer) -> None:
    with connect(server, provisioning.APP) as connection:
        row = connection.execute(
            "SELECT similarity('ticket', 'tickets') > 0.5, unaccent('Été'), 'A'::citext = 'a'"
        ).fetchone()
    assert row == (True, "Ete", True)


def test_only_the_owner_changes_the_schema(server: PostgresServer) -> None:
    for login in (provisioning.APP, provisioning.WORKER, provisioning.BACKUP):
        with (
            connect(server, login) as connection,
            pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)),
        ):
            connection.execute("CREATE TABLE intruder (id int)")


@pytest.fixture
def table(server: PostgresServer) -> Iterator[str]:
    with connect(server, provisioning.OWNER) as owner:
        owner.execute("CREATE TABLE room (id int)")
        owner.execute("INSERT INTO room VALUES (1)")
        owner.execute("ALTER TABLE room ENABLE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE room FORCE ROW LEVEL SECURITY")
        yield "room"
        owner.execute("DROP TABLE room")


def test_rights_on_a_new_table_come_by_themselves(server: PostgresServer, table: str) -> None:
    rights = "SELECT string_agg(p, ' ' ORDER BY p) FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE']) p WHERE has_table_privilege(%s, %s, p)"  # noqa: E501
    with admin(server) as connection:
        seen = {role: connection.execute(rights, [role, table]).fetchone() for role in provisioning._ATTRIBUTES}
    assert seen == {
        provisioning.OWNER: ("DELETE INSERT SELECT TRUNCATE UPDATE",),
        provisioning.APP: ("DELETE INSERT SELECT UPDATE",),
        provisioning.WORKER: ("DELETE INSERT SELECT UPDATE",),
        provisioning.SEARCH: ("SELECT",),
        provisioning.BACKUP: ("SELECT",),
    }


def test_forced_policy_binds_everybody_but_the_backup(server: PostgresServer, table: str) -> None:
    count = f"SELECT count(*) FROM {table}"
    for login in (provisioning.OWNER, provisioning.APP, provisioning.WORKER):
        with connect(server, login) as connection:
            assert connection.execute(count).fetchone() == (0,)
    with connect(server, provisioning.BACKUP) as connection:
        assert connection.execute(count).fetchone() == (1,)
        with pytest.raises((errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)):
            connection.execute(f"DELETE FROM {table}")


def test_owner_hands_a_function_to_the_search_role_without_reading_as_it(server: PostgresServer, table: str) -> None:
    with connect(server, provisioning.OWNER) as owner:
        owner.execute(f"CREATE POLICY search ON {table} FOR SELECT TO helpdesk_search USING (true)")
        owner.execute(
            "CREATE FUNCTION found() RETURNS SETOF int LANGUAGE sql SECURITY DEFINER "
            f"AS 'SELECT id FROM public.{table}'"
        )
        owner.execute("ALTER FUNCTION found() OWNER TO helpdesk_search")
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    with connect(server, provisioning.APP) as app:
        assert app.execute("SELECT * FROM found()").fetchall() == [(1,)]
    with admin(server) as connection:
        connection.execute("DROP FUNCTION found()")


def test_strangers_may_not_even_connect(server: PostgresServer) -> None:
    with admin(server) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'x'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.url("stranger", "x", "product"))
    with admin(server) as connection:
        connection.execute("DROP ROLE stranger")


def test_app_role_that_would_pass_by_the_policies_is_put_right(server: PostgresServer) -> None:
    with admin(server) as connection:
        connection.execute("ALTER ROLE helpdesk_app BYPASSRLS")
        provisioning.provision(server.url(), "product", PASSWORDS)
        row = connection.execute("SELECT rolbypassrls FROM pg_roles WHERE rolname = 'helpdesk_app'").fetchone()
    assert row == (False,)


def test_managed_server_without_superuser_is_enough(server: PostgresServer) -> None:
    with admin(server, "postgres") as connection:
        connection.execute("DROP DATABASE IF EXISTS managed")
        connection.execute("CREATE ROLE operator LOGIN PASSWORD 'x' CREATEROLE CREATEDB")
        for role in provisioning._ATTRIBUTES:
            connection.execute(f"GRANT {role} TO operator WITH ADMIN OPTION")
        # What a CREATEROLE role could not do to roles that a superuser made.
        report = provisioning.provision(server.url("operator", "x"), "managed", PASSWORDS)
    assert "database managed: created" in report.lines
    with psycopg.connect(server.url(provisioning.OWNER, PASSWORDS[provisioning.OWNER], "managed")) as owner:
        owner.execute("CREATE TABLE room (id int)")
    with admin(server, "postgres") as connection:
        connection.execute("DROP DATABASE managed WITH (FORCE)")
        connection.execute("DROP OWNED BY operator CASCADE")
        connection.execute("DROP ROLE operator")


def test_managed_operator_is_told_of_a_role_with_too_many_rights(server: PostgresServer) -> None:
    with admin(server, "postgres") as connection:
        connection.execute("CREATE ROLE operator LOGIN PASSWORD 'x' CREATEROLE CREATEDB")
        for role in provisioning._ATTRIBUTES:
            connection.execute(f"GRANT {role} TO operator WITH ADMIN OPTION")
        connection.execute("ALTER ROLE helpdesk_worker BYPASSRLS")
        try:
            with pytest.raises(provisioning.ProvisioningError, match="helpdesk_worker passes by row level security"):
                provisioning.provision(server.url("operator", "x"), "managed", PASSWORDS)
        finally:
            connection.execute("ALTER ROLE helpdesk_worker NOBYPASSRLS")
            connection.execute("DROP OWNED BY operator CASCADE")
            connection.execute("DROP ROLE operator")


def run_command(server: PostgresServer, **changes: str) -> subprocess.CompletedProcess[str]:
    """`manage.py provision` in a process of its own."""
    addresses = {
        "DATABASE_URL": server.url(provisioning.APP, "new app", "product"),
        "DATABASE_WORKER_URL": server.url(provisioning.WORKER, "new worker", "product"),
        "DATABASE_MIGRATE_URL": server.url(provisioning.OWNER, "new owner", "product"),
        "DATABASE_ADMIN_URL": server.url(),
    }
    command = [sys.executable, "manage.py", "provision"]
    environ = os.environ | addresses | changes
    return subprocess.run(command, cwd=BASE_DIR, env=environ, capture_output=True, text=True, check=False)


def test_command_takes_the_passwords_from_the_addresses(server: PostgresServer) -> None:
    answer = run_command(server)
    try:
        assert answer.returncode == 0, answer.stderr
        assert "role helpdesk_app: kept" in answer.stdout
        psycopg.connect(server.url(provisioning.APP, "new app", "product")).close()
        psycopg.connect(server.url(provisioning.OWNER, "new owner", "product")).close()
    finally:
        provisioning.provision(server.url(), "product", PASSWORDS)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("DATABASE_WORKER_URL", "", "DATABASE_WORKER_URL must be postgresql://helpdesk_worker:password@"),
        ("DATABASE_URL", "postgresql://postgres:x@h/product", "must use the login helpdesk_app, not postgres"),
        ("DATABASE_URL", "postgresql://helpdesk_app:x@h/other", "name different databases: other, product"),
        ("DATABASE_ADMIN_URL", "", "--admin-url"),
        ("DATABASE_ADMIN_URL", "postgresql://a:b@127.0.0.1:1/x", "does not answer"),
    ],
)
def test_command_says_what_is_wrong(server: PostgresServer, variable: str, value: str, message: str) -> None:
    answer = run_command(server, **{variable: value})
    assert answer.returncode == 1
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr
