"""A state is known everywhere it has to be, and nothing but the state machine moves a ticket."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.publishing import DATA
from contracts.terms import Terms, load_terms
from lifecycle.models import TicketProcess
from tickets.models import Ticket
from tickets.selectors import STATE_FILTERS
from tickets.states import FINAL_STATES, OPEN_STATES, State

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "contracts", "tickets", "slas", "notifications", "lifecycle", "web", "helpdesk")
TRANSITIONS = list(TicketProcess(state=State.NEW).get_all_state_transitions())


@pytest.fixture(params=["hopex-saas", "hopex-on-premise"])
def terms(request) -> Terms:
    """Terms whose workflow is enacted; the others bring states that no code knows yet."""
    return load_terms(DATA / f"{request.param}.yaml")


def test_every_state_can_be_asked_for_in_the_queue():
    assert {str(state) for state in State} <= STATE_FILTERS.keys()


def test_every_state_but_the_first_is_reached_and_only_final_ones_are_never_left():
    assert {item.target for item in TRANSITIONS} == set(State) - {State.NEW}
    assert {item.source for item in TRANSITIONS} == set(State) - FINAL_STATES


def test_every_state_of_the_workflow_is_known_and_labelled(terms):
    assert {item.code for item in terms.workflow.states} == {str(state) for state in State}
    assert all(terms.label(f"workflow.states.{state}", language) for state in State for language in ("en", "fr"))


def test_the_terms_and_the_code_agree_on_what_is_open(terms):
    assert {item.code for item in terms.workflow.states if item.owed} == {str(state) for state in OPEN_STATES}


def test_every_act_of_the_workflow_is_a_transition_with_the_same_ends(terms):
    possible = {(item.name, str(item.source), str(item.target)) for item in TRANSITIONS}
    asked = {(act.code, start, act.end) for act in terms.workflow.transitions for start in act.start}
    assert asked <= possible


def test_a_plain_ticket_has_no_transition_at_all():
    names = {item.name for item in TRANSITIONS}
    assert names == {"take", "ask", "answer", "resume", "resolve", "reopen", "close"}
    assert not [name for name in names if hasattr(Ticket, name)]


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
