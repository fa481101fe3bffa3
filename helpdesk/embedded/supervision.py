"""Keeps the processes of a run alive: what dies is started again, later each time; what hangs is ended first."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.processes import spawn, stop

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
SETTLED_SECONDS = 60.0
POLL_SECONDS = 0.3


class Service(Protocol):
    """Something that runs until it is stopped."""

    def start(self) -> None:
        """Start it; may raise EmbeddedError."""

    def stop(self) -> None:
        """End it and its children."""

    def is_running(self) -> bool:
        """Whether its process lives."""


@dataclass
class Child:
    """A process of the product: web server, worker or beat."""

    command: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    log: Path
    patience: float = 5.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; returns at once."""
        self.process = spawn(self.command, log=self.log, environ=self.environ, folder=self.folder)

    def ask_to_stop(self) -> None:
        """SIGTERM without waiting, so that several can come to their end together."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """SIGTERM, patience, SIGKILL to the group."""
        if self.process is not None:
            stop(self.process, patience=self.patience)
            self.process = None

    def is_running(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Watched:
    """A service with the history that decides when it may be started again."""

    name: str
    service: Service
    log: Path
    started: float = 0.0
    failures: int = 0
    next_try: float = 0.0

    def start(self) -> None:
        """Start, and remember when."""
        self.service.start()
        self.started = time.monotonic()

    def delay(self) -> float:
        """Seconds until the next attempt: 1, 2, 4 … 30; from the beginning after a quiet minute."""
        return float(min(FIRST_DELAY * 2**self.failures, LONGEST_DELAY))


@dataclass
class Supervisor:
    """Services in the order in which they start; they stop in the opposite order."""

    say: Callable[[str], None]
    watched: list[Watched] = field(default_factory=list)
    # Names of services that hang although their process lives; asked once a second.
    find_hanging: Callable[[], list[str]] = list

    def start(self, name: str, service: Service, log: Path) -> None:
        """Start a service and watch it from now on."""
        entry = Watched(name, service, log)
        self.watched.append(entry)
        entry.start()

    def since(self, name: str) -> float:
        """Seconds since the service was last started."""
        return time.monotonic() - next(entry.started for entry in self.watched if entry.name == name)

    def watch(self) -> None:
        """Look after the services for ever; leave it by an exception."""
        last_question = time.monotonic()
        while True:
            for entry in self.watched:
                self._look_after(entry)
            if time.monotonic() - last_question >= 1.0:
                last_question = time.monotonic()
                self._end_hanging()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop everything, the last started first."""
        for entry in self.watched:
            if isinstance(entry.service, Child):
                entry.service.ask_to_stop()
        for entry in reversed(self.watched):
            entry.service.stop()
        self.watched.clear()

    def _look_after(self, entry: Watched) -> None:
        if entry.service.is_running():
            if entry.failures and time.monotonic() - entry.started > SETTLED_SECONDS:
                entry.failures = 0
            return
        if not entry.next_try:
            delay = entry.delay()
            entry.next_try = time.monotonic() + delay
            entry.failures += 1
            self.say(f"{entry.name} ended; starting it again in {delay:.0f} s (see {entry.log}).")
        if time.monotonic() >= entry.next_try:
            self._restart(entry)

    def _restart(self, entry: Watched) -> None:
        entry.next_try = 0.0
        # A dead parent may have left children; they would hold ports and connections.
        entry.service.stop()
        try:
            entry.start()
        except EmbeddedError as error:
            self.say(f"{entry.name}: {error}")

    def _end_hanging(self) -> None:
        for name in self.find_hanging():
            entry = next(entry for entry in self.watched if entry.name == name)
            self.say(f"{name} hangs; starting it again (see {entry.log}).")
            entry.service.stop()
            entry.next_try = time.monotonic()
