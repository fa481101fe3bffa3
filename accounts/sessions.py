"""Sessions in PostgreSQL, as Django keeps them: every request asks for one, hence as a prepared question."""

import re
from typing import Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.questions import question

_KEY: Final = re.compile(r"[a-z0-9]{8,40}")
"""Keys as Django makes them; whatever else a cookie holds is no session."""


class SessionStore(db.SessionStore):
    """The store that ``SESSION_ENGINE`` names."""

    def _get_session_from_db(self) -> Session | None:
        found = _session.one(self.session_key) if _KEY.fullmatch(self.session_key or "") else None
        if found is None:
            self._session_key = None
        return found


@question
def _session(key: str) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=Now())
