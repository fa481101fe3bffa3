"""Worlds in which terms may be published: a later version ends the range of the former, which only the owner may."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.publishing import DATA
from contracts.terms.source import read_file
from tests.conftest import _use_login
from tests.harness.database import Clone
from tests.worlds import World, build_world

Drafts = Callable[..., Path]


@pytest.fixture
def owner_login(django_db_setup: None, django_db_blocker: Any, database_clone: Clone) -> Iterator[None]:
    """Django enters as the owner. Named before `db`, so that the test's transaction is the owner's."""
    with django_db_blocker.unblock():
        _use_login(database_clone, "migrate")
    yield
    with django_db_blocker.unblock():
        _use_login(database_clone, "web")


@pytest.fixture
def owner_world(owner_login: None, db: None) -> World:
    """One provider, two customers, in a transaction of the owner."""
    return build_world()


@pytest.fixture
def world(db: None) -> World:
    """One provider, two customers, in the transaction of the test."""
    return build_world()


@pytest.fixture
def draft(tmp_path: Path) -> Drafts:
    """`draft(change, version=…, since=…)`: a file like the HOPEX SaaS terms, after ``change`` has had the document."""

    def write(
        change: Callable[[dict[str, Any]], None] | None = None,
        *,
        version: str = "2027.1",
        since: str = "2027-01-01",
        of: str = "hopex-saas",
    ) -> Path:
        document, _lines = read_file(DATA / f"{of}.yaml")
        document |= {"version": version, "effective_from": since, "examples": []}
        if change:
            change(document)
        file = tmp_path / f"{of}-{version}.yaml"
        file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        return file

    return write
