"""`make run`, `make stop`, `make demo-reset`: the whole product on one machine, in the foreground of a terminal.

python -m helpdesk.run [start | stop | demo-reset]
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql

from helpdesk import provisioning, stack
from helpdesk.catalogues import compile_catalogues
from helpdesk.embedded.errors import EmbeddedError, tail
from helpdesk.embedded.identity import check_owner
from helpdesk.embedded.instance import Instance
from helpdesk.embedded.processes import end_leftovers, free_port, wait_until
from helpdesk.embedded.secrets import load_or_make, write_private
from helpdesk.embedded.supervision import Child, Supervisor
from helpdesk.embedded.valkey import ping
from helpdesk.environment import BASE_DIR, data_dir, is_on, with_secret_files
from helpdesk.watching.health import ALIVE_FILE

STEPS = 9
WEB_SECONDS = 60.0
HANGING_SECONDS = 90.0
LARGE_LOG = 5_000_000


class StopRequested(BaseException):
    """Ctrl-C, `make stop` or a closed terminal."""


def say(text: str) -> None:
    """A line on the terminal; a terminal that has gone does not stop us."""
    with suppress(OSError):
        print(text, flush=True)


@contextmanager
def step(number: int, title: str) -> Iterator[None]:
    """Announce a step and, at its end, how long it took."""
    print(f"[{number}/{STEPS}] {title} … ", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f"{time.monotonic() - began:.1f} s")


def request_stop(number: int, frame: FrameType | None) -> None:
    """Signal handler. While it stops, further signals are ignored: every process ends within its own patience, and
    `kill -9` remains; what it leaves, the next start clears away."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise StopRequested


