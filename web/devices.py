"""A browser's name for itself, in words that its owner recognises."""

from typing import Final

from django.utils.translation import gettext

# The first that occurs wins: browsers name their ancestors after themselves.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PHONES: Final = ("iPhone", "Android")


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in table if mark in text), "")


def device_words(user_agent: str) -> str:
    """ "Firefox on Linux"; an unknown program is called by the first word that it gave."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent.split("/")[0][:40].strip() or gettext("Unknown device")


def is_phone(user_agent: str) -> bool:
    """Whether to draw a telephone."""
    return any(mark in user_agent for mark in _PHONES)
