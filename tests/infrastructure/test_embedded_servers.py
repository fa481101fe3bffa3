"""PostgreSQL and Valkey of our own: start, stop, crash, and what a crash leaves."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from helpdesk.embedded import identity
from helpdesk.embedded.binaries import find_postgres
from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.launcher import NOBODY
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.processes import started_at
from helpdesk.embedded.secrets import load_or_make, write_private
from helpdesk.embedded.valkey import ValkeyServer, ping
from helpdesk.environment import BASE_DIR

PASSWORD = 'it\'s "quoted" %40/:?'


def make_server(home: Path, *, durable: bool = False) -> PostgresServer:
    """A server whose home is below a closed folder, as in somebody's home directory."""
    home.mkdir(mode=0o700, exist_ok=True)
    return PostgresServer(home / "postgres", PASSWORD, home / "postgres.log", durable=durable)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    started = make_server(tmp_path / "home")
    started.start()
    yield started
    started.stop()


def ask(server: PostgresServer, question: str) -> tuple[object, ...]:
    """The first row of an answer, committed."""
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return tuple(row)


def write_row(server: PostgresServer, number: int) -> None:
    """Something that must still be there later."""
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def test_data_outlives_a_stop(server: PostgresServer) -> None:
    write_row(server, 1)
    server.stop()
    assert not server.is_running()
    server.start()
    assert ask(server, "SELECT array_agg(number) FROM kept") == ([1],)


def test_committed_data_outlives_a_killed_server(tmp_path: Path) -> None:
    server = make_server(tmp_path / "home", durable=True)
    server.start()
    try:
        write_row(server, 7)
        assert server.process is not None
        os.kill(server.process.pid, 9)
        server.process.wait()
        server.start()
        assert ask(server, "SELECT array_agg(number) FROM kept") == ([7],)
        settings = (
            "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('data_checksums')"
        )
        assert ask(server, settings) == ("on", "on", "on")
    finally:
        server.stop()


def test_orphan_of_a_killed_run_is_ended_and_its_data_kept(server: PostgresServer) -> None:
    write_row(server, 3)
    assert server.process is not None
    orphan = server.process.pid
    successor = PostgresServer(server.home, PASSWORD, server.log, durable=False)
    successor.start()
    try:
        server.process.wait(10)
        assert started_at(orphan) == ""
        assert ask(successor, "SELECT array_agg(number) FROM kept") == ([3],)
    finally:
        successor.stop()


def test_note_with_the_number_of_a_stranger_does_not_block_the_start(server: PostgresServer) -> None:
    server.stop()
    note = server.cluster / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{server.cluster}\n0\n5432\n\n127.0.0.1\n0 0\nready\n")
    os.chown(note, server.quarters.owner, -1)
    server.start()
    assert ask(server, "SELECT 1") == (1,)


def test_interrupted_first_start_is_begun_again(tmp_path: Path) -> None:
    server = make_server(tmp_path / "home")
    half = server.quarters.home / "cluster.unfinished"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    server.start()
    try:
        assert ask(server, "SELECT 1") == (1,)
        assert not half.exists()
    finally:
        server.stop()


def test_only_the_loopback_and_only_with_the_password(server: PostgresServer) -> None:
    assert ask(server, "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')") == (
        "127.0.0.1",
        "",
    )
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url(password="wrong"))


def test_accents_fold_alike_on_every_machine(server: PostgresServer) -> None:
    assert ask(server, "SELECT lower('ÉLÈVE'), upper('straße')") == ("élève", "STRASSE".replace("SS", "ß"))


def test_data_of_another_version_is_refused_and_left_alone(server: PostgresServer) -> None:
    server.stop()
    (server.cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match=r"written by PostgreSQL 12; this is 1\d"):
        server.start()
    assert (server.cluster / "PG_VERSION").read_text() == "12\n"
    (server.cluster / "PG_VERSION").write_text(f"{server.binaries.major}\n")


