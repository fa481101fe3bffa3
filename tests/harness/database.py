"""Databases for tests: a template migrated once per state of the schema, and one private copy per test process."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from helpdesk import provisioning
from helpdesk.embedded.errors import tail
from helpdesk.embedded.processes import started_at, wait_until
from helpdesk.embedded.secrets import load_or_make
from helpdesk.environment import BASE_DIR, data_dir
from tests.harness.keeper import NOTE
from tests.harness.locks import exclusive, hold_shared

LOGIN_OF = {"web": provisioning.APP, "worker": provisioning.WORKER, "migrate": provisioning.OWNER}
TEMPLATE_PREFIX, CLONE_PREFIX = "helpdesk_template_", "helpdesk_test_"
KEPT_TEMPLATES = 6
SCHEMA_SOURCES = ("*/migrations/**/*.py", "*/policies.py", "*/sql/**/*.sql", "helpdesk/provisioning.py")


def test_folder() -> Path:
    """Where the test server keeps its data, `.data/test` of the checkout."""
    return data_dir() / "test"


def schema_digest() -> str:
    """Changes when a migration, or what migrations are written with, changes."""
    digest = hashlib.sha256()
    for pattern in SCHEMA_SOURCES:
        for path in sorted(BASE_DIR.glob(pattern)):
            digest.update(str(path.relative_to(BASE_DIR)).encode() + b"\0" + path.read_bytes())
    digest.update((BASE_DIR / "requirements" / "runtime.txt").read_bytes())
    return digest.hexdigest()[:12]


def _external_admin_url() -> str:
    return os.environ.get("DATABASE_ADMIN_URL") or os.environ.get("DATABASE_URL") or ""


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _kept_server(folder: Path) -> str | None:
    """Address of the server that a living keeper holds."""
    try:
        note = json.loads((folder / NOTE).read_text())
    except (OSError, ValueError):
        return None
    if started_at(note["pid"]) != note["started"] or not _answers(note["url"]):
        return None
    return str(note["url"])


def _start_keeper(folder: Path) -> str:
    log = folder / "keeper.log"
    with log.open("ab") as output:
        subprocess.Popen(
            [sys.executable, "-m", "tests.harness.keeper", str(folder)],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    if not wait_until(lambda: _kept_server(folder) is not None, seconds=90, every=0.05):
        raise RuntimeError(f"The test server did not start:\n{tail(log)}\n{tail(folder / 'postgres.log')}")
    return str(_kept_server(folder))


@dataclass
class Cluster:
    """The server under the tests; ``admin_url`` belongs to a role that may create databases and roles."""

    admin_url: str
    folder: Path
    passwords: Mapping[str, str]
    embedded: bool
    _holder: int | None = field(default=None, repr=False)

    @classmethod
    def acquire(cls) -> "Cluster":
        """The external server that the environment names, else the embedded one, started if nobody has."""
        folder = test_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Several test processes begin at once, also in a clean clone.
        with exclusive(folder / "secrets.lock"):
            secrets = load_or_make(folder / "secrets.json")
        passwords = {login: secrets[login.removeprefix("helpdesk_")] for login in provisioning.LOGINS}
        if external := _external_admin_url():
            return cls(external, folder, passwords, embedded=False)
        with exclusive(folder / "start.lock"):
            holder = hold_shared(folder / "holders")
            url = _kept_server(folder) or _start_keeper(folder)
        return cls(url, folder, passwords, embedded=True, _holder=holder)

    def release(self) -> None:
        """Let go; the last one to do so ends the embedded server."""
        if self._holder is not None:
            os.close(self._holder)
            self._holder = None

    @contextmanager
    def admin(self, database: str | None = None) -> Iterator[psycopg.Connection]:
        """A connection as the administrator, committing each statement."""
        url = provisioning.at_database(self.admin_url, database) if database else self.admin_url
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def url(self, login: str, database: str) -> str:
        """Address of one of the product's logins."""
        address = provisioning.as_login(self.admin_url, login, self.passwords[login])
        return provisioning.at_database(address, database)

    def process_environment(self, database: str) -> dict[str, str]:
        """Variables by which a process of the product meets ``database``."""
        return {
            "DATABASE_URL": self.url(provisioning.APP, database),
            "DATABASE_WORKER_URL": self.url(provisioning.WORKER, database),
            "DATABASE_MIGRATE_URL": self.url(provisioning.OWNER, database),
        }

    def template(self) -> str:
        """Name of the migrated template for the schema as it is now; made if there is none."""
        name = TEMPLATE_PREFIX + schema_digest()
        with exclusive(self.folder / "template.lock"):
            if not self._exists(name):
                self._build(name)
            with self.admin() as connection:
                used = sql.Literal(str(time.time()))
                connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), used))
            self._drop_old_templates(keep=name)
        return name

    def clone(self) -> "Clone":
        """A copy of the template of this process's own."""
        template = self.template()
        self._drop_abandoned_clones()
        name = f"{CLONE_PREFIX}{os.getpid()}_{started_at(os.getpid()) or 0}_{time.monotonic_ns() % 10**9}"
        with self.admin() as connection:
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy")
            connection.execute(copy.format(*map(sql.Identifier, (name, template, provisioning.OWNER))))
        with self.admin(name) as connection:
            provisioning.ensure_rights(connection, name)
            return Clone(self, name, _tables(connection, filled=False))

    def drop(self, name: str) -> None:
        """Remove a database and cut its connections."""
        with self.admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _names(self, prefix: str) -> list[str]:
        with self.admin() as connection:
            query = "SELECT datname FROM pg_database WHERE starts_with(datname::text, %s)"
            return [str(row[0]) for row in connection.execute(query, [prefix])]

    def _exists(self, name: str) -> bool:
        return name in self._names(name)

    def _build(self, name: str) -> None:
        unfinished = f"{TEMPLATE_PREFIX}unfinished"
        self.drop(unfinished)
        provisioning.provision(self.admin_url, unfinished, self.passwords)
        environ = os.environ | self.process_environment(unfinished)
        environ |= {"HELPDESK_PROCESS": "migrate", "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
        command = [sys.executable, "manage.py", "prepare", "schema"]
        answer = subprocess.run(command, cwd=BASE_DIR, env=environ, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise RuntimeError(f"The migrations failed:\n{answer.stdout}\n{answer.stderr}")
        with self.admin() as connection:
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))

    def _drop_old_templates(self, keep: str) -> None:
        with self.admin() as connection:
            query = (
                "SELECT datname FROM pg_database WHERE starts_with(datname::text, %s) AND datname <> %s "
                "ORDER BY shobj_description(oid, 'pg_database') DESC NULLS LAST OFFSET %s"
            )
            old = connection.execute(query, [TEMPLATE_PREFIX, keep, KEPT_TEMPLATES]).fetchall()
        for (name,) in old:
            # Another process may be copying it at this moment.
            with suppress(psycopg.errors.ObjectInUse):
                self.drop(name)

    def _drop_abandoned_clones(self) -> None:
        """Copies whose process has ended; on a server of somebody else's we cannot tell, and leave them."""
        if not self.embedded:
            return
        for name in self._names(CLONE_PREFIX):
            pid, began = name.removeprefix(CLONE_PREFIX).split("_")[:2]
            if started_at(int(pid)) != began:
                self.drop(name)


