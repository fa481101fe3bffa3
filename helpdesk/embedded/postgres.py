"""One PostgreSQL server of our own: made, started, stopped, and found again after a crash."""

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from helpdesk.embedded.binaries import PostgresBinaries, find_postgres
from helpdesk.embedded.errors import EmbeddedError, tail
from helpdesk.embedded.identity import Quarters, choose_quarters
from helpdesk.embedded.processes import (
    command_line,
    end_by_number,
    free_port,
    launch_command,
    spawn,
    stop,
    wait_until,
)
from helpdesk.embedded.secrets import write_private

SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
# Loopback only, no socket file (its path may be too long), and little memory: a laptop has other work.
FIXED_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_wal_size": "256MB",
    "log_min_messages": "warning",
}
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class PostgresServer:
    """A server whose data is under ``home``. ``durable=False`` is for tests: a power cut may lose everything."""

    home: Path
    password: str
    log: Path
    durable: bool = True
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _quarters: Quarters | None = field(default=None, init=False)

    @property
    def quarters(self) -> Quarters:
        """Where and as whom it runs; decided at the first question."""
        if self._quarters is None:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._quarters = choose_quarters(find_postgres(), self.home)
        return self._quarters

    @property
    def binaries(self) -> PostgresBinaries:
        """The installation that serves."""
        return self.quarters.binaries

    @property
    def cluster(self) -> Path:
        """The data folder proper."""
        return self.quarters.home / "cluster"

    def url(self, login: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """Address for a login (the superuser's unless told otherwise)."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{login}:{secret}@127.0.0.1:{self.port}/{database}"

    def is_running(self) -> bool:
        """Whether the process that we started lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Clear what a crash left, make the cluster at the first time, start and wait until it answers.

        Raises EmbeddedError with the end of the log.
        """
        self._check_version()
        self._end_orphan()
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise()
        for _attempt in range(3):
            self.port = free_port(self.port or None)
            self._spawn()
            if self._wait_ready():
                return
            self.stop()
        raise EmbeddedError(f"PostgreSQL did not start. The end of {self.log}:\n{tail(self.log)}")

    def stop(self) -> None:
        """Fast shutdown: connections are cut, everything committed is on disk."""
        if self.process is not None:
            stop(self.process, polite=signal.SIGINT, patience=STOP_SECONDS)
            self.process = None

    def _check_version(self) -> None:
        try:
            found = (self.cluster / "PG_VERSION").read_text().strip()
        except OSError:
            return
        if found != str(self.binaries.major):
            raise EmbeddedError(
                f"The data in {self.cluster} was written by PostgreSQL {found}; this is {self.binaries.version}.\n"
                "Use that version again, or set the folder aside to start afresh (docs/operations.md)."
            )

    def _initialise(self) -> None:
        """initdb beside the final place, so that an interrupted one is never taken for a cluster."""
        unfinished = self.quarters.home / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        secret = self.quarters.home / "superuser.password"
        write_private(secret, self.password + "\n")
        os.chown(secret, self.quarters.owner, -1)
        program = [
            str(self.binaries.folder / "initdb"), f"--pgdata={unfinished}", f"--username={SUPERUSER}",
            "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--data-checksums",
            *self._locale_options(), *([] if self.durable else ["--no-sync"]),
        ]  # fmt: skip
        command = launch_command(program, identity=self.quarters.identity)
        try:
            answer = subprocess.run(command, capture_output=True, text=True, env=self._environ(), cwd="/", check=False)
        finally:
            secret.unlink()
        if answer.returncode != 0:
            raise EmbeddedError(f"initdb failed:\n{answer.stdout[-1000:]}\n{answer.stderr[-1000:]}")
        unfinished.rename(self.cluster)

    def _locale_options(self) -> list[str]:
        # The built-in provider sorts and folds alike on every machine.
        if self.binaries.major >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _environ(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _spawn(self) -> None:
        settings = FIXED_SETTINGS | ({} if self.durable else FAST_SETTINGS) | {"port": str(self.port)}
        program = [str(self.binaries.folder / "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            program += ["-c", f"{name}={value}"]
        self.process = spawn(
            program,
            log=self.log,
            environ=self._environ(),
            identity=self.quarters.identity,
            death_signal=signal.SIGINT,
            folder=Path("/"),
        )

    def _wait_ready(self) -> bool:
        def settled() -> bool:
            return not self.is_running() or self._status() == "ready"

        return wait_until(settled, seconds=START_SECONDS) and self.is_running()

    def _status(self) -> str:
        """The server's own word on its state, if the note is this server's."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return ""
        ours = self.process is not None and lines[:1] == [str(self.process.pid)]
        return lines[7].strip() if ours and len(lines) > 7 else ""

    def _end_orphan(self) -> None:
        """Stop a server that a killed run left on this data, and remove a note whose process is somebody else."""
        note = self.cluster / "postmaster.pid"
        try:
            pid = int(note.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        arguments = command_line(pid)
        if str(self.cluster) in arguments and any("postgres" in argument for argument in arguments[:1]):
            end_by_number(pid, polite=signal.SIGINT, patience=STOP_SECONDS)
        with contextlib.suppress(FileNotFoundError):
            note.unlink()
