"""The clause index: complete, honest about what enacts each clause, and printed by a command."""

import io
import shutil
from pathlib import Path
from typing import Literal

import pytest
from django.core.management import CommandError, call_command

from contracts import claims
from contracts.claims import ROOT, empty_claims
from contracts.management.commands import clauses as command
from contracts.terms import ClauseEntry, ClauseIndex, Label, TermsError, load_clauses

TITLE = Label("A title", "Un titre")


def entry(code: str = "slas.engine.clock:fold", test: str = f"tests/terms/{Path(__file__).name}::entry") -> ClauseEntry:
    return ClauseEntry("R1", TITLE, "enacted", (code,), (test,))


EVERY_CLAUSE = """
R1 R2 R3 R4 R5 R6 R6b R6c R7 R8 R9 R10 R11 R12 R13 R14 R15 R16 R17 R18 R19
HOP-1 HOP-2 HOP-3 HOP-4 HOP-5 HOP-6 HOP-7 HOP-8 HOP-8b HOP-9 HOP-10 HOP-11 HOP-12 HOP-13 HOP-14 HOP-15 HOP-16
HOP-17 HOP-18
HSA-1 HSA-1b HSA-1c HSA-2 HSA-3 HSA-4 HSA-5 HSA-6 HSA-7 HSA-8 HSA-9 HSA-10 HSA-11 HSA-12 HSA-13 HSA-13b HSA-14
HSA-15 HSA-16 HSA-17 HSA-18 HSA-19 HSA-20 HSA-21 HSA-22 HSA-23 HSA-24 HSA-25 HSA-26
OCT-1 OCT-2 OCT-3 OCT-4 OCT-5 OCT-6 OCT-7 OCT-8 OCT-9 OCT-10 OCT-11
GEN-1 GEN-2 GEN-3 GEN-4 GEN-5 GEN-6 GEN-7 GEN-8 GEN-9 GEN-9b GEN-10 GEN-11 GEN-12 GEN-13 GEN-14 GEN-15 GEN-16
GEN-17 GEN-18 GEN-19 GEN-19b GEN-20
JAL-1 JAL-2 JAL-3 JAL-4 JAL-4b JAL-5 JAL-6 JAL-7 JAL-8 JAL-9 JAL-10 JAL-11 JAL-12 JAL-13 JAL-14 JAL-15 JAL-16
JAL-17 JAL-18 JAL-19 JAL-20 JAL-21 JAL-22 JAL-23 JAL-24 JAL-25 JAL-26 JAL-27 JAL-28 JAL-29 JAL-29b JAL-30
"""


def test_the_index_holds_every_clause_of_the_five_contracts() -> None:
    index = load_clauses()
    assert [item.id for item in index.clauses] == EVERY_CLAUSE.split()
    numbers = {"HOP": 19, "HSA": 29, "OCT": 11, "GEN": 22, "JAL": 32, "R": 21}
    found = {
        prefix: sum(item.id.rstrip("bc0123456789").rstrip("-") == prefix for item in index.clauses)
        for prefix in numbers
    }
    assert found == numbers
    assert len(index.ids) == len(index.clauses) == 134


def test_every_claim_of_the_index_points_at_something() -> None:
    assert empty_claims(load_clauses()) == []


@pytest.mark.parametrize(
    "code",
    ["slas.engine.clock:nothing", "slas.engine.nothing:fold", "nothing:fold", "slas.engine.calendar:Calendar.no"],
)
def test_a_claim_on_code_that_is_not_there_is_found(code: str) -> None:
    assert empty_claims(ClauseIndex((entry(code=code),))) == [f"R1: no code {code}"]


@pytest.mark.parametrize("test", ["tests/terms/test_clauses.py::test_nothing", "tests/terms/nothing.py::test_nothing"])
def test_a_claim_on_a_test_that_is_not_there_is_found(test: str) -> None:
    assert empty_claims(ClauseIndex((entry(test=test),))) == [f"R1: no test {test}"]


def test_a_claim_on_an_attribute_is_followed() -> None:
    assert empty_claims(ClauseIndex((entry(code="slas.engine.calendar:Calendar.add"),))) == []


