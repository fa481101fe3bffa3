"""Child processes end with us and are never mistaken for strangers."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpdesk.embedded import processes
from helpdesk.environment import BASE_DIR

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def start(program: list[str], log: Path, **environ: str) -> subprocess.Popen[bytes]:
    """Spawn with this process's variables and some more."""
    return processes.spawn(program, log=log, environ=os.environ | environ)


def test_child_of_a_killed_parent_dies_too(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, sys, time; from pathlib import Path; from helpdesk.embedded import processes\n"
            f"child = processes.spawn({SLEEP!r}, log=Path(sys.argv[1]), environ=os.environ)\n"
            "print(child.pid, flush=True); time.sleep(60)",
            str(tmp_path / "log"),
        ],
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    # Past the launcher, which asks for the signal before it becomes the program.
    assert processes.wait_until(lambda: processes.command_line(child)[:2] == SLEEP[:2], seconds=10)
    parent.kill()
    parent.wait()
    assert processes.wait_until(lambda: not processes.started_at(child), seconds=5)


def test_stop_ends_a_child_that_ignores_the_request_and_its_grandchild(tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"print(subprocess.Popen({SLEEP!r}).pid, flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    child = start([sys.executable, "-c", code], log)
    assert processes.wait_until(lambda: log.read_text().strip() != "", seconds=10)
    grandchild = int(log.read_text())
    processes.stop(child, patience=0.3)
    assert child.returncode == -signal.SIGKILL
    assert processes.wait_until(lambda: not processes.started_at(grandchild), seconds=5)


def test_stop_of_an_ended_child_is_quiet(tmp_path: Path) -> None:
    child = start([sys.executable, "-c", "pass"], tmp_path / "log")
    child.wait()
    processes.stop(child)
    assert child.returncode == 0


def test_leftovers_are_those_with_the_mark_and_nobody_else(tmp_path: Path) -> None:
    marked = start(SLEEP, tmp_path / "a", **{processes.MARK: str(tmp_path)})
    other = start(SLEEP, tmp_path / "b", **{processes.MARK: str(tmp_path) + "x"})
    try:
        assert processes.wait_until(lambda: processes.leftovers(str(tmp_path)) == [marked.pid], seconds=10)
        assert processes.end_leftovers(str(tmp_path)) == 1
        assert marked.wait(5) != 0
        assert other.poll() is None
    finally:
        processes.stop(marked, patience=0)
        processes.stop(other, patience=0)


def test_end_by_number_spares_a_number_that_has_gone() -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    processes.end_by_number(gone.pid)
    assert processes.started_at(gone.pid) == ""
    assert processes.command_line(gone.pid) == []


def test_two_processes_differ_in_when_they_started(tmp_path: Path) -> None:
    mine = processes.started_at(os.getpid())
    time.sleep(0.05)
    child = start(SLEEP, tmp_path / "log")
    try:
        assert mine
        assert processes.started_at(child.pid) not in {"", mine}
    finally:
        processes.stop(child, patience=0)


def test_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert processes.free_port(port) != port
    assert processes.free_port(port) == port


def test_secret_on_standard_input_is_not_in_the_command_line(tmp_path: Path) -> None:
    code = "import sys, time; print(sys.stdin.read(), flush=True); time.sleep(60)"
    log = tmp_path / "log"
    child = processes.spawn([sys.executable, "-c", code], log=log, environ=os.environ, given=b"sesame")
    try:
        assert processes.wait_until(lambda: "sesame" in log.read_text(), seconds=10)
        assert "sesame" not in " ".join(processes.command_line(child.pid))
    finally:
        processes.stop(child, patience=0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another identity")
def test_identity_changes_before_the_program_runs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import os; print(os.geteuid(), os.getegid(), os.getgroups(), flush=True)"
    child = processes.spawn(
        ["/usr/bin/env", "python3", "-c", code] if Path("/usr/bin/python3").exists() else [sys.executable, "-c", code],
        log=log,
        environ={"PATH": "/usr/bin:/bin"},
        identity=("--uid", "65534", "--gid", "65534"),
        folder=Path("/"),
    )
    child.wait(10)
    assert log.read_text().strip() == "65534 65534 []"
