"""Roles, database, extensions and default rights: once per server, safe to repeat, as a role that may create roles.

Needs no Django: `make run`, the test harness and `manage.py provision` all call `provision`.

Logins rather than SET ROLE, because RESET ROLE undoes it. The owner runs migrations and is bound by row level security
like everybody else (FORCE), through policies of its own. Nobody but the backup role passes by row level security.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import Connection, sql

OWNER, APP, WORKER, SEARCH, BACKUP = (
    "helpdesk_owner",
    "helpdesk_app",
    "helpdesk_worker",
    "helpdesk_search",
    "helpdesk_backup",
)
LOGINS = (OWNER, APP, WORKER, BACKUP)
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist", "citext")
# NOINHERIT for the owner: it may hand functions to the search role without reading through that role's policies.
_ATTRIBUTES = {
    OWNER: "LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
    APP: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
    WORKER: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
    SEARCH: "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS",
    BACKUP: "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS",
}
# One stuck request must not hold rows for ever. Migrations and dumps may take their time.
_LIMITS = {
    APP: {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"},
    WORKER: {"statement_timeout": "120s", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "300s"},
    BACKUP: {"default_transaction_read_only": "on"},
}


class ProvisioningError(RuntimeError):
    """The server refused, or something on it contradicts what is needed; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was done, line by line, for a person."""

    lines: tuple[str, ...]


def at_database(url: str, database: str) -> str:
    """The same address with another database name."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(database, safe="")))


def as_login(url: str, login: str, password: str) -> str:
    """The same address with another login."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{login}:{quote(password, safe='')}@{place}"))


@contextmanager
def _admin(url: str) -> Iterator[Connection]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise ProvisioningError(f"The administration address does not answer: {error}") from error
    with connection:
        yield connection


def _role_exists(connection: Connection, role: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None


def _ensure_role(connection: Connection, role: str, password: str | None) -> str:
    exists = _role_exists(connection, role)
    attributes = _ATTRIBUTES[role] if _is_superuser(connection) else _grantable(role)
    statement = sql.SQL("{verb} ROLE {role} {attributes}").format(
        verb=sql.SQL("ALTER" if exists else "CREATE"), role=sql.Identifier(role), attributes=sql.SQL(attributes)
    )
    if password is not None:
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
    connection.execute(statement)
    return f"role {role}: {'kept' if exists else 'created'}"


def _is_superuser(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _grantable(role: str) -> str:
    """Attributes that a CREATEROLE role may write: it cannot even say NOSUPERUSER or NOBYPASSRLS."""
    return "NOLOGIN" if role == SEARCH else "LOGIN NOINHERIT" if role == OWNER else "LOGIN"


def _limit(connection: Connection, role: str) -> None:
    for name, value in _LIMITS.get(role, {}).items():
        connection.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value))
        )


def ensure_roles(connection: Connection, passwords: Mapping[str, str]) -> list[str]:
    """Every role with its attributes, password and limits. Raises ProvisioningError where a role has too many rights.

    A managed server without superuser cannot make the backup role pass by row level security; the report says so.
    """
    lines = [_ensure_role(connection, role, passwords.get(role)) for role in _ATTRIBUTES]
    for role in _ATTRIBUTES:
        _limit(connection, role)
    if not _is_superuser(connection):
        for role in (OWNER, SEARCH):
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
    # Lets a migration hand its definer functions to the search role.
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(SEARCH), sql.Identifier(OWNER)))
    rows = connection.execute(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = ANY(%s)", [list(_ATTRIBUTES)]
    ).fetchall()
    for role, is_superuser, bypasses in rows:
        if is_superuser or (bypasses and role != BACKUP):
            raise ProvisioningError(
                f"Role {role} passes by row level security (SUPERUSER or BYPASSRLS). Take that right away first."
            )
        if role == BACKUP and not bypasses:
            lines.append(f"role {BACKUP}: has no BYPASSRLS; ask the server's operator, or dumps will be empty")
    return lines


def ensure_database(connection: Connection, database: str) -> str:
    """The database, owned by the owner role."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(database), sql.Identifier(OWNER))
        )
        return f"database {database}: kept"
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
            sql.Identifier(database), sql.Identifier(OWNER)
        )
    )
    return f"database {database}: created"


def ensure_rights(connection: Connection, database: str) -> None:
    """Extensions and default rights inside the database; ``connection`` is to that database."""
    for extension in EXTENSIONS:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    names = {
        "database": sql.Identifier(database),
        "owner": sql.Identifier(OWNER),
        "search": sql.Identifier(SEARCH),
        "backup": sql.Identifier(BACKUP),
        "actors": sql.SQL(", ").join(map(sql.Identifier, (APP, WORKER))),
        "readers": sql.SQL(", ").join(map(sql.Identifier, (SEARCH, BACKUP))),
        "everybody": sql.SQL(", ").join(map(sql.Identifier, (APP, WORKER, SEARCH, BACKUP))),
    }
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {actors}, {backup}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {everybody}",
        "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
        # The owner of a function must be able to create in its schema; nobody can log in as the search role.
        "GRANT CREATE ON SCHEMA public TO {search}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {actors}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {readers}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {actors}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON SEQUENCES TO {backup}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def provision(admin_url: str, database: str, passwords: Mapping[str, str]) -> Report:
    """Make the server ready for `migrate`. ``passwords`` has one for each of LOGINS that is to (re)ceive one.

    Raises ProvisioningError or psycopg.Error; repeating it changes nothing but passwords.
    """
    with _admin(admin_url) as connection:
        lines = ensure_roles(connection, passwords)
        lines.append(ensure_database(connection, database))
    with _admin(at_database(admin_url, database)) as connection:
        ensure_rights(connection, database)
    return Report((*lines, f"database {database}: extensions {', '.join(EXTENSIONS)} and default rights are set"))
