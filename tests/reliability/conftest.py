import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from helpdesk import provisioning
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.environment import BASE_DIR
from tests.harness.database import Clone, Cluster
from tests.harness.servers import WebProcess, product_environment, web_process


@contextmanager
def _connected(clone: Clone, process: str) -> Iterator[None]:
    """Let Django's default connection lead to another database for a while."""
    before = dict(connections.settings["default"])
    connections["default"].close()
    connections.settings["default"].update({"CONN_MAX_AGE": 0, **clone.settings(process)})
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"].update(before)
        del connections["default"]


@pytest.fixture
def durable_server(tmp_path: Path, database_cluster: Cluster) -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own that keeps every commit, as in `make run`; it may be killed."""
    server = PostgresServer(tmp_path / "postgres", "for-this-test-only", tmp_path / "postgres.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def durable_database(
    durable_server: PostgresServer,
    database_cluster: Cluster,
    tmp_path: Path,
    django_db_setup: None,
    django_db_blocker: Any,
) -> Iterator[Clone]:
    """A migrated database on that server; Django leads to it during the test."""
    own = Cluster(durable_server.url(), tmp_path, database_cluster.passwords, embedded=False)
    provisioning.provision(own.admin_url, "helpdesk", own.passwords)
    environ = os.environ | own.process_environment("helpdesk")
    environ |= {"HELPDESK_PROCESS": "migrate", "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    command = [sys.executable, "manage.py", "prepare", "schema"]
    subprocess.run(command, cwd=BASE_DIR, env=environ, check=True, capture_output=True)
    clone = Clone(own, "helpdesk", [])
    with django_db_blocker.unblock(), _connected(clone, "web"):
        yield clone


@pytest.fixture
def start_web(tmp_path: Path) -> Iterator[Callable[..., WebProcess]]:
    """`start_web(database, redis_url=…)`: a web server of this test's own."""
    started: list[WebProcess] = []

    def start(database: Clone, redis_url: str = "") -> WebProcess:
        environ = product_environment(database.process_environment(), redis_url=redis_url)
        server = web_process(environ, tmp_path / f"web-{len(started)}.log")
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()
