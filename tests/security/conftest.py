"""The stage of the matrix: a copy of the database of its own, entered as a superuser who takes the app's place.

``SET SESSION AUTHORIZATION`` makes PostgreSQL apply the policies of that login, and lets the test look past them.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction

from helpdesk.provisioning import APP, WORKER
from tests.harness.database import Clone, Cluster
from tests.security.observer import Ledger, become
from tests.security.stage import Stage, build_stage

LOGINS = {"web": APP, "worker": WORKER}


def _enter(changed: dict[str, Any]) -> dict[str, Any]:
    """Point Django's connection elsewhere; returns what it was."""
    kept = dict(connections.settings["default"])
    connections["default"].close()
    connections.settings["default"].update(changed)
    del connections["default"]
    return kept


def _admin_settings(cluster: Cluster, clone: Clone) -> dict[str, Any]:
    with cluster.admin(clone.name) as raw:
        info = raw.info
        place = {"NAME": clone.name, "USER": info.user, "PASSWORD": info.password, "HOST": info.host, "PORT": info.port}
    return {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None, **place}


@pytest.fixture(scope="session")
def _stage_database(
    database_cluster: Cluster, django_db_setup: None, django_db_blocker: Any
) -> Iterator[tuple[dict[str, Any], Stage]]:
    clone = database_cluster.clone()
    changed = _admin_settings(database_cluster, clone)
    with django_db_blocker.unblock():
        kept = _enter(changed)
        stage = build_stage(lambda process: become(LOGINS[process]))
        become("")
        _enter(kept)
    yield changed, stage
    clone.drop()


@pytest.fixture
def stage(_stage_database: tuple[dict[str, Any], Stage], django_db_blocker: Any) -> Iterator[Stage]:
    """The built world; whatever a test does to it is taken back. Requests meet the policies of the app's login."""
    changed, built = _stage_database
    with django_db_blocker.unblock():
        kept = _enter(changed)
        try:
            with transaction.atomic():
                become(APP)
                yield built
                transaction.set_rollback(True)
        finally:
            _enter(kept)


@pytest.fixture
def ledger(stage: Stage) -> Ledger:
    """The digest of everything that is stored."""
    become("")
    made = Ledger()
    become(APP)
    return made


@pytest.fixture
def no_policies(stage: Stage) -> None:
    """The second wall is taken away: what follows runs as a superuser, to whom no policy applies."""
    become("")


def policies_apply() -> bool:
    """Whether row level security is in force for whoever asks now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_security_active('tickets_ticket'), current_user")
        active, user = cursor.fetchone()
    return bool(active) and user == APP