class Run:
    """One run of the product, from the first step to the last process."""

    def __init__(self, run_dir: Path) -> None:
        self.instance = Instance(run_dir)
        self.run_dir = run_dir
        self.supervisor = Supervisor(say)
        self.stack: stack.Stack

    def open(self) -> None:
        """Take the folder, clear what a killed run left, decide whose servers are used."""
        self.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        check_owner(self.run_dir)
        self.instance.hold()
        self.instance.describe("")
        if found := end_leftovers(str(self.run_dir)):
            say(f"A run that was killed had left {found} processes; they are ended.")
        self._put_large_logs_aside()
        secrets = load_or_make(self.run_dir / "secrets.json")
        demo = is_on(os.environ, "HELPDESK_DEMO", default=True)
        self.stack = stack.Stack.from_environment(self.run_dir, secrets, demo=demo)

    def close(self) -> None:
        """Stop what runs and let the next run begin."""
        self.supervisor.stop()
        # A run that was refused must not take away the note of the one that refused it.
        if self.instance.is_held:
            (self.run_dir / "environment.json").unlink(missing_ok=True)
            self.instance.release()

    def prepare(self, *, afresh: bool = False) -> None:
        """Steps 1 to 8: servers, roles, schema, static files, terms, demo data. ``afresh`` drops what was there."""
        self._start_servers()
        if afresh or self._demo_is_half_loaded():
            self._drop_database()
        with step(3, "Making roles, database and rights"):
            self._provision()
        with step(4, "Compiling translations"):
            compile_catalogues()
        write_private(self.run_dir / "environment.json", json.dumps(self.stack.shared_environment(), indent=1))
        self._manage("migrate", "prepare", "schema", "static", "terms", "--first=5", f"--total={STEPS}")
        self._load_demo()

    def choose_address(self, host: str, preferred_port: int) -> int:
        """The port to serve on; from now on links in mails lead there."""
        port = free_port(preferred_port, host=host.strip("[]"))
        self.stack.serve_at(host, port)
        return port

    def serve(self, host: str, port: int) -> str:
        """Step 9: web server, worker and beat; returns the address once it answers."""
        (self.run_dir / ALIVE_FILE).unlink(missing_ok=True)
        address = self.stack.public_url
        with step(STEPS, "Starting web server, worker and beat"):
            self._start_child("web", stack.web_command(host, port), "web")
            self._start_child("worker", stack.worker_command(), "worker", patience=8.0)
            self._start_child("beat", stack.beat_command(self.run_dir), "worker")
            self._wait_for_web(f"{address}/")
        self.instance.describe(address)
        return address

    def watch(self) -> None:
        """Look after everything until somebody wants it to end."""
        self.supervisor.find_hanging = self._hanging
        self.supervisor.watch()

    def _drop_database(self) -> None:
        """Remove the embedded database with its attachments and mail. Raises EmbeddedError for an external one."""
        postgres = self.stack.postgres
        if postgres is None:
            raise EmbeddedError("DATABASE_URL is set: an external database is not dropped from here.")
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(stack.DATABASE))
            connection.execute(drop)
        for name in ("attachments", "mail"):
            shutil.rmtree(self.run_dir / name, ignore_errors=True)
        self._half_loaded.unlink(missing_ok=True)
        say("The old data is dropped.")

    def show_sign_ins(self) -> None:
        """The demo accounts, as their own command lists them."""
        if self.stack.demo:
            subprocess.run(stack.manage("demo_accounts"), env=self.stack.environment("worker"), check=False)

    def _start_servers(self) -> None:
        postgres, valkey = self.stack.postgres, self.stack.valkey
        if postgres is None:
            say(f"[1/{STEPS}] Using the PostgreSQL of DATABASE_URL")
        else:
            first = "" if (postgres.cluster / "PG_VERSION").exists() else " for the first time"
            with step(1, f"Starting PostgreSQL {postgres.binaries.version}{first}"):
                self.supervisor.start("PostgreSQL", postgres, postgres.log)
        if valkey is None:
            say(f"[2/{STEPS}] Using the Valkey or Redis of REDIS_URL")
        else:
            with step(2, "Starting Valkey"):
                self.supervisor.start("Valkey", valkey, valkey.log)

    def _provision(self) -> None:
        """Ours always; an external server only when its administrator's address is given."""
        if self.stack.postgres is not None:
            provisioning.provision(self.stack.postgres.url(), stack.DATABASE, self.stack.passwords())
        elif os.environ.get("DATABASE_ADMIN_URL"):
            self._manage("migrate", "provision")

    def _load_demo(self) -> None:
        if not self.stack.demo:
            say(f"[8/{STEPS}] No demo data (HELPDESK_DEMO=0)")
        elif self._is_empty():
            say(f"[8/{STEPS}] Loading demo data, the first time only")
            self._half_loaded.touch()
            self._manage("worker", "load_demo")
            self._half_loaded.unlink()
        else:
            say(f"[8/{STEPS}] The database has data; demo data is left as it is")

    @property
    def _half_loaded(self) -> Path:
        """Stands while demo data is loaded, and afterwards if that was interrupted."""
        return self.run_dir / "demo.loading"

    def _demo_is_half_loaded(self) -> bool:
        """Half a story would look like data; in our own database it begins again."""
        if not self._half_loaded.exists():
            return False
        if self.stack.postgres is None:
            raise EmbeddedError(
                "Loading the demo data was interrupted, and DATABASE_URL names a server of yours. Drop that database, "
                f"make it again with `manage.py provision`, and remove {self._half_loaded}."
            )
        say("The last loading of demo data was interrupted; it begins again.")
        return True

    def _is_empty(self) -> bool:
        question = "SELECT EXISTS (SELECT 1 FROM tickets_ticket) OR EXISTS (SELECT 1 FROM accounts_user)"
        with psycopg.connect(self.stack.environment("migrate")["DATABASE_MIGRATE_URL"]) as connection:
            row = connection.execute(question).fetchone()
        return row is not None and not row[0]

    def _manage(self, process: str, *arguments: str) -> None:
        answer = subprocess.run(
            stack.manage(*arguments), cwd=BASE_DIR, env=self.stack.environment(process), check=False
        )
        if answer.returncode != 0:
            raise EmbeddedError(f"`manage.py {arguments[0]}` failed; what it said stands above.")

    def _start_child(self, name: str, command: list[str], process: str, patience: float = 6.0) -> None:
        log = self.stack.log(name)
        child = Child(command, self.stack.environment(process), BASE_DIR, log, patience)
        self.supervisor.start(name, child, log)

    def _wait_for_web(self, address: str) -> None:
        web = next(entry for entry in self.supervisor.watched if entry.name == "web")
        wait_until(lambda: _answers(address) or not web.service.is_running(), seconds=WEB_SECONDS, every=0.05)
        if not web.service.is_running() or not _answers(address):
            raise EmbeddedError(f"The web server does not answer. The end of {web.log}:\n{tail(web.log)}")

    def _hanging(self) -> list[str]:
        """Worker and beat, when the task that proves them alive has not come through although the broker answers."""
        try:
            age = time.time() - (self.run_dir / ALIVE_FILE).stat().st_mtime
        except FileNotFoundError:
            age = float("inf")
        if min(age, self.supervisor.since("worker"), self.supervisor.since("beat")) < HANGING_SECONDS:
            return []
        host, port, password = self.stack.broker_place()
        return ["worker", "beat"] if ping(port, password, host) else []

    def _put_large_logs_aside(self) -> None:
        logs = self.run_dir / "logs"
        logs.mkdir(exist_ok=True, mode=0o700)
        for log in logs.glob("*.log"):
            if log.stat().st_size > LARGE_LOG:
                log.replace(log.with_suffix(".log.old"))


