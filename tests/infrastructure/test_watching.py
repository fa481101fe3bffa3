"""What operators look at: readiness, figures, log lines."""

import io
import json
import logging
import logging.config
import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client

from accounts.models import User
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.environment import with_secret_files
from helpdesk.watching import metrics
from helpdesk.watching.logs import configuration
from slas.models import TicketDuty
from tests.worlds import START, as_system, build_world

TOKEN = "a-token-of-the-operator"


@pytest.fixture
def scraper(settings: Any) -> Client:
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.mark.django_db
def test_without_the_broker_it_is_ready_but_degraded(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "degraded", "database": "ok", "broker": "does not answer"},
    )


@pytest.mark.django_db
def test_with_both_it_is_ready(client, settings, valkey: ValkeyServer):
    settings.REDIS_URL = valkey.url
    assert client.get("/readyz").json() == {"status": "ready", "database": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_a_release_that_is_not_migrated_is_unavailable(client, monkeypatch):
    monkeypatch.setattr("helpdesk.watching.views._migrated", False)
    monkeypatch.setattr("helpdesk.watching.views.MigrationExecutor.migration_plan", lambda self, targets: ["one"])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")


def test_without_the_database_it_is_unavailable(client, live_server_process, committed_db, database_cluster):
    with database_cluster.admin() as admin:
        admin.execute(f'ALTER DATABASE "{committed_db.name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [committed_db.name])
        try:
            connection.close()
            answer = client.get("/readyz")
        finally:
            admin.execute(f'ALTER DATABASE "{committed_db.name}" ALLOW_CONNECTIONS true')
            connection.close()
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"])
def test_figures_do_not_exist_for_others(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    nothing = client.get("/nothing-here", headers={"Authorization": given} if given else {})
    answer = client.get("/metrics", headers={"Authorization": given} if given else {})
    assert answer.status_code == nothing.status_code == 404
    assert b"helpdesk_requests" not in answer.content


@pytest.mark.django_db
def test_without_a_token_of_the_operator_nobody_gets_figures(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_figures_tell_totals_and_no_tenant(scraper):
    world = build_world()
    ticket = world.file()
    text = scraper.get("/metrics").content.decode()
    assert "helpdesk_open_tickets 1.0" in text and "helpdesk_outbox_waiting 1.0" in text
    assert set(re.findall(r"^(helpdesk_\w+)", text, re.M)) >= {f"helpdesk_{name}" for name in metrics.GAUGES}
    for word in (ticket.reference, ticket.title, "mega", "MEGA", str(world.provider.id)):
        assert word not in text


@pytest.mark.django_db
def test_a_clock_that_is_due_is_counted_with_its_age(scraper):
    build_world().file(START)
    figures = metrics.database_figures()
    assert figures["clocks_due"] == 1
    assert figures["clocks_late_seconds"] > 0


@pytest.mark.django_db
def test_a_duty_is_counted_while_it_is_due_and_once_it_is_set_aside(scraper):
    world = build_world()
    world.file(START, severity="critical")
    with as_system(world):
        due = TicketDuty.objects.filter(next_action_at__isnull=False)
        assert metrics.database_figures()["duties_due"] == due.count() == 1
        due.update(set_aside_at=START)
    figures = metrics.database_figures()
    assert (figures["duties_due"], figures["duties_set_aside"], figures["clocks_set_aside"]) == (0, 1, 0)
    assert "helpdesk_duties_set_aside 1.0" in scraper.get("/metrics").content.decode()


@pytest.mark.django_db
def test_answers_are_counted_by_the_name_of_the_address(scraper, client):
    def counted() -> float:
        text = scraper.get("/metrics").content.decode()
        line = 'helpdesk_requests_total{method="GET",route="sign_in",status="200"} '
        return float(next((row.removeprefix(line) for row in text.splitlines() if row.startswith(line)), "0"))

    before = counted()
    client.get("/sign-in/")
    client.get("/sign-in/?next=/somewhere")
    assert counted() == before + 2


def _logged(shape: str, write: Any) -> str:
    """What a logger with this shape writes."""
    given = configuration(shape, "INFO")
    stream = io.StringIO()
    given["handlers"]["stderr"]["stream"] = stream
    try:
        logging.config.dictConfig(given)
        write()
    finally:
        logging.config.dictConfig(django_settings.LOGGING)
    return stream.getvalue()


@pytest.mark.django_db
def test_every_line_of_a_request_has_its_number(client):
    answers = []
    text = _logged("json", lambda: answers.append(client.get("/sign-in/")))
    lines = [json.loads(line) for line in text.splitlines()]
    number = answers[0]["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", number)
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["request_id"], line["route"], line["status"], line["method"]) == (number, "sign_in", 200, "GET")
    assert isinstance(line["ms"], float) and "membership" not in line


@pytest.mark.django_db
def test_a_line_names_identifiers_and_no_person(client):
    contact = build_world().customers[0].contact
    client.force_login(User.objects.get(pk=contact.user_id))
    text = _logged("json", lambda: client.get("/cases/?search=private-words"))
    [line] = [json.loads(row) for row in text.splitlines() if '"request"' in row]
    assert (line["membership"], line["path"]) == (str(contact.membership_id), "/cases/")
    assert "private-words" not in text and "@" not in text


def test_a_line_break_in_a_path_makes_no_second_line():
    text = _logged("line", lambda: logging.getLogger("x").info("request", extra={"path": "/a\nERROR forged"}))
    assert len(text.splitlines()) == 1


def test_a_path_cannot_speak_to_the_terminal():
    text = _logged("line", lambda: logging.getLogger("x").info("request", extra={"path": "/a\x1b[2J\x9b1m"}))
    assert "\x1b" not in text and "\x9b" not in text
    assert "x1b[2J" in text


def test_a_failure_is_one_line_of_json():
    def write() -> None:
        try:
            raise ValueError("broken")
        except ValueError:
            logging.getLogger("x").exception("it failed")

    [line] = _logged("json", write).splitlines()
    assert "ValueError: broken" in json.loads(line)["exception"]


def test_an_unknown_shape_of_logs_is_refused():
    with pytest.raises(ImproperlyConfigured, match="HELPDESK_LOGS is 'xml'"):
        configuration("xml", "INFO")


def test_a_secret_may_stand_in_a_file(tmp_path):
    (tmp_path / "key").write_text("k" * 40 + "\n")
    known = with_secret_files({"HELPDESK_SECRET_KEY_FILE": str(tmp_path / "key")})
    assert known["HELPDESK_SECRET_KEY"] == "k" * 40


def test_a_variable_wins_over_its_file(tmp_path):
    given = {"REDIS_URL": "redis://here", "REDIS_URL_FILE": str(tmp_path / "absent")}
    assert with_secret_files(given)["REDIS_URL"] == "redis://here"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
def test_a_secret_that_cannot_be_read_stops_the_start(tmp_path, content):
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL_FILE names"):
        with_secret_files({"DATABASE_URL_FILE": str(path)})
