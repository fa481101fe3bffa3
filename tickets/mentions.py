"""``@name`` in a message of staff: which colleague it addresses.

A name counts as it is written in the portal, large or small; a sign-in address as well, and it is replaced by the name,
so that no address is published. What is code, and what only looks like an address, is left alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from accounts.models import Membership
from accounts.selectors import colleagues
from accounts.tenancy import Actor

MOST_MENTIONS: Final = 30
"""Per message; beyond them an @ is only a character."""
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_MARK: Final = re.compile(r"(?<![\w@.+/\\-])@(?=\w)")
_GOES_ON: Final = re.compile(r"[\w@]|[.-]\w")
_WORD: Final = re.compile(r"[\w.+'-]*\w(?:@[\w.-]*\w)?")


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message with names in place of addresses, whom it mentions, and what was meant as a mention of nobody known.

    A name that several colleagues have mentions none of them.
    """

    text: str
    people: tuple[Membership, ...] = ()
    unknown: tuple[str, ...] = ()


def addressed(actor: Actor, text: str) -> Addressed:
    """Whom a message of ``actor`` mentions: nobody unless he is staff. Asks the database only where there is an @."""
    if not actor.is_staff or not _MARK.search(text):
        return Addressed(text)
    return read(text, list(colleagues(actor)))


def read(text: str, known: Sequence[Membership]) -> Addressed:
    """What ``text`` says to the people of ``known``."""
    labels = _labels(known)
    parts: list[str] = []
    people: dict[str, Membership] = {}
    unknown: dict[str, None] = {}
    done = 0
    for place in _places(text):
        if place < done:
            continue
        label = next((one for one in labels if _stands(one, text, place)), "")
        found = labels.get(label, [])
        if len(found) != 1:
            unknown.setdefault(_word(text, place, label))
            continue
        parts += [text[done:place], found[0].display_name]
        done = place + len(label)
        people.setdefault(str(found[0].id), found[0])
    return Addressed("".join([*parts, text[done:]]), tuple(people.values()), tuple(unknown))


def _labels(known: Sequence[Membership]) -> dict[str, list[Membership]]:
    """Names and addresses, small, the longest first: a name may begin with another one's."""
    found: dict[str, list[Membership]] = {}
    for person in known:
        for label in {person.display_name.lower(), person.user.email.lower()}:
            found.setdefault(label, []).append(person)
    return dict(sorted(found.items(), key=lambda row: -len(row[0])))


def _places(text: str) -> Iterator[int]:
    """Where something may be addressed: behind each @ that begins a word outside of code."""
    plain = _CODE.sub(lambda code: " " * len(code[0]), text)
    for number, mark in enumerate(_MARK.finditer(plain)):
        if number == MOST_MENTIONS:
            return
        yield mark.end()


def _stands(label: str, text: str, place: int) -> bool:
    end = place + len(label)
    return text[place:end].lower() == label and not _GOES_ON.match(text, end)


def _word(text: str, place: int, label: str) -> str:
    """What the warning repeats: the name that several have, else the word behind the @."""
    found = _WORD.match(text, place)
    return text[place : place + len(label)] if label else (found[0] if found else "")[:60]