def _answers(address: str) -> bool:
    """Whether a page comes back; an error page of the server's own does not count."""
    # No proxy of the surroundings knows our own address.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(address, timeout=10).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def start(run: Run, host: str, port: int) -> None:
    """Everything, until it is stopped."""
    began = time.monotonic()
    run.open()
    free = run.choose_address(host, port)
    run.prepare()
    address = run.serve(host, free)
    say(f"\nThe helpdesk runs at {address}  (ready in {time.monotonic() - began:.1f} s)")
    run.show_sign_ins()
    say(f"Logs: {run.run_dir / 'logs'}   Ctrl-C stops everything.")
    run.watch()


def demo_reset(run: Run) -> None:
    """Drop the demo data and load it again; the product must not be running."""
    run.open()
    run.prepare(afresh=True)
    say("The demo data is new. Start with `make run`.")


def stop_running(run_dir: Path) -> None:
    """End the run of another terminal."""
    began = time.monotonic()
    address = Instance(run_dir).stop_other()
    say(f"Stopped{' ' + address if address else ''} in {time.monotonic() - began:.1f} s.")


def guarded(run: Run, work: Callable[[], None]) -> int:
    """Do the work, and whatever happens stop all processes; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request_stop)
    status = 0
    try:
        work()
    except StopRequested:
        say("\nStopping …")
    except (EmbeddedError, provisioning.ProvisioningError, psycopg.Error, OSError) as error:
        say(f"\n{error}")
        status = 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        began = time.monotonic()
        run.close()
    if status == 0:
        say(f"All is stopped ({time.monotonic() - began:.1f} s).")
    return status


def main() -> int:
    """Parse the word on the command line and do it."""
    os.umask(0o077)
    os.environ.update(with_secret_files())
    parser = argparse.ArgumentParser(prog="python -m helpdesk.run", description=__doc__)
    parser.add_argument("action", nargs="?", default="start", choices=["start", "stop", "demo-reset"])
    parser.add_argument("--host", default=os.environ.get("HOST_ADDRESS", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    options = parser.parse_args()
    run_dir = data_dir() / "run"
    run = Run(run_dir)
    if options.action == "stop":
        try:
            stop_running(run_dir)
        except EmbeddedError as error:
            say(str(error))
            return 1
        return 0
    if options.action == "demo-reset":
        return guarded(run, lambda: demo_reset(run))
    return guarded(run, lambda: start(run, options.host, options.port))


if __name__ == "__main__":
    sys.exit(main())
