"""Reading the cast and the stories. Times are relative, so that the same stories can be played up to any date.

A story begins `filed: 34 09:12 orvaultin critical production`: on the 34th working day before the demo's date, at 09:12
French time, that contact files under that severity (`no_access/platform_down` with its kind) for that environment.
Each step is one line, `d2 14:05 dourvenne reply: text`: two working days after the filing. Words that follow the verb
are its arguments; `+name.csv` at the end of the text attaches a file. `details` answers the questions of a contract
whose form is not that of HOPEX.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent
SMALL, FULL = SIZES = ("small", "full")
"""How much is played: what is written by hand, or thirteen months of a whole desk as well."""
DETAILS = ("symptoms", "steps", "consequences", "customisation", "last_actions", "technical_data")
KEYS = {"customer", "filed", "title", "description", "files", "then", "details", *DETAILS}
ARGUMENTS = {
    "take": 0,
    "assign": 1,
    "team": 1,
    "reply": 0,
    "note": 0,
    "ask": 0,
    "plan": 0,
    "call": 0,
    "resolve": 1,
    "move": 1,
    "reopen": 0,
    "close": 0,
    "severity": 2,
    "workaround": 0,
    "final_workaround": 1,
    "accept_workaround": 0,
    "decline_workaround": 0,
    "exclude": 1,
    "reinstate": 0,
    "hold": 1,
    "release": 0,
    "contest": 0,
    "agree": 0,
    "disagree": 0,
    "withdraw": 0,
}
SILENT = frozenset({"take", "assign", "team", "close", "withdraw"})
"""Verbs without a text."""

MAY_SPEAK = frozenset({"move", "accept_workaround", "agree"})
"""Verbs with a text or without."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Written in C where PyYAML was built so: many times as fast."""

_TIME = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)"
_FILED = re.compile(
    rf"(?P<days>\d{{1,3}}) {_TIME} (?P<who>\w+) (?P<severity>\w+)(?:/(?P<kind>\w+))? (?P<environment>\w+)"
)
_STEP = re.compile(rf"d(?P<days>\d{{1,2}}) {_TIME} (?P<who>\w+) (?P<verb>\w+)(?P<arguments>(?: \w+)*)")
_BETWEEN = re.compile(r"\n\s*\n")
_KEPT = re.compile(r"^\s*(?:```|[-*] |\d+\. )", re.MULTILINE)
_FILE = re.compile(r"\s*\+(?P<name>[\w-]+\.\w+)\s*$")


class ScriptError(ValueError):
    """A line of the cast or of a story cannot be played; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """An act of somebody, ``days`` working days after the filing."""

    days: int
    hour: int
    minute: int
    who: str
    verb: str
    arguments: tuple[str, ...]
    body: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket, filed ``days`` working days before the demo's date, with all that happens to it."""

    customer: str
    days: int
    hour: int
    minute: int
    author: str
    severity: str
    kind: str
    environment: str
    title: str
    description: str
    details: Mapping[str, str]
    files: tuple[str, ...]
    steps: tuple[Step, ...]


def read_cast(*, in_full: bool = False) -> list[dict[str, Any]]:
    """The providers with their people and customers, as written; those of the full demo only where that is asked."""
    providers = load_yaml(FOLDER / "cast.yaml")["providers"]
    return [{key: _on_stage(value, in_full) for key, value in one.items()} for one in providers]


def _on_stage(value: Any, in_full: bool) -> Any:
    if not isinstance(value, list):
        return value
    marked = [({"size": ""} | one if isinstance(one, dict) else {"size": ""}, one) for one in value]
    return [one for marks, one in marked if in_full or marks["size"] != FULL]


def read_stories() -> list[Story]:
    """All stories that are written by hand, in the order of their filing. Raises ScriptError."""
    found: list[Story] = []
    for path in sorted((FOLDER / "stories").glob("*.yaml")):
        document = load_yaml(path)
        for number, given in enumerate(document["stories"], start=1):
            try:
                found.append(_story(given, given.get("customer", document.get("customer", ""))))
            except (KeyError, ValueError) as error:
                raise ScriptError(f"{path.name}, story {number} ({given.get('title')}): {error}") from error
    return in_order(found)


