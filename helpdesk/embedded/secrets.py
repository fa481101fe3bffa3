"""Passwords of the embedded servers: made once per data folder, readable by its owner only."""

import json
import os
import secrets
from pathlib import Path

NAMES = ("secret_key", "superuser", "owner", "app", "worker", "backup", "valkey")


def load_or_make(path: Path) -> dict[str, str]:
    """The passwords kept at ``path``; missing ones are made and kept."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    complete = {name: known.get(name) or secrets.token_urlsafe(48) for name in NAMES}
    if complete != known:
        write_private(path, json.dumps(complete, indent=1))
    return complete


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step, so that a reader sees the old or the new one."""
    # With our number, so that two writers at once do not take away each other's file.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
