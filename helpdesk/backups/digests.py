"""What makes two databases equal: every row of every table, every sequence, and the whole schema with its rights."""

import hashlib
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from helpdesk.backups.errors import BackupError
from helpdesk.embedded.binaries import find_postgres
from helpdesk.embedded.errors import EmbeddedError

_PUBLIC = "c.relnamespace = 'public'::regnamespace"


@dataclass(frozen=True, slots=True)
class Digests:
    """Per table how many rows and a sum over their digests, per sequence its state, and the schema as one digest."""

    tables: dict[str, tuple[int, str]]
    sequences: dict[str, tuple[int, bool]]
    schema: str

    def as_data(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "tables": {name: list(found) for name, found in self.tables.items()},
            "sequences": {name: list(found) for name, found in self.sequences.items()},
            "schema": self.schema,
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Digests":
        """Back from the manifest."""
        tables = {name: (int(rows), str(digest)) for name, (rows, digest) in data["tables"].items()}
        sequences = {name: (int(value), bool(called)) for name, (value, called) in data["sequences"].items()}
        return cls(tables, sequences, str(data["schema"]))

    def differences(self, other: "Digests") -> list[str]:
        """What is not equal, in words; empty when everything is."""
        found = [
            f"table {name}: {_told(self.tables.get(name))} against {_told(other.tables.get(name))}"
            for name in sorted(self.tables.keys() | other.tables.keys())
            if self.tables.get(name) != other.tables.get(name)
        ]
        found += [
            f"sequence {name}: {self.sequences.get(name)} against {other.sequences.get(name)}"
            for name in sorted(self.sequences.keys() | other.sequences.keys())
            if self.sequences.get(name) != other.sequences.get(name)
        ]
        if self.schema != other.schema:
            found.append("the schema, its policies, functions or rights")
        return found


def _told(found: tuple[int, str] | None) -> str:
    return f"{found[0]} rows ({found[1][:12]})" if found else "no such table"


def digests_of(connection: Connection, url: str, *, snapshot: str = "") -> Digests:
    """Read everything past row level security: ``connection`` belongs to the backup role or a superuser.

    Raises BackupError where that role would not see every row.
    """
    _must_see_everything(connection)
    connection.execute("SET LOCAL TimeZone = 'UTC'")
    connection.execute("SET LOCAL DateStyle = 'ISO'")
    tables = {name: _table(connection, name) for name in _names(connection, "r")}
    sequences = {name: _sequence(connection, name) for name in _names(connection, "S")}
    return Digests(tables, sequences, schema_digest(url, snapshot=snapshot))


def _must_see_everything(connection: Connection) -> None:
    row = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    if not row or not row[0]:
        raise BackupError(
            "This login is bound by row level security, so the copy would be empty. Use the backup role "
            "(DATABASE_BACKUP_URL) and have the server's operator give it BYPASSRLS."
        )


def _names(connection: Connection, kind: str) -> list[str]:
    rows = connection.execute(f"SELECT relname FROM pg_class c WHERE relkind = '{kind}' AND {_PUBLIC} ORDER BY 1")
    return [row[0] for row in rows.fetchall()]


def _table(connection: Connection, name: str) -> tuple[int, str]:
    """A sum, so that neither order nor size matters: a million rows need no sorting and no memory."""
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || substr(h, 1, 16))::bit(64)::bigint::numeric), 0)::text || '/' || "
        "coalesce(sum(('x' || substr(h, 17, 16))::bit(64)::bigint::numeric), 0)::text "
        "FROM (SELECT md5(t::text) AS h FROM {} t) AS rows"
    ).format(sql.Identifier(name))
    rows, digest = connection.execute(statement).fetchone() or (0, "")
    return int(rows), hashlib.sha256(digest.encode()).hexdigest()


def _sequence(connection: Connection, name: str) -> tuple[int, bool]:
    row = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))).fetchone()
    return (int(row[0]), bool(row[1])) if row else (0, False)


def schema_digest(url: str, *, snapshot: str = "") -> str:
    """Every definition as pg_dump writes it: tables, keys, policies, triggers, functions, owners, rights."""
    text = run("pg_dump", url, "--schema-only", *([f"--snapshot={snapshot}"] if snapshot else [])).decode()
    # The first lines name versions; \restrict carries a word that is new each time.
    lines = [_plain(line) for line in text.splitlines() if line and not line.startswith(("--", "\\"))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


_WHOLE_LIST = re.compile(r"\(ARRAY\[([^\]]*)\]\)::text\[\]")
_EACH_MEMBER = re.compile(r"\(('(?:[^']|'')*'::character varying)\)::text")


def _plain(line: str) -> str:
    """A list of words that is read back is cast word by word instead of as a whole; both mean the same."""
    return _EACH_MEMBER.sub(r"\1", _WHOLE_LIST.sub(r"ARRAY[\1]", line))


def run(program: str, url: str, *arguments: str, output: Path | None = None) -> bytes:
    """One of PostgreSQL's own programs. Raises BackupError with what it said.

    The address goes by the environment: a command line can be read by everybody on the machine.
    """
    try:
        command = str(find_postgres().folder / program)
    except EmbeddedError as error:
        raise BackupError(str(error)) from error
    place = {**os.environ, **_libpq(url)}
    target = ["--file", str(output)] if output else []
    answer = subprocess.run([command, *arguments, *target], env=place, capture_output=True, check=False)
    if answer.returncode != 0:
        raise BackupError(f"{program} failed: {answer.stderr.decode(errors='replace').strip()}")
    return answer.stdout


def _libpq(url: str) -> dict[str, str]:
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    given = conninfo_to_dict(url)
    return {names[key]: str(value) for key, value in given.items() if key in names and value is not None}
