"""What dies is started again, what hangs is ended, and two runs of one folder never meet."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.instance import Instance
from helpdesk.embedded.processes import wait_until
from helpdesk.embedded.supervision import Child, Supervisor, Watched
from helpdesk.environment import BASE_DIR


class Enough(Exception):
    """Leaves the endless watch."""


def watch_until(supervisor: Supervisor, done: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Watch as `make run` does, until ``done``; fails after ``seconds``."""
    end = time.monotonic() + seconds
    hanging = supervisor.find_hanging
    look_after = supervisor._look_after

    def step(entry: Watched) -> None:
        look_after(entry)
        if done():
            raise Enough
        assert time.monotonic() < end, "it did not happen in time"

    supervisor._look_after = step  # type: ignore[method-assign]
    supervisor.find_hanging = hanging
    with pytest.raises(Enough):
        supervisor.watch()


def sleeper(tmp_path: Path) -> Child:
    """A process that does nothing for a minute."""
    return Child([sys.executable, "-c", "import time; time.sleep(60)"], os.environ, tmp_path, tmp_path / "log", 1.0)


def test_killed_child_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    child = sleeper(tmp_path)
    supervisor = Supervisor(said.append)
    supervisor.start("worker", child, child.log)
    try:
        assert child.process is not None
        first = child.process.pid
        child.process.kill()
        watch_until(supervisor, lambda: child.is_running() and child.process is not None and child.process.pid != first)
        assert said == [f"worker ended; starting it again in 1 s (see {child.log})."]
    finally:
        supervisor.stop()
    assert not child.is_running()


def test_delays_double_up_to_half_a_minute_and_begin_anew() -> None:
    entry = Watched("x", Child([], {}, Path(), Path()), Path())
    delays = []
    for entry.failures in range(8):
        delays.append(entry.delay())
    assert delays == [1, 2, 4, 8, 16, 30, 30, 30]


@dataclass
class Stumbling:
    """A service that fails to start a few times."""

    failures: int
    attempts: list[float] = field(default_factory=list)
    running: bool = False

    def start(self) -> None:
        self.attempts.append(time.monotonic())
        if len(self.attempts) > 1 and len(self.attempts) <= 1 + self.failures:
            raise EmbeddedError("no port")
        self.running = True

    def stop(self) -> None:
        self.running = False

    def is_running(self) -> bool:
        return self.running


def test_service_that_cannot_start_is_tried_again_and_the_reason_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    service = Stumbling(failures=1)
    supervisor = Supervisor(said.append)
    supervisor.start("Valkey", service, tmp_path / "log")
    service.running = False
    watch_until(supervisor, lambda: service.running, seconds=15)
    assert len(service.attempts) == 3
    assert service.attempts[2] - service.attempts[1] >= 2
    assert "Valkey: no port" in said


def test_hanging_child_is_replaced_at_once(tmp_path: Path) -> None:
    said: list[str] = []
    child = sleeper(tmp_path)
    supervisor = Supervisor(said.append)
    supervisor.start("beat", child, child.log)
    assert child.process is not None
    first = child.process.pid
    answers = [["beat"]]
    supervisor.find_hanging = lambda: answers.pop() if answers else []
    try:
        watch_until(supervisor, lambda: child.is_running() and child.process is not None and child.process.pid != first)
        assert said == [f"beat hangs; starting it again (see {child.log})."]
    finally:
        supervisor.stop()


def test_services_stop_in_the_opposite_order(tmp_path: Path) -> None:
    order: list[str] = []

    @dataclass
    class Named:
        name: str

        def start(self) -> None:
            order.append(f"start {self.name}")

        def stop(self) -> None:
            order.append(f"stop {self.name}")

        def is_running(self) -> bool:
            return True

    supervisor = Supervisor(print)
    for name in ("database", "broker", "web"):
        supervisor.start(name, Named(name), tmp_path / name)
    supervisor.stop()
    assert order == ["start database", "start broker", "start web", "stop web", "stop broker", "stop database"]
    supervisor.stop()
    assert len(order) == 6


HOLD = """
import sys, time
from pathlib import Path
from helpdesk.embedded.instance import Instance
instance = Instance(Path(sys.argv[1])); instance.hold(); instance.describe("http://127.0.0.1:8123")
print("held", flush=True); time.sleep(60)
"""


def hold_elsewhere(folder: Path) -> subprocess.Popen[str]:
    """Another process that runs in this folder."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_second_run_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    holder = hold_elsewhere(tmp_path)
    try:
        with pytest.raises(EmbeddedError, match=rf"already runs at http://127.0.0.1:8123, process {holder.pid}"):
            Instance(tmp_path).hold()
    finally:
        holder.kill()
        holder.wait()


def test_killed_run_blocks_nobody(tmp_path: Path) -> None:
    holder = hold_elsewhere(tmp_path)
    holder.kill()
    holder.wait()
    instance = Instance(tmp_path)
    assert not instance.is_running()
    instance.hold()
    assert instance.is_running()
    instance.release()
    assert not instance.is_running()


def test_stop_from_another_terminal_ends_the_run(tmp_path: Path) -> None:
    holder = hold_elsewhere(tmp_path)
    assert Instance(tmp_path).stop_other() == "http://127.0.0.1:8123"
    assert wait_until(lambda: holder.poll() is not None, seconds=5)


def test_stop_without_a_run_says_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "never"):
        with pytest.raises(EmbeddedError, match="Nothing runs here"):
            Instance(folder).stop_other()


def test_stop_never_hits_a_stranger_with_the_same_number(tmp_path: Path) -> None:
    holder = hold_elsewhere(tmp_path)
    try:
        (tmp_path / "instance.json").write_text(f'{{"pid": {os.getpid()}, "started": "1", "address": ""}}')
        with pytest.raises(EmbeddedError, match="only just starting"):
            Instance(tmp_path).stop_other()
    finally:
        holder.kill()
        holder.wait()
