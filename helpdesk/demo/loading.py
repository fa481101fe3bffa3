"""Loading the demo data: all of it or nothing, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.demo import demo_accounts
from accounts.errors import Refused
from helpdesk.demo.chronicle import Happening, read_chronicle
from helpdesk.demo.digest import journal_digest
from helpdesk.demo.generator import make_stories
from helpdesk.demo.player import Player, Progress
from helpdesk.demo.plots import read_library
from helpdesk.demo.scripts import SMALL, Story, in_order, read_cast, read_stories
from helpdesk.demo.stage import set_stage
from notifications import wakeup

FULL_HISTORY = timedelta(days=420)
"""Long enough for thirteen months of tickets after signature and training."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it."""

    tickets: int
    digest: str


@dataclass(frozen=True, slots=True)
class Programme:
    """What is played: the cast, its stories in the order of their filing, what happens beside them, and how long before
    the demo's date the contracts were signed."""

    cast: Sequence[Mapping[str, Any]]
    stories: Sequence[Story]
    happenings: Sequence[Happening] = ()
    history: timedelta = timedelta(days=365)


def programme(size: str) -> Programme:
    """The demo in a size: what is written by hand, or thirteen months of a whole desk. Raises ScriptError."""
    if size == SMALL:
        return Programme(read_cast(), read_stories())
    cast = read_cast(in_full=True)
    stories = in_order([*read_stories(), *make_stories(read_library(), cast)])
    return Programme(cast, stories, read_chronicle(), FULL_HISTORY)


def load(
    as_of: date, *, size: str = SMALL, latest: int | None = None, progress: Progress = lambda done, total: None
) -> Loaded:
    """Play the demo of a size up to the morning of ``as_of``; only the ``latest`` tickets where that is given.

    The same arguments give the same digest. Raises ``Refused`` outside demo mode (every account has a known password)
    and where demo data is already there. An interrupted load leaves nothing in the database.
    """
    if not settings.DEMO_MODE:
        raise Refused(
            "Demo accounts have a public password: set HELPDESK_DEMO=1 to load them.", code="not_in_demo_mode"
        )
    whole = programme(size)
    stories = whole.stories if latest is None else whole.stories[max(len(whole.stories) - latest, 0) :]
    return perform(replace(whole, stories=stories), as_of, progress)


def perform(whole: Programme, as_of: date, progress: Progress = lambda done, total: None) -> Loaded:
    """Play a programme in one transaction. Raises ``Refused`` where demo data is already there."""
    with transaction.atomic(), _mail_goes_nowhere():
        if demo_accounts():
            raise Refused("The demo data is already loaded. `make demo-reset` loads it afresh.", code="already_loaded")
        stage = set_stage(whole.cast, as_of, history=whole.history)
        player = Player(stage, whole.stories, as_of, whole.happenings)
        player.play(progress)
        _wake_nobody()
        return Loaded(len(player.references), journal_digest(stage.providers))


def _wake_nobody() -> None:
    """Take back hundreds of nudges to the relay: it has already run after every act."""
    connection.run_on_commit = [entry for entry in connection.run_on_commit if entry[1] is not wakeup.ring]


@contextmanager
def _mail_goes_nowhere() -> Iterator[None]:
    """Mails of the simulated past are recorded as sent, which is what mailboxes show; nothing leaves the process."""
    before = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    try:
        yield
    finally:
        settings.EMAIL_BACKEND = before