def in_order(stories: Iterable[Story]) -> list[Story]:
    """Stories in the order of their filing."""
    return sorted(stories, key=lambda story: (-story.days, story.hour, story.minute, story.customer, story.title))


def load_yaml(path: Path) -> dict[str, Any]:
    """A file of the demo as it is written."""
    return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER))


def _story(given: Mapping[str, Any], customer: str) -> Story:
    if unknown := given.keys() - KEYS:
        raise ScriptError(f"there is nothing called {', '.join(sorted(unknown))} in a story")
    filed = _matched(_FILED, given["filed"])
    details = {"customisation": "none"} | {name: _text(given[name]) for name in DETAILS if name in given}
    if "details" in given:
        details = {name: _text(answer) for name, answer in given["details"].items()}
    story = Story(
        customer=customer,
        days=int(filed["days"]),
        hour=int(filed["hour"]),
        minute=int(filed["minute"]),
        author=filed["who"],
        severity=filed["severity"],
        kind=filed["kind"] or "",
        environment=filed["environment"],
        title=_text(given["title"]),
        description=_text(given["description"]),
        details=details,
        files=tuple(given.get("files", ())),
        steps=tuple(_step(item) for item in given["then"]),
    )
    check_order(story)
    return story


def _step(item: str | Mapping[str, str]) -> Step:
    if not isinstance(item, str) and len(item) != 1:
        raise ScriptError(f"“{next(iter(item))}” shares its entry with another step: begin each with a dash")
    line, said = (item, "") if isinstance(item, str) else next(iter(item.items()))
    found = _matched(_STEP, line)
    verb, arguments = found["verb"], tuple(found["arguments"].split())
    if verb not in ARGUMENTS:
        raise ScriptError(f"“{line}”: {verb} is unknown; there are {', '.join(ARGUMENTS)}")
    if ARGUMENTS[verb] != len(arguments):
        raise ScriptError(f"“{line}”: {verb} takes {ARGUMENTS[verb]} words after it, not {len(arguments)}")
    body, files = without_files(_text(said))
    if verb not in MAY_SPEAK and bool(body) is (verb in SILENT):
        raise ScriptError(f"“{line}”: {verb} {'says nothing' if verb in SILENT else 'needs a text'}")
    times = int(found["days"]), int(found["hour"]), int(found["minute"])
    return Step(*times, found["who"], verb, arguments, body, files)


def without_files(text: str) -> tuple[str, tuple[str, ...]]:
    """What is said, and the name of the file that a ``+name.csv`` at its end attaches."""
    found = _FILE.search(text)
    if found is None:
        return text, ()
    return text[: found.start()], (found["name"],)


def check_order(story: Story) -> None:
    """Each step comes after the one before it, and the last before the demo's date. Raises ScriptError."""
    before = (0, story.hour, story.minute)
    for step in story.steps:
        after = (step.days, step.hour, step.minute)
        if after <= before:
            raise ScriptError(f"the step of {step.who} on day {step.days} does not come after the one before it")
        before = after
    if before[0] >= story.days:
        raise ScriptError("it goes on until the demo's date or later")


def _matched(pattern: re.Pattern[str], line: str) -> Mapping[str, str]:
    found = pattern.fullmatch(str(line))
    if found is None:
        raise ScriptError(f"“{line}” does not have the form that is expected")
    return found.groupdict()


def _text(value: object) -> str:
    return unwrapped(str(value))


def unwrapped(text: str) -> str:
    """A text as somebody would type it: its paragraphs are lines here and one line there. Lists and code stay."""
    return "\n\n".join(_paragraph(part) for part in _BETWEEN.split(text.strip()))


def _paragraph(text: str) -> str:
    return text if _KEPT.search(text) else " ".join(text.split("\n"))


def files_of(stories: Iterable[Story]) -> set[str]:
    """The names of all files that the stories attach."""
    return {
        name for story in stories for name in (*story.files, *(name for step in story.steps for name in step.files))
    }
