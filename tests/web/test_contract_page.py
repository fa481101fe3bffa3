"""The contract as its customer reads it: everything that its terms hold, in words, under every contract alike."""

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import pytest
from django.test import Client

from accounts.tenancy import acting_as
from contracts.amendments import propose_amendment
from contracts.models import ContractAmendment, ContractChange
from contracts.publishing import DATA
from contracts.terms import Terms, cited_clauses, load_terms, parse_overrides
from contracts.terms.model import Label, Week
from helpdesk.demo.scripts import read_cast
from tests.web.reading import actions_of, text_of
from tests.web.test_query_budget import questions
from tests.worlds import World, as_system, build_world, paris
from web.presenters.public_holidays import named_holidays
from web.presenters.terms_pages import ELSEWHERE, SECTIONS, Renderer, present_sections, sections_citing
from web.presenters.terms_words import FIELDS, VALUES, value_words

DOCUMENTS = sorted(path for path in DATA.glob("*.yaml") if not path.stem.startswith("clauses"))
PROPOSED = paris("2026-11-20 10:00")


@pytest.fixture
def world(db) -> World:
    return build_world()


def _address(world: World, of: int = 0) -> str:
    return f"/contracts/{world.customers[of].contract.id}/"


# The renderer -----------------------------------------------------------------------------------------------------


def test_every_part_of_a_document_stands_in_one_section():
    parts = [part for section in SECTIONS for part in section.parts]
    assert len(parts) == len(set(parts))
    assert set(parts) | ELSEWHERE == {item.name for item in fields(Terms)}
    assert not set(parts) & ELSEWHERE


def _schema(kind: Any, seen: dict[type, None], literals: set[tuple[str, str, str]], place: tuple[str, str]) -> None:
    origin = get_origin(kind)
    if origin is Annotated:
        _schema(get_args(kind)[0], seen, literals, place)
    elif origin is Literal:
        literals |= {(*place, str(value)) for value in get_args(kind)}
    elif isinstance(kind, type) and is_dataclass(kind):
        if kind not in seen:
            seen[kind] = None
            for name, hint in get_type_hints(kind, include_extras=True).items():
                _schema(hint, seen, literals, (kind.__name__, name))
    else:
        for inner in get_args(kind):
            _schema(inner, seen, literals, place)


APART = {"Terms", "Example", "Expected", "Label", "Span", "Week", "CalendarTerms", "PublicHolidays", "Closure",
         "SpecialDay", "ProviderTerms", "OwnClause", "Figure", "Severity", "PackageValue"}  # fmt: skip
"""Shown by templates of their own, or not at all."""
UNSPOKEN = {"code", "id", "label", "title", "clauses", "text", "definition", "why", "setting", "value",
            "day_after_clause", "pauses_clause", "reopening_clause", "figures", "percent"}  # fmt: skip


