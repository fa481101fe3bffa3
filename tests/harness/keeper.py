"""Keeps one PostgreSQL server for every test process of this checkout, and ends it when the last one has gone.

    python -m tests.harness.keeper FOLDER

Test processes hold a shared lock on FOLDER/holders. When the keeper gets it alone, nobody is left, killed or finished.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.processes import started_at
from helpdesk.embedded.secrets import load_or_make, write_private
from tests.harness.locks import take_if_unused

NOTE = "server.json"
POLL_SECONDS = 0.2


def _write_note(folder: Path, server: PostgresServer) -> None:
    note = {"url": server.url(), "pid": os.getpid(), "started": started_at(os.getpid())}
    write_private(folder / NOTE, json.dumps(note))


def _stop_requested(number: int, frame: object) -> None:
    raise SystemExit(0)


def keep(folder: Path) -> None:
    """Start, write the note, wait for the last holder, stop."""
    signal.signal(signal.SIGTERM, _stop_requested)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    password = load_or_make(folder / "secrets.json")["superuser"]
    server = PostgresServer(folder / "postgres", password, folder / "postgres.log", durable=False)
    server.start()
    try:
        _write_note(folder, server)
        while take_if_unused(folder / "holders") is None:
            if not server.is_running():
                server.start()
                _write_note(folder, server)
            time.sleep(POLL_SECONDS)
    finally:
        (folder / NOTE).unlink(missing_ok=True)
        server.stop()


if __name__ == "__main__":
    os.umask(0o077)
    keep(Path(sys.argv[1]))
