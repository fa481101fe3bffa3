"""What a run consists of: servers (ours or external), the variables of every process, and their command lines."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from helpdesk import provisioning
from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.postgres import PostgresServer
from helpdesk.embedded.processes import MARK
from helpdesk.embedded.valkey import ValkeyServer
from helpdesk.environment import BASE_DIR, DATABASE_VARIABLES

DATABASE = "helpdesk"
LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"
ANY_HOST = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}
"""Addresses that mean every interface → where this machine reaches them."""
# Variables that a `manage.py` in another terminal takes over from a running instance.
SHARED = (
    *DATABASE_VARIABLES.values(), "DATABASE_BACKUP_URL", "REDIS_URL", "HELPDESK_SECRET_KEY", "HELPDESK_DEMO",
    "HELPDESK_PUBLIC_URL",
)  # fmt: skip


@dataclass
class Stack:
    """Servers and variables of one run."""

    run_dir: Path
    secrets: Mapping[str, str]
    postgres: PostgresServer | None
    valkey: ValkeyServer | None
    demo: bool
    public_url: str = ""
    hosts: str = LOCAL_HOSTS

    @classmethod
    def from_environment(cls, run_dir: Path, secrets: Mapping[str, str], *, demo: bool) -> "Stack":
        """External servers where the environment names them, ours otherwise. Raises EmbeddedError for half a set."""
        named = [name for name in DATABASE_VARIABLES.values() if os.environ.get(name)]
        if named and len(named) < len(DATABASE_VARIABLES):
            missing = [name for name in DATABASE_VARIABLES.values() if name not in named]
            raise EmbeddedError(
                f"{' and '.join(named)} set, {' and '.join(missing)} missing: an external database needs all three "
                "logins. `manage.py provision` makes them (docs/operations.md)."
            )
        logs = run_dir / "logs"
        postgres = PostgresServer(run_dir / "postgres", secrets["superuser"], logs / "postgres.log")
        valkey = ValkeyServer(run_dir / "valkey", secrets["valkey"], logs / "valkey.log")
        return cls(
            run_dir,
            secrets,
            None if named else postgres,
            None if os.environ.get("REDIS_URL") else valkey,
            demo,
        )

    def serve_at(self, host: str, port: int) -> None:
        """Links in mails lead to this address, and requests that name it are answered."""
        shown = ANY_HOST.get(host) or bracketed(host)
        self.public_url = f"http://{shown}:{port}"
        self.hosts = ",".join(dict.fromkeys([*LOCAL_HOSTS.split(","), shown]))

    def log(self, name: str) -> Path:
        """Log file of a process."""
        return self.run_dir / "logs" / f"{name}.log"

    def passwords(self) -> dict[str, str]:
        """Password per login of the embedded server."""
        return {login: self.secrets[login.removeprefix("helpdesk_")] for login in provisioning.LOGINS}

    def _addresses(self) -> dict[str, str]:
        if self.postgres is None:
            return {name: os.environ[name] for name in DATABASE_VARIABLES.values()}
        logins = {
            "DATABASE_URL": provisioning.APP,
            "DATABASE_WORKER_URL": provisioning.WORKER,
            "DATABASE_MIGRATE_URL": provisioning.OWNER,
            "DATABASE_BACKUP_URL": provisioning.BACKUP,
        }
        passwords = self.passwords()
        return {name: self.postgres.url(login, passwords[login], DATABASE) for name, login in logins.items()}

    def environment(self, process: str) -> dict[str, str]:
        """Variables of a process: web, worker or migrate."""
        return {
            "HELPDESK_SECRET_KEY": self.secrets["secret_key"],
            "HELPDESK_STATIC": "manifest",
            "HELPDESK_PUBLIC_URL": self.public_url,
            "HELPDESK_ALLOWED_HOSTS": self.hosts,
            **os.environ,
            **self._addresses(),
            "REDIS_URL": self.valkey.url if self.valkey else os.environ["REDIS_URL"],
            "HELPDESK_DEMO": "1" if self.demo else "0",
            "HELPDESK_DATA_DIR": str(self.run_dir.parent),
            "HELPDESK_PROCESS": process,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "helpdesk.settings"),
            "PYTHONUNBUFFERED": "1",
            MARK: str(self.run_dir),
        }

    def shared_environment(self) -> dict[str, str]:
        """What a second terminal needs to meet the same servers."""
        known = self.environment("web")
        return {name: known[name] for name in SHARED if name in known}

    def broker_place(self) -> tuple[str, int, str]:
        """Host, port and password of the broker, to ask whether it answers."""
        parts = urlsplit(self.environment("worker")["REDIS_URL"])
        return parts.hostname or "127.0.0.1", parts.port or 6379, parts.password or ""


def bracketed(host: str) -> str:
    """A host as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def manage(*arguments: str) -> list[str]:
    """Command line of a management command."""
    return [sys.executable, str(BASE_DIR / "manage.py"), *arguments]


def web_command(host: str, port: int) -> list[str]:
    """The web server, as helpdesk/web_server.py configures it."""
    return [
        sys.executable, "-m", "gunicorn", "--config=python:helpdesk.web_server", f"--bind={bracketed(host)}:{port}",
        "helpdesk.wsgi",
    ]  # fmt: skip


def worker_command() -> list[str]:
    """Two children; nothing is talked over with other workers, since PostgreSQL settles who does what."""
    return [
        sys.executable, "-m", "celery", "--app=helpdesk", "worker", "--concurrency=2", "--loglevel=INFO",
        "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def beat_command(run_dir: Path) -> list[str]:
    """The clock of the periodic tasks; its file may be lost without harm."""
    return [
        sys.executable, "-m", "celery", "--app=helpdesk", "beat", "--loglevel=INFO", "--pidfile=",
        f"--schedule={run_dir / 'beat.schedule'}",
    ]  # fmt: skip
