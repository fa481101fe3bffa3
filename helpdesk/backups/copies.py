"""Make a copy, prove it, put it back."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from helpdesk import provisioning
from helpdesk.backups.digests import Digests, digests_of, run
from helpdesk.backups.errors import BackupError
from helpdesk.backups.files import hashes_below, pack, sha256_of, unpack

DUMP, FILES, MANIFEST = "database.dump", "attachments.tar", "manifest.json"
FORMAT = 1
Say = Callable[[str], None]


def make_copy(url: str, attachments: Path, folder: Path, *, at: datetime, say: Say) -> Path:
    """A new folder below ``folder`` with the database as of one instant, the files, and a manifest of both.

    The database goes first: a file is stored before the row that names it, so every row finds its file. Raises
    BackupError; what was half made is removed.
    """
    target = folder / f"helpdesk-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    unfinished = target.with_suffix(".unfinished")
    if target.exists():
        raise BackupError(f"{target} exists already.")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        digests = _dump(url, unfinished / DUMP, say)
        say("Packing the files")
        files = pack(attachments, unfinished / FILES)
        _write_manifest(unfinished, at, digests, files)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    rows = sum(count for count, _digest in digests.tables.values())
    say(f"{target}: {len(digests.tables)} tables, {rows} rows, {len(files)} files")
    return target


def _dump(url: str, dump: Path, say: Say) -> Digests:
    """Digests and dump of the same snapshot, so that they can be compared later."""
    try:
        connection = psycopg.connect(url, autocommit=False, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise BackupError(f"The database does not answer: {error}") from error
    with closing(connection):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = (connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",))[0]
        say("Reading every row")
        digests = digests_of(connection, url, snapshot=snapshot)
        say("Dumping the database")
        run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", output=dump)
    return digests


def _write_manifest(folder: Path, at: datetime, digests: Digests, files: dict[str, str]) -> None:
    content = {
        "format": FORMAT,
        "made_at": at.astimezone(UTC).isoformat(),
        "sha256": {name: sha256_of(folder / name) for name in (DUMP, FILES)},
        "database": digests.as_data(),
        "files": files,
    }
    text = json.dumps(content, indent=1, sort_keys=True)
    path = folder / MANIFEST
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".sha256").write_text(sha256_of(path) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an unharmed copy. Raises BackupError naming the part that is missing or was changed."""
    path = folder / MANIFEST
    try:
        wanted = path.with_suffix(".sha256").read_text(encoding="utf-8").strip()
        if sha256_of(path) != wanted:
            raise BackupError(f"{path} is not what was written: the copy is damaged. Use another one.")
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for name, digest in content["sha256"].items():
            if sha256_of(folder / name) != digest:
                raise BackupError(f"{folder / name} is not what was written: the copy is damaged. Use another one.")
    except (OSError, ValueError, KeyError) as error:
        raise BackupError(f"{folder} is no complete copy: {error}") from error
    if content["format"] != FORMAT:
        raise BackupError(f"{folder} was made by another release (format {content['format']}).")
    return content


def put_back(
    folder: Path, admin_url: str, database: str, attachments: Path, passwords: dict[str, str], say: Say
) -> None:
    """Into a server where ``database`` is missing or empty and a folder without files; then everything is compared.

    Raises BackupError where something is in the way, and where what came back is not what was copied.
    """
    manifest = read_manifest(folder)
    say("The copy is unharmed")
    _must_be_empty(admin_url, database, attachments)
    provisioning.provision(admin_url, database, passwords)
    say("Roles, database and rights are made")
    target = provisioning.at_database(admin_url, database)
    run("pg_restore", target, "--exit-on-error", "--single-transaction", f"--dbname={database}", str(folder / DUMP))
    say("The database is back")
    unpack(folder / FILES, attachments)
    say(f"{len(manifest['files'])} files are back")
    if found := differences(manifest, target, attachments):
        raise BackupError("What came back is not what was copied:\n" + "\n".join(found))
    say("Every row, definition and file is equal to the copy")


def _must_be_empty(admin_url: str, database: str, attachments: Path) -> None:
    if attachments.is_dir() and any(os.scandir(attachments)):
        raise BackupError(f"{attachments} has files. Put the copy back into an empty folder.")
    try:
        with psycopg.connect(provisioning.at_database(admin_url, database), connect_timeout=10) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            ).fetchone()
    except psycopg.OperationalError as error:
        if 'database "' in str(error) and "does not exist" in str(error):
            return
        raise BackupError(f"The administration address does not answer: {error}") from error
    if row and row[0]:
        raise BackupError(f"The database {database} has {row[0]} tables. Put the copy back into an empty one.")


def differences(manifest: dict[str, Any], url: str, attachments: Path) -> list[str]:
    """What a database and a folder have otherwise than the copy says, in words."""
    with psycopg.connect(url) as connection:
        found = Digests.from_data(manifest["database"]).differences(digests_of(connection, url))
    files = hashes_below(attachments)
    wanted: dict[str, str] = manifest["files"]
    changed = [name for name in sorted(files.keys() | wanted.keys()) if files.get(name) != wanted.get(name)]
    return found + [f"file {name}" for name in changed]
