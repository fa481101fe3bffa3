"""Under whose name PostgreSQL runs, since it refuses to run as root, and where its files then live.

An ordinary user runs it as himself. For root three ways are tried, none of which creates a user or opens a folder:
a user namespace in which root is nobody; nobody itself, where nobody can reach the files; nobody with a private copy
of the programs and a data folder under /var/tmp, where parents are closed and namespaces forbidden (a chroot).
"""

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from helpdesk.embedded.binaries import PostgresBinaries
from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.launcher import NOBODY
from helpdesk.embedded.processes import launch_command

STAGING_PARENT = Path("/var/tmp")
ORIGIN = "origin.txt"
_MAPPED = ("--mapped",)
_NOBODY = ("--uid", str(NOBODY), "--gid", str(NOBODY))


@dataclass(frozen=True, slots=True)
class Quarters:
    """Where and as whom the server runs. ``identity`` goes to the launcher; ``owner`` owns ``cluster``'s parent."""

    binaries: PostgresBinaries
    home: Path
    identity: tuple[str, ...]
    owner: int


def check_owner(folder: Path) -> None:
    """Raise EmbeddedError when ``folder`` belongs to somebody else, whose next run would otherwise be blocked."""
    owner, me = folder.stat().st_uid, os.geteuid()
    if owner != me:
        raise EmbeddedError(
            f"The data folder {folder} belongs to user number {owner}, and you are number {me}.\n"
            "Run as that user, or set HELPDESK_DATA_DIR to a folder of your own."
        )


def _works(binaries: PostgresBinaries, home: Path, identity: tuple[str, ...]) -> bool:
    test = 'test -w "$1" && test -x "$1" && "$2" --version'
    program = ["/bin/sh", "-c", test, "probe", str(home), str(binaries.folder / "initdb")]
    # Not from the current folder: the other identity may not be allowed to stand there.
    answer = subprocess.run(launch_command(program, identity=identity), capture_output=True, check=False, cwd="/")
    return answer.returncode == 0


def give(folder: Path, uid: int) -> None:
    """Hand a folder of ours, and all in it, to another number; nothing to do when it has that owner already."""
    if folder.lstat().st_uid == uid:
        return
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            os.chown(os.path.join(parent, name), uid, -1, follow_symlinks=False)
    os.chown(folder, uid, -1)


def staging_of(home: Path) -> Path:
    """Where the staged twin of ``home`` is, if there is one."""
    return STAGING_PARENT / f"helpdesk-{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"


def _make_staging(home: Path) -> Path:
    """The private folder under /var/tmp; a stranger's folder of that name is refused."""
    staging = staging_of(home)
    try:
        staging.mkdir(mode=0o711)
        staging.chmod(0o711)
    except FileExistsError:
        found = staging.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise EmbeddedError(f"{staging} exists and is not yours; remove it and try again.") from None
    # For whoever finds the folder and wonders whose it is.
    (staging / ORIGIN).write_text(f"{home}\n")
    return staging


def _staged_binaries(binaries: PostgresBinaries, staging: Path) -> PostgresBinaries:
    """A copy of the programs that nobody may read and execute, and only root may change."""
    copy = staging / f"programs-{binaries.version}" / binaries.root.name
    if not copy.is_dir():
        unfinished = staging / "programs.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(binaries.root, unfinished / binaries.root.name, symlinks=True)
        libraries = binaries.root.with_name(binaries.root.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for entry in [unfinished, *unfinished.rglob("*")]:
            if not entry.is_symlink():
                entry.chmod(0o755 if entry.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(copy.parent)
    return PostgresBinaries(copy / binaries.folder.relative_to(binaries.root), copy, binaries.version)


def choose_quarters(binaries: PostgresBinaries, home: Path) -> Quarters:
    """Decide once per start; ``home`` exists and is ours. Raises EmbeddedError when no way is left."""
    if os.geteuid() != 0:
        return Quarters(binaries, home, (), os.geteuid())
    # A cluster that had to be staged stays there, or its data would seem lost after a change of kernel settings.
    if not (staging_of(home) / "data" / "cluster").exists():
        for identity, owner in ((_MAPPED, 0), (_NOBODY, NOBODY)):
            give(home, owner)
            if _works(binaries, home, identity):
                return Quarters(binaries, home, identity, owner)
        give(home, 0)
    staging = _make_staging(home)
    staged, staged_home = _staged_binaries(binaries, staging), staging / "data"
    staged_home.mkdir(mode=0o700, exist_ok=True)
    give(staged_home, NOBODY)
    if _works(staged, staged_home, _NOBODY):
        return Quarters(staged, staged_home, _NOBODY, NOBODY)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine lets root neither use a user namespace nor act as nobody.\n"
        "Run as an ordinary user, or set DATABASE_URL, DATABASE_WORKER_URL and DATABASE_MIGRATE_URL "
        "(docs/operations.md)."
    )
