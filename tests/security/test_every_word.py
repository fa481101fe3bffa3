"""No word of a page bypasses the catalogue: in a language in which every translated string stands in brackets,
nothing outside brackets is left but data.

It walks over the table of addresses, so that a new page is looked at as soon as it has its row there.
"""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any

import holidays
import pytest
import yaml
from babel import Locale
from django.template import engines
from django.test import Client
from django.utils.translation.trans_real import DjangoTranslation

from contracts.publishing import DATA
from tests.security.canaries import Person
from tests.security.routes import TABLE, answered
from tests.security.stage import Stage
from web import clockface, moments, zones

SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-label", "aria-description", "aria-roledescription")
SILENT = {"script", "style", "code", "kbd", "pre", "textarea", "template"}
BRACKETS = re.compile("⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2,}")


def _calendar_words() -> list[str]:
    french = Locale("fr")
    tables = [
        table[width] for table in (french.months["format"], french.days["format"]) for width in ("wide", "abbreviated")
    ]
    return sorted({re.escape(word) for table in tables for word in table.values()}, key=len, reverse=True)


NO_WORDS = {
    r"\[(MEGA|OCTI)-\d+\].*": "the subject of a message that was sent, in the language of its reader at that time",
    r"zq\d{4}x[\w.@]*": "a text of the stage: a name, a file, an address of mail",
    r"\b(MEGA|OCTI)(-\d+)?\b": "the prefix and the references of tickets",
    r"\b(HSA|HOP|JAL)(-\d+\w*)?\b|\bR\d+\w*\b": "a clause, or the text that it stands in",
    r"\bHelpdesk\b|\bHOPEX( SaaS)?\b|\bhopex-saas\b": "a proper name",
    r"\bEnglish\b|\bFrançais\b": "a language, in itself",
    r"\bEurope/Paris\b|\bParis\b|\bUTC\b": "a zone",
    r"https?://\S*|/api/v1/\S*": "an address",
    r"\b[0-9a-f]{8,}…?": "a digest",
    r"\b(GET|POST|JSON|CSV|YAML)\b": "a name of the protocol",
    r"\bFR\b|\bholidays [\d.]+": "a country by its code, and the library that knows its holidays",
    r"\bopenapi\.json\b": "a file by its name",
    r"\bABC-1042\b": "the made-up ticket by which a canned reply is shown",
    r"\b(heures?|jours?|semaines?|mois)( ouvrée?s?)?\b": "a unit of the terms, which the core words in both languages",
    r"\b(Decoy|Nobody)\b": "the one demo account of the stage",
    r"\b1er\b": "the first of a month",
    rf"\b(?i:{'|'.join(_calendar_words())})(?!\w)": "a day or a month, by Babel",
}
"""What may stand outside brackets, each with its reason."""

NO_PAGES_OF_PEOPLE = {"styleguide"}
"""For those who build pages; its texts are made up."""


class Reader(HTMLParser):
    """What a person reads or hears of a page: its running text and, apart from it, the attributes that are spoken."""

    def __init__(self) -> None:
        super().__init__()
        self.spoken: list[str] = []
        self.text: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.spoken += [value for name, value in attrs if name in SPOKEN and value]
        is_data = {"mono", "mail"} & set((told.get("class") or "").split())
        is_zones = tag == "select" and told.get("name") == "time_zone"
        if tag in SILENT or is_data or is_zones or tag in self._silent:
            self._silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.text.append(" ".join(data.split()))


def _french(node: Any) -> Iterator[str]:
    """Everything that the terms say in French, which the pages show as data."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "fr" and isinstance(value, str):
                yield " ".join(value.split())
            yield from _french(value)
    elif isinstance(node, list):
        for value in node:
            yield from _french(value)


def _data() -> list[str]:
    """The French of the terms, of the clauses' titles and of the public holidays, longest first."""
    texts = {text for path in DATA.rglob("*.yaml") for text in _french(yaml.safe_load(path.read_text()))}
    days = holidays.France(years=range(2025, 2031), language="fr").values()
    return sorted(texts | set(days), key=len, reverse=True)


