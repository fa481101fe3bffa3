"""When a session was last used, for the page of active sessions: written at most every few minutes per session.

The sign-in library would rewrite the row at every request, which makes each page a write and parallel requests of one
person wait for each other.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponseBase

EVERY_SECONDS = 300
REMEMBERED = 10_000
AGENT_LENGTH = UserSession._meta.get_field("user_agent").max_length


class SessionActivityMiddleware:
    """After the answer, so that nobody waits for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response
        self._written: OrderedDict[str, float] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code >= 500:
            return response
        key = request.session.session_key
        agent = request.headers.get("User-Agent", "")[:AGENT_LENGTH]
        if key and request.user.is_authenticated and self._is_time(f"{key} {agent}"):
            UserSession.objects.filter(session_key=key).update(last_seen_at=Now(), user_agent=agent.replace("\x00", ""))
        return response

    def _is_time(self, key: str) -> bool:
        """Whether this process last wrote for the session and browser long enough ago; remembers that it now does."""
        now = time.monotonic()
        if now - self._written.get(key, -EVERY_SECONDS) < EVERY_SECONDS:
            return False
        self._written[key] = now
        self._written.move_to_end(key)
        while len(self._written) > REMEMBERED:
            self._written.popitem(last=False)
        return True
