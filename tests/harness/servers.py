"""Processes of the product under test: a web server, workers, beats, each against a private database."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from helpdesk.embedded.errors import tail
from helpdesk.embedded.processes import free_port, spawn, stop, wait_until
from helpdesk.environment import BASE_DIR
from helpdesk.stack import web_command

START_SECONDS = 60.0


def product_environment(database: Mapping[str, str], *, redis_url: str = "") -> dict[str, str]:
    """Variables of a process under test: the copy's addresses, the test settings, this test process's folders."""
    return os.environ | {
        **database,
        "DJANGO_SETTINGS_MODULE": "tests.harness.settings",
        "HELPDESK_SECRET_KEY": settings.SECRET_KEY,
        "HELPDESK_TEST_FILES": str(settings.TEST_FILES),
        "HELPDESK_DEMO": "1",
        "HELPDESK_DEMO_SIZE": "small",
        "HELPDESK_LOG_LEVEL": "WARNING",
        "HELPDESK_SWEEP_SECONDS": "1",
        "PYTHONPATH": str(BASE_DIR),
        "REDIS_URL": redis_url,
    }


@dataclass
class ProductProcess:
    """One process of the product, in a process group of its own."""

    name: str
    command: list[str]
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; returns at once."""
        self.process = spawn(self.command, log=self.log, environ=self.environ, folder=BASE_DIR)

    def stop(self) -> None:
        """Ask it to end, then kill what is left of its group."""
        if self.process is not None:
            stop(self.process, patience=10)
            self.process = None

    def kill(self) -> None:
        """kill -9 of the process and all its children."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def is_running(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None

    def said(self, text: str) -> bool:
        """Whether ``text`` stands in its log."""
        return self.log.exists() and text in self.log.read_text(errors="replace")

    def wait_for(self, text: str, *, seconds: float = START_SECONDS) -> None:
        """Wait until ``text`` stands in its log; fails with the end of the log."""
        if not wait_until(lambda: self.said(text) or not self.is_running(), seconds=seconds) or not self.said(text):
            raise AssertionError(f"{self.name} never said {text!r}:\n{tail(self.log)}")


@dataclass
class WebProcess(ProductProcess):
    """Gunicorn as `make run` starts it."""

    port: int = 0

    @property
    def base_url(self) -> str:
        """Address without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers anything at all."""
        super().start()
        if not wait_until(lambda: self.answers() or not self.is_running(), seconds=START_SECONDS, every=0.05):
            raise AssertionError(f"The web server does not answer:\n{tail(self.log)}")
        if not self.is_running():
            raise AssertionError(f"The web server ended:\n{tail(self.log)}")

    def answers(self) -> bool:
        """Whether an address that does not exist is answered."""
        try:
            urllib.request.urlopen(f"{self.base_url}/static/none", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


def web_process(environ: Mapping[str, str], log: Path) -> WebProcess:
    """A web server on a free port, not started yet."""
    port = free_port()
    return WebProcess("web", web_command("127.0.0.1", port), {**environ, "HELPDESK_PROCESS": "web"}, log, port)


def celery_process(environ: Mapping[str, str], log: Path, *arguments: str) -> ProductProcess:
    """A `celery` process (worker, beat) under the worker's login, not started yet."""
    command = [sys.executable, "-m", "celery", "--app=helpdesk", *arguments]
    return ProductProcess(arguments[0], command, {**environ, "HELPDESK_PROCESS": "worker"}, log)
