"""The difference between two versions of the terms, in the words of both languages, each with its clauses."""

import dataclasses
from typing import Any, get_args, get_type_hints

import pytest

from contracts.terms import Label, Terms, load_terms
from contracts.terms.diff import IDENTITY, Difference, differences
from contracts.terms.diff_words import ASPECTS, DAYS, NOUNS, UNIT_WORDS, day_words, span_words
from contracts.terms.model import Unit
from contracts.terms.shape import build
from tests.contracts.drafts import Change, all_of, entry, figure


@pytest.fixture
def compare(draft: Any) -> Any:
    """The differences between the shipped terms and a draft in which only ``change`` was made."""

    def told(change: Change, of: str = "hopex-saas", since: str = "2027-01-01") -> list[Difference]:
        old = load_terms(draft(version="2026.9", since="2026-01-01", of=of))
        return differences(old, load_terms(draft(change, since=since, of=of)))

    return told


def texts(found: list[Difference]) -> list[tuple[str, str]]:
    return [(one.text.en, one.text.fr) for one in found]


def test_a_figure_is_told_with_its_severity_target_unit_and_day(compare):
    (one,) = compare(figure("critical", 2))
    assert one.text.en == "Critical response: 4 → 2 business hours from 1 Jan 2027"
    assert one.text.fr == "Critique, réponse : 4 → 2 heures ouvrées à partir du 1er janv. 2027"
    assert one.clauses == ("HSA-1",)


def test_another_unit_and_no_target_are_told_in_full(compare):
    assert texts(compare(figure("critical", 1, "business_days"), since="2027-02-15")) == [
        (
            "Critical response: 4 business hours → 1 business day from 15 Feb 2027",
            "Critique, réponse : 4 heures ouvrées → 1 jour ouvré à partir du 15 févr. 2027",
        )
    ]
    assert texts(compare(figure("minor", None))) == [
        (
            "Minor response: 2 business days → no target from 1 Jan 2027",
            "Mineur, réponse : 2 jours ouvrés → aucun délai à partir du 1er janv. 2027",
        )
    ]


def test_a_calendar_tells_country_hours_days_off_closures_and_special_days(compare):
    def change(document: dict[str, Any]) -> None:
        calendar = next(row for row in document["calendars"] if row["code"] == "fr")
        calendar["holidays"] = {"country": "BE"}
        calendar["weekly"]["sat"] = ["09:00-12:00"]
        calendar["days_off"] = ["2027-05-14"]
        calendar["closures"] = [{"start": "2027-12-24", "end": "2027-12-31"}]
        calendar["special_days"] = [{"date": "2027-12-23", "hours": ["09:00-12:00"]}]

    english = [one.text.en for one in compare(change)]
    assert [text.replace("Calendar “French business hours”, ", "…") for text in english] == [
        "…public holidays: France → Belgium from 1 Jan 2027",
        "Added from 1 Jan 2027: calendar “French business hours”, day off 14 May 2027",
        "Added from 1 Jan 2027: calendar “French business hours”, closure 24 Dec 2027 – 31 Dec 2027",
        "Added from 1 Jan 2027: calendar “French business hours”, special day 23 Dec 2027 (09:00–12:00)",
        "…Saturday: closed → 09:00–12:00 from 1 Jan 2027",
    ]
    french = [one.text.fr for one in compare(change)]
    assert french[0].endswith("jours fériés : France → Belgique à partir du 1er janv. 2027")
    assert french[4].endswith("samedi : fermé → 09:00–12:00 à partir du 1er janv. 2027")
    assert all(one.clauses == ("HSA-24", "R14") for one in compare(change))


def test_a_label_that_changes_in_one_language_says_in_which(compare):
    label = {"en": "Critical", "fr": "Bloquant"}
    (one,) = compare(entry("severities", "critical", label=label))
    assert one.text.en == "Severity “Critical”, label in French: « Critique » → « Bloquant » from 1 Jan 2027"
    assert one.text.fr == "Sévérité « Bloquant », libellé : « Critique » → « Bloquant » à partir du 1er janv. 2027"


def test_entries_that_come_go_and_change_places(compare):
    def change(document: dict[str, Any]) -> None:
        gone = document["resolution_types"].pop()
        document["resolution_types"].append(gone | {"code": "another", "label": {"en": "Another", "fr": "Une autre"}})
        document["severities"].reverse()

    found = compare(change)
    assert [one.path[0] for one in found] == ["severities", "resolution_types", "resolution_types"]
    assert found[0].text.en.startswith("Severity, order: “No Access”, “Critical”")
    assert found[1].text.en == "Added from 1 Jan 2027: resolution type “Another”"
    assert found[1].text.fr == "Ajout à partir du 1er janv. 2027 : type de résolution « Une autre »"
    assert found[2].text.en.startswith("Removed from 1 Jan 2027: resolution type “")


