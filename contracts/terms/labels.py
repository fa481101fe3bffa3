"""Checks of the words: every text must be there in both languages, and really translated."""

from collections.abc import Iterator
from typing import Any

from contracts.terms.checks import parts
from contracts.terms.errors import Path, Problem
from contracts.terms.model import Label


def untranslated(place: Any, path: Path) -> Iterator[Problem]:
    """Texts of several words that say the same in both languages. The name of a product may."""
    if isinstance(place, Label):
        if place.en == place.fr and _is_a_phrase(place.en):
            message = f"is {place.fr[:60]!r} in both languages: translate it"
            yield Problem((*path, "fr"), message)
        return
    for part, inner in parts(place):
        if (*path, part) != ("name",):
            yield from untranslated(inner, (*path, part))


def _is_a_phrase(text: str) -> bool:
    """Whether a text is more than names and words that both languages have: three words, of which one is written small.

    >>> _is_a_phrase("The platform is down"), _is_a_phrase("Azure Bastion"), _is_a_phrase("Force majeure")
    (True, False, False)
    """
    words = [word for word in text.split() if any(character.isalpha() for character in word)]
    return len(words) > 2 and any(word[0].islower() for word in words)
