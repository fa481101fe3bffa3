"""The broker is a doorbell: nothing waits for it, and what was connected to it comes back by itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from django.conf import settings

from helpdesk.celery import app
from helpdesk.embedded.processes import wait_until
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.environment import BASE_DIR
from helpdesk.tasks import prove_alive
from helpdesk.watching.health import ALIVE_FILE
from tests.harness.servers import ProductProcess, product_environment

PUBLISH = """
import time, django; django.setup()
from helpdesk.tasks import prove_alive
began = time.monotonic()
try:
    prove_alive.delay()
    print("sent", end=" ")
except Exception as error:
    print(type(error).__name__, end=" ")
print(time.monotonic() - began)
"""


def publish(url: str) -> tuple[str, float]:
    """Publish once as the web server would; what came of it, and seconds it took."""
    environ = product_environment({}, redis_url=url) | {"HELPDESK_PROCESS": "web"}
    answer = subprocess.run(
        [sys.executable, "-c", PUBLISH], cwd=BASE_DIR, env=environ, capture_output=True, text=True, check=True
    )
    outcome, seconds = answer.stdout.split()
    return outcome, float(seconds)


def test_publishing_without_a_broker_fails_at_once() -> None:
    outcome, seconds = publish("redis://127.0.0.1:1/0")
    assert outcome == "OperationalError"
    assert seconds < 2


def test_publishing_to_a_broker_that_hangs_gives_up_soon(valkey: ValkeyServer) -> None:
    assert publish(valkey.url)[0] == "sent"
    assert valkey.process is not None
    os.kill(valkey.process.pid, signal.SIGSTOP)
    try:
        outcome, seconds = publish(valkey.url)
    finally:
        os.kill(valkey.process.pid, signal.SIGCONT)
    assert outcome == "OperationalError"
    assert seconds < 5


@pytest.fixture
def alive() -> Path:
    """The file that the task touches, absent at first."""
    path = settings.RUN_DIR / ALIVE_FILE
    path.unlink(missing_ok=True)
    return Path(path)


def touched_again(alive: Path, seconds: float) -> bool:
    """Whether the task runs (again) within so many seconds."""
    since = time.time()
    return wait_until(lambda: alive.exists() and alive.stat().st_mtime > since, seconds=seconds, every=0.1)


def test_task_proves_that_the_chain_is_alive(alive: Path) -> None:
    prove_alive()
    first = alive.stat().st_mtime_ns
    prove_alive()
    assert alive.stat().st_mtime_ns >= first


def test_everything_that_beat_asks_for_is_known_to_the_worker() -> None:
    app.loader.import_default_modules()
    asked = {entry["task"]: entry for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert set(asked) <= set(app.tasks)
    assert asked["lifecycle.tasks.purge_uploads"]["schedule"] == 3600
    for task in ("lifecycle.tasks.sweep", "notifications.tasks.relay", "helpdesk.tasks.prove_alive"):
        assert asked[task]["schedule"] == settings.SWEEP_SECONDS, task
    assert all(0 < entry["options"]["expires"] <= 3600 for entry in asked.values())


def test_worker_and_beat_come_back_after_the_broker_was_flushed_and_gone(
    celery_worker_process: ProductProcess,
    start_celery: Callable[..., ProductProcess],
    valkey: ValkeyServer,
    alive: Path,
) -> None:
    beat = start_celery("beat")
    assert touched_again(alive, 20)
    redis.Redis.from_url(valkey.url).flushall()
    assert touched_again(alive, 20)
    valkey.stop()
    time.sleep(4)
    valkey.start()
    assert touched_again(alive, 40)
    assert celery_worker_process.is_running()
    assert beat.is_running()


def test_worker_survives_a_broker_that_is_absent_from_the_beginning(
    start_celery: Callable[..., ProductProcess], valkey: ValkeyServer, alive: Path
) -> None:
    valkey.stop()
    worker = start_celery("worker", "--concurrency=1", "--hostname=early@%h")
    start_celery("beat")
    worker.wait_for("Trying again in")
    valkey.start()
    assert touched_again(alive, 40)
