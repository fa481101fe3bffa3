"""What a reader chose for this browser, kept in cookies so that the first paint is already right: light or dark, and
whether single keys act."""

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


KEYS_COOKIE: Final = "keys"


def has_keys(request: HttpRequest) -> bool:
    """Whether single keys act on the pages of the desk; they do until somebody switches them off (WCAG 2.1.4)."""
    return request.COOKIES.get(KEYS_COOKIE) != "off"


def keep_keys(response: HttpResponse, wanted: bool) -> None:
    """Remember whether single keys act."""
    response.set_cookie(
        KEYS_COOKIE,
        "on" if wanted else "off",
        max_age=COOKIE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
