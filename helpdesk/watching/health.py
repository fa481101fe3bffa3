"""Whether a container does its work: ``python -m helpdesk.watching.health web|worker|beat``; status 0 or 1."""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from helpdesk.environment import data_dir

ALIVE_SECONDS = 90.0
"""The worker touches its file at every call of beat; after this long the chain of beat, broker and worker is broken."""
ALIVE_FILE = "worker.alive"


def web_answers(port: int) -> bool:
    """Whether requests can be served; a missing broker does not count."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/readyz", timeout=4) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def worker_is_alive(run_dir: Path) -> bool:
    """Whether a task of beat's came through lately; it shows beat as much as the worker."""
    try:
        return time.time() - (run_dir / ALIVE_FILE).stat().st_mtime < ALIVE_SECONDS
    except OSError:
        return False


def main() -> int:
    """Answer for the role named on the command line, and say what is wrong."""
    role = sys.argv[1] if len(sys.argv) > 1 else ""
    if role == "web":
        healthy, reason = web_answers(int(os.environ.get("PORT") or 8000)), "the web server does not answer /readyz"
    elif role in {"worker", "beat"}:
        run_dir = data_dir() / "run"
        healthy, reason = worker_is_alive(run_dir), f"no task came through for {ALIVE_SECONDS:.0f} s"
    else:
        healthy, reason = False, f"there is no role {role!r}; there are web, worker and beat"
    if not healthy:
        sys.stderr.write(f"{reason}\n")
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main())
