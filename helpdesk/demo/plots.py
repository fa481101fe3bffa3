"""Reading the arcs: conversations written once, from which the full demo makes its tickets.

An arc is a story without names and times. Words in braces are filled in for each ticket: `{contact}` is the first name
of who files, `{app} {process} {diagram} {report} {library} {team}` come from the customer's list in `words.yaml`, and
`{few} {some} {many} {minutes} {percent} {hour} {code}` are figures. A step is one line, `next second reply: text`: how
long after the step before (`soon`, `hours`, `next` working day, some `days`, a `week`; a usual time unless given), by
whom (`desk` is the first line, `second`, `third`, `contact`), the verb of `scripts.py` and its arguments.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.demo.scripts import ARGUMENTS, DETAILS, FOLDER, ScriptError, load_yaml, unwrapped

GAPS = frozenset({"soon", "hours", "next", "days", "week"})
PARTS = frozenset({"desk", "second", "third", "manager", "contact"})
KEYS = {"key", "severities", "environment", "title", "description", "files", "then", *DETAILS}
USUAL_GAPS = {"contact reply": "next", "resolve": "days", "ask": "hours", "reply": "hours"}
_WORD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Beat:
    """A step of an arc: who does what how long after the step before."""

    gap: str
    part: str
    verb: str
    arguments: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Arc:
    """A conversation about one kind of trouble, in one language, under the severities that it may have."""

    key: str
    language: str
    severities: tuple[str, ...]
    environment: str
    title: str
    description: str
    details: Mapping[str, str]
    files: tuple[str, ...]
    beats: tuple[Beat, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Everything from which tickets are made: arcs, what is said in any of them, and the words of each customer."""

    arcs: Sequence[Arc]
    asides: Mapping[str, Mapping[str, Sequence[str]]]
    words: Mapping[str, Mapping[str, Sequence[str]]]


def read_library() -> Library:
    """All arcs with their words. Raises ScriptError."""
    folder = FOLDER / "arcs"
    documents = [load_yaml(folder / f"{name}.yaml") for name in ("french", "english")]
    arcs = [arc for document in documents for arc in _arcs(document)]
    return Library(arcs, load_yaml(folder / "asides.yaml"), load_yaml(folder / "words.yaml"))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its words in braces replaced; KeyError for one that has no value."""
    return _WORD.sub(lambda found: values[found[1]], unwrapped(text))


def _arcs(document: Mapping[str, Any]) -> Iterator[Arc]:
    for given in document["arcs"]:
        try:
            yield _arc(given, document["language"])
        except (KeyError, ValueError) as error:
            raise ScriptError(f"arc {given.get('key')} ({document['language']}): {error}") from error


def _arc(given: Mapping[str, Any], language: str) -> Arc:
    if unknown := given.keys() - KEYS:
        raise ScriptError(f"there is nothing called {', '.join(sorted(unknown))} in an arc")
    return Arc(
        key=given["key"],
        language=language,
        severities=tuple(given["severities"].split()),
        environment=given.get("environment", ""),
        title=given["title"],
        description=given["description"],
        details={"customisation": "none"} | {name: given[name] for name in DETAILS if name in given},
        files=tuple(given.get("files", ())),
        beats=tuple(beat(line, text) for step in given["then"] for line, text in step.items()),
    )


def beat(line: str, text: str) -> Beat:
    """A step as an arc writes it. Raises ScriptError for one that nobody can play."""
    words = line.split()
    gap = words.pop(0) if words[0] in GAPS else ""
    part, verb, *arguments = words
    if part not in PARTS or verb not in ARGUMENTS or len(arguments) != ARGUMENTS[verb]:
        raise ScriptError(f"“{line}” does not have the form that is expected")
    usual = USUAL_GAPS.get(f"{part} {verb}") or USUAL_GAPS.get(verb, "soon")
    return Beat(gap or usual, part, verb, tuple(arguments), text)
