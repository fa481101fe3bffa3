"""Every form that the pages hold, found by reading them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.urls import resolve

from tests.security.cases import Case
from tests.security.corpus import NIGHTLY
from tests.security.matrix import Visitor


@dataclass
class Form:
    """Where a form leads, and its fields with what they hold."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = given.get("action") or self.address
            self._open = Form(given.get("method", "get").upper(), action)
            self._by_id[given.get("id", "")] = self._open
            self.forms.append(self._open)
        owner = self._by_id.get(given["form"]) if "form" in given else self._open
        if owner is None:
            return
        fields = owner.fields
        name = given.get("name", "")
        if tag == "select":
            self._select = name
            fields.setdefault(name, "")
        elif tag == "option" and self._select and not fields.get(self._select):
            fields[self._select] = given.get("value", "")
        elif name and tag in {"input", "textarea", "button"} and given.get("type") != "file":
            value = given.get("value", "")
            if given.get("type") not in {"radio", "checkbox"} or not fields.get(name):
                fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._open = None


def forms_of(visitor: Visitor, addresses: list[str]) -> Iterator[Form]:
    """The forms of these pages, each pair of view and fields once (in the long runs: of address and fields)."""
    seen = set()
    for address in addresses:
        answer = visitor.ask("GET", address, Case("-", True))
        assert answer.status_code == 200, (address, answer.status_code)
        reader = _Reader(address)
        reader.feed(answer.content.decode())
        # A form of a dialog only closes it.
        for form in (one for one in reader.forms if one.method != "DIALOG"):
            form.fields.pop("csrfmiddlewaretoken", None)
            place = form.action if NIGHTLY else resolve(urlsplit(form.action).path).view_name
            key = (form.method, place, tuple(sorted(form.fields)))
            if key not in seen:
                seen.add(key)
                yield form
