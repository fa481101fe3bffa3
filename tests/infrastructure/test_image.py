"""What the image does, done without a container: its installing and starting lines, on empty servers."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.processes import free_port, wait_until
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.environment import BASE_DIR

COMPOSE = BASE_DIR / "docker-compose.yml"
DOCKERFILE = BASE_DIR / "Dockerfile"
PLACE = "/opt/helpdesk"
"""Where the image has its packages; here a folder of the test takes that place."""


def _services() -> dict[str, dict]:
    return yaml.safe_load(COMPOSE.read_text())["services"]


def _lines(word: str) -> list[str]:
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return [line.removeprefix(word).strip() for line in text.splitlines() if line.startswith(f"{word} ")]


def test_the_compose_file_follows_the_schema_of_its_kind():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_the_schema_refuses_a_misspelt_word(tmp_path):
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchecks:", 1))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(wrong)]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_every_secret_is_declared_made_and_used(tmp_path):
    document = yaml.safe_load(COMPOSE.read_text())
    declared = document["secrets"]
    subprocess.run(["sh", str(BASE_DIR / "docker" / "make-secrets.sh"), str(tmp_path / "secrets")], check=True)
    made = {path.name for path in (tmp_path / "secrets").iterdir()}
    used = {name for service in document["services"].values() for name in service.get("secrets", ())}
    assert declared.keys() == made == used
    for service in document["services"].values():
        for value in service.get("environment", {}).values():
            if str(value).startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_secrets_are_made_once(tmp_path):
    command = ["sh", str(BASE_DIR / "docker" / "make-secrets.sh"), str(tmp_path / "secrets")]
    subprocess.run(command, check=True, capture_output=True)
    before = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == before
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_no_container_has_the_login_of_another():
    logins = {
        name: {secret for secret in service.get("secrets", ()) if secret.startswith("database_")}
        for name, service in _services().items()
    }
    assert logins["web"] == {"database_url"}
    assert logins["worker"] == logins["beat"] == {"database_worker_url"}
    assert logins["copy"] == {"database_backup_url"}
    assert logins["broker"] == set()


def test_containers_are_bound_as_far_as_they_can_be():
    for name in ("web", "worker", "beat", "prepare"):
        service = _services()[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert _lines("USER") == ["helpdesk"]
    assert _lines("HEALTHCHECK") and _services()["database"]["healthcheck"] and _services()["broker"]["healthcheck"]


@dataclass
class Image:
    """A folder that stands for the image, with servers beside it."""

    root: Path
    variables: dict[str, str]
    port: int

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The entry point with a command, as a container runs it."""
        command = [*json.loads(_lines("ENTRYPOINT")[0]), *arguments]
        log = (self.root.parent / f"{arguments[0]}.log").open("w")
        return subprocess.Popen(
            command, cwd=self.root, env=self.variables_of(arguments[0]), text=True, stdout=log, stderr=log
        )

    def variables_of(self, role: str) -> dict[str, str]:
        """Each container has a folder for temporary files of its own."""
        folder = self.root.parent / f"tmp-{role}"
        folder.mkdir(exist_ok=True)
        document = _services()[role]["environment"]
        given = {name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", str(value)) for name, value in document.items()}
        given = {name: value.replace("/run/secrets/", f"{self.root}/secrets/") for name, value in given.items()}
        return self.variables | given | {"TMPDIR": str(folder)}

    def is_healthy(self, role: str) -> bool:
        """What HEALTHCHECK asks inside the container of that role."""
        [line] = _lines("HEALTHCHECK")
        command = json.loads(line[line.index("[") :])
        answer = subprocess.run(
            command, cwd=self.root, env=self.variables_of(role), capture_output=True, timeout=60, check=False
        )
        return answer.returncode == 0

    def said(self, role: str) -> str:
        """The log of a container."""
        return (self.root.parent / f"{role}.log").read_text()


def _copied(target: Path) -> None:
    """COPY . .: everything but what .dockerignore names and git does not know."""
    ignored = (BASE_DIR / ".dockerignore").read_text().split()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=BASE_DIR, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if any(fnmatch(name.split("/")[0], pattern) for pattern in ignored) or not (BASE_DIR / name).is_file():
            continue
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(BASE_DIR / name, place)


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Image]:
    """Built by the RUN lines of the Dockerfile; servers have the passwords of make-secrets.sh."""
    root, venv = tmp_path / "srv", tmp_path / "opt"
    root.mkdir()
    _copied(root)
    clean = {name: value for name, value in os.environ.items() if not re.match("DATABASE_|HELPDESK_|DJANGO_", name)}
    for line in _lines("RUN"):
        if "install.sh" in line:
            command = shlex.split(line.replace(PLACE, str(venv)))
            subprocess.run(command, cwd=root, env=clean | {"PYTHON": sys.executable}, check=True)
    subprocess.run(["sh", "docker/make-secrets.sh"], cwd=root, check=True, capture_output=True)
    secrets = root / "secrets"
    postgres = PostgresServer(
        tmp_path / "db", (secrets / "database_admin_password").read_text().strip(), tmp_path / "db.log", durable=False
    )
    valkey = ValkeyServer(tmp_path / "valkey", (secrets / "redis_password").read_text().strip(), tmp_path / "vk.log")
    postgres.start()
    valkey.start()
    for path in secrets.iterdir():
        text = path.read_text().replace("@database:5432", f"@127.0.0.1:{postgres.port}")
        path.write_text(text.replace("@broker:6379", f"@127.0.0.1:{valkey.port}"))
    port = free_port()
    yield Image(root, clean | _variables(root, venv, tmp_path / "data", port), port)
    valkey.stop()
    postgres.stop()