def test_claims_are_looked_up_in_the_project(tmp_path: Path) -> None:
    assert (ROOT / "manage.py").is_file()
    assert empty_claims(ClauseIndex((entry(),)), tmp_path) == [f"R1: no test {entry().test[0]}"]


def folder(tmp_path: Path, source: str = "octipas") -> Path:
    """A folder with one terms document in it."""
    shutil.copy(claims.DATA / f"{source}.yaml", tmp_path)
    return tmp_path


def stated(clause: str, state: Literal["data", "not_yet"]) -> ClauseIndex:
    return ClauseIndex((ClauseEntry(clause, TITLE, state),))


def test_data_that_no_document_holds_is_found(tmp_path: Path) -> None:
    data = folder(tmp_path)
    assert empty_claims(stated("OCT-1", "data"), data=data) == []
    assert empty_claims(stated("R9", "data"), data=data) == []
    assert empty_claims(stated("GEN-1", "data"), data=data) == ["GEN-1: data, but no terms document cites it"]


def test_a_clause_that_a_document_holds_is_not_one_of_those_to_come(tmp_path: Path) -> None:
    data = folder(tmp_path)
    assert empty_claims(stated("GEN-1", "not_yet"), data=data) == []
    assert empty_claims(stated("OCT-1", "not_yet"), data=data) == [
        "OCT-1: not yet, but a terms document cites it: it is data"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clauses: []", "line 1, clauses: must be at least one"),
        (
            "clauses:\n  - {id: R1, title: {en: A, fr: B}, state: done}",
            "line 2, clauses[0].state: must be one of enacted",
        ),
        ("clauses:\n  - {id: R1, title: {en: A}, state: data}", "line 2, clauses[0].title: lacks fr"),
        (
            "clauses:" + 2 * "\n  - {id: R1, title: {en: A, fr: B}, state: data}",
            "line 3, clauses[1]: R1 stands here twice",
        ),
        (
            "clauses:\n  - {id: R1, title: {en: A, fr: B}, state: enacted}",
            "line 2, clauses[0]: R1: enacted, and only that, names code and test",
        ),
        (
            "clauses:\n  - {id: R1, title: {en: A, fr: B}, state: enacted, code: ['a:b']}",
            "line 2, clauses[0]: R1: enacted, and only that, names code and test",
        ),
        (
            "clauses:\n  - {id: R1, title: {en: A, fr: B}, state: data, code: ['a:b'], test: ['tests/a.py::b']}",
            "line 2, clauses[0]: R1: enacted, and only that, names code and test",
        ),
        (
            "clauses:\n  - {id: R1, title: {en: A, fr: B}, state: data, code: [x]}",
            "line 2, clauses[0].code[0]: must be",
        ),
    ],
)
def test_an_index_that_is_wrong_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "clauses.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TermsError) as caught:
        load_clauses(file)
    assert str(caught.value).startswith(f"{file}: {message}")


def printed(**options: str) -> list[str]:
    out = io.StringIO()
    call_command("clauses", stdout=out, **options)
    return out.getvalue().splitlines()


def test_the_command_prints_each_clause_with_what_enacts_it() -> None:
    lines = printed()
    place = lines.index("R12      enacted  A paused clock has no due time")
    assert lines[place + 1].strip() == "slas.engine.pauses:moved"
    assert lines[place + 2].strip().startswith("tests/engine/test_walk.py::")
    assert lines[-1].endswith(" not_yet")


def test_the_command_speaks_french_and_chooses_by_state() -> None:
    assert "R12      enacted  Un délai en pause n’a pas d’échéance" in printed(language="fr")
    states = {line.split()[1] for line in printed(state="data")[:-1]}
    assert states == {"data"}


def test_the_command_fails_when_a_claim_points_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "load_clauses", lambda: ClauseIndex((entry(code="slas.engine.clock:nothing"),)))
    with pytest.raises(CommandError, match="claims that point at nothing:\nR1: no code slas.engine.clock:nothing"):
        printed()
    assert claims.ROOT == ROOT
