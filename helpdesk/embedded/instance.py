"""One run per data folder: a lock that dies with its holder, and a note that says where it runs."""

import fcntl
import json
import os
import signal
from pathlib import Path

from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.processes import started_at, wait_until
from helpdesk.embedded.secrets import write_private

STOP_SECONDS = 60.0


class Instance:
    """The run of one data folder. Hold it while running."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    @property
    def _note(self) -> Path:
        return self.folder / "instance.json"

    @property
    def is_held(self) -> bool:
        """Whether we are the run of this folder."""
        return self._lock is not None

    def hold(self) -> None:
        """Become the run of this folder. Raises EmbeddedError naming the one that is."""
        if self._try_lock():
            return
        note = self.note()
        where = f" at {note['address']}" if note.get("address") else " (it is still starting)"
        number = f", process {note['pid']}" if note.get("pid") else ""
        raise EmbeddedError(f"The helpdesk already runs{where}{number}. Use it, or stop it with `make stop`.")

    def describe(self, address: str) -> None:
        """Say who we are and, once it is known, where we answer."""
        note = {"pid": os.getpid(), "started": started_at(os.getpid()), "address": address}
        write_private(self._note, json.dumps(note))

    def note(self) -> dict[str, str]:
        """What the running or last run said of itself."""
        try:
            content = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def release(self) -> None:
        """Let the next run begin."""
        if self._lock is not None:
            self._note.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def is_running(self) -> bool:
        """Whether somebody holds the folder."""
        if self.is_held:
            return True
        if not self._try_lock():
            return True
        os.close(self._lock or 0)
        self._lock = None
        return False

    def stop_other(self) -> str:
        """End the run that holds the folder; returns what its address was. Raises EmbeddedError when there is none."""
        if not self.folder.is_dir() or not self.is_running():
            raise EmbeddedError("Nothing runs here. Start it with `make run`.")
        note = self.note()
        pid = int(note.get("pid") or 0)
        if not pid or started_at(pid) != note.get("started"):
            raise EmbeddedError("It is only just starting; try again in a moment.")
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: not self.is_running(), seconds=STOP_SECONDS, every=0.1):
            raise EmbeddedError(f"Process {pid} does not end. Its logs are in {self.folder / 'logs'}.")
        return str(note.get("address") or "")

    def _try_lock(self) -> bool:
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True