def test_every_field_and_every_fixed_value_of_the_schema_has_words():
    seen: dict[type, None] = {}
    literals: set[tuple[str, str, str]] = set()
    _schema(Terms, seen, literals, ("", ""))
    named = {item.name for kind in seen if kind.__name__ not in APART for item in fields(kind)} - UNSPOKEN
    assert named <= FIELDS.keys(), sorted(named - FIELDS.keys())
    told = {(owner, name, value) for owner, name, value in literals if owner not in APART and name != "unit"}
    lacking = {one for one in told if value_words(*one) is None}
    assert not lacking, sorted(lacking)
    assert len(VALUES) > 80


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_code_of_a_document_leaks_onto_the_page(document: Path, language: str):
    """Whatever a document names by code is told by its label."""
    terms = load_terms(document)
    told: list[str] = []

    def read(entry: Any) -> None:
        for fact in entry.facts:
            told.extend(line.text for line in fact.lines)
        for group in entry.groups:
            for inner in group.entries:
                read(inner)

    for section in present_sections(terms, language):
        for group in section.groups:
            for entry in group.entries:
                assert entry.title or entry.prose or entry.facts or entry.groups or entry.clauses
                read(entry)
        for table in section.tables:
            told += [text for _head, cells in table.rows for _name, text in cells]
    assert len(told) > 100
    assert [text for text in told if re.search(r"[a-z0-9]_[a-z0-9]|Label\(|None", text)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_clause_that_a_document_cites_is_in_a_section(document: Path):
    terms = load_terms(document)
    shown = set(sections_citing(terms)) | {clause for one in terms.examples for clause in one.clauses}
    assert cited_clauses(terms) <= shown, sorted(cited_clauses(terms) - shown)


def test_a_code_is_told_by_the_list_that_its_field_speaks_of():
    terms = load_terms(DATA / "octipas.yaml")
    renderer = Renderer(terms, "fr")
    assert renderer.code("severity", "blocking") == terms.severity("blocking").label.fr
    assert renderer.code("severity", "no_such_code") == "no_such_code"
    assert isinstance(terms.severities[0].label, Label) and isinstance(terms.calendars[0].weekly, Week)


# The page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_customer_reads_hours_holidays_examples_and_versions(world: World, sign_in: Callable, language: str):
    client = sign_in(world.customers[0].contact)
    client.cookies["language"] = language
    answer = client.get(_address(world))
    text = text_of(answer)
    expected = {
        "en": (
            "National Day",
            "Public holidays of",
            "Worked examples",
            "Holds for this contract",
            "How the text is read",
        ),
        "fr": (
            "Fête nationale",
            "Jours fériés de",
            "Exemples chiffrés",
            "En vigueur pour ce contrat",
            "Comment le texte",
        ),
    }[language]
    for words in expected:
        assert words in text, words
    right = {"en": "Right", "fr": "Juste"}[language]
    terms = load_terms(DATA / "hopex-saas.yaml")
    assert text.count(right) >= len(terms.examples)
    assert "example--wrong" not in answer.content.decode()
    targets = set(re.findall(r'href="#([a-z]+)"', answer.content.decode()))
    assert {"targets", "hours", "exclusions", "packages", "examples"} <= targets
    assert targets <= set(re.findall(r'id="([a-z-]+)"', answer.content.decode()))


def test_what_the_contract_has_otherwise_is_shown_instead(db, sign_in: Callable):
    terms = load_terms(DATA / "octipas.yaml")
    figure = {"target": "resolution", "severity": "blocking", "amount": 3, "unit": "business_hours"}
    closure = {"start": "2026-12-24", "end": "2026-12-31"}
    overrides = {
        "pausing": True,
        "figures": [figure | {"reference": "A 7"}],
        "calendars": [{"calendar": terms.calendars[0].code, "reference": "A 8", "closures": [closure]}],
    }
    world = build_world("chaps", "Chaps", "CHAPS", document=DATA / "octipas.yaml", overrides=overrides)
    page = sign_in(world.customers[0].contact).get(_address(world))
    text = text_of(page)
    assert "3 business hours" in text
    assert "agreed in A 7" in text
    assert "closed from Thu 24 Dec 2026 to Thu 31 Dec 2026" in text
    deducted = re.findall(r"<dt>Waiting for the customer is deducted</dt><dd>(\w+)</dd>", page.content.decode())
    assert deducted == ["yes"] * len(terms.targets)


@pytest.mark.parametrize(("slug", "document"), [("generix", "generix.yaml"), ("jalios", "jalios-on-premise.yaml")])
def test_what_terms_leave_to_the_contract_is_shown_with_its_paper(db, sign_in: Callable, slug: str, document: str):
    (given,) = [given for given in read_cast() if given["key"] == slug]
    overrides = given["customers"][0]["overrides"]
    world = build_world(slug, slug.title(), slug[:3].upper(), document=DATA / document, overrides=overrides)
    text = text_of(sign_in(world.customers[0].contact).get(_address(world)))
    terms = load_terms(DATA / document)
    values = parse_overrides(overrides, terms)
    for field in terms.contract_fields:
        assert text.count(field.label.en) >= (2 if values.field(field.code) else 1), field.code
    for value in values.fields:
        assert f"agreed in {value.reference}" in text
        assert value.percent is None or f"{value.percent} %" in text
    for figure in values.figures:
        assert figure.amount is None or str(figure.amount) in text


def test_the_page_of_every_contract_asks_the_same_number_of_questions(world: World, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    before = questions(client, _address(world))
    _propose(world, "A 1")
    _propose(world, "A 2")
    after = questions(client, _address(world))
    assert len(before) <= 22, "\n".join(before)
    assert len(after) <= len(before) + 1, "\n".join(after)
    _propose(world, "A 3")
    assert len(questions(client, _address(world))) == len(after)


def test_a_strangers_contract_looks_like_one_that_does_not_exist(world: World, sign_in: Callable):
    stranger = sign_in(world.customers[1].contact)
    for page in ("", "clauses/", "what-if/"):
        assert stranger.get(f"{_address(world)}{page}").status_code == 404
    assert stranger.post(f"{_address(world)}amendments/", {"action": "approve"}).status_code == 404


# Clauses ----------------------------------------------------------------------------------------------------------


def test_the_clauses_page_has_an_anchor_for_every_clause_that_pages_show(world: World, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    page = client.get(f"{_address(world)}clauses/").content.decode()
    anchors = set(re.findall(r'<li class="list__item clauses__item" id="([^"]+)"', page))
    assert cited_clauses(load_terms(DATA / "hopex-saas.yaml")) <= anchors
    assert {f"R{number}" for number in range(1, 20)} <= anchors
    linked = set(re.findall(r"/clauses/#([A-Z0-9-]+[a-z]?)", client.get(_address(world)).content.decode()))
    assert len(linked) > 40
    assert linked <= anchors
    assert "JAL-" not in page and "GEN-" not in page


def test_a_clause_says_how_the_portal_stands_to_it_and_where_it_shows(world: World, sign_in: Callable):
    client = sign_in(world.customers[0].contact)
    page = client.get(f"{_address(world)}clauses/")
    text = text_of(page)
    assert "The portal acts on it" in text
    assert "On the contract page: Severities and deadlines" in text
    sections = set(re.findall(rf'href="{_address(world)}#([a-z]+)"', page.content.decode()))
    contract = client.get(_address(world)).content.decode()
    assert sections and all(f'id="{section}"' in contract for section in sections)


# Amendments -------------------------------------------------------------------------------------------------------


def _propose(world: World, reference: str) -> ContractAmendment:
    actor = world.staff["account_manager"]
    figure = {
        "target": "response",
        "severity": "critical",
        "amount": 2,
        "unit": "business_hours",
        "reference": reference,
    }
    with acting_as(actor):
        return propose_amendment(
            actor=actor,
            at=PROPOSED,
            contract_id=world.customers[0].contract.id,
            reference=reference,
            in_force_from=date(2027, 1, 1),
            overrides={"figures": [figure]},
        )


def _decide(
    client: Client, world: World, amendment: ContractAmendment, action: str, reason: str = "", of: int = 0
) -> Any:
    sent = {"amendment": str(amendment.id), "action": action, "reason": reason}
    return client.post(f"{_address(world, of)}amendments/", sent)


def _decisions(world: World, amendment: ContractAmendment) -> list[str]:
    with as_system(world):
        rows = ContractChange.objects.filter(amendment=amendment).exclude(kind="proposed").order_by("at", "id")
        return [f"{row.actor_side} {row.kind}" for row in rows]


def test_both_sides_approve_on_the_page(world: World, sign_in: Callable):
    amendment = _propose(world, "Amendment 1")
    contact, manager = sign_in(world.customers[0].contact), sign_in(world.staff["account_manager"])
    for client in (contact, manager):
        text = text_of(client.get(_address(world)))
        assert "The amendment Amendment 1 waits for your approval" in text
        assert "Critical response: 4 → 2 business hours from 1 Jan 2027" in text
    assert _decide(contact, world, amendment, "approve").status_code == 303
    assert "waits for your approval" not in text_of(contact.get(_address(world)))
    assert _decide(manager, world, amendment, "approve").status_code == 303
    assert _decisions(world, amendment) == ["customer approved", "provider approved"]
    assert "Agreed" in text_of(contact.get(_address(world)))
    assert _decide(contact, world, amendment, "approve").status_code == 409


def test_declining_asks_why_and_keeps_what_was_typed(world: World, sign_in: Callable):
    amendment = _propose(world, "Amendment 1")
    contact = sign_in(world.customers[0].contact)
    empty = _decide(contact, world, amendment, "decline")
    assert empty.status_code == 422
    assert f'id="reason-{amendment.id}-error"' in empty.content.decode()
    long = _decide(contact, world, amendment, "decline", "so " * 2_000)
    assert long.status_code == 422
    assert "so so so" in long.content.decode()
    assert _decide(contact, world, amendment, "decline", "Too slow.").status_code == 303
    assert "Too slow." in text_of(contact.get(_address(world)))
    assert _decisions(world, amendment) == ["customer declined"]


@pytest.mark.parametrize("who", ["viewer", "engineer", "auditor", "manager"])
def test_who_does_not_sign_is_offered_nothing(world: World, sign_in: Callable, who: str):
    amendment = _propose(world, "Amendment 1")
    client = sign_in(world.staff.get(who) or world.customers[0].people[who])
    assert f"{_address(world)}amendments/" not in actions_of(client.get(_address(world)))
    assert _decide(client, world, amendment, "approve").status_code == 403
    assert _decisions(world, amendment) == []


def test_an_amendment_of_another_contract_cannot_be_reached_through_ones_own(world: World, sign_in: Callable):
    amendment = _propose(world, "Amendment 1")
    stranger = sign_in(world.customers[1].contact)
    assert _decide(stranger, world, amendment, "approve", of=1).status_code == 404
    assert _decide(stranger, world, amendment, "approve").status_code == 404
    manager = sign_in(world.staff["account_manager"])
    assert _decide(manager, world, amendment, "approve", of=1).status_code == 404
    assert _decisions(world, amendment) == []


# Holidays ---------------------------------------------------------------------------------------------------------


def test_holidays_have_names_in_the_readers_language_where_they_are_known():
    terms = load_terms(DATA / "hopex-saas.yaml")
    whose = next(row.holidays for row in terms.calendars if row.holidays)
    english, french = (dict(named_holidays(whose, 2026, language)) for language in ("en", "fr"))
    assert english[date(2026, 7, 14)] == "National Day"
    assert french[date(2026, 7, 14)] == "Fête nationale"
    assert english.keys() == french.keys()
