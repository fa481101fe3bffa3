"""What can go wrong before the product runs; every message says what to do next."""

from pathlib import Path


class EmbeddedError(RuntimeError):
    """A server of the laptop could not be started; the text is meant for a person at a terminal."""


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log, for an error message; empty when there is no log."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
