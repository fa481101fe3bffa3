"""Sessions in PostgreSQL, as Django keeps them: every request asks for one, hence as a prepared question."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.questions import question


class SessionStore(db.SessionStore):
    """The store that ``SESSION_ENGINE`` names."""

    def _get_session_from_db(self) -> Session | None:
        found = _session.one(self.session_key) if self.session_key else None
        if found is None:
            self._session_key = None
        return found


@question
def _session(key: str) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=Now())