def test_taken_port_is_left_to_its_holder(server: PostgresServer) -> None:
    server.stop()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server.port = taken.getsockname()[1]
        server.start()
        assert server.port != taken.getsockname()[1]
        assert ask(server, "SELECT 1") == (1,)


def test_rights_of_other_folders_stay_as_they_were(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [(path.stat().st_mode, path.stat().st_uid) for path in (closed, tmp_path)]
    server = make_server(closed / "home")
    server.start()
    server.stop()
    assert [(path.stat().st_mode, path.stat().st_uid) for path in (closed, tmp_path)] == before
    assert server.cluster.stat().st_mode & 0o077 == 0
    assert not (server.quarters.home / "superuser.password").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs PostgreSQL as himself")
@pytest.mark.parametrize("staged", [False, True], ids=["nobody in place", "nobody in a private copy"])
def test_root_without_user_namespaces(
    staged: bool, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = identity._works
    if not staged and not works(find_postgres(), Path("/tmp"), identity._NOBODY):
        pytest.skip("nobody cannot reach the packages of this checkout")
    refused = {("--mapped",)}
    calls: list[tuple[str, ...]] = []

    def without_namespaces(binaries: object, home: Path, wanted: tuple[str, ...]) -> bool:
        calls.append(wanted)
        if wanted in refused or (staged and "helpdesk-" not in str(home)):
            return False
        return works(binaries, home, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(identity, "_works", without_namespaces)
    # Outside pytest's own folder, which is closed to others: nobody must be able to reach it.
    home = Path("/var/tmp") / f"open-{os.getpid()}-{staged}"
    home.mkdir(mode=0o755)
    server = PostgresServer(home / "postgres", PASSWORD, home / "postgres.log", durable=False)
    try:
        server.start()
        assert server.process is not None
        assert calls[0] == ("--mapped",)
        assert server.quarters.owner == NOBODY
        assert server.quarters.home.is_relative_to(identity.staging_of(home / "postgres")) is staged
        write_row(server, 5)
        server.stop()
        server.start()
        assert ask(server, "SELECT array_agg(number) FROM kept") == ([5],)
    finally:
        server.stop()
        shutil.rmtree(home)
        shutil.rmtree(identity.staging_of(home / "postgres"), ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else's")
def test_data_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    with pytest.raises(EmbeddedError, match="belongs to user number 12345, and you are number 0"):
        identity.check_owner(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root stages")
def test_staging_folder_of_a_stranger_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "STAGING_PARENT", tmp_path)
    planted = identity.staging_of(tmp_path / "home")
    planted.symlink_to(tmp_path)
    with pytest.raises(EmbeddedError, match="is not yours"):
        identity._make_staging(tmp_path / "home")


def test_valkey_wants_its_password_and_keeps_its_port(valkey: ValkeyServer) -> None:
    port = valkey.port
    assert ping(port, valkey.password)
    assert not ping(port, "wrong")
    assert not ping(port, "")
    valkey.stop()
    assert not ping(port, valkey.password)
    valkey.start()
    assert valkey.port == port
    assert valkey.answers()


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = load_or_make(path)
    assert load_or_make(path) == first
    assert len(set(first.values())) == len(first) == 7
    assert all(len(secret) >= 48 for secret in first.values())
    assert path.stat().st_mode & 0o777 == 0o600


def test_many_at_once_find_the_same_secrets(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.harness.database import Cluster; "
        "cluster = Cluster.acquire(); print(sorted(cluster.passwords.values()))"
    )
    # An address of a server that is never asked, so that none is started.
    environ = os.environ | {"HELPDESK_DATA_DIR": str(tmp_path), "DATABASE_ADMIN_URL": "postgresql://a:b@127.0.0.1:1/c"}
    running = [
        subprocess.Popen([sys.executable, "-c", code], cwd=BASE_DIR, env=environ, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(said) == 1


def test_private_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "note"
    write_private(path, "old")
    write_private(path, "new")
    assert path.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["note"]
