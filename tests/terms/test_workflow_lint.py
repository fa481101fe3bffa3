"""A workflow of the contract's own fits the product's states, or the lint says where it does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.terms import Terms, TermsError, load_terms, parse_terms

DATA = Path(__file__).parents[2] / "contracts" / "data"
NAMED = {"label": {"en": "A step", "fr": "Une étape"}, "by": ["provider"], "clauses": ["OCT-9"]}


@pytest.fixture(scope="module")
def octipas() -> Terms:
    return load_terms(DATA / "octipas.yaml")


def _problems(terms: Terms, change: Callable[[dict[str, Any]], object]) -> list[str]:
    document = terms.to_document()
    change(document["workflow"])
    try:
        parse_terms(document)
    except TermsError as error:
        return [f"{problem.path[-2:]} {problem.message}" for problem in error.problems]
    return []


def _state(code: str, **given: Any) -> Callable[[dict[str, Any]], object]:
    """A state of the workflow, changed."""
    return lambda flow: next(item for item in flow["states"] if item["code"] == code).update(given)


def _step(code: str, start: list[str], end: str, **given: Any) -> Callable[[dict[str, Any]], object]:
    """One more step of the workflow."""
    return lambda flow: flow["transitions"].append({"code": code, "start": start, "end": end, **NAMED, **given})


@pytest.mark.parametrize(
    "change",
    [
        lambda flow: None,
        _step("escalate", ["in_progress"], "waiting_customer"),
        _step("patch", ["in_progress"], "tested", does="resolve"),
        _step("refuse", ["new"], "closed", does="resolve"),
        _step("accept", ["in_production"], "tested"),
        lambda flow: flow.update(initial="in_progress"),
    ],
)
def test_what_a_contract_may_bring(octipas: Terms, change: Callable[[dict[str, Any]], object]) -> None:
    assert _problems(octipas, change) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _state("tested", phase=None),
            "lacks phase: say which of new, in_progress, waiting_customer, resolved, closed",
        ),
        (_state("tested", phase="limbo"), "must be one of new, in_progress, waiting_customer, resolved, closed"),
        (_state("tested", owed=True), "is true, but resolved is over: nothing is owed in it"),
        (_state("new", phase="in_progress"), "must be new: that code is a state of the product"),
        (_state("waiting_customer", waits_for="provider"), "must be customer in a state within waiting_customer"),
        (lambda flow: flow.update(initial="tested"), "is not open: a ticket starts in one of new, in_progress"),
        (_step("lift", ["closed"], "in_progress"), "closed is final: no step leads out of it"),
        (
            _step("skip", ["in_progress"], "tested"),
            "move cannot lead from in_progress to resolved (in_progress to",
        ),
        (_step("back", ["tested"], "in_progress"), "move cannot lead from resolved to in_progress"),
        (_step("end", ["in_progress"], "closed", does="close"), "close cannot lead from in_progress to closed"),
        (_step("pick", ["new"], "in_progress", does="take"), "a second way to take in new for the provider"),
        (_step("redo", ["tested"], "in_progress", does="reopen"), "a second way to reopen in tested for the provider"),
        (_step("fly", ["new"], "in_progress", does="fly"), "must be one of take, ask, answer, resume, resolve, reopen"),
        (
            lambda flow: next(item for item in flow["transitions"] if item["code"] == "take").update(does="move"),
            "must be take: that code is an act of the product",
        ),
    ],
)
def test_what_it_may_not(octipas: Terms, change: Callable[[dict[str, Any]], object], message: str) -> None:
    found = _problems(octipas, change)
    assert [problem for problem in found if message in problem], found


def test_counting_on_after_a_reopening_names_its_clause(octipas: Terms) -> None:
    document = octipas.to_document()
    del document["targets"][1]["reopening_clause"]
    with pytest.raises(TermsError, match="lacks reopening_clause"):
        parse_terms(document)
    document["targets"][1]["reopening_clause"] = "OCT-99"
    with pytest.raises(TermsError, match="clause OCT-99 does not exist"):
        parse_terms(document)


def test_a_step_is_found_by_its_code_and_by_the_act_that_takes_it(octipas: Terms) -> None:
    document = octipas.to_document()
    _step("patch", ["in_progress"], "tested", does="resolve")(document["workflow"])
    flow = parse_terms(document).workflow
    assert [way.code for way in flow.ways("resolve", "in_progress", "provider")] == ["resolve", "patch"]
    found = flow.way("patch", "in_progress", "provider")
    assert found is not None
    assert (found.act, found.end, flow.phase(found.end)) == ("resolve", "tested", "resolved")
    assert flow.way("patch", "in_progress", "customer") is None
    assert flow.way("patch", "new", "provider") is None
    assert flow.way("close", "in_production", "customer") is not None
    assert flow.way("move", "resolved", "customer") is flow.way("confirm_test", "resolved", "customer")
    assert (flow.allows("take", "new", "provider"), flow.allows("take", "new", "customer")) == (True, False)
    assert (flow.clause("confirm_test"), flow.clause("take"), flow.clause("nothing")) == ("OCT-9", "OCT-2", "")


def test_where_several_steps_do_one_act_none_is_taken_unnamed(octipas: Terms) -> None:
    document = octipas.to_document()
    flow = document["workflow"]
    next(item for item in flow["transitions"] if item["code"] == "resolve").update(code="correct", does="resolve")
    _step("patch", ["in_progress"], "tested", does="resolve")(flow)
    workflow = parse_terms(document).workflow
    assert workflow.way("resolve", "in_progress", "provider") is None
    assert workflow.allows("resolve", "in_progress", "provider")
