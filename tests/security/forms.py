"""Every form that the pages hold, found by reading them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.security.matrix import Visitor
from tests.security.routes import Case


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
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = given.get("action") or self.address
            self.forms.append(Form(given.get("method", "get").upper(), action))
        if not self.forms:
            return
        fields = self.forms[-1].fields
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


def forms_of(visitor: Visitor, addresses: list[str]) -> Iterator[Form]:
    """The forms of these pages, each pair of action and fields once."""
    seen = set()
    for address in addresses:
        answer = visitor.ask("GET", address, Case("-", True))
        assert answer.status_code == 200, (address, answer.status_code)
        reader = _Reader(address)
        reader.feed(answer.content.decode())
        for form in reader.forms:
            form.fields.pop("csrfmiddlewaretoken", None)
            key = (form.method, form.action, tuple(sorted(form.fields)))
            if key not in seen:
                seen.add(key)
                yield form