def test_times_of_the_catalogue_name_request_and_stage(compare):
    def change(document: dict[str, Any]) -> None:
        document["catalogue"]["items"][0]["stages"][0]["limit"] = {"amount": 9, "unit": "business_hours"}

    (one,) = compare(change)
    assert one.text.en.startswith("Request catalogue, request “")
    assert one.text.en.endswith(", limit: 1 business day → 9 business hours from 1 Jan 2027")
    assert one.clauses == ("HSA-16",)


def test_a_whole_section_that_goes_is_one_line(compare):
    (one,) = compare(lambda document: document.update(credits=None))
    name = "credits “Days of service added to the subscription”"
    assert one.text.en == f"Removed from 1 Jan 2027: {name}"
    assert one.text.fr.startswith("Retrait à partir du 1er janv. 2027 : avoirs « ")


def test_what_has_no_word_of_its_own_is_named_by_its_path(compare, monkeypatch):
    monkeypatch.delitem(ASPECTS, "author_only")
    (one,) = compare(lambda document: document["contact_rules"].update(author_only=True))
    assert one.path == ("contact_rules", "author_only")
    assert one.text.en == "Contacts, contact_rules.author_only: no → yes from 1 Jan 2027"
    assert one.text.fr == "Contacts, contact_rules.author_only : non → oui à partir du 1er janv. 2027"
    assert one.clauses == ("HSA-19", "HOP-9")


def test_cells_of_the_priorities_are_told_apart_by_category_and_severity(compare):
    """Two categories have a cell for the same severity: each is compared with its own."""

    def change(document: dict[str, Any]) -> None:
        cell = document["priority"]["cells"][0]
        others = [row["code"] for row in document["priority"]["priorities"] if row["code"] != cell["priority"]]
        cell["priority"] = others[0]

    (one,) = compare(change, of="jalios-on-premise")
    assert one.path[:2] == ("priority", "cells")
    assert one.text.en.endswith("from 1 Jan 2027") and one.text.en.startswith("Priorities, priority “")


def test_the_same_text_makes_no_difference_whatever_its_version(compare):
    assert compare(lambda document: None) == []


def test_any_two_documents_can_be_compared_and_every_line_is_complete(compare):
    everything = all_of(*(figure(code, 7) for code in ("no_access", "critical", "moderate", "minor")))
    saas, octipas = (load_terms(f"contracts/data/{name}.yaml") for name in ("hopex-saas", "octipas"))
    for found in (differences(saas, octipas), differences(octipas, saas), compare(everything)):
        assert found
        for one in found:
            assert one.text.en.strip(": ") and one.text.fr.strip(": ") and one.path
            assert "None" not in one.text.en + one.text.fr
            assert "Label(" not in one.text.en + one.text.fr


def test_every_section_and_every_unit_has_words():
    sections = {row.name for row in dataclasses.fields(Terms)} - {*IDENTITY, "code", "name", "source", "provider"}
    assert sections - NOUNS.keys() == set()
    assert _fields(Terms, set()) - NOUNS.keys() - ASPECTS.keys() - DAYS.keys() - {"en", "fr", *IDENTITY} == set()
    assert set(Unit.__args__) == UNIT_WORDS.keys()
    assert all(len(pair) == 2 and all(pair) for pair in (*NOUNS.values(), *ASPECTS.values()))


def _fields(kind: Any, seen: set[Any]) -> set[str]:
    """The names of all fields of the schema below a dataclass."""
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        hints = get_type_hints(kind, include_extras=True)
        names = {row.name for row in dataclasses.fields(kind) if row.init}
        return names.union(*(_fields(hints[name], seen) for name in names))
    inner = [part for part in get_args(kind) if not isinstance(part, str | int)]
    return set().union(*(_fields(part, seen) for part in inner))


def test_amounts_and_days_are_spelt_as_each_language_does():
    assert span_words(0, "days") == Label("0 days", "0 jour")
    assert span_words(1, "months") == Label("1 month", "1 mois")
    assert span_words(2, "business_minutes") == Label("2 business minutes", "2 minutes ouvrées")
    assert day_words("2027-08-01") == Label("1 Aug 2027", "1er août 2027")
    assert day_words("2027-08-11") == Label("11 Aug 2027", "11 août 2027")


def test_the_schema_is_what_a_draft_is_built_from(draft):
    """A draft of the tests is a document like any other."""
    document = load_terms(draft()).to_document()
    problems: list[Any] = []
    assert isinstance(build(Terms, document, (), problems), Terms)
    assert problems == []