def _variables(root: Path, venv: Path, data: Path, port: int) -> dict[str, str]:
    """Those of the image, with the folders of the test; the compose file says the rest for each role."""
    data.mkdir()
    return {
        "PATH": f"{venv}/bin:{os.environ['PATH']}",
        "HELPDESK_STATIC": "manifest",
        "HELPDESK_STATIC_ROOT": str(root / "staticfiles"),
        "HELPDESK_DATA_DIR": str(data),
        "HELPDESK_LOGS": "json",
        "HELPDESK_SWEEP_SECONDS": "1",
        "PORT": str(port),
    }


def _page(image: Image, path: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{image.port}{path}", headers={"Authorization": f"Bearer {token}"} if token else {}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_install_and_start_lines_of_the_image_work_without_a_container(image):
    prepared = image.start("prepare")
    assert prepared.wait(120) == 0, image.said("prepare")
    running = {role: image.start(role) for role in ("web", "worker", "beat")}
    try:
        for role in running:
            assert wait_until(lambda role=role: image.is_healthy(role), seconds=60), image.said(role)
        status, text = _page(image, "/readyz")
        assert (status, json.loads(text)["status"]) == (200, "ready")
        status, text = _page(image, "/sign-in/")
        assert status == 200 and "/static/css/tokens." in text
        assert _page(image, "/metrics")[0] == 404
        status, text = _page(image, "/metrics", (image.root / "secrets" / "metrics_token").read_text().strip())
        assert status == 200
        assert re.search(r'helpdesk_requests_total\{method="GET",route="sign_in",status="200"\} 1\.0', text)
        assert "helpdesk_clocks_due 0.0" in text and "helpdesk_worker_silence_seconds" in text
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait(30)
    lines = [json.loads(line) for line in image.said("web").splitlines() if line.startswith("{")]
    [said] = [line for line in lines if line.get("event") == "request" and line["route"] == "sign_in"]
    assert said["status"] == 200 and re.fullmatch("[0-9a-f]{32}", said["request_id"])
    assert not image.is_healthy("web")


def test_a_role_that_does_not_exist_is_not_healthy():
    command = [sys.executable, "-m", "helpdesk.watching.health", "king"]
    answer = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert answer.returncode == 1 and "web, worker and beat" in answer.stderr
