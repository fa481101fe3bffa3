"""The tests' own ground: which login they use, what they leave, and when a run counts."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from tests.harness import verdict
from tests.harness.browser import HOW_TO_GET_IT
from tests.harness.database import Clone, schema_digest

OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"


def session_login() -> str:
    """Who Django is at this moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_tests_are_the_app_and_own_nothing() -> None:
    assert session_login() == "helpdesk_app"
    with connection.cursor() as cursor:
        cursor.execute(OWNERS)
        assert cursor.fetchall() == [("helpdesk_owner",)]


@pytest.mark.django_db
def test_app_can_neither_truncate_nor_change_the_schema() -> None:
    for statement in ("TRUNCATE django_session", "CREATE TABLE intruder (id int)", "DROP TABLE django_session"):
        with pytest.raises(ProgrammingError, match="permission denied|must be owner"), transaction.atomic():
            connection.cursor().execute(statement)


# The same test twice: whichever comes second finds nothing of the first.
@pytest.mark.parametrize("turn", [1, 2])
def test_committed_rows_are_gone_in_the_next_test(committed_db: Clone, turn: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('same', '', now())")
    with committed_db.connect("worker") as other:
        assert other.execute("SELECT count(*) FROM django_session").fetchone() == (1,)


def test_django_acts_under_another_login_for_a_block(database_login) -> None:  # type: ignore[no-untyped-def]
    with database_login("worker"):
        assert session_login() == "helpdesk_worker"
    with database_login("migrate"):
        assert session_login() == "helpdesk_owner"
    assert session_login() == "helpdesk_app"


def test_connections_beside_django_have_the_login_of_their_name(
    owner_connection: psycopg.Connection, app_connection: psycopg.Connection, worker_connection: psycopg.Connection
) -> None:
    logins = [
        each.execute("SELECT session_user").fetchone() for each in (owner_connection, app_connection, worker_connection)
    ]
    assert logins == [("helpdesk_owner",), ("helpdesk_app",), ("helpdesk_worker",)]


def test_rows_that_migrations_make_survive_the_cleaning(committed_db: Clone) -> None:
    committed_db.clean()
    with committed_db.connect("migrate") as owner:
        row = owner.execute("SELECT count(*) > 10 FROM django_migrations").fetchone()
    assert row == (True,)


def test_digest_of_the_schema_is_stable() -> None:
    assert schema_digest() == schema_digest()
    assert len(schema_digest()) == 12


SUITE = """<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="{skipped}" tests="10" time="12.5">
<testcase classname="tests.web.test_x" name="test_a">{skips}</testcase></testsuite></testsuites>"""


def suite(skips: str = "") -> str:
    """A report of pytest's."""
    return SUITE.format(skips=skips, skipped=skips.count("<skipped"))


def test_skipped_browser_test_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    report.write_text(suite(f'<skipped type="pytest.skip" message="{HOW_TO_GET_IT}">there</skipped>'))
    assert verdict.main(report) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "skipped for want of a browser: tests.web.test_x::test_a"
    assert said[-1] == "===== 2 failed, 6 passed, 1 skipped, 1 errors in 12.50s ====="


def test_other_skips_do_not_fail_the_run(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(suite('<skipped type="pytest.skip" message="only root can do that">x</skipped>'))
    assert verdict.main(report) == 0


def test_closing_line_without_failures_is_short() -> None:
    element = ElementTree.fromstring('<testsuite tests="3" failures="0" errors="0" skipped="0" time="1"/>')
    assert verdict.closing_line(element) == "===== 3 passed in 1.00s ====="
