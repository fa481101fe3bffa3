"""Settings: loud where something is missing, strict where it is served over HTTPS."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from helpdesk import environment

KEY = "k" * 40
SETTINGS_AS_JSON = """
import json, django.conf
names = json.loads(__import__("sys").argv[1])
print(json.dumps({name: getattr(django.conf.settings, name) for name in names}, default=str))
"""


def run_python(code: str, tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A fresh process with these variables and none of the product's others."""
    ours = ("DATABASE_", "HELPDESK_", "REDIS_", "EMAIL_", "DJANGO_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environ |= {"HELPDESK_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=environment.BASE_DIR,
        env=environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def read_settings(names: list[str], tmp_path: Path, **variables: str) -> dict[str, object]:
    """Settings as a process with these variables sees them."""
    answer = run_python(SETTINGS_AS_JSON, tmp_path, json.dumps(names), **variables)
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


def test_web_server_without_key_and_database_refuses_to_start(tmp_path: Path) -> None:
    answer = run_python("import helpdesk.wsgi", tmp_path)
    assert answer.returncode == 1
    assert "HELPDESK_SECRET_KEY" in answer.stderr
    assert "DATABASE_URL (postgresql://login:password@host:port/database)" in answer.stderr
    assert "make run" in answer.stderr


def test_worker_without_database_refuses_to_start(tmp_path: Path) -> None:
    code = "from celery.__main__ import main; import sys; sys.argv = ['celery', '-A', 'helpdesk', 'worker']; main()"
    answer = run_python(code, tmp_path, HELPDESK_SECRET_KEY=KEY, HELPDESK_PROCESS="worker")
    assert answer.returncode != 0
    assert "DATABASE_WORKER_URL" in answer.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"HELPDESK_SECRET_KEY": KEY}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://a:b@c/d"}, "HELPDESK_SECRET_KEY"),
        ({"DATABASE_URL": "postgresql://a:b@c/d", "HELPDESK_SECRET_KEY": "short"}, "too short"),
        ({"DATABASE_URL": "postgresql://a:b@c/d", "HELPDESK_PROCESS": "worker"}, "DATABASE_WORKER_URL"),
        ({"HELPDESK_PROCESS": "cook"}, "web, worker, migrate"),
    ],
)
def test_missing_configuration_is_named(variables: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        environment.require_configuration({**variables, "HELPDESK_DATA_DIR": str(tmp_path)})


def test_complete_configuration_is_accepted(tmp_path: Path) -> None:
    complete = {"DATABASE_URL": "postgresql://a:b@c/d", "HELPDESK_SECRET_KEY": KEY}
    environment.require_configuration({**complete, "HELPDESK_DATA_DIR": str(tmp_path)})


def test_misspelt_switch_is_an_error_and_not_off() -> None:
    assert environment.is_on({"X": "1"}, "X") is True
    assert environment.is_on({"X": "no"}, "X", default=True) is False
    assert environment.is_on({}, "X", default=True) is True
    with pytest.raises(ImproperlyConfigured, match="must be 1 or 0"):
        environment.is_on({"X": "ture"}, "X")


def test_a_choice_is_one_of_its_words_the_first_unless_given():
    assert environment.one_of({}, "X", ("full", "small")) == "full"
    assert environment.one_of({"X": " Small "}, "X", ("full", "small")) == "small"
    with pytest.raises(ImproperlyConfigured, match="full, small"):
        environment.one_of({"X": "medium"}, "X", ("full", "small"))


def test_another_database_than_postgresql_is_refused(tmp_path: Path) -> None:
    answer = run_python("from django.conf import settings; settings.DATABASES", tmp_path, DATABASE_URL="sqlite:///x")
    assert answer.returncode == 1
    assert "must begin with postgresql://" in answer.stderr


def test_without_database_a_query_says_what_to_set(tmp_path: Path) -> None:
    code = "import django; django.setup(); from django.db import connection; connection.ensure_connection()"
    answer = run_python(code, tmp_path)
    assert answer.returncode == 1
    assert "No database is configured. Start `make run`" in answer.stderr


def test_running_instance_is_met_unless_a_database_is_named(tmp_path: Path) -> None:
    note = tmp_path / "run" / "environment.json"
    note.parent.mkdir()
    note.write_text(json.dumps({"DATABASE_URL": "postgresql://note/x", "REDIS_URL": "redis://note"}))
    beside = {"HELPDESK_DATA_DIR": str(tmp_path)}
    assert environment.effective_environment(beside)["DATABASE_URL"] == "postgresql://note/x"
    named = environment.effective_environment({**beside, "DATABASE_MIGRATE_URL": "postgresql://named/y"})
    assert "DATABASE_URL" not in named
    assert "REDIS_URL" not in named


def test_damaged_note_of_an_instance_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "environment.json").write_text('{"DATABASE_URL": ')
    assert environment.running_instance({"HELPDESK_DATA_DIR": str(tmp_path)}) == {}


