"""Variables in canned replies: a small language of its own, ``{{name}}`` for a name of the list and nothing else.

Values are inserted as text. What they hold is escaped, so that no name and no subject can make a link, a list or
emphasis of the message that it is inserted into.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from accounts.errors import Invalid
from tickets.text import clean_line

VARIABLES: Final = (
    "contact", "reference", "subject", "severity", "promise", "due", "engineer", "contract", "customer", "link",
)  # fmt: skip
"""The names that a text may use."""
OWN_ADDRESS: Final = "link"
"""The one whose value the product makes itself, and which becomes a link."""

_PLACE: Final = re.compile(r"\{\{([^{}\n]*)\}\}")
_AS_TARGET: Final = re.compile(r"(?:\]\([^)\n]*|\]:[ \t]*|<)\{\{([^{}\n]*)\}\}")
_SHOWN: Final = 40
_MARKS: Final = re.compile(r"([\\`*_\[\]<|~@])")
_ENTITY: Final = re.compile(r"&(?=#|[A-Za-z][A-Za-z0-9]*;)")
_SCHEME: Final = re.compile(r":(?=//)")
_OPENING: Final = re.compile(r"^(?:(\d{1,9})([.)])|([#>=+.)(!:-]))")
_CLOSING: Final = re.compile(r"(#+)$")


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its values. ``missing`` names the variables that have none; their places are as they were."""

    text: str
    missing: tuple[str, ...] = ()


def check_variables(text: str, *, field: str) -> None:
    """Raises ``Invalid`` for a name that is not of the list, for braces that are not closed, and for a variable that
    would say where a link leads."""
    unknown = [name for name in _names(text) if name not in VARIABLES]
    if unknown:
        told = {"unknown": written(name[:_SHOWN] for name in unknown[:3]), "known": written(VARIABLES)}
        raise Invalid({field: [_("Unknown: %(unknown)s. There are: %(known)s.") % told]})
    if "{{" in (rest := _PLACE.sub("", text)) or "}}" in rest:
        raise Invalid(
            {field: [_("A variable is not closed. It is written so: %(example)s.") % {"example": _example()}]}
        )
    if any(found.strip() != OWN_ADDRESS for found in _AS_TARGET.findall(text)):
        told = {"link": written([OWN_ADDRESS])}
        raise Invalid({field: [_("Only %(link)s can be the target of a link.") % told]})


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """``text`` with its values, each inserted once and never read again. A name without a value is missing."""
    missing = tuple(name for name in _names(text) if not values.get(name))

    def value_of(found: re.Match[str]) -> str:
        name = found[1].strip()
        value = values.get(name, "")
        if not value:
            return found[0]
        return value if name == OWN_ADDRESS else as_text(value)

    return Filled(_PLACE.sub(value_of, text), missing)


def as_text(value: str) -> str:
    r"""``value`` on one line, escaped so that it stands in a message as it is.

    >>> as_text("1. *R&D* of no_access"), as_text("# see http://example.com")
    ('1\\. \\*R&D\\* of no\\_access', '\\# see http\\://example.com')
    """
    line = _MARKS.sub(r"\\\1", clean_line(value))
    line = _SCHEME.sub(r"\\:", _ENTITY.sub(r"\\&", line))
    line = _CLOSING.sub(lambda found: "".join(f"\\{mark}" for mark in found[1]), line)
    return _OPENING.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", line)


def written(names: Iterable[str]) -> str:
    """Names as they are written in a text.

    >>> written(["contact", "due"])
    '{{contact}}, {{due}}'
    """
    return ", ".join("{{" + name + "}}" for name in names)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.strip() for found in _PLACE.findall(text)))


def _example() -> str:
    return written(VARIABLES[:1])
