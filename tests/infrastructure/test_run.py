"""`make run` for real: started, asked, refused a second time, stopped, killed, started again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.identity import staging_of
from helpdesk.embedded.processes import free_port, leftovers, started_at, wait_until
from helpdesk.embedded.supervision import Child, Watched
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.environment import BASE_DIR
from helpdesk.run import HANGING_SECONDS, Run
from helpdesk.stack import Stack, web_command
from helpdesk.watching.health import ALIVE_FILE

pytestmark = pytest.mark.processes
UP = re.compile(r"The helpdesk runs at (http://\S+)  \(ready in ([\d.]+) s\)")


@dataclass
class Product:
    """Runs of one data folder, without demo data."""

    data: Path
    environ: dict[str, str]
    runs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.data / "run"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "helpdesk.run", *words]

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), cwd=BASE_DIR, env=self.environ, capture_output=True, text=True, check=False
        )

    def launch(self) -> "Launched":
        """Start a run and wait until it says where it is."""
        said = self.data / f"said-{len(self.runs)}.txt"
        with said.open("wb") as output:
            process = subprocess.Popen(
                self.command("start"), cwd=BASE_DIR, env=self.environ, stdout=output, stderr=subprocess.STDOUT
            )
        self.runs.append(process)
        wait_until(lambda: UP.search(said.read_text()) is not None or process.poll() is not None, seconds=120)
        found = UP.search(said.read_text())
        assert found, said.read_text()
        return Launched(process, said, found.group(1))

    def note(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "environment.json").read_text()))


@dataclass
class Launched:
    """One run that is up."""

    process: subprocess.Popen[bytes]
    said: Path
    address: str

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(self.address, timeout=10).close()
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False
        return True

    def stopped_within(self, seconds: float) -> bool:
        return wait_until(lambda: self.process.poll() is not None, seconds=seconds)


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    ours = ("DATABASE_", "HELPDESK_", "REDIS_", "EMAIL_", "DJANGO_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environ |= {"HELPDESK_DATA_DIR": str(tmp_path), "HELPDESK_DEMO": "0", "PORT": str(free_port())}
    # Compressing every static file proves nothing here.
    environ["HELPDESK_STATIC"] = "plain"
    made = Product(tmp_path, environ)
    yield made
    for process in made.runs:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def keep_a_row(product: Product) -> None:
    """Something that the next run must still have."""
    with psycopg.connect(product.note()["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO django_session VALUES ('kept', '', now())")


def kept_rows(product: Product) -> int:
    """How many of them there are."""
    with psycopg.connect(product.note()["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM django_session WHERE session_key = 'kept'").fetchone()
    return int(row[0]) if row else 0


def postgres_number(product: Product) -> int | None:
    """Process number of PostgreSQL, wherever its data had to be put; None when it has stopped."""
    home = product.folder / "postgres"
    for place in (home, staging_of(home) / "data"):
        note = place / "cluster" / "postmaster.pid"
        if note.exists():
            return int(note.read_text().split("\n", 1)[0])
    return None


def nothing_is_left(product: Product) -> bool:
    """No process of this folder; PostgreSQL, which hides its environment, is asked by its note."""
    number = postgres_number(product)
    return not (number and started_at(number)) and not leftovers(str(product.folder))


def test_life_of_a_run(product: Product) -> None:
    first = product.launch()
    assert first.answers()
    keep_a_row(product)

    second = product.call("start")
    assert second.returncode == 1
    assert f"already runs at {first.address}, process {first.process.pid}" in second.stdout
    assert "make stop" in second.stdout
    assert first.answers()

    beside = subprocess.run(
        [sys.executable, "manage.py", "showmigrations", "--plan"],
        cwd=BASE_DIR,
        env=product.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert beside.returncode == 0, beside.stderr
    assert "[X]" in beside.stdout
    assert "[ ]" not in beside.stdout

    stop = product.call("stop")
    assert (stop.returncode, stop.stdout.startswith(f"Stopped {first.address} in ")) == (0, True)
    assert first.stopped_within(5)
    assert first.process.returncode == 0
    assert wait_until(lambda: nothing_is_left(product), seconds=5)
    assert product.call("stop").returncode == 1

    again = product.launch()
    assert kept_rows(product) == 1
    again.process.send_signal(signal.SIGINT)
    assert again.stopped_within(20)
    assert again.said.read_text().rstrip().splitlines()[-1].startswith("All is stopped")
    assert wait_until(lambda: nothing_is_left(product), seconds=5)


def test_a_run_at_another_address_of_the_machine_becomes_ready_there(product: Product) -> None:
    """Where only that address is listened on, and a request names it."""
    product.environ["HOST_ADDRESS"] = "127.0.0.2"
    run = product.launch()
    assert run.address.startswith("http://127.0.0.2:")
    with urllib.request.urlopen(f"{run.address}/sign-in/", timeout=10) as answer:
        assert answer.status == 200
    assert product.note()["HELPDESK_PUBLIC_URL"] == run.address


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("127.0.0.3", "127.0.0.3")]
    + [("::1", "[::1]"), ("[::1]", "[::1]"), ("::", "[::1]"), ("localhost", "localhost")],
)
def test_the_address_that_is_asked_is_one_that_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, shown: str
) -> None:
    for name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_MIGRATE_URL", "REDIS_URL"):
        monkeypatch.setenv(name, "redis://127.0.0.1:1/0")
    monkeypatch.delenv("HELPDESK_ALLOWED_HOSTS", raising=False)
    run = Run(tmp_path)
    run.stack = Stack(tmp_path, {"secret_key": "x"}, None, None, demo=False)
    run.stack.serve_at(host, 8000)
    assert run.stack.public_url == f"http://{shown}:8000"
    assert shown in run.stack.environment("web")["HELPDESK_ALLOWED_HOSTS"].split(",")
    bound = next(word for word in web_command(host, 8000) if word.startswith("--bind="))
    assert bound == f"--bind={'[' + host + ']' if ':' in host and '[' not in host else host}:8000"


def test_an_address_of_another_machine_is_refused_in_words(tmp_path: Path) -> None:
    run = Run(tmp_path)
    with pytest.raises(OSError, match=r"No port of 203\.0\.113\.7 is free, or it is no address of this machine"):
        run.choose_address("203.0.113.7", 8000)


def test_killed_run_blocks_nothing_and_loses_nothing(product: Product) -> None:
    first = product.launch()
    keep_a_row(product)
    first.process.kill()
    first.process.wait()
    again = product.launch()
    assert again.answers()
    assert kept_rows(product) == 1
    assert again.address == first.address


def test_killed_servers_are_started_again_under_the_same_addresses(product: Product) -> None:
    run = product.launch()
    number = postgres_number(product)
    assert number is not None
    os.kill(number, signal.SIGKILL)
    assert wait_until(lambda: "PostgreSQL ended; starting it again" in run.said.read_text(), seconds=5)

    def row_can_be_read() -> bool:
        try:
            return kept_rows(product) == 0
        except psycopg.OperationalError:
            return False

    assert wait_until(row_can_be_read, seconds=10, every=0.1)
    assert run.answers()


def test_half_a_set_of_external_logins_is_refused(product: Product) -> None:
    product.environ["DATABASE_URL"] = "postgresql://helpdesk_app:x@127.0.0.1:1/x"
    answer = product.call("start")
    assert answer.returncode == 1
    assert "DATABASE_WORKER_URL and DATABASE_MIGRATE_URL missing" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    assert nothing_is_left(product)


def test_external_database_is_never_dropped(product: Product) -> None:
    for name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_MIGRATE_URL"):
        product.environ[name] = "postgresql://helpdesk_app:x@127.0.0.1:1/x"
    answer = product.call("demo-reset")
    assert answer.returncode == 1
    assert "an external database is not dropped from here" in answer.stdout


def test_interrupted_demo_in_an_external_database_is_left_to_its_owner(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.stack = Stack(tmp_path, {}, None, None, demo=True)
    assert run._demo_is_half_loaded() is False
    (tmp_path / "demo.loading").touch()
    with pytest.raises(EmbeddedError, match="Drop that database"):
        run._demo_is_half_loaded()


@pytest.fixture
def old_run(tmp_path: Path, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose worker and beat were started long ago, with a broker that answers."""
    for name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_MIGRATE_URL"):
        monkeypatch.setenv(name, "postgresql://nobody:x@127.0.0.1:1/x")
    run = Run(tmp_path)
    run.stack = Stack(tmp_path, {"secret_key": "x"}, None, valkey, demo=False)
    for name in ("worker", "beat"):
        service = Child([], {}, tmp_path, tmp_path / name)
        run.supervisor.watched.append(Watched(name, service, tmp_path / name, started=time.monotonic() - 1000))
    return run


def prove(run: Run, seconds_ago: float) -> None:
    """The proof of life came through that long ago."""
    alive = run.run_dir / ALIVE_FILE
    alive.touch()
    os.utime(alive, (time.time() - seconds_ago, time.time() - seconds_ago))


def test_recent_proof_of_life_leaves_the_worker_alone(old_run: Run) -> None:
    prove(old_run, HANGING_SECONDS - 5)
    assert old_run._hanging() == []


def test_missing_proof_of_life_replaces_worker_and_beat(old_run: Run) -> None:
    assert old_run._hanging() == ["worker", "beat"]
    prove(old_run, HANGING_SECONDS + 5)
    assert old_run._hanging() == ["worker", "beat"]


def test_worker_is_given_time_after_it_was_started(old_run: Run) -> None:
    old_run.supervisor.watched[0].started = time.monotonic()
    assert old_run._hanging() == []


def test_absent_broker_is_not_the_fault_of_the_worker(old_run: Run, valkey: ValkeyServer) -> None:
    valkey.stop()
    assert old_run._hanging() == []
