"""Reading a page as a person or a browser does."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

_SILENT = {"script", "style", "template", "svg"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.forms: list[Form] = []
        self._silent = 0
        self._select = ""
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self._silent += tag in _SILENT
        if tag == "form":
            self.forms.append(Form(told.get("action", ""), told))
        if tag in {"div", "p", "li", "td", "th", "h1", "h2", "h3", "dt", "dd", "article", "section", "tr", "br"}:
            self.words.append("\n")
        if self.forms:
            self._control(tag, told)

    def _control(self, tag: str, told: dict[str, str]) -> None:
        form, name = self.forms[-1], told.get("name", "")
        kind = told.get("type", "text")
        if tag == "input" and name and kind not in {"submit", "file", "button"}:
            if kind not in {"radio", "checkbox"} or "checked" in told:
                form.fields.setdefault(name, []).append(told.get("value", "on" if kind == "checkbox" else ""))
            form.offered.setdefault(name, []).append(told.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.offered.setdefault(self._select, []).append(told.get("value", ""))
            if "selected" in told:
                form.fields[self._select] = [told.get("value", "")]
        elif tag == "textarea":
            self._area = (name, [])

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if tag == "select":
            self._select = ""
        if tag == "textarea" and self._area and self.forms:
            # A browser drops the first line end of a text area.
            self.forms[-1].fields[self._area[0]] = ["".join(self._area[1]).removeprefix("\n")]
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)
        elif not self._silent:
            self.words.append(data)


@dataclass
class Form:
    """A form of the page with what it would send if nobody touched it."""

    action: str
    attributes: dict[str, str]
    fields: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, **given: Any) -> dict[str, Any]:
        """What a browser would send after somebody typed ``given``."""
        return {name: values for name, values in self.fields.items() if values} | given


def _read(answer: HttpResponse) -> _Reader:
    reader = _Reader()
    reader.feed(answer.content.decode())
    return reader


def text_of(answer: HttpResponse) -> str:
    """The words of the page, lines and spaces evened out."""
    text = re.sub(r"[ \t\xa0]+", " ", "".join(_read(answer).words))
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def form_of(answer: HttpResponse, action: str) -> Form:
    """The form that posts to ``action``."""
    found = [form for form in _read(answer).forms if form.action == action]
    assert found, f"no form posts to {action}: {[form.action for form in _read(answer).forms]}"
    return found[0]


def actions_of(answer: HttpResponse) -> set[str]:
    """The addresses to which the forms of the page post."""
    return {form.action for form in _read(answer).forms}


def section(answer: HttpResponse, start: str, end: str) -> str:
    """The HTML between two marks."""
    html = answer.content.decode()
    return html[html.index(start) : html.index(end, html.index(start))]
