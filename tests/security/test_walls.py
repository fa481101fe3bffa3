"""Each wall alone. Take the predicate away from every view in turn, and row level security still gives nobody else's
row; take row level security away, and the predicate still does. Take both away, and this very matrix sees the leak.
"""

import ast
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db.models import Q

from accounts import tenancy
from accounts.questions import Question
from tests.security.conftest import policies_apply
from tests.security.corpus import NIGHTLY
from tests.security.matrix import Matrix, Verdict
from tests.security.stage import Stage

ROOMS = ("accounts", "contracts", "tickets", "slas", "notifications", "lifecycle", "web", "api")
STRANGERS = ("contact_a", "partner", "octipas_engineer")
READING = ("queue", "cases", "new_case", "new_case_due", "ticket", "clock_receipt", "attachment", "contract")
READING += ("mailbox", "mail", "notifications")
READING += ("api_contracts", "api_contract", "api_clocks", "api_clock_receipt")
ACTING = ("ticket_reply", "ticket_note", "ticket_close", "save_draft", "upload", "notifications_read", "new_case")
ACTING += ("ticket_assign", "ticket_take")


def _asking_functions() -> dict[tuple[str, str], None]:
    """Every function of the product that asks the predicate: file and name."""
    found: dict[tuple[str, str], None] = {}
    for room in ROOMS:
        for path in sorted((Path(django_settings.BASE_DIR) / room).rglob("*.py")):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef) and function.name != "visible_to" and _asks(function):
                    found[(str(path), function.name)] = None
    return found


def _asks(function: ast.FunctionDef) -> bool:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr == "visible_to" for call in calls)


ASKING = list(_asking_functions())


@pytest.fixture(autouse=True)
def _quiet(settings: Any) -> Iterator[None]:
    settings.DEMO_MODE = True
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def built_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Questions are built whenever they are asked, so that what is changed here reaches them."""
    ask = Question.__call__

    def anew(self: Question[Any], *given: Any) -> list[Any]:
        self._forms.clear()
        return ask(self, *given)

    monkeypatch.setattr(Question, "__call__", anew)
    yield
    Question.forget()


def _without_predicate(monkeypatch: pytest.MonkeyPatch, place: tuple[str, str] | None = None) -> list[str]:
    """The predicate lets everything through, everywhere or where ``place`` asks. Returns who was let through.

    The name of one's own provider is spared: it is asked for as a single row, and several would only be an error.
    """
    real, let_through = tenancy.visible_to, []

    def open_door(actor: tenancy.Actor, scope: tenancy.Scope) -> Q:
        code = _caller()
        if code.co_name != "provider_of" and place in (None, (code.co_filename, code.co_name)):
            let_through.append(code.co_name)
            return Q()
        return real(actor, scope)

    monkeypatch.setattr(tenancy, "visible_to", open_door)
    return let_through


def _caller() -> CodeType:
    """Who asked ``Model.objects.visible_to`` or ``rows.visible_to``: past the manager's own wrapper."""
    frame = sys._getframe(3)
    while frame.f_code.co_name == "manager_method" and frame.f_back:
        frame = frame.f_back
    return frame.f_code


def _look(stage: Stage, keys: tuple[str, ...], *, acting: bool = True) -> Verdict:
    verdict = Verdict()
    for key in keys:
        Matrix(stage, stage.people[key], verbs=("GET",), verdict=verdict).walk(READING)
        if acting:
            Matrix(stage, stage.people[key], verbs=("POST",), verdict=verdict).walk(ACTING)
    return verdict


def _leaks(verdict: Verdict) -> list[str]:
    return [fault for fault in verdict.faults if " tells " in fault]


def test_without_the_predicate_row_level_security_gives_nobody_elses_row(stage, monkeypatch):
    let_through = _without_predicate(monkeypatch)
    assert policies_apply()
    verdict = _look(stage, STRANGERS)
    assert let_through
    assert _leaks(verdict) == []


def test_without_the_predicate_a_strangers_thing_still_does_not_exist(stage, monkeypatch):
    _without_predicate(monkeypatch)
    for key in ("contact_a", "octipas_engineer"):
        verdict = Matrix(stage, stage.people[key], verbs=("GET",)).walk(("ticket", "contract", "clock_receipt"))
        assert not verdict.faults, "\n".join(verdict.faults)


def test_without_row_level_security_the_predicate_gives_nobody_elses_row(stage, no_policies):
    assert not policies_apply()
    verdict = _look(stage, STRANGERS)
    assert not verdict.faults, "\n".join(verdict.faults)


def test_without_either_wall_this_matrix_sees_the_leak(stage, no_policies, monkeypatch):
    _without_predicate(monkeypatch)
    leaks = _leaks(_look(stage, ("contact_a", "octipas_engineer"), acting=False))
    for route in ("ticket", "contract", "attachment", "mail"):
        assert any(f" GET {route} " in leak for leak in leaks), (route, leaks)
    assert any("PRIVnote" in leak for leak in leaks)


def _asked_by_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[tuple[str, str]]]:
    """Which of the asking functions each page reaches: file and name."""
    reached: dict[str, set[tuple[str, str]]] = {}
    real = tenancy.visible_to
    for route in READING:
        asked = reached.setdefault(route, set())

        def note(actor: tenancy.Actor, scope: tenancy.Scope, asked: set[tuple[str, str]] = asked) -> Q:
            code = _caller()
            asked.add((code.co_filename, code.co_name))
            return real(actor, scope)

        with monkeypatch.context() as patch:
            patch.setattr(tenancy, "visible_to", note)
            Matrix(stage, stage.people["contact_a"], verbs=("GET",), few=True).walk((route,))
    return reached


def test_each_view_in_turn_loses_its_predicate_and_row_level_security_holds(stage, monkeypatch):
    assert policies_apply()
    pages = _asked_by_page(stage, monkeypatch)
    reached = set()
    for place in ASKING:
        routes = READING if NIGHTLY else [route for route in READING if place in pages[route]]
        with monkeypatch.context() as patch:
            let_through = _without_predicate(patch, place)
            verdict = Matrix(stage, stage.people["contact_a"], verbs=("GET",), few=True).walk(routes)
        assert _leaks(verdict) == [], place
        reached |= set(let_through)
    assert len(reached) >= 8, reached


def test_every_asking_function_is_known():
    assert {name for _path, name in ASKING} >= {"tickets", "_comments", "_journal", "contracts", "mail", "in_app"}
