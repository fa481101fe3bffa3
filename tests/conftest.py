"""Fixtures of every test. Databases are copies of a migrated template on a real PostgreSQL, used as the app's login."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone, translation

from helpdesk.embedded.valkey import ValkeyServer
from tests.harness.browser import browser, new_context, page
from tests.harness.database import Clone, Cluster
from tests.harness.servers import (
    ProductProcess,
    WebProcess,
    celery_process,
    product_environment,
    web_process,
)
from tests.profiles import PROFILE

__all__ = ["PROFILE", "browser", "new_context", "page"]

_PROCESS_FIXTURES = {"live_server_process", "start_celery", "celery_worker_process", "valkey"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test asks for, so that `-m "not browser"` and the count of skipped browser tests are right."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if "browser" in asked:
            item.add_marker(pytest.mark.browser)
        if asked & _PROCESS_FIXTURES:
            item.add_marker(pytest.mark.processes)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take away the mail and attachments of this process."""
    shutil.rmtree(settings.TEST_FILES, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_language_or_zone_left_over() -> Iterator[None]:
    """A request of the test client leaves its reader's language and zone active in the process."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(scope="session")
def database_cluster() -> Iterator[Cluster]:
    """The server: embedded, or the one that DATABASE_ADMIN_URL or DATABASE_URL names."""
    cluster = Cluster.acquire()
    yield cluster
    cluster.release()


@pytest.fixture(scope="session")
def database_clone(database_cluster: Cluster) -> Iterator[Clone]:
    """The database of this test process."""
    clone = database_cluster.clone()
    yield clone
    for connection in connections.all(initialized_only=True):
        connection.close()
    clone.drop()


def _use_login(clone: Clone, process: str) -> None:
    """Let Django's default connection of this process enter under another login."""
    options = settings.PREPARING if process in {"web", "worker"} else {}
    given = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, "OPTIONS": options}
    changed = {**given, **clone.settings(process)}
    connections["default"].close()
    connections.settings["default"].update(changed)
    del connections["default"]


@pytest.fixture(scope="session")
def django_db_setup(database_clone: Clone) -> None:
    """pytest-django's own name: instead of creating a database it finds the copy, under the app's login."""
    _use_login(database_clone, "web")


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, database_clone: Clone
) -> Iterator[Clone]:
    """A database in which commits are real, emptied afterwards. For row level security, races and other processes.

    Not together with `db`, which would hold everything in one transaction.
    """
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        pytest.fail("Ask for committed_db or for db, not for both.")
    with django_db_blocker.unblock():
        database_clone.clean()
        yield database_clone
        connections["default"].close()
    database_clone.clean()


@pytest.fixture
def database_login(committed_db: Clone, django_db_blocker: Any) -> Callable[[str], AbstractContextManager[None]]:
    """`with database_login("worker"):` lets Django act under that login; web, worker or migrate."""

    @contextmanager
    def enter(process: str) -> Iterator[None]:
        _use_login(committed_db, process)
        try:
            yield
        finally:
            _use_login(committed_db, "web")

    return enter


def _connection(clone: Clone, process: str) -> Iterator[psycopg.Connection]:
    connection = clone.connect(process)
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture
def owner_connection(database_clone: Clone) -> Iterator[psycopg.Connection]:
    """psycopg, as the owner who migrates. Rolled back unless the test commits (then ask for committed_db too)."""
    yield from _connection(database_clone, "migrate")


@pytest.fixture
def app_connection(database_clone: Clone) -> Iterator[psycopg.Connection]:
    """psycopg, as the web server's login."""
    yield from _connection(database_clone, "web")


@pytest.fixture
def worker_connection(database_clone: Clone) -> Iterator[psycopg.Connection]:
    """psycopg, as the worker's login."""
    yield from _connection(database_clone, "worker")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey of this test's own; `stop()` and `start()` keep its port."""
    server = ValkeyServer(tmp_path / "valkey", "test", tmp_path / "valkey.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _web_process(database_clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebProcess]:
    environ = product_environment(database_clone.process_environment())
    server = web_process(environ, tmp_path_factory.mktemp("web") / "web.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def live_server_process(_web_process: WebProcess, committed_db: Clone) -> WebProcess:
    """A real web server (two processes) on the copy; `base_url` is its address. Shared, so started once."""
    if not _web_process.is_running():
        _web_process.start()
    return _web_process


@pytest.fixture
def start_celery(committed_db: Clone, valkey: ValkeyServer, tmp_path: Path) -> Iterator[Callable[..., ProductProcess]]:
    """`start_celery("worker", "--concurrency=2")`, `start_celery("beat")`: as many as a test wants."""
    started: list[ProductProcess] = []

    def start(*arguments: str) -> ProductProcess:
        environ = product_environment(committed_db.process_environment(), redis_url=valkey.url)
        place = [f"--schedule={tmp_path / f'beat-{len(started)}'}"] if arguments[0] == "beat" else []
        log = tmp_path / f"{arguments[0]}-{len(started)}.log"
        process = celery_process(environ, log, *arguments, *place, "--loglevel=INFO")
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def celery_worker_process(start_celery: Callable[..., ProductProcess]) -> ProductProcess:
    """A worker with two children that is ready for tasks."""
    worker = start_celery("worker", "--concurrency=2", f"--hostname=test-{os.getpid()}@%h")
    worker.wait_for("ready.")
    return worker


@pytest.fixture
def worker_login(django_db_setup: None, django_db_blocker: Any, database_clone: Clone) -> Iterator[None]:
    """Django enters as the worker in this test. Named before `db`, so that the test's transaction is the worker's."""
    with django_db_blocker.unblock():
        _use_login(database_clone, "worker")
    yield
    with django_db_blocker.unblock():
        _use_login(database_clone, "web")


@pytest.fixture
def worker_db(worker_login: None, db: None) -> None:
    """`db`, under the worker's login: for the sweep and the relay."""
