"""One Valkey server of our own. It keeps nothing: what it knew before a stop is found again in PostgreSQL."""

import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from helpdesk.embedded.binaries import find_valkey
from helpdesk.embedded.errors import EmbeddedError, tail
from helpdesk.embedded.processes import free_port, spawn, stop, wait_until

START_SECONDS = 15.0


@dataclass
class ValkeyServer:
    """A server on the loopback with a password; its working folder is ``home``."""

    home: Path
    password: str
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Address with the password, database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def is_running(self) -> bool:
        """Whether the process that we started lives."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start on a free port (the last one if it is still free); raises EmbeddedError with the end of the log."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        program = find_valkey()
        for _attempt in range(3):
            self.port = free_port(self.port or None)
            self.process = spawn(
                [str(program), "-"],
                log=self.log,
                environ={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                folder=self.home,
                given=self._configuration().encode(),
            )
            settled = wait_until(lambda: not self.is_running() or self.answers(), seconds=START_SECONDS)
            if settled and self.is_running():
                return
            self.stop()
        raise EmbeddedError(f"Valkey did not start. The end of {self.log}:\n{tail(self.log)}")

    def stop(self) -> None:
        """Stop; nothing is saved."""
        if self.process is not None:
            stop(self.process, polite=signal.SIGTERM, patience=5.0)
            self.process = None

    def answers(self) -> bool:
        """Whether it says PONG within a second."""
        return ping(self.port, self.password)

    def _configuration(self) -> str:
        return (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            'save ""\nappendonly no\nmaxmemory 64mb\nmaxmemory-policy noeviction\n'
        )


def ping(port: int, password: str, host: str = "127.0.0.1") -> bool:
    """Whether a server answers there within a second."""
    question = f"AUTH {password}\r\nPING\r\n" if password else "PING\r\n"
    try:
        with socket.create_connection((host, port), timeout=1.0) as link:
            link.sendall(question.encode())
            answer = b""
            while b"PONG" not in answer and b"-" not in answer:
                piece = link.recv(256)
                if not piece:
                    break
                answer += piece
    except OSError:
        return False
    return b"PONG" in answer
