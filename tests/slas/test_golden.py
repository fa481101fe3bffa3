"""The worked examples of the terms documents: they come out green, and a wrong one is told with what it came to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.publishing import document_paths
from contracts.terms import Terms, TermsError, load_terms, parse_terms
from slas.golden import require_examples, run_examples

OCTIPAS = next(path for path in document_paths() if path.stem == "octipas")


@pytest.mark.parametrize("path", document_paths(), ids=lambda path: path.stem)
def test_every_example_that_ships_comes_out_as_it_says(path: Path) -> None:
    terms = load_terms(path)
    assert [(one.code, dict(one.got)) for one in run_examples(terms) if not one.ok] == []
    require_examples(terms)


def example(**given: Any) -> dict[str, Any]:
    """A Blocking anomaly on a Monday evening: taken up within two business hours, on Tuesday morning (R8)."""
    return {
        "code": "overnight",
        "op": "due",
        "target": "acknowledgement",
        "severity": "blocking",
        "at": "2026-05-04T17:30:30+02:00",
        "expect": {"due_at": "2026-05-05T10:30:30+02:00"},
        "why": {"en": "Half an hour on Monday, the rest on Tuesday.", "fr": "Une demi-heure lundi, le reste mardi."},
        "clauses": ["OCT-2", "R8"],
    } | given


def terms_with(*examples: dict[str, Any]) -> Terms:
    document = load_terms(OCTIPAS).to_document() | {"examples": list(examples)}
    return parse_terms(document)


def test_an_example_is_told_with_its_reckoning_and_its_reason() -> None:
    (one,) = run_examples(terms_with(example()))
    assert one.ok
    assert one.expected == one.got == {"due_at": "2026-05-05T08:30:30Z"}
    assert one.steps[-1]["text"] == "Due Tue 5 May 2026, 10:30:30 (Europe/Paris)."
    assert (one.why.fr, one.clauses) == ("Une demi-heure lundi, le reste mardi.", ("OCT-2", "R8"))
    (french,) = run_examples(terms_with(example()), "fr")
    assert french.steps[-1]["text"].startswith("Échéance")


def test_the_zone_in_which_an_instant_is_written_does_not_matter() -> None:
    (one,) = run_examples(terms_with(example(expect={"due_at": "2026-05-05T01:30:30-07:00"})))
    assert one.ok


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ({"expect": {"due_at": "2026-05-05T10:30:31+02:00"}}, {"due_at": "2026-05-05T08:30:30Z"}),
        ({"expect": {}}, {"due_at": "2026-05-05T08:30:30Z"}),
        ({"severity": "minor", "target": "resolution"}, {"due_at": None}),
    ],
)
def test_an_example_that_is_wrong_is_red_and_refused(given: dict[str, Any], got: dict[str, Any]) -> None:
    terms = terms_with(example(**given))
    (one,) = run_examples(terms)
    assert (one.ok, one.got) == (False, got)
    with pytest.raises(TermsError, match="overnight: expected due_at"):
        require_examples(terms)


def test_an_example_can_say_that_there_is_no_target() -> None:
    (one,) = run_examples(terms_with(example(severity="minor", target="resolution", expect={})))
    assert one.ok


def test_pauses_and_a_contracts_own_figures_are_part_of_the_question() -> None:
    waiting = example(
        pauses=[["2026-05-05T09:00:00+02:00", None]],
        expect={"remaining": 5430},
        overrides={"pausing": True},
    )
    figure = {
        "target": "acknowledgement",
        "severity": "blocking",
        "amount": 1,
        "unit": "business_hours",
        "reference": "A-1",
    }
    agreed = example(
        code="agreed", expect={"due_at": "2026-05-05T09:30:30+02:00"}, overrides={"figures": [figure]}
    )  # fmt: skip
    assert [one.ok for one in run_examples(terms_with(waiting, agreed))] == [True, True]
    assert run_examples(terms_with(waiting))[0].got == {"due_at": None, "remaining": 5430}


def test_amounts_of_time_and_elapsed_time_can_be_examples() -> None:
    calendar = load_terms(OCTIPAS).calendars[0].code
    base = {key: value for key, value in example().items() if key not in ("target", "severity", "at")}
    add = base | {
        "code": "add", "op": "add", "calendar": calendar, "start": "2026-05-04T17:00:00+02:00", "seconds": 7200,
        "expect": {"at": "2026-05-05T10:00:00+02:00"},
    }  # fmt: skip
    elapsed = base | {
        "code": "elapsed", "op": "elapsed", "calendar": calendar, "start": "2026-05-04T17:00:00+02:00",
        "end": "2026-05-05T10:00:00+02:00", "expect": {"seconds": 7200},
    }  # fmt: skip
    limit = base | {
        "code": "limit", "op": "limit", "calendar": calendar, "at": "2026-05-04T17:00:00+02:00", "amount": 5,
        "unit": "business_days", "rules": "timer", "expect": {"due_at": "2026-05-13T00:00:00+02:00"},
    }  # fmt: skip
    found = run_examples(terms_with(add, elapsed, limit))
    assert [(one.code, one.ok) for one in found] == [("add", True), ("elapsed", True), ("limit", True)]


def test_an_example_that_cannot_be_answered_is_red_with_the_error() -> None:
    terms = terms_with(example())
    stranger = replace(terms.examples[0], severity="purple")
    object.__setattr__(terms, "examples", (stranger,))
    run_examples.cache_clear()
    (one,) = run_examples(terms)
    run_examples.cache_clear()
    assert not one.ok
    assert "unknown severity 'purple'" in one.got["error"]
