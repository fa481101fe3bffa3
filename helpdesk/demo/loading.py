"""Loading the demo data: all of it or nothing, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection, transaction

from accounts.demo import demo_accounts
from accounts.errors import Refused
from helpdesk.demo.digest import journal_digest
from helpdesk.demo.player import Player, Progress
from helpdesk.demo.scripts import read_cast, read_stories
from helpdesk.demo.stage import set_stage
from notifications import wakeup


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it."""

    tickets: int
    digest: str


def load(as_of: date, *, latest: int | None = None, progress: Progress = lambda done, total: None) -> Loaded:
    """Play the demo up to the morning of ``as_of``; only the ``latest`` tickets where that is given.

    The same arguments give the same digest. Raises ``Refused`` outside demo mode (every account has a known password)
    and where demo data is already there. An interrupted load leaves nothing in the database.
    """
    if not settings.DEMO_MODE:
        raise Refused(
            "Demo accounts have a public password: set HELPDESK_DEMO=1 to load them.", code="not_in_demo_mode"
        )
    with transaction.atomic(), _mail_goes_nowhere():
        if demo_accounts():
            raise Refused("The demo data is already loaded. `make demo-reset` loads it afresh.", code="already_loaded")
        stage = set_stage(read_cast(), as_of)
        player = Player(stage, read_stories(latest), as_of)
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