COOKIES = [
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_HSTS_SECONDS",
]


def test_https_brings_host_cookies_and_hsts(tmp_path: Path) -> None:
    assert read_settings(COOKIES, tmp_path, HELPDESK_HTTPS="1") == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
    }


def test_plain_http_has_cookies_that_a_browser_accepts(tmp_path: Path) -> None:
    assert read_settings(COOKIES, tmp_path) == {
        "SESSION_COOKIE_NAME": "session",
        "CSRF_COOKIE_NAME": "csrf",
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": False,
        "SECURE_HSTS_SECONDS": 0,
    }


def test_each_process_has_its_own_login(tmp_path: Path) -> None:
    addresses = {
        "DATABASE_URL": "postgresql://helpdesk_app:a@h/d",
        "DATABASE_WORKER_URL": "postgresql://helpdesk_worker:a@h/d",
        "DATABASE_MIGRATE_URL": "postgresql://helpdesk_owner:a@h/d",
    }
    users = {}
    for process in ("web", "worker", "migrate"):
        seen = read_settings(["DATABASES"], tmp_path, HELPDESK_PROCESS=process, **addresses)
        users[process] = seen["DATABASES"]["default"]["USER"]  # type: ignore[index]
    assert users == {"web": "helpdesk_app", "worker": "helpdesk_worker", "migrate": "helpdesk_owner"}


def test_content_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    allowed = {name: sorted(values) for name, values in directives.items()}
    assert allowed == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }


def test_tasks_are_acknowledged_late_and_carry_json_only() -> None:
    assert settings.CELERY_TASK_ACKS_LATE is True
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST is True
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] == 300
    assert settings.CELERY_TASK_PUBLISH_RETRY is False


def test_sessions_and_sign_in_limits_outlive_the_broker() -> None:
    assert settings.SESSION_ENGINE == "accounts.sessions"
    assert settings.CACHES["default"]["BACKEND"] == "django.core.cache.backends.db.DatabaseCache"
    assert settings.CACHES["default"]["LOCATION"] == "cache_entries"


def test_check_for_deployment_has_nothing_to_say(tmp_path: Path) -> None:
    code = (
        "import sys; from django.core.management import execute_from_command_line; "
        "execute_from_command_line(['manage.py', 'check', '--deploy', '--fail-level', 'WARNING'])"
    )
    served = {
        "HELPDESK_HTTPS": "1",
        "HELPDESK_PROXIES": "1",
        "HELPDESK_SECRET_KEY": "q7Zb" + "".join(chr(97 + n % 26) for n in range(60)),
        "HELPDESK_ALLOWED_HOSTS": "support.example.com",
        "DATABASE_URL": "postgresql://helpdesk_app:word@127.0.0.1:1/helpdesk",
    }
    answer = run_python(code, tmp_path, **served)
    assert answer.returncode == 0, answer.stderr
    assert "no issues (0 silenced)" in answer.stdout
    bare = run_python(code, tmp_path, **(served | {"HELPDESK_HTTPS": "0"}))
    assert bare.returncode == 1 and "SECURE_SSL_REDIRECT" in bare.stderr


@pytest.mark.parametrize(("process", "prepared"), [("web", True), ("worker", True), ("migrate", False)])
def test_what_the_address_of_the_database_asks_for_is_kept(tmp_path: Path, process: str, prepared: bool) -> None:
    address = "postgresql://a:b@c/d?sslmode=verify-full&sslrootcert=/ca.pem"
    variables = dict.fromkeys(("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_MIGRATE_URL"), address)
    told: Any = read_settings(["DATABASES"], tmp_path, HELPDESK_PROCESS=process, **variables)
    options = told["DATABASES"]["default"]["OPTIONS"]
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/ca.pem")
    assert options.get("server_side_binding", False) is prepared
    assert options.get("prepare_threshold") == (3 if prepared else None)
    told = read_settings(["DATABASES"], tmp_path, HELPDESK_PROCESS=process, HELPDESK_PREPARE_AFTER="0", **variables)
    assert told["DATABASES"]["default"]["OPTIONS"].get("prepare_threshold") is None


def test_the_suite_asks_the_database_as_the_product_does(db: None) -> None:
    assert connection.features.uses_server_side_binding
    assert connection.settings_dict["OPTIONS"] == settings.PREPARING