def _tables(connection: psycopg.Connection, *, filled: bool) -> list[str]:
    """Quoted names of the tables that have rows, or of those that have none."""
    names = [
        str(row[0])
        for row in connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
    ]
    if not names:
        return []
    questions = " UNION ALL ".join(f"SELECT '{name}', EXISTS (SELECT 1 FROM {name})" for name in names)
    return [str(name) for name, has_rows in connection.execute(questions) if has_rows is filled]


@dataclass(frozen=True)
class Clone:
    """A private database. ``emptied`` are the tables that the migrations leave empty."""

    cluster: Cluster
    name: str
    emptied: list[str]

    def url(self, process: str) -> str:
        """Address for web, worker or migrate."""
        return self.cluster.url(LOGIN_OF[process], self.name)

    def connect(self, process: str) -> psycopg.Connection:
        """A psycopg connection under that login, in transactions."""
        return psycopg.connect(self.url(process))

    def settings(self, process: str) -> dict[str, str | int]:
        """What Django's connection needs to change to use that login."""
        parts = urlsplit(self.url(process))
        password = self.cluster.passwords[LOGIN_OF[process]]
        place = {"HOST": parts.hostname or "", "PORT": parts.port or 5432}
        return {"NAME": self.name, "USER": LOGIN_OF[process], "PASSWORD": password, **place}

    def process_environment(self) -> dict[str, str]:
        """Variables by which a process of the product meets this database."""
        return self.cluster.process_environment(self.name)

    def clean(self) -> None:
        """Empty every table that the migrations left empty, past append-only triggers and policies."""
        with self.cluster.admin(self.name) as connection:
            dirty = [name for name in _tables(connection, filled=True) if name in self.emptied]
            if not dirty:
                return
            with connection.transaction():
                # Triggers and foreign keys would only slow down what is emptied as a whole.
                connection.execute("SET LOCAL session_replication_role = replica")
                for name in dirty:
                    connection.execute(sql.SQL("DELETE FROM {}").format(sql.SQL(name)))

    def drop(self) -> None:
        """Remove the database."""
        self.cluster.drop(self.name)
