"""How far the loading is: a bar where there is a terminal, a line now and then where there is none."""

from collections.abc import Callable
from time import monotonic
from typing import Final

WIDTH: Final = 30
EVERY_SECONDS: Final = 0.2
SHARE: Final = 10
"""Without a terminal there is a line for each so many percent."""


class Meter:
    """Tells by ``write`` how many acts are played and how long the rest will take, at the pace of those so far."""

    def __init__(self, write: Callable[[str], None], *, is_terminal: bool, clock: Callable[[], float] = monotonic):
        self._write, self._is_terminal, self._clock = write, is_terminal, clock
        self._began = clock()
        self._told_at, self._told_share = 0.0, 0

    def show(self, done: int, total: int) -> None:
        """``done`` of ``total`` acts are played."""
        if self._is_terminal:
            self._draw(done, total)
        elif (share := 100 * done // total // SHARE) > self._told_share:
            self._told_share = share
            self._write(f"      {self._words(done, total)} ({share * SHARE} %)\n")

    def _draw(self, done: int, total: int) -> None:
        now = self._clock()
        if now - self._told_at < EVERY_SECONDS and done < total:
            return
        self._told_at = now
        filled = WIDTH * done // total
        # Spaces wipe out what a longer line before has left behind.
        self._write(f"\r      [{'#' * filled}{'.' * (WIDTH - filled)}] {self._words(done, total)}   ")
        if done == total:
            self._write("\n")

    def _words(self, done: int, total: int) -> str:
        seconds = round((self._clock() - self._began) / done * (total - done))
        left = f", {seconds} s left" if done < total else ""
        return f"{done} of {total} acts played{left}"
