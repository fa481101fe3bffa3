"""The clause index: complete, honest about what enacts each clause, and printed by a command."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from contracts import claims
from contracts.claims import ROOT, empty_claims
from contracts.management.commands import clauses as command
from contracts.terms import ClauseEntry, ClauseIndex, Label, TermsError, load_clauses

TITLE = Label("A title", "Un titre")


def entry(code: str = "slas.engine.clock:fold", test: str = f"tests/terms/{Path(__file__).name}::entry") -> ClauseEntry:
    return ClauseEntry("R1", TITLE, "enacted", (code,), (test,))


def test_the_index_holds_every_clause_of_the_five_contracts() -> None:
    index = load_clauses()
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
    assert "R12      enacted  Un délai en pause n'a pas d'échéance" in printed(language="fr")
    states = {line.split()[1] for line in printed(state="data")[:-1]}
    assert states == {"data"}


def test_the_command_fails_when_a_claim_points_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "load_clauses", lambda: ClauseIndex((entry(code="slas.engine.clock:nothing"),)))
    with pytest.raises(CommandError, match="claims that point at nothing:\nR1: no code slas.engine.clock:nothing"):
        printed()
    assert claims.ROOT == ROOT
