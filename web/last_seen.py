"""When and from where each open session was last used, for the page of active sessions."""

import datetime as dt
from collections.abc import Callable
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponseBase

PERIOD: Final = dt.timedelta(minutes=5)
AGENT_LENGTH: Final = UserSession._meta.get_field("user_agent").max_length


class LastSeenMiddleware:
    """Notes a session's use once in five minutes: reading a page costs no write.

    One statement after the answer, outside the request's transaction; it touches no row most of the time. The clock is
    the request's own (`request.at`); an answer that no view gave (static file, unknown address) notes nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key
        response = self.get_response(request)
        at: dt.datetime | None = getattr(request, "at", None)
        if key and at and key == request.session.session_key and request.user.is_authenticated:
            _note(request, key, at)
        return response


def _note(request: HttpRequest, key: str, at: dt.datetime) -> None:
    stale = UserSession.objects.filter(session_key=key, user_id=request.user.pk, last_seen_at__lt=at - PERIOD)
    agent = request.headers.get("User-Agent", "").replace("\x00", "")[:AGENT_LENGTH]
    stale.update(last_seen_at=at, ip=get_adapter().get_client_ip(request), user_agent=agent)
