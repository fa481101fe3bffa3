"""Child processes: started so that they cannot outlive us, told apart from strangers that reuse their number."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
MARK = "HELPDESK_INSTANCE"
_PROC = Path("/proc")


def launch_command(
    program: Sequence[str], *, identity: Sequence[str] = (), death_signal: int | None = None
) -> list[str]:
    """The command line that runs ``program`` through the launcher."""
    command = [sys.executable, "-I", "-S", str(LAUNCHER), *identity]
    if death_signal is not None:
        command += ["--parent", str(os.getpid()), "--signal", str(int(death_signal))]
    return [*command, "--", *program]


def spawn(
    program: Sequence[str],
    *,
    log: Path,
    environ: Mapping[str, str],
    identity: Sequence[str] = (),
    death_signal: int = signal.SIGTERM,
    folder: Path | None = None,
    given: bytes | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``program`` in a process group of its own, writing to ``log``; the kernel signals it when we die.

    ``given`` goes to its standard input, so that a secret never stands in a command line.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            launch_command(program, identity=identity, death_signal=death_signal),
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd=folder,
            start_new_session=True,
        )
    if given is not None and process.stdin is not None:
        process.stdin.write(given)
        process.stdin.close()
    return process


def stop(process: subprocess.Popen[bytes], *, polite: int = signal.SIGTERM, patience: float = 5.0) -> None:
    """Ask, wait ``patience`` seconds, then kill the whole group. Returns when the process is gone."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(polite)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def command_line(pid: int) -> list[str]:
    """Arguments of a running process; empty when there is none (or no /proc to ask, then from ps)."""
    try:
        return [part.decode(errors="replace") for part in (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")]
    except OSError:
        pass
    if _PROC.joinpath("self").exists():
        return []
    answer = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return answer.stdout.split()


def started_at(pid: int) -> str:
    """When a process began, in the kernel's own count; two processes with one number differ in it. Empty if gone."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except (OSError, IndexError):
        pass
    if _PROC.joinpath("self").exists():
        return ""
    answer = subprocess.run(["ps", "-p", str(pid), "-o", "lstart="], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Whether ``condition`` came true within ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def end_by_number(pid: int, *, polite: int = signal.SIGTERM, patience: float = 10.0) -> None:
    """End a process that is not our child: ask, wait, kill. The caller has made sure who it is."""
    began = started_at(pid)
    for number, seconds in ((polite, patience), (signal.SIGKILL, 5.0)):
        if not began or started_at(pid) != began:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_until(lambda: started_at(pid) != began, seconds=seconds)


def leftovers(mark: str) -> list[int]:
    """Processes that a killed run of the same folder left behind: they carry its mark in their environment."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in _PROC.glob("[0-9]*"):
        pid = int(entry.name)
        with contextlib.suppress(OSError):
            if pid != os.getpid() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def end_leftovers(mark: str) -> int:
    """End every leftover, politely first; returns how many there were."""
    found = leftovers(mark)
    for number, seconds in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        for pid in leftovers(mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_until(lambda: not leftovers(mark), seconds=seconds, every=0.1):
            break
    return len(found)


def free_port(preferred: int | None = None, *, attempts: int = 50, host: str = "127.0.0.1") -> int:
    """A port of ``host`` that nobody holds: the preferred one, the next free after it, or any. Raises OSError, also
    where ``host`` is no address of this machine."""
    candidates = [0] if preferred is None else [*range(preferred, preferred + attempts), 0]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in candidates:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: a port in TIME_WAIT is free, one that somebody listens on is not.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"No port of {host} is free, or it is no address of this machine.")
