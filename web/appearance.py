"""The reader's choice of light or dark, kept in a cookie so that the first paint is already right."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

THEMES: Final = ("auto", "light", "dark")
COOKIE: Final = "theme"
COOKIE_SECONDS: Final = 365 * 24 * 60 * 60


def theme_of(request: HttpRequest) -> str:
    """auto, light or dark; anything else in the cookie counts as auto."""
    theme = request.COOKIES.get(COOKIE, "auto")
    return theme if theme in THEMES else "auto"


def keep_theme(response: HttpResponse, theme: str) -> None:
    """Set the cookie; raises KeyError for a theme that does not exist."""
    if theme not in THEMES:
        raise KeyError(theme)
    response.set_cookie(COOKIE, theme, max_age=COOKIE_SECONDS, secure=settings.HTTPS, httponly=True, samesite="Lax")
