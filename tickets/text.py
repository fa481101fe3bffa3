"""The boundary for text that people type: what PostgreSQL or a mail header cannot carry never gets in."""

import unicodedata

from django.utils.translation import gettext as _

from accounts.errors import Invalid


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store ``text``: no NUL and no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def clean_text(text: str, *, field: str = "") -> str:
    """Text of several lines, with one kind of line end. Raises ``Invalid`` for what cannot be stored."""
    if not is_storable(text):
        raise Invalid({field: [_("This text contains characters that cannot be stored. Type it again.")]})
    return text.replace("\r\n", "\n").replace("\r", "\n")


def clean_line(text: str, *, field: str = "") -> str:
    """Text of one line: every control character and run of white space becomes one space."""
    text = clean_text(text, field=field)
    visible = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    return " ".join(visible.split())


def bounded(text: str, *, field: str, maximum: int, required: bool = True) -> str:
    """``text`` if it is neither missing nor longer than ``maximum`` characters; raises ``Invalid`` otherwise."""
    if required and not text.strip():
        raise Invalid({field: [_("This field is needed.")]})
    if len(text) > maximum:
        message = _("At most %(maximum)d characters; these are %(length)d.")
        raise Invalid({field: [message % {"maximum": maximum, "length": len(text)}]})
    return text