DATA_TEXTS = _data()
ALLOWED = re.compile("|".join(NO_WORDS))


def leftovers(html: str) -> set[str]:
    """What of a page came neither from the catalogue nor from data."""
    reader = Reader()
    reader.feed(html)
    return {rest for text in ["\n".join(reader.text), *reader.spoken] for rest in _outside(text)}


def _outside(text: str) -> Iterator[str]:
    before = ""
    while before != text:
        before, text = text, BRACKETS.sub(" ", text)
    for line in text.splitlines():
        rest = line
        for known in DATA_TEXTS:
            rest = rest.replace(known, " ")
        if WORD.search(ALLOWED.sub(" ", rest)):
            yield line.strip()


@pytest.fixture
def in_brackets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every string that is found in a catalogue comes out in brackets; one that is not found comes as it is."""
    singular: Callable[..., str] = DjangoTranslation.gettext
    plural: Callable[..., str] = DjangoTranslation.ngettext

    def gettext(self: DjangoTranslation, message: str) -> str:
        told = singular(self, message)
        return f"⟦{told}⟧" if message and message in self._catalog else told

    def ngettext(self: DjangoTranslation, one: str, many: str, n: int) -> str:
        told = plural(self, one, many, n)
        try:
            self._catalog.plural(one, n)
        except KeyError:
            return told
        return f"⟦{told}⟧"

    monkeypatch.setattr(DjangoTranslation, "gettext", gettext)
    monkeypatch.setattr(DjangoTranslation, "ngettext", ngettext)
    # Some words are kept by language: nothing of before or of this test may be left there.
    _forget_words()
    yield
    _forget_words()


def _forget_words() -> None:
    for kept in (zones._choices, moments._span, moments._ago, moments._units, clockface._due_words):
        kept.cache_clear()
    clockface._overdue_words.cache_clear()
    for loader in engines["django"].engine.template_loaders:  # type: ignore[attr-defined]
        loader.reset()


def _html(stage: Stage, person: Person, verb: str, route: str) -> Iterator[str]:
    """The pages that an address shows this person: of what is his, and one of what is not there. Forms come empty."""
    client = Client(raise_request_exception=False)
    cases = TABLE[route](stage, person)
    own = [case for case in cases if case.entitled][:2]
    for case in [*own, *[case for case in cases if not case.entitled][:1]]:
        client.cookies = SimpleCookie({"session": person.session_key, "language": "fr"})
        query = case.query if verb == "GET" else {}
        answer = getattr(client, verb.lower())(case.address(route), query, headers={"User-Agent": person.agent})
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            yield answer.content.decode()


@pytest.mark.parametrize("key", ["anonymous", "contact_a", "engineer", "administrator"])
def test_every_word_of_every_page_comes_from_the_catalogue(stage: Stage, in_brackets: None, settings: Any, key: str):
    settings.DEMO_MODE = True
    person = stage.people[key]
    found: dict[str, set[str]] = {}
    pages = 0
    for verb in ("GET", "POST"):
        for route in TABLE:
            is_page = route not in NO_PAGES_OF_PEOPLE and (route == "api_reference" or not route.startswith("api_"))
            if not is_page or verb not in answered(route):
                continue
            for html in _html(stage, person, verb, route):
                pages += 1
                for text in leftovers(html):
                    found.setdefault(text, set()).add(f"{verb} {route}")
    assert pages > 20
    assert not found, "\n".join(f"{text!r}: {', '.join(sorted(where)[:4])}" for text, where in sorted(found.items()))


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>⟦Bonjour ⟦mardi⟧⟧ zq0017xtitle</p>", set()),
        ("<p>⟦Bonjour⟧, Welcome</p>", {", Welcome"}),
        ("<button title='Dismiss'>⟦Fermer⟧</button>", {"Dismiss"}),
        ("<script>const word = 'not spoken'</script><kbd>Ctrl</kbd>", set()),
    ],
)
def test_the_scan_finds_what_bypasses_the_catalogue(html: str, left: set[str]):
    assert leftovers(html) == left
