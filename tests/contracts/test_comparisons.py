"""An amendment in words: what it changes over what held, or would hold, without it."""

from datetime import date
from typing import Any

import pytest

from accounts.tenancy import acting_as
from contracts.comparisons import compare_each, compare_proposed, differences_or_none
from contracts.models import ContractAmendment
from contracts.publishing import DATA, publish_terms
from contracts.terms import load_terms
from contracts.terms.amended import applied, changes_between, days_words
from contracts.terms.overrides import parse_overrides
from tests.contracts.drafts import figure
from tests.contracts.test_amendments import AGREED, FROM, MEGA, agree, override, propose
from tests.worlds import START, World, paris

SAAS, GENERIX, JALIOS = (load_terms(DATA / f"{code}.yaml") for code in ("hopex-saas", "generix", "jalios-on-premise"))
DAY = date(2027, 1, 1)


def told(terms: Any, before: dict[str, Any], after: dict[str, Any], language: str = "en") -> list[str]:
    was, own = parse_overrides(before, terms), parse_overrides(after, terms)
    return [item.text.text(language) for item in changes_between(terms, was, terms, own, DAY)]


def words(world: World, row: ContractAmendment, at: Any = AGREED) -> list[str]:
    with acting_as(world.system):
        found = compare_each(world.customers[0].contract, [row], at)[row.id].differences()
        return [item.text.en for item in found]


# Words ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("after", "english", "french"),
    [
        (
            override(2),
            "Critical response: 4 → 2 business hours from 1 Jan 2027",
            "Critique, réponse : 4 → 2 heures ouvrées à partir du 1er janv. 2027",
        ),
        (
            override(None),
            "Critical response: 4 business hours → no target from 1 Jan 2027",
            "Critique, réponse : 4 heures ouvrées → aucun délai à partir du 1er janv. 2027",
        ),
        (
            {"month_rollover": "ouvre"},
            "ouvrable (Monday to Saturday) → ouvré (Monday to Friday) from 1 Jan 2027",
            "ouvrable → ouvré à partir du 1er janv. 2027",
        ),
        ({"pausing": True}, "waiting time deducted: no → yes", "temps d’attente déduit : non → oui"),
        (
            {"calendars": [{"calendar": "fr", "reference": "A", "weekly": {"mon": ["09:00-12:00"]}}]},
            "Monday: 09:00–18:00 → 09:00–12:00",
            "lundi : 09:00–18:00 → 09:00–12:00",
        ),
        (
            {"calendars": [{"calendar": "fr", "reference": "A", "open_on_holidays": True}]},
            "public holidays: France → nothing",
            "jours fériés : France → rien",
        ),
        (
            {"subsidiary": {"name": "MEGA UK", "zone": "Europe/London", "reference": "A"}},
            "Subsidiary that signed: nothing → MEGA UK",
            "Filiale signataire : rien → MEGA UK",
        ),
    ],
)
def test_each_kind_of_override_is_told_in_both_languages(after, english, french):
    assert any(english in text for text in told(SAAS, {}, after)), told(SAAS, {}, after)
    assert any(french in text for text in told(SAAS, {}, after, "fr")), told(SAAS, {}, after, "fr")
    assert told(SAAS, after, after) == []


def test_what_stays_is_not_told_and_what_goes_back_is():
    both = {"figures": [*override(2)["figures"], *override(9, severity="minor")["figures"]]}
    assert told(SAAS, both, override(2)) == told(SAAS, override(9, severity="minor"), {})
    assert len(told(SAAS, both, override(2))) == 1


def test_data_of_the_contract_and_hours_of_other_zones_are_told():
    rate = {"fields": [{"field": "availability_rate", "percent": "99.5", "reference": "A"}]}
    rpo = {"fields": [{"field": "rpo", "span": {"amount": 4, "unit": "hours"}, "reference": "A"}]}
    text = {"fields": [{"field": "processing_performance", "text": "fast", "reference": "A"}]}
    assert "Availability of production in a month: nothing → 99.5% from 1 Jan 2027" in told(GENERIX, {}, rate)
    assert "Point de reprise (RPO) : rien → 4 heures à partir du 1er janv. 2027" in told(GENERIX, {}, rpo, "fr")
    assert "Processing performance: “fast” → nothing from 1 Jan 2027" in told(GENERIX, text, {})
    followed = next(terms for terms in (SAAS, GENERIX, JALIOS) if any(row.follow_the_sun for row in terms.targets))
    zone = {"zone": "Asia/Tokyo", "weekly": {"mon": ["09:00-18:00"]}}
    sun = {"follow_the_sun": {"reference": "A", "zones": [zone]}}
    (line,) = told(followed, {}, sun)
    assert line == "Hours of other zones: nothing → Asia/Tokyo (Monday 09:00–18:00) from 1 Jan 2027"


