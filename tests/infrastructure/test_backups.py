"""A drill: everything is copied, put back into an empty server, and compared: every row, right and file."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from helpdesk import provisioning
from helpdesk.backups.copies import DUMP, differences, make_copy, put_back, read_manifest
from helpdesk.backups.errors import BackupError
from helpdesk.embedded.postgres import PostgresServer
from tests.harness.database import Clone, Cluster
from tests.worlds import build_world

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PASSWORDS = dict.fromkeys(provisioning.LOGINS, "of-the-drill")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """An empty server that has never seen the product."""
    empty = PostgresServer(tmp_path / "other", "other", tmp_path / "other.log", durable=False)
    empty.start()
    yield empty
    empty.stop()


@pytest.fixture
def attachments(tmp_path: Path) -> Path:
    """Two files, one with an awkward name."""
    root = tmp_path / "attachments"
    (root / "ab").mkdir(parents=True)
    (root / "ab" / "0001").write_bytes(b"\x00picture\xff")
    (root / "ab" / "déjà vu").write_bytes(b"text" * 10_000)
    return root


@pytest.fixture
def url(database_cluster: Cluster, committed_db: Clone) -> str:
    """The copy of this test process with a ticket in it, as the backup role sees it."""
    build_world().file()
    return database_cluster.url(provisioning.BACKUP, committed_db.name)


def _copy(url: str, attachments: Path, folder: Path) -> Path:
    return make_copy(url, attachments, folder, at=AT, say=lambda text: None)


def test_everything_comes_back_equal(url, attachments, server, tmp_path):
    copy = _copy(url, attachments, tmp_path / "copies")
    manifest = read_manifest(copy)
    counts = {name: rows for name, (rows, _digest) in manifest["database"]["tables"].items()}
    assert counts["tickets_ticket"] == 1 and counts["tickets_event"] >= 1 and counts["slas_clock"] >= 1
    said: list[str] = []
    put_back(copy, server.url(), "helpdesk", tmp_path / "back", PASSWORDS, said.append)
    assert said[-1] == "Every row, definition and file is equal to the copy"
    target = server.url(database="helpdesk")
    assert differences(manifest, target, tmp_path / "back") == []
    app = provisioning.at_database(
        provisioning.as_login(server.url(), provisioning.APP, PASSWORDS[provisioning.APP]), "helpdesk"
    )
    with psycopg.connect(app) as connection:
        assert connection.execute("SELECT count(*) FROM tickets_ticket").fetchone() == (0,)


def test_the_comparison_sees_one_changed_row_right_and_file(url, attachments, server, tmp_path):
    copy = _copy(url, attachments, tmp_path / "copies")
    put_back(copy, server.url(), "helpdesk", tmp_path / "back", PASSWORDS, lambda text: None)
    manifest, target = read_manifest(copy), server.url(database="helpdesk")
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("UPDATE tickets_ticket SET title = title || '.'")
    assert [line.split(":")[0] for line in differences(manifest, target, tmp_path / "back")] == ["table tickets_ticket"]
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("UPDATE tickets_ticket SET title = rtrim(title, '.')")
        connection.execute("DROP POLICY tenant_read ON tickets_ticket")
    found = differences(manifest, target, tmp_path / "back")
    assert found == ["the schema, its policies, functions or rights"]
    (tmp_path / "back" / "ab" / "0001").write_bytes(b"other")
    assert "file ab/0001" in differences(manifest, target, tmp_path / "back")


@pytest.mark.parametrize("part", [DUMP, "attachments.tar", "manifest.json"])
def test_a_flipped_byte_is_noticed_before_anything_is_written(url, attachments, tmp_path, part):
    copy = _copy(url, attachments, tmp_path / "copies")
    content = bytearray((copy / part).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / part).write_bytes(content)
    with pytest.raises(BackupError, match="damaged"):
        read_manifest(copy)


def test_a_copy_without_a_part_is_no_copy(url, attachments, tmp_path):
    copy = _copy(url, attachments, tmp_path / "copies")
    (copy / DUMP).unlink()
    with pytest.raises(BackupError, match="no complete copy"):
        read_manifest(copy)


def test_nothing_is_put_over_something(url, attachments, server, tmp_path):
    copy = _copy(url, attachments, tmp_path / "copies")
    with pytest.raises(BackupError, match="has files"):
        put_back(copy, server.url(), "helpdesk", attachments, PASSWORDS, lambda text: None)
    put_back(copy, server.url(), "helpdesk", tmp_path / "back", PASSWORDS, lambda text: None)
    shutil.rmtree(tmp_path / "back")
    with pytest.raises(BackupError, match="has .* tables"):
        put_back(copy, server.url(), "helpdesk", tmp_path / "back", PASSWORDS, lambda text: None)


def test_a_login_that_sees_only_some_rows_makes_no_copy(
    database_cluster: Cluster, committed_db: Clone, attachments, tmp_path
):
    app = database_cluster.url(provisioning.APP, committed_db.name)
    with pytest.raises(BackupError, match="row level security"):
        _copy(app, attachments, tmp_path / "copies")
    assert list((tmp_path / "copies").iterdir()) == []


def test_the_manifest_tells_no_content(url, attachments, tmp_path):
    copy = _copy(url, attachments, tmp_path / "copies")
    text = (copy / "manifest.json").read_text()
    assert json.loads(text)["made_at"] == "2026-11-21T09:30:00+00:00"
    assert "@" not in text
