"""The clauses of a contract: what each is about, whether the product acts on it, and where it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.translation import gettext, pgettext

from contracts.terms import ClauseEntry, Terms, cited_clauses, load_clauses
from web.presenters.terms_pages import Section, sections_citing


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One clause: its title, how the product stands to it in plain words, and the sections that show it."""

    id: str
    title: str
    state: str
    tone: str
    icon: str
    shown_in: list[Section]


@dataclass(frozen=True, slots=True)
class ClauseGroup:
    """Clauses of one family, in the order of the index."""

    title: str
    clauses: list[ClauseView]


@cache
def index() -> Mapping[str, ClauseEntry]:
    """Every clause that the product knows, by its id, in order."""
    return {entry.id: entry for entry in load_clauses().clauses}


def clause_groups(terms: Terms, language: str) -> list[ClauseGroup]:
    """The clauses of a contract by family, then the rules of counting that hold for every contract."""
    cited, shown = cited_clauses(terms), sections_citing(terms)
    own = [
        ClauseView(row.id, row.title.text(language), *_stands("data"), shown.get(row.id, []))
        for row in terms.own_clauses
    ]
    groups = [ClauseGroup(terms.name.text(language), own)] if own else []
    for family in dict.fromkeys(
        [*terms.clause_families, *sorted(clause[:3] for clause in cited if clause[3:4] == "-")]
    ):
        entries = [entry for key, entry in index().items() if key.startswith(f"{family}-")]
        groups.append(ClauseGroup(family, [_view(entry, language, shown) for entry in entries]))
    rules = [_view(entry, language, shown) for key, entry in index().items() if "-" not in key]
    groups.append(ClauseGroup(gettext("How limits are counted"), rules))
    return [group for group in groups if group.clauses]


def _view(entry: ClauseEntry, language: str, shown: Mapping[str, list[Section]]) -> ClauseView:
    return ClauseView(entry.id, entry.title.text(language), *_stands(entry.state), shown.get(entry.id, []))


def _stands(state: str) -> tuple[str, str, str]:
    """In plain words, with a tone and an icon."""
    return {
        "enacted": (pgettext("clause", "The portal acts on it"), "green", "circle-check"),
        "data": (pgettext("clause", "Held and shown; people act on it"), "blue", "file-text"),
        "not_yet": (pgettext("clause", "Not in the portal yet"), "grey", "circle-dashed"),
    }[state]
