"""A state is known everywhere it has to be, and nothing but the state machine moves a ticket."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django_fsm import Transition

from contracts.publishing import DATA
from contracts.terms import Terms, load_terms
from contracts.terms.model import DOINGS, PHASES
from contracts.terms.references import OPEN_PHASES, STEPS
from lifecycle.models import ACTS, TicketProcess
from tickets.models import Ticket
from tickets.selectors import STATE_FILTERS
from tickets.states import FINAL_STATES, OPEN_STATES, State

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "contracts", "tickets", "slas", "notifications", "lifecycle", "web", "api", "helpdesk")
TRANSITIONS = list(TicketProcess(state=State.NEW).get_all_state_transitions())
DOCUMENTS = sorted(path.stem for path in DATA.glob("*.yaml") if path.stem != "clauses")


def _targets(transition: Transition) -> list[str]:
    """The states to which a transition can lead."""
    allowed = getattr(transition.target, "allowed_states", None)
    return [str(state) for state in allowed or [transition.target]]


POSSIBLE = {(item.name, str(item.source), target) for item in TRANSITIONS for target in _targets(item)}


@pytest.fixture(params=DOCUMENTS)
def terms(request) -> Terms:
    return load_terms(DATA / f"{request.param}.yaml")


def test_every_state_can_be_asked_for_in_the_queue():
    assert {str(state) for state in State} <= STATE_FILTERS.keys()


def test_every_state_is_reached_and_only_final_ones_are_never_left():
    assert {target for name, _, target in POSSIBLE if name != "move"} == set(State) - {State.NEW}
    assert {source for _, source, _ in POSSIBLE} == set(State) - FINAL_STATES


def test_the_lint_of_the_terms_and_the_state_machine_know_the_same_steps():
    assert {(act, start, end) for act, pairs in STEPS.items() for start, end in pairs} == POSSIBLE
    assert tuple(STEPS) == DOINGS
    assert tuple(PHASES) == tuple(map(str, State))
    assert set(OPEN_PHASES) == {str(state) for state in OPEN_STATES}


def test_every_state_of_a_workflow_is_one_of_ours_and_labelled(terms):
    for state in terms.workflow.states:
        assert state.within in set(State), state.code
        assert terms.workflow.phase(state.code) == state.within
        for language in ("en", "fr"):
            assert terms.label(f"workflow.states.{state.code}", language)


def test_what_is_owed_is_open_and_what_is_final_has_no_way_out(terms):
    for state in terms.workflow.states:
        assert not state.owed or state.within in OPEN_STATES, state.code
    final = {state.code for state in terms.workflow.states if state.within in FINAL_STATES}
    assert final
    assert not [step.code for step in terms.workflow.transitions if final & set(step.start)]


def test_every_step_of_a_workflow_is_a_transition_with_the_same_ends(terms):
    phase = terms.workflow.phase
    asked = {(step.act, phase(start), phase(step.end)) for step in terms.workflow.transitions for start in step.start}
    assert asked <= POSSIBLE


def test_a_plain_ticket_has_no_transition_at_all():
    assert {name for name, _, _ in POSSIBLE} == ACTS == set(DOINGS)
    assert not [name for name in ACTS if hasattr(Ticket, name)]


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))


def _gets_round_the_machine(call: ast.Call) -> bool:
    name = call.func.attr  # type: ignore[attr-defined]
    if name in {"update", "update_or_create"}:
        return any(word.arg == "state" for word in call.keywords)
    if name == "bulk_update":
        return any(isinstance(node, ast.Constant) and node.value == "state" for node in ast.walk(call))
    return False


def _culprits(source: str) -> list[int]:
    return [call.lineno for call in _calls(ast.parse(source)) if _gets_round_the_machine(call)]


def test_no_code_writes_a_state_round_the_machine():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for line in _culprits(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    "source",
    ["Ticket.objects.update(state='closed')", "rows.bulk_update(items, ['due_at', 'state'])"],
)
def test_the_search_for_such_code_finds_it(source):
    assert _culprits(source) == [1]