def test_a_definition_that_the_contract_words_is_told():
    severity = JALIOS.severities[0].code
    worded = {"severity": severity, "definition": {"en": "All is lost", "fr": "Tout est perdu"}, "reference": "A"}
    (line,) = told(JALIOS, {}, {"definitions": [worded]})
    assert line.endswith("→ “All is lost” from 1 Jan 2027")


def test_terms_as_agreed_count_for_nothing_but_words():
    """The terms themselves stay as published."""
    own = parse_overrides(override(2), SAAS)
    assert applied(SAAS, own).targets[0].figure("critical").amount == 2
    assert SAAS.targets[0].figure("critical").amount == 4


@pytest.mark.parametrize(
    ("days", "english", "french"),
    [
        ({"days_off": ["2027-01-04"]}, "closed on 4 Jan 2027", "fermé le 4 janv. 2027"),
        (
            {"closures": [{"start": "2027-01-04", "end": "2027-01-08"}]},
            "closed from 4 Jan 2027 to 8 Jan 2027",
            "fermé du 4 janv. 2027 au 8 janv. 2027",
        ),
        (
            {"special_days": [{"date": "2027-01-09", "hours": ["09:00-12:00"]}]},
            "open 09:00–12:00 on 9 Jan 2027",
            "ouvert 09:00–12:00 le 9 janv. 2027",
        ),
        ({"special_days": [{"date": "2027-01-09", "hours": []}]}, "closed on 9 Jan 2027", "fermé le 9 janv. 2027"),
    ],
)
def test_announced_days_in_words(days, english, french):
    (item,) = parse_overrides({"calendars": [{"calendar": "fr", "reference": "N"} | days]}, SAAS).calendars
    assert [(label.en, label.fr) for label in days_words(item)] == [(english, french)]


# Beside what ----------------------------------------------------------------------------------------------------------
def test_an_agreed_amendment_is_told_over_what_held_before_it_for_ever(world):
    first = agree(world)
    second = agree(world, overrides=override(3), reference="A-2", in_force_from=date(2026, 4, 1))
    assert words(world, first) == ["Critical response: 4 → 2 business hours from 9 Mar 2026"]
    assert words(world, second, paris("2027-06-01 12:00")) == [
        "Critical response: 2 → 3 business hours from 1 Apr 2026"
    ]


def test_one_that_waits_is_told_over_what_is_agreed_for_its_day(world):
    agree(world, in_force_from=date(2026, 4, 1))
    early = propose(world, overrides=override(3), reference="A-2", in_force_from=FROM)
    late = propose(world, overrides=override(3), reference="A-3", in_force_from=date(2026, 5, 1))
    assert words(world, early) == ["Critical response: 4 → 3 business hours from 9 Mar 2026"]
    assert words(world, late) == ["Critical response: 2 → 3 business hours from 1 May 2026"]


def test_many_amendments_are_compared_with_as_many_questions_as_one(world, django_assert_max_num_queries):
    rows = [agree(world, reference=f"A-{n}", overrides=override(n)) for n in range(2, 7)]
    with acting_as(world.system), django_assert_max_num_queries(5):
        assert len(compare_each(world.customers[0].contract, rows, AGREED)) == 5


def test_another_version_of_the_terms_is_named(owner_world, draft):
    newer, _ = publish_terms(draft(figure("critical", 2), since="2026-03-01"), at=START, provider=MEGA)
    row = propose(owner_world, terms=newer, overrides=None)
    first, *rest = words(owner_world, row)
    assert first == f"Terms, version: {owner_world.terms.version} → 2027.1 from 9 Mar 2026"
    assert "Critical response: 4 → 2 business hours from 9 Mar 2026" in rest


def test_overrides_that_fit_the_terms_no_more_have_no_words(world):
    with acting_as(world.system):
        found = compare_proposed(world.customers[0].contract, AGREED, FROM, overrides={"figures": [{"target": "no"}]})
        assert differences_or_none(found) is None
