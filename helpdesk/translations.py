"""Keeps the French catalogues complete: extracts every marked string of code and templates with Babel.

Each app has `<app>/locale/fr/LC_MESSAGES/django.po`; the strings of `templates/` belong to `web`.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation import templatize

LANGUAGE: Final = "fr"
TEMPLATE_APP: Final = "web"
KEYWORDS: Final[dict[str, Any]] = {
    name + suffix: spec
    for name, spec in {
        "gettext": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }.items()
    for suffix in ("", "_lazy")
} | {"_": None}
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[a-z]|%[sd]")
_TYPED_APOSTROPHE: Final = re.compile(r"(?<=[^\W\d_])'(?=[\w%{«])")
"""One of a typewriter, between a letter and what is elided before: a word, a figure or a placeholder."""
_HEADER_NOISE: Final = tuple(
    f'"{name}'
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Report-Msgid-Bugs-To",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
        "Project-Id-Version",
    )
)
_SKIPPED: Final = ("migrations", "tests")


@dataclass
class Report:
    """What is wrong with the catalogue of one app; empty lists mean that it is complete."""

    app: str
    missing: list[str] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)
    fuzzy: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    apostrophes: list[str] = field(default_factory=list)

    def complaints(self) -> Iterator[str]:
        """One line for each thing to put right."""
        texts = {
            "missing": "is not in the catalogue",
            "untranslated": "has no translation",
            "fuzzy": "is marked fuzzy",
            "unused": "is used nowhere any more",
            "placeholders": "has other placeholders in its translation",
            "apostrophes": "has a straight apostrophe in its translation; French is written with ’",
        }
        for name, text in texts.items():
            for phrase in getattr(self, name):
                yield f"{self.app}: {phrase!r} {text}"


def catalogue_path(root: Path, app: str) -> Path:
    """Where the French catalogue of `app` is."""
    return root / app / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def apps_with_strings(root: Path) -> dict[str, Catalog]:
    """Every app folder that marks at least one string, with what was extracted from it."""
    found = {}
    for folder in sorted(path for path in root.iterdir() if (path / "__init__.py").is_file() and path.name != "tests"):
        catalogue = extract(root, folder.name)
        if len(catalogue):
            found[folder.name] = catalogue
    return found


def extract(root: Path, app: str) -> Catalog:
    """A fresh catalogue (no translations) of what `app` marks."""
    catalogue = _empty()
    for path in _sources(root, app):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            text = _as_python(text, str(path))
        where = path.relative_to(root).as_posix()
        for context, message in _messages(text):
            catalogue.add(message, context=context, locations=[(where, 0)])
    return catalogue


def _empty() -> Catalog:
    return Catalog(locale=LANGUAGE, project="helpdesk", header_comment="# French.", fuzzy=False)


def _sources(root: Path, app: str) -> Iterator[Path]:
    for path in sorted((root / app).rglob("*.py")):
        if not set(_SKIPPED) & set(path.relative_to(root).parts):
            yield path
    folders = [root / app / "templates"] + ([root / "templates"] if app == TEMPLATE_APP else [])
    for folder in folders:
        yield from sorted(folder.rglob("*.html"))
        yield from sorted(folder.rglob("*.txt"))


def _as_python(text: str, origin: str) -> str:
    """Django turns a template into marked calls between blanked text; lines without indentation read as Python."""
    return "\n".join(line.strip() for line in templatize(text, origin=origin).splitlines())


def _messages(text: str) -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    calls: Iterable[Any] = extract_python(io.BytesIO(text.encode()), KEYWORDS, (), {"encoding": "utf-8"})
    for _line, function, arguments, _comments in calls:
        given = [arguments] if isinstance(arguments, str) else list(arguments or ())
        context = given.pop(0) if function.startswith(("p", "np")) and given else None
        wanted = 2 if "ngettext" in function or "npgettext" in function else 1
        phrases = [phrase for phrase in given[:wanted] if phrase]
        if len(phrases) == wanted:
            yield context, tuple(phrases) if wanted == 2 else phrases[0]


def load(path: Path) -> Catalog:
    """The catalogue on disk; an empty one where there is none."""
    if not path.exists():
        return _empty()
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, abort_invalid=True)


def check(root: Path, app: str, fresh: Catalog) -> Report:
    """Compare what the code says with what is translated."""
    report = Report(app)
    kept = load(catalogue_path(root, app))
    wanted = {_key(message) for message in fresh if message.id}
    for message in fresh:
        if message.id:
            _check_one(report, message, kept.get(_first(message), context=message.context))
    report.unused = [_first(message) for message in kept if message.id and _key(message) not in wanted]
    return report


def _check_one(report: Report, message: Message, kept: Message | None) -> None:
    phrase = _first(message)
    if kept is None or _key(kept) != _key(message):
        report.missing.append(phrase)
        return
    texts = [kept.string] if isinstance(kept.string, str) else list(kept.string or [])
    if not texts or not all(texts):
        report.untranslated.append(phrase)
    elif kept.fuzzy:
        report.fuzzy.append(phrase)
    elif any(not _placeholders_fit(phrases, text) for phrases in [_phrases(message)] for text in texts):
        report.placeholders.append(phrase)
    elif any(_TYPED_APOSTROPHE.search(text) for text in texts):
        report.apostrophes.append(phrase)


def _phrases(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _placeholders_fit(phrases: tuple[str, ...], text: str) -> bool:
    """A translation uses the placeholders of the singular or of the plural."""
    used = Counter(match.group(0) for match in _PLACEHOLDER.finditer(text))
    return any(used == Counter(match.group(0) for match in _PLACEHOLDER.finditer(phrase)) for phrase in phrases)


def _first(message: Message) -> str:
    return _phrases(message)[0]


def _key(message: Message) -> tuple[str | None, tuple[str, ...]]:
    return message.context, _phrases(message)


def update(root: Path, app: str, fresh: Catalog) -> Path:
    """Write the catalogue anew: translations that still fit are kept, new strings wait empty, unused ones go."""
    path = catalogue_path(root, app)
    kept = load(path)
    for message in fresh:
        old = kept.get(_first(message), context=message.context) if message.id else None
        if old is not None and _key(old) == _key(message) and not old.fuzzy:
            message.string = old.string
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, fresh, width=100, sort_by_file=True, include_lineno=False, omit_header=False)
    _tidy_header(path)
    return path


def _tidy_header(path: Path) -> None:
    """Keep what has a meaning: dates would change the file at every run, the rest is empty forms."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(_HEADER_NOISE)), "utf-8")
