"""What a countdown shows: a tone, an icon and words, from the state of a clock.

The same words are handed to the script that refreshes running countdowns (`running_words`), so page and script
cannot differ.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext

from web.moments import duration_words, reader_language, span_units

SOON_SHARE: Final = 0.25
SOON_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class ClockFace:
    """One countdown, ready to draw. `due_at` is None when there is nothing to count down to."""

    kind: str
    tone: str
    icon: str
    words: str
    due_at: dt.datetime | None
    soon_at: dt.datetime | None = None
    running: bool = False
    share: int | None = None


def running_words() -> dict[str, Any]:
    """The sentence templates of a running countdown and the units that fill them."""
    return {
        "due": gettext("due in %(span)s"),
        "overdue": gettext("overdue by %(span)s"),
        "now": gettext("due now"),
        "units": span_units(),
    }


def read_clock(clock: Any, at: dt.datetime, *, answered: bool = False) -> ClockFace:
    """Draw `clock` (anything with status, due_at, remaining_seconds, met_at, breached_at) as it stands at `at`.

    `answered` words a met target as an answer ("answered in time") instead of "done in time".
    """
    status = _get(clock, "status") or "none"
    if status == "running":
        return _running(clock, at)
    if status == "breached":
        return _breached(clock, at, answered)
    if status == "met":
        return _met(clock, answered)
    if status == "paused":
        return _paused(clock)
    tone, icon, words = _QUIET.get(status, _QUIET["none"])()
    return ClockFace(status, tone, icon, words, _get(clock, "due_at"))


def _get(clock: Any, name: str) -> Any:
    return clock.get(name) if isinstance(clock, dict) else getattr(clock, name, None)


def _running(clock: Any, at: dt.datetime) -> ClockFace:
    due: dt.datetime | None = _get(clock, "due_at")
    if due is None:
        return ClockFace("running", "grey", "clock", gettext("running"), None)
    if at > due:
        return _overdue("overdue", due, at, due)
    left = (due - at).total_seconds()
    soon = _soon_at(clock, due)
    tone, icon = ("amber", "alarm") if at >= soon else ("blue", "clock")
    kind = "soon" if at >= soon else "running"
    words = _due_words(duration_words(left), reader_language()) if left else gettext("due now")
    return ClockFace(kind, tone, icon, words, due, soon, True, _share(clock, due, at))


# A list tells dozens of spans, page after page: kept for the reader's language.
@lru_cache(maxsize=4096)
def _due_words(span: str, language: str) -> str:
    return gettext("due in %(span)s") % {"span": span}


@lru_cache(maxsize=4096)
def _overdue_words(span: str, language: str) -> str:
    return gettext("overdue by %(span)s") % {"span": span}


def _share(clock: Any, due: dt.datetime, at: dt.datetime) -> int | None:
    """Per cent of the time from start to deadline that has passed; None without a start."""
    started: dt.datetime | None = _get(clock, "started_at")
    if started is None or due <= started:
        return None
    return max(0, min(100, round(100 * (at - started) / (due - started))))


def _soon_at(clock: Any, due: dt.datetime) -> dt.datetime:
    given: dt.datetime | None = _get(clock, "soon_at")
    if given is not None:
        return given
    started: dt.datetime | None = _get(clock, "started_at")
    if started is None:
        return due - dt.timedelta(seconds=SOON_SECONDS)
    return due - (due - started) * SOON_SHARE


def _overdue(kind: str, since: dt.datetime, at: dt.datetime, due: dt.datetime | None) -> ClockFace:
    words = _overdue_words(duration_words((at - since).total_seconds()), reader_language())
    return ClockFace(kind, "red", "alert-triangle", words, due, None, True, 100)


def _breached(clock: Any, at: dt.datetime, answered: bool) -> ClockFace:
    due = _get(clock, "due_at") or _get(clock, "breached_at")
    met_at = _get(clock, "met_at")
    if met_at is None or due is None:
        return _overdue("breached", _get(clock, "breached_at") or due or at, at, due)
    span = duration_words((met_at - due).total_seconds())
    words = gettext("answered %(span)s late") if answered else gettext("done %(span)s late")
    return ClockFace("breached", "red", "circle-off", words % {"span": span}, due)


def _met(clock: Any, answered: bool) -> ClockFace:
    words = gettext("answered in time") if answered else gettext("done in time")
    return ClockFace("met", "green", "circle-check", words, _get(clock, "due_at"))


def _paused(clock: Any) -> ClockFace:
    left = _get(clock, "remaining_seconds")
    words = gettext("paused")
    if left is not None and left > 0:
        words = gettext("paused – %(span)s left") % {"span": duration_words(left, hours_only=True)}
    elif left is not None:
        words = gettext("paused – time used up")
    return ClockFace("paused", "violet", "player-pause", words, _get(clock, "due_at"))


_QUIET: Final[dict[str, Callable[[], tuple[str, str, str]]]] = {
    "pending": lambda: ("grey", "hourglass", gettext("not started")),
    "excluded": lambda: ("grey", "circle-minus", gettext("not counted")),
    "cancelled": lambda: ("grey", "ban", gettext("stopped")),
    "none": lambda: ("grey", "circle-dashed", gettext("no target")),
}
