"""What the product reads from its surroundings: environment variables, and the note that a running `make run` leaves.

Every other module asks here, so that one place knows which variable wins.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

DATABASE_VARIABLES = {
    "web": "DATABASE_URL",
    "worker": "DATABASE_WORKER_URL",
    "migrate": "DATABASE_MIGRATE_URL",
}


SECRETS = (
    *DATABASE_VARIABLES.values(),
    "DATABASE_ADMIN_URL",
    "DATABASE_BACKUP_URL",
    "HELPDESK_BACKUP_PASSWORD",
    "REDIS_URL",
    "EMAIL_URL",
    "HELPDESK_SECRET_KEY",
    "HELPDESK_OLD_SECRET_KEYS",
    "HELPDESK_METRICS_TOKEN",
)
"""Variables whose value may stand in a file that ``<name>_FILE`` names, as container platforms hand secrets over."""


def with_secret_files(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables, completed by what secret files hold. A variable that is set wins over its file.

    Raises ImproperlyConfigured for a file that cannot be read or is empty: a missing secret must not mean "none".
    """
    known = dict(environ)
    for name in SECRETS:
        path = environ.get(f"{name}_FILE")
        if path and not environ.get(name):
            known[name] = _secret(name, Path(path))
    return known


def _secret(name: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error}.") from error
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    return value


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Folder for everything that is not source: databases, attachments, mail, logs."""
    return Path(environ.get("HELPDESK_DATA_DIR") or BASE_DIR / ".data").resolve()


def running_instance(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables of the `make run` beside this process, so that `manage.py` in a second terminal meets the same servers.

    Empty when nothing was started here. The note stays after a stop; its servers then simply do not answer.
    """
    note = data_dir(environ) / "run" / "environment.json"
    try:
        content = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in content.items()} if isinstance(content, dict) else {}


def effective_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of this process, completed by secret files, and by those of a running instance unless the
    database is named here.
    """
    environ = with_secret_files(environ)
    if any(environ.get(name) for name in DATABASE_VARIABLES.values()):
        return dict(environ)
    return {**running_instance(environ), **environ}


def process_kind(environ: Mapping[str, str]) -> str:
    """Who is running: web, worker or migrate. Raises ImproperlyConfigured for anything else."""
    kind = environ.get("HELPDESK_PROCESS") or "web"
    if kind not in DATABASE_VARIABLES:
        allowed = ", ".join(DATABASE_VARIABLES)
        raise ImproperlyConfigured(f"HELPDESK_PROCESS is {kind!r}; it must be one of {allowed}.")
    return kind


def is_on(environ: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """A switch: 1 or 0. Raises ImproperlyConfigured for any other word, since a typing error must not mean "off"."""
    value = environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be 1 or 0.")


def one_of(environ: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    """One of several words, the first where nothing is said. Raises ImproperlyConfigured for any other."""
    value = environ.get(name, "").strip().lower() or allowed[0]
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")
    return value


def words(environ: Mapping[str, str], name: str, default: str = "") -> list[str]:
    """A comma separated list without empty entries."""
    return [word.strip() for word in environ.get(name, default).split(",") if word.strip()]


def require_configuration(environ: Mapping[str, str] = os.environ) -> None:
    """Refuse to start a server that has no secret key or no database; raises ImproperlyConfigured naming what to set.

    Commands that need neither (`sla_compute`, `clauses`, `makemigrations`) do not ask.
    """
    known = effective_environment(environ)
    needed: dict[str, Any] = {
        "HELPDESK_SECRET_KEY": "a long random text that stays the same between restarts",
        DATABASE_VARIABLES[process_kind(known)]: "postgresql://login:password@host:port/database",
    }
    missing = [f"{name} ({meaning})" for name, meaning in needed.items() if not known.get(name)]
    if missing:
        raise ImproperlyConfigured("Set " + " and ".join(missing) + ", or start everything with `make run`.")
    if len(known["HELPDESK_SECRET_KEY"]) < 32:
        raise ImproperlyConfigured("HELPDESK_SECRET_KEY is too short; use at least 32 random characters.")
